/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A tap on one port of a target: directly, on its serial line, or through a crowtty that has the
 * line and serves port 3, say, as TCP port 10003, where others may be too.
 *
 * The first part of the struct is the caller's; the rest is zero. tap_open, run the loop,
 * tap_close, run it on until it is empty, tap_free.
 */
#ifndef CROWTTY_TAP_H
#define CROWTTY_TAP_H

#include "line.h"
#include "unframe.h"

struct tap_events {
	void *context;
	/* The line is there, or not any more. */
	void (*on_up)(void *context, bool up);
	/* Bytes of the port. */
	void (*on_bytes)(void *context, const uint8_t *data, size_t len);
	/* Text beside the frames, or NULL. Through another crowtty it is among the events of the
	 * trace: line_text.h. */
	void (*on_text)(void *context, const uint8_t *data, size_t len);
	/* It is over, and has been reported. */
	void (*on_failed)(void *context);
};

struct tap {
	uv_loop_t *loop;
	struct tap_events events;
	uint16_t port;        /* sermux port */
	bool wait, reconnect; /* as of struct line */
	unsigned max_frame;

	struct target target;
	bool is_port; /* of another crowtty */
	struct line line;
	struct recorder recorder; /* records nothing */
	struct pty_watch pty_watch;
	uv_timer_t quiet;
	uint64_t received; /* bytes, of any kind */
	struct unframe unframe;
};

/*
 * Chooses where to: `target` as of target_parse; or NULL, the crowtty whose ports begin at
 * `tcp_base` if there is one, else the simulator. Then begins to connect. Returns -1 to go on,
 * or the exit code after an error, which it has reported; then there is nothing to close.
 */
int tap_open(struct tap *tap, const char *target, unsigned tcp_base);

/* For people. */
const char *tap_name(const struct tap *tap);

/* Sends bytes to the port; dropped if the line is not up. */
void tap_send(struct tap *tap, const void *data, size_t len);

void tap_close(struct tap *tap);
void tap_free(struct tap *tap);

#endif
