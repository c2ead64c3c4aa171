/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: the order in which tasks get memory, and that no way out of waiting for it
 * loses any. sim_free checks at the end of each test that nothing is still allocated.
 */
#include <string.h>
#include "sim.h"

/* Waits for memory, notes when it got it, and keeps it. */
struct getter {
	struct mn_task task;
	struct mn_alloc memory;
	struct mn_timeout limit;
	size_t size;
	uint64_t limit_us; /* 0: none */
	mn_poll result;
	unsigned turn; /* it was served as the n-th */
};

static unsigned served;

static mn_poll getter_run(struct getter *self)
{
	MN_BEGIN(self);
	if (self->limit_us)
		MN_AWAIT(self, mn_timeout(&self->limit, mn_alloc(&self->memory, self->size),
					  self->limit_us));
	else
		MN_AWAIT(self, mn_alloc(&self->memory, self->size));
	self->result = MN_RESULT(self);
	self->turn = ++served;
	MN_END(self);
}

MN_TASK(getter);

static int setup(void **state)
{
	served = 0;
	*state = sim_new(1);
	return 0;
}

static int teardown(void **state)
{
	sim_free(*state);
	return 0;
}

/* Does something as a task would, between two polls. */
#define AS_TASK(sim, statement)              \
	do {                                 \
		mn_running = &(sim)->kernel; \
		statement;                   \
		mn_running = MN__NOWHERE;    \
	} while (0)

static void start(struct sim *sim, struct getter *getter, size_t size)
{
	getter->size = size;
	getter->result = MN_PENDING;
	mn_spawn(&sim->kernel, &getter->task, &getter_task);
	sim_settle(sim);
}

static void release(struct sim *sim, void *block)
{
	AS_TASK(sim, mn_free(block));
	sim_settle(sim);
}

static struct mn_heap_stats stats_of(const struct sim *sim)
{
	struct mn_heap_stats stats;

	mn_heap_stats(sim->kernel.heap, &stats);
	return stats;
}

/* Takes the whole heap but for `rest` bytes, or a little less. */
static void *hog(struct sim *sim, size_t rest)
{
	void *block = mn_heap_alloc(sim->kernel.heap, stats_of(sim).largest - rest, 0);

	assert_non_null(block);
	return block;
}

static void answers_at_once_when_there_is_memory(void **state)
{
	struct sim *sim = *state;
	struct getter getter = {0};

	start(sim, &getter, 100);
	assert_int_equal(getter.result, MN_OK);
	assert_int_equal(getter.task.polls, 1);
	memset(getter.memory.block, 0x5a, 100);
	release(sim, getter.memory.block);
}

static void waits_until_enough_is_freed(void **state)
{
	struct sim *sim = *state;
	struct getter getter = {0};
	void *most = hog(sim, 200), *rest = mn_heap_alloc(sim->kernel.heap, 100, 0);

	start(sim, &getter, 1000);
	assert_int_equal(getter.result, MN_PENDING);
	assert_int_equal(stats_of(sim).waiting, 1);
	release(sim, rest); /* not enough: it is not even woken */
	assert_int_equal(getter.task.polls, 1);
	release(sim, most);
	assert_int_equal(getter.result, MN_OK);
	assert_int_equal(getter.task.polls, 2);
	assert_int_equal(stats_of(sim).waiting, 0);
	release(sim, getter.memory.block);
}

/* A wake is a hint; without memory it changes nothing. */
static void a_stray_wake_is_harmless(void **state)
{
	struct sim *sim = *state;
	struct getter getter = {0};
	void *all = hog(sim, 0);

	start(sim, &getter, 100);
	AS_TASK(sim, mn_wake(&getter.task));
	sim_settle(sim);
	assert_int_equal(getter.task.polls, 2);
	assert_int_equal(getter.result, MN_PENDING);
	assert_int_equal(stats_of(sim).waiting, 1);
	release(sim, all);
	assert_int_equal(getter.result, MN_OK);
	release(sim, getter.memory.block);
}

static void note_owner(void *context, const void *block, size_t size, uint32_t owner)
{
	(void)block;
	(void)size;
	*(uint32_t *)context = owner;
}

static void what_is_handed_over_belongs_to_who_waited(void **state)
{
	struct sim *sim = *state;
	struct getter getter = {0};
	void *all = hog(sim, 0);
	uint32_t owner = 0;

	start(sim, &getter, 1000);
	release(sim, all);
	mn_heap_each(sim->kernel.heap, note_owner, &owner);
	assert_int_equal(owner, getter.task.id);
	release(sim, getter.memory.block);
}

