/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: where text goes. A target of the test's own turns glyphs back to characters, and a
 * test compares the sheet of characters that comes out; that pixels are right, golden pictures
 * say (test_text_golden.c). Then rows of stencils, against a pixel at a time.
 */
#include <mnemos/gfx/draw.h>
#include "bytes.h"

#define FONT mn_font_5x8
#define WIDTH 5
#define HEIGHT 8

/* ---- A sheet of paper ---- */

#define COLUMNS 40
#define ROWS 12

struct sheet {
	struct mn_target target;
	char cells[ROWS][COLUMNS + 1]; /* '.' where nothing was drawn */
	size_t stencils;
};

/* "~" is what is not ASCII. */
static char character_of(const uint8_t *glyph)
{
	for (char c = ' '; c < 0x7f; c++)
		if (mn_font_glyph(&FONT, (uint8_t)c) == glyph)
			return c;
	return '~';
}

/* All glyphs must lie on the grid, at least partly within the clip, and be drawn once. */
static void put(struct mn_target *target, int32_t x, int32_t y, const struct mn_stencils *row)
{
	struct sheet *sheet = (struct sheet *)(void *)target;

	assert_int_equal(row->stride, 1);
	assert_int_equal(row->width, WIDTH);
	assert_int_equal(row->height, HEIGHT);
	assert_int_equal(row->color, MN_RED);
	assert_int_equal(row->background, MN_BLUE);
	assert_true(row->count > 0);
	for (size_t i = 0; i < row->count; i++, x += WIDTH) {
		const struct mn_rect cell = {x, y, WIDTH, HEIGHT};
		const struct mn_rect seen = mn_rect_intersect(&cell, &target->clip);

		assert_false(mn_rect_is_empty(&seen));
		assert_int_equal(x % WIDTH, 0);
		assert_int_equal(y % HEIGHT, 0);
		assert_int_equal(sheet->cells[y / HEIGHT][x / WIDTH], '.');
		sheet->cells[y / HEIGHT][x / WIDTH] = character_of(row->bits[i]);
		sheet->stencils++;
	}
}

static const struct mn_target_ops ops = {.stencils = put};

static void blank(struct sheet *sheet)
{
	*sheet = (struct sheet){
		.target = {.ops = &ops, .clip = {0, 0, COLUMNS * WIDTH, ROWS * HEIGHT}}};
	for (size_t row = 0; row < ROWS; row++)
		memset(sheet->cells[row], '.', COLUMNS);
}

/* `want` is the sheet's lines with '\n' between them, without what is empty at their ends. */
static void check(const struct sheet *sheet, const char *want)
{
	char got[ROWS * (COLUMNS + 1) + 1];
	size_t len = 0, end = 0;

	for (size_t row = 0; row < ROWS; row++) {
		for (size_t column = 0; column < COLUMNS; column++) {
			got[len++] = sheet->cells[row][column];
			if (got[len - 1] != '.')
				end = len;
		}
		while (len > end && len > 0 && got[len - 1] == '.')
			len--;
		got[len++] = '\n';
	}
	got[end] = 0;
	assert_string_equal(got, want);
}

static struct mn_text_style style_of(enum mn_align align, enum mn_align valign, bool wrap)
{
	return (struct mn_text_style){&FONT, MN_RED, MN_BLUE, align, valign, wrap};
}

/* ---- Text at a point ---- */

static void check_text(int32_t column, int32_t row, enum mn_align align, enum mn_align valign,
		       const char *text, int32_t end, const char *want)
{
	const struct mn_text_style style = style_of(align, valign, false);
	struct sheet sheet;

	blank(&sheet);
	assert_int_equal(mn_draw_text(&sheet.target, column * WIDTH, row * HEIGHT, text, &style),
			 end * WIDTH);
	check(&sheet, want);
}

static void text_begins_at_a_point(void **state)
{
	(void)state;
	check_text(0, 0, MN_ALIGN_START, MN_ALIGN_START, "", 0, "");
	check_text(0, 0, MN_ALIGN_START, MN_ALIGN_START, "hello", 5, "hello");
	check_text(2, 1, MN_ALIGN_START, MN_ALIGN_START, "a b\ncd\n\ne", 3, "\n..a b\n..cd\n\n..e");
	check_text(1, 0, MN_ALIGN_START, MN_ALIGN_START, "ab\n", 1, ".ab");
	check_text(0, 0, MN_ALIGN_START, MN_ALIGN_START, "a\r\nb", 1, "a\nb");
	check_text(0, 0, MN_ALIGN_START, MN_ALIGN_START, "abc\xe2\xa0\x81 \x80", 6, "abc~ ?");
}

