/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Bitmaps as images. */
#include <mnemos/gfx/draw.h>
#include "internal.h"

void mn_draw_image_part(struct mn_target *target, int32_t x, int32_t y,
			const struct mn_bitmap *image, const struct mn_rect *part)
{
	struct mn__block block = {mn__add(x, target->x), mn__add(y, target->y), {0}};

	if (mn__clip_block(&block, &target->clip, image, part))
		target->ops->image(target, block.x, block.y, image, &block.part);
}
