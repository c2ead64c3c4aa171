/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * An outbox: bytes waiting to be written to a libuv stream, in order.
 *
 * Bytes are appended in place or by copy, then outbox_send() writes at once what
 * the other end takes and leaves the rest to libuv. At most one chunk is in libuv's
 * hands, so everything behind it can still be dropped. Memory: 64 KiB chunks, at
 * least one is kept once it was used. The owner sets the limit; an outbox has none.
 *
 * Life cycle: zeroed memory is an empty outbox; outbox_open, use, outbox_clear. The
 * owner closes the stream and keeps the outbox until the stream's close callback.
 */
#ifndef CROWTTY_OUTBOX_H
#define CROWTTY_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct outbox_chunk;

struct outbox {
	uv_stream_t *stream;
	/* Called after libuv has written the chunk it had, or failed to (status < 0, not
	 * UV_ECANCELED). Nothing is sent until the owner calls outbox_send() again. */
	void (*on_written)(struct outbox *outbox, int status);
	struct outbox_chunk *head, *tail;
	size_t len;   /* bytes held, those in libuv's hands included */
	bool writing; /* the front of the head chunk is in libuv's hands: */
	size_t writing_len;
	uv_write_t request;
};

void outbox_open(struct outbox *outbox, uv_stream_t *stream,
		 void (*on_written)(struct outbox *outbox, int status));

/* Room for `need` bytes (at most 64 KiB) in one piece; say with outbox_commit() how many were
 * used. Never fails: crowtty ends when memory does. */
uint8_t *outbox_space(struct outbox *outbox, size_t need);
void outbox_commit(struct outbox *outbox, size_t len);

/* Both in one, for any length. */
void outbox_add(struct outbox *outbox, const void *data, size_t len);

/* Writes what can be written now. Returns 0 or libuv's error, after which the
 * stream is of no more use. */
int outbox_send(struct outbox *outbox);

/* Drops the oldest bytes that libuv does not hold until at most `limit` are left (or only
 * those); returns how many were dropped. */
size_t outbox_trim(struct outbox *outbox, size_t limit);

/* Drops everything. A chunk in libuv's hands is freed by its callback. */
void outbox_clear(struct outbox *outbox);

#endif
