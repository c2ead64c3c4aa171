/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The display server: requests and layers. Frames are made in display_frame.c.
 *
 * Whoever works on layers or screen has the display's lock: the server for a request, a layer's
 * task when it closes it, the task of the frames while it composes. They may yield meanwhile, so
 * large pictures stop nobody, and yet nobody sees one half done. A layer is open if it has an id;
 * it is on the stack then.
 */
#include <string.h>
#include "display_internal.h"

#define MN_LOG_TARGET "services::display"

#define SLOTS (sizeof((struct mn_display *)0)->serving / sizeof(struct mn_serving))

const struct mn_service mn_display_service = {
	.uuid = MN_UUID(0xaa6a2af8, 0xafd8, 0x40e3, 0x83c2, 0x2c501c698aa8),
	.name = "display",
	.version = "2.0",
	.request_size = sizeof(struct mn_display_request),
	.response_size = sizeof(struct mn_display_response),
};

/* ---- Layers ---------------------------------------------------------------------------- */

static bool is_behind(const struct mn__display_layer *a, const struct mn__display_layer *b)
{
	return a->z != b->z ? a->z < b->z : (int32_t)(a->id - b->id) < 0;
}

static void push(struct mn__display_layer *layer)
{
	struct mn_display *display = layer->display;
	uint32_t at = display->stack_count++;

	for (; at > 0 && is_behind(layer, display->stack[at - 1]); at--)
		display->stack[at] = display->stack[at - 1];
	display->stack[at] = layer;
}

static void take_out(const struct mn__display_layer *layer)
{
	struct mn_display *display = layer->display;
	uint32_t at = 0;

	while (display->stack[at] != layer)
		at++;
	display->stack_count--;
	for (; at < display->stack_count; at++)
		display->stack[at] = display->stack[at + 1];
}

/* Part of a layer, in its own coordinates, has changed. */
static void damage(const struct mn__display_layer *layer, struct mn_rect part)
{
	part.x += layer->rect.x;
	part.y += layer->rect.y;
	mn__display_damage(layer->display, &part);
}

/* What is farther away cannot be seen either, and sums with it need not fit any more. */
static int32_t bounded(int32_t coordinate)
{
	const int32_t most = 2 * MN_BITMAP_SIDE_MAX;

	return coordinate < -most ? -most : coordinate > most ? most : coordinate;
}

static void place(struct mn__display_layer *layer, const struct mn_display_request *request)
{
	layer->rect.x = bounded(request->rect.x);
	layer->rect.y = bounded(request->rect.y);
	layer->z = request->z;
	layer->is_fresh = true;
	push(layer);
}

static void close_layer(struct mn__display_layer *layer)
{
	mn_debug("layer %u: closed", (unsigned)layer->id);
	take_out(layer);
	mn__display_damage(layer->display, &layer->rect);
	mn_free(layer->bitmap.pixels);
	layer->id = 0;
}

/* The owner, unless it has ended already: a struct of that address may be anybody's. */
static bool owner_lives(const struct mn__display_layer *layer)
{
	struct mn_list *tasks = &mn_running->tasks;

	for (struct mn_list *node = tasks->next; node != tasks; node = node->next)
		if (MN_CONTAINER(node, struct mn_task, all)->id == layer->owner_id)
			return true;
	return false;
}

/* Once the join has begun it no longer looks at the owner's memory. */
static mn_poll owner_end(struct mn__display_layer *layer)
{
	if (layer->end.wait.kind == MN_WAIT_NONE && !owner_lives(layer))
		return MN_OK;
	return mn_join(&layer->end, layer->owner);
}

static mn_poll mn_display_layer_run(struct mn__display_layer *self)
{
	MN_BEGIN(self);
	MN_TRY(self, owner_end(self));
	MN_TRY(self, mn_mutex_lock(&self->turn, &self->display->lock));
	if (self->id)
		close_layer(self);
	mn_mutex_unlock(&self->display->lock);
	MN_END(self);
}

