/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: CPU time per task and the poll budget (mn_kernel_account). On this machine
 * each look at the CPU clock takes a microsecond, so a task can be as slow as it likes.
 */
#include <string.h>
#include "sim.h"

/* Polled once per round; each takes `looks` microseconds and one for the kernel's own. */
struct worker {
	struct mn_task task;
	int rounds, looks;
};

static mn_poll worker_run(struct worker *self)
{
	MN_BEGIN(self);
	for (; self->rounds > 0; self->rounds--) {
		for (int i = 0; i < self->looks; i++)
			(void)mn_platform_cpu_time(mn_running);
		MN_YIELD(self);
	}
	MN_END(self);
}

MN_TASK(worker);

/* Time in units of microseconds. */
static unsigned cpu_us(const struct worker *worker)
{
	return (unsigned)(worker->task.cpu / (MN_CPU_HZ / 1000000));
}

static void time_is_counted_per_task(void **state)
{
	struct sim *sim = *state;
	struct worker slow = {.rounds = 2, .looks = 9}, quick = {.rounds = 2};

	mn_kernel_account(&sim->kernel, true, 0);
	mn_spawn(&sim->kernel, &slow.task, &worker_task);
	mn_spawn(&sim->kernel, &quick.task, &worker_task);
	sim_run(sim);
	assert_int_equal(cpu_us(&slow), 2 * 10);
	assert_int_equal(cpu_us(&quick), 2 * 1);
}

static void nothing_is_counted_while_it_is_off(void **state)
{
	struct sim *sim = *state;
	struct worker before = {.rounds = 1}, after = {.rounds = 1};

	mn_spawn(&sim->kernel, &before.task, &worker_task);
	sim_run(sim);
	mn_kernel_account(&sim->kernel, true, 1);
	mn_kernel_account(&sim->kernel, false, 0);
	mn_spawn(&sim->kernel, &after.task, &worker_task);
	sim_run(sim);
	assert_int_equal(cpu_us(&before), 0);
	assert_int_equal(cpu_us(&after), 0);
}

static void poll_over_the_budget_is_reported_by_name(void **state)
{
	struct sim *sim = *state;
	struct worker slow = {.rounds = 3, .looks = 200}, quick = {.rounds = 3, .looks = 10};

	mn_kernel_account(&sim->kernel, true, 100);
	mn_spawn(&sim->kernel, &slow.task, &worker_task);
	mn_spawn(&sim->kernel, &quick.task, &worker_task);
	sim_run(sim);
	assert_int_equal(sim->kernel.over_budget, 3);
	assert_non_null(strstr(sim->log, "WARN kernel: task worker #1 ran 201 us in one poll, "
					 "its budget is 100 us\n"));
	assert_null(strstr(sim->log, "worker #2"));
}

static void last_poll_of_a_task_from_the_heap_is_reported_too(void **state)
{
	struct sim *sim = *state;
	struct worker *worker;

	mn_kernel_account(&sim->kernel, true, 100);
	worker = (struct worker *)(void *)mn_spawn_heap(&sim->kernel, &worker_task);
	assert_non_null(worker);
	worker->rounds = 1;
	worker->looks = 100;
	sim_run(sim);
	assert_int_equal(sim->kernel.over_budget, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(time_is_counted_per_task),
		SIM_TEST(nothing_is_counted_while_it_is_off),
		SIM_TEST(poll_over_the_budget_is_reported_by_name),
		SIM_TEST(last_poll_of_a_task_from_the_heap_is_reported_too),
	};

	return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
