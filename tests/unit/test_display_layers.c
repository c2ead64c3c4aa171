/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: whose a layer is, and how many there can be: what cannot be is refused, nobody draws
 * into another's, and each that is gone makes room.
 */
#include "tasks_display.h"

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

	return cmocka_run_group_tests_name("display: layers", tests, NULL, NULL);
}
