/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: that a screenshot takes the memory there is and gives it back, whoever ends in the
 * middle of it, the display, the daemon or the mux, at whatever moment.
 */
#include "tasks_screenshot.h"

/* ---- Little memory ----------------------------------------------------------------- */

#define HOGS 64

/* Takes all memory but for one block of `left` bytes. */
static unsigned hog(struct sim *sim, void **hogs, size_t left)
{
	void *kept = left > 0 ? mn_heap_alloc(sim->kernel.heap, left, 0) : NULL;
	unsigned count = 0;

	for (size_t size = SIM_HEAP; size > 0; size /= 2)
		while (count < HOGS && (hogs[count] = mn_heap_alloc(sim->kernel.heap, size, 0)))
			count++;
	assert_true(count < HOGS);
	mn_heap_free(sim->kernel.heap, kept);
	return count;
}

static void give_back(struct sim *sim, void **hogs, unsigned count)
{
	while (count-- > 0)
		mn_heap_free(sim->kernel.heap, hogs[count]);
}

static void with_little_memory_it_comes_in_bands_and_says_so(void **state)
{
	struct shot *shot = shot_of(*state, MN_RGB565);
	void *hogs[HOGS];
	const unsigned count = hog(shot->sim, hogs, (size_t)WIDTH * 2 * 7);

	ask(shot, MN_SCREENSHOT_TAKE, 7);
	assert_sent(shot, 7);
	assert_true(shot->reader.picture.is_mixed);
	give_back(shot->sim, hogs, count);
	finish(shot);
}

static void without_any_it_is_refused(void **state)
{
	struct shot *shot = shot_of(*state, MN_RGB888);
	void *hogs[HOGS];
	const unsigned count = hog(shot->sim, hogs, 0);

	ask(shot, MN_SCREENSHOT_TAKE, 7);
	assert_refused(shot, 7, MN_ENOMEM);
	give_back(shot->sim, hogs, count);
	finish(shot);
}

/* ---- Ends -------------------------------------------------------------------------- */

static void a_display_that_ends_in_the_middle_is_told(void **state)
{
	struct shot *shot = shot_new(*state, 256);
	void *hogs[HOGS];
	unsigned count;

	show(shot, MN_RGB888);
	count = hog(shot->sim, hogs, (size_t)WIDTH * 4 * 7);
	shot->serial->deaf = true;
	ask(shot, MN_SCREENSHOT_TAKE, 7);
	sim_cancel(shot->sim, &shot->display.task);
	sim_settle(shot->sim);
	shot->serial->deaf = false;
	for (unsigned i = 0; i < 4; i++) { /* the connect of each read may wait */
		serial_settle(shot->serial);
		sim_run_for(shot->sim, MN_SCREENSHOT_PATIENCE_US);
	}
	serial_settle(shot->serial);
	assert_int_equal(answer_to(shot, 7, NULL), MN_SCREENSHOT_NOT);
	assert_true(shot->reader.has_begun);
	give_back(shot->sim, hogs, count);
	finish(shot);
}

static void it_ends_in_the_middle_when_cancelled(void **state)
{
	struct shot *shot = shot_new(*state, 256);

	show(shot, MN_RGB888);
	shot->serial->deaf = true;
	ask(shot, MN_SCREENSHOT_TAKE, 7);
	assert_int_equal(shot->daemon.answering, true);
	finish(shot); /* and what it had is given back */
}

/* While it looks at the display, waits for a frame, reads, packs and sends. */
static void it_can_be_cancelled_at_any_moment(void **state)
{
	struct shot *shot = shot_new(*state, 256);
	struct mn_heap_stats before, now;

	show(shot, MN_RGB565);
	sim_cancel(shot->sim, &shot->daemon.task);
	sim_settle(shot->sim);
	mn_heap_stats(shot->sim->kernel.heap, &before);
	for (uint32_t turns = 0; turns < 100; turns++) {
		struct sim_canceller canceller;

		if (turns % 2)
			assert_int_equal(paint_chunk(shot->painter, DRAW, &shot->shown, 0, 0),
					 MN_OK);
		memset(&shot->daemon, 0, sizeof shot->daemon);
		mn_screenshot_daemon_start(
			&shot->daemon, &shot->sim->kernel,
			&(struct mn_screenshot_daemon_config)MN_SCREENSHOT_DEFAULTS);
		sim_settle(shot->sim);
		shot->serial->deaf = turns % 4 > 1;
		sim_cancel_later(shot->sim, &canceller, &shot->daemon.task, turns / 2);
		ask(shot, MN_SCREENSHOT_TAKE, turns);
		sim_run_for(shot->sim, turns % 3 * FRAME_US);
		assert_int_equal(shot->daemon.task.frame.flags & MN__TASK_ALIVE, 0);
		assert_int_equal(shot->daemon.task.frame.result, MN_ECANCELED);
		mn_heap_stats(shot->sim->kernel.heap, &now);
		assert_int_equal(now.used, before.used);
		shot->serial->deaf = false;
		serial_settle(shot->serial);
		forget(shot);
	}
	finish(shot);
}

static void it_outlives_the_mux(void **state)
{
	struct shot *shot = shot_new(*state, 256);

	show(shot, MN_RGB565);
	shot->serial->deaf = true;
	ask(shot, MN_SCREENSHOT_TAKE, 1);
	sim_cancel(shot->sim, &shot->mux.task);
	sim_settle(shot->sim);
	serial_detach(shot->serial);
	forget(shot);
	serial_attach(shot->serial);
	shot->serial->deaf = false;
	mn_serial_mux_start(&shot->mux, &shot->sim->kernel,
			    &(struct mn_serial_mux_config)MN_SERIAL_MUX_DEFAULTS);
	serial_settle(shot->serial);
	ask(shot, MN_SCREENSHOT_TAKE, 2);
	assert_int_equal(answer_to(shot, 2, NULL), MN_SCREENSHOT_DONE);
	finish(shot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(with_little_memory_it_comes_in_bands_and_says_so),
		SIM_TEST(without_any_it_is_refused),
		SIM_TEST(a_display_that_ends_in_the_middle_is_told),
		SIM_TEST(it_ends_in_the_middle_when_cancelled),
		SIM_TEST(it_can_be_cancelled_at_any_moment),
		SIM_TEST(it_outlives_the_mux),
	};

	return cmocka_run_group_tests_name("screenshot_ends", tests, NULL, NULL);
}
