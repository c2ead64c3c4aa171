/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Stencils: pictures of one bit a pixel in two colours, which is what text is made of.
 *
 * There are two ways. Any format and colour: runs of equal bits become rectangles, which
 * mn_bitmap_tint blends as it blends everything. Solid colours into RGB565, where glyphs must be
 * quick, have a file of their own.
 */
#include "stencil.h"

void mn__each_line(const struct mn__stencils *row, mn__put_line *put)
{
	uint32_t x = (uint32_t)row->x;

	for (size_t at = 0; at < row->of.count; at++, x += (uint32_t)row->of.width) {
		const uint8_t *bits = row->of.bits[at] + (size_t)row->top * row->of.stride;
		int32_t first, end;

		mn__seen(row, (int32_t)x, &first, &end);
		for (int32_t line = row->top; line < row->bottom; line++, bits += row->of.stride)
			put(row, (int32_t)x, row->y + line, bits, first, end);
	}
}

static void put_runs(const struct mn__stencils *row, int32_t x, int32_t y, const uint8_t *bits,
		     int32_t first, int32_t end)
{
	for (int32_t next = first; first < end; first = next) {
		const bool bit = mn__bit(bits, first);

		while (next < end && mn__bit(bits, next) == bit)
			next++;
		mn_bitmap_tint(row->to, &(struct mn_rect){x + first, y, next - first, 1},
			       bit ? row->of.color : row->of.background);
	}
}

/* ---- Which ------------------------------------------------------------------------------ */

static bool is_quick(const struct mn__stencils *row)
{
	const mn_color behind = row->of.background >> 24;

	return row->to->format == MN_RGB565 && row->to->alpha_format == MN_OPAQUE &&
	       row->of.color >> 24 == 255 && (behind == 0 || behind == 255);
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
	const uint32_t width = (uint32_t)row->of.width;
	uint32_t first, end;

	measure(row->x, row->left, row->right, &first, &end);
	first /= width;
	end = end / width + (end % width != 0);
	if (end > row->of.count)
		end = (uint32_t)row->of.count;
	if (first >= end)
		return false;
	row->of.count = end - first;
	row->of.bits += first;
	row->x = (int32_t)((uint32_t)row->x + first * width);
	return true;
}

static bool cut_down(struct mn__stencils *row, const struct mn_rect *inside)
{
	uint32_t top, bottom;

	measure(row->y, inside->y, inside->y + inside->height, &top, &bottom);
	if (bottom > (uint32_t)row->of.height)
		bottom = (uint32_t)row->of.height;
	row->top = (int32_t)top;
	row->bottom = (int32_t)bottom;
	return top < bottom;
}

void mn_bitmap_stencils(struct mn_bitmap *to, const struct mn_rect *clip, int32_t x, int32_t y,
			const struct mn_stencils *stencils)
{
	struct mn__stencils row;
	struct mn_rect inside;

	if (stencils->width <= 0 || stencils->height <= 0 || !mn__clip(to, clip, &inside))
		return;
	row.of = *stencils;
	row.to = to;
	row.x = x;
	row.y = y;
	row.left = inside.x;
	row.right = inside.x + inside.width;
	if (!cut_across(&row) || !cut_down(&row, &inside))
		return;
	if (is_quick(&row))
		mn__draw_rgb565(&row);
	else
		mn__each_line(&row, put_runs);
}
