/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: that subscriptions go with their tasks, at whatever moment, and leave nothing behind;
 * and that both subscribers and keyboards outlive the mux.
 */
#include "tasks_keyboard.h"

/* ---- Subscriptions ------------------------------------------------------------------- */

static uint32_t blocks(const struct sim *sim)
{
	struct mn_heap_stats stats;

	mn_heap_stats(sim->kernel.heap, &stats);
	return stats.blocks;
}

static void goes_with_its_task(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		readers[0].leaves_open = i == 0;
		subscribe(*state, 0, 0);
		type_char(*state, MN_KEY_PRESSED, 'a');
		assert_int_equal(blocks(*state), 2);
		sim_cancel(*state, &readers[0].task);
		sim_settle(*state);
		assert_int_equal(readers[0].ended, MN_ECANCELED);
		assert_int_equal(blocks(*state), 0);
		assert_int_equal(mux.queue_count, 0);
		assert_int_equal(type_char(*state, MN_KEY_RELEASED, 'a'), MN_OK);
		memset(&readers[0], 0, sizeof readers[0]);
	}
}

/* At the end of its task there is nothing left of it. */
static void can_be_given_up_at_any_moment(void **state)
{
	for (uint32_t i = 0; i < 40; i++) {
		struct sim_canceller canceller;

		memset(&readers[0], 0, sizeof readers[0]);
		readers[0].leaves_open = i % 2;
		sim_cancel_later(*state, &canceller, &readers[0].task, i / 4);
		subscribe(*state, 0, 4);
		assert_false(readers[0].task.frame.flags & MN__TASK_ALIVE);
		assert_int_equal(blocks(*state), 0);
		assert_int_equal(mux.queue_count, 0);
	}
	subscribe(*state, 1, 4);
	type_char(*state, MN_KEY_PRESSED, 'a');
	assert_string_equal(story(&readers[1]), "+a");
}

static struct mn_task *task_named(struct sim *sim, const char *name)
{
	struct mn_list *const tasks = &sim->kernel.tasks;

	for (struct mn_list *node = tasks->next; node != tasks; node = node->next) {
		struct mn_task *task = MN_CONTAINER(node, struct mn_task, all);

		if (strcmp(task->type->name, name) == 0)
			return task;
	}
	fail_msg("no task %s", name);
	return NULL;
}

/* Whoever else cancels the task behind a subscription, what was subscribed to comes. */
static void outlives_a_cancellation_of_its_queue(void **state)
{
	struct reader *reader = subscribe(*state, 0, 4);

	for (unsigned i = 0; i < 2; i++) {
		sim_cancel(*state, task_named(*state, "keyboard_queue"));
		sim_settle(*state);
		type_char(*state, MN_KEY_PRESSED, 'a');
		type_char(*state, MN_KEY_RELEASED, 'a');
	}
	assert_string_equal(story(reader), "+a-a+a-a");
}

static void has_so_many_places(void **state)
{
	for (unsigned i = 0; i < 9; i++)
		subscribe(*state, i, 0);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(readers[i].opened, MN_OK);
	assert_int_equal(readers[8].opened, MN_EFULL);
	sim_in_order(*state);
	sim_cancel(*state, &readers[3].task);
	subscribe(*state, 8, 0); /* when that has ended, but nobody has seen it */
	assert_int_equal(readers[8].opened, MN_OK);
	sim_cancel(*state, &readers[4].task);
	sim_settle(*state);
	subscribe(*state, 3, 0);
	assert_int_equal(readers[3].opened, MN_OK);
	assert_int_equal(mux.queue_count, 8);
}

static void says_what_is_wrong_with_a_capacity(void **state)
{
	assert_int_equal(subscribe(*state, 0, 1)->opened, MN_EINVAL);
	assert_int_equal(subscribe(*state, 1, MN_KEYBOARD_CAPACITY_MAX + 1)->opened, MN_EINVAL);
	assert_int_equal(subscribe(*state, 2, MN_KEYBOARD_CAPACITY_MAX)->opened, MN_OK);
	stop_reading(*state, subscribe(*state, 3, 0));
	type_char(*state, MN_KEY_PRESSED, '.');
	for (char c = 'a'; c < 'e'; c++)
		type_char(*state, MN_KEY_PRESSED, c);
	go_on(*state, &readers[3]);
	assert_string_equal(story(&readers[3]), "+.+a"); /* 4 as configured, 2 for releases */
}

