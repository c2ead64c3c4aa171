/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: that whoever ends, client or server, at whatever moment, leaves nothing behind and
 * disturbs nobody.
 */
#include "tasks_display.h"

static const struct mn_layer_config usual = {.format = MN_RGB565};

/* Cancels a painter some turns later; what that has lent is nobody's then. */
struct killer {
	struct mn_task task;
	struct painter *painter;
	struct mn_bitmap chunk;
	uint32_t turns;
	struct mn_join end;
};

static mn_poll killer_run(struct killer *self)
{
	MN_BEGIN(self);
	while (self->turns-- > 0)
		MN_YIELD(self);
	mn_cancel(&self->painter->task);
	MN_TRY(self, mn_join(&self->end, &self->painter->task));
	bitmap_free(&self->chunk);
	free(self->painter);
	MN_END(self);
}

MN_TASK(killer);

/* Someone is killed in the middle of something, so many turns after it has begun. */
static void kill_during(struct bench *bench, enum painter_what what, uint32_t turns)
{
	struct killer killer = {
		.painter = bench->painters[1],
		.chunk = bitmap_new(MN_RGB565, MN_MASK, WIDE, HIGH),
		.turns = turns,
	};

	if (what != OPEN)
		open_layer(bench, 1, &(struct mn_layer_config){.format = MN_RGB565});
	killer.painter->config.format = MN_RGB565;
	killer.painter->chunk = &killer.chunk;
	paint_begin(killer.painter, what);
	mn_spawn(&bench->sim->kernel, &killer.task, &killer_task);
	sim_run_for(bench->sim, 2 * FRAME_US);
	assert_int_equal(killer.task.frame.flags & MN__TASK_ALIVE, 0);
	bench->pictures[1].order = 0;
	bench->painters[1] = painter_new(bench->sim);
	assert_int_equal(layers_open(bench), 1);
}

static void a_client_can_be_killed_at_any_moment(void **state)
{
	static const enum painter_what whats[] = {OPEN, DRAW, REPLACE, MOVE, FRAME, READ, CLOSE};
	struct bench *bench = large_bench_new(*state);

	open_layer(bench, 0, &(struct mn_layer_config){.format = MN_RGB565});
	draw_rect(bench, 0, &(struct mn_rect){0, 0, WIDE, HIGH}, MN_BLUE);
	for (size_t i = 0; i < COUNT(whats); i++) {
		for (uint32_t turns = 0; turns < 12; turns++)
			kill_during(bench, whats[i], turns);
		draw_rect(bench, 0, &(struct mn_rect){(int32_t)i, 7, 9, 9}, MN_RED);
		assert_shows_model(bench);
	}
	bench_free(bench);
}

static void a_client_that_ends_takes_its_layer(void **state)
{
	struct bench *bench = bench_new(*state);

	for (int how = 0; how < 2; how++) {
		open_layer(bench, 0, &(struct mn_layer_config){.format = MN_RGB565});
		draw_rect(bench, 0, &(struct mn_rect){0, 0, 40, 30}, MN_BLUE);
		assert_shows_model(bench);
		if (how == 0)
			paint_begin(bench->painters[0], END);
		else
			sim_cancel(bench->sim, &bench->painters[0]->task);
		sim_settle(bench->sim);
		bench->pictures[0].order = 0;
		assert_shows_model(bench);
		mn_spawn(&bench->sim->kernel, &bench->painters[0]->task, &painter_task);
		bench->painters[0]->layer.id = 0;
	}
	bench_free(bench);
}

/* Gives up closing its layer, and then does it all the same. */
struct quitter {
	struct mn_task task;
	struct mn_layer layer;
	mn_poll first;
};

static mn_poll quitter_run(struct quitter *self)
{
	MN_BEGIN(self);
	self->first = MN_PENDING;
	MN_TRY(self, mn_layer_open(&self->layer, &usual));
	MN_AWAIT(self, mn_layer_close(&self->layer));
	self->first = MN_RESULT(self);
	MN_TRY(self, mn_layer_close(&self->layer));
	MN_TRY(self, mn_layer_open(&self->layer, &usual));
	MN_TRY(self, mn_layer_close(&self->layer));
	MN_END(self);
}

