/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: when a display shows something, and what happens meanwhile. Frames come at their rate
 * or not at all; large pictures stop nobody, and yet no frame has half of one; whoever ends, client
 * or server, at whatever moment, leaves nothing behind and disturbs nobody.
 */
#include "tasks_display.h"

/* Three bands a screen, two a half. */
#define WIDE 240
#define HIGH 140

static struct bench *large_bench_new(struct sim *sim)
{
	return bench_of(sim, MN_RGB565, WIDE, HIGH);
}

static const struct mn_layer_config usual = {.format = MN_RGB565};

/* ---- Animations --------------------------------------------------------------------------- */

/* Fills its layer with one colour after the other. */
struct animator {
	struct mn_task task;
	struct mn_layer layer;
	struct mn_layer_config config;
	struct mn_bitmap chunk;
	uint64_t pause_us; /* between draws; 0: waits for frames */
	struct mn_sleep nap;
	uint32_t draws;
};

static mn_poll animator_run(struct animator *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_layer_open(&self->layer, &self->config));
	for (;;) {
		self->draws++;
		mn_bitmap_fill(&self->chunk, NULL, MN_RGB(self->draws * 8 & 255, 0, 0));
		MN_TRY(self, mn_layer_draw(&self->layer, &self->chunk, 0, 0));
		if (self->pause_us)
			MN_TRY(self, mn_sleep(&self->nap, self->pause_us));
		else
			MN_TRY(self, mn_layer_frame(&self->layer));
	}
	MN_END(self);
}

MN_TASK(animator);

static void animate(struct bench *bench, struct animator *animator, const struct mn_rect *rect,
		    uint64_t pause_us)
{
	*animator = (struct animator){
		.config = {.rect = *rect, .format = MN_RGB565},
		.chunk = bitmap_new(MN_RGB565, MN_OPAQUE, rect->width, rect->height),
		.pause_us = pause_us,
	};
	mn_spawn(&bench->sim->kernel, &animator->task, &animator_task);
	sim_settle(bench->sim);
}

static bool is_of_one_color(const struct mn_bitmap *screen, int32_t x, int32_t width)
{
	const size_t bytes = (size_t)width * 2;
	const uint8_t *first = (const uint8_t *)screen->pixels + (size_t)x * 2;

	for (size_t i = 2; i < bytes; i++)
		if (first[i] != first[i - 2])
			return false;
	for (int32_t y = 1; y < screen->height; y++)
		if (memcmp(first, first + (size_t)y * screen->stride, bytes) != 0)
			return false;
	return true;
}

static void look_at_halves(struct bench *bench)
{
	assert_true(is_of_one_color(&bench->device.screen, 0, WIDE / 2));
	assert_true(is_of_one_color(&bench->device.screen, WIDE / 2, WIDE / 2));
}

/* Two clients draw at once, whenever they like; frames are due in the middle of it. */
static void no_frame_shows_half_a_draw(void **state)
{
	struct bench *bench = large_bench_new(*state);
	struct animator left, right;

	bench->look = look_at_halves;
	animate(bench, &left, &(struct mn_rect){0, 0, WIDE / 2, HIGH}, 1000);
	animate(bench, &right, &(struct mn_rect){WIDE / 2, 0, WIDE / 2, HIGH}, 1600);
	sim_run_for(bench->sim, 500000);
	assert_in_range(bench->presents, 30, 70);
	assert_in_range(left.draws, 490, 510);
	assert_in_range(right.draws, 305, 320);
	bench_free(bench);
	bitmap_free(&left.chunk);
	bitmap_free(&right.chunk);
}

static void clients_that_wait_run_at_the_screens_rate(void **state)
{
	struct bench *bench = bench_new(*state);
	struct animator left, right;

	animate(bench, &left, &(struct mn_rect){0, 0, 20, 30}, 0);
	animate(bench, &right, &(struct mn_rect){20, 0, 20, 30}, 0);
	sim_run_for(bench->sim, 100 * FRAME_US);
	assert_in_range(bench->display.stats.frames, 100, 102);
	assert_in_range(left.draws, 100, 102);
	assert_in_range(right.draws, 100, 102);
	assert_int_equal(bench->least_us, FRAME_US);
	bench_free(bench);
	bitmap_free(&left.chunk);
	bitmap_free(&right.chunk);
}

/* However often something is drawn. */
static void there_is_at_most_one_frame_in_its_time(void **state)
{
	struct bench *bench = bench_new(*state);
	struct animator animator;

	animate(bench, &animator, &(struct mn_rect){0, 0, 40, 30}, 300);
	sim_run_for(bench->sim, 100 * FRAME_US);
	assert_in_range(bench->presents, 99, 102);
	assert_int_equal(bench->least_us, FRAME_US);
	bench_free(bench);
	bitmap_free(&animator.chunk);
}

