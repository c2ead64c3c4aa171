/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Protects: deadlines, never early and in order, and the operations that limit time. */
#include <stdlib.h>
#include <string.h>
#include "sim.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Sleeps once, and notes when and as which of all it woke. */
struct sleeper {
	struct mn_task task;
	struct mn_sleep nap;
	uint64_t us;
	bool until; /* `us` is a point in time */
	mn_poll result;
	uint64_t woke_us;
	uint32_t rank;
	uint32_t *ranks; /* last given, shared */
};

static mn_poll sleeper_nap(struct sleeper *self)
{
	return self->until ? mn_sleep_until(&self->nap, self->us) : mn_sleep(&self->nap, self->us);
}

static mn_poll sleeper_run(struct sleeper *self)
{
	MN_BEGIN(self);
	self->result = MN_PENDING;
	MN_AWAIT(self, sleeper_nap(self));
	self->result = MN_RESULT(self);
	self->woke_us = mn_now_us();
	if (self->ranks)
		self->rank = ++*self->ranks;
	MN_END(self);
}

MN_TASK(sleeper);

static void start(struct sim *sim, struct sleeper *sleeper)
{
	mn_spawn(&sim->kernel, &sleeper->task, &sleeper_task);
}

/* Deadlines around every power of two, at several times of day. */
static void sleep_of_every_magnitude_is_exact(void **state)
{
	struct sim *sim = *state;
	static const uint64_t days[] = {0, 1, 63, 0xfff, 0x123456789, (UINT64_C(1) << 36) - 1};

	for (size_t day = 0; day < COUNT(days); day++) {
		for (unsigned bit = 0; bit <= 40; bit++) {
			for (int off = -1; off <= 1; off++) {
				struct sleeper sleeper = {.us = (UINT64_C(1) << bit) +
								(uint64_t)off};
				const uint64_t began_us = sim->now_us += days[day];

				start(sim, &sleeper);
				sim_run(sim);
				assert_int_equal(sleeper.result, MN_OK);
				assert_int_equal(sleeper.woke_us, began_us + sleeper.us);
			}
		}
	}
}

/* The same, all at once: no deadline hides another. */
static void deadlines_of_all_magnitudes_fire_in_order(void **state)
{
	struct sim *sim = *state;
	struct sleeper sleepers[41] = {0};
	uint32_t ranks = 0;

	for (size_t i = 0; i < COUNT(sleepers); i++) {
		sleepers[i].us = UINT64_C(1) << (40 - i);
		sleepers[i].ranks = &ranks;
		start(sim, &sleepers[i]);
	}
	sim_run(sim);
	for (size_t i = 0; i < COUNT(sleepers); i++) {
		assert_int_equal(sleepers[i].woke_us, sleepers[i].us);
		assert_int_equal(sleepers[i].rank, COUNT(sleepers) - i);
	}
}

static void machine_is_woken_no_oftener_than_needed(void **state)
{
	struct sim *sim = *state;
	struct sleeper sleepers[20] = {0};

	for (size_t i = 0; i < COUNT(sleepers); i++) {
		sleepers[i].us = 1 + i * i * i * 1000003;
		start(sim, &sleepers[i]);
	}
	sim_settle(sim);
	sim->turns = 0;
	sim_run(sim);
	assert_int_equal(sim->turns, COUNT(sleepers) + 1); /* the last finds nothing to do */
}

static void sleep_for_ever_needs_no_wake(void **state)
{
	struct sim *sim = *state;
	static const uint64_t ages[] = {MN_NEVER, MN_NEVER - 1};

	sim->now_us = 12345;
	for (size_t i = 0; i < COUNT(ages); i++) {
		struct sleeper sleeper = {.us = ages[i]}, until = {.us = MN_NEVER, .until = true};

		start(sim, &sleeper);
		start(sim, &until);
		sim_settle(sim);
		assert_true(mn_kernel_run_once(&sim->kernel) == MN_NEVER);
		sim_run_for(sim, UINT64_C(1) << 41);
		assert_int_equal(sleeper.result, MN_PENDING);
		assert_int_equal(until.result, MN_PENDING);
		sim_cancel_all(sim);
		assert_int_equal(sleeper.result, MN_ECANCELED);
	}
}

