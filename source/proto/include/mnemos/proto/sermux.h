/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Sermux: many virtual ports on one serial line.
 *
 *     frame on the wire = COBS( port, 16 bits little endian || payload ) || 0x00
 *
 * The same in both directions. No length, checksum, sequence number or flow
 * control. Frame borders carry no meaning: a port is a byte stream, one write may
 * become several frames. A payload has at least one byte. A lone zero between
 * frames means nothing and is how a sender forces a fresh start.
 *
 * Pure functions over the caller's memory; any context.
 */
#ifndef MNEMOS_PROTO_SERMUX_H
#define MNEMOS_PROTO_SERMUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <mnemos/proto/cobs.h>

/* Well-known ports. All 65,536 numbers are legal. */
enum mn_sermux_port_number {
	MN_SERMUX_LOOPBACK = 0,   /* both ways: echoes */
	MN_SERMUX_HELLO = 1,      /* target to host: a greeting each second */
	MN_SERMUX_KEYBOARD = 2,   /* host to target: bytes become key presses */
	MN_SERMUX_TRACE = 3,      /* both ways: the trace protocol */
	MN_SERMUX_SCREENSHOT = 4, /* both ways: pictures of the screen, on request */
	MN_SERMUX_TERMINAL = 5,   /* both ways: a terminal on the screen */
	MN_SERMUX_FORTH0 = 10,    /* both ways: Forth shells 0 to 3 */
	MN_SERMUX_FORTH1 = 11,
	MN_SERMUX_FORTH2 = 12,
	MN_SERMUX_FORTH3 = 13,
};

/* Bytes of the port number in front of each payload. */
#define MN_SERMUX_HEADER 2

/* The target's usual limit on a frame, terminator included. */
#define MN_SERMUX_MAX_FRAME 512

/* Longest payload that always fits a frame of `frame` bytes (506 for 512). */
#define MN_SERMUX_MAX_PAYLOAD(frame) (254 * (frame) / 255 - 1 - MN_SERMUX_HEADER)

/* Most bytes on the wire for a payload of n bytes, terminator included. */
#define MN_SERMUX_BOUND(n) (MN_COBS_BOUND((n) + MN_SERMUX_HEADER) + 1)

/*
 * Writes one frame, terminator included, and returns its length, or 0 if `cap` is
 * less than MN_SERMUX_BOUND(len). `out` and `payload` must not overlap. An empty
 * payload is encoded although every receiver drops it.
 */
size_t mn_sermux_encode(uint8_t *out, size_t cap, uint16_t port, const void *payload, size_t len);

/* What the receiver has come upon. All but NONE and FRAME are worth a counter. */
enum mn_sermux_kind {
	MN_SERMUX_NONE,     /* nothing complete yet: all input was taken */
	MN_SERMUX_FRAME,    /* a good frame */
	MN_SERMUX_FLUSH,    /* a lone terminator; harmless */
	MN_SERMUX_BAD_COBS, /* not COBS: garbage, or plain text on the line */
	MN_SERMUX_SHORT,    /* decoded, but fewer than three bytes */
	MN_SERMUX_OVERLONG, /* no terminator within the limit; skipped up to the next one */
};

/*
 * An item found in the stream. `data` points into the receiver's buffer and is good
 * until the next call with that receiver. For FRAME it is the payload; for BAD_COBS
 * and SHORT the bytes as they were on the wire, without terminator, so that a host
 * can show them as text; for OVERLONG the first `cap` bytes of what is skipped.
 * OVERLONG is reported once, when the limit is passed, not at the terminator; that
 * terminator is not reported as a FLUSH. `port` is 0 unless the kind is FRAME.
 */
struct mn_sermux_item {
	enum mn_sermux_kind kind;
	uint16_t port;
	const uint8_t *data;
	size_t len;
};

/*
 * The receiving end of a line. The caller supplies the buffer and keeps it until the
 * end. `cap` is its size and the longest frame accepted, terminator included; at
 * least MN_SERMUX_BOUND(1) or no frame fits. The fields are the receiver's own.
 */
struct mn_sermux_receiver {
	uint8_t *buffer;
	size_t cap;
	size_t len;    /* bytes of an unfinished frame in the buffer */
	bool skipping; /* in an over-long frame, waiting for its terminator */
};

void mn_sermux_receiver_init(struct mn_sermux_receiver *receiver, uint8_t *buffer, size_t cap);

/* Forgets an unfinished frame: a new client, or a line that was opened again. */
void mn_sermux_receiver_reset(struct mn_sermux_receiver *receiver);

/*
 * Takes bytes from `data` until they make an item or run out, says in `item` what
 * that was, and returns how many it took (at least 1 if len > 0). Call it again with
 * the rest until all is taken:
 *
 *     while (len > 0) {
 *             size_t taken = mn_sermux_receive(&receiver, data, len, &item);
 *             data += taken, len -= taken;
 *             if (item.kind == MN_SERMUX_FRAME)
 *                     deliver(item.port, item.data, item.len);
 *     }
 *
 * The same bytes make the same items however they are cut up. `data` must not overlap
 * the buffer. Cost: linear; one copy where the whole frame is in `data`, else two.
 */
size_t mn_sermux_receive(struct mn_sermux_receiver *receiver, const void *data, size_t len,
			 struct mn_sermux_item *item);

#endif
