/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: how text looks, in every font, format and place, on every machine. Each picture has
 * been looked at.
 */
#include <mnemos/gfx/draw.h>
#include "bytes.h"
#include "golden.h"

static void frame(struct mn_bitmap *bitmap, const struct mn_rect *rect, mn_color color)
{
	struct mn_rect inner = {rect->x + 1, rect->y + 1, rect->width - 2, rect->height - 2};

	mn_bitmap_fill(bitmap, rect, color);
	mn_bitmap_fill(bitmap, &inner, MN_BLACK);
}

/* ---- Fonts ---- */

#define ACROSS 32

static const struct {
	uint32_t first, count;
} shown[] = {{' ', 96}, {0xa0, 96}, {0x100, 128}, {0x2500, 160}, {0x2840, 64}, {0xfff0, 4}};

/* A character of one to three bytes; returns how many. */
static size_t encode(char *out, uint32_t c)
{
	const size_t more = c < 0x80 ? 0 : c < 0x800 ? 1 : 2;
	static const uint8_t marks[] = {0, 0xc0, 0xe0};

	for (size_t at = more; at > 0; at--, c >>= 6)
		out[at] = (char)(0x80 | (c & 63));
	out[0] = (char)(marks[more] | c);
	return more + 1;
}

static void draw_sheet(struct mn_target *target, const struct mn_text_style *style)
{
	int32_t y = 0;

	for (size_t i = 0; i < COUNT(shown); i++) {
		for (uint32_t at = 0; at < shown[i].count; at += ACROSS, y += style->font->height) {
			char text[ACROSS * 3];
			size_t len = 0;

			for (uint32_t j = at; j < at + ACROSS && j < shown[i].count; j++)
				len += encode(text + len, shown[i].first + j);
			mn_draw_text_of(target, 0, y, text, len, style);
		}
	}
}

static void check_font(const char *name, const struct mn_font *font)
{
	const struct mn_text_style style = {.font = font, .color = MN_WHITE};
	struct mn_bitmap bitmap =
		golden_blank(MN_MONO, MN_OPAQUE, ACROSS * font->width, 18 * font->height);
	struct mn_target target = mn_target_of(&bitmap);

	draw_sheet(&target, &style);
	golden_check_and_free(name, &bitmap);
}

static void fonts(void **state)
{
	(void)state;
	check_font("text-font-5x8", &mn_font_5x8);
	check_font("text-font-6x12", &mn_font_6x12);
	check_font("text-font-8x16", &mn_font_8x16);
	check_font("text-font-12x24", &mn_font_12x24);
	check_font("text-font-16x32", &mn_font_16x32);
	check_font("text-font-32x64", &mn_font_32x64);
}

/* ---- Places ---- */

static void alignment_to_a_point(void **state)
{
	struct mn_bitmap bitmap = golden_blank(MN_RGB565, MN_OPAQUE, 3 * 120, 3 * 80);
	struct mn_target target = mn_target_of(&bitmap);

	(void)state;
	for (int i = 0; i < 9; i++) {
		const int32_t x = i % 3 * 120 + 60, y = i / 3 * 80 + 40;
		const struct mn_text_style style = {.font = &mn_font_8x16,
						    .color = MN_WHITE,
						    .background = MN_RGB(0, 64, 96),
						    .align = i % 3,
						    .valign = i / 3};

		mn_draw_text(&target, x, y, "one\nthree", &style);
		mn_bitmap_fill(&bitmap, &(struct mn_rect){x - 60, y, 120, 1}, MN_RED);
		mn_bitmap_fill(&bitmap, &(struct mn_rect){x, y - 40, 1, 80}, MN_RED);
	}
	golden_check_and_free("text-align", &bitmap);
}

static void draw_boxes(struct mn_bitmap *bitmap, const char *text, bool wrap)
{
	struct mn_target target = mn_target_of(bitmap);

	for (int i = 0; i < 9; i++) {
		const struct mn_rect box = {i % 3 * 124 + 4, i / 3 * 84 + 4, 116, 76};
		const struct mn_rect inner = {box.x + 1, box.y + 1, box.width - 2, box.height - 2};
		const struct mn_text_style style = {.font = &mn_font_6x12,
						    .color = MN_YELLOW,
						    .background = MN_RGB(64, 0, 64),
						    .align = i % 3,
						    .valign = i / 3,
						    .wrap = wrap};

		frame(bitmap, &box, MN_GRAY);
		mn_draw_text_box(&target, &inner, text, &style);
	}
}

