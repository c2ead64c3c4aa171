/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Lines and polygons.
 *
 * A line of one pixel is Bresenham's, in runs of a row each. A wider one is a polygon of four
 * corners, half of the width to either side of the ideal line and half a pixel beyond its ends. A
 * polygon's corners are kept in 256ths of a pixel; a pixel is inside if its centre is, and those on
 * an edge belong to what is to the right of it, or below. So polygons that share an edge do not
 * overlap.
 */
#include "draw_internal.h"

static bool is_exact(int32_t x, int32_t y)
{
	return x >= -MN_DRAW_MAX && x <= MN_DRAW_MAX && y >= -MN_DRAW_MAX && y <= MN_DRAW_MAX;
}

/* ---- Thin lines -------------------------------------------------------------------------- */

static int32_t absolute(int32_t value)
{
	return value < 0 ? -value : value;
}

/* From x to `end` of row y, whichever is more to the left. */
static void draw_run(struct mn_target *target, int32_t x, int32_t end, int32_t y, mn_color color)
{
	const int32_t left = x < end ? x : end;

	mn__draw_span(target, left, y, absolute(end - x) + 1, 1, color);
}

static void draw_thin(struct mn_target *target, struct mn_point at, struct mn_point to,
		      mn_color color)
{
	const int32_t dx = absolute(to.x - at.x), dy = absolute(to.y - at.y);
	const int32_t step_x = at.x < to.x ? 1 : -1, step_y = at.y < to.y ? 1 : -1;
	int32_t error = dx - dy, start = at.x;

	while (at.x != to.x || at.y != to.y) {
		const int32_t twice = 2 * error, x = at.x;

		if (twice >= -dy) {
			error -= dy;
			at.x += step_x;
		}
		if (twice <= dx) {
			draw_run(target, start, x, at.y, color);
			error += dx;
			at.y += step_y;
			start = at.x;
		}
	}
	draw_run(target, start, at.x, at.y, color);
}

/* ---- Polygons ---------------------------------------------------------------------------- */

#define FINE 256

static int32_t floor_of(int32_t fine)
{
	return fine >> 8;
}

/* The first pixel of row y that is to the right of an edge, or on it. */
static int32_t crossing(const struct mn_point *a, const struct mn_point *b, int32_t y)
{
	const int64_t rise = b->y - a->y;
	const int64_t run = (int64_t)(b->x - a->x) * ((int64_t)y * FINE - a->y);
	const int64_t numerator =
		a->x * rise + run; /* of x, in 256ths, over `rise`, which is > 0 */
	const int64_t divisor = rise * FINE;
	const int64_t quotient = numerator / divisor;

	return (int32_t)(numerator % divisor > 0 ? quotient + 1 : quotient);
}

/* Where the edges cross row y, from left to right. */
static size_t crossings(int32_t *found, const struct mn_point *points, size_t count, int32_t y)
{
	const int32_t fine_y = y * FINE;
	size_t found_count = 0;

	for (size_t i = 0; i < count; i++) {
		const struct mn_point *a = &points[i], *b = &points[i + 1 < count ? i + 1 : 0];
		size_t at = found_count;
		int32_t x;

		if ((a->y <= fine_y) == (b->y <= fine_y))
			continue;
		x = a->y < b->y ? crossing(a, b, y) : crossing(b, a, y);
		for (; at > 0 && found[at - 1] > x; at--)
			found[at] = found[at - 1];
		found[at] = x;
		found_count++;
	}
	return found_count;
}

static void fill_fine(struct mn_target *target, const struct mn_point *points, size_t count,
		      mn_color color)
{
	const int64_t clip_top = (int64_t)target->clip.y - target->y;
	const int64_t clip_end = clip_top + target->clip.height;
	int32_t top = points[0].y, bottom = points[0].y;
	int32_t found[MN_POLYGON_MAX];

	for (size_t i = 1; i < count; i++) {
		top = points[i].y < top ? points[i].y : top;
		bottom = points[i].y > bottom ? points[i].y : bottom;
	}
	const int64_t first = floor_of(top) > clip_top ? floor_of(top) : clip_top;
	const int64_t end = floor_of(bottom) + 1 < clip_end ? floor_of(bottom) + 1 : clip_end;

	for (int64_t y = first; y < end; y++) {
		const size_t pairs = crossings(found, points, count, (int32_t)y) / 2;

		for (size_t i = 0; i < pairs; i++)
			mn__draw_span(target, found[2 * i], y,
				      (int64_t)found[2 * i + 1] - found[2 * i], 1, color);
	}
}

