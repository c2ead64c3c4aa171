/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Stencils: pictures of one bit a pixel in two colours, which is what text is made of.
 *
 * There are two ways. Any format and colour: runs of equal bits become rectangles, which
 * mn_bitmap_tint blends as it blends everything. Solid colours into RGB565, where glyphs must be
 * quick, have a file of their own.
 */
#include "stencil.h"

static inline bool bit_of(const uint8_t *row, int32_t column)
{
	return row[column / 8] & 0x80 >> column % 8;
}

/* ---- Any format ------------------------------------------------------------------------ */

/* One line of one stencil. */
static void draw_runs(const struct mn__stencils *row, int64_t x, int32_t line, const uint8_t *bits)
{
	struct mn_rect run = {.y = row->y + line, .height = 1};
	int32_t at, end;

	mn__seen(row, x, &at, &end);
	for (int32_t next; at < end; at = next) {
		const bool bit = bit_of(bits, at);

		for (next = at + 1; next < end && bit_of(bits, next) == bit;)
			next++;
		run.x = (int32_t)(x + at);
		run.width = next - at;
		mn_bitmap_tint(row->to, &run, bit ? row->color : row->background);
	}
}

static void draw_any(const struct mn__stencils *row)
{
	int64_t x = row->x;

	for (size_t at = 0; at < row->count; at++, x += row->width)
		for (int32_t line = row->top; line < row->bottom; line++)
			draw_runs(row, x, line, row->bits[at] + (size_t)line * row->stride);
}

/* ---- Which ------------------------------------------------------------------------------ */

static bool is_quick(const struct mn__stencils *row)
{
	const mn_color behind = row->background >> 24;

	return row->to->format == MN_RGB565 && row->to->alpha_format == MN_OPAQUE &&
	       row->color >> 24 == 255 && (behind == 0 || behind == 255);
}

/*
 * Distances in one direction, each less than 2^32 as the numbers are of 32 bits: from `at` to
 * `low` and `high`, 0 if that is the other way.
 */
static void measure(int32_t at, int32_t low, int32_t high, uint32_t *to_low, uint32_t *to_high)
{
	*to_low = at < low ? (uint32_t)low - (uint32_t)at : 0;
	*to_high = at < high ? (uint32_t)high - (uint32_t)at : 0;
}

/* Leaves out the stencils that are not seen, so that the others' places fit int32_t. */
static bool cut_across(struct mn__stencils *row)
{
	const uint32_t width = (uint32_t)row->width;
	uint32_t first, end;

	measure(row->x, row->left, row->right, &first, &end);
	first /= width;
	end = end / width + (end % width != 0);
	if (end > row->count)
		end = (uint32_t)row->count;
	if (first >= end)
		return false;
	row->count = end - first;
	row->bits += first;
	row->x = (int32_t)((uint32_t)row->x + first * width);
	return true;
}

static bool cut_down(struct mn__stencils *row, const struct mn_rect *inside, int32_t height)
{
	uint32_t top, bottom;

	measure(row->y, inside->y, inside->y + inside->height, &top, &bottom);
	if (bottom > (uint32_t)height)
		bottom = (uint32_t)height;
	row->top = (int32_t)top;
	row->bottom = (int32_t)bottom;
	return top < bottom;
}

void mn_bitmap_stencils(struct mn_bitmap *to, const struct mn_rect *clip, int32_t x, int32_t y,
			const uint8_t *const bits[], size_t count, size_t stride, int32_t width,
			int32_t height, mn_color color, mn_color background)
{
	struct mn__stencils row = {
		to, bits, count, x, y, stride, width, .color = color, .background = background};
	struct mn_rect inside;

	if (width <= 0 || height <= 0 || !mn__clip(to, clip, &inside))
		return;
	row.left = inside.x;
	row.right = inside.x + inside.width;
	if (!cut_across(&row) || !cut_down(&row, &inside, height))
		return;
	if (is_quick(&row))
		mn__draw_rgb565(&row);
	else
		draw_any(&row);
}

void mn_bitmap_stencil(struct mn_bitmap *to, const struct mn_rect *clip, int32_t x, int32_t y,
		       const uint8_t *bits, size_t stride, int32_t width, int32_t height,
		       mn_color color, mn_color background)
{
	mn_bitmap_stencils(to, clip, x, y, &bits, 1, stride, width, height, color, background);
}
