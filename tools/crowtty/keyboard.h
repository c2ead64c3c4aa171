/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Standard input as the target's keyboard: what is typed goes to one port, whole lines
 * from a terminal, which keeps its settings, and any pieces from a pipe or file. Its end
 * ends the keyboard only. Not read while the line is down, and only once while it has more to write
 * than it should; but a raw terminal always is, for nobody types that much.
 *
 * If `raw` is set, a terminal gives each key at once, Ctrl-C among them, but only while it is read:
 * so there is always a key that ends it all.
 */
#ifndef CROWTTY_KEYBOARD_H
#define CROWTTY_KEYBOARD_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#define KEYBOARD_LEAVE 0x1d /* Ctrl-] */

struct keyboard {
	uint16_t port;
	void *context;
	void (*send)(void *context, uint16_t port, const void *data, size_t len);
	void (*leave)(void *context); /* of a raw terminal: by KEYBOARD_LEAVE */
	bool raw;

	enum {
		KEYBOARD_CLOSED,
		KEYBOARD_STREAM, /* terminals and pipes */
		KEYBOARD_FILE,   /* never has to be waited for: read while the loop is idle */
	} kind;
	bool is_wanted, is_congested;
	bool has_had_turn; /* it has sent while the line was congested */
	uv_pipe_t stream;
	uv_idle_t file;
};

void keyboard_open(struct keyboard *keyboard, uv_loop_t *loop);
void keyboard_set_reading(struct keyboard *keyboard, bool reading);
void keyboard_set_congested(struct keyboard *keyboard, bool congested);
void keyboard_close(struct keyboard *keyboard); /* idempotent */

#endif