void mn_fill_polygon(struct mn_target *target, const struct mn_point *points, size_t count,
		     mn_color color)
{
	struct mn_point fine[MN_POLYGON_MAX];

	if (count < 3 || count > MN_POLYGON_MAX)
		return;
	for (size_t i = 0; i < count; i++) {
		if (!is_exact(points[i].x, points[i].y))
			return;
		fine[i] = (struct mn_point){points[i].x * FINE, points[i].y * FINE};
	}
	fill_fine(target, fine, count, color);
}

/* ---- Wide lines ---------------------------------------------------------------------------- */

static uint32_t square_root(uint32_t value)
{
	uint32_t root = 0;

	for (uint32_t bit = UINT32_C(1) << 30; bit; bit >>= 2) {
		const uint32_t more = root + bit;

		root >>= 1;
		if (value >= more) {
			value -= more;
			root += bit;
		}
	}
	return root;
}

/* The quotient, rounded. */
static int32_t nearest(int32_t value, int32_t divisor)
{
	return (value < 0 ? value - divisor / 2 : value + divisor / 2) / divisor;
}

/* A line's direction, of length 2^14. Made as long as 32 bits allow before it is divided. */
static struct mn_point unit(int32_t dx, int32_t dy)
{
	uint32_t square = (uint32_t)(dx * dx) + (uint32_t)(dy * dy);
	int32_t length;

	while (square < UINT32_C(1) << 28) {
		square <<= 2;
		dx *= 2;
		dy *= 2;
	}
	length = (int32_t)square_root(square);
	return (struct mn_point){nearest(dx * (1 << 14), length), nearest(dy * (1 << 14), length)};
}

/* Half of the width across, half a pixel along. */
static void draw_wide(struct mn_target *target, const struct mn_point *from,
		      const struct mn_point *to, int32_t width, mn_color color)
{
	const struct mn_point way = unit(to->x - from->x, to->y - from->y);
	const int32_t along_x = nearest(way.x, 128), along_y = nearest(way.y, 128);
	const int32_t across_x = nearest(way.y * width, 128);
	const int32_t across_y = nearest(way.x * width, 128);
	const struct mn_point begin = {from->x * FINE - along_x, from->y * FINE - along_y};
	const struct mn_point end = {to->x * FINE + along_x, to->y * FINE + along_y};
	const struct mn_point corners[] = {
		{begin.x - across_x, begin.y + across_y},
		{end.x - across_x, end.y + across_y},
		{end.x + across_x, end.y - across_y},
		{begin.x + across_x, begin.y - across_y},
	};

	fill_fine(target, corners, 4, color);
}

void mn_draw_line(struct mn_target *target, int32_t x0, int32_t y0, int32_t x1, int32_t y1,
		  int32_t width, mn_color color)
{
	const struct mn_point from = {x0, y0}, to = {x1, y1};

	if (width <= 0 || width > MN_DRAW_MAX || !is_exact(x0, y0) || !is_exact(x1, y1))
		return;
	if (width == 1)
		draw_thin(target, from, to, color);
	else if (x0 == x1 && y0 == y1)
		mn__draw_span(target, x0 - width / 2, y0 - width / 2, width, width, color);
	else
		draw_wide(target, &from, &to, width, color);
}

void mn_stroke_polygon(struct mn_target *target, const struct mn_point *points, size_t count,
		       bool closed, int32_t width, mn_color color)
{
	for (size_t i = 0; i + 1 < count; i++)
		mn_draw_line(target, points[i].x, points[i].y, points[i + 1].x, points[i + 1].y,
			     width, color);
	if (closed && count > 2)
		mn_draw_line(target, points[count - 1].x, points[count - 1].y, points[0].x,
			     points[0].y, width, color);
}
