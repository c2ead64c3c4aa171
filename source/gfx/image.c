/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Bitmaps as images. */
#include <mnemos/gfx/draw.h>

/* What of `part`, which lies within the image, the clip leaves, if its corner goes to x, y. */
static struct mn_rect cut(const struct mn_rect *clip, int64_t x, int64_t y,
			  const struct mn_rect *part)
{
	const int64_t left = clip->x - x, top = clip->y - y;
	const int64_t right = left + clip->width, bottom = top + clip->height;
	struct mn_rect rest = *part;

	if (right <= 0 || bottom <= 0 || left >= part->width || top >= part->height)
		return (struct mn_rect){0};
	if (right < rest.width)
		rest.width = (int32_t)right;
	if (bottom < rest.height)
		rest.height = (int32_t)bottom;
	if (left > 0) {
		rest.x += (int32_t)left;
		rest.width -= (int32_t)left;
	}
	if (top > 0) {
		rest.y += (int32_t)top;
		rest.height -= (int32_t)top;
	}
	return rest;
}

/* In 64 bits, since the origin, the place and the part may be any numbers. */
void mn_draw_image_part(struct mn_target *target, int32_t x, int32_t y,
			const struct mn_bitmap *image, const struct mn_rect *part)
{
	const struct mn_rect all = {0, 0, image->width, image->height};
	const struct mn_rect inside = part ? mn_rect_intersect(&all, part) : all;
	const int64_t dx = part ? (int64_t)inside.x - part->x : 0;
	const int64_t dy = part ? (int64_t)inside.y - part->y : 0;
	const int64_t to_x = (int64_t)target->x + x + dx, to_y = (int64_t)target->y + y + dy;
	const struct mn_rect seen = cut(&target->clip, to_x, to_y, &inside);

	if (!mn_rect_is_empty(&seen))
		target->ops->image(target, (int32_t)(to_x + seen.x - inside.x),
				   (int32_t)(to_y + seen.y - inside.y), image, &seen);
}

void mn_draw_image(struct mn_target *target, int32_t x, int32_t y, const struct mn_bitmap *image)
{
	mn_draw_image_part(target, x, y, image, NULL);
}
