/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What changes a rectangle without a source. */
#include "internal.h"

typedef void put_fn(const struct mn_bitmap *, int32_t, int32_t, const mn_color *, int32_t);

static void put_rows(const struct mn_bitmap *bitmap, const struct mn_rect *rect, mn_color color,
		     put_fn *put)
{
	mn_color run[MN__RUN];

	for (int32_t i = 0; i < MN__RUN && i < rect->width; i++)
		run[i] = color;
	for (int32_t y = rect->y; y < rect->y + rect->height; y++) {
		for (int32_t at = 0; at < rect->width; at += MN__RUN)
			put(bitmap, rect->x + at, y, run,
			    rect->width - at < MN__RUN ? rect->width - at : MN__RUN);
	}
}

/* The rows below are copies of the first one. */
static void repeat_row(const struct mn__plane *plane, const struct mn_rect *rect)
{
	const struct mn_rect first = {rect->x, rect->y, rect->width, 1};

	for (int32_t i = 1; i < rect->height; i++)
		mn__move_plane(plane, rect->x, rect->y + i, plane, &first);
}

static void fill(const struct mn_bitmap *bitmap, const struct mn_rect *rect, mn_color color)
{
	const struct mn__plane pixels = mn__pixel_plane(bitmap), alpha = mn__alpha_plane(bitmap);

	put_rows(bitmap, &(struct mn_rect){rect->x, rect->y, rect->width, 1}, color, mn__store);
	repeat_row(&pixels, rect);
	if (alpha.bytes)
		repeat_row(&alpha, rect);
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

	if (color >> 24 == 0 || !mn__clip(bitmap, rect, &inside))
		return;
	if (color >> 24 == 255)
		fill(bitmap, &inside, color);
	else
		put_rows(bitmap, &inside, color, mn__mix);
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

void mn_bitmap_scroll(struct mn_bitmap *bitmap, const struct mn_rect *rect, int32_t dx, int32_t dy,
		      mn_color color)
{
	const struct mn__plane pixels = mn__pixel_plane(bitmap), alpha = mn__alpha_plane(bitmap);
	struct mn_rect all, part, rest;
	int32_t x, y;

	if (!mn__clip(bitmap, rect, &all))
		return;
	/* No further than all the way out: then the sums below are small. */
	dx = dx < -all.width ? -all.width : dx > all.width ? all.width : dx;
	dy = dy < -all.height ? -all.height : dy > all.height ? all.height : dy;
	x = all.x + dx;
	y = all.y + dy;
	if (!mn__clip_move(&all, &x, &y, &all, &all, &part)) {
		fill(bitmap, &all, color);
		return;
	}
	mn__move_plane(&pixels, x, y, &pixels, &part);
	if (alpha.bytes)
		mn__move_plane(&alpha, x, y, &alpha, &part);

	/* Whole rows above or below what has moved, and beside it the rest. */
	rest = (struct mn_rect){all.x, dy > 0 ? all.y : y + part.height, all.width,
				all.height - part.height};
	mn_bitmap_fill(bitmap, &rest, color);
	rest = (struct mn_rect){dx > 0 ? all.x : x + part.width, y, all.width - part.width,
				part.height};
	mn_bitmap_fill(bitmap, &rest, color);
}
