/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What tests of wire formats share: cmocka, bytes written as hex, and repeatable chance. */
#ifndef TESTS_UNIT_BYTES_H
#define TESTS_UNIT_BYTES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* "02 0a 01" to bytes; returns how many. */
static inline size_t bytes_of_hex(uint8_t *out, size_t cap, const char *hex)
{
	size_t len = 0;

	while (*hex) {
		char *end;
		unsigned long byte = strtoul(hex, &end, 16);

		assert_true(end != hex && byte <= 0xff && len < cap);
		out[len++] = (uint8_t)byte;
		hex = end + (*end == ' ');
	}
	return len;
}

static inline void assert_bytes(const void *got, size_t got_len, const void *want, size_t want_len)
{
	assert_int_equal(got_len, want_len);
	if (want_len > 0)
		assert_memory_equal(got, want, want_len);
}

/* A heap copy of exactly these bytes, so that a sanitizer sees a read past the end. */
static inline uint8_t *bytes_exact(const void *bytes, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);

	assert_non_null(copy);
	if (len > 0)
		memcpy(copy, bytes, len);
	return copy;
}

/* SplitMix64: the same sequence on every machine for the same seed. */
static inline uint64_t chance(uint64_t *seed)
{
	uint64_t x = *seed += 0x9e3779b97f4a7c15u;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

/* Bytes with few, some or very many zeros: each makes other groups. */
static inline void chance_fill(uint64_t *seed, uint8_t *out, size_t len)
{
	static const unsigned zero_one_in[] = {2, 8, 256, 4096};
	unsigned one_in = zero_one_in[chance(seed) % COUNT(zero_one_in)];

	for (size_t i = 0; i < len; i++)
		out[i] = chance(seed) % one_in == 0 ? 0 : (uint8_t)(1 + chance(seed) % 255);
}

#endif
