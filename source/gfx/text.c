/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Text: lines are found one by one, each with its width in characters ("columns"), and drawn as
 * stencils. Columns stop at COLUMNS_MAX and positions at FAR, so that all arithmetic fits 32 bits,
 * whatever the text and the numbers are.
 */
#include "draw_internal.h"

#include <string.h>

#define TAB 8
#define FAR (1 << 30)

/* A line of them, and as many lines, are less than FAR wide and high in any font. */
#define COLUMNS_MAX (1 << 22)
_Static_assert(COLUMNS_MAX <= FAR / UINT8_MAX, "a font's sides are bytes");

/* What is left of a text. */
struct reader {
	const char *at, *end;
	int32_t columns_max; /* of a line; UNWRAPPED if there is no such limit */
	bool more;           /* there is another line, if an empty one */
};

#define UNWRAPPED INT32_MAX

struct line {
	const char *begin, *end;
	int32_t columns;
};

static int32_t limited(size_t columns)
{
	return columns < COLUMNS_MAX ? (int32_t)columns : COLUMNS_MAX;
}

static int32_t column_after(int32_t column, uint32_t character)
{
	return limited(1 + (size_t)(character == '\t' ? column | (TAB - 1) : column));
}

/* ---- Lines ------------------------------------------------------------------------------- */

/* Behind characters of one byte and one column, which most are. */
static const char *skip_plain(const char *text, const char *end)
{
	while (text < end && *text >= ' ' && !(*text & 0x80))
		text++;
	return text;
}

/*
 * Up to a '\n' or the end. Where lines are wrapped, a character that is too much goes to the next
 * one, with what stands between it and the blanks before it; without blanks, alone. Blanks at the
 * end of such a line are no part of it, so they may hang over.
 */
static void next_line(struct reader *reader, struct line *line)
{
	const bool wrap = reader->columns_max != UNWRAPPED;
	const char *at = reader->at;
	const char *next = NULL;       /* line, if it is to end at the last blanks */
	struct line ink = {at, at, 0}; /* up to the last that is part of the line */
	int32_t column = 0;

	for (;;) {
		const char *before = at;

		if (!wrap) {
			at = ink.end = skip_plain(at, reader->end);
			column = ink.columns = limited((size_t)column + (size_t)(at - before));
			before = at;
		}
		reader->more = at < reader->end;
		if (!reader->more)
			break;
		const uint32_t character = mn_utf8_next(&at, reader->end);

		reader->at = at;
		if (character == '\n')
			break;
		if (character == '\r')
			continue;
		column = column_after(column, character);
		if (wrap && (character == ' ' || character == '\t')) {
			*line = ink;
			next = at;
		} else if (column > reader->columns_max) {
			reader->at = next ? next : before;
			if (next)
				return;
			break;
		} else {
			ink.end = at;
			ink.columns = column;
		}
	}
	*line = ink;
}

static struct reader read_text(const char *text, size_t len)
{
	/* Text may be NULL if it is empty. */
	return (struct reader){text, len > 0 ? text + len : text, UNWRAPPED, true};
}

static void wrap(struct reader *reader, const struct mn_text_style *style, int32_t width)
{
	const int32_t fit = width / style->font->width;

	reader->columns_max = fit > 0 ? fit : 1;
}

/* How many lines are left, and columns of the longest. */
static __attribute__((noinline)) int32_t measure(const struct reader *text, int32_t *columns)
{
	struct reader reader = *text;
	struct line line;
	int32_t lines = 0;

	*columns = 0;
	while (reader.more) {
		next_line(&reader, &line);
		if (line.columns > *columns)
			*columns = line.columns;
		if (lines < COLUMNS_MAX)
			lines++;
	}
	return lines;
}

/* ---- Drawing ------------------------------------------------------------------------------ */

/* What of a size lies before the place to which it is aligned. */
static __attribute__((noinline)) int32_t before(int32_t size, enum mn_align align)
{
	return align == MN_ALIGN_START ? 0 : align == MN_ALIGN_CENTER ? size / 2 : size;
}

/* The sum, no further than FAR. */
static __attribute__((noinline)) int32_t place(int32_t at, int32_t origin)
{
	const int32_t sum = mn__add(at, origin);

	return sum > FAR ? FAR : sum < -FAR ? -FAR : sum;
}

/* Columns of a line at x that begin before `end`. */
static int32_t columns_before(int32_t x, int32_t end, int32_t width)
{
	return end > x ? (int32_t)(((uint32_t)end - (uint32_t)x - 1) / (uint32_t)width) + 1 : 0;
}

/* Glyphs that go to the target together: a call for each would cost more than its pixels. */
#define BATCH 32

struct pen {
	struct mn_target *target;
	const struct mn_font *font;
	int32_t x, y; /* of the first glyph that waits, with the origin */
	struct mn_stencils row;
	const uint8_t *glyphs[BATCH];
};

