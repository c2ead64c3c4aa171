/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What melpomene and melpomene-window say to each other: one struct a packet, over a pair of
 * SOCK_SEQPACKET sockets. The picture itself is in memory that they share: rows without gaps of
 * 4 bytes a pixel, as in MN_RGB888.
 *
 *     melpomene                                        window
 *     writes the picture, then
 *     struct window_frame: "show that"    ---->
 *     leaves the picture alone                         copies it out
 *                                         <----        WINDOW_TAKEN, and shows it
 *
 * So there is at most one frame under way. The other events come at any time. Both ends check
 * what they get; the one that gets nonsense ends the talk. When melpomene's end of the socket is
 * closed the window's process ends, whatever it is doing; when the window's end is closed
 * melpomene goes on without.
 */
#ifndef MELPOMENE_WINDOW_MESSAGE_H
#define MELPOMENE_WINDOW_MESSAGE_H

#include <stdint.h>

/* The window's arguments: WIDTH HEIGHT SCALING TITLE; and its open files. */
#define WINDOW_SOCKET 3
#define WINDOW_MEMORY 4
#define WINDOW_PIXEL 4 /* bytes */

/* How it ends when it has told why itself. */
#define WINDOW_TOLD 3

/* To the window: what has changed in the picture. */
struct window_frame {
	int32_t x, y, width, height; /* within the picture, and not empty */
};

enum window_what {
	WINDOW_TAKEN,    /* the frame; the picture may change again */
	WINDOW_PRESSED,  /* a key */
	WINDOW_HELD,     /* it repeats */
	WINDOW_RELEASED, /* also of all keys that are down when the window loses the keyboard */
	WINDOW_LOCKS,    /* how they stand, from the next key on */
	WINDOW_CLOSED    /* by the user; it waits for the end */
};

/* From the window. */
struct window_event {
	uint16_t what; /* enum window_what */
	uint16_t key;  /* number in the table of USB keyboards; the locks; else 0 */
};

enum window_lock { WINDOW_CAPS_LOCK = 1, WINDOW_NUM_LOCK = 2 };

#define WINDOW_KEYS 256

#endif
