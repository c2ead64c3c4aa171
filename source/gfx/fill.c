/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What changes a rectangle without a source. */
#include "internal.h"

static void put_rows(const struct mn_bitmap *bitmap, const struct mn_rect *rect, int32_t rows,
		     mn_color color, mn__put *put)
{
	mn_color run[MN__RUN];

	for (int32_t i = 0; i < MN__RUN; i++)
		run[i] = color;
	for (int32_t row = 0; row < rows; row++) {
		for (int32_t at = 0; at < rect->width; at += MN__RUN)
			put(bitmap, rect->x + at, rect->y + row, run,
			    rect->width - at < MN__RUN ? rect->width - at : MN__RUN);
	}
}

/* The rows below are copies of the first one. */
static void fill(const struct mn_bitmap *bitmap, const struct mn_rect *rect, mn_color color)
{
	struct mn__block row = {rect->x, rect->y, *rect};

	row.part.height = 1;
	put_rows(bitmap, rect, 1, color, mn__store);
	for (int32_t i = 1; i < rect->height; i++) {
		row.y++;
		mn__move(bitmap, bitmap, &row);
	}
}

void mn_bitmap_fill(struct mn_bitmap *bitmap, const struct mn_rect *rect, mn_color color)
{
	struct mn_rect inside;

	if (mn__clip(bitmap, rect, &inside))
		fill(bitmap, &inside, color);
}

void mn_bitmap_tint(struct mn_bitmap *bitmap, const struct mn_rect *rect, mn_color color)
{
	struct mn_rect inside;

	if (color >> 24 == 255)
		mn_bitmap_fill(bitmap, rect, color);
	else if (color >> 24 > 0 && mn__clip(bitmap, rect, &inside))
		put_rows(bitmap, &inside, inside.height, color, mn__mix);
}

static void put_inverse(const struct mn_bitmap *bitmap, int32_t x, int32_t y, const mn_color *in,
			int32_t n)
{
	mn_color run[MN__RUN];

	(void)in;
	mn__load(run, bitmap, x, y, n);
	for (int32_t i = 0; i < n; i++)
		run[i] ^= run[i] >> 24 ? 0xffffff : 0;
	mn__store(bitmap, x, y, run, n);
}

void mn_bitmap_invert(struct mn_bitmap *bitmap, const struct mn_rect *rect)
{
	struct mn_rect inside;

	if (mn__clip(bitmap, rect, &inside))
		put_rows(bitmap, &inside, inside.height, MN_CLEAR, put_inverse);
}

void mn_bitmap_scroll(struct mn_bitmap *bitmap, const struct mn_rect *rect, int32_t dx, int32_t dy,
		      mn_color color)
{
	struct mn_rect all, rest;
	struct mn__block block;
	int32_t left, right, up, down;

	if (!mn__clip(bitmap, rect, &all))
		return;
	if (dx <= -all.width || dx >= all.width || dy <= -all.height || dy >= all.height) {
		fill(bitmap, &all, color);
		return;
	}
	right = dx > 0 ? dx : 0;
	left = right - dx;
	down = dy > 0 ? dy : 0;
	up = down - dy;
	block = (struct mn__block){
		all.x + right,
		all.y + down,
		{all.x + left, all.y + up, all.width - left - right, all.height - up - down},
	};
	mn__move(bitmap, bitmap, &block);

	/* Whole rows above or below what has moved, and beside it the rest. */
	rest = (struct mn_rect){all.x, down ? all.y : block.y + block.part.height, all.width,
				up + down};
	mn_bitmap_fill(bitmap, &rest, color);
	rest = (struct mn_rect){right ? all.x : block.x + block.part.width, block.y, left + right,
				block.part.height};
	mn_bitmap_fill(bitmap, &rest, color);
}