static void sleep_until_the_past_does_not_wait(void **state)
{
	struct sim *sim = *state;
	static const uint64_t past[] = {0, 999, 1000};

	sim->now_us = 1000;
	for (size_t i = 0; i < COUNT(past); i++) {
		struct sleeper sleeper = {.us = past[i], .until = true};

		start(sim, &sleeper);
		sim_settle(sim);
		assert_int_equal(sleeper.result, MN_OK);
		assert_int_equal(sleeper.task.polls, 1);
	}
}

static void sleep_until_the_past_is_not_canceled(void **state)
{
	struct sim *sim = *state;
	struct sleeper sleeper = {.us = 5, .until = true};

	sim->now_us = 1000;
	start(sim, &sleeper);
	sim_cancel(sim, &sleeper.task);
	sim_settle(sim);
	assert_int_equal(sleeper.result, MN_OK);
}

static void sleep_of_zero_lets_others_run(void **state)
{
	struct sim *sim = *state;
	struct sleeper sleeper = {.us = 0};

	start(sim, &sleeper);
	sim_run(sim);
	assert_int_equal(sleeper.result, MN_OK);
	assert_int_equal(sleeper.woke_us, 0);
	assert_int_equal(sleeper.task.polls, 2);
}

/* Armed one after another, a millisecond apart, by different routes through the wheel. */
static void equal_deadlines_fire_in_the_order_of_arming(void **state)
{
	struct sim *sim = *state;
	struct sleeper sleepers[50] = {0};
	uint32_t ranks = 0;

	sim_in_order(sim);
	for (size_t i = 0; i < COUNT(sleepers); i++) {
		sleepers[i] = (struct sleeper){.us = 100000, .until = true, .ranks = &ranks};
		start(sim, &sleepers[i]);
		sim_run_for(sim, 1999);
	}
	sim_run(sim);
	for (size_t i = 0; i < COUNT(sleepers); i++) {
		assert_int_equal(sleepers[i].woke_us, 100000);
		assert_int_equal(sleepers[i].rank, i + 1);
	}
}

/* A machine that slept too long, as after a suspend. */
static void deadlines_passed_together_fire_in_their_order(void **state)
{
	struct sim *sim = *state;
	static const unsigned shifts[] = {0, 6, 12, 30, 36, 37, 42};
	struct sleeper sleepers[10] = {0};

	sim_in_order(sim);
	for (size_t s = 0; s < COUNT(shifts); s++) {
		uint32_t ranks = 0;
		const uint64_t unit = UINT64_C(1) << shifts[s];

		for (size_t i = 0; i < COUNT(sleepers); i++) {
			sleepers[i] = (struct sleeper){
				.us = (COUNT(sleepers) - i) * unit,
				.ranks = &ranks,
			};
			start(sim, &sleepers[i]);
		}
		sim_settle(sim);
		sim->now_us += 100 * unit;
		sim_settle(sim);
		for (size_t i = 0; i < COUNT(sleepers); i++)
			assert_int_equal(sleepers[i].rank, COUNT(sleepers) - i);
	}
}

static void canceled_sleep_leaves_the_wheel_at_every_level(void **state)
{
	struct sim *sim = *state;

	for (unsigned bit = 0; bit <= 40; bit++) {
		const uint64_t us = UINT64_C(1) << bit;
		struct sleeper canceled = {.us = us}, beside = {.us = us};
		const uint64_t began_us = sim->now_us;

		start(sim, &canceled);
		start(sim, &beside);
		sim_settle(sim);
		sim_run_for(sim, us / 2);
		sim_cancel(sim, &canceled.task);
		sim_run(sim);
		assert_int_equal(canceled.result, MN_ECANCELED);
		assert_int_equal(canceled.woke_us, began_us + us / 2);
		assert_int_equal(beside.woke_us, began_us + us);
	}
}

/*
 * `n` timers that share one slot of level 3, the least of them armed first or last: what
 * the kernel returns is the least up to 32 of them, and never after it.
 */
