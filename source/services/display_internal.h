/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the parts of the display server share: display.c, display_frame.c. */
#ifndef DISPLAY_INTERNAL_H
#define DISPLAY_INTERNAL_H

#include <mnemos/services/display.h>

/* Rows, at least one, that may be worked on before other tasks have their turn: 16 Ki pixels. */
static inline int32_t mn__band_rows(int32_t width, int32_t height)
{
	const int32_t rows = MN_BITMAP_SIDE_MAX / width;

	return rows < height ? rows : height;
}

/* The layer that a live request is about, if it is its caller's; else NULL. */
struct mn__display_layer *mn__display_find(struct mn_display *display,
					   const struct mn_serving *serving);

/* Answers a request, unless its caller has gone; the slot is free then. */
void mn__display_reply(struct mn_display *display, struct mn_serving *serving, mn_poll result);

/* Something on the screen has changed, which is shown in the next frame. */
void mn__display_damage(struct mn_display *display, const struct mn_rect *rect);

/* Start-up: spawns the task that shows it; all of the screen is to be shown. */
void mn__display_frames_start(struct mn_display *display);

#endif
