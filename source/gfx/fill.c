/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What changes a rectangle without a source. */
#include "internal.h"

/* Puts a colour, run by run. Where it replaces what was there, one run is put: the rest of the
 * first row is copied from it, and the other rows from that row. */
static void put_rows(const struct mn_bitmap *bitmap, const struct mn_rect *rect, mn_color color,
		     mn__put *put)
{
	struct mn__block block = {.part = *rect};
	mn_color run[MN__RUN];

	for (int32_t i = 0; i < MN__RUN; i++)
		run[i] = color;
	block.part.height = 1;
	for (int32_t row = 0; row < rect->height; row++) {
		for (int32_t at = 0, n; at < rect->width; at += n) {
			const bool copied = put == mn__store && row + at > 0;

			n = rect->width - at;
			if (n > MN__RUN && (!copied || row == 0))
				n = MN__RUN;
			block.x = rect->x + at;
			block.y = rect->y + row;
			block.part.width = n;
			if (copied)
				mn__move(bitmap, bitmap, &block);
			else
				put(bitmap, block.x, block.y, run, n);
		}
	}
}

void mn_bitmap_fill(struct mn_bitmap *bitmap, const struct mn_rect *rect, mn_color color)
{
	struct mn_rect inside;

	if (mn__clip(bitmap, rect, &inside))
		put_rows(bitmap, &inside, color, mn__store);
}

void mn_bitmap_tint(struct mn_bitmap *bitmap, const struct mn_rect *rect, mn_color color)
{
	struct mn_rect inside;

	if (color >> 24 > 0 && mn__clip(bitmap, rect, &inside))
		put_rows(bitmap, &inside, color, color >> 24 == 255 ? mn__store : mn__mix);
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
		put_rows(bitmap, &inside, MN_CLEAR, put_inverse);
}

/* What stays of an axis, which goes from `from` to `to`; false if that is nothing. */
static bool shift(int32_t *to, int32_t *from, int32_t *size, int32_t by)
{
	if (by <= -*size || by >= *size)
		return false;
	if (by > 0) {
		*to += by;
		*size -= by;
	} else {
		*from -= by;
		*size += by;
	}
	return true;
}

void mn_bitmap_scroll(struct mn_bitmap *bitmap, const struct mn_rect *rect, int32_t dx, int32_t dy,
		      mn_color color)
{
	struct mn_rect all, rest;
	struct mn__block block;

	if (!mn__clip(bitmap, rect, &all))
		return;
	block = (struct mn__block){all.x, all.y, all};
	if (!shift(&block.x, &block.part.x, &block.part.width, dx) ||
	    !shift(&block.y, &block.part.y, &block.part.height, dy)) {
		put_rows(bitmap, &all, color, mn__store);
		return;
	}
	mn__move(bitmap, bitmap, &block);

	/* Whole rows above or below what has moved, and beside it the rest. */
	rest = all;
	rest.height -= block.part.height;
	if (dy < 0)
		rest.y += block.part.height;
	mn_bitmap_fill(bitmap, &rest, color);
	rest.x = dx < 0 ? all.x + block.part.width : all.x;
	rest.y = block.y;
	rest.width -= block.part.width;
	rest.height = block.part.height;
	mn_bitmap_fill(bitmap, &rest, color);
}
