/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The bytes of a terminal, one at a time: no byte completes more than one key.
 *
 * The sequences are those of ECMA-48 as xterm sends them, with the numbers of the VT220 and, where
 * they differ, those of rxvt and the Linux console.
 */
#include "keyboard_internal.h"

#define ESC 0x1b

enum { GROUND, ESCAPE, SEQUENCE, FUNCTION, LINUX_FUNCTION, TEXT };

/* What a last byte or a number stands for; no sequence is a Backspace, so 0 is nothing. */
struct key {
	uint8_t code;
	uint8_t value;
};

static bool emit(struct mn_key_event *event, uint8_t code, uint32_t value, unsigned modifiers)
{
	*event = (struct mn_key_event){
		.kind = MN_KEY_PRESSED,
		.modifiers = (uint8_t)modifiers,
		.code = code,
		.value = value,
	};
	return true;
}

/* Back to the ground, with nothing to show for it. */
static bool drop(struct mn__key_bytes *bytes)
{
	bytes->malformed++;
	bytes->state = GROUND;
	bytes->alt = false;
	return false;
}

/* ---- Characters -------------------------------------------------------------------- */

static bool character(struct mn__key_bytes *bytes, uint8_t code, uint32_t value, unsigned modifiers,
		      struct mn_key_event *event)
{
	if (bytes->alt)
		modifiers |= MN_KEY_ALT;
	bytes->alt = false;
	bytes->state = GROUND;
	return emit(event, code, value, modifiers);
}

static bool control(struct mn__key_bytes *bytes, uint8_t byte, struct mn_key_event *event)
{
	switch (byte) {
	case '\0':
		return character(bytes, MN_KEY_NULL, 0, 0, event);
	case '\b':
	case 0x7f:
		return character(bytes, MN_KEY_BACKSPACE, 0, 0, event);
	case '\t':
		return character(bytes, MN_KEY_TAB, 0, 0, event);
	case '\r':
		bytes->after_cr = true;
		return character(bytes, MN_KEY_ENTER, 0, 0, event);
	case '\n':
		return character(bytes, MN_KEY_ENTER, 0, 0, event);
	default:
		return character(bytes, MN_KEY_CHAR, byte | (byte <= 26 ? 0x60U : 0x40U),
				 MN_KEY_CTRL, event);
	}
}

/* The first byte of several. */
static bool begin_text(struct mn__key_bytes *bytes, uint8_t byte)
{
	if (byte < 0xc2 || byte > 0xf4)
		return drop(bytes);
	bytes->missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
	bytes->least = byte < 0xe0 ? 0x80 : byte < 0xf0 ? 0x800 : 0x10000;
	bytes->character = byte & (0x3fU >> bytes->missing);
	bytes->state = TEXT;
	return false;
}

static bool is_character(const struct mn__key_bytes *bytes)
{
	return bytes->character >= bytes->least && bytes->character <= 0x10ffff &&
	       (bytes->character < 0xd800 || bytes->character > 0xdfff);
}

static bool in_text(struct mn__key_bytes *bytes, uint8_t byte, struct mn_key_event *event)
{
	bytes->character = bytes->character << 6 | (byte & 0x3f);
	if (--bytes->missing > 0)
		return false;
	if (!is_character(bytes))
		return drop(bytes);
	return character(bytes, MN_KEY_CHAR, bytes->character, 0, event);
}

/* Also behind an ESC: then `alt` is set. */
static bool in_ground(struct mn__key_bytes *bytes, uint8_t byte, struct mn_key_event *event)
{
	const bool after_cr = bytes->after_cr;

	bytes->after_cr = false;
	if (byte == '\n' && after_cr)
		return false;
	if (byte == ESC) {
		bytes->state = ESCAPE;
		return false;
	}
	if (byte < ' ' || byte == 0x7f)
		return control(bytes, byte, event);
	if (byte < 0x80)
		return character(bytes, MN_KEY_CHAR, byte, 0, event);
	return begin_text(bytes, byte);
}

/* ---- Sequences --------------------------------------------------------------------- */

