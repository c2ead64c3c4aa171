/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: that the same calls make the same pictures, on every machine. Each has been looked at.
 */
#include <mnemos/gfx/draw.h>
#include "bytes.h"
#include "golden.h"

#define FORMATS 4
#define ALPHAS 3

static const char *const formats[FORMATS] = {"mono", "gray8", "rgb565", "rgb888"};
static const char *const alphas[ALPHAS] = {"opaque", "mask", "alpha8"};

/* Red grows to the right, green down, and blue falls; alpha is none, half or all in a disk. */
#define SPRITE 24

static mn_color sprite_color(int32_t x, int32_t y)
{
	const int32_t u = 2 * x - SPRITE + 1, v = 2 * y - SPRITE + 1;
	const int32_t inside = SPRITE * SPRITE - u * u - v * v;

	return MN_RGBA(255 * x / (SPRITE - 1), 255 * y / (SPRITE - 1), 255 - 255 * x / (SPRITE - 1),
		       inside < 0     ? 0
		       : inside < 255 ? inside
				      : 255);
}

static struct mn_bitmap sprite(enum mn_pixel_format format, enum mn_alpha_format alpha)
{
	struct mn_bitmap bitmap = golden_blank(format, alpha, SPRITE, SPRITE);

	for (int32_t y = 0; y < SPRITE; y++) {
		for (int32_t x = 0; x < SPRITE; x++)
			mn_bitmap_fill(&bitmap, &(struct mn_rect){x, y, 1, 1}, sprite_color(x, y));
	}
	return bitmap;
}

/* Stripes, and where there is alpha it grows to the right in steps. */
static void paint_background(struct mn_bitmap *bitmap)
{
	for (int32_t x = 0; x < bitmap->width; x += 8) {
		const unsigned alpha = (unsigned)(255 * x / (bitmap->width - 1));

		for (int32_t y = 0; y < bitmap->height; y += 8)
			mn_bitmap_fill(bitmap, &(struct mn_rect){x, y, 8, 8},
				       (x + y) % 16 ? MN_RGBA(255, 224, 128, alpha)
						    : MN_RGBA(0, 64, 96, alpha));
	}
}

/* Across: sources of each format, copied, then blended. Down: of each transparency. */
static void draw_sources(struct mn_bitmap *to)
{
	for (int column = 0; column < 2 * FORMATS; column++) {
		for (int row = 0; row < ALPHAS; row++) {
			struct mn_bitmap source = sprite(column % FORMATS, row);
			const int32_t x = column * (SPRITE + 4) + 2, y = row * (SPRITE + 4) + 2;

			if (column < FORMATS)
				mn_bitmap_copy(to, x, y, &source, NULL);
			else
				mn_bitmap_blend(to, x, y, &source, NULL);
			free(source.pixels);
		}
	}
}

static void copies_and_blends(void **state)
{
	(void)state;
	for (int format = 0; format < FORMATS; format++) {
		for (int alpha = 0; alpha < ALPHAS; alpha++) {
			struct mn_bitmap to = golden_blank(
				format, alpha, 2 * FORMATS * (SPRITE + 4), ALPHAS * (SPRITE + 4));
			char name[40];

			snprintf(name, sizeof(name), "blend-%s-%s", formats[format], alphas[alpha]);
			paint_background(&to);
			draw_sources(&to);
			golden_check_and_free(name, &to);
		}
	}
}

/* ---- Drawing: into RGB565, but where it says otherwise -------------------------------- */

static const int32_t widths[] = {1, 2, 3, 5, 8};

/* Of a number of cells of a size, each with a border of 4 pixels. */
static struct mn_bitmap sheet(int32_t columns, int32_t rows, int32_t cell)
{
	struct mn_bitmap bitmap =
		golden_blank(MN_RGB565, MN_OPAQUE, columns * (cell + 8), rows * (cell + 8));