static void check_returned_deadline(struct sim *sim, size_t n, bool least_first)
{
	static struct sleeper sleepers[100];
	const uint64_t slot_us = UINT64_C(64) * 64 * 64;
	const uint64_t least_us = (sim->now_us / slot_us + 2) * slot_us + 2000;

	memset(sleepers, 0, sizeof sleepers);
	for (size_t i = 0; i < n; i++) {
		sleepers[i].until = true;
		sleepers[i].us = least_us + (least_first ? i : n - 1 - i);
		start(sim, &sleepers[i]);
	}
	sim_settle(sim);
	const uint64_t next_us = mn_kernel_run_once(&sim->kernel);

	assert_true(next_us <= least_us);
	if (n <= 32)
		assert_int_equal(next_us, least_us);
	sim_run(sim);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(sleepers[i].woke_us, sleepers[i].us);
}

static void returned_deadline_is_exact_for_32_in_a_slot_and_never_late(void **state)
{
	for (size_t n = 1; n <= 100; n++) {
		check_returned_deadline(*state, n, true);
		check_returned_deadline(*state, n, false);
	}
}

/* So many in one slot that the kernel wakes for each move: every turn is one. */
static void timer_moves_at_most_five_times(void **state)
{
	struct sim *sim = *state;
	static struct sleeper crowd[MN_POLLS_PER_TURN];

	for (size_t i = 0; i < COUNT(crowd); i++) {
		crowd[i] = (struct sleeper){.us = (UINT64_C(1) << 36) - 1, .until = true};
		start(sim, &crowd[i]);
	}
	sim_settle(sim);
	sim->turns = 0;
	sim_run(sim);
	assert_in_range(sim->turns, 2, 5 + 1 + 1); /* moves, the firing, nothing to do */
}

/*
 * Thousands of sleeps of random magnitude, some cancelled, on a clock that jumps to the
 * returned deadline or beyond it, against a model: the list of all deadlines.
 */
struct model {
	struct sleeper sleepers[3000];
	size_t started, fired;
	uint32_t ranks;
};

static uint64_t random_magnitude(struct sim *sim, unsigned bits)
{
	return mn_random(&sim->kernel) >> (64 - 1 - mn_random(&sim->kernel) % bits);
}

static void start_some(struct sim *sim, struct model *model)
{
	for (uint64_t n = mn_random(&sim->kernel) % 20; n && model->started < 3000; n--) {
		struct sleeper *sleeper = &model->sleepers[model->started++];

		sleeper->until = true;
		sleeper->us = sim->now_us + 1 + random_magnitude(sim, 40);
		sleeper->ranks = &model->ranks;
		start(sim, sleeper);
	}
}

static void cancel_some(struct sim *sim, struct model *model)
{
	for (int n = 0; n < 3 && model->started; n++)
		sim_cancel(sim, &model->sleepers[mn_random(&sim->kernel) % model->started].task);
}

/* Returns the least deadline that is left. */
static uint64_t check_all(const struct sim *sim, const struct model *model)
{
	uint64_t least_us = MN_NEVER;

	for (size_t i = 0; i < model->started; i++) {
		const struct sleeper *sleeper = &model->sleepers[i];

		if (sleeper->us <= sim->now_us)
			assert_true(sleeper->result != MN_PENDING);
		else
			assert_true(sleeper->result != MN_OK);
		if (sleeper->result == MN_PENDING && sleeper->us < least_us)
			least_us = sleeper->us;
	}
	return least_us;
}

