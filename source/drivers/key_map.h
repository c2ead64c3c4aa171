/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the keys with Linux's numbers are on a US keyboard: for key_device.c. */
#ifndef KEY_MAP_H
#define KEY_MAP_H

#include <mnemos/key.h>

/* The numbers of the keys that are modifiers and locks. */
enum {
	KEY_LEFT_CTRL = 29,
	KEY_LEFT_SHIFT = 42,
	KEY_RIGHT_SHIFT = 54,
	KEY_LEFT_ALT = 56,
	KEY_CAPS_LOCK = 58,
	KEY_NUM_LOCK = 69,
	KEY_RIGHT_CTRL = 97,
	KEY_RIGHT_ALT = 100,
	KEY_LEFT_META = 125,
	KEY_RIGHT_META = 126
};

/* What a key is; code and value as in an event. */
struct mn__key_meaning {
	uint8_t code;
	uint8_t value;   /* of MN_KEY_CHAR: without Shift; of the key pad: with num lock */
	uint8_t shifted; /* of MN_KEY_CHAR: with Shift; of the key pad: its other enum mn_key_code
			  */
	uint8_t kind;
};

enum { KEY_UNKNOWN, KEY_PLAIN, KEY_PAD };

/* A key's meaning; of kind KEY_UNKNOWN if it has none. */
const struct mn__key_meaning *mn__key_meaning(uint16_t key);

#endif