	mn_bitmap_fill(&bitmap, NULL, MN_RGB(16, 24, 48));
	return bitmap;
}

/* A target whose origin is that of a cell, and which reaches into the neighbours. */
static struct mn_target cell_of(struct mn_bitmap *bitmap, int32_t cell, int32_t column, int32_t row)
{
	struct mn_target target = mn_target_of(bitmap);

	target.x = column * (cell + 8) + 4;
	target.y = row * (cell + 8) + 4;
	return target;
}

/* The shape of each number in a cell, then the same stroked, ever wider. */
typedef void shape_fn(struct mn_target *target, int32_t size, int32_t width, mn_color color);

static void check_shape(const char *name, shape_fn *shape)
{
	static const int32_t sizes[] = {9, 24, 40};
	struct mn_bitmap bitmap = sheet(COUNT(widths) + 1, COUNT(sizes), 40);

	for (size_t row = 0; row < COUNT(sizes); row++) {
		for (size_t column = 0; column <= COUNT(widths); column++) {
			struct mn_target target =
				cell_of(&bitmap, 40, (int32_t)column, (int32_t)row);

			/* What a stroke must not leave. */
			shape(&target, sizes[row], 0, MN_RGB(64, 64, 64));
			shape(&target, sizes[row], column == 0 ? 0 : widths[column - 1],
			      MN_RGBA(255, 192, 0, 192));
		}
	}
	golden_check_and_free(name, &bitmap);
}

static void rect(struct mn_target *target, int32_t size, int32_t width, mn_color color)
{
	const struct mn_rect rect = {0, 0, size, size * 2 / 3};

	if (width == 0)
		mn_fill_rect(target, &rect, color);
	else
		mn_stroke_rect(target, &rect, width, color);
}

static void round_rect(struct mn_target *target, int32_t size, int32_t width, mn_color color)
{
	const struct mn_rect rect = {0, 0, size, size * 2 / 3};

	if (width == 0)
		mn_fill_round_rect(target, &rect, size / 5, color);
	else
		mn_stroke_round_rect(target, &rect, size / 5, width, color);
}

static void circle(struct mn_target *target, int32_t size, int32_t width, mn_color color)
{
	if (width == 0)
		mn_fill_circle(target, size / 2, size / 2, (size - 1) / 2, color);
	else
		mn_stroke_circle(target, size / 2, size / 2, (size - 1) / 2, width, color);
}

static void ellipse(struct mn_target *target, int32_t size, int32_t width, mn_color color)
{
	const struct mn_rect rect = {0, 0, size, size / 2};

	if (width == 0)
		mn_fill_ellipse(target, &rect, color);
	else
		mn_stroke_ellipse(target, &rect, width, color);
}

static void sector(struct mn_target *target, int32_t size, int32_t width, mn_color color)
{
	const struct mn_rect rect = {0, 0, size, size};
	const uint16_t from = (uint16_t)MN_DEGREES(30);

	if (width == 0)
		mn_fill_sector(target, &rect, from, MN_DEGREES(250), color);
	else
		mn_stroke_arc(target, &rect, from, MN_DEGREES(250), width, color);
}

static void shapes(void **state)
{
	(void)state;
	check_shape("draw-rect", rect);
	check_shape("draw-round-rect", round_rect);
	check_shape("draw-circle", circle);
	check_shape("draw-ellipse", ellipse);
	check_shape("draw-sector", sector);
}

/* Every size up to a few, where a pixel more or less is seen most. */
static void small_ellipses(void **state)
{
	struct mn_bitmap bitmap = sheet(12, 12, 12);

	(void)state;
	for (int32_t i = 0; i < 144; i++) {
		struct mn_target target = cell_of(&bitmap, 12, i % 12, i / 12);
		const struct mn_rect rect = {0, 0, 1 + i % 12, 1 + i / 12};

		mn_fill_ellipse(&target, &rect, MN_GRAY);
		mn_stroke_ellipse(&target, &rect, 1, MN_WHITE);
	}
	golden_check_and_free("draw-small-ellipses", &bitmap);
}