/* The large request came first: small ones that would fit stay behind it. */
static void serves_in_order_of_arrival(void **state)
{
	struct sim *sim = *state;
	struct getter large = {0}, small[2] = {0};
	void *most = hog(sim, 2000), *some = mn_heap_alloc(sim->kernel.heap, 1000, 0);

	start(sim, &large, 4000);
	start(sim, &small[0], 16);
	start(sim, &small[1], 16);
	release(sim, some);
	assert_int_equal(served, 0);
	release(sim, most); /* enough for all: one free serves three */
	assert_int_equal(served, 3);
	/* In which order they run is the executor's affair; memory was given in order. */
	assert_true(large.memory.block < small[0].memory.block);
	assert_true(small[0].memory.block < small[1].memory.block);
	release(sim, large.memory.block);
	release(sim, small[0].memory.block);
	release(sim, small[1].memory.block);
}

static void serves_the_front_only_as_far_as_it_fits(void **state)
{
	struct sim *sim = *state;
	struct getter getter[3] = {0};
	void *most = hog(sim, 2000), *some = hog(sim, 0);

	start(sim, &getter[0], 500);
	start(sim, &getter[1], 4000);
	start(sim, &getter[2], 500);
	release(sim, some);
	assert_int_equal(getter[0].turn, 1);
	assert_int_equal(served, 1);
	release(sim, most);
	assert_int_equal(served, 3);
	for (int i = 0; i < 3; i++)
		release(sim, getter[i].memory.block);
}

/* What a waiting task cannot use is not kept from those who cannot wait. */
static void does_not_starve_those_who_cannot_wait(void **state)
{
	struct sim *sim = *state;
	struct getter large = {0};
	void *most = hog(sim, 2000), *small = NULL;

	start(sim, &large, 4000);
	small = mn_heap_alloc(sim->kernel.heap, 100, 0);
	assert_non_null(small);
	release(sim, small);
	release(sim, most);
	assert_int_equal(large.result, MN_OK);
	release(sim, large.memory.block);
}

static void too_big_is_told_at_once(void **state)
{
	struct sim *sim = *state;
	struct getter over = {0}, exact = {0};
	const size_t whole = stats_of(sim).size - 12;

	start(sim, &over, whole + 1);
	assert_int_equal(over.result, MN_ETOOBIG);
	assert_null(over.memory.block);
	start(sim, &exact, whole);
	assert_int_equal(exact.result, MN_OK);
	start(sim, &over, whole + 1); /* also when others wait */
	assert_int_equal(over.result, MN_ETOOBIG);
	release(sim, exact.memory.block);
}

static void a_kernel_without_a_heap_has_room_for_nothing(void **state)
{
	struct sim *sim = *state;
	struct mn_heap *heap = sim->kernel.heap;
	struct getter getter = {0};

	sim->kernel.heap = NULL;
	start(sim, &getter, 1);
	assert_int_equal(getter.result, MN_ETOOBIG);
	sim->kernel.heap = heap;
}

static void canceled_while_it_waits(void **state)
{
	struct sim *sim = *state;
	struct getter getter = {0};
	void *all = hog(sim, 0);

	start(sim, &getter, 100);
	AS_TASK(sim, mn_cancel(&getter.task));
	sim_settle(sim);
	assert_int_equal(getter.result, MN_ECANCELED);
	assert_null(getter.memory.block);
	assert_int_equal(stats_of(sim).waiting, 0);
	release(sim, all);
}

/* The memory has been handed over, the task has not looked yet. */
static void canceled_after_it_was_given(void **state)
{
	struct sim *sim = *state;
	struct getter getter = {0};
	void *all = hog(sim, 0);

	start(sim, &getter, 100);
	AS_TASK(sim, mn_free(all));
	assert_non_null(getter.memory.block);
	AS_TASK(sim, mn_cancel(&getter.task));
	sim_settle(sim);
	assert_int_equal(getter.result, MN_ECANCELED);
	assert_null(getter.memory.block);
	assert_int_equal(stats_of(sim).blocks, 0);
}

