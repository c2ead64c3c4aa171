/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Key events: what a keyboard says, to services, drivers and programs alike.
 *
 * Modifiers are the state after the event. Caps lock and num lock are locked by a press and
 * unlocked by the next. Caps lock turns letters over, and nothing else; shift turns them back.
 */
#ifndef MNEMOS_KEY_H
#define MNEMOS_KEY_H

#include <stdint.h>

/*
 * What happened to the key: it went down; it came up; it is held, and the keyboard (or the desktop
 * that plays it) repeats it, if it does so and as often as it does.
 */
enum mn_key_kind { MN_KEY_PRESSED, MN_KEY_RELEASED, MN_KEY_HELD };

/* What was down or locked, a bit each. */
enum mn_key_modifier {
	MN_KEY_SHIFT = 1,
	MN_KEY_CTRL = 2,
	MN_KEY_ALT = 4,
	MN_KEY_META = 8,
	MN_KEY_CAPS_LOCK = 16,
	MN_KEY_NUM_LOCK = 32
};

/* Which key, in the order of the Rust implementation; the last three say more in `value`. */
enum mn_key_code {
	MN_KEY_BACKSPACE,
	MN_KEY_ENTER,
	MN_KEY_LEFT,
	MN_KEY_RIGHT,
	MN_KEY_UP,
	MN_KEY_DOWN,
	MN_KEY_HOME,
	MN_KEY_END,
	MN_KEY_PAGE_UP,
	MN_KEY_PAGE_DOWN,
	MN_KEY_TAB,
	MN_KEY_BACK_TAB,
	MN_KEY_DELETE,
	MN_KEY_INSERT,
	MN_KEY_F,    /* value: 1 to 24 */
	MN_KEY_CHAR, /* value: a Unicode character */
	MN_KEY_NULL,
	MN_KEY_ESC,
	MN_KEY_NUM_LOCK_KEY,
	MN_KEY_PRINT_SCREEN,
	MN_KEY_PAUSE,
	MN_KEY_MENU,
	MN_KEY_KEYPAD_BEGIN,
	MN_KEY_MEDIA /* value: an enum mn_key_media */
};

/* Keys of players. */
enum mn_key_media {
	MN_MEDIA_PLAY,
	MN_MEDIA_PAUSE,
	MN_MEDIA_PLAY_PAUSE,
	MN_MEDIA_REVERSE,
	MN_MEDIA_STOP,
	MN_MEDIA_FAST_FORWARD,
	MN_MEDIA_REWIND,
	MN_MEDIA_TRACK_NEXT,
	MN_MEDIA_TRACK_PREVIOUS,
	MN_MEDIA_RECORD,
	MN_MEDIA_LOWER_VOLUME,
	MN_MEDIA_RAISE_VOLUME,
	MN_MEDIA_MUTE_VOLUME
};

/* One event. */
struct mn_key_event {
	uint8_t kind;      /* enum mn_key_kind */
	uint8_t modifiers; /* enum mn_key_modifier, or'ed */
	uint8_t code;      /* enum mn_key_code */
	uint32_t value;    /* of MN_KEY_F, MN_KEY_CHAR and MN_KEY_MEDIA; else 0 */
};

#endif
