/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* For tests of the display: one with clients that do what they are told, and pictures of them. */
#ifndef TESTS_TASKS_DISPLAY_H
#define TESTS_TASKS_DISPLAY_H

#include <stdlib.h>
#include <string.h>
#include "display_model.h"
#include "sim.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum painter_what { OPEN, DRAW, REPLACE, MOVE, FRAME, READ, META, NEXT, CLOSE, END };

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
	case NEXT:
		return mn_display_frame(&self->layer, NULL);
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

/* ---- A display with painters ------------------------------------------------------------- */

#define PAINTERS 3
#define FRAME_US 16000
#define GUARD 64

struct bench {
	struct sim *sim;
	struct mn_display_device device;
	struct mn_display display;
	struct painter *painters[PAINTERS];
	struct picture pictures[PAINTERS];
	uint32_t opened;
	uint8_t *memory; /* of the screen, between guards */
	size_t size;

	/* What was presented. */
	uint32_t presents;
	struct mn_rect last;
	uint64_t last_us, least_us; /* when, and the least time between two */
	uint64_t takes_us;          /* a present, and what it answers */
	mn_poll answer;
	struct mn_sleep nap;
	void (*look)(struct bench *bench);
};

static inline void presented(struct bench *bench, const struct mn_rect *dirty)
{
	const struct mn_bitmap *screen = &bench->device.screen;

	if (bench->presents > 0 && bench->sim->now_us - bench->last_us < bench->least_us)
		bench->least_us = bench->sim->now_us - bench->last_us;
	bench->presents++;
	bench->last = *dirty;
	bench->last_us = bench->sim->now_us;
	assert_true(dirty->x >= 0 && dirty->y >= 0 && !mn_rect_is_empty(dirty));
	assert_true(dirty->x + dirty->width <= screen->width);
	assert_true(dirty->y + dirty->height <= screen->height);
	if (bench->look)
		bench->look(bench);
}

static inline mn_poll present(struct mn_display_device *device, const struct mn_rect *dirty)
{
	struct bench *bench = MN_CONTAINER(device, struct bench, device);
	mn_poll slept;

	if (!mn_wait_active(&bench->nap.wait))
		presented(bench, dirty);
	slept = bench->takes_us || mn_wait_active(&bench->nap.wait)
			? mn_sleep(&bench->nap, bench->takes_us)
			: MN_OK;
	return slept == MN_OK ? bench->answer : slept;
}

/* A screen with a gap behind each row. */
static inline struct bench *bench_of(struct sim *sim, enum mn_pixel_format format, int32_t width,
				     int32_t height)
{
	struct bench *bench = calloc(1, sizeof *bench);

	assert_non_null(bench);
	bench->sim = sim;
	bench->size = mn_bitmap_size(format, MN_OPAQUE, width + 32, height);
	bench->memory = malloc(bench->size + 2 * GUARD);
	assert_non_null(bench->memory);
	memset(bench->memory, 0xa5, bench->size + 2 * GUARD);
	assert_true(mn_bitmap_init(&bench->device.screen, format, MN_OPAQUE, width + 32, height,
				   bench->memory + GUARD, bench->size));
	bench->device.screen.width = width;
	bench->device.frame_us = FRAME_US;
	bench->device.present = present;
	bench->least_us = MN_NEVER;
	for (int i = 0; i < PAINTERS; i++)
		bench->painters[i] = painter_new(sim);
	mn_display_start(&bench->display, &sim->kernel, &bench->device, NULL);
	sim_settle(sim);
	return bench;
}

static inline struct bench *bench_new(struct sim *sim)
{
	return bench_of(sim, MN_RGB565, 40, 30);
}

/* Three bands a screen, two a half. */
#define WIDE 240
#define HIGH 140

static inline struct bench *large_bench_new(struct sim *sim)
{
	return bench_of(sim, MN_RGB565, WIDE, HIGH);
}

/* Nothing but pixels was written. */
static inline void assert_guarded(const struct bench *bench)
{
	const struct mn_bitmap *screen = &bench->device.screen;
	const size_t used = (size_t)screen->width * (screen->format == MN_RGB888   ? 32
						     : screen->format == MN_RGB565 ? 16
						     : screen->format == MN_GRAY8  ? 8
										   : 1);

	for (size_t i = 0; i < GUARD; i++) {
		assert_int_equal(bench->memory[i], 0xa5);
		assert_int_equal(bench->memory[GUARD + bench->size + i], 0xa5);
	}
	for (int32_t y = 0; y < screen->height; y++)
		for (size_t i = (used + 7) / 8; i < screen->stride; i++)
			assert_int_equal(bench->memory[GUARD + (size_t)y * screen->stride + i],
					 0xa5);
}