static int by_rank(const void *a, const void *b)
{
	const struct sleeper *x = a, *y = b;

	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

/* Of those that were not cancelled the earlier deadline woke first, then the earlier armed. */
static void check_order(struct model *model)
{
	const struct sleeper *last = NULL;

	qsort(model->sleepers, model->started, sizeof model->sleepers[0], by_rank);
	for (size_t i = 0; i < model->started; i++) {
		const struct sleeper *at = &model->sleepers[i];

		if (at->result != MN_OK)
			continue;
		assert_true(at->woke_us >= at->us);
		if (last && at->us == last->us)
			assert_true(at->task.id > last->task.id);
		if (last)
			assert_true(at->us >= last->us);
		last = at;
	}
}

static void random_timers_agree_with_a_sorted_model(void **state)
{
	struct sim *sim = *state;
	static struct model model;

	sim_in_order(sim);
	memset(&model, 0, sizeof model);
	while (model.started < 3000 || mn_kernel_task_count(&sim->kernel)) {
		start_some(sim, &model);
		cancel_some(sim, &model);
		sim_settle(sim);
		const uint64_t next_us = mn_kernel_run_once(&sim->kernel);
		const uint64_t least_us = check_all(sim, &model);

		assert_true(next_us <= least_us);
		assert_true((next_us == MN_NEVER) == (least_us == MN_NEVER));
		if (mn_random(&sim->kernel) % 2)
			sim->now_us += random_magnitude(sim, 38);
		else if (next_us != MN_NEVER)
			sim->now_us = next_us;
		sim_settle(sim); /* before a cancellation brings one to the front */
	}
	check_order(&model);
}

/* ---- time-outs and races ---- */

/* Works, and if it is cancelled takes its time to clean up. */
struct chore {
	struct mn_frame frame;
	struct mn_sleep nap;
	uint64_t work_us, clean_us;
	mn_poll says; /* when it was not cancelled */
	int polls;
	mn_poll clean; /* how the wait in the clean-up ended */
};

static mn_poll chore_do(struct chore *self)
{
	self->polls++;
	MN_BEGIN(self);
	self->clean = MN_PENDING;
	if (!self->work_us)
		MN_RETURN(self, self->says);
	MN_AWAIT(self, mn_sleep(&self->nap, self->work_us));
	if (MN_RESULT(self) == MN_OK)
		MN_RETURN(self, self->says);
	if (self->clean_us) {
		MN_AWAIT(self, mn_sleep(&self->nap, self->clean_us));
		self->clean = MN_RESULT(self);
	}
	MN_RETURN(self, MN_ECANCELED);
	MN_END(self);
}

/* Does something with chores, then naps a little. */
struct worker {
	struct mn_task task;
	mn_poll (*act)(struct worker *self);
	struct chore a, b, c;
	struct mn_timeout limit, outer_limit;
	uint64_t limit_us, outer_us;
	struct mn_race race, outer_race;
	struct mn_sleep nap;
	mn_poll result, after;
	uint64_t ended_us;
};

static mn_poll worker_run(struct worker *self)
{
	MN_BEGIN(self);
	self->result = self->after = MN_PENDING;
	MN_AWAIT(self, self->act(self));
	self->result = MN_RESULT(self);
	self->ended_us = mn_now_us();
	MN_AWAIT(self, mn_sleep(&self->nap, 1000));
	self->after = MN_RESULT(self);
	MN_END(self);
}

MN_TASK(worker);

static mn_poll act_timeout(struct worker *self)
{
	return mn_timeout(&self->limit, chore_do(&self->a), self->limit_us);
}

static mn_poll act_nested_timeout(struct worker *self)
{
	return mn_timeout(&self->outer_limit,
			  mn_timeout(&self->limit, chore_do(&self->a), self->limit_us),
			  self->outer_us);
}

static mn_poll act_race(struct worker *self)
{
	return mn_race(&self->race, chore_do(&self->a), chore_do(&self->b));
}

static mn_poll act_nested_race(struct worker *self)
{
	return mn_race(&self->outer_race,
		       mn_race(&self->race, chore_do(&self->a), chore_do(&self->b)),
		       chore_do(&self->c));
}

static mn_poll act_limited_race(struct worker *self)
{
	return mn_timeout(&self->limit,
			  mn_race(&self->race, chore_do(&self->a), chore_do(&self->b)),
			  self->limit_us);
}

/* Runs a worker to its end, from time 0; `cancel_us` is when it is cancelled, or MN_NEVER. */
static void work(struct worker *worker, uint64_t cancel_us)
{
	struct sim *sim = sim_new(1);

	mn_spawn(&sim->kernel, &worker->task, &worker_task);
	if (cancel_us != MN_NEVER) {
		sim_run_for(sim, cancel_us);
		sim_cancel(sim, &worker->task);
	}
	sim_run(sim);
	sim_free(sim);
}

#define assert_ended(worker, how, when)                      \
	do {                                                 \
		assert_int_equal((worker).result, (how));    \
		assert_int_equal((worker).ended_us, (when)); \
	} while (0)

static void limit_that_is_not_reached_changes_nothing(void **state)
{
	static const mn_poll answers[] = {MN_OK, MN_EIO, MN_ETIMEDOUT, MN_ECANCELED};

	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		struct worker worker = {.act = act_timeout, .limit_us = 10};

		worker.a = (struct chore){.work_us = 9, .says = answers[i]};
		work(&worker, MN_NEVER);
		assert_ended(worker, answers[i], 9);
		assert_int_equal(worker.after, MN_OK);
	}
}

