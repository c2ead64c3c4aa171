/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string.h>

#include "memory.h"
#include "view_table.h"

void *bytes_grow(struct bytes *bytes, size_t len)
{
	if (bytes->cap - bytes->len < len) {
		size_t cap = bytes->cap ? bytes->cap : 64;
		while (cap - bytes->len < len)
			cap *= 2;
		bytes->data = memory_check(realloc(bytes->data, cap));
		bytes->cap = cap;
	}
	bytes->len += len;
	return bytes->data + bytes->len - len;
}

void bytes_put(struct bytes *bytes, const void *data, size_t len)
{
	if (len > 0)
		memcpy(bytes_grow(bytes, len), data, len);
}

void bytes_free(struct bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct bytes){0};
}

void column_put(struct column *column, enum column_kind kind, uint64_t value)
{
	uint8_t digits[10];
	size_t len = 0;
	uint64_t rest = value;

	if (kind == COLUMN_TIME) {
		rest = value > column->last ? value - column->last : 0;
		column->last += rest;
	}
	for (; rest >= 0x80; rest >>= 7)
		digits[len++] = (uint8_t)(rest | 0x80);
	digits[len++] = (uint8_t)rest;
	bytes_put(&column->bytes, digits, len);
	column->count++;
}

/* FNV-1a. */
static uint32_t hash(const uint8_t *data, size_t len)
{
	uint32_t sum = 2166136261U;
	for (size_t i = 0; i < len; i++)
		sum = (sum ^ data[i]) * 16777619U;
	return sum ^ sum >> 15;
}

const void *pool_get(const struct pool *pool, uint32_t number, size_t *len)
{
	const size_t *ends = (const void *)pool->ends.data;
	size_t start = number > 0 ? ends[number - 1] : 0;
	*len = ends[number] - start;
	return *len > 0 ? pool->bytes.data + start : (const uint8_t *)"";
}

/* The slot that holds the string, or the free one where it belongs. */
static uint32_t *find_slot(const struct pool *pool, const void *data, size_t len)
{
	uint32_t at = hash(data, len);
	for (;; at++) {
		uint32_t *slot = &pool->slots[at & (pool->slot_count - 1)];
		size_t other_len;
		if (*slot == 0)
			return slot;
		const void *other = pool_get(pool, *slot - 1, &other_len);
		if (other_len == len && (len == 0 || memcmp(other, data, len) == 0))
			return slot;
	}
}

static void grow_slots(struct pool *pool)
{
	free(pool->slots);
	pool->slot_count = pool->slot_count ? pool->slot_count * 2 : 64;
	pool->slots = memory_check(calloc(pool->slot_count, sizeof *pool->slots));
	for (uint32_t i = 0; i < pool->count; i++) {
		size_t len;
		const void *data = pool_get(pool, i, &len);
		*find_slot(pool, data, len) = i + 1;
	}
}

uint32_t pool_add(struct pool *pool, const void *data, size_t len)
{
	if (pool->count >= pool->slot_count / 2)
		grow_slots(pool);
	uint32_t *slot = find_slot(pool, data, len);
	if (*slot == 0) {
		bytes_put(&pool->bytes, data, len);
		bytes_put(&pool->ends, &pool->bytes.len, sizeof pool->bytes.len);
		*slot = ++pool->count;
	}
	return *slot - 1;
}

uint32_t pool_add_text(struct pool *pool, const char *text)
{
	return pool_add(pool, text, strlen(text));
}

void pool_free(struct pool *pool)
{
	bytes_free(&pool->bytes);
	bytes_free(&pool->ends);
	free(pool->slots);
	*pool = (struct pool){0};
}
