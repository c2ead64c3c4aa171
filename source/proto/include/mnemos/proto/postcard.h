/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Postcard: the compact encoding of structured messages, as Rust's `postcard` 1.x
 * writes it. There are no tags, names or versions: both ends know the type.
 *
 *     type                           bytes                        write        read
 *     bool                           00 or 01                     put_bool     get_bool
 *     u8, i8                         the byte                     put_u8/i8    get_u8/i8
 *     u16, u32, u64, usize           varint, 7 bits a byte, low   put_uint     get_u16/32/64
 *                                    first, bit 7 says more
 *     i16, i32, i64, isize           zigzag (0 -1 1 -2 is         put_int      get_i16/32/64
 *                                    0 1 2 3), then varint
 *     f32, f64                       IEEE 754, little endian      put_f32/f64  get_f32/f64
 *     str                            byte length, UTF-8           put_str      get_str
 *     bytes                          length, bytes                put_bytes    get_bytes
 *     Option                         00, or 01 and the value      put_bool     get_bool
 *     seq, map                       count, then the elements     put_uint     get_count
 *     enum                           index of the variant from    put_uint     get_variant
 *                                    0, then its fields
 *     struct, tuple, fixed array     their fields, nothing else
 *
 * Writer and reader work in the caller's memory and allocate nothing; any context.
 * Errors stick: the first one is kept in `error`, all later calls do nothing (a get
 * answers 0, false or an empty string), so a message is written or read straight
 * through and checked once:
 *
 *     struct mn_postcard_writer w;
 *     mn_postcard_writer_init(&w, buffer, sizeof(buffer));
 *     mn_postcard_put_uint(&w, EVENT_ENTER);
 *     mn_postcard_put_uint(&w, span_id);
 *     if (w.error)
 *             return w.error;
 *     send(buffer, w.len);
 *
 * Source of the rules: the specification at https://postcard.jamesmunns.com.
 */
#ifndef MNEMOS_PROTO_POSTCARD_H
#define MNEMOS_PROTO_POSTCARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <mnemos/error.h>

/* Most bytes of one varint (64 bits). */
#define MN_POSTCARD_VARINT_MAX 10

/*
 * `len` bytes of `data` are written. An item is written whole or not at all. Errors:
 * MN_EFULL (it did not fit), MN_EINVAL (text that is not UTF-8: no reader would take it).
 */
struct mn_postcard_writer {
	uint8_t *data;
	size_t cap;
	size_t len;
	enum mn_error error;
};

void mn_postcard_writer_init(struct mn_postcard_writer *writer, void *data, size_t cap);

/* One byte each: 0 or 1, the byte, two's complement. */
void mn_postcard_put_bool(struct mn_postcard_writer *writer, bool value);
void mn_postcard_put_u8(struct mn_postcard_writer *writer, uint8_t value);
void mn_postcard_put_i8(struct mn_postcard_writer *writer, int8_t value);
/* The bytes depend on the value alone, not on the width, so one function does for all. */
void mn_postcard_put_uint(struct mn_postcard_writer *writer, uint64_t value);
void mn_postcard_put_int(struct mn_postcard_writer *writer, int64_t value);
void mn_postcard_put_f32(struct mn_postcard_writer *writer, float value);
void mn_postcard_put_f64(struct mn_postcard_writer *writer, double value);
/* `len` bytes without a terminator; `text` and `bytes` may be NULL if len is 0. */
void mn_postcard_put_str(struct mn_postcard_writer *writer, const char *text, size_t len);
void mn_postcard_put_bytes(struct mn_postcard_writer *writer, const void *bytes, size_t len);

/*
 * `at` is how far the reader has come; after an error, the offset of the item that was
 * wrong. What lies behind a complete message is not looked at; where that matters
 * compare `at` with `len`. Errors: MN_EBADMSG (cut short, or a value that the type
 * does not have), MN_EOVERFLOW (a number wider than its type).
 */
struct mn_postcard_reader {
	const uint8_t *data;
	size_t len;
	size_t at;
	enum mn_error error;
};

void mn_postcard_reader_init(struct mn_postcard_reader *reader, const void *data, size_t len);

/* One byte each; a bool that is neither 0 nor 1 is an error. */
bool mn_postcard_get_bool(struct mn_postcard_reader *reader);
uint8_t mn_postcard_get_u8(struct mn_postcard_reader *reader);
int8_t mn_postcard_get_i8(struct mn_postcard_reader *reader);
/* Longer forms than needed are accepted (80 00 is 0), as in the original, up to the most
 * bytes of that width: 3, 5, 10. */
uint16_t mn_postcard_get_u16(struct mn_postcard_reader *reader);
uint32_t mn_postcard_get_u32(struct mn_postcard_reader *reader);
uint64_t mn_postcard_get_u64(struct mn_postcard_reader *reader);
int16_t mn_postcard_get_i16(struct mn_postcard_reader *reader);
int32_t mn_postcard_get_i32(struct mn_postcard_reader *reader);
int64_t mn_postcard_get_i64(struct mn_postcard_reader *reader);
float mn_postcard_get_f32(struct mn_postcard_reader *reader);
double mn_postcard_get_f64(struct mn_postcard_reader *reader);

/* A pointer into the input (never NULL), good as long as that is; no terminator. The text
 * is UTF-8: no surrogates, nothing over-long, nothing above U+10FFFF. It may hold NULs. */
const char *mn_postcard_get_str(struct mn_postcard_reader *reader, size_t *len);
const uint8_t *mn_postcard_get_bytes(struct mn_postcard_reader *reader, size_t *len);

/* A count of elements, each of at least one byte: a count that the rest of the input cannot
 * hold is MN_EBADMSG, so a loop up to the count is bounded by the input. */
size_t mn_postcard_get_count(struct mn_postcard_reader *reader);

/* The index of an enum's variant, less than `variants`. */
uint32_t mn_postcard_get_variant(struct mn_postcard_reader *reader, uint32_t variants);

/* For rules of the message itself, such as "never 0": fails as a get would, unless an earlier
 * error is kept already. */
void mn_postcard_refuse(struct mn_postcard_reader *reader, enum mn_error error);

#endif