static inline void bench_free(struct bench *bench)
{
	sim_cancel_all(bench->sim);
	assert_guarded(bench);
	for (int i = 0; i < PAINTERS; i++) {
		free(bench->painters[i]);
		bitmap_free(&bench->pictures[i].bitmap);
	}
	free(bench->memory);
	free(bench);
}

/* Layers that are open. */
static inline uint32_t layers_open(const struct bench *bench)
{
	const struct mn_list *const stack = &bench->display.stack;
	uint32_t count = 0;

	for (const struct mn_list *at = stack->next; at != stack; at = at->next)
		count++;
	return count;
}

/* Until the next frame has been made, if one is wanted. */
static inline void next_frame(struct bench *bench)
{
	sim_run_for(bench->sim, FRAME_US);
}

static inline void assert_shows_model(struct bench *bench)
{
	const struct mn_bitmap *screen = &bench->device.screen;
	struct mn_bitmap model =
		bitmap_new(screen->format, MN_OPAQUE, screen->width, screen->height);

	next_frame(bench);
	model_screen(&model, bench->pictures, PAINTERS);
	assert_true(model_equal(screen, &model));
	bitmap_free(&model);
}

/* ---- Painters and their pictures -------------------------------------------------------- */

static inline void open_layer(struct bench *bench, int who, const struct mn_layer_config *config)
{
	struct picture *picture = &bench->pictures[who];
	const struct mn_layer *layer = &bench->painters[who]->layer;

	assert_int_equal(paint_open(bench->painters[who], config), MN_OK);
	bitmap_free(&picture->bitmap);
	*picture = (struct picture){
		.bitmap = bitmap_new(config->format, config->alpha_format, layer->rect.width,
				     layer->rect.height),
		.x = layer->rect.x,
		.y = layer->rect.y,
		.z = config->z,
		.order = ++bench->opened,
	};
	mn_bitmap_fill(&picture->bitmap, NULL, MN_CLEAR);
}

static inline void draw(struct bench *bench, int who, const struct mn_bitmap *chunk, int32_t x,
			int32_t y)
{
	assert_int_equal(paint_chunk(bench->painters[who], DRAW, chunk, x, y), MN_OK);
	model_draw(&bench->pictures[who].bitmap, chunk, x, y, false);
}

static inline void replace(struct bench *bench, int who, const struct mn_bitmap *chunk, int32_t x,
			   int32_t y)
{
	assert_int_equal(paint_chunk(bench->painters[who], REPLACE, chunk, x, y), MN_OK);
	model_draw(&bench->pictures[who].bitmap, chunk, x, y, true);
}

static inline void move(struct bench *bench, int who, int32_t x, int32_t y, int32_t z)
{
	assert_int_equal(paint_move(bench->painters[who], x, y, z), MN_OK);
	bench->pictures[who].x = x;
	bench->pictures[who].y = y;
	bench->pictures[who].z = z;
}

/* A chunk of one colour. */
static inline void draw_rect(struct bench *bench, int who, const struct mn_rect *rect,
			     mn_color color)
{
	struct mn_bitmap chunk = bitmap_new(MN_RGB888, MN_OPAQUE, rect->width, rect->height);

	mn_bitmap_fill(&chunk, NULL, color);
	draw(bench, who, &chunk, rect->x, rect->y);
	bitmap_free(&chunk);
}

/* Colours, and where there is a plane all its values, from one to the next pixel. */
static inline struct mn_bitmap colorful(enum mn_pixel_format format, enum mn_alpha_format alpha,
					int32_t width, int32_t height)
{
	struct mn_bitmap bitmap = bitmap_new(format, alpha, width, height);

	for (int32_t y = 0; y < height; y++)
		for (int32_t x = 0; x < width; x++)
			mn_bitmap_fill(&bitmap, &(struct mn_rect){x, y, 1, 1},
				       MN_RGBA(x * 37 & 255, y * 29 & 255, (x + y) * 53 & 255,
					       (x * 41 + y * 67) & 255));
	return bitmap;
}

static inline mn_color shown(const struct bench *bench, int32_t x, int32_t y)
{
	return mn_bitmap_at(&bench->device.screen, x, y);
}

#endif
