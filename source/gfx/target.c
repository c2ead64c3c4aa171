/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Targets: bitmaps as something to draw on, and clips. */
#include "draw_internal.h"

static void fill(struct mn_target *target, const struct mn_rect *rect, mn_color color)
{
	mn_bitmap_tint(target->bitmap, rect, color);
}

static void stencils(struct mn_target *target, int32_t x, int32_t y,
		     const struct mn_stencils *stencils)
{
	mn_bitmap_stencils(target->bitmap, &target->clip, x, y, stencils);
}

static void image(struct mn_target *target, int32_t x, int32_t y, const struct mn_bitmap *image,
		  const struct mn_rect *part)
{
	mn_bitmap_blend(target->bitmap, x, y, image, part);
}

struct mn_target mn_target_of(struct mn_bitmap *bitmap)
{
	static const struct mn_target_ops ops = {fill, stencils, image};

	return (struct mn_target){
		.ops = &ops,
		.bitmap = bitmap,
		.clip = {.width = bitmap->width, .height = bitmap->height},
	};
}

void mn_target_clip(struct mn_target *target, const struct mn_rect *rect)
{
	struct mn_rect seen = *rect;

	mn__see(target, &seen);
	target->clip = seen;
}
