/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the parts of the display server share. */
#ifndef DISPLAY_INTERNAL_H
#define DISPLAY_INTERNAL_H

#include <mnemos/services/display.h>

/* Requests that can be in service and waiting for a frame; a bit each in `held`. */
#define MN__DISPLAY_SLOTS (sizeof((struct mn_display *)0)->serving / sizeof(struct mn_serving))

/* Bits of `fresh`: a change; and its client has not waited for a frame since. */
enum { MN__LAYER_CHANGED = 1, MN__LAYER_UNFINISHED = 2 };

/* ---- display_layer.c ---- */

/* The layer at a place of the display's stack. */
static inline struct mn__display_layer *mn__layer_at(struct mn_list *link)
{
	return MN_CONTAINER(link, struct mn__display_layer, link);
}

/*
 * Begins with the current request: what is short is done then, what is long is prepared as a job.
 * With the lock held until there is no more work.
 */
mn_poll mn__display_begin(struct mn_display *display);

/* Some rows of a job, unless its caller has gone. Returns whether there are more. */
bool mn__display_work(struct mn_display *display);

/* With the lock held: its task ends soon. */
void mn__layer_close(struct mn__display_layer *layer);

/*
 * Takes the uppermost rows off a rectangle that is not empty, at least one: as many as may be
 * worked on before other tasks have their turn, 16 Ki pixels.
 */
struct mn_rect mn__take_band(struct mn_rect *left);

/* The layer that a live request is about, if it is its caller's; else NULL. */
struct mn__display_layer *mn__display_find(struct mn_display *display,
					   const struct mn_serving *serving);

/* ---- display.c ---- */

/* Answers a request, unless its caller has gone; the slot is free then. */
void mn__display_reply(struct mn_display *display, struct mn_serving *serving, mn_poll result);

/* ---- display_frame.c ---- */

/* Something on the screen has changed, which is shown in the next frame. */
void mn__display_damage(struct mn_display *display, const struct mn_rect *rect);

/* Start-up: spawns the task that shows it; all of the screen is to be shown. */
void mn__display_frames_start(struct mn_display *display);

#endif
