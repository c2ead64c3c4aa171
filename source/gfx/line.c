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

bool mn__is_exact(int32_t x, int32_t y)
{
	return x >= -MN_DRAW_MAX && x <= MN_DRAW_MAX && y >= -MN_DRAW_MAX && y <= MN_DRAW_MAX;
}

/* ---- Thin lines -------------------------------------------------------------------------- */

static int32_t absolute(int32_t value)
{
	return value < 0 ? -value : value;
}

static void draw_thin(struct mn_target *target, const struct mn_point *from,
		      const struct mn_point *to, mn_color color)
{
	const int32_t dx = absolute(to->x - from->x), dy = absolute(to->y - from->y);
	const int32_t step_x = from->x < to->x ? 1 : -1, step_y = from->y < to->y ? 1 : -1;
	struct mn_rect run = {from->x, from->y, 1, 1};
	int32_t error = dx - dy, x = from->x;

	while (x != to->x || run.y != to->y) {
		const int32_t twice = 2 * error;

		if (twice >= -dy) {
			error -= dy;
			x += step_x;
		}
		if (twice <= dx) {
			error += dx;
			mn_fill_rect(target, &run, color);
			run.y += step_y;
			run.width = 0;
		}
		if (run.width == 0 || step_x < 0)
			run.x = x;
		run.width++;
	}
	mn_fill_rect(target, &run, color);
}

/* ---- Polygons ---------------------------------------------------------------------------- */

/* No polygon reaches that far, nor does a wide line. */
#define FAR (1 << 16)

/* The first pixel of a row that is to the right of an edge which crosses it, or on it. */
static int32_t crossing(const struct mn_point *a, const struct mn_point *b, int32_t y, int32_t unit)
{
	if (a->y > b->y)
		return crossing(b, a, y, unit);
	const int32_t rise = b->y - a->y; /* > 0 */
	const int64_t x =
		(int64_t)a->x * rise + (int64_t)(b->x - a->x) * (y - a->y); /* times rise */
	const uint32_t pixel = (uint32_t)rise * (uint32_t)unit;

	/* Rounded up; moved to the right, as a division rounds towards 0. */
	return (int32_t)(((uint64_t)x + pixel - 1 + (uint64_t)pixel * FAR) / pixel) - FAR;
}

/* Where the edges cross a row, from left to right. */
static size_t crossings(int32_t *found, const struct mn_point *points, size_t count, int32_t y,
			int32_t unit)
{
	const struct mn_point *a = &points[count - 1];
	size_t found_count = 0;

	for (const struct mn_point *b = points; b < points + count; a = b++) {
		size_t at = found_count;
		int32_t x;

		if ((a->y <= y) == (b->y <= y))
			continue;
		x = crossing(a, b, y, unit);
		for (; at > 0 && found[at - 1] > x; at--)
			found[at] = found[at - 1];
		found[at] = x;
		found_count++;
	}
	return found_count;
}

/* A pixel is `unit` of what the corners count. */
static void fill(struct mn_target *target, const struct mn_point *points, size_t count,
		 int32_t unit, mn_color color)
{
	int32_t top = INT32_MAX, bottom = INT32_MIN;
	int32_t found[MN_POLYGON_MAX];
	struct mn_rect run = {.height = 1};

	for (size_t i = 0; i < count; i++) {
		top = points[i].y < top ? points[i].y : top;
		bottom = points[i].y > bottom ? points[i].y : bottom;
	}
	/* Rounded towards 0, so that there may be a row more at either end. */
	top = top / unit - 1;
	struct mn_rect seen = {-FAR, top, 2 * FAR, bottom / unit + 1 - top};

	mn__see(target, &seen);
	run.y = (int32_t)((uint32_t)seen.y - (uint32_t)target->y);
	for (; seen.height > 0; seen.height--, run.y++) {
		const size_t crossed = crossings(found, points, count, run.y * unit, unit);

		for (size_t i = 0; i < crossed; i += 2) {
			run.x = found[i];
			run.width = found[i + 1] - found[i];
			mn_fill_rect(target, &run, color);
		}
	}
}

void mn_fill_polygon(struct mn_target *target, const struct mn_point *points, size_t count,
		     mn_color color)
{
	if (count < 3 || count > MN_POLYGON_MAX)
		return;
	for (size_t i = 0; i < count; i++)
		if (!mn__is_exact(points[i].x, points[i].y))
			return;
	fill(target, points, count, 1, color);
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
static __attribute__((noinline)) int32_t nearest(int32_t value, int32_t divisor)
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

/* Corners of wide lines are in 256ths of a pixel. */
#define FINE 256

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

	fill(target, corners, 4, FINE, color);
}

static void draw_line(struct mn_target *target, const struct mn_point *from,
		      const struct mn_point *to, int32_t width, mn_color color)
{
	if (width <= 0 || width > MN_DRAW_MAX || !mn__is_exact(from->x, from->y) ||
	    !mn__is_exact(to->x, to->y))
		return;
	if (width == 1)
		draw_thin(target, from, to, color);
	else if (from->x == to->x && from->y == to->y)
		mn_fill_rect(
			target,
			&(struct mn_rect){from->x - width / 2, from->y - width / 2, width, width},
			color);
	else
		draw_wide(target, from, to, width, color);
}

void mn_draw_line(struct mn_target *target, int32_t x0, int32_t y0, int32_t x1, int32_t y1,
		  int32_t width, mn_color color)
{
	draw_line(target, &(struct mn_point){x0, y0}, &(struct mn_point){x1, y1}, width, color);
}

void mn_stroke_polygon(struct mn_target *target, const struct mn_point *points, size_t count,
		       bool closed, int32_t width, mn_color color)
{
	size_t from = count - 1;

	for (size_t i = 0; i < count; from = i++)
		if (i > 0 || (closed && count > 2))
			draw_line(target, &points[from], &points[i], width, color);
}
