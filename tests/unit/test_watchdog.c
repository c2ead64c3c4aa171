/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Protects: that a task which does not yield is told of, once, and no other is. */
#include <string.h>
#include <mnemos/watchdog.h>
#include "sim.h"

static struct mn_watchdog watchdog;

/* Polls so often; in each the timer fires so often. */
struct busy {
	struct mn_task task;
	struct sim *sim;
	int polls, looks;
	int told;
};

static mn_poll busy_run(struct busy *self)
{
	MN_BEGIN(self);
	while (self->polls-- > 0) {
		for (int i = 0; i < self->looks; i++)
			self->told += mn_watchdog_looks(&watchdog, &self->sim->kernel);
		MN_YIELD(self);
	}
	MN_END(self);
}

MN_TASK(busy);

static int told(struct sim *sim, int polls, int looks)
{
	struct busy busy = {.sim = sim, .polls = polls, .looks = looks};

	mn_spawn(&sim->kernel, &busy.task, &busy_task);
	sim_settle(sim);
	return busy.told;
}

static void task_that_stays_in_a_poll_is_told_of_once(void **state)
{
	assert_int_equal(told(*state, 1, 2), 1);
	assert_int_equal(told(*state, 1, 10), 1);
	assert_int_equal(told(*state, 3, 2), 3); /* each poll is another case */
}

static void task_that_yields_is_not(void **state)
{
	struct sim *sim = *state;

	assert_int_equal(told(sim, 100, 1), 0);
	for (int i = 0; i < 3; i++) /* nor is an idle system */
		assert_false(mn_watchdog_looks(&watchdog, &sim->kernel));
	assert_int_equal(told(sim, 1, 1), 0);
	assert_int_equal(told(sim, 1, 1), 0); /* the same address, another task */
}

static char text[200];

static void append(void *context, const char *piece, size_t len)
{
	(void)context;
	strncat(text, piece, len);
}

struct teller {
	struct mn_task task;
	const struct mn_kernel *kernel;
};

static mn_poll teller_run(struct teller *self)
{
	MN_BEGIN(self);
	mn_watchdog_tell(self->kernel, append, NULL);
	MN_END(self);
}

MN_TASK(teller);

static void text_says_who_and_where(void **state)
{
	struct sim *sim = *state;
	struct teller teller = {.kernel = &sim->kernel};

	text[0] = '\0';
	mn_watchdog_tell(&sim->kernel, append, NULL); /* nobody runs by now */
	assert_string_equal(text, "");
	sim->kernel.task_id = 4294967289;
	sim->kernel.tasks_ended = 4294967289;
	mn_spawn(&sim->kernel, &teller.task, &teller_task);
	sim_settle(sim);
	assert_string_equal(text,
			    "task teller #4294967290 has not yielded for 1000 ms (" __FILE__ ")\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(task_that_stays_in_a_poll_is_told_of_once),
		SIM_TEST(task_that_yields_is_not),
		SIM_TEST(text_says_who_and_where),
	};

	return cmocka_run_group_tests_name("watchdog", tests, NULL, NULL);
}
