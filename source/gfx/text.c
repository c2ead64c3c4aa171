/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Text: lines are found one by one, each with its width in characters ("columns"), and drawn as
 * stencils. Columns stop at COLUMNS_MAX and positions at FAR, so that all arithmetic fits 32 bits,
 * whatever the text and the numbers are.
 */
#include <mnemos/gfx/draw.h>

#include <string.h>

#define TAB 8
#define FAR (1 << 30)

/* A line of them, and as many lines, are less than FAR wide and high in any font. */
#define COLUMNS_MAX (1 << 22)
_Static_assert(COLUMNS_MAX <= FAR / UINT8_MAX, "a font's sides are bytes");

/* What is left of a text. */
struct reader {
	const char *at, *end;
	int32_t columns_max; /* of a line; 0 if lines are not wrapped */
	bool more;           /* there is another line, if an empty one */
};

struct line {
	const char *begin, *end;
	int32_t columns;
};

static inline uint32_t next_character(const char **text, const char *end)
{
	const uint8_t first = (uint8_t) * *text;

	if (first >= 0x80)
		return mn_utf8_next(text, end);
	(*text)++;
	return first;
}

static inline int32_t limited(uint32_t columns)
{
	return columns < COLUMNS_MAX ? (int32_t)columns : COLUMNS_MAX;
}

static inline int32_t column_after(int32_t column, uint32_t character)
{
	if (character == '\r')
		return column;
	return limited(1 + (uint32_t)(character == '\t' ? column | (TAB - 1) : column));
}

/* Characters of one byte and one column, which most are; at most COLUMNS_MAX. */
static int32_t plain(const char *text, const char *end)
{
	int32_t at = 0;

	if (end - text > COLUMNS_MAX)
		end = text + COLUMNS_MAX;
	while (text + at < end && text[at] >= ' ' && !(text[at] & 0x80))
		at++;
	return at;
}

static bool is_blank(uint32_t character)
{
	return character == ' ' || character == '\t';
}

/* ---- Lines ------------------------------------------------------------------------------- */

/* Up to a '\n' or the end. */
static void read_line(struct reader *reader, struct line *line)
{
	const char *at = reader->at;

	*line = (struct line){.begin = at};
	reader->more = false;
	for (;;) {
		const int32_t step = plain(at, reader->end);

		at += step;
		line->columns = limited((uint32_t)line->columns + (uint32_t)step);
		if (at == reader->end)
			break;
		const char *before = at;
		const uint32_t character = next_character(&at, reader->end);

		if (character == '\n') {
			reader->at = at;
			reader->more = true;
			line->end = before;
			return;
		}
		line->columns = column_after(line->columns, character);
	}
	line->end = at;
}

/*
 * The same, but no wider than columns_max: a character that is too much goes to the next line, with
 * what stands between it and the blanks before it; without blanks, alone. Blanks at the end of a
 * line are no part of it, so they may hang over.
 */
static void wrap_line(struct reader *reader, struct line *line)
{
	const char *at = reader->at;
	const char *next = NULL;       /* line, if it is to end at the last blanks */
	struct line ink = {at, at, 0}; /* up to the last that was no blank */
	bool blank = false;
	int32_t column = 0;

	reader->more = false;
	while (at < reader->end) {
		const char *before = at;
		const uint32_t character = next_character(&at, reader->end);

		if (character == '\n') {
			reader->more = true;
			reader->at = at;
			*line = ink;
			return;
		}
		if (character == '\r')
			continue;
		column = column_after(column, character);
		if (is_blank(character)) {
			if (!blank)
				*line = ink;
			next = at;
			blank = true;
			continue;
		}
		if (column > reader->columns_max) {
			if (!next)
				*line = ink;
			reader->at = next ? next : before;
			reader->more = true;
			return;
		}
		blank = false;
		ink.end = at;
		ink.columns = column;
	}
	*line = ink;
}

static void next_line(struct reader *reader, struct line *line)
{
	if (reader->columns_max > 0)
		wrap_line(reader, line);
	else
		read_line(reader, line);
}

static struct reader read_text(const char *text, size_t len, const struct mn_font *font, bool wrap,
			       int32_t width)
{
	const int32_t fit = width / font->width;

	if (len == 0)
		text = ""; /* may have been NULL */
	return (struct reader){text, text + len, !wrap ? 0 : fit > 0 ? fit : 1, true};
}

/* Of all lines together. */
struct size {
	int32_t columns, lines;
};

static struct size measure(struct reader reader)
{
	struct size size = {0};
	struct line line;

	while (reader.more) {
		next_line(&reader, &line);
		if (line.columns > size.columns)
			size.columns = line.columns;
		if (size.lines < COLUMNS_MAX)
			size.lines++;
	}
	return size;
}

/* ---- Drawing ------------------------------------------------------------------------------ */

static int32_t aligned(int32_t at, int32_t size, enum mn_align align)
{
	return align == MN_ALIGN_START ? at : align == MN_ALIGN_CENTER ? at - size / 2 : at - size;
}

static int32_t near(int64_t at)
{
	return at > FAR ? FAR : at < -FAR ? -FAR : (int32_t)at;
}

/* Columns of a line at x that begin before `end`. */
static int32_t columns_before(int32_t x, int32_t end, int32_t width)
{
	const uint32_t rest = end > x ? (uint32_t)end - (uint32_t)x : 0;

	return (int32_t)((rest + (uint32_t)width - 1) / (uint32_t)width);
}

