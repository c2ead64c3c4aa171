/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: what several programs see of a screen that they share. Each layer lies where it should,
 * with what was drawn into it and nothing else; no frame shows half a draw; what a client does, or
 * how it ends, harms no other; and a screen on which nothing changes costs nothing.
 */
#include <mnemos/gfx/draw.h>
#include "tasks_display.h"

/* ---- What is shown ------------------------------------------------------------------------ */

static void is_black_without_layers(void **state)
{
	struct bench *bench = bench_new(*state);

	assert_int_equal(bench->presents, 1);
	assert_shows_model(bench);
	assert_int_equal(shown(bench, 39, 29), MN_BLACK);
	bench_free(bench);
}

static void shows_what_is_drawn(void **state)
{
	struct bench *bench = bench_new(*state);

	open_layer(bench, 0,
		   &(struct mn_layer_config){.rect = {5, 7, 20, 10}, .format = MN_RGB565});
	draw_rect(bench, 0, &(struct mn_rect){2, 3, 4, 5}, MN_RED);
	assert_shows_model(bench);
	assert_int_equal(shown(bench, 7, 10), MN_RED);
	assert_int_equal(shown(bench, 10, 14), MN_RED);
	assert_int_equal(shown(bench, 11, 14), MN_BLACK);
	assert_int_equal(shown(bench, 10, 15), MN_BLACK);
	assert_int_equal(bench->display.stats.draws, 1);
	bench_free(bench);
}

static void a_layer_can_be_all_of_the_screen(void **state)
{
	struct bench *bench = bench_new(*state);
	const struct mn_layer *layer = &bench->painters[0]->layer;

	open_layer(bench, 0, &(struct mn_layer_config){.format = MN_RGB888});
	assert_int_equal(layer->rect.width, 40);
	assert_int_equal(layer->rect.height, 30);
	assert_int_equal(layer->meta.format, MN_RGB565);
	assert_int_equal(layer->meta.frame_us, FRAME_US);
	draw_rect(bench, 0, &(struct mn_rect){0, 0, 40, 30}, MN_GREEN);
	assert_shows_model(bench);
	assert_int_equal(shown(bench, 39, 29), MN_GREEN);
	bench_free(bench);
}

static void nearer_layers_cover_those_behind(void **state)
{
	struct bench *bench = bench_new(*state);
	const struct mn_layer_config all = {.format = MN_RGB565};

	for (int who = 0; who < PAINTERS; who++) {
		open_layer(bench, who, &all);
		draw_rect(bench, who, &(struct mn_rect){0, 0, 40, 30},
			  (const mn_color[]){MN_RED, MN_GREEN, MN_BLUE}[who]);
	}
	assert_shows_model(bench);
	assert_int_equal(shown(bench, 9, 9), MN_BLUE); /* of equal ones the last */
	move(bench, 0, 0, 0, 7);
	assert_shows_model(bench);
	assert_int_equal(shown(bench, 9, 9), MN_RED);
	move(bench, 2, 0, 0, -7);
	assert_shows_model(bench);
	assert_int_equal(shown(bench, 9, 9), MN_RED);
	move(bench, 0, 0, 0, -7); /* equal again: opened earlier */
	assert_shows_model(bench);
	assert_int_equal(shown(bench, 9, 9), MN_GREEN);
	move(bench, 1, 20, 0, INT32_MIN);
	assert_shows_model(bench);
	assert_int_equal(shown(bench, 9, 9), MN_BLUE);
	bench_free(bench);
}