MN_TASK_AS(mn_display_layer, struct mn__display_layer, "display_layer");

/* ---- Requests -------------------------------------------------------------------------- */

static struct mn__display_layer *free_layer(struct mn_display *display)
{
	for (uint32_t i = 0; i < MN_DISPLAY_LAYERS; i++)
		if (!display->layers[i].id &&
		    !(display->layers[i].task.frame.flags & MN__TASK_ALIVE))
			return &display->layers[i];
	return NULL;
}

struct mn__display_layer *mn__display_find(struct mn_display *display,
					   const struct mn_serving *serving)
{
	const struct mn_display_request *request = mn_request(serving);

	for (uint32_t i = 0; i < display->stack_count; i++)
		if (display->stack[i]->id == request->layer &&
		    display->stack[i]->owner_id == serving->call->wait.task->id)
			return display->stack[i];
	return NULL;
}

/* Memory for a layer, which is to be cleared. */
static mn_poll open_layer(struct mn_display *display, const struct mn_display_request *request)
{
	const struct mn_bitmap *screen = &display->device->screen;
	const struct mn_rect *given = &request->rect;
	const bool all = !given->x && !given->y && !given->width && !given->height;
	const struct mn_rect rect =
		all ? (struct mn_rect){0, 0, screen->width, screen->height} : *given;
	const size_t size =
		mn_bitmap_size(request->format, request->alpha_format, rect.width, rect.height);
	struct mn__display_job *job = &display->job;
	void *memory;

	if (rect.width > MN_BITMAP_SIDE_MAX || rect.height > MN_BITMAP_SIDE_MAX)
		return MN_ETOOBIG;
	if (!size)
		return MN_EINVAL;
	job->layer = free_layer(display);
	if (!job->layer)
		return MN_EFULL;
	memory = mn_try_alloc(size);
	if (!memory)
		return MN_ENOMEM;
	mn_bitmap_init(&job->to, request->format, request->alpha_format, rect.width, rect.height,
		       memory, size);
	job->part = job->done = (struct mn_rect){0, 0, rect.width, rect.height};
	return MN_OK;
}

/* The layer has been cleared: now it is one, if there is still somebody who wants it. */
static void opened(struct mn_display *display, struct mn_serving *serving)
{
	struct mn__display_job *job = &display->job;
	struct mn__display_layer *layer = job->layer;
	struct mn_display_response *response;
	const struct mn_display_request *request;

	if (!mn_serving_live(serving)) {
		mn_free(job->to.pixels);
		return;
	}
	request = mn_request(serving);
	response = mn_response(serving);
	if (++display->last_id == 0)
		display->last_id = 1;
	memset(layer, 0, sizeof *layer);
	layer->display = display;
	layer->owner = serving->call->wait.task;
	layer->owner_id = layer->owner->id;
	layer->id = response->layer = display->last_id;
	layer->rect = job->done;
	layer->bitmap = job->to;
	mn_heap_set_owner(job->to.pixels, layer->owner_id);
	mn_spawn(mn_running, &layer->task, &mn_display_layer_task);
	place(layer, request);
	if (job->to.alpha_format == MN_OPAQUE)
		mn__display_damage(display, &layer->rect);
	mn_debug("layer %u: open, %ux%u", (unsigned)layer->id, (unsigned)layer->rect.width,
		 (unsigned)layer->rect.height);
}

/* From `from` at x, y of `to`, what lies within it. */
static void prepare(struct mn__display_job *job, const struct mn_bitmap *to,
		    const struct mn_bitmap *from, int32_t x, int32_t y)
{
	const struct mn_rect all = {0, 0, to->width, to->height};

	job->to = *to;
	job->from = *from;
	job->done = mn_rect_intersect(&all, &(struct mn_rect){x, y, from->width, from->height});
	job->part = job->done;
	if (mn_rect_is_empty(&job->part))
		return; /* x and y may be any numbers */
	job->part.x -= x;
	job->part.y -= y;
}