static void tabs_go_to_multiples_of_eight(void **state)
{
	(void)state;
	check_text(1, 0, MN_ALIGN_START, MN_ALIGN_START, "\ta\tb\n1234567\t8\t", 17,
		   ".        a       b\n.1234567 8       ");
}

static void text_is_aligned_to_a_point(void **state)
{
	(void)state;
	check_text(10, 0, MN_ALIGN_CENTER, MN_ALIGN_START, "ab\nabcd", 12,
		   ".........ab\n........abcd");
	check_text(10, 0, MN_ALIGN_END, MN_ALIGN_START, "ab\nabcd", 10, "........ab\n......abcd");
	check_text(0, 4, MN_ALIGN_START, MN_ALIGN_END, "a\nb", 1, "\n\na\nb");
	check_text(0, 4, MN_ALIGN_START, MN_ALIGN_CENTER, "a\nb\nc\nd", 1, "\n\na\nb\nc\nd");
}

static void text_may_hold_any_byte_and_needs_no_end(void **state)
{
	const struct mn_text_style style = style_of(MN_ALIGN_START, MN_ALIGN_START, false);
	char *text = (char *)bytes_exact("ab\0\xe2\x82", 5);
	struct sheet sheet;

	(void)state;
	blank(&sheet);
	assert_int_equal(mn_draw_text_of(&sheet.target, 0, 0, text, 5, &style), 4 * WIDTH);
	check(&sheet, "ab??");
	blank(&sheet);
	assert_int_equal(mn_draw_text_of(&sheet.target, 7, 0, NULL, 0, &style), 7);
	check(&sheet, "");
	free(text);
}

static void an_origin_is_added(void **state)
{
	const struct mn_text_style style = style_of(MN_ALIGN_START, MN_ALIGN_START, false);
	struct sheet sheet;

	(void)state;
	blank(&sheet);
	sheet.target.x = 3 * WIDTH;
	sheet.target.y = HEIGHT;
	assert_int_equal(mn_draw_text(&sheet.target, WIDTH, 0, "ab", &style), 3 * WIDTH);
	check(&sheet, "\n....ab");
}

/* ---- What is not seen ---- */

static void only_what_is_seen_reaches_the_target(void **state)
{
	const struct mn_text_style style = style_of(MN_ALIGN_START, MN_ALIGN_START, false);
	struct sheet sheet;

	(void)state;
	blank(&sheet);
	sheet.target.clip = (struct mn_rect){2 * WIDTH + 1, HEIGHT, 3 * WIDTH, HEIGHT + 1};
	assert_int_equal(mn_draw_text(&sheet.target, 0, 0,
				      "0123456789\n0123456789\n0123456789\n0123456789", &style),
			 10 * WIDTH);
	check(&sheet, "\n..2345\n..2345");
	assert_int_equal(sheet.stencils, 8);
	blank(&sheet);
	sheet.target.clip = (struct mn_rect){2 * WIDTH, 0, 3 * WIDTH, HEIGHT};
	assert_int_equal(mn_draw_text(&sheet.target, 0, 0, "\t9", &style), 9 * WIDTH);
	check(&sheet, "..   ");
	assert_int_equal(sheet.stencils, 3);
}

static void long_lines_are_drawn_whole(void **state)
{
	const struct mn_text_style style = style_of(MN_ALIGN_START, MN_ALIGN_START, false);
	struct sheet sheet;
	char text[10000];

	(void)state;
	for (size_t at = 0; at < sizeof text; at++)
		text[at] = (char)('0' + at % 10);
	blank(&sheet);
	assert_int_equal(
		mn_draw_text_of(&sheet.target, -5003 * WIDTH, 0, text, sizeof text, &style),
		4997 * WIDTH);
	check(&sheet, "3456789012345678901234567890123456789012");
}

static void far_away_nothing_is_drawn(void **state)
{
	static const int32_t far[] = {INT32_MIN,     INT32_MIN + 1, INT32_MIN / 2,
				      INT32_MAX / 2, INT32_MAX - 1, INT32_MAX};
	struct sheet sheet;

	(void)state;
	blank(&sheet);
	for (size_t i = 0; i < COUNT(far); i++) {
		for (int align = 0; align < 9; align++) {
			const struct mn_text_style style = style_of(align % 3, align / 3, true);

			mn_draw_text(&sheet.target, far[i], 0, "text\ntext", &style);
			mn_draw_text(&sheet.target, 0, far[i], "text\ntext", &style);
			mn_draw_text_box(&sheet.target, &(struct mn_rect){far[i], far[i], 100, 100},
					 "text", &style);
			mn_draw_text_box(&sheet.target, &(struct mn_rect){0, 0, far[i], -1}, "text",
					 &style);
		}
	}
	sheet.target.clip = (struct mn_rect){0};
	mn_draw_text(&sheet.target, 0, 0, "text", &(struct mn_text_style){.font = &FONT});
	check(&sheet, "");
}