static void limit_cancels_what_is_late(void **state)
{
	struct worker worker = {.act = act_timeout, .limit_us = 10, .a.work_us = 11};

	(void)state;
	work(&worker, MN_NEVER);
	assert_ended(worker, MN_ETIMEDOUT, 10);
	assert_int_equal(worker.after, MN_OK);
}

static void what_ends_in_the_moment_of_its_limit_is_in_time(void **state)
{
	struct worker worker = {.act = act_timeout, .limit_us = 10, .a.work_us = 10};

	(void)state;
	work(&worker, MN_NEVER);
	assert_ended(worker, MN_OK, 10);
	assert_int_equal(worker.after, MN_OK);
}

static void limit_of_zero_lets_pass_what_needs_no_wait(void **state)
{
	struct worker ready = {.act = act_timeout}, waits = {.act = act_timeout, .a.work_us = 1};

	(void)state;
	work(&ready, MN_NEVER);
	assert_ended(ready, MN_OK, 0);
	work(&waits, MN_NEVER);
	assert_ended(waits, MN_ETIMEDOUT, 0);
}

static void limit_of_never_is_none(void **state)
{
	struct sim *sim = *state;
	struct worker worker = {.act = act_timeout, .limit_us = MN_NEVER, .a.work_us = 5000};

	sim->now_us = 12345;
	mn_spawn(&sim->kernel, &worker.task, &worker_task);
	sim_run(sim);
	assert_ended(worker, MN_OK, 12345 + 5000);
}

static void time_out_waits_for_the_clean_up(void **state)
{
	struct worker worker = {.act = act_timeout, .limit_us = 10};

	(void)state;
	worker.a = (struct chore){.work_us = 100, .clean_us = 7};
	work(&worker, MN_NEVER);
	assert_ended(worker, MN_ETIMEDOUT, 17);
	assert_int_equal(worker.a.clean, MN_OK);
}

static void nested_limits_hold_whichever_comes_first(void **state)
{
	struct worker inner = {.act = act_nested_timeout, .limit_us = 10, .outer_us = 20};
	struct worker outer = {.act = act_nested_timeout, .limit_us = 20, .outer_us = 10};
	struct worker both = {.act = act_nested_timeout, .limit_us = 10, .outer_us = 10};

	(void)state;
	inner.a.work_us = outer.a.work_us = both.a.work_us = 100;
	work(&inner, MN_NEVER);
	assert_ended(inner, MN_ETIMEDOUT, 10);
	work(&outer, MN_NEVER);
	assert_ended(outer, MN_ETIMEDOUT, 10);
	work(&both, MN_NEVER);
	assert_ended(both, MN_ETIMEDOUT, 10);
	assert_int_equal(both.after, MN_OK);
}

/* An outer limit also ends the clean-up that an inner one began. */
static void outer_limit_cuts_the_clean_up_of_an_inner_one(void **state)
{
	struct worker worker = {.act = act_nested_timeout, .limit_us = 10, .outer_us = 12};

	(void)state;
	worker.a = (struct chore){.work_us = 100, .clean_us = 7};
	work(&worker, MN_NEVER);
	assert_ended(worker, MN_ETIMEDOUT, 12);
	assert_int_equal(worker.a.clean, MN_ECANCELED);
}

/*
 * Work of 20 us under a limit of 10, with 5 to clean up. The task is cancelled after all
 * has been done that happens in that microsecond.
 */
static void cancellation_reaches_a_limited_operation_at_any_time(void **state)
{
	(void)state;
	for (uint64_t at = 0; at < 20; at++) {
		struct worker worker = {.act = act_timeout, .limit_us = 10};

		worker.a = (struct chore){.work_us = 20, .clean_us = 5};
		work(&worker, at);
		if (at + 5 <= 10) {
			assert_ended(worker, MN_ECANCELED, at + 5);
			assert_int_equal(worker.a.clean, MN_OK);
		} else if (at < 10) {
			assert_ended(worker, MN_ETIMEDOUT, 10);
			assert_int_equal(worker.a.clean, MN_ECANCELED);
		} else if (at < 15) {
			assert_ended(worker, MN_ETIMEDOUT, at);
			assert_int_equal(worker.a.clean, MN_ECANCELED);
		} else {
			assert_ended(worker, MN_ETIMEDOUT, 15);
			assert_int_equal(worker.a.clean, MN_OK);
		}
		assert_int_equal(worker.after, at < 15 ? MN_OK : MN_ECANCELED);
	}
}

