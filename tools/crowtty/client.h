/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * One client of one port: a TCP connection or the reader of a pseudo-terminal.
 *
 *                     backlog > limit          stall time is over
 *        KEEPING UP ------------------> HELD -----------------------> SHEDDING
 *            ^                            |                               |
 *            '----------------------------+-------------------------------'
 *                          backlog <= limit / 2
 *
 * HELD: the line is not read for this client's sake. While it is the only one anywhere its time
 * is CLIENT_LONE_PATIENCE times as long and begins anew whenever it takes something: a lone
 * reader loses nothing however slow it is. SHEDDING: its oldest output is dropped, the loss counted
 * and reported.
 *
 * A client that shuts down its sending side is served on until it closes, or until
 * nothing has come for it for CLIENT_LINGER_MS: only closing tells it that this was all.
 */
#ifndef CROWTTY_CLIENT_H
#define CROWTTY_CLIENT_H

#include "outbox.h"
#include "port.h"

#define CLIENT_LINGER_MS 2000
#define CLIENT_LONE_PATIENCE 10

enum client_pace {
	CLIENT_KEEPING_UP,
	CLIENT_HELD,
	CLIENT_SHEDDING,
};

struct client {
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_tcp_t tcp;
		uv_pipe_t pipe;
	};
	struct port *port;
	struct client *next;       /* of the same port */
	struct client *next_dirty; /* in ports->dirty */
	bool is_dirty;
	bool is_pty;
	bool is_reading;
	bool has_ended;    /* it sends no more */
	bool has_had_turn; /* it has sent while the line was congested */
	bool finishing;    /* close once the outbox is empty */
	bool is_closing;
	unsigned stalls; /* stall times in a row without taking anything */
	enum client_pace pace;
	struct outbox outbox;
	uv_timer_t stall, linger;
	unsigned open_handles;
	uint64_t dropped;
};

/* Makes a client that is not connected yet; the caller accepts into client->tcp or opens
 * client->pipe, then calls client_start(), or client_close() if that failed. */
struct client *client_new(struct port *port, bool is_pty);
void client_start(struct client *client);

/* Queues output; written by client_flush(). */
void client_deliver(struct client *client, const void *data, size_t len);
void client_flush(struct client *client);

/* Reads it if its turn allows. */
void client_update_reading(struct client *client);

/* The line is congested no more. */
void client_begin_turn(struct client *client);

/* Closes it once it has got everything. */
void client_finish(struct client *client);

/* Closes it now; frees it when libuv is done. Idempotent. */
void client_close(struct client *client);

#endif
