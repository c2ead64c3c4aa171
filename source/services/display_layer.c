/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The layers of a display, and what requests do with them.
 *
 * A layer is open if it has an id; it is on the stack then. What a request changes is damage from
 * its first row on: no frame begins before its last.
 */
#include <string.h>
#include "display_internal.h"

#define MN_LOG_TARGET "services::display"

/* ---- Layers ---------------------------------------------------------------------------- */

static bool is_behind(const struct mn__display_layer *a, const struct mn__display_layer *b)
{
	return a->z != b->z ? a->z < b->z : (int32_t)(a->id - b->id) < 0;
}

static void push(struct mn__display_layer *layer)
{
	struct mn_list *const stack = &layer->display->stack;
	struct mn_list *next = stack;

	while (next->prev != stack && is_behind(layer, mn__layer_at(next->prev)))
		next = next->prev;
	mn_list_push(next, &layer->link);
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
	layer->fresh = MN__LAYER_CHANGED | MN__LAYER_UNFINISHED;
	push(layer);
}

void mn__layer_close(struct mn__display_layer *layer)
{
	mn_debug("layer %u: closed", (unsigned)layer->id);
	mn_list_remove(&layer->link);
	mn__display_damage(layer->display, &layer->rect);
	mn_free(layer->bitmap.pixels);
	layer->id = 0;
	mn_cancel(&layer->task);
}

/* Until it is closed, or its owner has ended; whoever cancels this task otherwise. */
static mn_poll mn_display_layer_run(struct mn__display_layer *self)
{
	MN_BEGIN(self);
	while (self->id && (self->owner = mn_find_task(self->owner_id)))
		MN_AWAIT(self, mn_join(&self->end, self->owner));
	do {
		MN_AWAIT(self, mn_mutex_lock(&self->turn, &self->display->lock));
	} while (MN_RESULT(self) != MN_OK);
	if (self->id)
		mn__layer_close(self);
	mn_mutex_unlock(&self->display->lock);
	MN_END(self);
}

MN_TASK_AS(mn_display_layer, struct mn__display_layer, "display_layer");

/* ---- Requests -------------------------------------------------------------------------- */

static struct mn__display_layer *free_layer(struct mn_display *display)
{
	for (uint32_t i = 0; i < MN_DISPLAY_LAYERS; i++)
		if (!(display->layers[i].task.frame.flags & MN__TASK_ALIVE))
			return &display->layers[i];
	return NULL;
}

struct mn__display_layer *mn__display_find(struct mn_display *display,
					   const struct mn_serving *serving)
{
	const struct mn_display_request *request = mn_request(serving);

	for (struct mn_list *at = display->stack.next; at != &display->stack; at = at->next) {
		struct mn__display_layer *layer = mn__layer_at(at);

		if (layer->id == request->layer && layer->owner_id == serving->call->wait.task->id)
			return layer;
	}
	return NULL;
}

/* A layer for a caller that lives, with what is filled in already. */
static void start_layer(struct mn_display *display, struct mn__display_layer *layer)
{
	struct mn_display_response *response = mn_response(display->current);

	if (++display->last_id == 0)
		display->last_id = 1;
	layer->display = display;
	layer->owner_id = display->current->call->wait.task->id;
	layer->id = response->layer = display->last_id;
	mn_heap_set_owner(layer->bitmap.pixels, layer->owner_id);
	place(layer, mn_request(display->current));
	mn_spawn(mn_running, &layer->task, &mn_display_layer_task);
	if (!layer->bitmap.alpha)
		mn__display_damage(display, &layer->rect);
	mn_debug("layer %u: open, %ux%u", (unsigned)layer->id, (unsigned)layer->rect.width,
		 (unsigned)layer->rect.height);
}

static mn_poll open_layer(struct mn_display *display, const struct mn_display_request *request)
{
	const struct mn_bitmap *screen = &display->device->screen;
	struct mn__display_layer *layer = free_layer(display);
	struct mn_rect rect = request->rect;
	size_t size;
	void *memory;

	if (!(rect.x | rect.y | rect.width | rect.height))
		rect = (struct mn_rect){0, 0, screen->width, screen->height};
	if (rect.width > MN_BITMAP_SIDE_MAX || rect.height > MN_BITMAP_SIDE_MAX)
		return MN_ETOOBIG;
	size = mn_bitmap_size(request->format, request->alpha_format, rect.width, rect.height);
	if (!size)
		return MN_EINVAL;
	if (!layer)
		return MN_EFULL;
	memory = mn_try_alloc(size);
	if (!memory)
		return MN_ENOMEM;
	memset(layer, 0, sizeof *layer);
	layer->rect = rect;
	mn_bitmap_init(&layer->bitmap, request->format, request->alpha_format, rect.width,
		       rect.height, memory, size);
	start_layer(display, layer);
	display->job.layer = layer;
	display->job.to = &layer->bitmap;
	display->job.left = (struct mn_rect){0, 0, rect.width, rect.height};
	return MN_OK;
}

