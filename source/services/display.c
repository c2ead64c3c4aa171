/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The display server: who is served and when. What requests do with layers is in display_layer.c,
 * frames are made in display_frame.c.
 *
 * Whoever works on layers or screen has the display's lock: the server for a request, a layer's
 * task when it closes it, the task of the frames while it composes. They may yield meanwhile, so
 * large pictures stop nobody, and yet nobody sees one half done.
 */
#include <string.h>
#include "display_internal.h"

#define MN_LOG_TARGET "services::display"

const struct mn_service mn_display_service = {
	.uuid = MN_UUID(0xaa6a2af8, 0xafd8, 0x40e3, 0x83c2, 0x2c501c698aa8),
	.name = "display",
	.version = "2.0",
	.request_size = sizeof(struct mn_display_request),
	.response_size = sizeof(struct mn_display_response),
};

/* ---- Answers ----------------------------------------------------------------------------- */

void mn__display_reply(struct mn_display *display, struct mn_serving *serving, mn_poll result)
{
	const struct mn_display_device *device = display->device;

	display->stats.refused += result != MN_OK;
	if (mn_serving_live(serving)) {
		struct mn_display_response *response = mn_response(serving);

		response->meta.format = device->screen.format;
		response->meta.width = device->screen.width;
		response->meta.height = device->screen.height;
		response->meta.frame_us = device->frame_us;
		response->meta.frames = display->stats.frames;
		response->meta.is_current = display->is_whole && !display->dirt.count;
	}
	mn_reply(serving, result);
}

/* A slot that holds no call, or one that its client has given up; NULL if there is none. */
static struct mn_serving *free_slot(struct mn_display *display)
{
	for (uint32_t i = 0; i < MN__DISPLAY_SLOTS; i++) {
		struct mn_serving *slot = &display->serving[i];
		const uint16_t others = (uint16_t) ~(1U << i);

		if (!((display->held | display->frames.answering) >> i & 1))
			return slot;
		if (mn_serving_live(slot))
			continue;
		display->held &= others;
		display->frames.answering &= others;
		mn_reply(slot, MN_ECANCELED);
		return slot;
	}
	return NULL;
}

/* Keeps the call until a frame has been made, if there will be a slot for others. */
static mn_poll hold(struct mn_display *display)
{
	const unsigned bit = 1U << (display->current - display->serving);
	const struct mn_display_request *request = mn_request(display->current);
	struct mn__display_layer *layer = mn__display_find(display, display->current);

	if (layer)
		layer->fresh &= MN__LAYER_CHANGED;
	else if (request->layer)
		return MN_EINVAL;
	display->held |= (uint16_t)bit;
	if (!free_slot(display)) {
		display->held &= (uint16_t)~bit;
		return MN_EFULL;
	}
	mn_event_set(&display->frames.wanted);
	return MN_OK;
}

/* Whether the call is to wait for a frame, or was to and is refused. */
static bool held(struct mn_display *display)
{
	const struct mn_display_request *request = mn_request(display->current);
	mn_poll answer;

	if (request->what != MN_DISPLAY_FRAME)
		return false;
	answer = hold(display);
	if (answer != MN_OK)
		mn__display_reply(display, display->current, answer);
	return true;
}

/* ---- The server -------------------------------------------------------------------------- */

static void set_up(struct mn_display *display)
{
	memset(display->serving, 0, sizeof display->serving);
	display->held = 0;
	mn_list_init(&display->stack);
	mn_mutex_init(&display->lock);
	mn__display_frames_start(display);
}

/* A layer that is closed makes room for the next request. */
static mn_poll layer_end(struct mn_display *display)
{
	struct mn__display_layer *layer = display->job.layer;

	return layer && !layer->id ? mn_join(&display->end, &layer->task) : MN_OK;
}

/* The task of the frames first: then nobody looks at the layers any more. */
static mn_poll child_end(struct mn_display *display)
{
	if (display->at == 0)
		return mn_join(&display->end, &display->frames.task);
	while (!mn_list_empty(&display->stack))
		mn__layer_close(mn__layer_at(display->stack.next));
	return mn_join(&display->end, &display->layers[display->at - 1].task);
}

static mn_poll mn_display_run(struct mn_display *self)
{
	MN_BEGIN(self);
	self->answer = mn_register(&self->server, &mn_display_service, self->instance);
	if (self->answer != MN_OK)
		MN_RETURN(self, mn_log_end(self->answer));
	set_up(self);
	for (;;) {
		self->current = free_slot(self);
		MN_AWAIT(self, mn_serve(self->current, &self->server));
		if (MN_RESULT(self) != MN_OK)
			break;
		if (held(self))
			continue;
		MN_AWAIT(self, mn_mutex_lock(&self->turn, &self->lock));
		if (MN_RESULT(self) != MN_OK)
			break;
		self->answer = mn__display_begin(self);
		while (mn__display_work(self))
			MN_YIELD(self);
		mn_mutex_unlock(&self->lock);
		mn__display_reply(self, self->current, self->answer);
		MN_AWAIT(self, layer_end(self));
		if (MN_RESULT(self) != MN_OK)
			break;
	}
	self->answer = MN_RESULT(self);
	mn_unregister(&self->server);
	mn_cancel(&self->frames.task);
	for (self->at = 0; self->at <= MN_DISPLAY_LAYERS; self->at++) {
		do { /* whatever happens: they use the memory below */
			MN_AWAIT(self, child_end(self));
		} while (MN_RESULT(self) != MN_OK);
	}
	MN_RETURN(self, mn_log_end(self->answer));
	MN_END(self);
}

MN_TASK_AS(mn_display, struct mn_display, "display");

void mn_display_start(struct mn_display *display, struct mn_kernel *kernel,
		      struct mn_display_device *device, const char *instance)
{
	MN_ASSERT(mn_bitmap_is_valid(&device->screen) && !device->screen.alpha &&
		  device->frame_us > 0);
	display->device = device;
	display->instance = instance;
	mn_spawn(kernel, &display->task, &mn_display_task);
}
