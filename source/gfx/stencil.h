/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the ways to draw stencils share. */
#ifndef MNEMOS_GFX_STENCIL_H
#define MNEMOS_GFX_STENCIL_H

#include "internal.h"

/* What is seen of a row of stencils: of all of them something. It lies inside of the bitmap. */
struct mn__stencils {
	struct mn_stencils of;
	struct mn_bitmap *to;
	int32_t x, y;        /* of the first */
	int32_t left, right; /* seen, in the bitmap's coordinates */
	int32_t top, bottom; /* seen, in the stencils' own */
};

/* Columns of the stencil at x that are seen. */
static inline void mn__seen(const struct mn__stencils *row, int32_t x, int32_t *first, int32_t *end)
{
	const uint32_t rest = (uint32_t)row->right - (uint32_t)x;

	*first = x < row->left ? row->left - x : 0;
	*end = rest < (uint32_t)row->of.width ? (int32_t)rest : row->of.width;
}

/* For each line of each stencil: at x, y, to be drawn from column `first` to before `end`. */
typedef void mn__put_line(const struct mn__stencils *row, int32_t x, int32_t y, const uint8_t *bits,
			  int32_t first, int32_t end);
void mn__each_line(const struct mn__stencils *row, mn__put_line *put);

static inline bool mn__bit(const uint8_t *bits, int32_t at)
{
	return bits[(uint32_t)at / 8] & 0x80 >> at % 8;
}

/* Solid colours, or no background, into MN_RGB565 without alpha: stencil_wide.c on the desk,
 * stencil_small.c on boards. */
void mn__draw_rgb565(const struct mn__stencils *row);

#endif