MN_TASK(quitter);

static void a_close_that_is_given_up_can_be_done_again(void **state)
{
	struct bench *bench = bench_new(*state);
	uint32_t given_up = 0;

	for (uint32_t i = 0; i < 60; i++) {
		struct quitter quitter = {0};
		struct sim_canceller canceller;

		mn_spawn(&bench->sim->kernel, &quitter.task, &quitter_task);
		sim_cancel_later(bench->sim, &canceller, &quitter.task, i % 12);
		sim_settle(bench->sim);
		assert_int_equal(layers_open(bench), 0);
		if (quitter.first != MN_ECANCELED)
			continue;
		given_up++;
		assert_int_equal(quitter.task.frame.result, MN_OK);
	}
	assert_true(given_up > 0);
	bench_free(bench);
}

/* Opens the last layer there may be, gives up, and opens it at once. */
struct waverer {
	struct mn_task task;
	struct mn_layer layer;
	mn_poll first;
};

static mn_poll waverer_run(struct waverer *self)
{
	MN_BEGIN(self);
	MN_AWAIT(self, mn_layer_open(&self->layer, &usual));
	self->first = MN_RESULT(self);
	if (self->first == MN_ECANCELED)
		MN_TRY(self, mn_layer_open(&self->layer, &usual));
	MN_END(self);
}

MN_TASK(waverer);

static void an_open_that_is_given_up_makes_room(void **state)
{
	struct bench *bench = large_bench_new(*state);
	struct painter *many[MN_DISPLAY_LAYERS - 1];
	uint32_t given_up = 0;

	for (size_t i = 0; i < COUNT(many); i++) {
		many[i] = painter_new(bench->sim);
		assert_int_equal(
			paint_open(many[i], &(struct mn_layer_config){.rect = {0, 0, 1, 1}}),
			MN_OK);
	}
	for (uint32_t i = 0; i < 36; i++) {
		struct waverer waverer = {0};
		struct sim_canceller canceller;

		mn_spawn(&bench->sim->kernel, &waverer.task, &waverer_task);
		sim_cancel_later(bench->sim, &canceller, &waverer.task, i % 12);
		sim_settle(bench->sim);
		given_up += waverer.first == MN_ECANCELED;
		assert_int_equal(waverer.task.frame.result, MN_OK);
		assert_int_equal(layers_open(bench), COUNT(many));
	}
	assert_true(given_up > 0);
	bench_free(bench);
	for (size_t i = 0; i < COUNT(many); i++)
		free(many[i]);
}

/* A task of the heap, which has ended before anybody could begin to wait for that. */
struct moth {
	struct mn_task task;
	struct mn_layer layer;
};

static mn_poll moth_run(struct moth *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_layer_open(&self->layer, &usual));
	MN_END(self);
}

MN_TASK(moth);

static void an_owner_may_be_gone_at_once(void **state)
{
	struct bench *bench = bench_new(*state);

	for (int i = 0; i < 20; i++) {
		assert_non_null(mn_spawn_heap(&bench->sim->kernel, &moth_task));
		sim_settle(bench->sim);
		assert_int_equal(layers_open(bench), 0);
	}
	assert_int_equal(bench->display.last_id, 20);
	assert_shows_model(bench);
	bench_free(bench);
}

/* ---- Slots ----------------------------------------------------------------------------- */

/* Gives up waiting for frames, or waits for too many at once. */
struct impatient {
	struct mn_task task;
	struct mn_layer layer, copies[MN_DISPLAY_LAYERS + 4];
	mn_poll answers[MN_DISPLAY_LAYERS + 4];
	struct mn_timeout limit;
	uint32_t times;
};

