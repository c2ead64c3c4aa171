/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What all shapes are made of: rectangles, cut off at the target's clip. */
#include "draw_internal.h"

void mn__draw_span(struct mn_target *target, int32_t x, int32_t y, int32_t width, int32_t height,
		   mn_color color)
{
	const struct mn_rect rect = {mn__add(x, target->x), mn__add(y, target->y), width, height};
	const struct mn_rect seen = mn_rect_intersect(&target->clip, &rect);

	if (!mn_rect_is_empty(&seen) && color >> 24)
		target->ops->fill(target, &seen, color);
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

/* A rectangle whose corners are square. */
void mn_stroke_rect(struct mn_target *target, const struct mn_rect *rect, int32_t width,
		    mn_color color)
{
	const int32_t x = rect->x, y = rect->y, w = rect->width, h = rect->height;

	if (width <= 0 || mn_rect_is_empty(rect))
		return;
	if (width >= w - width || width >= h - width) {
		mn_fill_rect(target, rect, color);
		return;
	}
	mn__draw_span(target, x, y, w, width, color);
	mn__draw_span(target, x, mn__add(y, h - width), w, width, color);
	mn__draw_span(target, x, mn__add(y, width), width, h - 2 * width, color);
	mn__draw_span(target, mn__add(x, w - width), mn__add(y, width), width, h - 2 * width,
		      color);
}
