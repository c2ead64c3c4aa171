/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the shapes share. */
#ifndef MNEMOS_GFX_DRAW_INTERNAL_H
#define MNEMOS_GFX_DRAW_INTERNAL_H

#include <mnemos/gfx/draw.h>
#include "internal.h"

/* Draws a rectangle, wherever it is and however large. */
void mn__draw_span(struct mn_target *target, int32_t x, int32_t y, int32_t width, int32_t height,
		   mn_color color);

#endif
