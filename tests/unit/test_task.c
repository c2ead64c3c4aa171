/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Protects: the life of a task as drawn in task.h. */
#include <string.h>
#include "sim.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct counter {
	struct mn_task task;
	int steps, seen;
	mn_poll says;
};

static mn_poll counter_run(struct counter *self)
{
	MN_BEGIN(self);
	for (self->seen = 0; self->seen < self->steps; self->seen++)
		MN_YIELD(self);
	MN_RETURN(self, self->says);
	MN_END(self);
}

MN_TASK(counter);

/* Writes its letter at each of its turns. */
static char story[256];

struct writer {
	struct mn_task task;
	char letter;
	int turns;
};

static mn_poll writer_run(struct writer *self)
{
	MN_BEGIN(self);
	for (;;) {
		story[strlen(story)] = self->letter;
		if (--self->turns <= 0)
			break;
		MN_YIELD(self);
	}
	MN_END(self);
}

MN_TASK(writer);

static void start_writers(struct sim *sim, struct writer *writers, size_t count, int turns)
{
	memset(story, 0, sizeof story);
	for (size_t i = 0; i < count; i++) {
		writers[i] = (struct writer){.letter = (char)('a' + i), .turns = turns};
		mn_spawn(&sim->kernel, &writers[i].task, &writer_task);
	}
}

static void runs_to_its_end(void **state)
{
	struct sim *sim = *state;
	struct counter counter = {.steps = 3};

	mn_spawn(&sim->kernel, &counter.task, &counter_task);
	sim_run(sim);
	assert_int_equal(counter.seen, 3);
	assert_int_equal(counter.task.polls, 4);
}

static void ready_tasks_run_first_in_first_out(void **state)
{
	struct sim *sim = *state;
	struct writer writers[8];

	sim_in_order(sim);
	start_writers(sim, writers, COUNT(writers), 1);
	sim_settle(sim);
	assert_string_equal(story, "abcdefgh");
}

static void yield_lets_every_other_ready_task_run_once(void **state)
{
	struct sim *sim = *state;
	struct writer writers[3];

	sim_in_order(sim);
	start_writers(sim, writers, COUNT(writers), 4);
	sim_settle(sim);
	assert_string_equal(story, "abcabcabcabc");
}

static void shuffled_order_follows_from_the_seed(void **state)
{
	char stories[4][sizeof story];

	(void)state;
	for (uint64_t i = 0; i < COUNT(stories); i++) {
		struct sim *sim = sim_new(i / 2);
		struct writer writers[20];

		mn_kernel_shuffle(&sim->kernel, true);
		start_writers(sim, writers, COUNT(writers), 3);
		sim_settle(sim);
		assert_int_equal(strlen(story), 3 * COUNT(writers));
		memcpy(stories[i], story, sizeof story);
		sim_free(sim);
	}
	assert_string_equal(stories[0], stories[1]);
	assert_string_equal(stories[2], stories[3]);
	assert_string_not_equal(stories[0], stories[2]);
}

static void turn_polls_a_bounded_number_of_tasks(void **state)
{
	struct sim *sim = *state;
	struct counter busy = {.steps = 1000000};

	mn_spawn(&sim->kernel, &busy.task, &counter_task);
	for (uint32_t turn = 1; turn <= 10; turn++) {
		assert_int_equal(mn_kernel_run_once(&sim->kernel), 0); /* there is more to do */
		assert_int_equal(busy.task.polls, turn * MN_POLLS_PER_TURN);
	}
	busy.steps = 0;
	sim_run(sim);
}

/* Waits for a wake, as often as asked. */
struct waiter {
	struct mn_task task;
	struct mn_wait wait;
	struct mn_sleep nap;
	bool open;
	mn_poll first, second, third;
};

static mn_poll pass(struct waiter *self)
{
	mn_poll how = MN_OK;

	if (!self->open) {
		if (!mn_wait_canceled()) {
			if (!mn_wait_active(&self->wait))
				mn_wait_begin(&self->wait, MN_WAIT_OTHER, self);
			return mn_wait_park(&self->wait);
		}
		how = MN_ECANCELED;
	}
	mn_wait_end(&self->wait);
	return how;
}

