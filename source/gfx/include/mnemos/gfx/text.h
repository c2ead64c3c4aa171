/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Text: fonts of one width, UTF-8, alignment, and wrapping in a box.
 *
 *     static const struct mn_text_style style = {.font = &mn_font_8x16, .color = MN_WHITE};
 *
 *     mn_draw_text(&target, 4, 4, "21 \u00b0C", &style);
 *
 * The fonts are Spleen by Frederic Cambus (BSD-2-Clause), converted when the system is built; an
 * image that links fonts_dep holds only those that it names. All have ASCII, single lines for
 * boxes, and Braille; from 6x12 on also Latin-1; from 8x16 on Latin Extended-A and a part of B,
 * quotation marks, all of Unicode's box drawing and blocks. A character that a font does not have,
 * or a byte that is not UTF-8, shows as U+FFFD if the font has it, else as '?'.
 *
 * Every character takes one cell of the font's width. '\n' begins a new line, so that text has one
 * line more than it has of them. '\t' goes on at the next multiple of 8 cells from the start of the
 * line, '\r' is ignored; other control characters show as what the font does not have.
 */
#ifndef MNEMOS_GFX_TEXT_H
#define MNEMOS_GFX_TEXT_H

#include <mnemos/gfx/bitmap.h>

struct mn_target;

/* Characters that follow one another in Unicode and in the font. */
struct mn_font_range {
	uint32_t first; /* code point */
	uint16_t count;
	uint16_t glyph; /* of the first */
};

/* A font: constants, made by tools/gfx/font. */
struct mn_font {
	const char *name;
	const uint8_t *glyphs; /* one after another; rows of whole bytes as in MN_MONO */
	const struct mn_font_range *ranges; /* by code point */
	uint16_t range_count;
	uint16_t fallback;     /* glyph for what is missing */
	uint8_t width, height; /* of every character, in pixels */
	uint8_t baseline;      /* rows above it */
};

extern const struct mn_font mn_font_5x8, mn_font_6x12, mn_font_8x16, mn_font_12x24, mn_font_16x32,
	mn_font_32x64;

/* The glyph of a character: width x height pixels, (width + 7) / 8 bytes a row. Never NULL. */
const uint8_t *mn_font_glyph(const struct mn_font *font, uint32_t code_point);

/*
 * Takes the next character from UTF-8 text and moves *text behind it; U+FFFD for what is no UTF-8,
 * of which it takes one byte or more. *text is before `end`.
 */
uint32_t mn_utf8_next(const char **text, const char *end);

/* Where what is aligned begins, has its middle, or ends. */
enum mn_align { MN_ALIGN_START, MN_ALIGN_CENTER, MN_ALIGN_END };

/*
 * How text looks. A line that is wrapped is broken at blanks (spaces and tabs), or within a word
 * that is longer than a line. Blanks there vanish, and do not count for the alignment; those at the
 * beginning of the text or behind a '\n' stay. A line has one character at least.
 */
struct mn_text_style {
	const struct mn_font *font;
	mn_color color;
	mn_color background;  /* of each character's cell; alpha 0 (the default): none */
	enum mn_align align;  /* across: each line, to x or in a box */
	enum mn_align valign; /* down: the same for all lines together */
	bool wrap;            /* in a box */
};

/*
 * Draws at x, y: the upper left corner of the first character, or with other alignments the middle
 * or the end of each line, and of the whole. (To stand on a line at y, take y - font->baseline.)
 * Returns x behind the last character, of the last line if there are several. Text may be of
 * any length; numbers beyond int32_t are cut off. Cost: what is not within the clip is only read;
 * the rest is mn_bitmap_stencils of up to 32 characters at a time.
 */
int32_t mn_draw_text(struct mn_target *target, int32_t x, int32_t y, const char *text,
		     const struct mn_text_style *style);

/* The same for text that does not end with a NUL. */
int32_t mn_draw_text_of(struct mn_target *target, int32_t x, int32_t y, const char *text,
			size_t len, const struct mn_text_style *style);

/*
 * Draws in a box, aligned in it; nothing is drawn outside of it. Returns the height that all the
 * lines have, which may be more than fits.
 */
int32_t mn_draw_text_box(struct mn_target *target, const struct mn_rect *box, const char *text,
			 const struct mn_text_style *style);

/* Width and height in pixels that text would take; wrapped to `width` unless that is 0. */
void mn_text_size(const char *text, const struct mn_text_style *style, int32_t width,
		  int32_t *text_width, int32_t *text_height);

#endif