static void flush(struct pen *pen)
{
	if (pen->row.count > 0)
		pen->target->ops->stencils(pen->target, pen->x, pen->y, &pen->row);
	pen->x += (int32_t)pen->row.count * pen->row.width;
	pen->row.count = 0;
}

/* Characters of the font's first range, mostly ASCII, as most text is; behind them. */
static const char *put_common(struct pen *pen, const char *text, const char *end)
{
	const struct mn_font *font = pen->font;
	const size_t size = pen->row.stride * font->height;
	const uint32_t first = font->ranges->first, range = font->ranges->count;
	const uint8_t *glyphs = font->glyphs + font->ranges->glyph * size;
	size_t count = pen->row.count;

	if (end - text > (ptrdiff_t)(BATCH - count))
		end = text + (BATCH - count);
	for (; text < end; text++) {
		const uint32_t number = (uint8_t)*text - first;

		if (number >= range || *text & 0x80)
			break;
		pen->glyphs[count++] = glyphs + number * size;
	}
	pen->row.count = count;
	return text;
}

/* Characters of which something lies within the clip. */
static void draw_line(struct pen *pen, const struct line *line)
{
	const struct mn_rect *clip = &pen->target->clip;
	const int32_t width = pen->row.width;
	const int32_t first = columns_before(pen->x + width - 1, clip->x, width);
	const int32_t end = columns_before(pen->x, place(clip->x, clip->width), width);
	const char *at = line->begin;
	int32_t column = 0;

	pen->x = (int32_t)((uint32_t)pen->x + (uint32_t)first * (uint32_t)width);
	while (at < line->end && column < end) {
		if (pen->row.count == BATCH)
			flush(pen);
		if (column >= first) {
			const int32_t room = end - column;
			const char *from = at;

			at = put_common(pen, at, line->end - at < room ? line->end : at + room);
			column += (int32_t)(at - from);
			if (at > from)
				continue;
		}
		const char *begin = at;
		uint32_t character = mn_utf8_next(&at, line->end);

		if (character == '\r')
			continue;
		if (character == '\t') {
			character = ' ';
			if ((column + 1) % TAB != 0)
				at = begin; /* there will be one more */
		}
		if (column++ >= first)
			pen->glyphs[pen->row.count++] = mn_font_glyph(pen->font, character);
	}
	flush(pen);
}

/* Returns x behind the last line. */
static int32_t draw_lines(struct mn_target *target, int32_t x, int32_t y, struct reader *reader,
			  const struct mn_text_style *style)
{
	const int32_t height = style->font->height, from = place(x, target->x);
	const int32_t bottom = place(target->clip.y, target->clip.height);
	struct line line;
	int32_t width = 0;
	struct pen pen;

	pen.target = target;
	pen.font = style->font;
	pen.y = place(y, target->y);
	pen.row = (struct mn_stencils){
		.bits = pen.glyphs,
		.stride = (style->font->width + 7u) / 8,
		.width = style->font->width,
		.height = height,
		.color = style->color,
		.background = style->background,
	};
	if (style->valign != MN_ALIGN_START)
		pen.y -= before(measure(reader, &width) * height, style->valign);
	while (reader->more) {
		next_line(reader, &line);
		width = line.columns * pen.row.width;
		pen.x = from - before(width, style->align);
		if (pen.y >= bottom)
			continue;
		if (pen.y + height > target->clip.y)
			draw_line(&pen, &line);
		pen.y += height;
	}
	return mn__add(x, width - before(width, style->align));
}

int32_t mn_draw_text_of(struct mn_target *target, int32_t x, int32_t y, const char *text,
			size_t len, const struct mn_text_style *style)
{
	struct reader reader = read_text(text, len);

	return draw_lines(target, x, y, &reader, style);
}

int32_t mn_draw_text(struct mn_target *target, int32_t x, int32_t y, const char *text,
		     const struct mn_text_style *style)
{
	return mn_draw_text_of(target, x, y, text, strlen(text), style);
}

int32_t mn_draw_text_box(struct mn_target *target, const struct mn_rect *box, const char *text,
			 const struct mn_text_style *style)
{
	const struct mn_rect clip = target->clip;
	struct reader reader = read_text(text, strlen(text));
	int32_t columns, lines;

	if (style->wrap)
		wrap(&reader, style, box->width);
	lines = measure(&reader, &columns);
	if (!mn_rect_is_empty(box)) {
		mn_target_clip(target, box);
		draw_lines(target, mn__add(box->x, before(box->width, style->align)),
			   mn__add(box->y, before(box->height, style->valign)), &reader, style);
		target->clip = clip;
	}
	return lines * style->font->height;
}

void mn_text_size(const char *text, const struct mn_text_style *style, int32_t width,
		  int32_t *text_width, int32_t *text_height)
{
	struct reader reader = read_text(text, strlen(text));
	int32_t columns;

	if (width > 0)
		wrap(&reader, style, width);
	*text_height = measure(&reader, &columns) * style->font->height;
	*text_width = columns * style->font->width;
}
