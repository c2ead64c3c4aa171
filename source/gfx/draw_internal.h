/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the shapes share. */
#ifndef MNEMOS_GFX_DRAW_INTERNAL_H
#define MNEMOS_GFX_DRAW_INTERNAL_H

#include <mnemos/gfx/draw.h>
#include "internal.h"

/* Moves a rectangle by the target's origin and cuts off what is not within its clip; false if
 * nothing is left. */
bool mn__see(const struct mn_target *target, struct mn_rect *rect);

/* Whether a point is within +-MN_DRAW_MAX. */
bool mn__is_exact(int32_t x, int32_t y);

#endif
