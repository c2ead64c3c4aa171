/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a display should show, in the most simple way: the test does to pictures of its own, pixel
 * by pixel, what it asks the server to do, and paints them all one upon the other.
 */
#ifndef TESTS_DISPLAY_MODEL_H
#define TESTS_DISPLAY_MODEL_H

#include <mnemos/services/display.h>

/* A layer as its client knows it. */
struct picture {
	struct mn_bitmap bitmap;
	int32_t x, y, z;
	uint32_t order; /* ascending as they were opened; 0: not open */
};

static inline void model_pixel(struct mn_bitmap *to, int32_t x, int32_t y, mn_color color,
			       bool replace)
{
	const struct mn_rect one = {x, y, 1, 1};

	if (replace)
		mn_bitmap_fill(to, &one, color);
	else
		mn_bitmap_tint(to, &one, color);
}

/* A chunk at x, y of a picture. */
static inline void model_draw(struct mn_bitmap *to, const struct mn_bitmap *chunk, int32_t x,
			      int32_t y, bool replace)
{
	for (int32_t row = 0; row < chunk->height; row++)
		for (int32_t column = 0; column < chunk->width; column++) {
			const int64_t at_x = (int64_t)x + column, at_y = (int64_t)y + row;

			if (at_x >= 0 && at_x < to->width && at_y >= 0 && at_y < to->height)
				model_pixel(to, (int32_t)at_x, (int32_t)at_y,
					    mn_bitmap_at(chunk, column, row), replace);
		}
}

/* The picture that lies next behind another, or farthest if there is none; NULL at the end. */
static inline const struct picture *model_next(const struct picture *pictures, size_t count,
					       const struct picture *after)
{
	const struct picture *next = NULL;

	for (const struct picture *p = pictures; p < pictures + count; p++) {
		if (!p->order ||
		    (after && (p->z < after->z || (p->z == after->z && p->order <= after->order))))
			continue;
		if (!next || p->z < next->z || (p->z == next->z && p->order < next->order))
			next = p;
	}
	return next;
}

/* All pictures on a screen. */
static inline void model_screen(struct mn_bitmap *screen, const struct picture *pictures,
				size_t count)
{
	const struct picture *p = NULL;

	mn_bitmap_fill(screen, NULL, MN_BLACK);
	while ((p = model_next(pictures, count, p)))
		model_draw(screen, &p->bitmap, p->x, p->y, false);
}

/* Whether two bitmaps show the same. */
static inline bool model_equal(const struct mn_bitmap *a, const struct mn_bitmap *b)
{
	for (int32_t y = 0; y < a->height; y++)
		for (int32_t x = 0; x < a->width; x++)
			if (mn_bitmap_at(a, x, y) != mn_bitmap_at(b, x, y))
				return false;
	return a->width == b->width && a->height == b->height;
}

#endif
