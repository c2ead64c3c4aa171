/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stencils in solid colours into RGB565, pixel by pixel: boards, where code shall be small. */
#include "stencil.h"

static void put_line(uint16_t *to, const uint8_t *bits, int32_t first, int32_t end,
		     const struct mn__stencils *row)
{
	const uint16_t ink = mn__to_rgb565(row->color), paper = mn__to_rgb565(row->background);
	const bool keep = row->background >> 24 == 0;

	for (int32_t at = first; at < end; at++, to++)
		if (bits[(uint32_t)at / 8] & 0x80 >> at % 8)
			*to = ink;
		else if (!keep)
			*to = paper;
}

void mn__draw_rgb565(const struct mn__stencils *row)
{
	const struct mn_bitmap *bitmap = row->to;
	int64_t x = row->x;

	for (size_t at = 0; at < row->count; at++, x += row->width) {
		int32_t first, end;

		mn__seen(row, x, &first, &end);
		for (int32_t line = row->top; line < row->bottom; line++) {
			uint16_t *to = (void *)((uint8_t *)bitmap->pixels +
						(size_t)(row->y + line) * bitmap->stride);

			put_line(to + x + first, row->bits[at] + (size_t)line * row->stride, first,
				 end, row);
		}
	}
}
