/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Targets: bitmaps as something to draw on, and clips. */
#include <mnemos/gfx/draw.h>

static void fill(struct mn_target *target, const struct mn_rect *rect, mn_color color)
{
	mn_bitmap_tint(target->bitmap, rect, color);
}

static void stencils(struct mn_target *target, int32_t x, int32_t y, const uint8_t *const bits[],
		     size_t count, size_t stride, int32_t width, int32_t height, mn_color color,
		     mn_color background)
{
	mn_bitmap_stencils(target->bitmap, &target->clip, x, y, bits, count, stride, width, height,
			   color, background);
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

/* What two ranges have in common. In 64 bits: a rectangle and the origin may be any numbers. */
static void cut(int32_t *at, int32_t *size, int64_t other, int32_t other_size)
{
	const int64_t begin = other > *at ? other : *at;
	const int64_t end = (int64_t)*at + *size, other_end = other + other_size;
	const int64_t least = end < other_end ? end : other_end;

	*at = begin < least ? (int32_t)begin : 0;
	*size = begin < least ? (int32_t)(least - begin) : 0;
}

void mn_target_clip(struct mn_target *target, const struct mn_rect *rect)
{
	struct mn_rect *clip = &target->clip;

	cut(&clip->x, &clip->width, (int64_t)rect->x + target->x, rect->width);
	cut(&clip->y, &clip->height, (int64_t)rect->y + target->y, rect->height);
	if (mn_rect_is_empty(clip))
		*clip = (struct mn_rect){0};
}