/* The limit and the task's cancellation are two: the first wait takes one, the next the other. */
static void cancellation_in_the_moment_of_the_limit_is_not_lost(void **state)
{
	struct sim *sim = *state;
	struct worker worker = {.act = act_timeout, .limit_us = 10};

	worker.a = (struct chore){.work_us = 100, .clean_us = MN_NEVER};
	mn_spawn(&sim->kernel, &worker.task, &worker_task);
	sim_settle(sim);
	sim->now_us = 10;
	sim_cancel(sim, &worker.task);
	sim_settle(sim);
	assert_ended(worker, MN_ETIMEDOUT, 10);
	assert_int_equal(worker.a.clean, MN_ECANCELED);
	sim_run(sim);
	assert_int_equal(worker.after, MN_OK);
}

static void first_of_a_race_wins_and_the_other_is_canceled(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		struct worker worker = {.act = act_race, .a.work_us = 20, .b.work_us = 20};

		*(side ? &worker.b : &worker.a) = (struct chore){.work_us = 10, .says = MN_EIO};
		work(&worker, MN_NEVER);
		assert_ended(worker, MN_EIO, 10);
		assert_int_equal(worker.race.winner, side);
		assert_int_equal(worker.race.result[side], MN_EIO);
		assert_int_equal(worker.race.result[!side], MN_ECANCELED);
		assert_int_equal(worker.after, MN_OK);
	}
}

static void nothing_is_lost_if_both_end_in_the_same_moment(void **state)
{
	struct worker worker = {.act = act_race, .a.work_us = 10, .b.work_us = 10};

	(void)state;
	work(&worker, MN_NEVER);
	assert_ended(worker, MN_OK, 10);
	assert_int_equal(worker.race.result[0], MN_OK);
	assert_int_equal(worker.race.result[1], MN_OK);
	assert_int_equal(worker.after, MN_OK);
}

static void race_waits_for_the_clean_up_of_the_loser(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		struct worker worker = {.act = act_race};
		struct chore *loser = side ? &worker.a : &worker.b;

		worker.a.work_us = worker.b.work_us = 10;
		*loser = (struct chore){.work_us = 100, .clean_us = 7};
		work(&worker, MN_NEVER);
		assert_ended(worker, MN_OK, 17);
		assert_int_equal(loser->clean, MN_OK);
		assert_int_equal(worker.race.winner, side);
	}
}

static void second_is_not_started_if_the_first_needs_no_wait(void **state)
{
	struct worker worker = {.act = act_race, .b.work_us = 10};

	(void)state;
	work(&worker, MN_NEVER);
	assert_ended(worker, MN_OK, 0);
	assert_int_equal(worker.race.result[1], MN_ECANCELED);
	assert_int_equal(worker.b.polls, 0);
}

static void second_that_needs_no_wait_wins_at_once(void **state)
{
	struct worker worker = {.act = act_race, .a.work_us = 10};

	(void)state;
	work(&worker, MN_NEVER);
	assert_ended(worker, MN_OK, 0);
	assert_int_equal(worker.race.winner, 1);
	assert_int_equal(worker.race.result[0], MN_ECANCELED);
}

static void races_nest(void **state)
{
	(void)state;
	for (int fastest = 0; fastest < 3; fastest++) {
		struct worker worker = {.act = act_nested_race};
		struct chore *chores[] = {&worker.a, &worker.b, &worker.c};

		for (int i = 0; i < 3; i++) {
			chores[i]->work_us = 20;
			chores[i]->clean_us = 3;
		}
		chores[fastest]->work_us = 10;
		work(&worker, MN_NEVER);
		assert_int_equal(worker.result, MN_OK);
		assert_int_equal(worker.outer_race.winner, fastest == 2);
		for (int i = 0; i < 3; i++)
			assert_int_equal(chores[i]->clean, i == fastest ? MN_PENDING : MN_OK);
	}
}

static void limit_cancels_both_sides_of_a_race(void **state)
{
	struct worker worker = {.act = act_limited_race, .limit_us = 10};

	(void)state;
	worker.a = worker.b = (struct chore){.work_us = 20, .clean_us = 5};
	work(&worker, MN_NEVER);
	assert_ended(worker, MN_ETIMEDOUT, 15);
	assert_int_equal(worker.a.clean, MN_OK);
	assert_int_equal(worker.b.clean, MN_OK);
}

