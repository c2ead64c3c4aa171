/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What all shapes are made of: rectangles, cut off at the target's clip. */
#include "draw_internal.h"

/* In 64 bits, since the origin and the rectangle may be any numbers. */
void mn__draw_span(struct mn_target *target, int64_t x, int64_t y, int64_t width, int64_t height,
		   mn_color color)
{
	const struct mn_rect *clip = &target->clip;
	const int64_t clip_x = clip->x, clip_y = clip->y;
	int64_t left = x + target->x, top = y + target->y;
	int64_t right = left + width, bottom = top + height;

	left = left > clip_x ? left : clip_x;
	top = top > clip_y ? top : clip_y;
	right = right < clip_x + clip->width ? right : clip_x + clip->width;
	bottom = bottom < clip_y + clip->height ? bottom : clip_y + clip->height;
	if (left >= right || top >= bottom || color >> 24 == 0)
		return;
	target->ops->fill(target,
			  &(struct mn_rect){(int32_t)left, (int32_t)top, (int32_t)(right - left),
					    (int32_t)(bottom - top)},
			  color);
}

void mn_draw_clear(struct mn_target *target, mn_color color)
{
	if (!mn_rect_is_empty(&target->clip))
		target->ops->fill(target, &target->clip, color);
}

void mn_draw_pixel(struct mn_target *target, int32_t x, int32_t y, mn_color color)
{
	mn__draw_span(target, x, y, 1, 1, color);
}

void mn_fill_rect(struct mn_target *target, const struct mn_rect *rect, mn_color color)
{
	mn__draw_span(target, rect->x, rect->y, rect->width, rect->height, color);
}

void mn_stroke_rect(struct mn_target *target, const struct mn_rect *rect, int32_t width,
		    mn_color color)
{
	const int64_t x = rect->x, y = rect->y, w = rect->width, h = rect->height, s = width;

	if (s <= 0 || mn_rect_is_empty(rect))
		return;
	if (2 * s >= w || 2 * s >= h) {
		mn_fill_rect(target, rect, color);
		return;
	}
	mn__draw_span(target, x, y, w, s, color);
	mn__draw_span(target, x, y + s, s, h - 2 * s, color);
	mn__draw_span(target, x + w - s, y + s, s, h - 2 * s, color);
	mn__draw_span(target, x, y + h - s, w, s, color);
}