/* All that are still waiting. */
static mn_poll wait_for_many(struct impatient *self)
{
	mn_poll all = MN_OK;

	for (size_t i = 0; i < COUNT(self->copies); i++) {
		if (self->answers[i] == MN_PENDING)
			self->answers[i] = mn_layer_frame(&self->copies[i]);
		if (self->answers[i] == MN_PENDING)
			all = MN_PENDING;
	}
	return all;
}

static mn_poll impatient_run(struct impatient *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_layer_open(&self->layer, &usual));
	MN_TRY(self, mn_layer_frame(&self->layer));
	for (self->times = 0; self->times < 100; self->times++) {
		MN_AWAIT(self, mn_timeout(&self->limit, mn_layer_frame(&self->layer), 10));
		assert_int_equal(MN_RESULT(self), MN_ETIMEDOUT);
	}
	for (size_t i = 0; i < COUNT(self->copies); i++) {
		self->copies[i] = self->layer;
		self->answers[i] = MN_PENDING;
	}
	MN_TRY(self, wait_for_many(self));
	MN_END(self);
}

MN_TASK(impatient);

static void there_is_always_a_slot_for_a_request(void **state)
{
	struct bench *bench = bench_new(*state);
	struct impatient *impatient = calloc(1, sizeof *impatient);
	uint32_t full = 0;

	assert_non_null(impatient);
	mn_spawn(&bench->sim->kernel, &impatient->task, &impatient_task);
	sim_run_for(bench->sim, 10);
	open_layer(bench, 0, &(struct mn_layer_config){.format = MN_RGB565});
	sim_run_for(bench->sim, 3 * FRAME_US);
	assert_int_equal(impatient->times, 100);
	assert_int_equal(impatient->task.frame.flags & MN__TASK_ALIVE, 0);
	for (size_t i = 0; i < COUNT(impatient->copies); i++) {
		assert_true(impatient->answers[i] == MN_OK || impatient->answers[i] == MN_EFULL);
		full += impatient->answers[i] == MN_EFULL;
	}
	assert_int_equal(full, COUNT(impatient->copies) - (MN_DISPLAY_LAYERS + 1));
	bench_free(bench);
	free(impatient);
}

/* It often gives up, on a screen that is slow: of the calls that a frame answers, too. */
struct hasty {
	struct mn_task task;
	struct mn_layer layer;
	struct mn_timeout limit;
	uint32_t times, refused;
};

static mn_poll hasty_run(struct hasty *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_layer_open(&self->layer, &usual));
	for (self->times = 0; self->times < 300; self->times++) {
		MN_TRY(self, mn_layer_move(&self->layer, self->times % 2, 0, 0));
		MN_AWAIT(self,
			 mn_timeout(&self->limit, mn_layer_frame(&self->layer), 300 + self->times));
		self->refused += MN_RESULT(self) != MN_OK && MN_RESULT(self) != MN_ETIMEDOUT;
	}
	MN_END(self);
}

MN_TASK(hasty);

struct slow_screen {
	struct mn_display_device device;
	struct mn_sleep nap;
};

static mn_poll present_slowly(struct mn_display_device *device, const struct mn_rect *dirty)
{
	(void)dirty;
	return mn_sleep(&MN_CONTAINER(device, struct slow_screen, device)->nap, FRAME_US / 2);
}

static void who_gives_up_is_not_refused(void **state)
{
	struct sim *sim = *state;
	struct slow_screen screen = {.device = {.screen = bitmap_new(MN_RGB565, MN_OPAQUE, 40, 30),
						.frame_us = FRAME_US,
						.present = present_slowly}};
	struct mn_display display = {0};
	struct hasty hasty = {0};

	mn_display_start(&display, &sim->kernel, &screen.device, NULL);
	mn_spawn(&sim->kernel, &hasty.task, &hasty_task);
	sim_run_for(sim, 300 * FRAME_US);
	assert_int_equal(hasty.times, 300);
	assert_int_equal(hasty.refused, 0);
	sim_cancel_all(sim);
	bitmap_free(&screen.device.screen);
}

/* ---- The server and its screen --------------------------------------------------------- */

