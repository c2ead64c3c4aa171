/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Fields of a protobuf message, one after the other, on nanopb's encoder. */
#ifndef CROWTTY_PROTOBUF_H
#define CROWTTY_PROTOBUF_H

#include <pb_encode.h>
#include <stdint.h>
#include <string.h>

/* Longer texts are cut. */
#define PROTOBUF_TEXT_MAX 1024

/* A message being written. `bytes` holds the largest of ours: MN_TRACE_FIELDS_MAX fields with texts
 * of PROTOBUF_TEXT_MAX. */
struct protobuf {
	pb_ostream_t stream;
	pb_byte_t bytes[65536];
};

static inline void protobuf_begin(struct protobuf *message)
{
	message->stream = pb_ostream_from_buffer(message->bytes, sizeof message->bytes);
}

static inline void protobuf_uint(struct protobuf *message, uint32_t field, uint64_t value)
{
	pb_encode_tag(&message->stream, PB_WT_VARINT, field);
	pb_encode_varint(&message->stream, value);
}

static inline void protobuf_fixed64(struct protobuf *message, uint32_t field, uint64_t value)
{
	pb_encode_tag(&message->stream, PB_WT_64BIT, field);
	pb_encode_fixed64(&message->stream, &value);
}

static inline void protobuf_bytes(struct protobuf *message, uint32_t field, const void *data,
				  size_t len)
{
	pb_encode_tag(&message->stream, PB_WT_STRING, field);
	pb_encode_string(&message->stream, data, len);
}

static inline void protobuf_text(struct protobuf *message, uint32_t field, const char *text)
{
	protobuf_bytes(message, field, text, strlen(text));
}

static inline void protobuf_message(struct protobuf *message, uint32_t field,
				    const struct protobuf *inner)
{
	protobuf_bytes(message, field, inner->bytes, inner->stream.bytes_written);
}

#endif
