/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string.h>
#include <mnemos/gfx/text.h>
#include "terminal_guard.h"

static const char replacement[3] = {'\xef', '\xbf', '\xbd'}; /* U+FFFD */
static const char private_mode[3] = {'\x1b', '[', '?'};
static const char reset[MN__GUARD_RESET] = "[?5l\033[?47l\033c"; /* behind an escape */

enum { BEL = 0x07, CAN = 0x18, SUB = 0x1a, ESC = 0x1b, DEL = 0x7f };

/* ---- Strings ------------------------------------------------------------------------------- */

static void begin_string(struct mn__guard *guard, bool is_osc)
{
	guard->state = MN__GUARD_STRING;
	guard->room = is_osc ? MN__GUARD_STRING_MAX - 1 : 0;
	guard->string[0] = 0;
}

/* A character that does not fit ends what is kept. */
static void keep(struct mn__guard *guard, const char *character, size_t len)
{
	char *end = guard->string + MN__GUARD_STRING_MAX - 1 - guard->room;

	if (len > guard->room) {
		guard->room = 0;
		return;
	}
	memcpy(end, character, len);
	end[len] = 0;
	guard->room = (uint8_t)(guard->room - len);
}

static void end_string(struct mn__guard *guard)
{
	if (strncmp(guard->string, "0;", 2) == 0 || strncmp(guard->string, "2;", 2) == 0)
		memcpy(guard->title, guard->string + 2, MN__GUARD_TITLE);
	guard->state = MN__GUARD_GROUND;
}

static void in_string(struct mn__guard *guard, char c)
{
	if (c == BEL)
		end_string(guard);
	else if (c >= 0x20 && c != DEL)
		keep(guard, &c, 1);
}

/* ---- Sequences ------------------------------------------------------------------------------ */

static void begin_arguments(struct mn__guard *guard)
{
	guard->state = MN__GUARD_ARGUMENTS;
	guard->marks = guard->digits = 0;
	guard->is_first = true;
	guard->is_private = false;
	guard->modes[0] = 0;
}

/* The byte after an escape; returns what takes its place. */
static unsigned char after_escape(struct mn__guard *guard, unsigned char c)
{
	if (c == 'P' || c == 'X' || c == ']' || c == '^' || c == '_') {
		begin_string(guard, c == ']');
		return CAN;
	}
	guard->is_first = false;
	if (c == '[')
		begin_arguments(guard);
	else if (c >= 0x30)
		guard->state = MN__GUARD_GROUND;
	else
		guard->is_line = c == '#';
	return guard->is_line && (c == '3' || c == '4' || c == '6') ? CAN : c;
}

/* Whether a digit or a separator is within the limits. */
static bool is_bearable(struct mn__guard *guard, unsigned char c)
{
	if (c >= '0' && c <= '9') {
		guard->digits += guard->digits <= MN__GUARD_DIGITS;
		return guard->digits <= MN__GUARD_DIGITS && guard->marks <= MN__GUARD_MARKS;
	}
	guard->digits = 0;
	guard->marks += guard->marks <= MN__GUARD_MARKS;
	return guard->marks <= MN__GUARD_MARKS;
}

/* Passes a digit or a separator, or holds it back. */
static size_t pass_argument(struct mn__guard *guard, char *out, unsigned char c)
{
	if (!is_bearable(guard, c))
		return 0;
	if (guard->is_private && guard->marks > 0) {
		const size_t len = strlen(guard->modes);

		guard->modes[len] = (char)c;
		guard->modes[len + 1] = 0;
		return 0;
	}
	*out = (char)c;
	return 1;
}