/* Two have layers, of which one draws and one waits for a frame; a third reads. */
static void set_painters_to_work(struct bench *bench, const struct mn_bitmap *chunk)
{
	for (int who = 0; who < PAINTERS; who++) {
		bench->painters[who]->chunk = chunk;
		if (who < 2)
			open_layer(bench, who, &(struct mn_layer_config){.format = MN_RGB565});
	}
	paint_begin(bench->painters[0], DRAW);
	paint_begin(bench->painters[1], FRAME);
	paint_begin(bench->painters[2], READ);
}

static void the_server_can_end_at_any_moment(void **state)
{
	struct bench *bench = large_bench_new(*state);
	struct mn_bitmap chunk = colorful(MN_RGB565, MN_ALPHA8, WIDE, HIGH);
	struct mn_display *display = &bench->display;
	uint32_t told = 0;

	for (uint32_t turns = 0; turns < 20; turns++) {
		struct sim_canceller canceller;

		set_painters_to_work(bench, &chunk);
		sim_cancel_later(bench->sim, &canceller, &display->task, turns);
		sim_settle(bench->sim);
		assert_int_equal(display->task.frame.result, MN_ECANCELED);
		for (int who = 0; who < 2; who++) {
			const mn_poll result = bench->painters[who]->result;

			assert_true(result == MN_OK || result == MN_EGONE);
			told += result == MN_EGONE;
			assert_int_equal(paint(bench->painters[who], FRAME),
					 result == MN_OK ? MN_EGONE : MN_EINVAL);
			assert_int_equal(paint(bench->painters[who], CLOSE), MN_OK);
			bench->pictures[who].order = 0;
		}
		mn_display_start(display, &bench->sim->kernel, &bench->device, NULL);
		sim_settle(bench->sim);
		assert_int_not_equal(bench->painters[2]->result, MN_PENDING);
		assert_shows_model(bench);
	}
	assert_in_range(told, 10, 40); /* nearly each FRAME, and some of the draws */
	bitmap_free(&chunk);
	bench_free(bench);
}

static void a_second_display_has_another_name(void **state)
{
	struct bench *bench = bench_new(*state);
	struct mn_display *second = calloc(1, sizeof *second);
	struct mn_display_device device = {.frame_us = 1000};

	assert_non_null(second);
	device.screen = bitmap_new(MN_MONO, MN_OPAQUE, 50, 50);
	mn_display_start(second, &bench->sim->kernel, &device, NULL);
	sim_settle(bench->sim);
	assert_int_equal(second->task.frame.result, MN_EEXIST);
	assert_non_null(strstr(bench->sim->log, "display: ends: exists already"));
	mn_display_start(second, &bench->sim->kernel, &device, "second");
	sim_settle(bench->sim);
	assert_int_equal(
		paint_open(bench->painters[0], &(struct mn_layer_config){.display = "second"}),
		MN_OK);
	assert_int_equal(bench->painters[0]->layer.meta.width, 50);
	assert_int_equal(paint(bench->painters[0], META), MN_OK); /* of the layer's own */
	assert_int_equal(bench->painters[0]->layer.meta.width, 50);
	assert_int_equal(paint_move(bench->painters[0], 1, 1, 1), MN_OK);
	assert_int_equal(paint(bench->painters[1], META), MN_OK);
	assert_int_equal(bench->painters[1]->layer.meta.width, 40);
	bench_free(bench);
	bitmap_free(&device.screen);
	free(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(a_client_can_be_killed_at_any_moment),
		SIM_TEST(a_client_that_ends_takes_its_layer),
		SIM_TEST(a_close_that_is_given_up_can_be_done_again),
		SIM_TEST(an_open_that_is_given_up_makes_room),
		SIM_TEST(an_owner_may_be_gone_at_once),
		SIM_TEST(there_is_always_a_slot_for_a_request),
		SIM_TEST(who_gives_up_is_not_refused),
		SIM_TEST(the_server_can_end_at_any_moment),
		SIM_TEST(a_second_display_has_another_name),
	};

	return cmocka_run_group_tests_name("display ends", tests, NULL, NULL);
}
