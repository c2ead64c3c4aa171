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
	if (corner->dx == 0)
		corner->dx = (w + 1) % 2;
	while ((uint64_t)(uint32_t)((corner->dx + 2) * (corner->dx + 2)) * (uint32_t)(h * h) <=
	       limit)
		corner->dx += 2;
	return (w - 1 - corner->dx) / 2;
}

/* ---- Sectors ----------------------------------------------------------------------------- */

struct sector {
	struct mn_point from, to; /* directions, y down */
	bool wide;                /* more than half of a turn */
	bool whole;
};

static struct mn_point direction(uint16_t angle)
{
	return (struct mn_point){mn_sin(angle), -mn_cos(angle)};
}

static struct sector sector_of(uint16_t from, int32_t sweep)
{
	const uint16_t first = (uint16_t)(sweep < 0 ? from + (uint32_t)sweep : from);
	const int64_t size = sweep < 0 ? -(int64_t)sweep : sweep;

	return (struct sector){
		.from = direction(first),
		.to = direction((uint16_t)(first + (uint32_t)size)),
		.wide = size > 0x8000,
		.whole = size >= 0x10000,
	};
}

static int64_t cross(const struct mn_point *a, const struct mn_point *b)
{
	return (int64_t)a->x * b->y - (int64_t)a->y * b->x;
}

static int64_t dot(const struct mn_point *a, const struct mn_point *b)
{
	return (int64_t)a->x * b->x + (int64_t)a->y * b->y;
}

/* From one direction, inclusive, to another, exclusive, at most half of a turn clockwise. */
static bool is_between(const struct mn_point *from, const struct mn_point *to,
		       const struct mn_point *at)
{
	const int64_t after = cross(from, at);

	if (after == 0)
		return dot(from, at) > 0;
	return after > 0 && cross(at, to) > 0;
}

/* The one in the middle belongs to every sector. */
static bool is_inside(const struct sector *sector, const struct mn_point *at)
{
	if (sector->whole || (at->x == 0 && at->y == 0))
		return true;
	return sector->wide ? !is_between(&sector->to, &sector->from, at)
			    : is_between(&sector->from, &sector->to, at);
}

/* ---- Rows ----------------------------------------------------------------------------------- */

/* What is seen of a row, from `begin` to before `end`. Large shapes are mostly out of sight. */
static void cut(const struct mn_target *target, const struct mn_rect *rect, int32_t *begin,
		int32_t *end)
{
	const int64_t left = (int64_t)target->clip.x - target->x - rect->x;
	const int64_t right = left + target->clip.width;

	if (*begin < left)
		*begin = left < *end ? (int32_t)left : *end;
	if (*end > right)
		*end = right > *begin ? (int32_t)right : *begin;
}

/* What of a row's pixels, from `begin` to before `end`, lies in the sector, if there is one. */
static void draw_piece(struct mn_target *target, const struct mn_rect *rect,
		       const struct sector *sector, int32_t row, int32_t begin, int32_t end,
		       mn_color color)
{
	int32_t x;

	cut(target, rect, &begin, &end);
	for (; begin <= end; begin = x + 1) {
		for (x = sector ? begin : end; x < end; x++) {
			const struct mn_point at = {2 * x + 1 - rect->width,
						    2 * row + 1 - rect->height};

			if (!is_inside(sector, &at))
				break;
		}
		mn__draw_span(target, mn__add(rect->x, begin), mn__add(rect->y, row), x - begin, 1,
			      color);
	}
}

/* A row of a shape that is indented by `in`; from `hole` on there is none, unless it is below 0. */
static void draw_row(struct mn_target *target, const struct mn_rect *rect,
		     const struct sector *sector, int32_t row, int32_t in, int32_t hole,
		     mn_color color)
{
	const int64_t y = (int64_t)rect->y + target->y + row - target->clip.y;

	if (y < 0 || y >= target->clip.height)
		return;
	if (hole < 0) {
		draw_piece(target, rect, sector, row, in, rect->width - in, color);
		return;
	}
	draw_piece(target, rect, sector, row, in, hole, color);
	draw_piece(target, rect, sector, row, rect->width - hole, rect->width - in, color);
}