/* All formats of screen, layer and chunk, with and without transparency, over each other. */
static void layers_of_all_formats_lie_upon_each_other(void **state)
{
	static const enum mn_pixel_format formats[] = {MN_MONO, MN_GRAY8, MN_RGB565, MN_RGB888};
	static const enum mn_alpha_format alphas[] = {MN_OPAQUE, MN_MASK, MN_ALPHA8};
	struct bench *bench;

	for (size_t f = 0; f < COUNT(formats); f++) {
		bench = bench_of(*state, formats[f], 31, 17);
		open_layer(bench, 0, &(struct mn_layer_config){.format = MN_RGB888});
		for (size_t i = 0; i < COUNT(formats) * COUNT(alphas); i++) {
			struct mn_bitmap chunk = colorful(formats[i % 4], alphas[i / 4], 13, 11);

			open_layer(bench, 1,
				   &(struct mn_layer_config){.rect = {4, 2, 21, 12},
							     .format = formats[(i + f) % 4],
							     .alpha_format = alphas[i % 3]});
			draw(bench, 0, &chunk, (int32_t)i, 3);
			draw(bench, 1, &chunk, 1, 1);
			draw(bench, 1, &chunk, 6, 3);
			assert_shows_model(bench);
			replace(bench, 1, &chunk, 9, 5);
			assert_shows_model(bench);
			assert_int_equal(paint(bench->painters[1], CLOSE), MN_OK);
			bitmap_free(&chunk);
		}
		bench_free(bench);
	}
}

static void moving_shows_what_was_behind(void **state)
{
	struct bench *bench = bench_new(*state);
	static const int32_t far[] = {0, 3, -5, 35, -20, 40, 100, INT32_MIN, INT32_MAX};

	open_layer(bench, 0, &(struct mn_layer_config){.format = MN_RGB565});
	draw_rect(bench, 0, &(struct mn_rect){0, 0, 40, 30}, MN_GRAY);
	open_layer(bench, 1,
		   &(struct mn_layer_config){
			   .rect = {1, 1, 20, 10}, .format = MN_RGB565, .alpha_format = MN_MASK});
	draw_rect(bench, 1, &(struct mn_rect){3, 3, 10, 6}, MN_YELLOW);
	for (size_t x = 0; x < COUNT(far); x++)
		for (size_t y = 0; y < COUNT(far); y++) {
			move(bench, 1, far[x], far[y], 0);
			assert_shows_model(bench);
		}
	bench_free(bench);
}

static void what_lies_outside_is_cut_off(void **state)
{
	struct bench *bench = bench_new(*state);
	static const int32_t at[] = {
		0, 7, -3, 19, 20, -13, -14, 21, INT32_MIN, INT32_MAX, INT32_MAX - 5, 1 << 30};
	struct mn_bitmap chunk = colorful(MN_RGB565, MN_ALPHA8, 13, 9);

	open_layer(bench, 0,
		   &(struct mn_layer_config){.rect = {30, 25, 20, 10}, .format = MN_RGB565});
	for (size_t x = 0; x < COUNT(at); x++)
		for (size_t y = 0; y < COUNT(at); y++)
			draw(bench, 0, &chunk, at[x], at[y]);
	assert_shows_model(bench);
	move(bench, 0, -5, -5, 0);
	assert_shows_model(bench);
	move(bench, 0, 5, 5, 0);
	assert_shows_model(bench);
	bitmap_free(&chunk);
	bench_free(bench);
}

/* A small change does not cost a whole screen; many do not cost more than that. */
static void only_what_has_changed_is_presented(void **state)
{
	struct bench *bench = bench_new(*state);

	open_layer(bench, 0,
		   &(struct mn_layer_config){.rect = {10, 10, 20, 10}, .format = MN_RGB565});
	next_frame(bench);
	bench->presents = 0;
	draw_rect(bench, 0, &(struct mn_rect){3, 4, 5, 2}, MN_RED);
	next_frame(bench);
	assert_int_equal(bench->presents, 1);
	assert_memory_equal(&bench->last, (&(struct mn_rect){13, 14, 5, 2}), sizeof bench->last);
	for (int32_t i = 0; i < 200; i++)
		draw_rect(bench, 0, &(struct mn_rect){i % 20, i / 20, 1, 1}, MN_BLUE);
	bench->presents = 0;
	assert_shows_model(bench);
	assert_in_range(bench->presents, 1, MN_DISPLAY_DIRTY);
	bench->presents = 0;
	draw_rect(bench, 0, &(struct mn_rect){20, 0, 5, 5}, MN_RED); /* beside the layer */
	move(bench, 0, 50, 50, 0);
	next_frame(bench);
	assert_int_equal(bench->presents, 1);
	bench->presents = 0;
	draw_rect(bench, 0, &(struct mn_rect){0, 0, 5, 5}, MN_RED); /* beside the screen */
	next_frame(bench);
	assert_int_equal(bench->presents, 0);
	bench_free(bench);
}

