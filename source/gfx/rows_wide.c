/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Rows of MN_RGB565, LANES pixels at a time: the same bytes as rows_small.c, which a test compares.
 * Compiled once for each width of vectors that the machine may have (meson.build): ROWS is then the
 * name of what rows_pick.c picks from.
 */
#include <string.h>
#include "rows_wide.h"

typedef uint8_t bytes __attribute__((vector_size(LANES)));
typedef uint16_t words __attribute__((vector_size(LANES * 2)));
typedef uint16_t words8 __attribute__((vector_size(16)));
typedef uint32_t longs8 __attribute__((vector_size(32)));

#define INLINE static inline __attribute__((always_inline))

/* ---- By alpha values ---- */

/* 256 times mn__by_255 of (s a + d b), b being 255 - a; and something below that. */
INLINE words mix(words s, words d, words a, words b)
{
	const words sum = s * a + d * b + 128;

	return sum + (sum >> 8);
}

INLINE void blend_lanes(uint16_t *to, const uint16_t *from, const uint8_t *alpha)
{
	words s, d, a, b, mixed;
	bytes alphas;

	memcpy(&s, from, sizeof(s));
	memcpy(&d, to, sizeof(d));
	memcpy(&alphas, alpha, sizeof(alphas));
	a = __builtin_convertvector(alphas, words);
	b = 255 - a;
	mixed = (mix(s >> 11, d >> 11, a, b) << 3 & 0xf800) |
		(mix(s >> 5 & 63, d >> 5 & 63, a, b) >> 3 & 0x07e0) |
		mix(s & 31, d & 31, a, b) >> 8;
	memcpy(to, &mixed, sizeof(mixed));
}

/* Whether all bytes are those of `same`. */
INLINE bool are_all(const uint8_t *alpha, uint64_t same)
{
	for (size_t at = 0; at < LANES; at += 8) {
		uint64_t eight;

		memcpy(&eight, alpha + at, sizeof(eight));
		if (eight != same)
			return false;
	}
	return true;
}

static void blend_alpha8(uint16_t *to, const uint16_t *from, const uint8_t *alpha, size_t n)
{
	uint16_t last_to[LANES] = {0}, last_from[LANES] = {0};
	uint8_t last_alpha[LANES] = {0};

	/* Mostly a picture is clear around a solid thing. */
	for (; n >= LANES; n -= LANES, to += LANES, from += LANES, alpha += LANES) {
		if (are_all(alpha, UINT64_MAX))
			memcpy(to, from, LANES * sizeof(*to));
		else if (!are_all(alpha, 0))
			blend_lanes(to, from, alpha);
	}
	if (n == 0)
		return;
	memcpy(last_to, to, n * sizeof(*to));
	memcpy(last_from, from, n * sizeof(*from));
	memcpy(last_alpha, alpha, n);
	blend_lanes(last_to, last_from, last_alpha);
	memcpy(to, last_to, n * sizeof(*to));
}

/* ---- By a mask ---- */

/* Those whose bit is set, the leftmost is the highest. */
INLINE void select_eight(uint16_t *to, const uint16_t *from, unsigned bits)
{
	const words8 each = {0x80, 0x40, 0x20, 0x10, 8, 4, 2, 1};
	words8 s, d, set;

	memcpy(&s, from, sizeof(s));
	memcpy(&d, to, sizeof(d));
	set = (words8)((((words8){0} + (uint16_t)bits) & each) == each);
	d ^= (s ^ d) & set;
	memcpy(to, &d, sizeof(d));
}

static void blend_mask(uint16_t *to, const uint16_t *from, const uint8_t *bits, int32_t x, size_t n)
{
	const int32_t shift = x % 8;
	uint16_t last_to[8] = {0}, last_from[8] = {0};

	bits += x / 8;
	if (shift == 0) {
		for (; n >= 8; n -= 8, to += 8, from += 8)
			select_eight(to, from, *bits++);
	}
	for (; n >= 8; n -= 8, to += 8, from += 8, bits++)
		select_eight(to, from, mn__get_bits(bits, shift, 8));
	if (n == 0)
		return;
	memcpy(last_to, to, n * sizeof(*to));
	memcpy(last_from, from, n * sizeof(*from));
	select_eight(last_to, last_from, mn__get_bits(bits, shift, (int32_t)n));
	memcpy(to, last_to, n * sizeof(*to));
}

/* ---- To MN_RGB888 ---- */

static void widen(uint32_t *to, const uint16_t *from, size_t n)
{
	for (; n >= 8; n -= 8, to += 8, from += 8) {
		words8 pixels;
		longs8 wide, red_blue, green;

		memcpy(&pixels, from, sizeof(pixels));
		wide = __builtin_convertvector(pixels, longs8);
		red_blue = (wide & 0xf800) << 8 | (wide & 0x001f) << 3;
		green = (wide & 0x07e0) << 5;
		wide = red_blue | (red_blue >> 5 & 0x070007) | green | (green >> 6 & 0x000300);
		memcpy(to, &wide, sizeof(wide));
	}
	for (; n > 0; n--)
		*to++ = mn__from_rgb565(*from++);
}

const struct mn__rows ROWS = {blend_alpha8, blend_mask, widen};
