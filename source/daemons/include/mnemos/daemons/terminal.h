/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Terminal: the screen and the keyboard as a terminal for a program at the other end of a virtual
 * port.
 *
 *     static struct mn_terminal_daemon terminal;
 *     mn_terminal_daemon_start(&terminal, &kernel, MN_SERMUX_TERMINAL);
 *
 * It fills the screen. The font is the largest that gives 80 columns and 24 rows, or else the
 * smallest. What comes in on the port is shown (gfx/terminal.h), what is typed goes out, and so do
 * the answers to a program that asks, for the size for instance as xterm's `resize` does; they go
 * when what was written before is shown.
 *
 * A program may write faster than the screen shows: it is read on while a frame is awaited, and the
 * frame shows what has come by then. It is slowed down, by the port's ring, to what the emulation
 * takes; and while there are answers, until these have gone. So the line is not held for a frame,
 * and others on it, port 2 with its keys among them, get what is theirs. Answers for which there is
 * no room are dropped.
 *
 * That the port is open, and how large the terminal is, it says in the log.
 *
 * If the mux ends, it opens its port again when there is one. It ends when it is cancelled, if the
 * display or the keyboard goes, or for want of memory, and says so in the log.
 *
 * Memory: a picture of the screen in MN_RGB565, the layer's and its own, and some 80 bytes a
 * character, from the kernel's heap while it runs.
 */
#ifndef MNEMOS_DAEMONS_TERMINAL_H
#define MNEMOS_DAEMONS_TERMINAL_H

#include <mnemos/gfx/terminal.h>
#include <mnemos/services/display.h>
#include <mnemos/services/keyboard.h>
#include <mnemos/services/serial_mux.h>

/* Bytes from the program that it takes at a time. */
#define MN_TERMINAL_RING 4096

/* Bytes of answers to what is in one ring, and of a key. */
#define MN_TERMINAL_REPLY 256

/* What it does between its start and its end. */
struct mn__terminal_session {
	struct mn_frame frame;
	uint16_t number; /* of the port */
	struct mn_layer layer;
	struct mn_bitmap chunk, part;
	struct mn_rect dirty;
	bool is_shown;        /* what was drawn; the next frame is due */
	void *pixels, *cells; /* memory of chunk and terminal */
	const struct mn_font *font;
	struct mn_terminal *terminal;
	struct mn_keyboard keyboard;
	struct mn_key_event key;
	struct mn_sermux_open open;
	struct mn_sermux_port port;
	struct mn_race race, pace;
	struct mn_bbq_read rx;
	struct mn_sermux_write tx;
	char reply[MN_TERMINAL_REPLY];
	size_t reply_len;
	uint32_t lost; /* bytes of answers for which there was no room, modulo 2^32 */
};

/* The daemon, the caller's memory. */
struct mn_terminal_daemon {
	struct mn_task task;
	struct mn__terminal_session session;
};

/* Start-up: spawns it, zeroed before. */
void mn_terminal_daemon_start(struct mn_terminal_daemon *daemon, struct mn_kernel *kernel,
			      uint16_t port);

#endif
