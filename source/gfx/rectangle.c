/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What all shapes are made of: rectangles, cut off at the target's clip. */
#include "draw_internal.h"

bool mn__see(const struct mn_target *target, struct mn_rect *rect)
{
	rect->x = mn__add(rect->x, target->x);
	rect->y = mn__add(rect->y, target->y);
	return mn__cut(rect, &target->clip);
}

void mn_draw_clear(struct mn_target *target, mn_color color)
{
	if (!mn_rect_is_empty(&target->clip))
		target->ops->fill(target, &target->clip, color);
}

void mn_fill_rect(struct mn_target *target, const struct mn_rect *rect, mn_color color)
{
	struct mn_rect seen = *rect;

	if (mn__see(target, &seen) && color >> 24)
		target->ops->fill(target, &seen, color);
}

/* A rectangle whose corners are square. */
void mn_stroke_rect(struct mn_target *target, const struct mn_rect *rect, int32_t width,
		    mn_color color)
{
	struct mn_rect side = *rect;

	if (width <= 0)
		return;
	if (width >= rect->width - rect->width / 2 || width >= rect->height - rect->height / 2) {
		mn_fill_rect(target, rect, color);
		return;
	}
	side.height = width;
	mn_fill_rect(target, &side, color);
	side.y = mn__add(rect->y, rect->height - width);
	mn_fill_rect(target, &side, color);
	side.y = mn__add(rect->y, width);
	side.height = rect->height - 2 * width;
	side.width = width;
	mn_fill_rect(target, &side, color);
	side.x = mn__add(rect->x, rect->width - width);
	mn_fill_rect(target, &side, color);
}