/* FNV-1a of the colours, as the order of their bytes in memory is the machine's. */
static uint32_t checksum(const struct mn_bitmap *bitmap)
{
	uint32_t sum = 0x811c9dc5;

	for (int32_t y = 0; y < bitmap->height; y++)
		for (int32_t x = 0; x < bitmap->width; x++)
			sum = (sum ^ mn_bitmap_at(bitmap, x, y)) * 0x01000193;
	return sum;
}

/* Drawn into memory, as on a board without a screen; the numbers are those of any machine. */
static void is_the_same_on_every_machine(void **state)
{
	static const struct {
		enum mn_pixel_format format;
		uint32_t sum;
	} screens[] = {{MN_MONO, 0xcf3bd7c3},
		       {MN_GRAY8, 0x09918450},
		       {MN_RGB565, 0x0c1710f5},
		       {MN_RGB888, 0x5babfd3a}};
	struct mn_bitmap back = colorful(MN_RGB888, MN_OPAQUE, 160, 120);
	struct mn_bitmap front = colorful(MN_RGB565, MN_ALPHA8, 60, 50);
	struct mn_target target = mn_target_of(&front);

	mn_fill_rect(&target, &(struct mn_rect){5, 5, 30, 20}, MN_RGBA(200, 100, 50, 180));
	mn_stroke_rect(&target, &(struct mn_rect){10, 15, 45, 30}, 3, MN_YELLOW);
	for (size_t i = 0; i < COUNT(screens); i++) {
		struct bench *bench = bench_of(*state, screens[i].format, 160, 120);

		bench->device.present = NULL;
		open_layer(bench, 0, &(struct mn_layer_config){.format = MN_RGB565});
		open_layer(bench, 1,
			   &(struct mn_layer_config){.rect = {40, 30, 90, 70},
						     .format = MN_RGB888,
						     .alpha_format = MN_ALPHA8});
		draw(bench, 0, &back, 0, 0);
		draw(bench, 1, &front, -7, -9);
		draw(bench, 1, &front, 25, 30);
		move(bench, 1, 33, 22, 1);
		next_frame(bench);
		assert_int_equal(checksum(&bench->device.screen), screens[i].sum);
		bench_free(bench);
	}
	bitmap_free(&back);
	bitmap_free(&front);
}

static void reads_what_is_shown(void **state)
{
	struct bench *bench = bench_new(*state);
	struct mn_bitmap copy = bitmap_new(MN_RGB565, MN_OPAQUE, 40, 30);
	struct mn_bitmap part = bitmap_new(MN_RGB888, MN_ALPHA8, 10, 10);
	struct mn_bitmap chunk = colorful(MN_RGB888, MN_OPAQUE, 40, 30);

	open_layer(bench, 0, &(struct mn_layer_config){.format = MN_RGB565});
	draw(bench, 0, &chunk, 0, 0);
	next_frame(bench);
	assert_int_equal(paint_chunk(bench->painters[1], READ, &copy, 0, 0), MN_OK);
	assert_true(model_equal(&copy, &bench->device.screen));
	draw_rect(bench, 0, &(struct mn_rect){0, 0, 40, 30}, MN_RED); /* not shown yet */
	assert_int_equal(paint_chunk(bench->painters[0], READ, &part, 35, -4), MN_OK);
	for (int32_t y = 0; y < 10; y++)
		for (int32_t x = 0; x < 10; x++)
			assert_int_equal(mn_bitmap_at(&part, x, y),
					 mn_bitmap_at(&copy, 35 + x, y - 4));
	assert_int_equal(paint_chunk(bench->painters[1], READ, &part, INT32_MAX, INT32_MIN), MN_OK);
	assert_int_equal(bench->painters[1]->layer.meta.width, 40);
	bitmap_free(&copy);
	bitmap_free(&part);
	bitmap_free(&chunk);
	bench_free(bench);
}

/* ---- Mistakes -------------------------------------------------------------------------------- */

