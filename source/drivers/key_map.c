/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The US keyboard. The numbers are those of Linux's input-event-codes.h, and of the page Keyboard
 * (7) in the USB HID Usage Tables.
 */
#include <mnemos/drivers/key_device.h>
#include "key_map.h"

#define KEY(code)                       \
	{                               \
		(code), 0, 0, KEY_PLAIN \
	}
#define CHAR(plain, shifted)                               \
	{                                                  \
		MN_KEY_CHAR, (plain), (shifted), KEY_PLAIN \
	}
#define PAD(digit, code)                              \
	{                                             \
		MN_KEY_CHAR, (digit), (code), KEY_PAD \
	}
#define F(number)                                       \
	{                                               \
		MN_KEY_F, (number), (number), KEY_PLAIN \
	}
#define MEDIA(which)                                                        \
	{                                                                   \
		MN_KEY_MEDIA, MN_MEDIA_##which, MN_MEDIA_##which, KEY_PLAIN \
	}

/* clang-format off */
static const struct mn__key_meaning meanings[] = {
	[1] = KEY(MN_KEY_ESC),
	[2] = CHAR('1', '!'), CHAR('2', '@'), CHAR('3', '#'), CHAR('4', '$'), CHAR('5', '%'),
	CHAR('6', '^'), CHAR('7', '&'), CHAR('8', '*'), CHAR('9', '('), CHAR('0', ')'),
	CHAR('-', '_'), CHAR('=', '+'), KEY(MN_KEY_BACKSPACE),
	[15] = KEY(MN_KEY_TAB),
	CHAR('q', 'Q'), CHAR('w', 'W'), CHAR('e', 'E'), CHAR('r', 'R'), CHAR('t', 'T'),
	CHAR('y', 'Y'), CHAR('u', 'U'), CHAR('i', 'I'), CHAR('o', 'O'), CHAR('p', 'P'),
	CHAR('[', '{'), CHAR(']', '}'), KEY(MN_KEY_ENTER),
	[30] = CHAR('a', 'A'),
	CHAR('s', 'S'), CHAR('d', 'D'), CHAR('f', 'F'), CHAR('g', 'G'), CHAR('h', 'H'),
	CHAR('j', 'J'), CHAR('k', 'K'), CHAR('l', 'L'), CHAR(';', ':'), CHAR('\'', '"'),
	CHAR('`', '~'),
	[43] = CHAR('\\', '|'),
	CHAR('z', 'Z'), CHAR('x', 'X'), CHAR('c', 'C'), CHAR('v', 'V'), CHAR('b', 'B'),
	CHAR('n', 'N'), CHAR('m', 'M'), CHAR(',', '<'), CHAR('.', '>'), CHAR('/', '?'),
	[55] = CHAR('*', '*'),
	[57] = CHAR(' ', ' '),
	[59] = F(1), F(2), F(3), F(4), F(5), F(6), F(7), F(8), F(9), F(10),
	KEY(MN_KEY_NUM_LOCK_KEY),
	[71] = PAD('7', MN_KEY_HOME), PAD('8', MN_KEY_UP), PAD('9', MN_KEY_PAGE_UP),
	CHAR('-', '-'),
	PAD('4', MN_KEY_LEFT), PAD('5', MN_KEY_KEYPAD_BEGIN), PAD('6', MN_KEY_RIGHT),
	CHAR('+', '+'),
	PAD('1', MN_KEY_END), PAD('2', MN_KEY_DOWN), PAD('3', MN_KEY_PAGE_DOWN),
	PAD('0', MN_KEY_INSERT), PAD('.', MN_KEY_DELETE),
	[86] = CHAR('\\', '|'), F(11), F(12),
	[96] = KEY(MN_KEY_ENTER),
	[98] = CHAR('/', '/'), KEY(MN_KEY_PRINT_SCREEN),
	[102] = KEY(MN_KEY_HOME), KEY(MN_KEY_UP), KEY(MN_KEY_PAGE_UP), KEY(MN_KEY_LEFT),
	KEY(MN_KEY_RIGHT), KEY(MN_KEY_END), KEY(MN_KEY_DOWN), KEY(MN_KEY_PAGE_DOWN),
	KEY(MN_KEY_INSERT), KEY(MN_KEY_DELETE),
	[113] = MEDIA(MUTE_VOLUME), MEDIA(LOWER_VOLUME), MEDIA(RAISE_VOLUME),
	[117] = CHAR('=', '='),
	[119] = KEY(MN_KEY_PAUSE),
	[121] = CHAR(',', ','),
	[127] = KEY(MN_KEY_MENU), MEDIA(STOP),
	[139] = KEY(MN_KEY_MENU),
	[163] = MEDIA(TRACK_NEXT), MEDIA(PLAY_PAUSE), MEDIA(TRACK_PREVIOUS), MEDIA(STOP),
	MEDIA(RECORD), MEDIA(REWIND),
	[183] = F(13), F(14), F(15), F(16), F(17), F(18), F(19), F(20), F(21), F(22), F(23), F(24),
	[200] = MEDIA(PLAY), MEDIA(PAUSE),
	[207] = MEDIA(PLAY), MEDIA(FAST_FORWARD),
	[210] = KEY(MN_KEY_PRINT_SCREEN),
};

/* By usage. */
static const uint8_t from_usb[] = {
	[0x04] = 30, 48, 46, 32, 18, 33, 34, 35, 23, 36, 37, 38, 50, /* a to m */
	49, 24, 25, 16, 19, 31, 20, 22, 47, 17, 45, 21, 44,          /* n to z */
	2, 3, 4, 5, 6, 7, 8, 9, 10, 11,                              /* 1 to 9, 0 */
	28, 1, 14, 15, 57, 12, 13, 26, 27, 43, 43, 39, 40, 41, 51, 52, 53, 58,
	[0x3a] = 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 87, 88, /* F1 to F12 */
	99, 70, 119, 110, 102, 104, 111, 107, 109, 106, 105, 108, 103,
	[0x53] = 69, 98, 55, 74, 78, 96, 79, 80, 81, 75, 76, 77, 71, 72, 73, 82, 83, /* the pad */
	86, 127,
	[0x67] = 117, 183, 184, 185, 186, 187, 188, 189, 190, 191, 192, 193, 194, /* F13 to F24 */
	[0x76] = 139,
	[0x7f] = 113, 115, 114,
	[0x85] = 121,
	[0xe0] = 29, 42, 56, 125, 97, 54, 100, 126, /* the modifiers */
};
/* clang-format on */

const struct mn__key_meaning *mn__key_meaning(uint16_t key)
{
	return &meanings[key < sizeof meanings / sizeof *meanings ? key : 0];
}

uint16_t mn_key_from_usb(uint16_t usage)
{
	return usage < sizeof from_usb ? from_usb[usage] : 0;
}
