/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Frames: what has changed is composed of all layers there, and presented.
 *
 * While a frame is composed its task has the display's lock, so that it is of one moment; while it
 * is presented the layers may change already. Nothing is wanted, and so nothing runs, unless there
 * is dirt or a client that waits.
 */
#include <string.h>
#include "display_internal.h"

#define MN_LOG_TARGET "services::display"

/* How long a present may take. */
#define PATIENCE_US 1000000

/* ---- Dirt ---------------------------------------------------------------------------- */

static uint32_t area(const struct mn_rect *rect)
{
	return (uint32_t)rect->width * (uint32_t)rect->height; /* of a screen, so below 2^28 */
}

/* What uniting them adds to what has to be composed; less than 0 if they overlap well. */
static int32_t growth(const struct mn_rect *a, const struct mn_rect *b)
{
	const struct mn_rect both = mn_rect_unite(a, b);

	return (int32_t)(area(&both) - area(a) - area(b));
}

/* Where `rect` costs least if united with it, and what. */
static struct mn_rect *nearest(struct mn__display_dirt *dirt, const struct mn_rect *rect,
			       int32_t *least)
{
	struct mn_rect *best = NULL;

	*least = INT32_MAX;
	for (struct mn_rect *at = dirt->rects; at < dirt->rects + dirt->count; at++) {
		const int32_t cost = growth(at, rect);

		if (cost < *least) {
			*least = cost;
			best = at;
		}
	}
	return best;
}

void mn__display_damage(struct mn_display *display, const struct mn_rect *rect)
{
	const struct mn_bitmap *screen = &display->device->screen;
	struct mn__display_dirt *dirt = &display->dirt;
	struct mn_rect add =
		mn_rect_intersect(rect, &(struct mn_rect){0, 0, screen->width, screen->height});
	struct mn_rect *near;
	int32_t cost;

	if (mn_rect_is_empty(&add))
		return;
	while ((near = nearest(dirt, &add, &cost)) &&
	       (cost <= 0 || dirt->count == MN_DISPLAY_DIRTY)) {
		add = mn_rect_unite(near, &add);
		*near = dirt->rects[--dirt->count];
	}
	dirt->rects[dirt->count++] = add;
	mn_event_set(&display->frames.wanted);
}

/* ---- Composition ----------------------------------------------------------------------- */

static bool covers(const struct mn__display_layer *layer, const struct mn_rect *rect)
{
	const struct mn_rect common = mn_rect_intersect(&layer->rect, rect);

	return layer->bitmap.alpha_format == MN_OPAQUE && common.width == rect->width &&
	       common.height == rect->height;
}

static void paint(struct mn_bitmap *screen, const struct mn__display_layer *layer,
		  const struct mn_rect *rect)
{
	const struct mn_rect part = {rect->x - layer->rect.x, rect->y - layer->rect.y, rect->width,
				     rect->height};

	mn_bitmap_blend(screen, rect->x, rect->y, &layer->bitmap, &part);
}

/* From the nearest layer behind which nothing can be seen, to the nearest of all. */
static void compose(struct mn_display *display, const struct mn_rect *rect)
{
	struct mn_bitmap *screen = &display->device->screen;
	struct mn_list *const stack = &display->stack;
	struct mn_list *at = stack->prev;

	while (at != stack && !covers(mn__layer_at(at), rect))
		at = at->prev;
	if (at == stack) {
		mn_bitmap_fill(screen, rect, MN_BLACK);
		at = at->next;
	}
	for (; at != stack; at = at->next)
		paint(screen, mn__layer_at(at), rect);
}

/* Some rows. Returns whether there are more. */
static bool compose_band(struct mn__display_frames *frames)
{
	struct mn_rect band;

	if (frames->left.height == 0) {
		if (frames->at == frames->shown.count)
			return false;
		frames->left = frames->shown.rects[frames->at++];
	}
	band = mn__take_band(&frames->left);
	compose(frames->display, &band);
	return frames->left.height > 0 || frames->at < frames->shown.count;
}

/* ---- Frames ------------------------------------------------------------------------------ */