static void refuses_layers_that_cannot_be(void **state)
{
	struct bench *bench = bench_new(*state);
	struct painter *painter = bench->painters[0];
	static const struct {
		struct mn_layer_config config;
		mn_poll answer;
	} cases[] = {
		{{.rect = {0, 0, 0, 5}}, MN_EINVAL},
		{{.rect = {0, 0, 5, 0}}, MN_EINVAL},
		{{.rect = {1, 0, 0, 0}}, MN_EINVAL},
		{{.rect = {0, 0, -1, -1}}, MN_EINVAL},
		{{.rect = {0, 0, INT32_MIN, 1}}, MN_EINVAL},
		{{.rect = {0, 0, MN_BITMAP_SIDE_MAX + 1, 1}}, MN_ETOOBIG},
		{{.rect = {0, 0, 1, INT32_MAX}}, MN_ETOOBIG},
		{{.rect = {0, 0, INT32_MAX, INT32_MAX}}, MN_ETOOBIG},
		{{.rect = {0, 0, 5, 5}, .format = (enum mn_pixel_format)4}, MN_EINVAL},
		{{.rect = {0, 0, 5, 5}, .alpha_format = (enum mn_alpha_format)3}, MN_EINVAL},
		{{.rect = {0, 0, MN_BITMAP_SIDE_MAX, MN_BITMAP_SIDE_MAX}, .format = MN_RGB888},
		 MN_ENOMEM},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(paint_open(painter, &cases[i].config), cases[i].answer);
	assert_int_equal(bench->display.stats.refused, COUNT(cases));
	open_layer(bench, 0, &(struct mn_layer_config){.format = MN_MONO});
	assert_int_equal(paint(painter, OPEN), MN_EINVAL); /* it is open */
	assert_shows_model(bench);
	bench_free(bench);
}

static void refuses_what_is_no_bitmap(void **state)
{
	struct bench *bench = bench_new(*state);
	struct mn_bitmap good = colorful(MN_RGB888, MN_ALPHA8, 10, 10), bad = good;
	struct painter *painter = bench->painters[0];

	open_layer(bench, 0, &(struct mn_layer_config){.format = MN_RGB888});
	assert_int_equal(paint_chunk(painter, DRAW, NULL, 0, 0), MN_EINVAL);
	assert_int_equal(paint_chunk(painter, READ, NULL, 0, 0), MN_EINVAL);
	bad.alpha = NULL;
	assert_int_equal(paint_chunk(painter, DRAW, &bad, 0, 0), MN_EINVAL);
	bad = good;
	bad.width = INT32_MAX;
	assert_int_equal(paint_chunk(painter, REPLACE, &bad, 0, 0), MN_EINVAL);
	assert_int_equal(paint_chunk(painter, READ, &bad, 0, 0), MN_EINVAL);
	bad = good;
	bad.stride = 1;
	assert_int_equal(paint_chunk(painter, DRAW, &bad, 0, 0), MN_EINVAL);
	assert_shows_model(bench);
	bitmap_free(&good);
	bench_free(bench);
}

static void a_layer_that_is_not_open_does_nothing(void **state)
{
	struct bench *bench = bench_new(*state);
	struct mn_bitmap chunk = colorful(MN_MONO, MN_OPAQUE, 8, 8);
	struct painter *painter = bench->painters[0];

	for (int times = 0; times < 2; times++) {
		assert_int_equal(paint_chunk(painter, DRAW, &chunk, 0, 0), MN_EINVAL);
		assert_int_equal(paint(painter, FRAME), MN_EINVAL);
		assert_int_equal(paint(painter, MOVE), MN_EINVAL);
		assert_int_equal(paint(painter, CLOSE), MN_OK);
		assert_int_equal(paint(painter, META), MN_OK);
		open_layer(bench, 0, &(struct mn_layer_config){.format = MN_RGB565});
		assert_int_equal(paint(painter, CLOSE), MN_OK);
		bench->pictures[0].order = 0;
	}
	assert_int_equal(painter->layer.meta.height, 30);
	assert_shows_model(bench);
	bitmap_free(&chunk);
	bench_free(bench);
}

/* Whoever has a copy of a layer's struct still has no layer. */
static void a_layer_is_its_owners_alone(void **state)
{
	struct bench *bench = bench_new(*state);
	struct mn_bitmap chunk = colorful(MN_RGB565, MN_OPAQUE, 8, 8);
	struct painter *thief = bench->painters[1];

	open_layer(bench, 0, &(struct mn_layer_config){.format = MN_RGB565});
	thief->layer = bench->painters[0]->layer;
	assert_int_equal(paint_chunk(thief, DRAW, &chunk, 0, 0), MN_EINVAL);
	assert_int_equal(paint_chunk(thief, REPLACE, &chunk, 0, 0), MN_EINVAL);
	assert_int_equal(paint_move(thief, 5, 5, 5), MN_EINVAL);
	assert_int_equal(paint(thief, FRAME), MN_EINVAL);
	assert_int_equal(paint(thief, CLOSE), MN_EINVAL);
	assert_shows_model(bench);
	thief->layer.id = 0;
	bitmap_free(&chunk);
	bench_free(bench);
}

/* Lets a painter begin anew as soon as it has ended, with a draw. */
struct phoenix {
	struct mn_task task;
	struct painter *painter;
	struct mn_join end;
};

static mn_poll phoenix_run(struct phoenix *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_join(&self->end, &self->painter->task));
	self->painter->what = DRAW;
	mn_spawn(mn_running, &self->painter->task, &painter_task);
	mn_queue_wake_one(&self->painter->told);
	MN_END(self);
}