/* ... and what it gives back goes to the next at once. */
static void given_back_means_given_on(void **state)
{
	struct sim *sim = *state;
	const size_t whole = stats_of(sim).largest;
	struct getter first = {0}, second = {0};
	void *all = hog(sim, 0);

	start(sim, &first, whole);
	start(sim, &second, whole);
	AS_TASK(sim, mn_free(all));
	AS_TASK(sim, mn_cancel(&first.task));
	sim_settle(sim);
	assert_int_equal(first.result, MN_ECANCELED);
	assert_int_equal(second.result, MN_OK);
	release(sim, second.memory.block);
}

static void canceled_before_it_began(void **state)
{
	struct sim *sim = *state;
	struct getter getter = {.size = 100, .result = MN_PENDING};

	mn_spawn(&sim->kernel, &getter.task, &getter_task);
	AS_TASK(sim, mn_cancel(&getter.task));
	sim_settle(sim);
	assert_int_equal(getter.result, MN_ECANCELED);
	assert_null(getter.memory.block);
}

/* Nothing is freed in this test: the way becomes free by a departure alone. */
static void when_the_first_leaves_the_next_are_tried(void **state)
{
	struct sim *sim = *state;
	struct getter large = {0}, small[2] = {0};
	void *most = hog(sim, 2000);

	start(sim, &large, 4000);
	start(sim, &small[0], 500);
	start(sim, &small[1], 500);
	assert_int_equal(served, 0);
	AS_TASK(sim, mn_cancel(&large.task));
	sim_settle(sim);
	assert_int_equal(large.result, MN_ECANCELED);
	assert_int_equal(small[0].result, MN_OK);
	assert_int_equal(small[1].result, MN_OK);
	release(sim, small[0].memory.block);
	release(sim, small[1].memory.block);
	release(sim, most);
}

static void a_time_limit_is_kept(void **state)
{
	struct sim *sim = *state;
	struct getter getter = {.limit_us = 1000}, next = {0};
	void *all = hog(sim, 0);

	start(sim, &getter, 100);
	start(sim, &next, 100);
	sim_run_for(sim, 999);
	assert_int_equal(getter.result, MN_PENDING);
	sim_run_for(sim, 1);
	assert_int_equal(getter.result, MN_ETIMEDOUT);
	release(sim, all);
	assert_int_equal(next.result, MN_OK);
	release(sim, next.memory.block);
}

static void memory_in_time_disarms_the_limit(void **state)
{
	struct sim *sim = *state;
	struct getter getter = {.limit_us = 1000};
	void *all = hog(sim, 0);

	start(sim, &getter, 100);
	sim_run_for(sim, 500);
	release(sim, all);
	assert_int_equal(getter.result, MN_OK);
	sim_run(sim);
	assert_int_equal(sim->now_us, 500);
	release(sim, getter.memory.block);
}

/* A race that memory loses in the very moment it is given leaves none behind. */
struct racer {
	struct mn_task task;
	struct mn_race race;
	struct mn_sleep nap;
	struct mn_alloc memory;
	mn_poll result;
};

static mn_poll racer_run(struct racer *self)
{
	MN_BEGIN(self);
	MN_AWAIT(self,
		 mn_race(&self->race, mn_sleep(&self->nap, 1000), mn_alloc(&self->memory, 100)));
	self->result = self->race.result[1];
	MN_END(self);
}

MN_TASK(racer);

static void a_lost_race_leaves_no_memory(void **state)
{
	struct sim *sim = *state;
	struct racer racer = {0};
	void *all = hog(sim, 0);

	mn_spawn(&sim->kernel, &racer.task, &racer_task);
	sim_settle(sim);
	sim->now_us += 1000;
	AS_TASK(sim, mn_free(all));
	sim_run(sim);
	assert_int_equal(racer.race.winner, 0);
	assert_int_equal(racer.result, MN_ECANCELED);
	assert_null(racer.memory.block);
}

/* One failure does not make others: neither for who comes next nor for who waits. */
static void a_forced_failure_stays_alone(void **state)
{
	struct sim *sim = *state;
	struct getter getter[3] = {0};

	mn_heap_fail_after(sim->kernel.heap, 2);
	for (int i = 0; i < 3; i++)
		start(sim, &getter[i], 100);
	assert_int_equal(getter[0].result, MN_OK);
	assert_int_equal(getter[1].result, MN_ENOMEM);
	assert_null(getter[1].memory.block);
	assert_int_equal(getter[2].result, MN_OK);
	assert_int_equal(stats_of(sim).failures, 1);
	release(sim, getter[0].memory.block);
	release(sim, getter[2].memory.block);
}