/* ---- Text in a box ---- */

static void check_box(const struct mn_rect *cells, enum mn_align align, enum mn_align valign,
		      const char *text, int32_t lines, const char *want)
{
	const struct mn_text_style style = style_of(align, valign, true);
	const struct mn_rect box = {cells->x * WIDTH, cells->y * HEIGHT, cells->width * WIDTH,
				    cells->height * HEIGHT};
	struct sheet sheet;
	struct mn_rect clip;

	blank(&sheet);
	clip = sheet.target.clip;
	assert_int_equal(mn_draw_text_box(&sheet.target, &box, text, &style), lines * HEIGHT);
	check(&sheet, want);
	assert_memory_equal(&sheet.target.clip, &clip, sizeof clip);
}

static void check_wrapped(int32_t columns, const char *text, int32_t lines, const char *want)
{
	check_box(&(struct mn_rect){0, 0, columns, ROWS}, MN_ALIGN_START, MN_ALIGN_START, text,
		  lines, want);
}

static void lines_are_broken_at_blanks(void **state)
{
	(void)state;
	check_wrapped(9, "one two three four", 3, "one two\nthree\nfour");
	check_wrapped(7, "one two three", 2, "one two\nthree");
	check_wrapped(3, "one two", 2, "one\ntwo");
	check_wrapped(4, "one two", 2, "one\ntwo");
	check_wrapped(5, "a b c d e", 2, "a b c\nd e");
	check_wrapped(10, "short", 1, "short");
	check_wrapped(5, "", 1, "");
}

static void words_that_are_too_long_are_broken(void **state)
{
	(void)state;
	check_wrapped(4, "abcdefghij", 3, "abcd\nefgh\nij");
	check_wrapped(4, "abcdefgh", 2, "abcd\nefgh");
	check_wrapped(4, "a bcdefghij k", 4, "a\nbcde\nfghi\nj k");
	check_wrapped(1, "ab c", 3, "a\nb\nc");
}

static void blanks_at_a_break_vanish(void **state)
{
	(void)state;
	check_wrapped(5, "one     two", 2, "one\ntwo");
	check_wrapped(3, "one     two   ", 2, "one\ntwo");
	check_wrapped(5, "one  \n  two", 2, "one\n  two");
	check_wrapped(4, "abcd   \nef", 2, "abcd\nef");
	check_wrapped(4, "abcd  \r\nef", 2, "abcd\nef");
	check_wrapped(9, "one\ttwo", 2, "one\ntwo");
	check_wrapped(11, "one\ttwo", 1, "one     two");
}

static void blanks_at_the_beginning_stay(void **state)
{
	(void)state;
	check_wrapped(8, "  one two", 2, "  one\ntwo");
	check_wrapped(4, "  one", 2, "\none");
	check_wrapped(4, "      one", 2, "\none");
	check_wrapped(4, "      ", 1, "");
}

static void empty_lines_stay(void **state)
{
	(void)state;
	check_wrapped(4, "\n\na\n\n", 5, "\n\na");
	check_wrapped(4, "abcd\nef", 2, "abcd\nef");
	check_wrapped(4, "abcd\n", 2, "abcd");
}

static void boxes_align_what_is_in_them(void **state)
{
	const struct mn_rect box = {2, 1, 8, 4};

	(void)state;
	check_box(&box, MN_ALIGN_START, MN_ALIGN_START, "a\nbcd", 2, "\n..a\n..bcd");
	check_box(&box, MN_ALIGN_CENTER, MN_ALIGN_CENTER, "ab\nabcd", 2, "\n\n.....ab\n....abcd");
	check_box(&box, MN_ALIGN_END, MN_ALIGN_END, "a  \nbcd", 2, "\n\n\n.........a\n.......bcd");
	check_box(&box, MN_ALIGN_END, MN_ALIGN_START, "one two three  ", 2,
		  "\n...one two\n.....three");
}

/* More lines than fit: those in the middle, or the last. */
static void boxes_cut_what_is_too_much(void **state)
{
	const struct mn_rect box = {1, 1, 2, 2};

	(void)state;
	check_box(&box, MN_ALIGN_START, MN_ALIGN_START, "a b c d", 4, "\n.a\n.b");
	check_box(&box, MN_ALIGN_START, MN_ALIGN_CENTER, "aa bb cc dd", 4, "\n.bb\n.cc");
	check_box(&box, MN_ALIGN_START, MN_ALIGN_END, "aa bb cc dd", 4, "\n.cc\n.dd");
}