/* With a corner of a size; `stroke` is the width of the line. */
static void draw(struct mn_target *target, const struct mn_rect *rect, int32_t corner_width,
		 int32_t corner_height, int32_t stroke, const struct sector *sector, mn_color color)
{
	struct corner outer = {corner_width, corner_height, 0};
	const int32_t shorter = rect->width < rect->height ? rect->width : rect->height;
	const bool filled = stroke >= (shorter + 1) / 2;
	const int32_t less = filled ? 0 : 2 * stroke; /* that may be any number */
	struct corner inner = {corner_width - less, corner_height - less, 0};
	int32_t last = 0; /* indent of the row before */

	for (int32_t row = 0; row < (rect->height + 1) / 2; row++) {
		const int32_t in = indent(&outer, row), other = rect->height - 1 - row;
		int32_t hole = -1;

		if (!filled && row >= stroke)
			hole = stroke + indent(&inner, row - stroke);
		/* No gaps where a thin line is flat: it goes on to where the last row began. */
		if (hole >= 0 && hole < last)
			hole = last;
		last = in;
		draw_row(target, rect, sector, row, in, hole, color);
		if (other != row)
			draw_row(target, rect, sector, other, in, hole, color);
	}
}

/* ---- Shapes --------------------------------------------------------------------------------- */

/* A line so wide that it leaves nothing within. */
#define FILLED MN_DRAW_MAX

static bool is_drawable(const struct mn_rect *rect)
{
	return !mn_rect_is_empty(rect) && rect->width <= SIDE_MAX && rect->height <= SIDE_MAX;
}

/* Both sides of a corner. */
static int32_t corner_of(const struct mn_rect *rect, int32_t radius)
{
	const int32_t shorter = rect->width < rect->height ? rect->width : rect->height;

	return 2 * (radius < shorter / 2 ? radius : shorter / 2);
}

void mn_fill_round_rect(struct mn_target *target, const struct mn_rect *rect, int32_t radius,
			mn_color color)
{
	mn_stroke_round_rect(target, rect, radius, FILLED, color);
}

void mn_stroke_round_rect(struct mn_target *target, const struct mn_rect *rect, int32_t radius,
			  int32_t width, mn_color color)
{
	const int32_t corner = corner_of(rect, radius > 0 ? radius : 0);

	if (is_drawable(rect) && width > 0)
		draw(target, rect, corner, corner, width, NULL, color);
}

void mn_fill_ellipse(struct mn_target *target, const struct mn_rect *rect, mn_color color)
{
	mn_stroke_ellipse(target, rect, FILLED, color);
}

void mn_stroke_ellipse(struct mn_target *target, const struct mn_rect *rect, int32_t width,
		       mn_color color)
{
	if (is_drawable(rect) && width > 0)
		draw(target, rect, rect->width, rect->height, width, NULL, color);
}

/* Empty, where the radius is negative or too large to be exact. */
static struct mn_rect around(int32_t x, int32_t y, int32_t radius)
{
	if (radius < 0 || radius >= MN_DRAW_MAX || x < -MN_DRAW_MAX || x > MN_DRAW_MAX ||
	    y < -MN_DRAW_MAX || y > MN_DRAW_MAX)
		return (struct mn_rect){0};
	return (struct mn_rect){x - radius, y - radius, 2 * radius + 1, 2 * radius + 1};
}

void mn_fill_circle(struct mn_target *target, int32_t x, int32_t y, int32_t radius, mn_color color)
{
	mn_stroke_circle(target, x, y, radius, FILLED, color);
}

void mn_stroke_circle(struct mn_target *target, int32_t x, int32_t y, int32_t radius, int32_t width,
		      mn_color color)
{
	const struct mn_rect rect = around(x, y, radius);

	mn_stroke_ellipse(target, &rect, width, color);
}

void mn_fill_sector(struct mn_target *target, const struct mn_rect *rect, uint16_t from,
		    int32_t sweep, mn_color color)
{
	mn_stroke_arc(target, rect, from, sweep, FILLED, color);
}

void mn_stroke_arc(struct mn_target *target, const struct mn_rect *rect, uint16_t from,
		   int32_t sweep, int32_t width, mn_color color)
{
	const struct sector sector = sector_of(from, sweep);

	if (is_drawable(rect) && sweep != 0 && width > 0)
		draw(target, rect, rect->width, rect->height, width, &sector, color);
}
