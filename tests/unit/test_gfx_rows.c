/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Protects: that rows are the same bytes however many pixels the processor takes at a time. */
#include "bytes.h"

/* What boards have, under other names. */
#define mn__blend_alpha8_row small_blend_alpha8_row
#define mn__blend_mask_row small_blend_mask_row
#define mn__widen_row small_widen_row
#include "../../source/gfx/rows_small.c"
#include "../../source/gfx/rows_wide.h"

#define MOST 150

static const struct mn__rows *all[3] = {&mn__rows_8};
static size_t count = 1;

/* Those that this processor can run. */
static void find_rows(void)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx2"))
		all[count++] = &mn__rows_16;
	if (__builtin_cpu_supports("avx512bw"))
		all[count++] = &mn__rows_32;
	assert_ptr_equal(mn__pick_rows(), all[count - 1]);
#endif
}

static uint16_t pixel_of(unsigned value)
{
	return (uint16_t)(value / 2 << 11 | value << 5 | value / 2);
}

/* Each component over each, with each alpha. */
static void every_blend_of_two_components(void **state)
{
	uint16_t from[256], want[256], to[256];
	uint8_t alpha[256];

	(void)state;
	for (unsigned i = 0; i < 256; i++)
		alpha[i] = (uint8_t)i;
	for (unsigned pair = 0; pair < 64 * 64; pair++) {
		for (unsigned i = 0; i < 256; i++) {
			from[i] = pixel_of(pair % 64);
			want[i] = pixel_of(pair / 64);
		}
		small_blend_alpha8_row(want, from, alpha, 256);
		for (size_t which = 0; which < count; which++) {
			for (unsigned i = 0; i < 256; i++)
				to[i] = pixel_of(pair / 64);
			all[which]->blend_alpha8(to, from, alpha, 256);
			assert_memory_equal(to, want, sizeof(to));
		}
	}
}

/* Stretches of solid and clear pixels, which are skipped or copied whole, among others. */
static void some_alphas(uint64_t *seed, uint8_t *alpha, size_t len)
{
	for (size_t at = 0; at < len;) {
		const uint64_t random = chance(seed);
		const size_t stretch = 1 + random % 70;

		for (size_t i = 0; i < stretch && at < len; i++, at++)
			alpha[at] = random >> 32 & 1   ? (uint8_t)chance(seed)
				    : random >> 33 & 1 ? 255
						       : 0;
	}
}

static void rows_of_any_length(void **state)
{
	uint16_t from[MOST], old[MOST], want[MOST], to[MOST];
	uint32_t wide_want[MOST], wide_to[MOST];
	uint8_t alpha[MOST];
	uint64_t seed = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		const size_t start = chance(&seed) % 20, n = chance(&seed) % (MOST - 20);
		const struct mn__rows *rows = all[(size_t)round % count];

		for (size_t i = 0; i < MOST; i++) {
			from[i] = (uint16_t)chance(&seed);
			old[i] = (uint16_t)chance(&seed);
		}
		some_alphas(&seed, alpha, sizeof(alpha));
		memcpy(want, old, sizeof(old));
		memcpy(to, old, sizeof(old));
		small_blend_alpha8_row(want + start, from + 3, alpha + 5, n);
		rows->blend_alpha8(to + start, from + 3, alpha + 5, n);
		assert_memory_equal(to, want, sizeof(to));

		/* Nothing behind the bits is there to be read. */
		const size_t len = (start * 3 + n + 7) / 8;
		uint8_t *bits = malloc(len + (len == 0));

		assert_non_null(bits);
		memcpy(bits, alpha, len);
		small_blend_mask_row(want + start, from + 3, bits, (int32_t)(start * 3), n);
		rows->blend_mask(to + start, from + 3, bits, (int32_t)(start * 3), n);
		free(bits);
		assert_memory_equal(to, want, sizeof(to));

		memset(wide_want, 0x5a, sizeof(wide_want));
		memset(wide_to, 0x5a, sizeof(wide_to));
		small_widen_row(wide_want + start, from + 3, n);
		rows->widen(wide_to + start, from + 3, n);
		assert_memory_equal(wide_to, wide_want, sizeof(wide_to));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_blend_of_two_components),
		cmocka_unit_test(rows_of_any_length),
	};

	find_rows();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
