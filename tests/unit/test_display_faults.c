/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: that frames go on whatever happens to them: a screen that fails or hangs, or a stray
 * cancellation of the task that makes them.
 */
#include "tasks_display.h"

static const struct mn_layer_config usual = {.format = MN_RGB565};

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

/* Whoever waits for a frame gets it, and what was drawn is there. */
static void frames_outlive_a_stray_cancellation(void **state)
{
	struct bench *bench = large_bench_new(*state);

	open_layer(bench, 0, &usual);
	for (uint32_t turns = 0; turns < 30; turns++) {
		struct sim_canceller canceller;

		bench->takes_us = turns % 2 * FRAME_US / 2;
		draw_rect(bench, 0, &(struct mn_rect){(int32_t)turns, 3, 100, HIGH}, MN_RED);
		paint_begin(bench->painters[0], FRAME);
		sim_cancel_later(bench->sim, &canceller, &bench->display.frames.task, turns / 2);
		sim_run_for(bench->sim, 3 * FRAME_US);
		assert_int_equal(bench->painters[0]->result, MN_OK);
		assert_shows_model(bench);
	}
	assert_int_equal(bench->display.stats.failures, 0);
	bench_free(bench);
}

/* A screen with a memory of its own has not taken what it was interrupted in. */
static void what_a_stray_cancellation_cut_off_is_shown(void **state)
{
	struct bench *bench = bench_new(*state);
	const struct mn_rect rect = {3, 4, 5, 6};
	uint32_t presents;

	open_layer(bench, 0, &usual);
	sim_run_for(bench->sim, 2 * FRAME_US);
	bench->takes_us = FRAME_US / 2;
	draw_rect(bench, 0, &rect, MN_RED);
	sim_run_for(bench->sim, FRAME_US / 4);
	presents = bench->presents;
	assert_memory_equal(&bench->last, &rect, sizeof rect);
	bench->last = (struct mn_rect){0};
	sim_cancel(bench->sim, &bench->display.frames.task);
	sim_run_for(bench->sim, 3 * FRAME_US);
	assert_int_equal(bench->presents, presents + 1);
	assert_memory_equal(&bench->last, &rect, sizeof rect);
	bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(a_screen_that_fails_is_reported_once),
		SIM_TEST(a_screen_that_hangs_stops_nobody),
		SIM_TEST(frames_outlive_a_stray_cancellation),
		SIM_TEST(what_a_stray_cancellation_cut_off_is_shown),
	};

	return cmocka_run_group_tests_name("display faults", tests, NULL, NULL);
}
