/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: when a display shows something, and what happens meanwhile. Frames come at their rate
 * or not at all; large pictures stop nobody, and yet no frame has half of one.
 */
#include "tasks_display.h"

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

/* Somebody without a layer of its own knows when all that was drawn is shown. */
static void a_screen_is_current_when_it_shows_all_that_was_drawn(void **state)
{
	struct bench *bench = large_bench_new(*state);
	struct painter *other = bench->painters[1];
	const struct mn_display_meta *meta = &other->layer.meta;

	next_frame(bench);
	assert_int_equal(paint(other, META), MN_OK);
	assert_false(meta->is_current); /* there is nothing */
	open_layer(bench, 0, &(struct mn_layer_config){.format = MN_RGB565});
	next_frame(bench);
	assert_int_equal(paint(other, META), MN_OK);
	assert_false(meta->is_current);
	for (int i = 0; i < 4; i++) {
		sim_run_for(bench->sim, i % 2 * FRAME_US);
		draw_rect(bench, 0, &(struct mn_rect){i, 2, 30, HIGH}, MN_RED);
		paint_begin(other, NEXT);
		draw_rect(bench, 0, &(struct mn_rect){i + 1, 2, 30, HIGH}, MN_BLUE);
		next_frame(bench);
		assert_int_equal(other->result, MN_OK);
		if (!meta->is_current) { /* it was the frame under way */
			paint_begin(other, NEXT);
			next_frame(bench);
		}
		assert_true(meta->is_current);
		assert_true(shown(bench, i + 1, HIGH - 1) == MN_BLUE);
		next_frame(bench);
		assert_int_equal(paint(other, META), MN_OK);
		assert_true(meta->is_current);
	}
	bench_free(bench);
}

/* Draws one row after the other, and then waits for a frame. */
struct rower {
	struct mn_task task;
	struct mn_layer layer;
	struct mn_bitmap row;
	struct mn_sleep nap;
	int32_t y;
};

static mn_poll rower_run(struct rower *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_layer_open(&self->layer, &(struct mn_layer_config){.format = MN_RGB565}));
	for (self->y = 0; self->y < HIGH; self->y++) {
		MN_TRY(self, mn_layer_draw(&self->layer, &self->row, 0, self->y));
		MN_TRY(self, mn_sleep(&self->nap, 400));
	}
	for (;;)
		MN_TRY(self, mn_layer_frame(&self->layer));
	MN_END(self);
}

MN_TASK(rower);

/* A frame may show the first rows, but does not pass for all there is. */
static void a_picture_that_is_not_finished_is_not_current(void **state)
{
	struct bench *bench = large_bench_new(*state);
	struct painter *other = bench->painters[1];
	struct rower rower = {.row = bitmap_new(MN_RGB565, MN_OPAQUE, WIDE, 1)};
	int32_t seen = 0;

	mn_bitmap_fill(&rower.row, NULL, MN_RED);
	sim_run_for(bench->sim, FRAME_US);
	mn_spawn(&bench->sim->kernel, &rower.task, &rower_task);
	do {
		paint_begin(other, NEXT);
		while (other->result == MN_PENDING)
			sim_run_for(bench->sim, 1);
		seen += !other->layer.meta.is_current;
	} while (!other->layer.meta.is_current);
	assert_in_range(seen, 1, 5);
	assert_true(shown(bench, 0, HIGH - 1) == MN_RED);
	bench_free(bench);
	bitmap_free(&rower.row);
}

/* An animation, each of whose frames is a whole picture. */
static void an_animation_is_current_at_each_frame(void **state)
{
	struct bench *bench = bench_new(*state);
	struct painter *other = bench->painters[1];
	struct animator animator;

	animate(bench, &animator, &(struct mn_rect){0, 0, 20, 30}, 0);
	sim_run_for(bench->sim, 2 * FRAME_US);
	for (int i = 0; i < 10; i++) {
		paint_begin(other, NEXT);
		next_frame(bench);
		assert_int_equal(other->result, MN_OK);
		assert_true(other->layer.meta.is_current);
	}
	bench_free(bench);
	bitmap_free(&animator.chunk);
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
		SIM_TEST(a_screen_is_current_when_it_shows_all_that_was_drawn),
		SIM_TEST(a_picture_that_is_not_finished_is_not_current),
		SIM_TEST(an_animation_is_current_at_each_frame),
		SIM_TEST(nothing_runs_while_nothing_changes),
		SIM_TEST(large_pictures_stop_nobody),
		SIM_TEST(one_read_is_one_frame),
	};

	return cmocka_run_group_tests_name("display frames", tests, NULL, NULL);
}
