/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Pixels from one bitmap to another. How is chosen once for all rows. */
#include "internal.h"

/* Any format to any other, run by run. */
static void convert(const struct mn_bitmap *to, const struct mn_bitmap *from,
		    const struct mn__block *block, mn__put *put)
{
	mn_color run[MN__RUN];

	for (int32_t row = 0; row < block->part.height; row++) {
		for (int32_t at = 0, n; at < block->part.width; at += n) {
			n = block->part.width - at < MN__RUN ? block->part.width - at : MN__RUN;
			mn__load(run, from, block->part.x + at, block->part.y + row, n);
			put(to, block->x + at, block->y + row, run, n);
		}
	}
}

/* From MN_RGB565, with alpha to the same, without to MN_RGB888. */
static void put_rows(const struct mn_bitmap *to, const struct mn_bitmap *from,
		     const struct mn__block *block)
{
	const size_t n = (size_t)block->part.width;

	for (int32_t row = 0; row < block->part.height; row++) {
		const int32_t x = block->part.x, y = block->part.y + row;
		void *into = mn__pixels(to, block->y + row);
		const uint16_t *out_of = (const uint16_t *)mn__pixels(from, y) + x;

		if (to->format == MN_RGB888)
			mn__widen_row((uint32_t *)into + block->x, out_of, n);
		else if (from->alpha_format == MN_MASK)
			mn__blend_mask_row((uint16_t *)into + block->x, out_of, mn__alphas(from, y),
					   x, n);
		else
			mn__blend_alpha8_row((uint16_t *)into + block->x, out_of,
					     (const uint8_t *)mn__alphas(from, y) + x, n);
	}
}

static void transfer(const struct mn_bitmap *to, int32_t x, int32_t y, const struct mn_bitmap *from,
		     const struct mn_rect *part, mn__put *put)
{
	const struct mn_rect all = mn__bounds(to);
	const bool same = to->format == from->format;
	struct mn__block block = {.x = x, .y = y};

	if (!mn__clip_block(&block, &all, from, part))
		return;
	if (!from->alpha)
		put = mn__store;
	if (put == mn__store && same && (!to->alpha || to->alpha_format == from->alpha_format))
		mn__move(to, from, &block);
	else if (from->format == MN_RGB565 && !to->alpha &&
		 (put == mn__store ? to->format == MN_RGB888 : same))
		put_rows(to, from, &block);
	else
		convert(to, from, &block, put);
}

void mn_bitmap_copy(struct mn_bitmap *to, int32_t x, int32_t y, const struct mn_bitmap *source,
		    const struct mn_rect *part)
{
	transfer(to, x, y, source, part, mn__store);
}

void mn_bitmap_blend(struct mn_bitmap *to, int32_t x, int32_t y, const struct mn_bitmap *source,
		     const struct mn_rect *part)
{
	transfer(to, x, y, source, part, mn__mix);
}
