/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: that an interrupt which does not end is masked for a time, and no other one is, however
 * often it comes in all. On a board: tests/system/test_riscv.py and test_mps2.py.
 */
#include <string.h>
#include <mnemos/drivers/storm.h>
#include <mnemos/timer.h>
#include "sim.h"

/* How often a source may come, until it is masked or `most` is reached. */
static unsigned comes(struct mn_storms *storms, struct mn_storm_source *source, unsigned most)
{
	unsigned times = 0;

	while (times < most) {
		times++;
		if (mn_storm_comes(storms, source, 7))
			break;
	}
	return times;
}

static bool turn(struct mn_storms *storms, struct sim *sim, uint64_t *deadline_us)
{
	*deadline_us = MN_NEVER;
	return mn_storm_turn(storms, &sim->kernel, deadline_us);
}

static void what_ends_is_never_masked(void **state)
{
	struct sim *sim = *state;
	struct mn_storms storms = {0};
	struct mn_storm_source source = {0}, other = {0};
	uint64_t deadline_us;

	for (int i = 0; i < 100; i++) {
		assert_int_equal(comes(&storms, &source, MN_STORM - 1), MN_STORM - 1);
		assert_int_equal(comes(&storms, &other, MN_STORM - 1), MN_STORM - 1);
		assert_false(turn(&storms, sim, &deadline_us));
		assert_true(deadline_us == MN_NEVER);
	}
	assert_int_equal(storms.count, 0);
	assert_string_equal(sim->log, "");
}

static void what_does_not_is_masked_told_and_tried_again(void **state)
{
	struct sim *sim = *state;
	struct mn_storms storms = {0};
	struct mn_storm_source source = {0};
	uint64_t deadline_us;

	sim->now_us = 5000000;
	assert_int_equal(comes(&storms, &source, UINT32_MAX), MN_STORM);
	assert_false(turn(&storms, sim, &deadline_us));
	assert_true(deadline_us == sim->now_us + MN_STORM_PAUSE_US);
	assert_non_null(strstr(sim->log, "WARN drivers::storm: interrupt 7 never ends: masked "));
	sim->now_us += MN_STORM_PAUSE_US - 1;
	assert_false(turn(&storms, sim, &deadline_us));
	assert_true(deadline_us == sim->now_us + 1);
	deadline_us = sim->now_us - 1;
	assert_false(mn_storm_turn(&storms, &sim->kernel, &deadline_us));
	assert_true(deadline_us == sim->now_us - 1); /* one that is nearer stays */
	sim->now_us++;
	assert_true(turn(&storms, sim, &deadline_us));
	assert_false(turn(&storms, sim, &deadline_us));
	assert_true(deadline_us == MN_NEVER);
	assert_int_equal(comes(&storms, &source, UINT32_MAX), MN_STORM);
	assert_int_equal(storms.count, 2);
}

/* All are unmasked together, so the last one decides when. */
static void another_storm_prolongs_the_pause(void **state)
{
	struct sim *sim = *state;
	struct mn_storms storms = {0};
	struct mn_storm_source source = {0}, other = {0};
	uint64_t deadline_us;

	comes(&storms, &source, UINT32_MAX);
	assert_false(turn(&storms, sim, &deadline_us));
	sim->now_us += MN_STORM_PAUSE_US;
	comes(&storms, &other, UINT32_MAX);
	assert_false(turn(&storms, sim, &deadline_us));
	assert_true(deadline_us == sim->now_us + MN_STORM_PAUSE_US);
	assert_int_equal(storms.count, 2);
}

/* A line that is fast. Its count goes on, or its interrupt is for nothing. */
static void who_moves_something_is_excused(void **state)
{
	struct sim *sim = *state;
	struct mn_storms storms = {0};
	struct mn_storm_source source = {0};
	_Atomic uint32_t moved = 0;
	uint32_t before = 0;
	uint64_t deadline_us;

	for (int i = 0; i < 3; i++) {
		moved += 8;
		assert_int_equal(comes(&storms, &source, UINT32_MAX), MN_STORM);
		assert_true(mn_storm_excuse(&storms, &source, &moved, &before));
	}
	assert_false(turn(&storms, sim, &deadline_us));
	assert_true(deadline_us == MN_NEVER);
	assert_string_equal(sim->log, "");
	assert_int_equal(comes(&storms, &source, UINT32_MAX), MN_STORM);
	assert_false(mn_storm_excuse(&storms, &source, &moved, &before));
	assert_false(turn(&storms, sim, &deadline_us));
	assert_non_null(strstr(sim->log, "interrupt 7 never ends"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(what_ends_is_never_masked),
		SIM_TEST(what_does_not_is_masked_told_and_tried_again),
		SIM_TEST(another_storm_prolongs_the_pause),
		SIM_TEST(who_moves_something_is_excused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