static mn_poll draw(struct mn_display *display, const struct mn_display_request *request)
{
	if (!request->chunk || !mn_bitmap_is_valid(request->chunk))
		return MN_EINVAL;
	prepare(&display->job, &display->job.layer->bitmap, request->chunk, request->x, request->y);
	return MN_OK;
}

/* The chunk is a window on the screen: what the screen has at 0, 0 goes to -x, -y of it. */
static mn_poll read(struct mn_display *display, const struct mn_display_request *request)
{
	const struct mn_bitmap *screen = &display->device->screen;
	const struct mn_bitmap *chunk = request->chunk;
	struct mn__display_job *job = &display->job;

	if (!chunk || !mn_bitmap_is_valid(chunk))
		return MN_EINVAL;
	prepare(job, screen, chunk, request->x, request->y);
	job->to = *chunk;
	job->from = *screen;
	const struct mn_rect there = job->done;

	job->done = job->part;
	job->part = there;
	return MN_OK;
}

static mn_poll move(struct mn__display_layer *layer, const struct mn_display_request *request)
{
	mn__display_damage(layer->display, &layer->rect);
	take_out(layer);
	place(layer, request);
	mn__display_damage(layer->display, &layer->rect);
	return MN_OK;
}

static mn_poll close_own(struct mn__display_layer *layer)
{
	close_layer(layer);
	mn_cancel(&layer->task);
	return MN_OK;
}

/* What is short, all of it; what is long is prepared as a job. */
static mn_poll begin(struct mn_display *display, const struct mn_display_request *request)
{
	struct mn__display_job *job = &display->job;

	job->what = request->what;
	if (request->what == MN_DISPLAY_META)
		return MN_OK;
	if (request->what == MN_DISPLAY_OPEN)
		return open_layer(display, request);
	if (request->what == MN_DISPLAY_READ)
		return read(display, request);
	job->layer = mn__display_find(display, display->current);
	if (!job->layer)
		return MN_EINVAL;
	if (request->what == MN_DISPLAY_DRAW || request->what == MN_DISPLAY_REPLACE)
		return draw(display, request);
	if (request->what == MN_DISPLAY_MOVE)
		return move(job->layer, request);
	return request->what == MN_DISPLAY_CLOSE ? close_own(job->layer) : MN_EINVAL;
}

static void set_to_work(struct mn_display *display)
{
	memset(&display->job, 0, sizeof display->job);
	display->answer = MN_ECANCELED;
	if (mn_serving_live(display->current))
		display->answer = begin(display, mn_request(display->current));
}

/* Some rows, unless the caller, whose memory it may be, has gone. Returns whether there are more.
 */
static bool work(struct mn_display *display)
{
	struct mn__display_job *job = &display->job;
	struct mn_rect piece = job->part;
	int32_t y;

	if (mn_rect_is_empty(&piece) || !mn_serving_live(display->current))
		return false;
	y = job->done.y + job->done.height - piece.height;
	piece.height = mn__band_rows(piece.width, piece.height);
	if (job->what == MN_DISPLAY_OPEN)
		mn_bitmap_fill(&job->to, &piece, MN_CLEAR);
	else if (job->what == MN_DISPLAY_DRAW)
		mn_bitmap_blend(&job->to, job->done.x, y, &job->from, &piece);
	else
		mn_bitmap_copy(&job->to, job->done.x, y, &job->from, &piece);
	job->part.y += piece.height;
	job->part.height -= piece.height;
	return job->part.height > 0;
}

static void worked(struct mn_display *display)
{
	struct mn__display_job *job = &display->job;

	if (!job->to.pixels)
		return;
	if (job->what == MN_DISPLAY_OPEN)
		opened(display, display->current);
	if (job->what != MN_DISPLAY_DRAW && job->what != MN_DISPLAY_REPLACE)
		return;
	display->stats.draws += job->part.height == 0;
	job->layer->is_fresh = true;
	job->done.height -= job->part.height;
	damage(job->layer, job->done);
}

/* ---- Answers ----------------------------------------------------------------------------- */

