/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * COBS: byte stuffing that keeps zero out of a message, so that zero can end it.
 *
 * Pure functions, no state, no allocation; usable from tasks, interrupt handlers
 * and host programs. Classic COBS with delimiter 0: a code byte c (1..255) is
 * followed by c-1 literal bytes, then by an implied zero unless c is 255 or the
 * group is the last. Where the data ends exactly at the end of a full 254-byte run
 * the encoder writes the final 01 group (as postcard and the original target do);
 * the decoder accepts the message with and without it.
 *
 * Source of the rules: S. Cheshire, M. Baker, "Consistent Overhead Byte Stuffing",
 * IEEE/ACM Transactions on Networking 7(2), 1999.
 */
#ifndef MNEMOS_PROTO_COBS_H
#define MNEMOS_PROTO_COBS_H

#include <stddef.h>
#include <stdint.h>

/* Most bytes that n bytes of data can become, without the terminating zero. */
#define MN_COBS_BOUND(n) ((n) + (n) / 254 + 1)

/* Not a length: what mn_cobs_decode returns for bytes that are not COBS. */
#define MN_COBS_INVALID SIZE_MAX

/*
 * An encoder for data that comes in pieces: begin, add any number of times, end.
 * `out` must have room for MN_COBS_BOUND(total length) bytes; nothing is checked
 * here. The caller owns `out` and writes the terminating zero itself.
 */
struct mn_cobs_encoder {
	uint8_t *code; /* where the code byte of the open group goes */
	uint8_t *next; /* where the next literal goes */
};

void mn_cobs_begin(struct mn_cobs_encoder *encoder, uint8_t *out);
void mn_cobs_add(struct mn_cobs_encoder *encoder, const void *data, size_t len);
/* Closes the last group; returns one past the last byte written. */
uint8_t *mn_cobs_end(struct mn_cobs_encoder *encoder);

/* The three steps above for one piece; returns the encoded length, without a zero. */
size_t mn_cobs_encode(uint8_t *out, const void *data, size_t len);

/*
 * The same without a copy: the data is `len` bytes from frame[1], the result begins at frame[0].
 * Returns its length, or 0 if it is longer than `cap`; MN_COBS_BOUND(len) is always enough.
 */
size_t mn_cobs_encode_in_place(uint8_t *frame, size_t cap, size_t len);

/*
 * Decodes `len` bytes, none of which is the terminator. Writes at most `len` bytes;
 * `out` may be `in` itself. Returns the decoded length (0 for no data), or
 * MN_COBS_INVALID where a code points past the end or a byte is zero; then nothing
 * has been written, so an input decoded in place is still what it was.
 */
size_t mn_cobs_decode(uint8_t *out, const uint8_t *in, size_t len);

#endif
