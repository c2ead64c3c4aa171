/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rectangles. Sums of coordinates are made in 64 bits, so none can overflow. */
#include "internal.h"

static int32_t limited(int64_t value)
{
	return (int32_t)(value < INT32_MIN ? INT32_MIN : value > INT32_MAX ? INT32_MAX : value);
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t greatest(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* From one edge up to another. */
static struct mn_rect between(int64_t left, int64_t top, int64_t right, int64_t bottom)
{
	if (left >= right || top >= bottom)
		return (struct mn_rect){0};
	return (struct mn_rect){
		.x = limited(left),
		.y = limited(top),
		.width = limited(right - left),
		.height = limited(bottom - top),
	};
}

static int64_t right_of(const struct mn_rect *rect)
{
	return (int64_t)rect->x + rect->width;
}

static int64_t bottom_of(const struct mn_rect *rect)
{
	return (int64_t)rect->y + rect->height;
}

struct mn_rect mn_rect_intersect(const struct mn_rect *a, const struct mn_rect *b)
{
	return between(greatest(a->x, b->x), greatest(a->y, b->y), least(right_of(a), right_of(b)),
		       least(bottom_of(a), bottom_of(b)));
}

struct mn_rect mn_rect_unite(const struct mn_rect *a, const struct mn_rect *b)
{
	const struct mn_rect none = {0};

	if (mn_rect_is_empty(a))
		return mn_rect_is_empty(b) ? none : *b;
	if (mn_rect_is_empty(b))
		return *a;
	return between(least(a->x, b->x), least(a->y, b->y), greatest(right_of(a), right_of(b)),
		       greatest(bottom_of(a), bottom_of(b)));
}

struct mn_rect mn__bounds(const struct mn_bitmap *bitmap)
{
	return (struct mn_rect){0, 0, bitmap->width, bitmap->height};
}

bool mn__clip(const struct mn_bitmap *bitmap, const struct mn_rect *rect, struct mn_rect *inside)
{
	*inside = mn__bounds(bitmap);
	if (rect)
		*inside = mn_rect_intersect(inside, rect);
	return !mn_rect_is_empty(inside);
}

bool mn__clip_move(const struct mn_rect *to, int32_t *x, int32_t *y, const struct mn_rect *from,
		   const struct mn_rect *part, struct mn_rect *inside)
{
	const int64_t dx = (int64_t)*x - part->x, dy = (int64_t)*y - part->y;
	const struct mn_rect there = mn_rect_intersect(from, part);

	/* Where `to` lies as seen from the source. */
	*inside = between(greatest(there.x, to->x - dx), greatest(there.y, to->y - dy),
			  least(right_of(&there), right_of(to) - dx),
			  least(bottom_of(&there), bottom_of(to) - dy));
	*x = limited(inside->x + dx);
	*y = limited(inside->y + dy);
	return !mn_rect_is_empty(inside);
}