static void boxes_without_wrapping_cut_lines(void **state)
{
	const struct mn_text_style style = style_of(MN_ALIGN_END, MN_ALIGN_START, false);
	struct sheet sheet;

	(void)state;
	blank(&sheet);
	assert_int_equal(mn_draw_text_box(&sheet.target,
					  &(struct mn_rect){5 * WIDTH, 0, 4 * WIDTH, HEIGHT},
					  "one two three", &style),
			 HEIGHT);
	check(&sheet, ".....hree");
}

static void check_size(const char *text, int32_t width, int32_t columns, int32_t lines)
{
	const struct mn_text_style style = style_of(MN_ALIGN_START, MN_ALIGN_START, false);
	int32_t got_width, got_height;

	mn_text_size(text, &style, width, &got_width, &got_height);
	assert_int_equal(got_width, columns * WIDTH);
	assert_int_equal(got_height, lines * HEIGHT);
}

static void sizes_are_of_what_is_drawn(void **state)
{
	(void)state;
	check_size("", 0, 0, 1);
	check_size("hello", 0, 5, 1);
	check_size("one\ntwo  \n", 0, 5, 3);
	check_size("caf\xc3\xa9", 0, 4, 1);
	check_size("one two three", 8 * WIDTH + 4, 7, 2);
	check_size("one two", 1, 1, 6);
}

/* ---- Glyphs ---- */

static void every_range_has_its_glyphs(void **state)
{
	static const struct mn_font *const fonts[] = {&mn_font_5x8, &mn_font_8x16};

	(void)state;
	for (size_t f = 0; f < COUNT(fonts); f++) {
		const struct mn_font *font = fonts[f];
		const size_t size = ((size_t)font->width + 7) / 8 * font->height;
		const uint8_t *fallback = font->glyphs + font->fallback * size;
		uint32_t before = 0;

		for (size_t i = 0; i < font->range_count; i++) {
			const struct mn_font_range *range = &font->ranges[i];

			assert_true(range->first >= before && range->count > 0);
			if (range->first > before)
				assert_ptr_equal(mn_font_glyph(font, range->first - 1), fallback);
			for (uint32_t at = 0; at < range->count; at++)
				assert_ptr_equal(mn_font_glyph(font, range->first + at),
						 font->glyphs + (range->glyph + at) * size);
			before = range->first + range->count;
		}
		assert_ptr_equal(mn_font_glyph(font, before), fallback);
		assert_ptr_equal(mn_font_glyph(font, 0), fallback);
		assert_ptr_equal(mn_font_glyph(font, 0xfffd), fallback);
		assert_ptr_equal(mn_font_glyph(font, UINT32_MAX), fallback);
	}
}

/* ---- Rows of stencils ---- */

#define SIDE 41
#define GUARD 0x5a5a
#define WIDEST 19

static uint16_t expected(uint16_t before, bool bit, mn_color color, mn_color background)
{
	static const uint16_t red = 0xf800, blue = 0x001f;
	const mn_color used = bit ? color : background;

	return used == MN_RED ? red : used == MN_BLUE ? blue : before;
}

