/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the ways to draw stencils share. */
#ifndef MNEMOS_GFX_STENCIL_H
#define MNEMOS_GFX_STENCIL_H

#include "internal.h"

/* A row of stencils, side by side. What is seen of it lies inside of the bitmap. */
struct mn__stencils {
	struct mn_bitmap *to;
	const uint8_t *const *bits;
	size_t count;
	int32_t x, y; /* of the first */
	size_t stride;
	int32_t width;
	int32_t left, right; /* seen, in the bitmap's coordinates */
	int32_t top, bottom; /* seen, in the stencils' own */
	mn_color color, background;
};

/* Columns of the stencil at x that are seen. */
static inline void mn__seen(const struct mn__stencils *row, int64_t x, int32_t *first, int32_t *end)
{
	*first = x < row->left ? (int32_t)(row->left - x) : 0;
	*end = row->right - x < row->width ? (int32_t)(row->right - x) : row->width;
}

/* Solid colours, or no background, into MN_RGB565 without alpha: stencil_wide.c on the desk,
 * stencil_small.c on boards. */
void mn__draw_rgb565(const struct mn__stencils *row);

#endif