static mn_poll waiter_run(struct waiter *self)
{
	MN_BEGIN(self);
	self->first = self->second = self->third = MN_PENDING;
	MN_AWAIT(self, pass(self));
	self->first = MN_RESULT(self);
	MN_AWAIT(self, mn_sleep(&self->nap, 10));
	self->second = MN_RESULT(self);
	MN_AWAIT(self, mn_sleep(&self->nap, 10));
	self->third = MN_RESULT(self);
	MN_RETURN(self, self->first);
	MN_END(self);
}

MN_TASK(waiter);

static void start_waiter(struct sim *sim, struct waiter *waiter)
{
	mn_spawn(&sim->kernel, &waiter->task, &waiter_task);
	sim_settle(sim);
}

static void open_waiter(struct sim *sim, struct waiter *waiter)
{
	waiter->open = true;
	sim_enter(sim);
	mn_wake(&waiter->task);
	sim_leave();
}

static void waking_twice_runs_once(void **state)
{
	struct sim *sim = *state;
	struct waiter waiter = {0}, other = {0};

	start_waiter(sim, &waiter);
	start_waiter(sim, &other);
	sim_enter(sim);
	for (int i = 0; i < 3; i++) {
		mn_wake(&waiter.task);
		mn_wake(&other.task);
	}
	sim_leave();
	sim_settle(sim);
	assert_int_equal(waiter.task.polls, 2);
	assert_int_equal(other.task.polls, 2);
	sim_cancel_all(sim);
	sim_run(sim);
}

static void needless_wake_does_not_end_a_wait(void **state)
{
	struct sim *sim = *state;
	struct waiter waiter = {0};

	start_waiter(sim, &waiter);
	sim_enter(sim);
	mn_wake(&waiter.task);
	sim_leave();
	sim_settle(sim);
	assert_int_equal(waiter.first, MN_PENDING);
	open_waiter(sim, &waiter);
	sim_run(sim);
	assert_int_equal(waiter.first, MN_OK);
}

/* Wakes itself, then ends in the same poll. */
struct restless {
	struct mn_task task;
	struct mn_task *before, *after;
};

static mn_poll restless_run(struct restless *self)
{
	MN_BEGIN(self);
	if (self->before)
		mn_wake(self->before);
	mn_wake(mn_self());
	if (self->after)
		mn_wake(self->after);
	MN_END(self);
}

MN_TASK(restless);

static void task_woken_in_its_last_poll_leaves_the_run_queue(void **state)
{
	struct sim *sim = *state;

	for (int places = 0; places < 4; places++) {
		struct waiter before = {0}, after = {0}, next = {0};
		struct restless restless = {.before = places & 1 ? &before.task : NULL,
					    .after = places & 2 ? &after.task : NULL};

		start_waiter(sim, &before);
		start_waiter(sim, &after);
		before.open = after.open = next.open = true;
		mn_spawn(&sim->kernel, &restless.task, &restless_task);
		sim_settle(sim);
		assert_int_equal(restless.task.polls, 1);
		assert_int_equal(before.first, places & 1 ? MN_OK : MN_PENDING);
		assert_int_equal(after.first, places & 2 ? MN_OK : MN_PENDING);
		start_waiter(sim, &next); /* the queue is whole */
		assert_int_equal(next.first, MN_OK);
		sim_cancel_all(sim);
		sim_run(sim);
	}
}

static void ids_count_from_one(void **state)
{
	struct sim *sim = *state;
	struct counter counters[5] = {0};

	for (uint32_t i = 0; i < COUNT(counters); i++) {
		mn_spawn(&sim->kernel, &counters[i].task, &counter_task);
		assert_int_equal(counters[i].task.id, i + 1);
	}
	sim_settle(sim);
	mn_spawn(&sim->kernel, &counters[0].task, &counter_task);
	assert_int_equal(counters[0].task.id, COUNT(counters) + 1); /* never given again */
	sim_settle(sim);
}

static void ended_task_can_be_spawned_again(void **state)
{
	struct sim *sim = *state;
	struct counter counter = {.steps = 3, .says = MN_EIO};

	for (int life = 0; life < 3; life++) {
		mn_spawn(&sim->kernel, &counter.task, &counter_task);
		assert_int_equal(mn_kernel_task_count(&sim->kernel), 1);
		sim_settle(sim);
		assert_int_equal(counter.seen, 3);
		assert_int_equal(counter.task.polls, 4);
	}
}

static void spawning_a_live_task_panics(void **state)
{
	struct sim *sim = *state;
	static struct waiter waiter;

	start_waiter(sim, &waiter);
	assert_true(sim_panics(mn_spawn(&sim->kernel, &waiter.task, &waiter_task)));
	sim_broken(state);
}