/* By the last byte, from 'A'; the same behind ESC [ and ESC O. */
static const struct key by_letter[] = {
	['A' - 'A'] = {MN_KEY_UP, 0},
	['B' - 'A'] = {MN_KEY_DOWN, 0},
	['C' - 'A'] = {MN_KEY_RIGHT, 0},
	['D' - 'A'] = {MN_KEY_LEFT, 0},
	['E' - 'A'] = {MN_KEY_KEYPAD_BEGIN, 0},
	['F' - 'A'] = {MN_KEY_END, 0},
	['H' - 'A'] = {MN_KEY_HOME, 0},
	['P' - 'A'] = {MN_KEY_F, 1},
	['Q' - 'A'] = {MN_KEY_F, 2},
	['R' - 'A'] = {MN_KEY_F, 3},
	['S' - 'A'] = {MN_KEY_F, 4},
	['Z' - 'A'] = {MN_KEY_BACK_TAB, 0},
};

/* By the number in ESC [ number ~. */
static const struct key by_number[] = {
	[1] = {MN_KEY_HOME, 0}, [2] = {MN_KEY_INSERT, 0},  [3] = {MN_KEY_DELETE, 0},
	[4] = {MN_KEY_END, 0},  [5] = {MN_KEY_PAGE_UP, 0}, [6] = {MN_KEY_PAGE_DOWN, 0},
	[7] = {MN_KEY_HOME, 0}, [8] = {MN_KEY_END, 0},     [11] = {MN_KEY_F, 1},
	[12] = {MN_KEY_F, 2},   [13] = {MN_KEY_F, 3},      [14] = {MN_KEY_F, 4},
	[15] = {MN_KEY_F, 5},   [17] = {MN_KEY_F, 6},      [18] = {MN_KEY_F, 7},
	[19] = {MN_KEY_F, 8},   [20] = {MN_KEY_F, 9},      [21] = {MN_KEY_F, 10},
	[23] = {MN_KEY_F, 11},  [24] = {MN_KEY_F, 12},     [25] = {MN_KEY_F, 13},
	[26] = {MN_KEY_F, 14},  [28] = {MN_KEY_F, 15},     [29] = {MN_KEY_MENU, 0},
	[31] = {MN_KEY_F, 17},  [32] = {MN_KEY_F, 18},     [33] = {MN_KEY_F, 19},
	[34] = {MN_KEY_F, 20},
};

/* ESC [ 1 ; 2 A and the like: one more than the sum of Shift 1, Alt 2, Ctrl 4, Meta 8. */
static unsigned modifiers(uint16_t parameter)
{
	const unsigned xterm = parameter > 0 ? parameter - 1U : 0;

	return (xterm & 1 ? MN_KEY_SHIFT : 0U) | (xterm & 2 ? MN_KEY_ALT : 0U) |
	       (xterm & 4 ? MN_KEY_CTRL : 0U) | (xterm & 8 ? MN_KEY_META : 0U);
}

static bool emit_key(struct mn__key_bytes *bytes, struct key key, unsigned with,
		     struct mn_key_event *event)
{
	if (key.code == 0 || bytes->bad)
		return drop(bytes);
	bytes->state = GROUND;
	if (key.code == MN_KEY_BACK_TAB)
		with |= MN_KEY_SHIFT;
	return emit(event, key.code, key.value, with);
}

static struct key key_of_letter(uint8_t byte)
{
	const unsigned at = byte - 'A' + 0U;

	return at < sizeof by_letter / sizeof *by_letter ? by_letter[at] : (struct key){0};
}

static struct key key_of_number(uint16_t number)
{
	const bool known = number < sizeof by_number / sizeof *by_number;

	return known ? by_number[number] : (struct key){0};
}

/* The key pad's, behind ESC O. */
static struct key key_of_pad(uint8_t byte)
{
	if (byte == 'M')
		return (struct key){MN_KEY_ENTER, 0};
	if (byte == 'I')
		return (struct key){MN_KEY_TAB, 0};
	if (byte == 'X')
		return (struct key){MN_KEY_CHAR, '='};
	if (byte >= 'j' && byte <= 'y')
		return (struct key){MN_KEY_CHAR, (uint8_t)("*+,-./0123456789"[byte - 'j'])};
	return key_of_letter(byte);
}

static void begin_sequence(struct mn__key_bytes *bytes, uint8_t state)
{
	bytes->state = state;
	bytes->bad = bytes->begun = false;
	bytes->at = 0;
	bytes->parameters[0] = bytes->parameters[1] = 0;
}

