/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Telling plain text from anything else, and showing it. */
#ifndef CROWTTY_TEXT_H
#define CROWTTY_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many bytes at the beginning are text: printable UTF-8, blanks, line ends, tabs,
 * bells and escapes. A character that is cut off at the end does not count. */
size_t text_prefix(const uint8_t *data, size_t len);

/* Text only, with something to see in it. */
bool text_is(const uint8_t *data, size_t len);

/* Logs each line of it as a TEXT line; empty ones are left out. */
void text_show(const uint8_t *data, size_t len);

/* Writes data as a C string literal without the quotes, cut to fit; returns `out`. */
const char *text_quote(char *out, size_t size, const void *data, size_t len);

#endif
