/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Files that are there as a whole or not at all. */
#ifndef CROWTTY_WHOLE_FILE_H
#define CROWTTY_WHOLE_FILE_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Writes a file beside `path`, which takes the place of what was there when it is whole; if it
 * does not become whole it is taken away again. "-" is standard output. What is no regular file,
 * such as a pipe or a link, is written to as it is. `write` answers false with errno set. Returns
 * false after reporting an error.
 */
bool whole_file_write(const char *path, bool (*write)(FILE *out, void *context), void *context);

/* Whether that can be, for what takes long to make. Returns false after reporting an error. */
bool whole_file_is_possible(const char *path);

#endif
