/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* For tests of the display: a client that does what it is told, and keeps a picture of it. */
#ifndef TESTS_TASKS_DISPLAY_H
#define TESTS_TASKS_DISPLAY_H

#include <stdlib.h>
#include <string.h>
#include "display_model.h"
#include "sim.h"

enum painter_what { OPEN, DRAW, REPLACE, MOVE, FRAME, READ, META, CLOSE, END };

struct painter {
	struct mn_task task;
	struct sim *sim;
	struct mn_layer layer;
	struct mn_queue told;
	struct mn_waiter waiter;

	/* What it was told. */
	enum painter_what what;
	struct mn_layer_config config;
	const struct mn_bitmap *chunk;
	int32_t x, y, z;

	mn_poll result; /* MN_PENDING while it is at it */
};

static mn_poll painter_do(struct painter *self)
{
	switch (self->what) {
	case OPEN:
		return mn_layer_open(&self->layer, &self->config);
	case DRAW:
		return mn_layer_draw(&self->layer, self->chunk, self->x, self->y);
	case REPLACE:
		return mn_layer_replace(&self->layer, self->chunk, self->x, self->y);
	case MOVE:
		return mn_layer_move(&self->layer, self->x, self->y, self->z);
	case FRAME:
		return mn_layer_frame(&self->layer);
	case READ:
		return mn_display_read(&self->layer, NULL, self->chunk, self->x, self->y);
	case META:
		return mn_display_get_meta(&self->layer, NULL);
	case CLOSE:
		return mn_layer_close(&self->layer);
	case END:
		break;
	}
	return MN_OK;
}

static mn_poll painter_run(struct painter *self)
{
	MN_BEGIN(self);
	do {
		MN_TRY(self, mn_queue_wait(&self->waiter, &self->told));
		MN_AWAIT(self, painter_do(self));
		self->result = MN_RESULT(self);
	} while (self->what != END && self->result != MN_ECANCELED);
	MN_RETURN(self, self->result);
	MN_END(self);
}

MN_TASK(painter);

/* Tells it something; it is at it when the machine runs. */
static inline void paint_begin(struct painter *painter, enum painter_what what)
{
	painter->what = what;
	painter->result = MN_PENDING;
	sim_enter(painter->sim);
	mn_queue_wake_one(&painter->told);
	sim_leave();
}

/* The same, until nothing happens any more; time stands still. */
static inline mn_poll paint(struct painter *painter, enum painter_what what)
{
	paint_begin(painter, what);
	sim_settle(painter->sim);
	return painter->result;
}

static inline struct painter *painter_new(struct sim *sim)
{
	struct painter *painter = calloc(1, sizeof *painter);

	assert_non_null(painter);
	painter->sim = sim;
	mn_queue_init(&painter->told);
	mn_spawn(&sim->kernel, &painter->task, &painter_task);
	return painter;
}

static inline mn_poll paint_open(struct painter *painter, const struct mn_layer_config *config)
{
	painter->config = *config;
	return paint(painter, OPEN);
}

static inline mn_poll paint_chunk(struct painter *painter, enum painter_what what,
				  const struct mn_bitmap *chunk, int32_t x, int32_t y)
{
	painter->chunk = chunk;
	painter->x = x;
	painter->y = y;
	return paint(painter, what);
}

static inline mn_poll paint_move(struct painter *painter, int32_t x, int32_t y, int32_t z)
{
	painter->x = x;
	painter->y = y;
	painter->z = z;
	return paint(painter, MOVE);
}

/* A bitmap with memory of its own, to be freed with bitmap_free. */
static inline struct mn_bitmap bitmap_new(enum mn_pixel_format format, enum mn_alpha_format alpha,
					  int32_t width, int32_t height)
{
	const size_t size = mn_bitmap_size(format, alpha, width, height);
	struct mn_bitmap bitmap;

	assert_true(mn_bitmap_init(&bitmap, format, alpha, width, height, calloc(1, size), size));
	return bitmap;
}

static inline void bitmap_free(struct mn_bitmap *bitmap)
{
	free(bitmap->pixels);
}

#endif
