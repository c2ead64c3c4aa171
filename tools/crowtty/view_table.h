/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the page's data is made of: columns of numbers, and sets of things that are stored once.
 *
 * A column is a run of LEB128 numbers. Of times, only the difference to the one before is stored.
 */
#ifndef CROWTTY_VIEW_TABLE_H
#define CROWTTY_VIEW_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
	uint8_t *data;
	size_t len, cap;
};

/* Room for `len` more bytes at the end, which count as used. */
void *bytes_grow(struct bytes *bytes, size_t len);
void bytes_put(struct bytes *bytes, const void *data, size_t len);
void bytes_free(struct bytes *bytes);

enum column_kind {
	COLUMN_TIME, /* nanoseconds, never decreasing */
	COLUMN_LONG, /* up to 2^53 */
	COLUMN_INT,  /* up to 2^32 - 1 */
};

struct column {
	struct bytes bytes;
	uint64_t last;
	uint32_t count;
};

void column_put(struct column *column, enum column_kind kind, uint64_t value);

/* Byte strings, numbered from 0 in the order in which they came. */
struct pool {
	struct bytes bytes;
	struct bytes ends; /* size_t each: where each string ends in `bytes` */
	uint32_t count;
	uint32_t *slots; /* number + 1, or 0; by hash, the next free one if taken */
	uint32_t slot_count;
};

/* The number of a string; a new one is added. */
uint32_t pool_add(struct pool *pool, const void *data, size_t len);
uint32_t pool_add_text(struct pool *pool, const char *text);

/* Valid until the next one is added. */
const void *pool_get(const struct pool *pool, uint32_t number, size_t *len);
void pool_free(struct pool *pool);

#endif