/* ---- joining ---- */

struct joiner {
	struct mn_task task;
	struct mn_join join;
	struct mn_task *whom;
	mn_poll how;
};

static mn_poll joiner_run(struct joiner *self)
{
	MN_BEGIN(self);
	self->how = MN_PENDING;
	MN_AWAIT(self, mn_join(&self->join, self->whom));
	self->how = MN_RESULT(self);
	MN_END(self);
}

MN_TASK(joiner);

static void start_joiner(struct sim *sim, struct joiner *joiner, struct mn_task *whom)
{
	joiner->whom = whom;
	mn_spawn(&sim->kernel, &joiner->task, &joiner_task);
	sim_settle(sim);
}

static void join_waits_for_the_end_and_gets_the_result(void **state)
{
	struct sim *sim = *state;
	struct waiter waiter = {0};
	struct joiner joiners[3] = {0};

	start_waiter(sim, &waiter);
	for (size_t i = 0; i < COUNT(joiners); i++)
		start_joiner(sim, &joiners[i], &waiter.task);
	sim_cancel(sim, &waiter.task);
	sim_settle(sim);
	for (size_t i = 0; i < COUNT(joiners); i++)
		assert_int_equal(joiners[i].how, MN_PENDING); /* it is still napping */
	sim_run(sim);
	for (size_t i = 0; i < COUNT(joiners); i++) {
		assert_int_equal(joiners[i].how, MN_OK);
		assert_int_equal(joiners[i].join.result, MN_ECANCELED);
	}
}

static void join_waits_for_its_own_task_only(void **state)
{
	struct sim *sim = *state;
	struct waiter waiter = {0};
	struct counter counter = {.steps = 1};
	struct joiner other = {0}, joiner = {0};

	start_waiter(sim, &waiter);
	start_joiner(sim, &other, &waiter.task);
	mn_spawn(&sim->kernel, &counter.task, &counter_task);
	start_joiner(sim, &joiner, &counter.task);
	assert_int_equal(joiner.how, MN_OK);
	assert_int_equal(other.how, MN_PENDING);
	sim_cancel_all(sim);
	sim_run(sim);
}

static void join_of_an_ended_task_does_not_wait(void **state)
{
	struct sim *sim = *state;
	struct counter counter = {.says = MN_EIO};
	struct joiner joiner = {0};

	mn_spawn(&sim->kernel, &counter.task, &counter_task);
	sim_settle(sim);
	start_joiner(sim, &joiner, &counter.task);
	assert_int_equal(joiner.how, MN_OK);
	assert_int_equal(joiner.join.result, MN_EIO);
	assert_int_equal(joiner.task.polls, 1);
}

static void joined_task_may_be_spawned_again_before_the_joiner_looks(void **state)
{
	struct sim *sim = *state;
	struct counter counter = {.steps = 1, .says = MN_EIO};
	struct joiner joiner = {.whom = &counter.task};

	sim_in_order(sim);
	mn_spawn(&sim->kernel, &counter.task, &counter_task);
	mn_spawn(&sim->kernel, &joiner.task, &joiner_task);
	while (mn_kernel_task_count(&sim->kernel) == 2)
		mn_kernel_run_once(&sim->kernel);
	counter.says = MN_OK;
	mn_spawn(&sim->kernel, &counter.task, &counter_task);
	sim_run(sim);
	assert_int_equal(joiner.join.result, MN_EIO);
}

static void canceled_join_lets_go_of_the_task(void **state)
{
	struct sim *sim = *state;
	struct waiter waiter = {0};
	struct joiner joiner = {0};

	start_waiter(sim, &waiter);
	start_joiner(sim, &joiner, &waiter.task);
	sim_cancel(sim, &joiner.task);
	sim_settle(sim);
	assert_int_equal(joiner.how, MN_ECANCELED);
	memset(&joiner, 0xee, sizeof joiner); /* its memory is its owner's again */
	open_waiter(sim, &waiter);
	sim_run(sim);
}

static void end_beats_the_cancellation_of_a_join(void **state)
{
	struct sim *sim = *state;
	struct counter counter = {.says = MN_EIO};
	struct joiner joiner = {.whom = &counter.task};

	mn_spawn(&sim->kernel, &counter.task, &counter_task);
	sim_settle(sim);
	mn_spawn(&sim->kernel, &joiner.task, &joiner_task);
	sim_cancel(sim, &joiner.task);
	sim_settle(sim);
	assert_int_equal(joiner.how, MN_OK);
}