/* Glyphs that go to the target together: a call for each would cost more than its pixels. */
#define BATCH 32

struct pen {
	struct mn_target *target;
	const struct mn_text_style *style;
	int32_t x, y; /* of the first glyph that waits, with the origin */
	size_t count;
	const uint8_t *glyphs[BATCH];
};

static void flush(struct pen *pen)
{
	const struct mn_text_style *style = pen->style;
	const struct mn_font *font = style->font;

	if (pen->count == 0)
		return;
	pen->target->ops->stencils(pen->target, pen->x, pen->y, pen->glyphs, pen->count,
				   (font->width + 7u) / 8, font->width, font->height, style->color,
				   style->background);
	pen->x += (int32_t)pen->count * font->width;
	pen->count = 0;
}

static void put(struct pen *pen, uint32_t character)
{
	if (pen->count == BATCH)
		flush(pen);
	pen->glyphs[pen->count++] =
		mn_font_glyph(pen->style->font, character == '\t' ? ' ' : character);
}

/* Characters of the font's first range, mostly ASCII, up to `most` of them; says how many. */
static int32_t put_common(struct pen *pen, const char *text, int32_t most)
{
	const struct mn_font *font = pen->style->font;
	const size_t size = ((size_t)font->width + 7) / 8 * font->height;
	const uint32_t first = font->ranges->first, range = font->ranges->count;
	const uint8_t *glyphs = font->glyphs + font->ranges->glyph * size;
	int32_t at = 0;

	if (pen->count == BATCH)
		flush(pen);
	if (most > (int32_t)(BATCH - pen->count))
		most = (int32_t)(BATCH - pen->count);
	for (; at < most; at++) {
		const uint32_t number = (uint8_t)text[at] - first;

		if (number >= range || text[at] & 0x80)
			break;
		pen->glyphs[pen->count + (size_t)at] = glyphs + number * size;
	}
	pen->count += (size_t)at;
	return at;
}

/* Characters of which something lies within `left` to `right`. */
static void draw_line(struct pen *pen, const struct line *line, int32_t left, int32_t right)
{
	const int32_t width = pen->style->font->width;
	const int32_t first = columns_before(pen->x + width - 1, left, width);
	const int32_t end = columns_before(pen->x, right, width);
	int32_t column = 0;

	pen->x += first * width;
	for (const char *at = line->begin; at < line->end && column < end;) {
		if (column >= first) {
			const int32_t room = end - column;
			const int32_t done = put_common(
				pen, at, line->end - at < room ? (int32_t)(line->end - at) : room);

			at += done;
			column += done;
			if (done > 0)
				continue;
		}
		const uint32_t character = next_character(&at, line->end);

		for (int32_t next = column_after(column, character); column < next; column++)
			if (column >= first && column < end)
				put(pen, character);
	}
	flush(pen);
}

/* Returns x behind the last line, without the origin. */
static int32_t draw_lines(struct mn_target *target, int64_t x, int64_t y, struct reader reader,
			  const struct mn_text_style *style)
{
	static const struct mn_rect all = {-FAR, -FAR, INT32_MAX, INT32_MAX};
	const struct mn_rect seen = mn_rect_intersect(&target->clip, &all);
	const int32_t height = style->font->height, from = near(x + target->x);
	int32_t begin = from, width = 0;
	struct line line;
	struct pen pen;

	pen.target = target;
	pen.style = style;
	pen.y = near(y + target->y);
	pen.count = 0;
	if (style->valign != MN_ALIGN_START)
		pen.y = aligned(pen.y, measure(reader).lines * height, style->valign);
	while (reader.more) {
		next_line(&reader, &line);
		width = line.columns * style->font->width;
		begin = aligned(from, width, style->align);
		pen.x = begin;
		if (pen.y >= seen.y + seen.height)
			continue;
		if (pen.y + height > seen.y)
			draw_line(&pen, &line, seen.x, seen.x + seen.width);
		pen.y += height;
	}
	return near((int64_t)begin + width - target->x);
}

int32_t mn_draw_text_of(struct mn_target *target, int32_t x, int32_t y, const char *text,
			size_t len, const struct mn_text_style *style)
{
	return draw_lines(target, x, y, read_text(text, len, style->font, false, 0), style);
}

int32_t mn_draw_text(struct mn_target *target, int32_t x, int32_t y, const char *text,
		     const struct mn_text_style *style)
{
	return mn_draw_text_of(target, x, y, text, strlen(text), style);
}

static int64_t anchor(int64_t at, int32_t size, enum mn_align align)
{
	return align == MN_ALIGN_START ? at : align == MN_ALIGN_CENTER ? at + size / 2 : at + size;
}

int32_t mn_draw_text_box(struct mn_target *target, const struct mn_rect *box, const char *text,
			 const struct mn_text_style *style)
{
	const struct reader reader =
		read_text(text, strlen(text), style->font, style->wrap, box->width);
	const struct mn_rect clip = target->clip;

	if (!mn_rect_is_empty(box)) {
		mn_target_clip(target, box);
		draw_lines(target, anchor(box->x, box->width, style->align),
			   anchor(box->y, box->height, style->valign), reader, style);
		target->clip = clip;
	}
	return measure(reader).lines * style->font->height;
}

void mn_text_size(const char *text, const struct mn_text_style *style, int32_t width,
		  int32_t *text_width, int32_t *text_height)
{
	const struct size size =
		measure(read_text(text, strlen(text), style->font, width > 0, width));

	*text_width = size.columns * style->font->width;
	*text_height = size.lines * style->font->height;
}