/* Pieces of growing sizes, clockwise above and the other way below. */
static void sectors(void **state)
{
	static const int32_t degrees[] = {1, 45, 90, 135, 180, 225, 359, 360};
	const struct mn_rect rect = {0, 0, 31, 31};
	struct mn_bitmap bitmap = sheet(COUNT(degrees), 2, 31);

	(void)state;
	for (int32_t i = 0; i < 2 * (int32_t)COUNT(degrees); i++) {
		struct mn_target target = cell_of(&bitmap, 31, i % (int32_t)COUNT(degrees),
						  i / (int32_t)COUNT(degrees));
		const int32_t sweep = MN_DEGREES(degrees[i % (int32_t)COUNT(degrees)]);

		mn_fill_ellipse(&target, &rect, MN_RGB(64, 64, 64));
		mn_fill_sector(&target, &rect, 0, i < (int32_t)COUNT(degrees) ? sweep : -sweep,
			       MN_GREEN);
		mn_stroke_arc(&target, &rect, 0, i < (int32_t)COUNT(degrees) ? sweep : -sweep, 4,
			      MN_ORANGE);
	}
	golden_check_and_free("draw-sectors", &bitmap);
}

/* A star of lines, one in each direction; lines of each width; their ends are marked. */
static void lines(void **state)
{
	struct mn_bitmap bitmap = sheet(COUNT(widths), 1, 80);

	(void)state;
	for (size_t i = 0; i < COUNT(widths); i++) {
		struct mn_target target = cell_of(&bitmap, 80, (int32_t)i, 0);

		for (int32_t degrees = 0; degrees < 360; degrees += 15) {
			const uint16_t angle = (uint16_t)MN_DEGREES(degrees);
			const struct mn_point from = mn_polar(40, 40, angle, 18);
			const struct mn_point to = mn_polar(40, 40, angle, 38);

			mn_draw_line(&target, from.x, from.y, to.x, to.y, widths[i],
				     MN_RGBA(255, 255, 255, 160));
			mn_draw_pixel(&target, from.x, from.y, MN_RED);
			mn_draw_pixel(&target, to.x, to.y, MN_RED);
		}
	}
	golden_check_and_free("draw-lines", &bitmap);
}

static void polygons(void **state)
{
	static const struct mn_point triangle[] = {{2, 36}, {20, 2}, {38, 30}};
	static const struct mn_point arrow[] = {{2, 14},  {22, 14}, {22, 2}, {38, 20},
						{22, 38}, {22, 26}, {2, 26}};
	struct mn_point star[5];
	const struct {
		const struct mn_point *points;
		size_t count;
	} all[] = {{triangle, COUNT(triangle)}, {arrow, COUNT(arrow)}, {star, COUNT(star)}};
	struct mn_bitmap bitmap = sheet(4, COUNT(all), 40);

	(void)state;
	for (int32_t i = 0; i < 5; i++)
		star[i] = mn_polar(20, 20, (uint16_t)(i * 2 * MN_DEGREES(72)), 19);
	for (int32_t row = 0; row < (int32_t)COUNT(all); row++) {
		for (int32_t column = 0; column < 4; column++) {
			struct mn_target target = cell_of(&bitmap, 40, column, row);

			if (column == 0)
				mn_fill_polygon(&target, all[row].points, all[row].count,
						MN_RGBA(0, 255, 255, 160));
			else
				mn_stroke_polygon(&target, all[row].points, all[row].count,
						  column < 3, column == 2 ? 3 : 1, MN_WHITE);
		}
	}
	golden_check_and_free("draw-polygons", &bitmap);
}

