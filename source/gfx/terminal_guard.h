/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A guard in front of libvterm 0.1.4, which lets pass what that bears. Kept away from it are
 *
 *  - what is no UTF-8: it passes as U+FFFD, and only whole characters do; C1 controls in UTF-8,
 *    whose width is -1 there;
 *  - arguments of a control sequence that are too many, and digits that are: it has room for 16,
 *    and looks two further than what has come;
 *  - strings (DCS, OSC, SOS, PM, APC): it loses pieces of them, reads beside them, and shows some
 *    as text. The window title is taken from them here;
 *  - REP of a character that is not one column wide: it does not end for 0, and writes beside the
 *    screen for 2;
 *  - a reset (RIS), which leaves the screen reversed and the alternate one in use: both are ended
 *    in front of it;
 *  - lines of double width or height, half of which it clears without a word;
 *  - second and further private modes of a sequence, of which it does not know: they pass as
 *    sequences of their own.
 *
 * All else passes as it is.
 *
 *     ground -- ESC --> escape -- [ --> arguments -- final byte --> ground
 *                         | P X ] ^ _ --> string -- ESC --> escape, BEL, CAN, SUB --> ground
 *
 * It leaves `arguments` never before libvterm does.
 */
#ifndef MNEMOS_GFX_TERMINAL_GUARD_H
#define MNEMOS_GFX_TERMINAL_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MN__GUARD_TITLE 64 /* with its NUL */
#define MN__GUARD_STRING_MAX (MN__GUARD_TITLE + 2)
#define MN__GUARD_MARKS 13 /* separators in a sequence: one less than arguments */
#define MN__GUARD_DIGITS 5 /* of an argument */

enum mn__guard_state { MN__GUARD_GROUND, MN__GUARD_ESCAPE, MN__GUARD_ARGUMENTS, MN__GUARD_STRING };

/* Zeroed at first. */
struct mn__guard {
	uint8_t state;   /* enum mn__guard_state */
	uint8_t marks;   /* separators of arguments so far */
	uint8_t digits;  /* of this argument */
	uint8_t count;   /* bytes of a character, whose rest is to come */
	uint8_t room;    /* in the string, in front of its NUL */
	bool is_line;    /* the escape goes on with # */
	bool is_first;   /* nothing of the escape, or of the sequence, has come yet */
	bool is_private; /* it began with '?' */
	bool may_repeat; /* the last character has one column: set by the caller each time */
	char character[4];
	char modes[MN__GUARD_MARKS * (MN__GUARD_DIGITS + 1) + 1]; /* held back: ";25;1000" */
	char string[MN__GUARD_STRING_MAX];                        /* an OSC, as far as it fits */
	char title[MN__GUARD_TITLE];
};

/* Bytes that come out for the last one of a reset. */
#define MN__GUARD_RESET 12

/* Bytes that may come out for some that go in, two of each reset, and for what was held back. */
#define MN__GUARD_OUT(len) \
	(((len) + 1) / 2 * (MN__GUARD_RESET + 1) + 3 + MN__GUARD_MARKS * (MN__GUARD_DIGITS + 4))

/*
 * Copies what may pass of the bytes from *bytes to `end` and returns how many. Moves *bytes behind
 * what it has read: one byte or more, and not further than to the next REP, before which libvterm
 * has to have taken what was passed.
 */
size_t mn__guard_pass(struct mn__guard *guard, char *out, const char **bytes, const char *end);

#endif
