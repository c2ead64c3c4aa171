/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Protects: interrupts' wakes as drawn in irq.h, seen from one thread. */
#include <string.h>
#include "sim.h"

/* Counts the interrupts that it is told of. */
struct driver {
	struct mn_task task;
	struct mn_irq *irq;
	struct mn_irq_wait wait;
	int seen;
	bool once;
};

static mn_poll driver_run(struct driver *self)
{
	MN_BEGIN(self);
	do {
		MN_TRY(self, mn_irq_wait(&self->wait, self->irq));
		self->seen++;
	} while (!self->once);
	MN_END(self);
}

MN_TASK(driver);

static void start_driver(struct sim *sim, struct driver *driver, struct mn_irq *irq)
{
	driver->irq = irq;
	mn_spawn(&sim->kernel, &driver->task, &driver_task);
	sim_settle(sim);
}

static void raise_wakes_the_waiting_task(void **state)
{
	struct sim *sim = *state;
	struct mn_irq irq;
	struct driver driver = {0};

	mn_irq_init(&irq, &sim->kernel);
	start_driver(sim, &driver, &irq);
	assert_int_equal(driver.seen, 0);
	for (int i = 1; i <= 3; i++) {
		mn_irq_raise(&irq);
		sim_settle(sim);
		assert_int_equal(driver.seen, i);
	}
	sim_cancel_all(sim);
}

static void raise_before_the_wait_is_remembered(void **state)
{
	struct sim *sim = *state;
	struct mn_irq irq;
	struct driver driver = {.once = true};

	mn_irq_init(&irq, &sim->kernel);
	mn_irq_raise(&irq);
	sim_settle(sim);
	start_driver(sim, &driver, &irq);
	assert_int_equal(driver.seen, 1);
	assert_int_equal(driver.task.polls, 1);
}

static void raises_are_not_counted(void **state)
{
	struct sim *sim = *state;
	struct mn_irq irq;
	struct driver driver = {0};

	mn_irq_init(&irq, &sim->kernel);
	for (int i = 0; i < 5; i++)
		mn_irq_raise(&irq);
	sim_settle(sim); /* some taken from the inbox, some still in it */
	for (int i = 0; i < 5; i++)
		mn_irq_raise(&irq);
	sim_settle(sim);
	start_driver(sim, &driver, &irq);
	assert_int_equal(driver.seen, 1);
	sim_cancel_all(sim);
}

static void inbox_tells_not_to_sleep_until_it_is_drained(void **state)
{
	struct sim *sim = *state;
	struct mn_irq irq;

	mn_irq_init(&irq, &sim->kernel);
	assert_false(mn_kernel_interrupted(&sim->kernel));
	mn_irq_raise(&irq);
	assert_true(mn_kernel_interrupted(&sim->kernel));
	mn_kernel_run_once(&sim->kernel);
	assert_false(mn_kernel_interrupted(&sim->kernel));
	mn_irq_raise(&irq); /* it can be raised again */
	assert_true(mn_kernel_interrupted(&sim->kernel));
	sim_settle(sim);
}

static char story[16];

struct noter {
	struct mn_task task;
	struct mn_irq irq;
	struct mn_irq_wait wait;
	char letter;
};

static mn_poll noter_run(struct noter *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_irq_wait(&self->wait, &self->irq));
	story[strlen(story)] = self->letter;
	MN_END(self);
}

MN_TASK(noter);

static void tasks_wake_in_the_order_of_the_raises(void **state)
{
	struct sim *sim = *state;
	struct noter noters[5] = {0};
	static const int order[] = {3, 0, 4, 1, 2};

	sim_in_order(sim);
	memset(story, 0, sizeof story);
	for (int i = 0; i < 5; i++) {
		noters[i].letter = (char)('a' + i);
		mn_irq_init(&noters[i].irq, &sim->kernel);
		mn_spawn(&sim->kernel, &noters[i].task, &noter_task);
	}
	sim_settle(sim);
	for (int i = 0; i < 5; i++) {
		mn_irq_raise(&noters[order[i]].irq);
		mn_irq_raise(&noters[order[0]].irq); /* is raised already: keeps its place */
	}
	sim_settle(sim);
	assert_string_equal(story, "daebc");
}

static void canceled_wait_leaves_the_interrupt_to_the_next(void **state)
{
	struct sim *sim = *state;
	struct mn_irq irq;
	struct driver first = {0}, second = {.once = true};

	mn_irq_init(&irq, &sim->kernel);
	start_driver(sim, &first, &irq);
	sim_cancel(sim, &first.task);
	sim_settle(sim);
	memset(&first, 0xee, sizeof first); /* its memory is its owner's again */
	mn_irq_raise(&irq);
	sim_settle(sim);
	start_driver(sim, &second, &irq);
	assert_int_equal(second.seen, 1);
}

static void raise_is_answered_before_a_cancellation(void **state)
{
	struct sim *sim = *state;
	struct mn_irq irq;
	struct driver driver = {0};

	mn_irq_init(&irq, &sim->kernel);
	start_driver(sim, &driver, &irq);
	mn_irq_raise(&irq);
	mn_kernel_run_once(&sim->kernel);
	mn_irq_raise(&irq);
	sim_cancel(sim, &driver.task);
	sim_settle(sim);
	assert_int_equal(driver.seen, 2);
	assert_int_equal(mn_kernel_task_count(&sim->kernel), 0);
}

/* Raises, as a handler that interrupts the task, and never waits. */
struct hog {
	struct mn_task task;
	struct mn_irq *irq;
	const struct driver *driver;
	int polls;
};

static mn_poll hog_run(struct hog *self)
{
	MN_BEGIN(self);
	mn_irq_raise(self->irq);
	for (self->polls = 0; self->driver->seen == 0; self->polls++)
		MN_YIELD(self);
	MN_END(self);
}

MN_TASK(hog);

static void busy_tasks_do_not_keep_interrupts_out(void **state)
{
	struct sim *sim = *state;
	struct mn_irq irq;
	struct driver driver = {.once = true};
	struct hog hog = {.irq = &irq, .driver = &driver};

	mn_irq_init(&irq, &sim->kernel);
	start_driver(sim, &driver, &irq);
	mn_spawn(&sim->kernel, &hog.task, &hog_task);
	sim_settle(sim);
	/* Shuffled, the driver may wait for as long as chance will have it. */
	if (!(sim->kernel.watch & MN__WATCH_SHUFFLE))
		assert_in_range(hog.polls, 1, MN_POLLS_PER_TURN + 1);
}

static void second_waiting_task_panics(void **state)
{
	struct sim *sim = *state;
	static struct mn_irq irq;
	static struct driver first, second;

	mn_irq_init(&irq, &sim->kernel);
	start_driver(sim, &first, &irq);
	assert_true(sim_panics(start_driver(sim, &second, &irq)));
	sim_broken(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(raise_wakes_the_waiting_task),
		SIM_TEST(raise_before_the_wait_is_remembered),
		SIM_TEST(raises_are_not_counted),
		SIM_TEST(inbox_tells_not_to_sleep_until_it_is_drained),
		SIM_TEST(tasks_wake_in_the_order_of_the_raises),
		SIM_TEST(canceled_wait_leaves_the_interrupt_to_the_next),
		SIM_TEST(raise_is_answered_before_a_cancellation),
		SIM_TEST(busy_tasks_do_not_keep_interrupts_out),
		SIM_TEST(second_waiting_task_panics),
	};

	return cmocka_run_group_tests_name("irq", tests, NULL, NULL);
}
