/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A guard in front of libvterm's parser, which trusts programs in three things: that text is UTF-8,
 * that a control sequence has at most 16 arguments, and that a request for a setting (DECRQSS, in a
 * device control string) is well formed. It lets whole characters pass only, U+FFFD instead of what
 * is none, and takes out device control strings, which nothing else is done with, arguments that
 * are too many, and digits that are. All else passes as it is.
 *
 *     ground -- ESC --> escape -- [ --> arguments -- final byte --> ground
 *                         | P --> string -- ESC --> escape, BEL, CAN, SUB --> ground
 *
 * It leaves `arguments` never before libvterm does.
 */
#ifndef MNEMOS_GFX_TERMINAL_GUARD_H
#define MNEMOS_GFX_TERMINAL_GUARD_H

#include <stddef.h>
#include <stdint.h>

enum mn__guard_state { MN__GUARD_GROUND, MN__GUARD_ESCAPE, MN__GUARD_ARGUMENTS, MN__GUARD_STRING };

struct mn__guard {
	uint8_t state;  /* enum mn__guard_state */
	uint8_t marks;  /* separators of arguments so far */
	uint8_t digits; /* of this argument */
	uint8_t count;  /* bytes of a character, whose rest is to come */
	char character[4];
};

/* Bytes that may come out for some that go in. */
#define MN__GUARD_OUT(len) (3 * (len) + 3)

/* Copies what may pass of `len` bytes and returns how many. */
size_t mn__guard_pass(struct mn__guard *guard, char *out, const char *bytes, size_t len);

#endif