/* A chunk into a layer, or from the screen, which is then at -x, -y of the chunk. */
static mn_poll prepare(struct mn_display *display, const struct mn_display_request *request)
{
	struct mn__display_job *job = &display->job;

	if (!request->chunk || !mn_bitmap_is_valid(request->chunk))
		return MN_EINVAL;
	job->x = bounded(request->x);
	job->y = bounded(request->y);
	if (job->layer) {
		job->to = &job->layer->bitmap;
		job->from = request->chunk;
	} else {
		job->to = request->chunk;
		job->from = &display->device->screen;
		job->x = -job->x;
		job->y = -job->y;
	}
	job->left = mn_rect_intersect(
		&(struct mn_rect){0, 0, job->to->width, job->to->height},
		&(struct mn_rect){job->x, job->y, job->from->width, job->from->height});
	return MN_OK;
}

static mn_poll draw(struct mn_display *display, const struct mn_display_request *request)
{
	struct mn__display_layer *layer = display->job.layer;
	const mn_poll prepared = prepare(display, request);
	struct mn_rect part = display->job.left;

	if (prepared != MN_OK)
		return prepared;
	part.x += layer->rect.x;
	part.y += layer->rect.y;
	mn__display_damage(display, &part);
	layer->fresh = MN__LAYER_CHANGED | MN__LAYER_UNFINISHED;
	display->stats.draws++;
	return MN_OK;
}

static mn_poll move(struct mn__display_layer *layer, const struct mn_display_request *request)
{
	mn__display_damage(layer->display, &layer->rect);
	mn_list_remove(&layer->link);
	place(layer, request);
	mn__display_damage(layer->display, &layer->rect);
	return MN_OK;
}

static mn_poll with_layer(struct mn__display_layer *layer, const struct mn_display_request *request)
{
	switch (request->what) {
	case MN_DISPLAY_DRAW:
	case MN_DISPLAY_REPLACE:
		return draw(layer->display, request);
	case MN_DISPLAY_MOVE:
		return move(layer, request);
	case MN_DISPLAY_CLOSE:
		mn__layer_close(layer);
		return MN_OK;
	default:
		return MN_EINVAL;
	}
}

mn_poll mn__display_begin(struct mn_display *display)
{
	const struct mn_display_request *request;
	struct mn__display_job *job = &display->job;

	memset(job, 0, sizeof *job);
	if (!mn_serving_live(display->current))
		return MN_ECANCELED;
	request = mn_request(display->current);
	job->what = request->what;
	switch (request->what) {
	case MN_DISPLAY_META:
		return MN_OK;
	case MN_DISPLAY_OPEN:
		return open_layer(display, request);
	case MN_DISPLAY_READ:
		return prepare(display, request);
	default:
		job->layer = mn__display_find(display, display->current);
		return job->layer ? with_layer(job->layer, request) : MN_EINVAL;
	}
}

/* ---- Work ------------------------------------------------------------------------------ */

struct mn_rect mn__take_band(struct mn_rect *left)
{
	const int32_t rows = MN_BITMAP_SIDE_MAX / left->width;
	struct mn_rect band = *left;

	if (band.height > rows)
		band.height = rows;
	left->y += band.height;
	left->height -= band.height;
	return band;
}

/* All that is in `band` of `to`. */
static void do_band(const struct mn__display_job *job, const struct mn_rect *band)
{
	struct mn_bitmap to = *job->to;
	const struct mn_rect part = {band->x - job->x, band->y - job->y, band->width, band->height};

	if (job->what == MN_DISPLAY_OPEN)
		mn_bitmap_fill(&to, band, MN_CLEAR);
	else if (job->what == MN_DISPLAY_DRAW)
		mn_bitmap_blend(&to, band->x, band->y, job->from, &part);
	else
		mn_bitmap_copy(&to, band->x, band->y, job->from, &part);
}

bool mn__display_work(struct mn_display *display)
{
	struct mn__display_job *job = &display->job;
	struct mn_rect band;

	if (mn_rect_is_empty(&job->left))
		return false;
	if (!mn_serving_live(display->current)) {
		if (job->what == MN_DISPLAY_OPEN)
			mn__layer_close(job->layer);
		return false;
	}
	band = mn__take_band(&job->left);
	do_band(job, &band);
	return job->left.height > 0;
}
