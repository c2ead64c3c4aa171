/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: which pixels belong to a shape, by definitions that are simpler than the code; that
 * each is drawn once; that a stroke stays inside of its shape; that the clip and the origin hold;
 * and that no number, however large, is too much.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <mnemos/gfx/draw.h>

#define SIDE 48

/* Counts how often each pixel is drawn, of those from -MARGIN on. */
#define MARGIN 8

struct counter {
	struct mn_target target; /* first */
	uint8_t drawn[SIDE][SIDE];
	unsigned outside;
};

static void count_fill(struct mn_target *target, const struct mn_rect *rect, mn_color color)
{
	struct counter *counter = (struct counter *)(void *)target;

	(void)color;
	assert_false(mn_rect_is_empty(rect));
	for (int32_t y = rect->y; y < rect->y + rect->height; y++)
		for (int32_t x = rect->x; x < rect->x + rect->width; x++) {
			if (x < target->clip.x || x >= target->clip.x + target->clip.width ||
			    y < target->clip.y || y >= target->clip.y + target->clip.height)
				counter->outside++;
			else
				counter->drawn[y][x]++;
		}
}

static const struct mn_target_ops counting = {.fill = count_fill};

static void begin(struct counter *counter)
{
	memset(counter, 0, sizeof *counter);
	counter->target = (struct mn_target){
		.ops = &counting, .clip = {0, 0, SIDE, SIDE}, .x = MARGIN, .y = MARGIN};
}

static bool has(const struct counter *counter, int32_t x, int32_t y)
{
	return counter->drawn[y + MARGIN][x + MARGIN] > 0;
}

static void assert_once(const struct counter *counter)
{
	assert_int_equal(counter->outside, 0);
	for (int i = 0; i < SIDE * SIDE; i++)
		assert_in_range(counter->drawn[i / SIDE][i % SIDE], 0, 1);
}

static void assert_same(const struct counter *a, const struct counter *b)
{
	assert_memory_equal(a->drawn, b->drawn, sizeof a->drawn);
}

/* All that one has and the other has not. */
static void subtract(struct counter *from, const struct counter *other)
{
	for (int i = 0; i < SIDE * SIDE; i++)
		if (other->drawn[i / SIDE][i % SIDE])
			from->drawn[i / SIDE][i % SIDE] = 0;
}

static void assert_within(const struct counter *inner, const struct counter *outer)
{
	for (int i = 0; i < SIDE * SIDE; i++)
		assert_true(inner->drawn[i / SIDE][i % SIDE] <= outer->drawn[i / SIDE][i % SIDE]);
}

static struct counter one, two, three;

/* ---- Round shapes -------------------------------------------------------------------------- */

static bool in_ellipse(int64_t w, int64_t h, int64_t x, int64_t y)
{
	const int64_t dx = 2 * x + 1 - w, dy = 2 * y + 1 - h;

	if (x < 0 || y < 0 || x >= w || y >= h)
		return false;
	return dx * dx * h * h + dy * dy * w * w <= w * w * h * h || dx * dx <= 1;
}

static void ellipses_hold_the_centres_within(void **state)
{
	(void)state;
	for (int32_t w = 1; w <= 32; w++)
		for (int32_t h = 1; h <= 32; h++) {
			begin(&one);
			mn_fill_ellipse(&one.target, &(struct mn_rect){0, 0, w, h}, MN_WHITE);
			assert_once(&one);
			for (int32_t y = -2; y < 36; y++)
				for (int32_t x = -2; x < 36; x++)
					assert_int_equal(has(&one, x, y), in_ellipse(w, h, x, y));
		}
}

/* Also what of a shape has no other pixel of it above or below. */
static void add_brim(struct counter *stroke, int32_t w, int32_t h)
{
	for (int32_t y = 0; y < h; y++)
		for (int32_t x = 0; x < w; x++)
			if (in_ellipse(w, h, x, y) &&
			    !(in_ellipse(w, h, x, y - 1) && in_ellipse(w, h, x, y + 1)))
				stroke->drawn[y + 2 + MARGIN][x + 1 + MARGIN] = 1;
}

/* Around an ellipse is what it has and a smaller one has not; and without gaps where it is flat. */
static void strokes_leave_the_smaller_one_out(void **state)
{
	(void)state;
	for (int32_t w = 1; w <= 24; w++)
		for (int32_t h = 1; h <= 24; h += 3)
			for (int32_t width = 1; width < 8; width++) {
				const struct mn_rect rect = {1, 2, w, h};
				const struct mn_rect less = {1 + width, 2 + width, w - 2 * width,
							     h - 2 * width};

				begin(&one);
				begin(&two);
				begin(&three);
				mn_fill_ellipse(&one.target, &rect, MN_WHITE);
				mn_fill_ellipse(&two.target, &less, MN_WHITE);
				mn_stroke_ellipse(&three.target, &rect, width, MN_WHITE);
				assert_once(&three);
				subtract(&one, &two);
				add_brim(&one, w, h);
				assert_same(&one, &three);
			}
}

