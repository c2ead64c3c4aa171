/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Bitmaps as images. */
#include <mnemos/gfx/draw.h>
#include "internal.h"

void mn_draw_image_part(struct mn_target *target, int32_t x, int32_t y,
			const struct mn_bitmap *image, const struct mn_rect *part)
{
	const struct mn_rect all = mn__bounds(image);
	struct mn_rect seen;

	x = mn__add(x, target->x);
	y = mn__add(y, target->y);
	if (mn__clip_move(&target->clip, &x, &y, &all, part ? part : &all, &seen))
		target->ops->image(target, x, y, image, &seen);
}

void mn_draw_image(struct mn_target *target, int32_t x, int32_t y, const struct mn_bitmap *image)
{
	mn_draw_image_part(target, x, y, image, NULL);
}
