/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: that a demonstration on a layer of any size does what it can, and that it leaves
 * nothing behind, whenever it is cancelled and whichever of its allocations fails.
 */
#include <mnemos/daemons/demo_clock.h>
#include <mnemos/daemons/demo_monitor.h>
#include <mnemos/daemons/demo_paint.h>
#include <mnemos/services/keyboard_mux.h>
#include <string.h>
#include "demo_screen.h"

static struct mn_keyboard_mux keys;

static union {
	struct mn_task task; /* first in each */
	struct mn_demo_clock clock;
	struct mn_demo_monitor monitor;
	struct mn_demo_paint paint;
} demo;

enum { CLOCK, MONITOR, PAINT, DEMOS };

static void start(struct sim *sim, int which)
{
	memset(&demo, 0, sizeof demo);
	if (which == CLOCK)
		mn_demo_clock_start(&demo.clock, &sim->kernel, &(struct mn_demo_clock_config){0});
	else if (which == MONITOR)
		mn_demo_monitor_start(&demo.monitor, &sim->kernel,
				      &(struct mn_demo_monitor_config){0});
	else
		mn_demo_paint_start(&demo.paint, &sim->kernel, &(struct mn_demo_paint_config){0});
}

static struct demo_screen *screen_new(struct sim *sim, int32_t width, int32_t height)
{
	struct demo_screen *screen = demo_screen_new(sim, width, height);

	memset(&keys, 0, sizeof keys);
	mn_keyboard_mux_start(&keys, &sim->kernel,
			      &(struct mn_keyboard_mux_config)MN_KEYBOARD_MUX_DEFAULTS);
	sim_settle(sim);
	return screen;
}

static bool is_running(void)
{
	return demo.task.frame.flags & MN__TASK_ALIVE;
}

static void assert_nothing_is_left(struct demo_screen *screen)
{
	struct mn_heap_stats stats;

	sim_settle(screen->sim);
	mn_heap_stats(screen->sim->kernel.heap, &stats);
	assert_false(is_running());
	assert_true(mn_list_empty(&screen->display.stack));
	assert_int_equal(keys.queue_count, 0);
	assert_int_equal(stats.used, 0);
}

static void it_works_in_any_size(void **state)
{
	static const struct mn_point sizes[] = {{64, 48}, {9, 200}, {300, 9}, {2, 3},
						{3, 2},   {1, 60},  {60, 1},  {1, 1}};

	for (int which = 0; which < DEMOS; which++)
		for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
			struct demo_screen *screen = screen_new(*state, sizes[i].x, sizes[i].y);

			start(*state, which);
			sim_run_for(*state, 3 * DEMO_FRAME_US);
			if (which == PAINT && sizes[i].y == 1) /* its paper and status are two */
				assert_int_equal(demo.task.frame.result, MN_EINVAL);
			else
				assert_true(is_running());
			demo_screen_free(screen);
		}
}

static void it_can_be_cancelled_at_any_moment(void **state)
{
	struct demo_screen *screen = screen_new(*state, 40, 30);

	for (int which = 0; which < DEMOS; which++)
		for (uint32_t turns = 0; turns < 60; turns++) {
			struct sim_canceller canceller;

			start(*state, which);
			sim_cancel_later(*state, &canceller, &demo.task, turns);
			sim_run_for(*state, 2 * DEMO_FRAME_US);
			assert_nothing_is_left(screen);
		}
	demo_screen_free(screen);
}

static void it_ends_for_want_of_memory(void **state)
{
	struct sim *sim = *state;
	struct demo_screen *screen = screen_new(sim, 40, 30);

	for (int which = 0; which < DEMOS; which++) {
		for (unsigned n = 1;; n++) {
			mn_heap_fail_after(sim->kernel.heap, n);
			start(sim, which);
			sim_run_for(sim, 2 * DEMO_FRAME_US);
			if (is_running())
				break;
			assert_true(n < 10);
			assert_int_equal(demo.task.frame.result, MN_ENOMEM);
			assert_nothing_is_left(screen);
		}
		mn_heap_fail_after(sim->kernel.heap, 0);
		sim_cancel(sim, &demo.task);
		assert_nothing_is_left(screen);
	}
	demo_screen_free(screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(it_works_in_any_size),
		SIM_TEST(it_can_be_cancelled_at_any_moment),
		SIM_TEST(it_ends_for_want_of_memory),
	};

	return cmocka_run_group_tests_name("demos' ends", tests, NULL, NULL);
}