static void a_circle_is_an_ellipse_around_a_pixel(void **state)
{
	(void)state;
	begin(&one);
	begin(&two);
	mn_fill_circle(&one.target, 10, 12, 5, MN_WHITE);
	mn_fill_ellipse(&two.target, &(struct mn_rect){5, 7, 11, 11}, MN_WHITE);
	assert_same(&one, &two);
	begin(&one);
	mn_fill_circle(&one.target, 3, 3, 0, MN_WHITE);
	assert_true(has(&one, 3, 3) && !has(&one, 4, 3) && !has(&one, 3, 2));
	begin(&one);
	mn_fill_circle(&one.target, 3, 3, -1, MN_WHITE);
	begin(&two);
	assert_same(&one, &two);
}

static void round_rects_are_rects_with_round_corners(void **state)
{
	(void)state;
	for (int32_t radius = 0; radius < 14; radius++)
		for (int32_t width = 1; width < 6; width++) {
			const struct mn_rect rect = {0, 0, 30, 21};
			const int32_t r = radius < 10 ? radius : 10;

			begin(&one);
			begin(&two);
			begin(&three);
			mn_fill_round_rect(&one.target, &rect, radius, MN_WHITE);
			mn_stroke_round_rect(&three.target, &rect, radius, width, MN_WHITE);
			assert_once(&one);
			assert_once(&three);
			for (int32_t y = 0; y < rect.height; y++)
				for (int32_t x = 0; x < rect.width; x++) {
					const int32_t ex = x < r         ? x
							   : x >= 30 - r ? x - 30 + 2 * r
									 : r;
					const int32_t ey = y < r         ? y
							   : y >= 21 - r ? y - 21 + 2 * r
									 : r;
					const bool middle =
						(x >= r && x < 30 - r) || (y >= r && y < 21 - r);

					assert_int_equal(has(&one, x, y),
							 middle ||
								 in_ellipse(2 * r, 2 * r, ex, ey));
				}
			mn_fill_round_rect(
				&two.target,
				&(struct mn_rect){width, width, 30 - 2 * width, 21 - 2 * width},
				r - width, MN_WHITE);
			subtract(&one, &two);
			assert_same(&one, &three);
		}
}

/* Pieces of a cake, of any sizes, are the cake; none has a crumb of another, but for the middle. */
static void sectors_are_parts_of_the_whole(void **state)
{
	static const int32_t sizes[] = {1000, 9384, 16384, 5616, 32768, 384};
	const struct mn_rect rect = {0, 0, 32, 26}, odd = {1, 1, 31, 29};
	uint16_t from = 777;

	(void)state;
	begin(&one);
	begin(&two);
	begin(&three);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		mn_fill_sector(&one.target, &rect, from, sizes[i], MN_WHITE);
		mn_stroke_arc(&two.target, &odd, (uint16_t)(from + sizes[i]), -sizes[i], 5,
			      MN_WHITE);
		from = (uint16_t)(from + sizes[i]);
	}
	mn_fill_ellipse(&three.target, &rect, MN_WHITE);
	assert_same(&one, &three);
	begin(&three);
	mn_stroke_ellipse(&three.target, &odd, 5, MN_WHITE);
	assert_same(&two, &three);
	begin(&one);
	mn_fill_sector(&one.target, &odd, 5, 65536, MN_WHITE);
	begin(&two);
	mn_fill_ellipse(&two.target, &odd, MN_WHITE);
	assert_same(&one, &two);
}

static void a_quarter_is_where_a_clock_has_it(void **state)
{
	(void)state;
	begin(&one);
	mn_fill_sector(&one.target, &(struct mn_rect){0, 0, 20, 20}, 0, MN_DEGREES(90), MN_WHITE);
	assert_once(&one);
	for (int32_t y = 0; y < 20; y++)
		for (int32_t x = 0; x < 20; x++)
			assert_int_equal(has(&one, x, y),
					 x >= 10 && y < 10 && in_ellipse(20, 20, x, y));
}

/* ---- Lines and polygons ---------------------------------------------------------------------- */