/* ---- cancelling ---- */

static void cancel_ends_the_wait_a_task_is_in_once(void **state)
{
	struct sim *sim = *state;
	struct waiter waiter = {0};

	start_waiter(sim, &waiter);
	sim_cancel(sim, &waiter.task);
	sim_run(sim);
	assert_int_equal(waiter.first, MN_ECANCELED);
	assert_int_equal(waiter.second, MN_OK); /* the clean-up waits undisturbed */
	assert_int_equal(waiter.third, MN_OK);
	assert_int_equal(sim->now_us, 20);
}

static void cancel_twice_before_it_is_noticed_is_once(void **state)
{
	struct sim *sim = *state;
	struct waiter waiter = {0};

	start_waiter(sim, &waiter);
	sim_cancel(sim, &waiter.task);
	sim_cancel(sim, &waiter.task);
	sim_run(sim);
	assert_int_equal(waiter.first, MN_ECANCELED);
	assert_int_equal(waiter.second, MN_OK);
}

static void cancel_before_the_first_poll_ends_the_first_wait(void **state)
{
	struct sim *sim = *state;
	struct waiter waiter = {0};

	mn_spawn(&sim->kernel, &waiter.task, &waiter_task);
	sim_cancel(sim, &waiter.task);
	sim_run(sim);
	assert_int_equal(waiter.first, MN_ECANCELED);
	assert_int_equal(waiter.second, MN_OK);
}

static void what_has_happened_is_answered_before_a_cancellation(void **state)
{
	struct sim *sim = *state;
	struct waiter waiter = {0};

	start_waiter(sim, &waiter);
	open_waiter(sim, &waiter);
	sim_cancel(sim, &waiter.task);
	sim_run(sim);
	assert_int_equal(waiter.first, MN_OK);
	assert_int_equal(waiter.second, MN_ECANCELED);
	assert_int_equal(waiter.third, MN_OK);
}

static void clean_up_can_be_canceled_too(void **state)
{
	struct sim *sim = *state;
	struct waiter waiter = {0};

	start_waiter(sim, &waiter);
	sim_cancel(sim, &waiter.task);
	sim_settle(sim);
	sim_cancel(sim, &waiter.task);
	sim_run(sim);
	assert_int_equal(waiter.second, MN_ECANCELED);
	assert_int_equal(sim->now_us, 10);
}

/* Cancels itself, then waits or does not. */
struct quitter {
	struct mn_task task;
	struct mn_sleep nap;
	bool quits, naps;
	mn_poll nap_says;
};

static mn_poll quitter_run(struct quitter *self)
{
	MN_BEGIN(self);
	if (self->quits)
		mn_cancel(mn_self());
	if (!self->naps)
		MN_RETURN(self, MN_OK);
	MN_AWAIT(self, mn_sleep(&self->nap, 10));
	self->nap_says = MN_RESULT(self);
	MN_END(self);
}

MN_TASK(quitter);

static void task_that_cancels_itself_notices_at_its_next_wait(void **state)
{
	struct sim *sim = *state;
	struct quitter quitter = {.quits = true, .naps = true};

	mn_spawn(&sim->kernel, &quitter.task, &quitter_task);
	sim_settle(sim);
	assert_int_equal(quitter.nap_says, MN_ECANCELED);
	assert_int_equal(quitter.task.polls, 1);
}

static void cancellation_ends_with_the_task(void **state)
{
	struct sim *sim = *state;
	struct quitter quitter = {.quits = true};

	mn_spawn(&sim->kernel, &quitter.task, &quitter_task);
	sim_settle(sim);                /* it ended without noticing */
	sim_cancel(sim, &quitter.task); /* and is not there to notice this */
	assert_int_equal(mn_kernel_task_count(&sim->kernel), 0);
	quitter = (struct quitter){.task = quitter.task, .naps = true};
	mn_spawn(&sim->kernel, &quitter.task, &quitter_task);
	sim_run(sim);
	assert_int_equal(quitter.nap_says, MN_OK);
}

/* ---- from the heap ---- */

struct bulky {
	struct mn_task task;
	uint8_t bytes[1000];
	struct mn_sleep nap;
};

static mn_poll bulky_run(struct bulky *self)
{
	MN_BEGIN(self);
	for (size_t i = 0; i < sizeof self->bytes; i++)
		assert_int_equal(self->bytes[i], 0);
	memset(self->bytes, 0xee, sizeof self->bytes);
	MN_TRY(self, mn_sleep(&self->nap, 10));
	MN_END(self);
}

