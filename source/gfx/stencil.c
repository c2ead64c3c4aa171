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

/* Leaves out the stencils that are not seen. The others' places fit int32_t. */
static void cut_across(struct mn__stencils *row)
{
	const int64_t before = ((int64_t)row->left - row->x) / row->width;
	const int64_t until = ((int64_t)row->right - row->x + row->width - 1) / row->width;
	const size_t first = before < 0 ? 0 : (size_t)before;
	const size_t end = until < 0 ? 0 : (size_t)until;

	if (end < row->count)
		row->count = end;
	if (first >= row->count) {
		row->count = 0;
		return;
	}
	row->count -= first;
	row->bits += first;
	row->x += (int32_t)((int64_t)first * row->width);
}

void mn_bitmap_stencils(struct mn_bitmap *to, const struct mn_rect *clip, int32_t x, int32_t y,
			const uint8_t *const bits[], size_t count, size_t stride, int32_t width,
			int32_t height, mn_color color, mn_color background)
{
	struct mn__stencils row = {
		to, bits, count, x, y, stride, width, .color = color, .background = background};
	struct mn_rect inside;

	if (width <= 0 || !mn__clip(to, clip, &inside))
		return;
	const int64_t top = y < inside.y ? (int64_t)inside.y - y : 0;
	const int64_t rest = (int64_t)inside.y + inside.height - y;
	const int64_t bottom = rest < height ? rest : height;

	if (top >= bottom)
		return;
	row.left = inside.x;
	row.right = inside.x + inside.width;
	row.top = (int32_t)top;
	row.bottom = (int32_t)bottom;
	cut_across(&row);
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
