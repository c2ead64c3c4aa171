/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Round shapes: a rectangle whose corners are quarters of an ellipse; where that is as large as the
 * rectangle, the ellipse itself.
 *
 * A pixel is inside where its centre is: with all lengths doubled, (dx, dy) from the middle of an
 * ellipse of width w and height h, where dx^2 h^2 + dy^2 w^2 <= w^2 h^2. Rows are drawn in pairs,
 * from the top and the bottom to the middle; so dx only grows, and nothing is divided. A row has at
 * least the one or two pixels in the middle.
 */
#include "draw_internal.h"

/* Longest side that is exact in 64 bits. */
#define SIDE_MAX (2 * MN_DRAW_MAX)

/* ---- Corners -------------------------------------------------------------------------------- */

/* The ellipse; nothing is round where a side of it is 0 or less. */
struct corner {
	int32_t width, height;
	int32_t dx; /* of the outermost pixels of the row before */
};

/* How far a row, as counted from the nearer end, is indented. To be asked for each, in order. */
static int32_t indent(struct corner *corner, int32_t row)
{
	const int32_t w = corner->width, h = corner->height, dy = h - 1 - 2 * row;
	uint64_t limit;

	if (dy <= 0 || w <= 0)
		return 0;
	limit = (uint64_t)(uint32_t)(w * w) * (uint32_t)(h * h - dy * dy);
	corner->dx |= ~w & 1; /* odd, if the middle is between two pixels */
	while ((uint64_t)(uint32_t)((corner->dx + 2) * (corner->dx + 2)) * (uint32_t)(h * h) <=
	       limit)
		corner->dx += 2;
	return (w - 1 - corner->dx) / 2;
}

/* ---- Sectors ----------------------------------------------------------------------------- */

struct sector {
	struct mn_point from, to; /* directions, y down */
	bool outside;             /* of the way from one to the other: more than half of a turn */
};

static __attribute__((noinline)) struct mn_point direction(uint16_t angle)
{
	return (struct mn_point){mn_sin(angle), -mn_cos(angle)};
}

/*
 * From one direction, inclusive, to another, exclusive, at most half of a turn clockwise. The
 * places are within SIDE_MAX / 2, the directions 2^15 long: so the products' sums are below 2^31.
 */
static bool is_between(const struct mn_point *from, const struct mn_point *to,
		       const struct mn_point *at)
{
	const int32_t after = from->x * at->y - from->y * at->x;

	if (after == 0)
		return from->x * at->x + from->y * at->y > 0;
	return after > 0 && at->x * to->y - at->y * to->x > 0;
}

/* ---- Rows ----------------------------------------------------------------------------------- */

struct shape {
	struct mn_target *target;
	const struct mn_rect *rect;
	uint32_t x, y;               /* its upper left corner, with the origin */
	struct mn_rect seen;         /* of it, from that corner on */
	const struct sector *sector; /* NULL: all of it */
	mn_color color;
};

/* The pixel in the middle belongs to every sector. */
static bool is_inside(const struct shape *shape, int32_t x, int32_t row)
{
	const struct sector *sector = shape->sector;
	const struct mn_point at = {2 * x + 1 - shape->rect->width,
				    2 * row + 1 - shape->rect->height};

	return (at.x == 0 && at.y == 0) ||
	       is_between(&sector->from, &sector->to, &at) != sector->outside;
}

/* What is seen of a row, and lies in the sector, from `begin` to before `end`. */
static void draw_piece(const struct shape *shape, int32_t row, int32_t begin, int32_t end)
{
	const int32_t left = shape->seen.x, right = left + shape->seen.width;
	struct mn_rect run = {.y = (int32_t)(shape->y + (uint32_t)row), .height = 1};
	int32_t x = begin > left ? begin : left;

	if (end > right)
		end = right;
	for (; x < end; x++) {
		begin = x;
		if (!shape->sector)
			x = end;
		while (x < end && is_inside(shape, x, row))
			x++;
		run.x = (int32_t)(shape->x + (uint32_t)begin);
		run.width = x - begin;
		if (run.width > 0)
			shape->target->ops->fill(shape->target, &run, shape->color);
	}
}