/* One pixel in each column of a flat line, within half a pixel of the ideal one. */
static void thin_lines_are_near_the_ideal(void **state)
{
	(void)state;
	for (int32_t x1 = -5; x1 < 30; x1++)
		for (int32_t y1 = -5; y1 < 30; y1++) {
			const int32_t x0 = 12, y0 = 10, dx = x1 - x0, dy = y1 - y0;
			const bool flat = abs(dx) >= abs(dy);
			int32_t count = 0;

			begin(&one);
			mn_draw_line(&one.target, x0, y0, x1, y1, 1, MN_WHITE);
			assert_once(&one);
			assert_true(has(&one, x0, y0) && has(&one, x1, y1));
			for (int32_t y = -MARGIN; y < SIDE - MARGIN; y++)
				for (int32_t x = -MARGIN; x < SIDE - MARGIN; x++) {
					const int32_t off = dx * (y - y0) - dy * (x - x0);

					if (!has(&one, x, y))
						continue;
					count++;
					assert_true(2 * abs(off) <= abs(flat ? dx : dy));
				}
			assert_int_equal(count, (flat ? abs(dx) : abs(dy)) + 1);
		}
}

static void wide_lines_have_their_width(void **state)
{
	(void)state;
	for (int32_t width = 2; width < 9; width++) {
		begin(&one);
		mn_draw_line(&one.target, 3, 10, 20, 10, width, MN_WHITE);
		begin(&two);
		mn_fill_rect(&two.target, &(struct mn_rect){3, 10 - width / 2, 18, width},
			     MN_WHITE);
		assert_same(&one, &two);
		begin(&one);
		mn_draw_line(&one.target, 9, 25, 9, 4, width, MN_WHITE);
		begin(&two);
		mn_fill_rect(&two.target, &(struct mn_rect){9 - width / 2, 4, width, 22}, MN_WHITE);
		assert_same(&one, &two);
		begin(&one);
		mn_draw_line(&one.target, 9, 9, 9, 9, width, MN_WHITE);
		begin(&two);
		mn_fill_rect(&two.target,
			     &(struct mn_rect){9 - width / 2, 9 - width / 2, width, width},
			     MN_WHITE);
		assert_same(&one, &two);
	}
}

/* By half of the width across and half a pixel along, to what a pixel's 256th can tell. */
static void slanted_lines_are_near_the_ideal(void **state)
{
	(void)state;
	for (int32_t width = 2; width < 7; width++)
		for (int32_t x1 = 0; x1 < 30; x1 += 3)
			for (int32_t y1 = 1; y1 < 30; y1 += 4) {
				const double dx = x1 - 14, dy = y1 - 15;
				const double length = sqrt(dx * dx + dy * dy);

				begin(&one);
				mn_draw_line(&one.target, 14, 15, x1, y1, width, MN_WHITE);
				assert_once(&one);
				for (int32_t y = -MARGIN; y < SIDE - MARGIN; y++)
					for (int32_t x = -MARGIN; x < SIDE - MARGIN; x++) {
						const double px = x - 14, py = y - 15;
						const double across =
							fabs(px * dy - py * dx) / length -
							width / 2.0;
						const double along =
							fabs((px * dx + py * dy) / length -
							     length / 2) -
							length / 2 - 0.5;

						if (across < -0.02 && along < -0.02)
							assert_true(has(&one, x, y));
						if (across > 0.02 || along > 0.02)
							assert_false(has(&one, x, y));
					}
			}
}

static unsigned next(unsigned *random, unsigned below)
{
	*random = *random * 1664525 + 1013904223;
	return (*random >> 16) % below;
}

/* Even-odd, by the edges to the left of a pixel's centre. */
static bool in_polygon(const struct mn_point *points, size_t count, int32_t x, int32_t y)
{
	bool inside = false;

	for (size_t i = 0; i < count; i++) {
		const struct mn_point *a = &points[i], *b = &points[(i + 1) % count];
		const struct mn_point *high = a->y < b->y ? a : b, *low = a->y < b->y ? b : a;

		if (y >= high->y && y < low->y &&
		    (x - high->x) * (low->y - high->y) >= (low->x - high->x) * (y - high->y))
			inside = !inside;
	}
	return inside;
}

static void polygons_hold_the_centres_within(void **state)
{
	unsigned random = 1;

	(void)state;
	for (int n = 0; n < 300; n++) {
		struct mn_point points[9];
		const size_t count = 3 + next(&random, 7);

		for (size_t i = 0; i < count; i++)
			points[i] = (struct mn_point){(int32_t)next(&random, 36) - 4,
						      (int32_t)next(&random, 36) - 4};
		begin(&one);
		mn_fill_polygon(&one.target, points, count, MN_WHITE);
		assert_once(&one);
		for (int32_t y = -MARGIN; y < SIDE - MARGIN; y++)
			for (int32_t x = -MARGIN; x < SIDE - MARGIN; x++)
				assert_int_equal(has(&one, x, y), in_polygon(points, count, x, y));
	}
}