void mn__display_reply(struct mn_display *display, struct mn_serving *serving, mn_poll result)
{
	const struct mn_bitmap *screen = &display->device->screen;

	display->stats.refused += result != MN_OK;
	if (mn_serving_live(serving)) {
		struct mn_display_response *response = mn_response(serving);

		response->meta.format = screen->format;
		response->meta.width = screen->width;
		response->meta.height = screen->height;
		response->meta.frame_us = display->device->frame_us;
		response->meta.frames = display->stats.frames;
	}
	mn_reply(serving, result);
}

/* A slot that holds no call; NULL if all do. */
static struct mn_serving *free_slot(struct mn_display *display)
{
	for (uint32_t i = 0; i < SLOTS; i++) {
		const unsigned bit = 1U << i;

		if (!((display->held | display->frames.answering) & bit))
			return &display->serving[i];
	}
	return NULL;
}

/* Clients that have given up waiting for a frame, the one under way included. */
static void let_go(struct mn_display *display)
{
	uint16_t *const answering = &display->frames.answering;

	for (uint32_t i = 0; i < SLOTS; i++) {
		const uint16_t others = (uint16_t) ~(1U << i);

		if (!((display->held | *answering) & 1U << i) ||
		    mn_serving_live(&display->serving[i]))
			continue;
		mn_reply(&display->serving[i], MN_ECANCELED);
		display->held &= others;
		*answering &= others;
	}
}

/* Keeps the call until a frame has been made, if there will be a slot for others. */
static mn_poll hold(struct mn_display *display)
{
	const unsigned bit = 1U << (display->current - display->serving);

	if (!mn__display_find(display, display->current))
		return MN_EINVAL;
	display->held |= (uint16_t)bit;
	if (!free_slot(display))
		let_go(display);
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
	display->stack_count = 0;
	mn_mutex_init(&display->lock);
	mn__display_frames_start(display);
}

/* What has to have ended before the next request, of those for a layer. */
static mn_poll layer_end(struct mn_display *display)
{
	if (display->job.what != MN_DISPLAY_CLOSE || display->answer != MN_OK)
		return MN_OK;
	return mn_join(&display->end, &display->job.layer->task);
}

static struct mn_task *child(struct mn_display *display, uint32_t at)
{
	return at < MN_DISPLAY_LAYERS ? &display->layers[at].task : &display->frames.task;
}

static void cancel_children(struct mn_display *display)
{
	for (uint32_t at = 0; at <= MN_DISPLAY_LAYERS; at++)
		mn_cancel(child(display, at));
}

static mn_poll mn_display_run(struct mn_display *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_register(&self->server, &mn_display_service, self->instance));
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
		set_to_work(self);
		while (work(self))
			MN_YIELD(self);
		worked(self);
		mn_mutex_unlock(&self->lock);
		MN_AWAIT(self, layer_end(self));
		if (MN_RESULT(self) != MN_OK)
			break;
		mn__display_reply(self, self->current, self->answer);
	}
	self->answer = MN_RESULT(self);
	mn_unregister(&self->server);
	cancel_children(self);
	for (self->at = 0; self->at <= MN_DISPLAY_LAYERS; self->at++) {
		do { /* whatever happens: they use the memory below */
			MN_AWAIT(self, mn_join(&self->end, child(self, self->at)));
		} while (MN_RESULT(self) != MN_OK);
	}
	while (self->stack_count > 0)
		close_layer(self->stack[0]);
	MN_RETURN(self, self->answer);
	MN_END(self);
}

MN_TASK_AS(mn_display, struct mn_display, "display");

void mn_display_start(struct mn_display *display, struct mn_kernel *kernel,
		      struct mn_display_device *device, const char *instance)
{
	MN_ASSERT(mn_bitmap_is_valid(&device->screen));
	MN_ASSERT(device->screen.alpha_format == MN_OPAQUE && device->frame_us > 0);
	display->device = device;
	display->instance = instance;
	mn_spawn(kernel, &display->task, &mn_display_task);
}