/* A screen that is quick enough keeps the rate; one that is not has as many frames as it can. */
static void slow_screens_have_fewer_frames(void **state)
{
	struct bench *bench = bench_new(*state);
	struct animator animator;

	bench->takes_us = FRAME_US * 3 / 4;
	animate(bench, &animator, &(struct mn_rect){0, 0, 40, 30}, 0);
	sim_run_for(bench->sim, 20 * FRAME_US);
	assert_in_range(bench->presents, 19, 22);
	bench->takes_us = FRAME_US * 2;
	bench->presents = 0;
	sim_run_for(bench->sim, 20 * FRAME_US);
	assert_in_range(bench->presents, 9, 11);
	bench->takes_us = 0;
	bench->presents = 0;
	bench->least_us = MN_NEVER;
	sim_run_for(bench->sim, 20 * FRAME_US);
	assert_in_range(bench->presents, 19, 21); /* and does not make up for them */
	assert_in_range(bench->least_us, FRAME_US, 2 * FRAME_US);
	bench_free(bench);
	bitmap_free(&animator.chunk);
}

static void what_was_drawn_is_shown_when_the_frame_is_answered(void **state)
{
	struct bench *bench = bench_new(*state);
	struct painter *painter = bench->painters[0];

	open_layer(bench, 0, &(struct mn_layer_config){.format = MN_RGB565});
	sim_run_for(bench->sim, 3 * FRAME_US);
	draw_rect(bench, 0, &(struct mn_rect){0, 0, 5, 5}, MN_RED); /* at once: nothing was due */
	assert_int_equal(shown(bench, 2, 2), MN_RED);
	draw_rect(bench, 0, &(struct mn_rect){0, 0, 5, 5}, MN_GREEN);
	assert_int_equal(paint(painter, FRAME), MN_PENDING);
	sim_run_for(bench->sim, FRAME_US - 1);
	assert_int_equal(painter->result, MN_PENDING);
	assert_int_equal(shown(bench, 2, 2), MN_RED);
	sim_run_for(bench->sim, 1);
	assert_int_equal(painter->result, MN_OK);
	assert_int_equal(shown(bench, 2, 2), MN_GREEN);
	bench_free(bench);
}

/* While a frame is presented a client changes something, and another does not. */
static void a_frame_under_way_answers_for_what_it_shows_only(void **state)
{
	struct bench *bench = bench_new(*state);
	const struct mn_layer_config config = {.rect = {1, 1, 20, 20}, .format = MN_RGB565};

	open_layer(bench, 0, &config);
	open_layer(bench, 1, &config);
	next_frame(bench);
	bench->takes_us = FRAME_US / 4;
	for (int i = 0; i < 2; i++) {
		sim_run_for(bench->sim, 3 * FRAME_US);
		draw_rect(bench, 0, &(struct mn_rect){i, i, 5, 5}, MN_RED);
		if (i == 0)
			draw_rect(bench, 0, &(struct mn_rect){i, i, 3, 3}, MN_GREEN);
		else
			move(bench, 0, 5, 5, 7);
		assert_int_equal(paint(bench->painters[0], FRAME), MN_PENDING);
		assert_int_equal(paint(bench->painters[1], FRAME), MN_PENDING);
		sim_run_for(bench->sim, FRAME_US / 4);
		assert_int_equal(bench->painters[0]->result, MN_PENDING);
		assert_int_equal(bench->painters[1]->result, MN_OK);
		assert_shows_model(bench);
		sim_run_for(bench->sim, FRAME_US / 4);
		assert_int_equal(bench->painters[0]->result, MN_OK);
	}
	bench_free(bench);
}

static void waiting_for_frames_without_a_change_shows_none(void **state)
{
	struct bench *bench = bench_new(*state);
	const struct mn_display_meta *meta = &bench->painters[0]->layer.meta;
	uint32_t presents, frames;

	open_layer(bench, 0, &(struct mn_layer_config){.format = MN_RGB565});
	sim_run_for(bench->sim, 3 * FRAME_US);
	presents = bench->presents;
	frames = bench->display.stats.frames;
	assert_int_equal(paint(bench->painters[0], FRAME), MN_OK); /* overdue */
	for (int i = 0; i < 10; i++) {
		assert_int_equal(paint(bench->painters[0], FRAME), MN_PENDING);
		sim_run_for(bench->sim, FRAME_US);
		assert_int_equal(bench->painters[0]->result, MN_OK);
	}
	assert_int_equal(bench->presents, presents);
	assert_int_equal(meta->frames, frames);
	bench_free(bench);
}