static void boxes(void **state)
{
	static const char text[] = "The quick brown fox  jumps over\n  the lazy\tdog, and "
				   "Donaudampfschifffahrtsgesellschaft too.";
	static const char much[] = "One. Two. Three. Four. Five. Six. Seven. Eight. Nine. Ten. "
				   "Eleven. Twelve. Thirteen. Fourteen. Fifteen. Sixteen. "
				   "Seventeen. Eighteen. Nineteen. Twenty. Twenty-one.";
	static const struct {
		const char *name, *text;
		bool wrap;
	} pictures[] = {
		{"text-box-wrapped", text, true},
		{"text-box-too-much", much, true},
		{"text-box-not-wrapped", text, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(pictures); i++) {
		struct mn_bitmap bitmap = golden_blank(MN_RGB565, MN_OPAQUE, 376, 256);

		draw_boxes(&bitmap, pictures[i].text, pictures[i].wrap);
		golden_check_and_free(pictures[i].name, &bitmap);
	}
}

/* Through windows whose edges go through characters; and over all edges of the bitmap. */
static void clipping(void **state)
{
	static const struct mn_font *const each[] = {&mn_font_5x8, &mn_font_8x16, &mn_font_12x24,
						     &mn_font_16x32};
	struct mn_bitmap bitmap = golden_blank(MN_RGB565, MN_OPAQUE, 4 * 80, 2 * 80);

	(void)state;
	for (int i = 0; i < 8; i++) {
		const struct mn_font *font = each[i % 4];
		const struct mn_rect window = {i % 4 * 80 + 3, i / 4 * 80 + 5, 71, 67};
		const struct mn_text_style style = {
			.font = font, .color = MN_WHITE, .background = i < 4 ? MN_BLUE : MN_CLEAR};
		struct mn_target target = mn_target_of(&bitmap);

		frame(&bitmap, &window, MN_GRAY);
		target.x = i % 4 * 80;
		target.y = i / 4 * 80;
		mn_target_clip(&target, &(struct mn_rect){4, 6, 69, 65});
		for (int32_t y = 6 - font->height / 2; y < 80; y += font->height)
			mn_draw_text(&target, 4 - font->width / 2, y, "ABCDEFGHIJKLMNOP", &style);
	}
	golden_check_and_free("text-clip", &bitmap);
}

static void edges_of_the_bitmap(void **state)
{
	struct mn_bitmap bitmap = golden_blank(MN_RGB565, MN_OPAQUE, 101, 61);
	struct mn_target target = mn_target_of(&bitmap);
	const struct mn_text_style style = {.font = &mn_font_16x32, .color = MN_ORANGE};

	(void)state;
	mn_draw_text(&target, -7, -13, "QWERTYUIOP", &style);
	mn_draw_text(&target, -23, 19, "ASDFGHJKL", &style);
	mn_draw_text(&target, 3, 51, "ZXCVBNM", &style);
	golden_check_and_free("text-edges", &bitmap);
}

/* ---- Colours and formats ---- */

static void stripes(struct mn_bitmap *bitmap)
{
	for (int32_t x = 0; x < bitmap->width; x += 10) {
		const unsigned level = (unsigned)(255 * x / bitmap->width);

		mn_bitmap_fill(bitmap, &(struct mn_rect){x, 0, 10, bitmap->height},
			       x % 20 ? MN_RGBA(255 - level, 200, level, 255 - level)
				      : MN_RGBA(0, level, 64, 255));
	}
}

static void draw_colors(struct mn_target *target)
{
	static const mn_color inks[] = {MN_WHITE, MN_RGBA(255, 0, 0, 128), MN_CLEAR};
	static const mn_color papers[] = {MN_CLEAR, MN_BLACK, MN_RGBA(0, 0, 255, 96)};

	for (int i = 0; i < 9; i++) {
		const struct mn_text_style style = {.font = i % 2 ? &mn_font_12x24 : &mn_font_8x16,
						    .color = inks[i % 3],
						    .background = papers[i / 3]};

		mn_draw_text(target, i % 3 * 66 + 5, i / 3 * 28 + 3, "Aq\xc3\xa9%\xe2\x95\xac",
			     &style);
	}
}

static void all_formats(void **state)
{
	static const char *const formats[] = {"mono", "gray8", "rgb565", "rgb888"};
	static const char *const alphas[] = {"opaque", "mask", "alpha8"};

	(void)state;
	for (int i = 0; i < 12; i++) {
		struct mn_bitmap bitmap = golden_blank(i % 4, i / 4, 203, 88);
		struct mn_target target = mn_target_of(&bitmap);
		char name[40];

		stripes(&bitmap);
		draw_colors(&target);
		snprintf(name, sizeof name, "text-into-%s-%s", formats[i % 4], alphas[i / 4]);
		golden_check_and_free(name, &bitmap);
	}
}

static void no_other_pictures(void **state)
{
	(void)state;
	golden_check_no_other("text-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fonts),
		cmocka_unit_test(alignment_to_a_point),
		cmocka_unit_test(boxes),
		cmocka_unit_test(clipping),
		cmocka_unit_test(edges_of_the_bitmap),
		cmocka_unit_test(all_formats),
		cmocka_unit_test(no_other_pictures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
