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

/* From one place up to another, as place and size. */
static void between(int32_t *at, int32_t *size, int32_t begin, int32_t end)
{
	const uint32_t distance = (uint32_t)end - (uint32_t)begin;

	*at = begin;
	*size = begin >= end ? 0 : distance > INT32_MAX ? INT32_MAX : (int32_t)distance;
}

static void intersect(int32_t *at, int32_t *size, int32_t other, int32_t other_size)
{
	const int32_t end = mn__add(*at, *size), other_end = mn__add(other, other_size);

	between(at, size, *at > other ? *at : other, end < other_end ? end : other_end);
}

static void unite(int32_t *at, int32_t *size, int32_t other, int32_t other_size)
{
	const int32_t end = mn__add(*at, *size), other_end = mn__add(other, other_size);

	between(at, size, *at < other ? *at : other, end > other_end ? end : other_end);
}

struct mn_rect mn_rect_intersect(const struct mn_rect *a, const struct mn_rect *b)
{
	struct mn_rect both = *a;

	intersect(&both.x, &both.width, b->x, b->width);
	intersect(&both.y, &both.height, b->y, b->height);
	return mn_rect_is_empty(&both) ? (struct mn_rect){0} : both;
}

struct mn_rect mn_rect_unite(const struct mn_rect *a, const struct mn_rect *b)
{
	struct mn_rect both = mn_rect_is_empty(a) ? *b : *a;

	if (mn_rect_is_empty(&both))
		return (struct mn_rect){0};
	if (mn_rect_is_empty(b))
		return both;
	unite(&both.x, &both.width, b->x, b->width);
	unite(&both.y, &both.height, b->y, b->height);
	return both;
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

/* `part` of `size`, that shall go to `at`, where there is `from`, and there `to`. */
static __attribute__((noinline)) void move(int32_t *at, int32_t *part, int32_t *size, int32_t from,
					   int32_t from_size, int32_t to, int32_t to_size)
{
	const uint32_t wanted = (uint32_t)*part;
	int64_t there;
	int32_t first;

	intersect(part, size, from, from_size);
	there = (int64_t)*at + ((uint32_t)*part - wanted);
	*at = first = there > INT32_MAX ? INT32_MAX : (int32_t)there;
	intersect(at, size, to, to_size);
	*part = (int32_t)((uint32_t)*part + (uint32_t)*at - (uint32_t)first); /* any, if empty */
}

bool mn__clip_move(const struct mn_rect *to, int32_t *x, int32_t *y, const struct mn_rect *from,
		   const struct mn_rect *part, struct mn_rect *inside)
{
	*inside = *part;
	move(x, &inside->x, &inside->width, from->x, from->width, to->x, to->width);
	move(y, &inside->y, &inside->height, from->y, from->height, to->y, to->height);
	return !mn_rect_is_empty(inside);
}
