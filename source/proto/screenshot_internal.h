/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What packing and unpacking share. */
#ifndef SCREENSHOT_INTERNAL_H
#define SCREENSHOT_INTERNAL_H

/* Kinds of tokens: the lowest bits, below the count. */
enum {
	MN__SCREENSHOT_LITERAL,
	MN__SCREENSHOT_RUN,
	MN__SCREENSHOT_ABOVE,
};

#define MN__SCREENSHOT_KIND_BITS 2

#endif