/* A row of a shape that is indented by `in`; from `hole` on there is none, unless it is below 0. */
static void draw_row(const struct shape *shape, int32_t row, int32_t in, int32_t hole)
{
	const int32_t width = shape->rect->width;

	if ((uint32_t)row - (uint32_t)shape->seen.y >= (uint32_t)shape->seen.height)
		return;
	draw_piece(shape, row, in, hole < 0 ? width - in : hole);
	if (hole >= 0)
		draw_piece(shape, row, width - hole, width - in);
}

/* A radius of corners that are all of the shape. */
#define ELLIPSE (-1)

static void draw(struct mn_target *target, const struct mn_rect *rect, int32_t radius,
		 int32_t stroke, const struct sector *sector, mn_color color)
{
	const int32_t width = rect->width, height = rect->height;
	const int32_t shorter = width < height ? width : height;
	const int32_t side = 2 * (radius < shorter / 2 ? radius : shorter / 2);
	struct shape shape = {
		.target = target,
		.rect = rect,
		.x = (uint32_t)rect->x + (uint32_t)target->x,
		.y = (uint32_t)rect->y + (uint32_t)target->y,
		.seen = *rect,
		.sector = sector,
		.color = color,
	};
	struct corner outer = {side, side, 0};
	int32_t last = 0; /* indent of the row before */

	if (width > SIDE_MAX || height > SIDE_MAX || stroke <= 0 || color >> 24 == 0 ||
	    !mn__see(target, &shape.seen))
		return;
	shape.seen.x = (int32_t)((uint32_t)shape.seen.x - shape.x);
	shape.seen.y = (int32_t)((uint32_t)shape.seen.y - shape.y);
	if (radius == ELLIPSE)
		outer = (struct corner){width, height, 0};
	if (stroke > MN_DRAW_MAX)
		stroke = MN_DRAW_MAX;
	struct corner inner = {outer.width - 2 * stroke, outer.height - 2 * stroke, 0};

	for (int32_t row = 0; row < (height + 1) / 2; row++) {
		const int32_t in = indent(&outer, row), other = height - 1 - row;
		int32_t hole = -1;

		if (row >= stroke && 2 * stroke < width) {
			hole = stroke + indent(&inner, row - stroke);
			/* No gaps where a thin line is flat: on to where the last row began. */
			if (hole < last)
				hole = last;
		}
		last = in;
		draw_row(&shape, row, in, hole);
		if (other != row)
			draw_row(&shape, other, in, hole);
	}
}

/* ---- Shapes --------------------------------------------------------------------------------- */

void mn_stroke_round_rect(struct mn_target *target, const struct mn_rect *rect, int32_t radius,
			  int32_t width, mn_color color)
{
	draw(target, rect, radius > 0 ? radius : 0, width, NULL, color);
}

void mn_stroke_ellipse(struct mn_target *target, const struct mn_rect *rect, int32_t width,
		       mn_color color)
{
	draw(target, rect, ELLIPSE, width, NULL, color);
}

void mn_stroke_circle(struct mn_target *target, int32_t x, int32_t y, int32_t radius, int32_t width,
		      mn_color color)
{
	struct mn_rect rect;

	if (radius < 0 || radius >= MN_DRAW_MAX || !mn__is_exact(x, y))
		return;
	rect = (struct mn_rect){x - radius, y - radius, 2 * radius + 1, 2 * radius + 1};
	mn_stroke_ellipse(target, &rect, width, color);
}

void mn_stroke_arc(struct mn_target *target, const struct mn_rect *rect, uint16_t from,
		   int32_t sweep, int32_t width, mn_color color)
{
	const uint32_t size = sweep < 0 ? -(uint32_t)sweep : (uint32_t)sweep;
	const uint16_t to = (uint16_t)(from + (uint32_t)sweep);
	const bool outside = size > 0x8000, turned = (sweep < 0) != outside;
	const struct sector sector = {
		direction(turned ? to : from),
		direction(turned ? from : to),
		outside,
	};

	if (sweep != 0)
		draw(target, rect, ELLIPSE, width, size < 0x10000 ? &sector : NULL, color);
}