static void gives_all_back_when_memory_is_short(void **state)
{
	struct sim *sim = *state;
	uint32_t n = 0;

	do {
		mn_heap_fail_after(sim->kernel.heap, ++n);
		subscribe(sim, 0, 4);
		if (readers[0].opened != MN_OK) {
			assert_int_equal(readers[0].opened, MN_ENOMEM);
			assert_int_equal(blocks(sim), 0);
			assert_int_equal(mux.queue_count, 0);
		}
	} while (readers[0].opened != MN_OK);
	assert_int_equal(n, 3); /* two allocations */
	mn_heap_fail_after(sim->kernel.heap, 0);
}

/* ---- The end of the mux, and the wrong beginning ---------------------------------------- */

static void leaves_what_it_has_when_it_ends(void **state)
{
	struct reader *reader = subscribe(*state, 0, 8);

	stop_reading(*state, reader);
	type_char(*state, MN_KEY_PRESSED, 'a');
	type_char(*state, MN_KEY_PRESSED, 'b');
	sim_cancel(*state, &mux.task);
	sim_settle(*state);
	go_on(*state, reader);
	assert_string_equal(story(reader), "+a+b");
	assert_int_equal(reader->ended, MN_ECLOSED);
	assert_int_equal(blocks(*state), 0);
	start_mux(*state, 8);
	reader->count = 0;
	subscribe(*state, 0, 8);
	assert_int_equal(type_char(*state, MN_KEY_PRESSED, 'c'), MN_OK);
	assert_string_equal(story(reader), "+c");
}

static void keyboards_wait_for_a_mux(void **state)
{
	const struct mn_key_event event = {.code = MN_KEY_CHAR, .value = 'a'};

	assert_int_equal(publish(*state, &event, 1), MN_OK);
	sim_cancel(*state, &mux.task);
	sim_settle(*state);
	mn_spawn(&((struct sim *)*state)->kernel, &typist.task, &typist_task);
	subscribe(*state, 0, 8);
	assert_int_equal(readers[0].opened, MN_PENDING);
	start_mux(*state, 8);
	sim_settle(*state);
	assert_int_equal(readers[0].opened, MN_OK);
	assert_false(typist.task.frame.flags & MN__TASK_ALIVE);
	assert_int_equal(typist.result, MN_OK);
}

static void is_the_only_one(void **state)
{
	static struct mn_keyboard_mux second;

	memset(&second, 0, sizeof second);
	subscribe(*state, 0, 8);
	mn_keyboard_mux_start(&second, &((struct sim *)*state)->kernel,
			      &(struct mn_keyboard_mux_config)MN_KEYBOARD_MUX_DEFAULTS);
	sim_settle(*state);
	assert_false(second.task.frame.flags & MN__TASK_ALIVE);
	assert_int_equal(second.task.frame.result, MN_EEXIST);
	type_char(*state, MN_KEY_PRESSED, 'a');
	assert_string_equal(story(&readers[0]), "+a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KEYBOARD_TEST(goes_with_its_task),
		KEYBOARD_TEST(can_be_given_up_at_any_moment),
		KEYBOARD_TEST(outlives_a_cancellation_of_its_queue),
		KEYBOARD_TEST(has_so_many_places),
		KEYBOARD_TEST(says_what_is_wrong_with_a_capacity),
		KEYBOARD_TEST(gives_all_back_when_memory_is_short),
		KEYBOARD_TEST(leaves_what_it_has_when_it_ends),
		KEYBOARD_TEST(keyboards_wait_for_a_mux),
		KEYBOARD_TEST(is_the_only_one),
	};

	return cmocka_run_group_tests_name("keyboard ends", tests, NULL, NULL);
}
