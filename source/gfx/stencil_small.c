/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stencils in solid colours into RGB565, pixel by pixel: boards, where code shall be small. */
#include "stencil.h"

static void put_line(const struct mn__stencils *row, int32_t x, int32_t y, const uint8_t *bits,
		     int32_t first, int32_t end)
{
	uint16_t *to = (uint16_t *)mn__pixels(row->to, y) + x;

	for (; first < end; first++) {
		const mn_color color = mn__bit(bits, first) ? row->of.color : row->of.background;

		if (color >> 24)
			to[first] = mn__to_rgb565(color);
	}
}

void mn__draw_rgb565(const struct mn__stencils *row)
{
	mn__each_line(row, put_line);
}