static void too_few_or_too_many_corners_are_no_polygon(void **state)
{
	struct mn_point points[MN_POLYGON_MAX + 1] = {{0, 0}, {9, 0}, {9, 9}};

	(void)state;
	begin(&one);
	begin(&two);
	mn_fill_polygon(&one.target, points, 2, MN_WHITE);
	mn_fill_polygon(&one.target, points, MN_POLYGON_MAX + 1, MN_WHITE);
	assert_same(&one, &two);
	mn_fill_polygon(&one.target, points, 3, MN_WHITE);
	mn_fill_polygon(&two.target, points, MN_POLYGON_MAX, MN_WHITE);
	assert_true(has(&one, 8, 4));
	assert_same(&one, &two);
}

/* ---- Rectangles and limits --------------------------------------------------------------------
 */

static void rects_are_filled_and_stroked(void **state)
{
	(void)state;
	for (int32_t w = 0; w < 12; w++)
		for (int32_t width = 0; width < 8; width++) {
			const struct mn_rect rect = {2, 3, w, 9};

			begin(&one);
			begin(&two);
			begin(&three);
			mn_fill_rect(&one.target, &rect, MN_WHITE);
			mn_fill_rect(&two.target,
				     &(struct mn_rect){2 + width, 3 + width, w - 2 * width,
						       9 - 2 * width},
				     MN_WHITE);
			mn_stroke_rect(&three.target, &rect, width, MN_WHITE);
			assert_once(&three);
			subtract(&one, &two);
			if (width > 0)
				assert_same(&one, &three);
			else
				assert_within(&three, &two);
		}
}

static void draw_everything(struct mn_target *target, int32_t x, int32_t y, int32_t w, int32_t h,
			    int32_t width)
{
	const struct mn_rect rect = {x, y, w, h};
	const struct mn_point points[] = {{x, y}, {w, h}, {x, h}};

	mn_draw_pixel(target, x, y, MN_WHITE);
	mn_draw_line(target, x, y, w, h, width, MN_WHITE);
	mn_fill_rect(target, &rect, MN_WHITE);
	mn_stroke_rect(target, &rect, width, MN_WHITE);
	mn_fill_round_rect(target, &rect, width, MN_WHITE);
	mn_stroke_round_rect(target, &rect, h, width, MN_WHITE);
	mn_fill_ellipse(target, &rect, MN_WHITE);
	mn_stroke_ellipse(target, &rect, width, MN_WHITE);
	mn_fill_circle(target, x, y, w, MN_WHITE);
	mn_stroke_circle(target, x, y, h, width, MN_WHITE);
	mn_fill_polygon(target, points, 3, MN_WHITE);
	mn_stroke_polygon(target, points, 3, true, width, MN_WHITE);
}

/* (Ellipses of 30,000 rows take their time, so not all of all.) */
static void any_numbers_stay_within_the_clip(void **state)
{
	static const int32_t numbers[] = {INT32_MIN, -40000, -1, 0, 7, 40000, INT32_MAX};
	const size_t count = sizeof numbers / sizeof *numbers;

	(void)state;
	for (size_t i = 0; i < count * count * count; i++)
		for (size_t origin = 0; origin < count; origin += 2) {
			const int32_t a = numbers[i % count], b = numbers[i / count % count];
			const int32_t c = numbers[i / count / count];

			begin(&one);
			one.target.x = numbers[origin];
			one.target.y = numbers[count - 1 - origin];
			draw_everything(&one.target, a, b, c, b, a);
			draw_everything(&one.target, b, c, a, c, 7);
			assert_int_equal(one.outside, 0);
		}
}

static void nothing_is_drawn_without_colour(void **state)
{
	(void)state;
	begin(&one);
	begin(&two);
	mn_fill_rect(&one.target, &(struct mn_rect){0, 0, 9, 9}, MN_CLEAR);
	assert_same(&one, &two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ellipses_hold_the_centres_within),
		cmocka_unit_test(strokes_leave_the_smaller_one_out),
		cmocka_unit_test(a_circle_is_an_ellipse_around_a_pixel),
		cmocka_unit_test(round_rects_are_rects_with_round_corners),
		cmocka_unit_test(sectors_are_parts_of_the_whole),
		cmocka_unit_test(a_quarter_is_where_a_clock_has_it),
		cmocka_unit_test(thin_lines_are_near_the_ideal),
		cmocka_unit_test(wide_lines_have_their_width),
		cmocka_unit_test(slanted_lines_are_near_the_ideal),
		cmocka_unit_test(polygons_hold_the_centres_within),
		cmocka_unit_test(too_few_or_too_many_corners_are_no_polygon),
		cmocka_unit_test(rects_are_filled_and_stroked),
		cmocka_unit_test(any_numbers_stay_within_the_clip),
		cmocka_unit_test(nothing_is_drawn_without_colour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