MN_TASK(phoenix);

/* The owner ends, and perhaps before anybody has seen it another task begins in its memory. */
static void nobody_inherits_a_layer(void **state)
{
	struct bench *bench = bench_new(*state);
	struct mn_bitmap chunk = colorful(MN_RGB565, MN_OPAQUE, 8, 8);
	struct painter *painter = bench->painters[0];
	struct phoenix phoenix = {.painter = painter};

	for (int times = 0; times < 50; times++) {
		open_layer(bench, 0, &(struct mn_layer_config){.format = MN_RGB565});
		draw(bench, 0, &chunk, times % 30, 3);
		assert_shows_model(bench);
		paint_begin(painter, END);
		mn_spawn(&bench->sim->kernel, &phoenix.task, &phoenix_task);
		sim_settle(bench->sim);
		assert_int_equal(painter->result, MN_EINVAL);
		assert_int_equal(layers_open(bench), 0);
		bench->pictures[0].order = 0;
		assert_shows_model(bench);
		painter->layer.id = 0;
	}
	bitmap_free(&chunk);
	bench_free(bench);
}

/* Closes its layer and opens it again, at once. */
struct reopener {
	struct mn_task task;
	struct mn_layer layer;
	uint32_t times;
};

static const struct mn_layer_config small = {.rect = {0, 0, 5, 5}};

static mn_poll reopener_run(struct reopener *self)
{
	MN_BEGIN(self);
	for (self->times = 0; self->times < 50; self->times++) {
		MN_TRY(self, mn_layer_open(&self->layer, &small));
		MN_TRY(self, mn_layer_close(&self->layer));
	}
	MN_END(self);
}

MN_TASK(reopener);

static void a_layer_that_is_closed_makes_room_at_once(void **state)
{
	struct bench *bench = bench_new(*state);
	const struct mn_layer_config config = {.rect = {1, 1, 4, 4}, .format = MN_RGB565};
	struct painter *many[MN_DISPLAY_LAYERS - 1];
	struct reopener reopener = {0};

	for (size_t i = 0; i < COUNT(many); i++) {
		many[i] = painter_new(bench->sim);
		assert_int_equal(paint_open(many[i], &config), MN_OK);
	}
	mn_spawn(&bench->sim->kernel, &reopener.task, &reopener_task);
	sim_settle(bench->sim);
	assert_int_equal(reopener.task.frame.result, MN_OK);
	assert_int_equal(reopener.times, 50);
	bench_free(bench);
	for (size_t i = 0; i < COUNT(many); i++)
		free(many[i]);
}

