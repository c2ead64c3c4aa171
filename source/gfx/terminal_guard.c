/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdbool.h>
#include <string.h>
#include <mnemos/gfx/text.h>
#include "terminal_guard.h"

#define MARKS_MAX 15
#define DIGITS_MAX 5

enum { BEL = 0x07, CAN = 0x18, SUB = 0x1a, ESC = 0x1b, DEL = 0x7f };

/* The byte after an escape; returns what takes its place. */
static unsigned char after_escape(struct mn__guard *guard, unsigned char c)
{
	if (c == 'P') {
		guard->state = MN__GUARD_STRING;
		return CAN;
	}
	if (c == '[')
		*guard = (struct mn__guard){.state = MN__GUARD_ARGUMENTS};
	else if (c >= 0x30 && c < DEL)
		guard->state = MN__GUARD_GROUND;
	return c;
}

/* Whether a byte of a control sequence may pass. */
static bool is_bearable(struct mn__guard *guard, unsigned char c)
{
	if (c >= '0' && c <= '9') {
		guard->digits += guard->digits <= DIGITS_MAX;
		return guard->digits <= DIGITS_MAX;
	}
	if (c == ';' || c == ':') {
		guard->digits = 0;
		guard->marks += guard->marks <= MARKS_MAX;
		return guard->marks <= MARKS_MAX;
	}
	if (c >= 0x40)
		guard->state = MN__GUARD_GROUND;
	return true;
}

/* Whether a byte passes that is no part of a longer character, and as which. */
static bool pass(struct mn__guard *guard, unsigned char *c)
{
	if (*c == ESC) {
		guard->state = MN__GUARD_ESCAPE;
	} else if (*c == CAN || *c == SUB) {
		guard->state = MN__GUARD_GROUND;
	} else if (guard->state == MN__GUARD_STRING) {
		if (*c == BEL)
			guard->state = MN__GUARD_GROUND;
		return false;
	} else if (*c >= 0x20 && *c != DEL && guard->state == MN__GUARD_ESCAPE) {
		*c = after_escape(guard, *c);
	} else if (*c >= 0x20 && *c != DEL && guard->state == MN__GUARD_ARGUMENTS) {
		return is_bearable(guard, *c);
	}
	return true;
}

/* Bytes of the character that begins with `c`; 1: none does. */
static size_t length_of(unsigned char c)
{
	return c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
}

/* Ends the character that is under way: as itself, or as U+FFFD. */
static size_t end_character(struct mn__guard *guard, char *out)
{
	const char *at = guard->character, *end = at + guard->count;
	const size_t count = guard->count;

	guard->count = 0;
	if (count == 0 || guard->state == MN__GUARD_STRING)
		return 0;
	if (guard->state == MN__GUARD_ARGUMENTS)
		guard->state = MN__GUARD_GROUND;
	if (count < length_of((unsigned char)*at) || mn_utf8_next(&at, end) == 0xfffd) {
		memcpy(out, "\xef\xbf\xbd", 3);
		return 3;
	}
	memcpy(out, guard->character, count);
	return count;
}

size_t mn__guard_pass(struct mn__guard *guard, char *out, const char *bytes, size_t len)
{
	size_t passed = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if ((c & 0xc0) != 0x80)
			passed += end_character(guard, out + passed);
		if (c < 0x80) {
			if (pass(guard, &c))
				out[passed++] = (char)c;
			continue;
		}
		guard->character[guard->count++] = (char)c;
		if (guard->count >= length_of((unsigned char)guard->character[0]))
			passed += end_character(guard, out + passed);
	}
	return passed;
}
