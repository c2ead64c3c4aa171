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

/* What both have of an axis, or (unite) all from where one begins to where one ends. */
static __attribute__((noinline)) void combine(int32_t *at, int32_t *size, int32_t other,
					      int32_t other_size, bool unite)
{
	const int32_t end = mn__add(*at, *size), other_end = mn__add(other, other_size);
	const int32_t first = (*at < other) == unite ? *at : other;
	const int32_t last = (end > other_end) == unite ? end : other_end;
	const uint32_t distance = (uint32_t)last - (uint32_t)first;

	*at = first;
	*size = first >= last ? 0 : distance > INT32_MAX ? INT32_MAX : (int32_t)distance;
}

bool mn__cut(struct mn_rect *rect, const struct mn_rect *to)
{
	combine(&rect->x, &rect->width, to->x, to->width, false);
	combine(&rect->y, &rect->height, to->y, to->height, false);
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
	struct mn_rect both = mn_rect_is_empty(a) ? *b : *a;

	if (!mn_rect_is_empty(b)) {
		combine(&both.x, &both.width, b->x, b->width, true);
		combine(&both.y, &both.height, b->y, b->height, true);
	}
	return mn_rect_is_empty(&both) ? (struct mn_rect){0} : both;
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

/* Where something comes to be that was to begin at `wanted`, and begins later. */
static int32_t later(int32_t at, int32_t begin, int32_t wanted)
{
	int32_t there;

	return __builtin_add_overflow(at, (uint32_t)begin - (uint32_t)wanted, &there) ? INT32_MAX
										      : there;
}

bool mn__clip_block(struct mn__block *block, const struct mn_rect *to, const struct mn_bitmap *from,
		    const struct mn_rect *part)
{
	const struct mn_rect all = mn__bounds(from);
	struct mn_rect there;

	if (!part)
		part = &all;
	there = *part;
	if (!mn__cut(&there, &all))
		return false;
	block->part.x = there.x;
	block->part.y = there.y;
	block->x = there.x = later(block->x, there.x, part->x);
	block->y = there.y = later(block->y, there.y, part->y);
	if (!mn__cut(&there, to))
		return false;
	block->part.x += there.x - block->x;
	block->part.y += there.y - block->y;
	block->part.width = there.width;
	block->part.height = there.height;
	block->x = there.x;
	block->y = there.y;
	return true;
}
