/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The pictures of book/reference/drawing.md, compared with those in tests/golden/gfx, on every
 * machine.
 */
#include <mnemos/gfx/draw.h>
#include "bytes.h"
#include "golden.h"

#define WIDTH 300
#define HEIGHT 80

/* [shapes] */
static void draw_shapes(struct mn_target *target)
{
	const struct mn_rect card = {8, 8, 60, 64}, egg = {76, 8, 60, 64}, dial = {212, 8, 64, 64};
	const struct mn_point kite[] = {{172, 6}, {200, 34}, {172, 74}, {144, 34}};

	mn_fill_round_rect(target, &card, 12, MN_ORANGE);
	mn_stroke_round_rect(target, &card, 12, 4, MN_WHITE);
	mn_fill_ellipse(target, &egg, MN_BLUE);
	mn_draw_line(target, 76, 71, 135, 8, 3, MN_YELLOW);
	mn_fill_polygon(target, kite, 4, MN_GREEN);
	mn_fill_circle(target, 158, 54, 16, MN_RGBA(255, 0, 0, 128));
	mn_fill_sector(target, &dial, MN_DEGREES(-30), MN_DEGREES(60), MN_GRAY);
	mn_stroke_arc(target, &dial, MN_DEGREES(-120), MN_DEGREES(240), 8, MN_CYAN);
}
/* [end] */

/* [hand] */
static void draw_clock(struct mn_target *target, int32_t x, int32_t y, int32_t minutes)
{
	const struct mn_point end = mn_polar(x, y, (uint16_t)MN_DEGREES(minutes * 6), 28);

	mn_fill_circle(target, x, y, 34, MN_WHITE);
	mn_draw_line(target, x, y, end.x, end.y, 3, MN_RED);
}
/* [end] */

/* [text] */
static void draw_words(struct mn_target *target)
{
	const struct mn_rect box = {8, 8, 140, 64}, right = {160, 8, 132, 64};

	mn_stroke_rect(target, &box, 1, MN_GRAY);
	mn_draw_text_box(target, &box, "Wrapped at the blanks, and in the middle of the box.",
			 &(struct mn_text_style){.font = &mn_font_8x16,
						 .color = MN_WHITE,
						 .align = MN_ALIGN_CENTER,
						 .valign = MN_ALIGN_CENTER,
						 .wrap = true});
	mn_fill_rect(target, &right, MN_RGB(0, 64, 96));
	mn_draw_text(target, right.x + right.width, right.y, "23.5 °C",
		     &(struct mn_text_style){
			     .font = &mn_font_16x32, .color = MN_YELLOW, .align = MN_ALIGN_END});
	mn_draw_text(target, right.x, right.y + 40, "▁▂▃▄▅▆▇█▇▆▅▄",
		     &(struct mn_text_style){
			     .font = &mn_font_8x16, .color = MN_GREEN, .background = MN_BLACK});
}
/* [end] */

/* [image] */
extern const struct mn_bitmap smile; /* made from smile.png when this is built */

static void draw_images(struct mn_target *target)
{
	mn_fill_rect(target, &(struct mn_rect){0, 40, WIDTH, 40}, MN_RGB(0, 96, 0));
	for (int32_t at = 0; at < 8; at++)
		mn_draw_image(target, 4 + 37 * at, 24 + at % 2 * 8, &smile);
}
/* [end] */

/* [icon] */
/* 8 x 8 pixels, a bit each, the leftmost the highest. */
static const uint8_t heart[] = {0x6c, 0xfe, 0xfe, 0xfe, 0x7c, 0x38, 0x10, 0x00};

static void draw_hearts(struct mn_target *target)
{
	const uint8_t *const bits[] = {heart, heart, heart};

	mn_bitmap_stencils(target->bitmap, &target->clip, 138, 36,
			   &(struct mn_stencils){.bits = bits,
						 .count = 3,
						 .stride = 1,
						 .width = 8,
						 .height = 8,
						 .color = MN_RED});
}
/* [end] */

/* [scroll] */
/* A curve, whose values come one by one: what is there moves on to make room for the next. */
static void draw_curve(struct mn_target *target)
{
	const struct mn_rect plot = {20, 10, 260, 60};

	for (int32_t at = 0; at < plot.width; at++) {
		const int32_t value = mn_sin((uint16_t)(at * 1500)) * at / (32767 * 10);

		mn_bitmap_scroll(target->bitmap, &plot, -1, 0, MN_RGB(0, 40, 0));
		mn_fill_rect(target, &(struct mn_rect){279, 39 - value, 1, 3}, MN_GREEN);
	}
	mn_stroke_rect(target, &plot, 1, MN_GRAY);
}
/* [end] */

/* [window] */
static void draw_in_a_window(struct mn_target *target)
{
	struct mn_target window = *target;

	window.x = 100; /* from now on 0, 0 is here */
	window.y = 10;
	mn_target_clip(&window, &(struct mn_rect){0, 0, 100, 60});
	mn_draw_clear(&window, MN_RGB(64, 0, 64));
	mn_fill_circle(&window, 0, 0, 50, MN_ORANGE);
	mn_draw_text(&window, 20, 42, "cut off at the edge",
		     &(struct mn_text_style){.font = &mn_font_8x16, .color = MN_WHITE});
}
/* [end] */

static void draw_clocks(struct mn_target *target)
{
	for (int32_t hand = 0; hand < 4; hand++)
		draw_clock(target, 40 + 73 * hand, 40, 5 + 15 * hand);
}

/* [bitmap] */
static uint16_t pixels[WIDTH * HEIGHT];

static void make_picture(struct mn_bitmap *bitmap, void (*draw)(struct mn_target *target))
{
	struct mn_target target;

	mn_bitmap_init(bitmap, MN_RGB565, MN_OPAQUE, WIDTH, HEIGHT, pixels, sizeof pixels);
	target = mn_target_of(bitmap);
	mn_draw_clear(&target, MN_BLACK);
	draw(&target);
}
/* [end] */

static void pictures_are_those_of_the_book(void **state)
{
	static const struct {
		const char *name;
		void (*draw)(struct mn_target *target);
	} pictures[] = {
		{"book-shapes", draw_shapes},      {"book-clocks", draw_clocks},
		{"book-text", draw_words},         {"book-images", draw_images},
		{"book-window", draw_in_a_window}, {"book-icon", draw_hearts},
		{"book-curve", draw_curve},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(pictures); i++) {
		struct mn_bitmap bitmap;

		make_picture(&bitmap, pictures[i].draw);
		golden_check(pictures[i].name, &bitmap);
	}
	golden_check_no_other("book-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pictures_are_those_of_the_book),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
