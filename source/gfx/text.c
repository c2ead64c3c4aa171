/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Text: lines are found one by one, each with its width in characters ("columns"), and drawn as
 * stencils. Positions are in 64 bits until they are known to lie within a clip, so that no text
 * is too long.
 */
#include <mnemos/gfx/draw.h>

#include <string.h>

#define TAB 8

/* What is left of a text. */
struct reader {
	const char *at, *end;
	int64_t columns_max; /* of a line; 0 if lines are not wrapped */
	bool more;           /* there is another line, if an empty one */
};

struct line {
	const char *begin, *end;
	int64_t columns;
};

static inline uint32_t next_character(const char **text, const char *end)
{
	const uint8_t first = (uint8_t) * *text;

	if (first >= 0x80)
		return mn_utf8_next(text, end);
	(*text)++;
	return first;
}

static inline int64_t column_after(int64_t column, uint32_t character)
{
	if (character >= ' ')
		return column + 1;
	return character == '\r'   ? column
	       : character == '\t' ? (column | (TAB - 1)) + 1
				   : column + 1;
}

/* The least step that most text takes: characters of one byte and one column. */
static size_t plain(const char *text, const char *end)
{
	const char *at = text;

	while (at < end && *at >= ' ' && !(*at & 0x80))
		at++;
	return (size_t)(at - text);
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
		const size_t step = plain(at, reader->end);

		at += step;
		line->columns += (int64_t)step;
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
	int64_t column = 0;

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
	const int64_t fit = width / font->width;

	if (len == 0)
		text = ""; /* may have been NULL */
	return (struct reader){text, text + len, !wrap ? 0 : fit > 0 ? fit : 1, true};
}

/* Of all lines together. */
struct size {
	int64_t columns, lines;
};

static struct size measure(struct reader reader)
{
	struct size size = {0};
	struct line line;

	while (reader.more) {
		next_line(&reader, &line);
		if (line.columns > size.columns)
			size.columns = line.columns;
		size.lines++;
	}
	return size;
}

/* ---- Drawing ------------------------------------------------------------------------------ */

static int64_t aligned(int64_t at, int64_t size, enum mn_align align)
{
	return align == MN_ALIGN_START ? at : align == MN_ALIGN_CENTER ? at - size / 2 : at - size;
}

static int32_t saturated(int64_t value)
{
	return value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : (int32_t)value;
}

/* Columns of a line at `x` that are at least partly within `from` to `end`. */
static void visible(int64_t x, int32_t width, int64_t from, int64_t end, int64_t *first,
		    int64_t *behind)
{
	*first = from > x ? (from - x) / width : 0;
	*behind = end > x ? (end - x + width - 1) / width : 0;
}

/* Glyphs that go to the target together: a call for each would cost more than its pixels. */
#define BATCH 32

struct pen {
	struct mn_target *target;
	const struct mn_text_style *style;
	int64_t x, y; /* of the first glyph that waits, with the origin */
	size_t count;
	const uint8_t *glyphs[BATCH];
};

static void flush(struct pen *pen)
{
	const struct mn_text_style *style = pen->style;
	const struct mn_font *font = style->font;

	if (pen->count == 0)
		return;
	pen->target->ops->stencils(pen->target, (int32_t)pen->x, (int32_t)pen->y, pen->glyphs,
				   pen->count, (font->width + 7u) / 8, font->width, font->height,
				   style->color, style->background);
	pen->x += (int64_t)pen->count * font->width;
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
static size_t put_common(struct pen *pen, const char *text, int64_t most)
{
	const struct mn_font *font = pen->style->font;
	const size_t size = (font->width + 7u) / 8 * font->height;
	const uint32_t first = font->ranges->first, range = font->ranges->count;
	const uint8_t *glyphs = font->glyphs + font->ranges->glyph * size;
	size_t at = 0, room;

	if (pen->count == BATCH)
		flush(pen);
	room = BATCH - pen->count;
	if (most < (int64_t)room)
		room = (size_t)most;
	for (; at < room; at++) {
		const uint32_t number = (uint8_t)text[at] - first;

		if (number >= range || text[at] & 0x80)
			break;
		pen->glyphs[pen->count + at] = glyphs + number * size;
	}
	pen->count += at;
	return at;
}

static void draw_line(struct mn_target *target, int64_t x, int64_t y, const struct line *line,
		      const struct mn_text_style *style)
{
	const struct mn_font *font = style->font;
	const struct mn_rect *clip = &target->clip;
	struct pen pen;
	int64_t column = 0, first, end;

	if (y <= (int64_t)clip->y - font->height || y >= (int64_t)clip->y + clip->height)
		return;
	visible(x, font->width, clip->x, (int64_t)clip->x + clip->width, &first, &end);
	pen.target = target;
	pen.style = style;
	pen.x = x + first * font->width;
	pen.y = y;
	pen.count = 0;
	for (const char *at = line->begin; at < line->end && column < end;) {
		if (column >= first) {
			const int64_t room = end - column, rest = line->end - at;
			const size_t done = put_common(&pen, at, rest < room ? rest : room);

			at += done;
			column += (int64_t)done;
			if (done > 0)
				continue;
		}
		const uint32_t character = next_character(&at, line->end);

		for (int64_t next = column_after(column, character); column < next; column++)
			if (column >= first && column < end)
				put(&pen, character);
	}
	flush(&pen);
}

/* Returns x behind the last line, without the origin. */
static int32_t draw_lines(struct mn_target *target, int64_t x, int64_t y, struct reader reader,
			  const struct mn_text_style *style)
{
	const struct mn_font *font = style->font;
	int64_t left = x, width = 0;
	struct line line;

	if (style->valign != MN_ALIGN_START)
		y = aligned(y, measure(reader).lines * font->height, style->valign);
	for (; reader.more; y += font->height) {
		next_line(&reader, &line);
		width = line.columns * font->width;
		left = aligned(x, width, style->align);
		draw_line(target, left + target->x, y + target->y, &line, style);
	}
	return saturated(left + width);
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
	return saturated(measure(reader).lines * style->font->height);
}

void mn_text_size(const char *text, const struct mn_text_style *style, int32_t width,
		  int32_t *text_width, int32_t *text_height)
{
	const struct size size =
		measure(read_text(text, strlen(text), style->font, width > 0, width));

	*text_width = saturated(size.columns * style->font->width);
	*text_height = saturated(size.lines * style->font->height);
}
