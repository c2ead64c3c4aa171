/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Pictures as PNG files. */
#ifndef MELPOMENE_SCREEN_PNG_H
#define MELPOMENE_SCREEN_PNG_H

#include <stdbool.h>
#include <mnemos/gfx/bitmap.h>

/*
 * Writes an MN_RGB888 picture to `file`, in place of one that is there: all of it, or false after
 * an error was told and with nothing changed. The same picture makes the same bytes. What is there
 * and no regular file, such as a pipe or a link, is written to as it is.
 */
bool screen_png_write(const char *file, const struct mn_bitmap *picture);

/* Whether it makes a file beside that, which takes its place. */
bool screen_png_replaces(const char *file);

#endif