/* A layer whose task somebody has cancelled stays its owner's, and goes with it. */
static void a_layer_survives_that_its_task_is_cancelled(void **state)
{
	struct bench *bench = bench_new(*state);

	open_layer(bench, 0, &(struct mn_layer_config){.rect = {2, 2, 9, 9}, .format = MN_RGB565});
	sim_cancel(bench->sim, &bench->display.layers[0].task);
	sim_settle(bench->sim);
	open_layer(bench, 1, &(struct mn_layer_config){.rect = {5, 5, 9, 9}, .format = MN_RGB565});
	draw_rect(bench, 0, &(struct mn_rect){0, 0, 9, 9}, MN_RED);
	draw_rect(bench, 1, &(struct mn_rect){0, 0, 9, 9}, MN_BLUE);
	assert_shows_model(bench);
	assert_int_equal(paint(bench->painters[0], CLOSE), MN_OK);
	bench->pictures[0].order = 0;
	assert_shows_model(bench);
	for (size_t i = 0; i < MN_DISPLAY_LAYERS; i++)
		sim_cancel(bench->sim, &bench->display.layers[i].task);
	sim_settle(bench->sim);
	assert_int_equal(paint(bench->painters[1], END), MN_OK);
	bench->pictures[1].order = 0;
	assert_int_equal(layers_open(bench), 0);
	assert_shows_model(bench);
	bench_free(bench);
}

static void as_many_layers_as_there_may_be(void **state)
{
	struct bench *bench = bench_new(*state);
	const struct mn_layer_config config = {.rect = {1, 1, 4, 4}, .format = MN_RGB565};
	struct painter *many[MN_DISPLAY_LAYERS];

	for (size_t i = 0; i < COUNT(many); i++) {
		many[i] = painter_new(bench->sim);
		assert_int_equal(paint_open(many[i], &config), MN_OK);
	}
	for (size_t i = 0; i < COUNT(many); i++) {
		assert_int_equal(paint_open(bench->painters[0], &config), MN_EFULL);
		if (i % 2)
			sim_cancel(bench->sim, &many[i]->task);
		else
			assert_int_equal(paint(many[i], CLOSE), MN_OK);
		sim_settle(bench->sim);
		assert_int_equal(paint_open(bench->painters[0], &config), MN_OK);
		assert_int_equal(paint(bench->painters[0], CLOSE), MN_OK);
		if (i % 2)
			mn_spawn(&bench->sim->kernel, &many[i]->task, &painter_task);
		many[i]->layer.id = 0;
		assert_int_equal(paint_open(many[i], &config), MN_OK);
	}
	bench_free(bench);
	for (size_t i = 0; i < COUNT(many); i++)
		free(many[i]);
}

static void survives_a_lack_of_memory(void **state)
{
	struct bench *bench = bench_new(*state);
	struct mn_heap *heap = bench->sim->kernel.heap;
	struct painter *painter = bench->painters[0];
	bool failed = true;

	for (uint32_t n = 1; failed; n++) {
		mn_heap_fail_after(heap, n);
		failed = paint_open(painter, &(struct mn_layer_config){.format = MN_RGB565}) !=
			 MN_OK;
		assert_true(!failed || painter->result == MN_ENOMEM);
		assert_int_equal(paint(painter, CLOSE), MN_OK);
		assert_true(n < 10);
	}
	mn_heap_fail_after(heap, 0);
	bench_free(bench); /* the machine sees to it that nothing is left */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(is_black_without_layers),
		SIM_TEST(shows_what_is_drawn),
		SIM_TEST(a_layer_can_be_all_of_the_screen),
		SIM_TEST(nearer_layers_cover_those_behind),
		SIM_TEST(layers_of_all_formats_lie_upon_each_other),
		SIM_TEST(moving_shows_what_was_behind),
		SIM_TEST(what_lies_outside_is_cut_off),
		SIM_TEST(only_what_has_changed_is_presented),
		SIM_TEST(is_the_same_on_every_machine),
		SIM_TEST(reads_what_is_shown),
		SIM_TEST(refuses_layers_that_cannot_be),
		SIM_TEST(refuses_what_is_no_bitmap),
		SIM_TEST(a_layer_that_is_not_open_does_nothing),
		SIM_TEST(a_layer_is_its_owners_alone),
		SIM_TEST(nobody_inherits_a_layer),
		SIM_TEST(a_layer_that_is_closed_makes_room_at_once),
		SIM_TEST(a_layer_survives_that_its_task_is_cancelled),
		SIM_TEST(as_many_layers_as_there_may_be),
		SIM_TEST(survives_a_lack_of_memory),
	};

	return cmocka_run_group_tests_name("display", tests, NULL, NULL);
}