static void nothing_runs_while_nothing_changes(void **state)
{
	struct bench *bench = bench_new(*state);
	const struct mn_display *display = &bench->display;
	struct mn_bitmap nothing = {0};
	uint32_t polls, presents;

	open_layer(bench, 0, &(struct mn_layer_config){.format = MN_RGB565});
	draw_rect(bench, 0, &(struct mn_rect){0, 0, 5, 5}, MN_RED);
	next_frame(bench);
	draw(bench, 0, &nothing, 0, 0);
	draw_rect(bench, 0, &(struct mn_rect){50, 0, 5, 5}, MN_RED); /* beside it */
	polls = display->task.polls + display->frames.task.polls + display->layers[0].task.polls;
	presents = bench->presents;
	assert_int_equal(bench->sim->kernel.wheel.count, 0);
	sim_run_for(bench->sim, 60000000);
	assert_int_equal(display->task.polls + display->frames.task.polls +
				 display->layers[0].task.polls,
			 polls);
	assert_int_equal(bench->presents, presents);
	assert_int_equal(bench->sim->kernel.wheel.count, 0);
	bench_free(bench);
}

/* ---- Others meanwhile ------------------------------------------------------------------------ */

/* Counts its turns while somebody is at something. */
struct bystander {
	struct mn_task task;
	const struct painter *painter;
	uint32_t turns;
};

static mn_poll bystander_run(struct bystander *self)
{
	MN_BEGIN(self);
	while (self->painter->result == MN_PENDING) {
		self->turns++;
		MN_YIELD(self);
	}
	MN_END(self);
}

MN_TASK(bystander);

static uint32_t turns_during(struct bench *bench, enum painter_what what)
{
	struct bystander bystander = {.painter = bench->painters[0]};

	paint_begin(bench->painters[0], what);
	mn_spawn(&bench->sim->kernel, &bystander.task, &bystander_task);
	sim_settle(bench->sim);
	assert_int_equal(bench->painters[0]->result, MN_OK);
	return bystander.turns;
}

static void large_pictures_stop_nobody(void **state)
{
	struct bench *bench = large_bench_new(*state);
	struct painter *painter = bench->painters[0];
	const uint32_t bands = WIDE * HIGH / 16384 + 1;
	struct mn_bitmap chunk = colorful(MN_RGB565, MN_OPAQUE, WIDE, HIGH);
	uint32_t least;

	sim_in_order(bench->sim);
	least = turns_during(bench, META);
	painter->config.format = MN_RGB565;
	painter->chunk = &chunk;
	assert_in_range(turns_during(bench, OPEN), least + bands - 1, 100);
	next_frame(bench);
	assert_in_range(turns_during(bench, DRAW), least + bands - 1, 100);
	next_frame(bench);
	assert_in_range(turns_during(bench, REPLACE), least + bands - 1, 100);
	next_frame(bench);
	assert_in_range(turns_during(bench, READ), least + bands - 1, 100);
	next_frame(bench);
	bitmap_free(&chunk);
	bench_free(bench);
}

/* Composed of layers that change between its bands, if it could. */
static void one_read_is_one_frame(void **state)
{
	struct bench *bench = large_bench_new(*state);
	struct mn_bitmap copy = bitmap_new(MN_RGB565, MN_OPAQUE, WIDE, HIGH);
	struct animator animator;

	animate(bench, &animator, &(struct mn_rect){0, 0, WIDE, HIGH}, 0);
	for (int i = 0; i < 40; i++) {
		paint_chunk(bench->painters[0], READ, &copy, 0, 0);
		sim_run_for(bench->sim, FRAME_US / 2);
		assert_int_equal(bench->painters[0]->result, MN_OK);
		assert_true(is_of_one_color(&copy, 0, WIDE));
		paint_begin(bench->painters[0], READ); /* together with the next frame */
		sim_run_for(bench->sim, FRAME_US / 2);
		assert_true(is_of_one_color(&copy, 0, WIDE));
	}
	assert_in_range(animator.draws, 39, 42);
	bitmap_free(&copy);
	bench_free(bench);
	bitmap_free(&animator.chunk);
}

/* ---- Ends ------------------------------------------------------------------------------------ */

/* Cancels a task some turns later; if it is a painter what that has lent is nobody's then. */
struct killer {
	struct mn_task task;
	struct mn_task *victim;
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
	mn_cancel(self->victim);
	MN_TRY(self, mn_join(&self->end, self->victim));
	if (self->painter)
		bitmap_free(&self->chunk);
	free(self->painter);
	MN_END(self);
}

MN_TASK(killer);