/* Sizes and places around the edges, so that each way to cut a stencil is met. */
static void check_stencils(uint64_t *seed)
{
	static uint16_t got[SIDE + 2][SIDE + 2], want[SIDE + 2][SIDE + 2];
	struct mn_bitmap bitmap = {MN_RGB565,     MN_OPAQUE, SIDE,       SIDE,
				   sizeof got[0], 0,         &got[1][1], NULL};
	const int32_t width = (int32_t)(chance(seed) % WIDEST + 1);
	const int32_t height = (int32_t)(chance(seed) % 20 + 1);
	const size_t stride = ((size_t)width + 7) / 8 + chance(seed) % 2;
	const size_t count = chance(seed) % 5 + 1;
	const int32_t x = (int32_t)(chance(seed) % (SIDE + SIDE)) - SIDE;
	const int32_t y = (int32_t)(chance(seed) % (SIDE + 20)) - 20;
	const struct mn_rect clip = {(int32_t)(chance(seed) % 20) - 5,
				     (int32_t)(chance(seed) % 20) - 5, (int32_t)(chance(seed) % 60),
				     (int32_t)(chance(seed) % 60)};
	const bool clipped = chance(seed) % 2;
	const mn_color color = chance(seed) % 8 ? MN_RED : MN_CLEAR;
	const mn_color background = chance(seed) % 2 ? MN_BLUE : MN_CLEAR;
	uint8_t bits[5][20 * 4];
	const uint8_t *each[5];

	for (size_t i = 0; i < 5; i++) {
		chance_fill(seed, bits[i], sizeof bits[i]);
		each[i] = bits[i];
	}
	for (int32_t v = 0; v < SIDE + 2; v++) {
		for (int32_t u = 0; u < SIDE + 2; u++) {
			const int32_t at = u - 1 - x, row = v - 1 - y;
			const bool inside = u > 0 && u <= SIDE && v > 0 && v <= SIDE &&
					    (!clipped || (u - 1 >= clip.x && v - 1 >= clip.y &&
							  u - 1 < clip.x + clip.width &&
							  v - 1 < clip.y + clip.height));

			got[v][u] = want[v][u] = GUARD;
			if (!inside || at < 0 || at >= (int32_t)count * width || row < 0 ||
			    row >= height)
				continue;
			const uint8_t byte =
				bits[at / width][(size_t)row * stride + (size_t)(at % width / 8)];

			want[v][u] =
				expected(GUARD, byte & 0x80 >> at % width % 8, color, background);
		}
	}
	mn_bitmap_stencils(
		&bitmap, clipped ? &clip : NULL, x, y,
		&(struct mn_stencils){each, count, stride, width, height, color, background});
	assert_memory_equal(got, want, sizeof got);
}

static void rows_of_stencils_are_cut_exactly(void **state)
{
	uint64_t seed = 5;

	(void)state;
	for (int round = 0; round < 3000; round++)
		check_stencils(&seed);
}

static void stencils_of_any_numbers_touch_nothing_else(void **state)
{
	static const int32_t numbers[] = {INT32_MIN, INT32_MIN + 7, -1,
					  0,         INT32_MAX - 7, INT32_MAX};
	static const uint8_t bits[64];
	const uint8_t *const each[] = {bits, bits, bits};
	struct mn_stencils row = {each, 3, 1, 8, 8, MN_RED, MN_RED};
	uint16_t pixels[8 * 8] = {0};
	struct mn_bitmap bitmap;

	(void)state;
	assert_true(mn_bitmap_init(&bitmap, MN_RGB565, MN_OPAQUE, 8, 8, pixels, sizeof pixels));
	for (size_t i = 0; i < COUNT(numbers) * COUNT(numbers); i++) {
		const int32_t a = numbers[i / COUNT(numbers)], b = numbers[i % COUNT(numbers)];
		const struct mn_rect clip = {a, b, b, a};

		row.width = row.height = 8;
		mn_bitmap_stencils(&bitmap, &clip, 0, 0, &row);
		if (a < -8 || a > 8)
			mn_bitmap_stencils(&bitmap, NULL, a, b, &row);
		if (a > 0)
			continue;
		row.height = a;
		mn_bitmap_stencils(&bitmap, NULL, 0, 0, &row);
		row.width = a;
		mn_bitmap_stencils(&bitmap, NULL, 0, 0, &row);
		row.height = b;
		mn_bitmap_stencils(&bitmap, NULL, 0, 0, &row);
		row.height = 8;
		mn_bitmap_stencils(&bitmap, NULL, 0, 0, &row);
	}
	for (size_t at = 0; at < COUNT(pixels); at++)
		assert_int_equal(pixels[at], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_begins_at_a_point),
		cmocka_unit_test(tabs_go_to_multiples_of_eight),
		cmocka_unit_test(text_is_aligned_to_a_point),
		cmocka_unit_test(text_may_hold_any_byte_and_needs_no_end),
		cmocka_unit_test(an_origin_is_added),
		cmocka_unit_test(only_what_is_seen_reaches_the_target),
		cmocka_unit_test(long_lines_are_drawn_whole),
		cmocka_unit_test(far_away_nothing_is_drawn),
		cmocka_unit_test(lines_are_broken_at_blanks),
		cmocka_unit_test(words_that_are_too_long_are_broken),
		cmocka_unit_test(blanks_at_a_break_vanish),
		cmocka_unit_test(blanks_at_the_beginning_stay),
		cmocka_unit_test(empty_lines_stay),
		cmocka_unit_test(boxes_align_what_is_in_them),
		cmocka_unit_test(boxes_cut_what_is_too_much),
		cmocka_unit_test(boxes_without_wrapping_cut_lines),
		cmocka_unit_test(sizes_are_of_what_is_drawn),
		cmocka_unit_test(every_range_has_its_glyphs),
		cmocka_unit_test(rows_of_stencils_are_cut_exactly),
		cmocka_unit_test(stencils_of_any_numbers_touch_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