/* A frame that is a little late does not delay those that follow it. */
static void begin(struct mn__display_frames *frames)
{
	struct mn_display *display = frames->display;
	const uint64_t now_us = mn_now_us();
	const uint32_t frame_us = display->device->frame_us;
	unsigned fresh = 0;

	frames->due_us = (now_us - frames->due_us < frame_us ? frames->due_us : now_us) + frame_us;
	frames->shown = display->dirt;
	frames->answering = display->held;
	frames->at = 0;
	display->dirt.count = 0;
	display->held = 0;
	for (struct mn_list *at = display->stack.next; at != &display->stack; at = at->next) {
		fresh |= mn__layer_at(at)->fresh;
		mn__layer_at(at)->fresh = 0;
	}
	display->is_whole = display->stats.draws && !(fresh & MN__LAYER_UNFINISHED);
}

static mn_poll present(struct mn__display_frames *frames)
{
	struct mn_display_device *device = frames->display->device;

	if (!device->present)
		return MN_OK;
	return mn_timeout(&frames->limit, device->present(device, &frames->shown.rects[frames->at]),
			  PATIENCE_US);
}

/* Says it once until it has worked again. */
static void note(struct mn__display_frames *frames, mn_poll presented)
{
	if (presented != MN_OK) {
		frames->display->stats.failures++;
		if (!frames->failing)
			mn_warn("a frame is not shown: %s", mn_error_text(presented));
	}
	frames->failing = presented != MN_OK;
}

/* Whether a client that waits has drawn what this frame does not show. */
static bool waits_for_next(struct mn_display *display, struct mn_serving *serving)
{
	const struct mn__display_layer *layer =
		mn_serving_live(serving) ? mn__display_find(display, serving) : NULL;

	return layer && layer->fresh;
}

/* Also whoever began to wait while the frame was made, but drew before. */
static void answer(struct mn__display_frames *frames)
{
	struct mn_display *display = frames->display;

	if (frames->shown.count > 0)
		display->stats.frames++;
	for (uint32_t i = 0; i < MN__DISPLAY_SLOTS; i++) {
		struct mn_serving *serving = &display->serving[i];

		if (!(frames->answering >> i & 1) &&
		    (!(display->held >> i & 1) || waits_for_next(display, serving)))
			continue;
		display->held &= (uint16_t) ~(1U << i);
		mn__display_reply(display, serving, MN_OK);
	}
	frames->answering = 0;
	if (!display->held && !display->dirt.count)
		mn_event_clear(&frames->wanted);
	mn_self()->cause = 0;
}

/* Until the server ends; whoever cancels this task otherwise. */
static bool goes_on(const struct mn__display_frames *frames)
{
	return frames->display->server.slot;
}

/* What was not shown because of such a cancellation is shown with the next frame. */
static void presented(struct mn__display_frames *frames, mn_poll result)
{
	if (result == MN_ECANCELED)
		mn__display_damage(frames->display, &frames->shown.rects[frames->at]);
	else
		note(frames, result);
}

static mn_poll mn_display_frames_run(struct mn__display_frames *self)
{
	MN_BEGIN(self);
	while (goes_on(self)) {
		MN_AWAIT(self, mn_event_wait(&self->waiter, &self->wanted));
		if (MN_RESULT(self) == MN_OK)
			MN_AWAIT(self, mn_sleep_until(&self->nap, self->due_us));
		if (MN_RESULT(self) == MN_OK)
			MN_AWAIT(self, mn_mutex_lock(&self->waiter, &self->display->lock));
		if (MN_RESULT(self) != MN_OK)
			continue;
		begin(self);
		while (compose_band(self))
			MN_YIELD(self);
		mn_mutex_unlock(&self->display->lock);
		for (self->at = 0; self->at < self->shown.count && goes_on(self); self->at++) {
			MN_AWAIT(self, present(self));
			presented(self, MN_RESULT(self));
		}
		if (goes_on(self))
			answer(self);
	}
	MN_END(self);
}

MN_TASK_AS(mn_display_frames, struct mn__display_frames, "display_frames");

void mn__display_frames_start(struct mn_display *display)
{
	const struct mn_bitmap *screen = &display->device->screen;

	memset(&display->frames, 0, sizeof display->frames);
	display->frames.display = display;
	display->dirt.count = 0;
	mn_event_init(&display->frames.wanted);
	mn__display_damage(display, &(struct mn_rect){0, 0, screen->width, screen->height});
	mn_spawn(mn_running, &display->frames.task, &mn_display_frames_task);
}
