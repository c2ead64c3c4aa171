/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Rows of MN_RGB565, LANES pixels at a time: the same bytes as rows_small.c, which a test compares.
 * Compiled once for each width of vectors that the machine may have (meson.build): ROWS is then the
 * name of what rows_pick.c picks from.
 */
#include <string.h>
#if LANES > 8
#include <immintrin.h>
#endif
#include "rows_wide.h"

typedef uint16_t words __attribute__((vector_size(LANES * 2)));
typedef int16_t numbers __attribute__((vector_size(LANES * 2)));
typedef uint16_t words8 __attribute__((vector_size(16)));
typedef uint32_t longs8 __attribute__((vector_size(32)));

#define INLINE static inline __attribute__((always_inline))

/*
 * ---- By alpha values ----
 *
 * (s a + d (255 - a)) / 255, rounded, is d and the rounded a (s - d) / 255: one product for each
 * component. part_of() is that product of differences, of -63 to 63, and of weights(): the alpha
 * values in the form that suits it. The test has all of them.
 *
 * x86 multiplies 16-bit fractions and rounds them in one instruction, which compilers do not find.
 * 128.5 a, without its half, is at most 1 less than 32768 a / 255. Times 63 / 32768 that is less
 * than 1 / 510, and no a (s - d) / 255 is nearer than that to a half, where rounding would differ.
 */
#if LANES == 32
INLINE words weights(const uint8_t *alpha)
{
	const words a = (words)_mm512_cvtepu8_epi16(_mm256_loadu_si256((const void *)alpha));

	return (a << 7) + (a >> 1);
}

INLINE words part_of(words differences, words weight)
{
	return (words)_mm512_mulhrs_epi16((__m512i)differences, (__m512i)weight);
}
#elif LANES == 16
/* Each byte twice is 257 a. */
INLINE words weights(const uint8_t *alpha)
{
	const __m256i twice =
		_mm256_setr_epi8(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10,
				 11, 11, 12, 12, 13, 13, 14, 14, 15, 15);
	const __m256i a = _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)alpha));

	return (words)_mm256_shuffle_epi8(a, twice) >> 1;
}

INLINE words part_of(words differences, words weight)
{
	return (words)_mm256_mulhrs_epi16((__m256i)differences, (__m256i)weight);
}
#else
INLINE words weights(const uint8_t *alpha)
{
	uint8_t a __attribute__((vector_size(LANES)));

	memcpy(&a, alpha, sizeof(a));
	return __builtin_convertvector(a, words);
}

INLINE words part_of(words differences, words weight)
{
	const numbers product = (numbers)(differences * weight);

	return (words)((product + (product >> 8) + 128) >> 8);
}
#endif

INLINE words load(const uint16_t *from)
{
	words loaded;

	memcpy(&loaded, from, sizeof(loaded));
#if LANES == 32
	/* Else gcc loads again for each use, and a vector as long as a cache line mostly is in two.
	 */
	__asm__("" : "+v"(loaded));
#endif
	return loaded;
}

INLINE void blend_lanes(uint16_t *to, const uint16_t *from, const uint8_t *alpha)
{
	const words s = load(from), d = load(to), weight = weights(alpha);
	const words red = (s >> 11) - (d >> 11);
	const words green = (words)((numbers)((s & 0x07e0) - (d & 0x07e0)) >> 5);
	const words blue = (s & 31) - (d & 31);
	const words mixed = d + (part_of(red, weight) << 11) + (part_of(green, weight) << 5) +
			    part_of(blue, weight);

	memcpy(to, &mixed, sizeof(mixed));
}

static void blend_alpha8(uint16_t *to, const uint16_t *from, const uint8_t *alpha, size_t n)
{
	uint16_t last_to[LANES] = {0}, last_from[LANES] = {0};
	uint8_t last_alpha[LANES] = {0};

	for (; n >= LANES; n -= LANES, to += LANES, from += LANES, alpha += LANES) {
		uint64_t all = UINT64_MAX, any = 0;

#pragma GCC unroll 4
		for (size_t at = 0; at < LANES; at += 8) {
			uint64_t eight;

			memcpy(&eight, alpha + at, sizeof(eight));
			all &= eight;
			any |= eight;
		}
		/* Mostly a picture is clear around a solid thing. */
		if (all == UINT64_MAX)
			memcpy(to, from, LANES * sizeof(*to));
		else if (any)
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

#define LOWER 0x80, 0x40, 0x20, 0x10, 8, 4, 2, 1
#if LANES > 8
#define STEP 16
#define EACH 0x8000, 0x4000, 0x2000, 0x1000, 0x800, 0x400, 0x200, 0x100, LOWER
#else
#define STEP 8
#define EACH LOWER
#endif
typedef uint16_t some __attribute__((vector_size(STEP * 2)));

/* STEP pixels from bit `shift` on, the leftmost is the highest: those whose bit is set. */
INLINE void select_some(uint16_t *to, const uint16_t *from, const uint8_t *bits, unsigned shift)
{
	const some each = {EACH};
	unsigned value = 0;
	some s, d, set;

#pragma GCC unroll 2
	for (int at = 0; at < STEP; at += 8)
		value = value << 8 | *bits++;
	if (shift > 0)
		value = value << shift | *bits >> (8 - shift);
	memcpy(&s, from, sizeof(s));
	memcpy(&d, to, sizeof(d));
	set = (some)((((some){0} + (uint16_t)value) & each) == each);
	d ^= (s ^ d) & set;
	memcpy(to, &d, sizeof(d));
}

static void blend_mask(uint16_t *to, const uint16_t *from, const uint8_t *bits, int32_t x, size_t n)
{
	const unsigned shift = (unsigned)x % 8;
	uint16_t last_to[STEP] = {0}, last_from[STEP] = {0};
	uint8_t last_bits[STEP / 8 + 1] = {0};

	bits += x / 8;
	for (; n >= STEP; n -= STEP, to += STEP, from += STEP, bits += STEP / 8)
		select_some(to, from, bits, shift);
	if (n == 0)
		return;
	memcpy(last_to, to, n * sizeof(*to));
	memcpy(last_from, from, n * sizeof(*from));
	memcpy(last_bits, bits, (shift + n + 7) / 8);
	select_some(last_to, last_from, last_bits, shift);
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
