/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The page: a history as one HTML file that needs nothing else.
 *
 * In the template (view/page.html, with its style and script) stands, for the data, the base64
 * of the zlib compression of
 *
 *     4 bytes  length of the JSON, little endian
 *     JSON     an object: what there is few of, and `columns`, a list of {name, kind, count, size}
 *     columns  each of `size` bytes, one after the other; see view_table.h
 *
 * Numbers in JSON that stand for a text, a track or a message are its place in the list of them;
 * in columns that number + 1, and 0 for none. view/data.js is the reader of this.
 */
#ifndef CROWTTY_VIEW_WRITE_H
#define CROWTTY_VIEW_WRITE_H

#include <stdio.h>

#include "view_read.h"

/* `name` is that of the recording. Returns false if something could not be written; errno says
 * why. */
bool view_write(FILE *out, const char *name, const struct view_recording *recording);

#endif