/* Everything that is drawn, once in the open and once through a clip, which moves with nothing. */
static void everything(struct mn_target *target)
{
	struct mn_bitmap image = sprite(MN_RGB565, MN_ALPHA8);
	const struct mn_point points[] = {{60, 4}, {90, 12}, {70, 34}};

	mn_fill_rect(target, &(struct mn_rect){-10, -10, 40, 30}, MN_RGBA(255, 0, 0, 128));
	mn_fill_round_rect(target, &(struct mn_rect){20, 10, 50, 30}, 10, MN_RGBA(0, 255, 0, 128));
	mn_stroke_ellipse(target, &(struct mn_rect){-20, 20, 70, 60}, 6, MN_YELLOW);
	mn_fill_polygon(target, points, COUNT(points), MN_MAGENTA);
	mn_draw_line(target, -20, 90, 120, 30, 4, MN_RGBA(255, 255, 255, 200));
	mn_stroke_arc(target, &(struct mn_rect){50, 40, 60, 60}, 0, MN_DEGREES(-200), 5, MN_CYAN);
	mn_draw_image(target, 80, 10, &image);
	mn_draw_image(target, -12, 50, &image);
	mn_draw_image_part(target, 40, 70, &image, &(struct mn_rect){6, 6, 12, 40});
	free(image.pixels);
}

static void clips(void **state)
{
	struct mn_bitmap bitmap = sheet(2, 1, 92);
	struct mn_target target = mn_target_of(&bitmap);

	(void)state;
	mn_target_clip(&target, &(struct mn_rect){0, 0, 100, 100});
	everything(&target);
	target = cell_of(&bitmap, 92, 1, 0);
	mn_target_clip(&target, &(struct mn_rect){10, 10, 73, 67});
	mn_target_clip(&target, &(struct mn_rect){-50, 15, 120, 500});
	mn_draw_clear(&target, MN_RGB(48, 48, 48));
	everything(&target);
	golden_check_and_free("draw-clip", &bitmap);
}

/* Two steps in each direction, in each format. */
static void scrolling(void **state)
{
	static const struct mn_point steps[] = {{5, 0}, {-5, 0}, {0, 5}, {0, -5}, {7, 3}, {-7, -3}};

	(void)state;
	for (int format = 0; format < FORMATS; format++) {
		struct mn_bitmap bitmap = golden_blank(format, MN_MASK, COUNT(steps) * 40, 40);
		char name[40];

		for (int32_t i = 0; i < (int32_t)COUNT(steps); i++) {
			struct mn_target target = mn_target_of(&bitmap);
			const struct mn_rect inside = {i * 40 + 3, 3, 33, 33};

			target.x = i * 40;
			mn_fill_rect(&target, &(struct mn_rect){0, 0, 38, 38}, MN_RGB(0, 0, 96));
			mn_fill_ellipse(&target, &(struct mn_rect){1, 1, 36, 36}, MN_ORANGE);
			mn_stroke_rect(&target, &(struct mn_rect){9, 9, 20, 20}, 2, MN_CYAN);
			mn_bitmap_scroll(&bitmap, &inside, steps[i].x, steps[i].y, MN_WHITE);
			mn_bitmap_scroll(&bitmap, &inside, steps[i].x, steps[i].y, MN_CLEAR);
		}
		mn_bitmap_invert(&bitmap, &(struct mn_rect){0, 30, 1000, 5});
		snprintf(name, sizeof(name), "draw-scroll-%s", formats[format]);
		golden_check_and_free(name, &bitmap);
	}
}

static void every_picture_is_checked(void **state)
{
	(void)state;
	golden_check_no_other("blend-");
	golden_check_no_other("draw-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_and_blends),
		cmocka_unit_test(shapes),
		cmocka_unit_test(small_ellipses),
		cmocka_unit_test(sectors),
		cmocka_unit_test(lines),
		cmocka_unit_test(polygons),
		cmocka_unit_test(clips),
		cmocka_unit_test(scrolling),
		cmocka_unit_test(every_picture_is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
