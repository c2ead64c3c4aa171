/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Messages on a byte stream: postcard, stuffed with COBS, ended by a zero. */
#ifndef MESSAGE_INTERNAL_H
#define MESSAGE_INTERNAL_H

#include <mnemos/proto/cobs.h>
#include <mnemos/proto/postcard.h>

/* The message stands one byte into `out`, where mn_cobs_encode_in_place wants it. */
static inline void mn__message_begin(struct mn_postcard_writer *w, uint8_t *out, size_t cap)
{
	mn_postcard_writer_init(w, out + (cap > 0), cap > 0 ? cap - 1 : 0);
}

/* Stuffs and terminates it. Returns the length, or 0. */
static inline size_t mn__message_end(const struct mn_postcard_writer *w, uint8_t *out, size_t cap)
{
	const size_t len = w->error || cap == 0 ? 0 : mn_cobs_encode_in_place(out, cap - 1, w->len);

	if (len > 0)
		out[len] = 0;
	return len > 0 ? len + 1 : 0;
}

/* The inverse of both, without the terminator. */
static inline void mn__message_open(struct mn_postcard_reader *r, uint8_t *bytes, size_t len)
{
	const size_t decoded = mn_cobs_decode(bytes, bytes, len);

	mn_postcard_reader_init(r, bytes, decoded == MN_COBS_INVALID ? 0 : decoded);
}

#endif