/* A byte of a sequence that is not its last. */
static void parameter(struct mn__key_bytes *bytes, uint8_t byte)
{
	uint16_t *number = &bytes->parameters[bytes->at];

	bytes->begun = true;
	if (byte >= '0' && byte <= '9')
		*number = *number < 1000 ? (uint16_t)(*number * 10 + byte - '0') : *number;
	else if (byte == ';' && bytes->at == 0)
		bytes->at = 1;
	else
		bytes->bad = true;
}

static bool end_sequence(struct mn__key_bytes *bytes, uint8_t byte, struct mn_key_event *event)
{
	const unsigned with = modifiers(bytes->parameters[1]);

	if (byte == '~')
		return emit_key(bytes, key_of_number(bytes->parameters[0]), with, event);
	if (bytes->parameters[0] > 1)
		return drop(bytes);
	return emit_key(bytes, key_of_letter(byte), with, event);
}

static bool in_sequence(struct mn__key_bytes *bytes, uint8_t byte, struct mn_key_event *event)
{
	if (byte == '[' && !bytes->begun)
		begin_sequence(bytes, LINUX_FUNCTION);
	else if (byte < '@')
		parameter(bytes, byte);
	else
		return end_sequence(bytes, byte, event);
	return false;
}

static bool in_function(struct mn__key_bytes *bytes, uint8_t byte, struct mn_key_event *event)
{
	if (byte >= '@')
		return emit_key(bytes, key_of_pad(byte), modifiers(bytes->parameters[0]), event);
	parameter(bytes, byte);
	return false;
}

static bool in_linux_function(struct mn__key_bytes *bytes, uint8_t byte, struct mn_key_event *event)
{
	struct key key = {MN_KEY_F, (uint8_t)(byte - 'A' + 1)};

	if (byte < 'A' || byte > 'E')
		key.code = 0;
	return emit_key(bytes, key, 0, event);
}

static bool in_escape(struct mn__key_bytes *bytes, uint8_t byte, struct mn_key_event *event)
{
	switch (byte) {
	case ESC:
		return emit(event, MN_KEY_ESC, 0, 0); /* and it stands behind the next */
	case '[':
		begin_sequence(bytes, SEQUENCE);
		return false;
	case 'O':
		begin_sequence(bytes, FUNCTION);
		return false;
	default:
		bytes->alt = true;
		return in_ground(bytes, byte, event);
	}
}

/* ---- Both -------------------------------------------------------------------------- */

/* Whether a byte cannot go on with what was begun: then that is dropped, and it begins anew. */
static bool breaks_off(const struct mn__key_bytes *bytes, uint8_t byte)
{
	switch (bytes->state) {
	case TEXT:
		return (byte & 0xc0) != 0x80;
	case SEQUENCE:
	case FUNCTION:
	case LINUX_FUNCTION:
		return byte < ' ' || byte >= 0x7f;
	default:
		return false;
	}
}

bool mn__key_bytes_put(struct mn__key_bytes *bytes, uint8_t byte, struct mn_key_event *event)
{
	if (breaks_off(bytes, byte))
		drop(bytes);
	switch (bytes->state) {
	case ESCAPE:
		return in_escape(bytes, byte, event);
	case SEQUENCE:
		return in_sequence(bytes, byte, event);
	case FUNCTION:
		return in_function(bytes, byte, event);
	case LINUX_FUNCTION:
		return in_linux_function(bytes, byte, event);
	case TEXT:
		return in_text(bytes, byte, event);
	default:
		return in_ground(bytes, byte, event);
	}
}

bool mn__key_bytes_open(const struct mn__key_bytes *bytes)
{
	return bytes->state != GROUND && bytes->state != TEXT;
}

bool mn__key_bytes_end(struct mn__key_bytes *bytes, struct mn_key_event *event)
{
	const uint8_t state = bytes->state;

	if (state == ESCAPE)
		return character(bytes, MN_KEY_ESC, 0, 0, event);
	if (bytes->begun || (state != SEQUENCE && state != FUNCTION))
		return drop(bytes);
	return character(bytes, MN_KEY_CHAR, state == SEQUENCE ? '[' : 'O', MN_KEY_ALT, event);
}
