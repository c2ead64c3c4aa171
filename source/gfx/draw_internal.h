/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the shapes share. */
#ifndef MNEMOS_GFX_DRAW_INTERNAL_H
#define MNEMOS_GFX_DRAW_INTERNAL_H

#include <mnemos/gfx/draw.h>

/* Draws a rectangle, wherever it is and however large (of sums of 32-bit numbers). */
void mn__draw_span(struct mn_target *target, int64_t x, int64_t y, int64_t width, int64_t height,
		   mn_color color);

#endif