/* Someone is killed in the middle of something, so many turns after it has begun. */
static void kill_during(struct bench *bench, enum painter_what what, uint32_t turns)
{
	struct killer killer = {
		.victim = &bench->painters[1]->task,
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
	assert_int_equal(bench->display.stack_count, 1);
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
		assert_int_equal(bench->display.stack_count, 0);
	}
	assert_int_equal(bench->display.last_id, 20);
	assert_shows_model(bench);
	bench_free(bench);
}

/* ---- Slots -------------------------------------------------------------------------------------
 */

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

/* ---- The server and its screen
 * ------------------------------------------------------------------- */

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
		struct killer killer = {.victim = &display->task, .turns = turns};

		set_painters_to_work(bench, &chunk);
		mn_spawn(&bench->sim->kernel, &killer.task, &killer_task);
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

static uint32_t complaints(const struct bench *bench)
{
	uint32_t count = 0;

	for (const char *at = bench->sim->log; (at = strstr(at, "a frame is not shown")); at++)
		count++;
	return count;
}

static void a_screen_that_fails_is_reported_once(void **state)
{
	struct bench *bench = bench_new(*state);

	open_layer(bench, 0, &(struct mn_layer_config){.format = MN_RGB565});
	next_frame(bench);
	for (uint32_t round = 1; round < 3; round++) {
		bench->answer = MN_EIO;
		for (int i = 0; i < 10; i++) {
			draw_rect(bench, 0, &(struct mn_rect){i, i, 5, 5}, MN_RED);
			assert_shows_model(bench); /* in memory, that is */
		}
		assert_int_equal(complaints(bench), round);
		assert_int_equal(bench->display.stats.failures, 10 * round);
		bench->answer = MN_OK;
		draw_rect(bench, 0, &(struct mn_rect){9, 9, 5, 5}, MN_GREEN);
		next_frame(bench);
	}
	bench_free(bench);
}

/* The others draw on, nothing spins, and when it works again it shows again. */
static void a_screen_that_hangs_stops_nobody(void **state)
{
	struct bench *bench = bench_new(*state);
	uint32_t polls;

	open_layer(bench, 0, &(struct mn_layer_config){.format = MN_RGB565});
	next_frame(bench);
	bench->takes_us = UINT64_MAX / 2;
	draw_rect(bench, 0, &(struct mn_rect){1, 1, 5, 5}, MN_RED);
	next_frame(bench);
	polls = bench->display.frames.task.polls;
	sim_run_for(bench->sim, 900000);
	assert_int_equal(bench->display.frames.task.polls, polls);
	draw_rect(bench, 0, &(struct mn_rect){2, 2, 5, 5}, MN_GREEN);
	assert_int_equal(paint(bench->painters[0], FRAME), MN_PENDING);
	assert_int_equal(paint(bench->painters[1], META), MN_OK);
	sim_run_for(bench->sim, 10000000);
	assert_int_equal(complaints(bench), 1);
	assert_int_equal(bench->painters[0]->result, MN_OK);
	bench->takes_us = 0;
	draw_rect(bench, 0, &(struct mn_rect){3, 3, 5, 5}, MN_BLUE);
	assert_shows_model(bench);
	bench->takes_us = UINT64_MAX / 2;
	draw_rect(bench, 0, &(struct mn_rect){4, 4, 5, 5}, MN_RED);
	next_frame(bench);
	bench_free(bench); /* which ends although it hangs */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(no_frame_shows_half_a_draw),
		SIM_TEST(clients_that_wait_run_at_the_screens_rate),
		SIM_TEST(there_is_at_most_one_frame_in_its_time),
		SIM_TEST(slow_screens_have_fewer_frames),
		SIM_TEST(what_was_drawn_is_shown_when_the_frame_is_answered),
		SIM_TEST(a_frame_under_way_answers_for_what_it_shows_only),
		SIM_TEST(waiting_for_frames_without_a_change_shows_none),
		SIM_TEST(nothing_runs_while_nothing_changes),
		SIM_TEST(large_pictures_stop_nobody),
		SIM_TEST(one_read_is_one_frame),
		SIM_TEST(a_client_can_be_killed_at_any_moment),
		SIM_TEST(a_client_that_ends_takes_its_layer),
		SIM_TEST(an_owner_may_be_gone_at_once),
		SIM_TEST(there_is_always_a_slot_for_a_request),
		SIM_TEST(the_server_can_end_at_any_moment),
		SIM_TEST(a_second_display_has_another_name),
		SIM_TEST(a_screen_that_fails_is_reported_once),
		SIM_TEST(a_screen_that_hangs_stops_nobody),
	};

	return cmocka_run_group_tests_name("display frames", tests, NULL, NULL);
}