MN_TASK(bulky);

/* More of them, one after another, than the heap could hold at once. */
static void task_from_the_heap_is_zeroed_and_freed(void **state)
{
	struct sim *sim = *state;

	for (size_t i = 0; i < 2 * SIM_HEAP / sizeof(struct bulky); i++) {
		struct mn_task *task = mn_spawn_heap(&sim->kernel, &bulky_task);
		struct joiner joiner = {0};

		assert_non_null(task);
		start_joiner(sim, &joiner, task);
		if (i & 1)
			sim_cancel(sim, task);
		sim_run(sim);
		assert_int_equal(joiner.how, MN_OK);
		assert_int_equal(joiner.join.result, i & 1 ? MN_ECANCELED : MN_OK);
	}
}

static void spawn_from_a_full_heap_says_so(void **state)
{
	struct sim *sim = *state;
	uint32_t count = 0;

	while (mn_spawn_heap(&sim->kernel, &bulky_task))
		count++;
	assert_in_range(count, 1, SIM_HEAP / sizeof(struct bulky));
	assert_int_equal(mn_kernel_task_count(&sim->kernel), count);
	sim_run(sim);
	assert_non_null(mn_spawn_heap(&sim->kernel, &bulky_task));
	sim_run(sim);
}

/* ---- bodies and operations ---- */

static void overwritten_resume_point_panics(void **state)
{
	struct sim *sim = *state;
	static struct waiter waiter;

	start_waiter(sim, &waiter);
	waiter.task.frame.resume = 1;
	sim_enter(sim);
	mn_wake(&waiter.task);
	sim_leave();
	assert_true(sim_panics(mn_kernel_run_once(&sim->kernel)));
	assert_non_null(strstr(sim_panic_text, "test_task.c:1: "));
	assert_non_null(strstr(sim_panic_text, "in task waiter #1"));
	sim_broken(state);
}

static void random_numbers_follow_from_the_seed(void **state)
{
	struct sim *a = sim_new(7), *b = sim_new(7), *c = sim_new(8);
	int same = 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		const uint64_t number = mn_random(&a->kernel);

		assert_true(number == mn_random(&b->kernel));
		same += number == mn_random(&c->kernel);
	}
	assert_int_equal(same, 0);
	sim_free(a);
	sim_free(b);
	sim_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(runs_to_its_end),
		SIM_TEST(ready_tasks_run_first_in_first_out),
		SIM_TEST(yield_lets_every_other_ready_task_run_once),
		SIM_TEST(shuffled_order_follows_from_the_seed),
		SIM_TEST(turn_polls_a_bounded_number_of_tasks),
		SIM_TEST(waking_twice_runs_once),
		SIM_TEST(needless_wake_does_not_end_a_wait),
		SIM_TEST(task_woken_in_its_last_poll_leaves_the_run_queue),
		SIM_TEST(ids_count_from_one),
		SIM_TEST(ended_task_can_be_spawned_again),
		SIM_TEST(spawning_a_live_task_panics),
		SIM_TEST(join_waits_for_the_end_and_gets_the_result),
		SIM_TEST(join_waits_for_its_own_task_only),
		SIM_TEST(join_of_an_ended_task_does_not_wait),
		SIM_TEST(joined_task_may_be_spawned_again_before_the_joiner_looks),
		SIM_TEST(canceled_join_lets_go_of_the_task),
		SIM_TEST(end_beats_the_cancellation_of_a_join),
		SIM_TEST(cancel_ends_the_wait_a_task_is_in_once),
		SIM_TEST(cancel_twice_before_it_is_noticed_is_once),
		SIM_TEST(cancel_before_the_first_poll_ends_the_first_wait),
		SIM_TEST(what_has_happened_is_answered_before_a_cancellation),
		SIM_TEST(clean_up_can_be_canceled_too),
		SIM_TEST(task_that_cancels_itself_notices_at_its_next_wait),
		SIM_TEST(cancellation_ends_with_the_task),
		SIM_TEST(task_from_the_heap_is_zeroed_and_freed),
		SIM_TEST(spawn_from_a_full_heap_says_so),
		SIM_TEST(overwritten_resume_point_panics),
		SIM_TEST(random_numbers_follow_from_the_seed),
	};

	return cmocka_run_group_tests_name("task", tests, NULL, NULL);
}