/* The modes that were held back, a sequence each. */
static size_t pass_modes(const struct mn__guard *guard, char *out, unsigned char final)
{
	size_t passed = 0;

	for (const char *mode = guard->modes; *mode;) {
		const size_t len = strspn(mode, "0123456789");

		if (len > 0) {
			memcpy(out + passed, private_mode, sizeof private_mode);
			memcpy(out + passed + 3, mode, len);
			out[passed + 3 + len] = (char) final;
			passed += 3 + len + 1;
		}
		mode += len > 0 ? len : 1;
	}
	return passed;
}

static size_t pass_final(struct mn__guard *guard, char *out, unsigned char c)
{
	guard->state = MN__GUARD_GROUND;
	*out = c == 'b' && !guard->may_repeat ? CAN : (char)c;
	if (c != 'h' && c != 'l')
		return 1;
	return 1 + pass_modes(guard, out + 1, c);
}

static size_t pass_of_sequence(struct mn__guard *guard, char *out, unsigned char c)
{
	if (guard->is_first)
		guard->is_private = c == '?';
	guard->is_first = false;
	if ((c >= '0' && c <= '9') || c == ';' || c == ':')
		return pass_argument(guard, out, c);
	if (c >= 0x40)
		return pass_final(guard, out, c);
	*out = (char)c;
	return 1;
}

/* ---- Bytes and characters ----------------------------------------------------------------------
 */

/* A byte that is no part of a longer character. */
static size_t pass_byte(struct mn__guard *guard, char *out, unsigned char c)
{
	if (c == CAN || c == SUB) {
		guard->state = MN__GUARD_GROUND;
	} else if (guard->state == MN__GUARD_STRING && c != ESC) {
		in_string(guard, (char)c);
		return 0;
	} else if (c == ESC) {
		if (guard->state == MN__GUARD_STRING)
			end_string(guard);
		guard->state = MN__GUARD_ESCAPE;
		guard->is_line = false;
		guard->is_first = true;
	} else if (c == 'c' && guard->state == MN__GUARD_ESCAPE && guard->is_first) {
		guard->state = MN__GUARD_GROUND;
		memcpy(out, reset, sizeof reset);
		return sizeof reset;
	} else if (c >= 0x20 && c != DEL && guard->state == MN__GUARD_ESCAPE) {
		c = after_escape(guard, c);
	} else if (c >= 0x20 && c != DEL && guard->state == MN__GUARD_ARGUMENTS) {
		return pass_of_sequence(guard, out, c);
	}
	*out = (char)c;
	return 1;
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
	const bool is_whole = guard->count >= length_of((unsigned char)*at);
	const uint32_t character = guard->count == 0 ? 0
				   : is_whole        ? mn_utf8_next(&at, end)
						     : 0xfffd;
	size_t len = guard->count;

	guard->count = 0;
	if (character < 0xa0) /* none, or a C1 control */
		return 0;
	memcpy(out, guard->character, sizeof guard->character);
	if (character == 0xfffd) {
		len = sizeof replacement;
		memcpy(out, replacement, len);
	}
	if (guard->state == MN__GUARD_STRING) {
		keep(guard, out, len);
		return 0;
	}
	if (guard->state == MN__GUARD_ARGUMENTS)
		guard->state = MN__GUARD_GROUND;
	return len;
}

static size_t pass_high(struct mn__guard *guard, char *out, unsigned char c)
{
	guard->character[guard->count++] = (char)c;
	if (guard->count >= length_of((unsigned char)guard->character[0]))
		return end_character(guard, out);
	return 0;
}

size_t mn__guard_pass(struct mn__guard *guard, char *out, const char **bytes, const char *end)
{
	const char *at = *bytes;
	size_t passed = 0;

	while (at < end && !(*at == 'b' && guard->state == MN__GUARD_ARGUMENTS && at > *bytes)) {
		const unsigned char c = (unsigned char)*at++;

		if ((c & 0xc0) != 0x80)
			passed += end_character(guard, out + passed);
		passed += c < 0x80 ? pass_byte(guard, out + passed, c)
				   : pass_high(guard, out + passed, c);
	}
	*bytes = at;
	return passed;
}
