/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Protects: the life of a task as drawn in task.h. */
#include "sim.h"

struct counter {
	struct mn_task task;
	int steps, seen;
};

static mn_poll counter_run(struct counter *self)
{
	MN_BEGIN(self);
	for (self->seen = 0; self->seen < self->steps; self->seen++)
		MN_YIELD(self);
	MN_END(self);
}

MN_TASK(counter);

static void runs_to_its_end(void **state)
{
	struct sim *sim = *state;
	struct counter counter = {.steps = 3};

	mn_spawn(&sim->kernel, &counter.task, &counter_task);
	sim_run(sim);
	assert_int_equal(counter.seen, 3);
	assert_int_equal(counter.task.polls, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(runs_to_its_end),
	};

	return cmocka_run_group_tests_name("task", tests, NULL, NULL);
}