static void a_task_from_the_heap_needs_one(void **state)
{
	struct sim *sim = *state;

	mn_heap_fail_after(sim->kernel.heap, 1);
	assert_null(mn_spawn_heap(&sim->kernel, &getter_task));
	struct mn_task *task = mn_spawn_heap(&sim->kernel, &getter_task);
	assert_non_null(task);
	uint32_t owner = 0;
	mn_heap_each(sim->kernel.heap, note_owner, &owner);
	assert_int_equal(owner, task->id);
	struct getter *getter = (struct getter *)(void *)task;
	getter->size = SIM_HEAP; /* too big: it ends at once, and is freed */
	sim_settle(sim);
}

/* Takes what it can get at once. */
struct taker {
	struct mn_task task;
	void *small, *large;
};

static mn_poll taker_run(struct taker *self)
{
	self->small = mn_try_alloc(100);
	self->large = mn_try_alloc(SIM_HEAP);
	return MN_OK;
}

MN_TASK(taker);

static void trying_answers_without_waiting(void **state)
{
	struct sim *sim = *state;
	struct taker taker = {0};
	uint32_t owner = 0;

	mn_spawn(&sim->kernel, &taker.task, &taker_task);
	sim_settle(sim);
	assert_non_null(taker.small);
	assert_null(taker.large);
	mn_heap_each(sim->kernel.heap, note_owner, &owner);
	assert_int_equal(owner, taker.task.id);
	release(sim, taker.small);
}

/* The queue under a seeded crowd: everybody gets memory, is cancelled, or times out. */
#define CROWD 24

struct member {
	struct mn_task task;
	struct mn_alloc memory;
	struct mn_timeout limit;
	struct mn_sleep nap;
	int rounds;
	uint32_t size, us;
};

static unsigned got, lost;

static mn_poll member_run(struct member *self)
{
	MN_BEGIN(self);
	for (; self->rounds > 0; self->rounds--) {
		self->size = 100 + (uint32_t)(mn_random(mn_running) % (SIM_HEAP / 4));
		self->us = 1 + (uint32_t)(mn_random(mn_running) % 2000);
		MN_AWAIT(self,
			 mn_timeout(&self->limit, mn_alloc(&self->memory, self->size), self->us));
		if (MN_RESULT(self) != MN_OK) {
			lost++;
			continue;
		}
		got++;
		memset(self->memory.block, 0x5a, self->size);
		MN_AWAIT(self, mn_sleep(&self->nap, self->us));
		mn_free(self->memory.block);
	}
	MN_END(self);
}

MN_TASK(member);

static void a_crowd_comes_to_an_end(void **state)
{
	struct sim *sim = *state;
	struct member crowd[CROWD];
	unsigned cancels = 0;

	got = lost = 0;
	memset(crowd, 0, sizeof crowd);
	for (int i = 0; i < CROWD; i++) {
		crowd[i].rounds = 50;
		mn_spawn(&sim->kernel, &crowd[i].task, &member_task);
	}
	while (mn_kernel_task_count(&sim->kernel)) {
		sim_run_for(sim, 97);
		AS_TASK(sim, mn_cancel(&crowd[cancels++ % CROWD].task));
		if (mn_heap_check(sim->kernel.heap))
			fail_msg("%s", mn_heap_check(sim->kernel.heap));
	}
	assert_int_equal(got + lost, CROWD * 50);
	assert_true(got > 100 && lost > 100);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(answers_at_once_when_there_is_memory),
		TEST(waits_until_enough_is_freed),
		TEST(a_stray_wake_is_harmless),
		TEST(what_is_handed_over_belongs_to_who_waited),
		TEST(serves_in_order_of_arrival),
		TEST(serves_the_front_only_as_far_as_it_fits),
		TEST(does_not_starve_those_who_cannot_wait),
		TEST(too_big_is_told_at_once),
		TEST(a_kernel_without_a_heap_has_room_for_nothing),
		TEST(canceled_while_it_waits),
		TEST(canceled_after_it_was_given),
		TEST(given_back_means_given_on),
		TEST(canceled_before_it_began),
		TEST(when_the_first_leaves_the_next_are_tried),
		TEST(a_time_limit_is_kept),
		TEST(memory_in_time_disarms_the_limit),
		TEST(a_lost_race_leaves_no_memory),
		TEST(a_forced_failure_stays_alone),
		TEST(a_task_from_the_heap_needs_one),
		TEST(trying_answers_without_waiting),
		TEST(a_crowd_comes_to_an_end),
	};

	return cmocka_run_group_tests_name("alloc", tests, NULL, NULL);
}
