/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The line to the target: opened, lost and opened again.
 *
 *     WAITING --1--> CONNECTING --2--> UP --3--> CLOSING --4--> WAITING or CLOSED
 *        ^                |                         ^
 *        |                '------------5------------'
 *
 *     1 the retry time is over, or somebody opened the pseudo-terminal
 *     2 connected: on_up, and one lone zero is sent, which ends whatever an earlier
 *       host left unfinished
 *     3 the other end closed or failed: on_down
 *     4 libuv has let go of the handle
 *     5 could not connect
 *
 * Retries begin LINE_RETRY_FIRST_MS after a failure, each waits twice as long as the one
 * before, up to LINE_RETRY_MOST_MS; bytes from the target start the count anew.
 */
#ifndef CROWTTY_LINE_H
#define CROWTTY_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "outbox.h"
#include "pty.h"
#include "record.h"
#include "target.h"

#define LINE_RETRY_FIRST_MS 100
#define LINE_RETRY_MOST_MS 2000

/* What the kernel holds is in front of all that is sent next, so it gets little; of a UNIX socket
 * Linux makes it twice as much. There is no such limit for a terminal, nor for what a TCP peer
 * buffers itself. */
#define LINE_IN_KERNEL 4096

enum line_state {
	LINE_CLOSED,
	LINE_WAITING,
	LINE_CONNECTING,
	LINE_UP,
	LINE_CLOSING,
};

struct line_events {
	void *context;
	void (*on_up)(void *context);
	void (*on_down)(void *context);
	void (*on_data)(void *context, const uint8_t *data, size_t len);
	/* Has something that the kernel does not take yet, or no longer; NULL: the sender sends
	 * little. */
	void (*on_congested)(void *context, bool congested);
	/* It is over and has been reported: not (or no more) connected and not to retry. */
	void (*on_failed)(void *context);
};

struct line {
	/* Configuration, the caller's. */
	uv_loop_t *loop;
	const struct target *target;
	struct line_events events;
	struct pty_watch *pty_watch; /* for a pty target */
	struct recorder *recorder;
	unsigned max_frame; /* longest frame sent, terminator included */
	bool wait;          /* the first connection may fail */
	bool reconnect;     /* a later loss is not the end */

	/* State. */
	enum line_state state;
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_tcp_t tcp;
		uv_pipe_t pipe;
	};
	uv_connect_t connecting;
	const struct addrinfo *address; /* the one tried now */
	bool has_another_address;       /* to be tried at once */
	struct pty *pty;
	struct outbox outbox;
	uv_timer_t retry;
	unsigned delay_ms;
	bool was_up;
	bool waiting_said;
	bool congested;
	bool held;
	bool ending; /* line_close() was called */
};

/* Begins to connect. Returns false after reporting an error that no retry can cure. */
bool line_open(struct line *line);

/* Frames and sends bytes for a port; dropped if the line is not up. */
void line_send(struct line *line, uint16_t port, const void *data, size_t len);

/* Sends bytes as they are, for a line that is no serial line but one port of another crowtty. */
void line_send_raw(struct line *line, const void *data, size_t len);

/* Stops or resumes reading. */
void line_hold(struct line *line, bool hold);

/* Ends it; no events from now on. Idempotent; the loop must run on. */
void line_close(struct line *line);

/* After the loop has ended. */
void line_free(struct line *line);

#endif
