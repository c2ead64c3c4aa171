/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What both directions of the trace protocol share: framing and levels. */
#ifndef TRACE_INTERNAL_H
#define TRACE_INTERNAL_H

#include <mnemos/proto/cobs.h>
#include <mnemos/proto/postcard.h>
#include <mnemos/proto/trace.h>

/* The message stands one byte into `out`, where mn_cobs_encode_in_place wants it. */
static inline void mn__trace_begin(struct mn_postcard_writer *w, uint8_t *out, size_t cap)
{
	mn_postcard_writer_init(w, out + (cap > 0), cap > 0 ? cap - 1 : 0);
}

/* Stuffs and terminates it. Returns the length, or 0. */
static inline size_t mn__trace_end(const struct mn_postcard_writer *w, uint8_t *out, size_t cap)
{
	const size_t len = w->error || cap == 0 ? 0 : mn_cobs_encode_in_place(out, cap - 1, w->len);

	if (len > 0)
		out[len] = 0;
	return len > 0 ? len + 1 : 0;
}

/* The inverse of both, without the terminator. */
static inline void mn__trace_open(struct mn_postcard_reader *r, uint8_t *bytes, size_t len)
{
	const size_t decoded = mn_cobs_decode(bytes, bytes, len);

	mn_postcard_reader_init(r, bytes, decoded == MN_COBS_INVALID ? 0 : decoded);
}

/* Rules of the message itself: what breaks them is not written. */
static inline void mn__trace_require(struct mn_postcard_writer *w, bool holds)
{
	if (!holds && !w->error)
		w->error = MN_EINVAL;
}

static inline void mn__trace_put_level(struct mn_postcard_writer *w, enum mn_trace_level level)
{
	mn__trace_require(w, level <= MN_TRACE_OFF);
	mn_postcard_put_bool(w, level != MN_TRACE_OFF);
	if (level != MN_TRACE_OFF)
		mn_postcard_put_uint(w, level);
}

static inline enum mn_trace_level mn__trace_get_level(struct mn_postcard_reader *r)
{
	return mn_postcard_get_bool(r)
		       ? (enum mn_trace_level)mn_postcard_get_variant(r, MN_TRACE_OFF)
		       : MN_TRACE_OFF;
}

#endif