/*
 * The second side would end well while the first, which has taken the cancellation, is
 * still cleaning up: the task is told all the same, and each side is cancelled only once.
 */
static void cancellation_of_a_race_reaches_both_sides_at_any_time(void **state)
{
	(void)state;
	for (uint64_t at = 0; at < 10; at++) {
		struct worker worker = {.act = act_race};

		worker.a = (struct chore){.work_us = 20, .clean_us = 5};
		worker.b = (struct chore){.work_us = 10, .clean_us = 2};
		work(&worker, at);
		assert_ended(worker, MN_ECANCELED, at + 5);
		assert_int_equal(worker.a.clean, MN_OK);
		assert_int_equal(worker.b.clean, MN_OK);
		assert_int_equal(worker.after, MN_OK);
	}
}

static void cancellation_after_a_race_was_won_goes_to_the_loser_or_the_next_wait(void **state)
{
	(void)state;
	for (uint64_t at = 10; at < 20; at++) {
		struct worker worker = {.act = act_race, .b.work_us = 10};

		worker.a = (struct chore){.work_us = 20, .clean_us = 5};
		work(&worker, at);
		assert_int_equal(worker.result, MN_OK);
		assert_int_equal(worker.a.clean, at < 15 ? MN_ECANCELED : MN_OK);
		assert_int_equal(worker.after, at < 15 ? MN_OK : MN_ECANCELED);
	}
}

/* Ends when it is told to, whatever else happens. */
struct stubborn {
	struct mn_task task;
	struct mn_wait wait;
	struct mn_race race;
	struct mn_sleep nap;
	bool open;
};

static mn_poll pass(struct stubborn *self)
{
	if (!self->open) {
		if (!mn_wait_active(&self->wait))
			mn_wait_begin(&self->wait, MN_WAIT_OTHER, self);
		return mn_wait_park(&self->wait);
	}
	mn_wait_end(&self->wait);
	return MN_OK;
}

/* Races a chore with somebody who ignores the cancellation that the chore takes. */
struct beside {
	struct mn_task task;
	struct chore chore;
	struct stubborn inner; /* for its operation only */
	struct mn_race race;
};

static mn_poll beside_run(struct beside *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_race(&self->race, chore_do(&self->chore), pass(&self->inner)));
	MN_END(self);
}

MN_TASK(beside);

static void cancellation_of_a_race_reaches_a_side_only_once(void **state)
{
	struct sim *sim = *state;
	struct beside beside = {.chore = {.work_us = 100, .clean_us = 10}};

	mn_spawn(&sim->kernel, &beside.task, &beside_task);
	sim_settle(sim);
	sim_cancel(sim, &beside.task);
	sim_settle(sim);
	sim_run_for(sim, 5);
	sim_enter(sim);
	mn_wake(&beside.task);
	sim_leave();
	sim_run(sim);
	assert_int_equal(beside.chore.clean, MN_OK);
	beside.inner.open = true;
	sim_enter(sim);
	mn_wake(&beside.task);
	sim_leave();
	sim_run(sim);
}

static mn_poll stubborn_run(struct stubborn *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_race(&self->race, pass(self), mn_sleep(&self->nap, 10)));
	MN_END(self);
}

MN_TASK(stubborn);

static void race_does_not_spin_on_a_loser_that_ignores_it(void **state)
{
	struct sim *sim = *state;
	struct stubborn stubborn = {0};

	mn_spawn(&sim->kernel, &stubborn.task, &stubborn_task);
	sim_settle(sim);
	sim->now_us = 10;
	for (int turn = 0; turn < 10; turn++)
		mn_kernel_run_once(&sim->kernel);
	assert_in_range(stubborn.task.polls, 2, 4);
	stubborn.open = true;
	sim_enter(sim);
	mn_wake(&stubborn.task);
	sim_leave();
	sim_settle(sim);
	assert_int_equal(stubborn.race.winner, 1);
}

/*
 * Random acts with random times and cancellations: whatever happens, each ends when it
 * must, with an answer that it may give, and leaves nothing behind (sim_free).
 */
