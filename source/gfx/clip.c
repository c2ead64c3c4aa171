/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rectangles, an axis at a time. What does not fit 32 bits is cut off, so nothing overflows. */
#include "internal.h"

int32_t mn__add(int32_t a, int32_t b)
{
	int32_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return b < 0 ? INT32_MIN : INT32_MAX;
	return sum;
}

_Static_assert(sizeof(struct mn_rect) == 4 * sizeof(int32_t), "x, y, width, height");

/* What both have, or (unite) all from where one begins to where one ends. */
static void combine(struct mn_rect *rect, const struct mn_rect *other, bool unite)
{
	int32_t *a = (int32_t *)rect;
	const int32_t *b = (const int32_t *)other;

	for (int axis = 0; axis < 2; axis++, a++, b++) {
		const int32_t end = mn__add(a[0], a[2]), other_end = mn__add(b[0], b[2]);
		const int32_t first = (a[0] < b[0]) == unite ? a[0] : b[0];
		const int32_t last = (end > other_end) == unite ? end : other_end;
		const uint32_t distance = (uint32_t)last - (uint32_t)first;

		a[0] = first;
		a[2] = first >= last ? 0 : distance > INT32_MAX ? INT32_MAX : (int32_t)distance;
	}
}

bool mn__cut(struct mn_rect *rect, const struct mn_rect *to)
{
	combine(rect, to, false);
	if (!mn_rect_is_empty(rect))
		return true;
	*rect = (struct mn_rect){0};
	return false;
}

struct mn_rect mn_rect_intersect(const struct mn_rect *a, const struct mn_rect *b)
{
	struct mn_rect both = *a;

	mn__cut(&both, b);
	return both;
}

struct mn_rect mn_rect_unite(const struct mn_rect *a, const struct mn_rect *b)
{
	struct mn_rect both = {0};

	if (mn_rect_is_empty(a))
		a = b;
	if (mn_rect_is_empty(a))
		return both;
	both = *a;
	if (!mn_rect_is_empty(b))
		combine(&both, b, true);
	return both;
}

struct mn_rect mn__bounds(const struct mn_bitmap *bitmap)
{
	return (struct mn_rect){0, 0, bitmap->width, bitmap->height};
}

bool mn__clip(const struct mn_bitmap *bitmap, const struct mn_rect *rect, struct mn_rect *inside)
{
	*inside = mn__bounds(bitmap);
	return mn__cut(inside, rect ? rect : inside);
}

/* `at`, where what was at `from` is at `to`. */
static __attribute__((noinline)) int32_t moved(int32_t at, int32_t from, int32_t to)
{
	const int64_t there = (int64_t)at - from + to;

	return there > INT32_MAX ? INT32_MAX : there < INT32_MIN ? INT32_MIN : (int32_t)there;
}

bool mn__clip_block(struct mn__block *block, const struct mn_rect *to, const struct mn_bitmap *from,
		    const struct mn_rect *part)
{
	const struct mn_rect all = mn__bounds(from);
	struct mn_rect seen; /* of `to`, in the coordinates of `from` */

	if (!part)
		part = &all;
	seen = (struct mn_rect){moved(to->x, block->x, part->x), moved(to->y, block->y, part->y),
				to->width, to->height};
	block->part = *part;
	if (!mn__cut(&block->part, &all) || !mn__cut(&block->part, &seen))
		return false;
	block->x = (int32_t)((uint32_t)block->x + (uint32_t)block->part.x - (uint32_t)part->x);
	block->y = (int32_t)((uint32_t)block->y + (uint32_t)block->part.y - (uint32_t)part->y);
	return true;
}
