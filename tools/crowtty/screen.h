/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The terminal as a screen that is drawn anew: the alternate one, with keys that come one by one.
 * Whatever ends the program, but for SIGKILL, the terminal is as before. One in a process, which
 * has no terminal.h.
 */
#ifndef CROWTTY_SCREEN_H
#define CROWTTY_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

/* True if standard output is a terminal that can do it. */
bool screen_is_possible(void);

void screen_open(void);
void screen_close(void); /* idempotent */

void screen_size(unsigned *rows, unsigned *columns);

/* Shows lines, each with its end; those below the last row are left out. */
void screen_draw(const char *text, size_t len, unsigned rows);

/* What keys mean here. */
enum screen_key {
	SCREEN_KEY_NONE,
	SCREEN_KEY_UP = 256,
	SCREEN_KEY_DOWN,
	SCREEN_KEY_PAGE_UP,
	SCREEN_KEY_PAGE_DOWN,
	SCREEN_KEY_HOME,
	SCREEN_KEY_END,
};

/* Takes one key from the front of what was typed; a character is itself. Returns how many bytes
 * it took; 0: none is left. */
size_t screen_key(const char *typed, size_t len, int *key);

#endif