static void random_acts_always_end(void **state)
{
	static mn_poll (*const acts[])(struct worker *) = {
		act_timeout, act_nested_timeout, act_race, act_nested_race, act_limited_race,
	};
	static struct worker workers[50];
	struct sim *sim = *state;

	for (int round = 0; round < 100; round++) {
		const uint64_t began_us = sim->now_us;

		memset(workers, 0, sizeof workers);
		for (size_t i = 0; i < COUNT(workers); i++) {
			struct worker *worker = &workers[i];
			struct chore *chores[] = {&worker->a, &worker->b, &worker->c};

			worker->act = acts[mn_random(&sim->kernel) % COUNT(acts)];
			worker->limit_us = mn_random(&sim->kernel) % 20;
			worker->outer_us = mn_random(&sim->kernel) % 20;
			for (size_t c = 0; c < COUNT(chores); c++) {
				chores[c]->work_us = mn_random(&sim->kernel) % 20;
				chores[c]->clean_us = mn_random(&sim->kernel) % 5;
			}
			mn_spawn(&sim->kernel, &worker->task, &worker_task);
		}
		for (int us = 0; us < 30; us++) {
			sim_cancel(sim, &workers[mn_random(&sim->kernel) % COUNT(workers)].task);
			sim_run_for(sim, 1);
		}
		sim_run(sim);
		for (size_t i = 0; i < COUNT(workers); i++) {
			const mn_poll result = workers[i].result;

			assert_true(result == MN_OK || result == MN_ETIMEDOUT ||
				    result == MN_ECANCELED);
			assert_in_range(workers[i].ended_us, began_us, began_us + 20 + 5);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(sleep_of_every_magnitude_is_exact),
		SIM_TEST(deadlines_of_all_magnitudes_fire_in_order),
		SIM_TEST(machine_is_woken_no_oftener_than_needed),
		SIM_TEST(sleep_for_ever_needs_no_wake),
		SIM_TEST(sleep_until_the_past_does_not_wait),
		SIM_TEST(sleep_until_the_past_is_not_canceled),
		SIM_TEST(sleep_of_zero_lets_others_run),
		SIM_TEST(equal_deadlines_fire_in_the_order_of_arming),
		SIM_TEST(deadlines_passed_together_fire_in_their_order),
		SIM_TEST(canceled_sleep_leaves_the_wheel_at_every_level),
		SIM_TEST(returned_deadline_is_exact_for_32_in_a_slot_and_never_late),
		SIM_TEST(timer_moves_at_most_five_times),
		SIM_TEST(random_timers_agree_with_a_sorted_model),
		SIM_TEST(limit_that_is_not_reached_changes_nothing),
		SIM_TEST(limit_cancels_what_is_late),
		SIM_TEST(what_ends_in_the_moment_of_its_limit_is_in_time),
		SIM_TEST(limit_of_zero_lets_pass_what_needs_no_wait),
		SIM_TEST(limit_of_never_is_none),
		SIM_TEST(time_out_waits_for_the_clean_up),
		SIM_TEST(nested_limits_hold_whichever_comes_first),
		SIM_TEST(outer_limit_cuts_the_clean_up_of_an_inner_one),
		SIM_TEST(cancellation_reaches_a_limited_operation_at_any_time),
		SIM_TEST(cancellation_in_the_moment_of_the_limit_is_not_lost),
		SIM_TEST(first_of_a_race_wins_and_the_other_is_canceled),
		SIM_TEST(nothing_is_lost_if_both_end_in_the_same_moment),
		SIM_TEST(race_waits_for_the_clean_up_of_the_loser),
		SIM_TEST(second_is_not_started_if_the_first_needs_no_wait),
		SIM_TEST(second_that_needs_no_wait_wins_at_once),
		SIM_TEST(races_nest),
		SIM_TEST(limit_cancels_both_sides_of_a_race),
		SIM_TEST(cancellation_of_a_race_reaches_both_sides_at_any_time),
		SIM_TEST(cancellation_after_a_race_was_won_goes_to_the_loser_or_the_next_wait),
		SIM_TEST(cancellation_of_a_race_reaches_a_side_only_once),
		SIM_TEST(race_does_not_spin_on_a_loser_that_ignores_it),
		SIM_TEST(random_acts_always_end),
	};

	return cmocka_run_group_tests_name("timer", tests, NULL, NULL);
}
