/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Protects: fairness, hand-over and cancellation of event, queue, mutex and semaphore. */
#include <string.h>
#include <mnemos/sync.h>
#include "sim.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Somebody who owns the mutex at first; never runs. */
static const struct mn_task_type keeper_type = {.name = "keeper", .file = "keeper.c"};
static struct mn_task keeper = {.frame = {.flags = MN__TASK_ALIVE}, .type = &keeper_type};

struct objects {
	struct mn_event event;
	struct mn_queue queue;
	struct mn_mutex mutex;
	struct mn_semaphore semaphore;
};

/* Nothing is to be had of any of them. */
static void prepare(struct sim *sim, struct objects *objects)
{
	mn_event_init(&objects->event);
	mn_queue_init(&objects->queue);
	mn_mutex_init(&objects->mutex);
	mn_semaphore_init(&objects->semaphore, 0);
	sim_enter(sim);
	sim->kernel.current = &keeper;
	assert_int_equal(mn_mutex_try_lock(&objects->mutex), MN_OK);
	sim->kernel.current = NULL;
	sim_leave();
}

/* What the four have in common. */
enum kind { EVENT, QUEUE, MUTEX, SEMAPHORE, KINDS };

static mn_poll wait_for(struct mn_waiter *waiter, struct objects *objects, enum kind kind)
{
	switch (kind) {
	case EVENT:
		return mn_event_wait(waiter, &objects->event);
	case QUEUE:
		return mn_queue_wait(waiter, &objects->queue);
	case MUTEX:
		return mn_mutex_lock(waiter, &objects->mutex);
	default:
		return mn_semaphore_take(waiter, &objects->semaphore);
	}
}

/* Answers one wait; the mutex is unlocked by its owner. */
static void answer(struct sim *sim, struct objects *objects, enum kind kind)
{
	sim_enter(sim);
	sim->kernel.current = objects->mutex.owner;
	if (kind == EVENT)
		mn_event_set(&objects->event);
	else if (kind == QUEUE)
		mn_queue_wake_one(&objects->queue);
	else if (kind == MUTEX)
		mn_mutex_unlock(&objects->mutex);
	else
		mn_semaphore_give(&objects->semaphore);
	sim->kernel.current = NULL;
	sim_leave();
}

static bool nobody_waits(const struct objects *objects)
{
	return mn_list_empty(&objects->event.waiting) && mn_list_empty(&objects->queue.waiting) &&
	       mn_list_empty(&objects->mutex.waiting) && mn_list_empty(&objects->semaphore.waiting);
}

/* Waits once, with a limit of time if `limit_us` is not 0; then sleeps a little. */
struct person {
	struct mn_task task;
	struct mn_waiter waiter;
	struct mn_timeout limit;
	struct mn_sleep nap;
	struct objects *objects;
	enum kind kind;
	uint64_t limit_us;
	mn_poll result, after; /* of the wait, and of the sleep */
};

static mn_poll person_run(struct person *self)
{
	MN_BEGIN(self);
	if (self->limit_us)
		MN_AWAIT(self, mn_timeout(&self->limit,
					  wait_for(&self->waiter, self->objects, self->kind),
					  self->limit_us));
	else
		MN_AWAIT(self, wait_for(&self->waiter, self->objects, self->kind));
	self->result = MN_RESULT(self);
	MN_AWAIT(self, mn_sleep(&self->nap, 1));
	self->after = MN_RESULT(self);
	if (self->kind == MUTEX && self->objects->mutex.owner == &self->task)
		mn_mutex_unlock(&self->objects->mutex);
	MN_END(self);
}

MN_TASK(person);

static void start(struct sim *sim, struct person *person, struct objects *objects, enum kind kind)
{
	person->objects = objects;
	person->kind = kind;
	person->result = MN_PENDING;
	mn_spawn(&sim->kernel, &person->task, &person_task);
	sim_settle(sim);
}

static void answers_in_the_order_of_waiting(void **state)
{
	struct sim *sim = *state;
	struct objects objects;
	struct person people[3];

	for (enum kind kind = QUEUE; kind < KINDS; kind++) {
		memset(people, 0, sizeof people);
		prepare(sim, &objects);
		for (size_t i = 0; i < COUNT(people); i++)
			start(sim, &people[i], &objects, kind);
		for (size_t i = 0; i < COUNT(people); i++) {
			assert_int_equal(people[i].result, MN_PENDING);
			answer(sim, &objects, kind);
			sim_settle(sim);
			assert_int_equal(people[i].result, MN_OK);
			if (i + 1 < COUNT(people))
				assert_int_equal(people[i + 1].result, MN_PENDING);
		}
		sim_run(sim);
		assert_true(nobody_waits(&objects));
	}
}

/* The answer goes to the one behind, and the cancelled one can wait again. */
static void canceled_wait_costs_nobody_an_answer(void **state)
{
	struct sim *sim = *state;
	struct objects objects;
	struct person first, second;

	for (enum kind kind = EVENT; kind < KINDS; kind++) {
		memset(&first, 0, sizeof first);
		memset(&second, 0, sizeof second);
		prepare(sim, &objects);
		start(sim, &first, &objects, kind);
		start(sim, &second, &objects, kind);
		sim_cancel(sim, &first.task);
		sim_settle(sim);
		assert_int_equal(first.result, MN_ECANCELED);
		assert_int_equal(second.result, MN_PENDING);
		answer(sim, &objects, kind);
		sim_settle(sim);
		assert_int_equal(second.result, MN_OK);
		sim_run(sim);
		assert_int_equal(first.after, MN_OK);
		assert_true(nobody_waits(&objects));
	}
}

static void answer_beats_a_cancellation_of_the_same_moment(void **state)
{
	struct sim *sim = *state;
	struct objects objects;
	struct person person;

	for (enum kind kind = EVENT; kind < KINDS; kind++) {
		for (int answer_first = 0; answer_first < 2; answer_first++) {
			memset(&person, 0, sizeof person);
			prepare(sim, &objects);
			start(sim, &person, &objects, kind);
			if (answer_first)
				answer(sim, &objects, kind);
			sim_cancel(sim, &person.task);
			if (!answer_first)
				answer(sim, &objects, kind);
			sim_run(sim);
			assert_int_equal(person.result, MN_OK);
			assert_int_equal(person.after, MN_ECANCELED);
		}
	}
}

static void canceled_before_it_began_takes_only_what_is_there(void **state)
{
	struct sim *sim = *state;
	struct objects objects;
	struct person person;

	for (enum kind kind = EVENT; kind < KINDS; kind++) {
		for (int there = 0; there < 2; there++) {
			memset(&person, 0, sizeof person);
			prepare(sim, &objects);
			if (there)
				answer(sim, &objects, kind);
			person.objects = &objects;
			person.kind = kind;
			mn_spawn(&sim->kernel, &person.task, &person_task);
			sim_cancel(sim, &person.task);
			sim_run(sim);
			assert_int_equal(person.result, there ? MN_OK : MN_ECANCELED);
			assert_int_equal(person.after, there ? MN_ECANCELED : MN_OK);
			assert_true(nobody_waits(&objects));
		}
	}
}

static void timed_out_wait_costs_nobody_an_answer(void **state)
{
	struct sim *sim = *state;
	struct objects objects;
	struct person first, second;

	for (enum kind kind = EVENT; kind < KINDS; kind++) {
		memset(&first, 0, sizeof first);
		memset(&second, 0, sizeof second);
		prepare(sim, &objects);
		first.limit_us = 100;
		start(sim, &first, &objects, kind);
		start(sim, &second, &objects, kind);
		sim_run_for(sim, 99);
		assert_int_equal(first.result, MN_PENDING);
		sim_run_for(sim, 1);
		assert_int_equal(first.result, MN_ETIMEDOUT);
		answer(sim, &objects, kind);
		sim_run(sim);
		assert_int_equal(second.result, MN_OK);
		assert_true(nobody_waits(&objects));
	}
}

static void answer_beats_a_time_out_of_the_same_moment(void **state)
{
	struct sim *sim = *state;
	struct objects objects;
	struct person person;

	for (enum kind kind = EVENT; kind < KINDS; kind++) {
		memset(&person, 0, sizeof person);
		prepare(sim, &objects);
		person.limit_us = 100;
		start(sim, &person, &objects, kind);
		sim_run_for(sim, 99);
		sim->now_us++; /* the time is up, and nobody has looked */
		answer(sim, &objects, kind);
		sim_run(sim);
		assert_int_equal(person.result, MN_OK);
		assert_int_equal(person.after, MN_OK);
	}
}

/* Waits for two things at once. */
struct racer {
	struct mn_task task;
	struct mn_waiter a, b;
	struct mn_race race;
	struct objects *objects;
	enum kind kind[2];
};

static mn_poll racer_run(struct racer *self)
{
	MN_BEGIN(self);
	MN_AWAIT(self, mn_race(&self->race, wait_for(&self->a, self->objects, self->kind[0]),
			       wait_for(&self->b, self->objects, self->kind[1])));
	MN_END(self);
}

MN_TASK(racer);

static void race_tells_of_both_that_were_answered(void **state)
{
	struct sim *sim = *state;
	struct objects objects;
	struct racer racer;

	for (unsigned mask = 1; mask < 4; mask++) {
		for (enum kind kind = EVENT; kind < KINDS; kind++) {
			const enum kind other = (kind + 1) % KINDS;

			racer = (struct racer){.objects = &objects, .kind = {kind, other}};
			prepare(sim, &objects);
			mn_spawn(&sim->kernel, &racer.task, &racer_task);
			sim_settle(sim);
			if (mask & 1)
				answer(sim, &objects, kind);
			if (mask & 2)
				answer(sim, &objects, other);
			sim_run(sim);
			assert_int_equal(racer.race.result[0], mask & 1 ? MN_OK : MN_ECANCELED);
			assert_int_equal(racer.race.result[1], mask & 2 ? MN_OK : MN_ECANCELED);
			assert_true(nobody_waits(&objects));
			if (kind == MUTEX || other == MUTEX) /* nothing of the loser is lost */
				assert_ptr_equal(objects.mutex.owner, mask & (kind == MUTEX ? 1 : 2)
									      ? &racer.task
									      : &keeper);
		}
	}
}

/* One waiter, one object after the other. */
struct tourist {
	struct mn_task task;
	struct mn_waiter waiter;
	struct objects *objects;
	enum kind kind;
};

static mn_poll tourist_run(struct tourist *self)
{
	MN_BEGIN(self);
	for (self->kind = EVENT; self->kind < KINDS; self->kind++)
		MN_TRY(self, wait_for(&self->waiter, self->objects, self->kind));
	mn_mutex_unlock(&self->objects->mutex);
	MN_END(self);
}

MN_TASK(tourist);

static void waiter_is_used_with_one_object_after_the_other(void **state)
{
	struct sim *sim = *state;
	struct objects objects;
	struct tourist tourist = {.objects = &objects};

	prepare(sim, &objects);
	mn_spawn(&sim->kernel, &tourist.task, &tourist_task);
	for (enum kind kind = EVENT; kind < KINDS; kind++) {
		sim_settle(sim);
		assert_int_equal(tourist.kind, kind);
		answer(sim, &objects, kind);
	}
	sim_run(sim);
	assert_int_equal(tourist.task.frame.result, MN_OK);
}

static void append(void *context, const char *text, size_t len)
{
	strncat(context, text, len);
}

static void dump_says_what_is_waited_for(void **state)
{
	static const char *const texts[] = {"waits for event 0x", "waits for a wake from queue 0x",
					    "waits for mutex 0x", "waits for semaphore 0x"};
	struct sim *sim = *state;
	struct objects objects;
	struct person person[KINDS] = {0};
	char text[2048] = "";

	prepare(sim, &objects);
	for (enum kind kind = EVENT; kind < KINDS; kind++)
		start(sim, &person[kind], &objects, kind);
	mn_kernel_dump(&sim->kernel, append, text);
	for (size_t i = 0; i < COUNT(texts); i++)
		assert_non_null(strstr(text, texts[i]));
	sim_cancel_all(sim);
	sim_run(sim);
}

/* Locks the mutex and forgets it. */
struct rogue {
	struct mn_task task;
	struct mn_waiter waiter;
	struct mn_sleep nap;
	struct mn_mutex *mutex;
};

static mn_poll rogue_run(struct rogue *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_mutex_lock(&self->waiter, self->mutex));
	MN_TRY(self, mn_sleep(&self->nap, 100));
	MN_END(self);
}

MN_TASK(rogue);

static void dump_says_who_holds_a_mutex_even_if_nobody_does_any_more(void **state)
{
	struct sim *sim = *state;
	struct objects objects;
	struct person person = {0};
	struct rogue *rogue = (struct rogue *)(void *)mn_spawn_heap(&sim->kernel, &rogue_task);
	char before[1024] = "", after[1024] = "";

	prepare(sim, &objects);
	answer(sim, &objects, MUTEX);
	rogue->mutex = &objects.mutex;
	sim_settle(sim);
	start(sim, &person, &objects, MUTEX);
	mn_kernel_dump(&sim->kernel, append, before);
	assert_non_null(strstr(before, "held by rogue #1, for"));
	sim_run_for(sim, 100); /* it ends, and its memory is freed */
	mn_kernel_dump(&sim->kernel, append, after);
	assert_non_null(strstr(after, "held by a task that has ended, for"));
	sim_cancel_all(sim);
	sim_run(sim);
}

/* ---- Event ---- */

static void set_event_answers_all_until_cleared(void **state)
{
	struct sim *sim = *state;
	struct objects objects;
	struct person people[4] = {0};

	prepare(sim, &objects);
	start(sim, &people[0], &objects, EVENT);
	start(sim, &people[1], &objects, EVENT);
	answer(sim, &objects, EVENT);
	sim_settle(sim);
	start(sim, &people[2], &objects, EVENT);
	for (int i = 0; i < 3; i++)
		assert_int_equal(people[i].result, MN_OK);
	mn_event_clear(&objects.event);
	start(sim, &people[3], &objects, EVENT);
	assert_int_equal(people[3].result, MN_PENDING);
	sim_cancel(sim, &people[3].task);
	sim_run(sim);
}

static void event_cleared_at_once_has_answered_who_waited(void **state)
{
	struct sim *sim = *state;
	struct objects objects;
	struct person person = {0};

	prepare(sim, &objects);
	start(sim, &person, &objects, EVENT);
	answer(sim, &objects, EVENT);
	mn_event_clear(&objects.event);
	sim_run(sim);
	assert_int_equal(person.result, MN_OK);
}

/* ---- Queue ---- */

static void wake_without_waiter_is_remembered_once(void **state)
{
	struct sim *sim = *state;
	struct objects objects;
	struct person people[2] = {0};

	prepare(sim, &objects);
	answer(sim, &objects, QUEUE);
	answer(sim, &objects, QUEUE);
	start(sim, &people[0], &objects, QUEUE);
	start(sim, &people[1], &objects, QUEUE);
	assert_int_equal(people[0].result, MN_OK);
	assert_int_equal(people[1].result, MN_PENDING);
	sim_cancel(sim, &people[1].task);
	sim_run(sim);
}

static void wake_all_answers_all_and_is_not_remembered(void **state)
{
	struct sim *sim = *state;
	struct objects objects;
	struct person people[3] = {0};

	prepare(sim, &objects);
	start(sim, &people[0], &objects, QUEUE);
	start(sim, &people[1], &objects, QUEUE);
	sim_enter(sim);
	mn_queue_wake_all(&objects.queue);
	mn_queue_wake_all(&objects.queue);
	sim_leave();
	start(sim, &people[2], &objects, QUEUE);
	assert_int_equal(people[0].result, MN_OK);
	assert_int_equal(people[1].result, MN_OK);
	assert_int_equal(people[2].result, MN_PENDING);
	sim_cancel(sim, &people[2].task);
	sim_run(sim);
}

static void closed_queue_answers_all_with_closed(void **state)
{
	struct sim *sim = *state;
	struct objects objects;
	struct person people[4] = {0};

	prepare(sim, &objects);
	start(sim, &people[0], &objects, QUEUE);
	start(sim, &people[1], &objects, QUEUE);
	sim_enter(sim);
	mn_queue_wake_one(&objects.queue);
	mn_queue_close(&objects.queue);
	mn_queue_wake_one(&objects.queue); /* does nothing, nor is it remembered */
	sim_leave();
	sim_settle(sim);
	start(sim, &people[2], &objects, QUEUE);
	assert_int_equal(people[0].result, MN_OK);
	assert_int_equal(people[1].result, MN_ECLOSED);
	assert_int_equal(people[2].result, MN_ECLOSED);
	sim_run(sim);
}

static void wake_remembered_before_the_close_is_answered(void **state)
{
	struct sim *sim = *state;
	struct objects objects;
	struct person people[2] = {0};

	prepare(sim, &objects);
	answer(sim, &objects, QUEUE);
	sim_enter(sim);
	mn_queue_close(&objects.queue);
	sim_leave();
	start(sim, &people[0], &objects, QUEUE);
	start(sim, &people[1], &objects, QUEUE);
	assert_int_equal(people[0].result, MN_OK);
	assert_int_equal(people[1].result, MN_ECLOSED);
	sim_run(sim);
}

/* ---- Mutex and semaphore ---- */

static void nobody_overtakes_who_waits(void **state)
{
	struct sim *sim = *state;
	struct objects objects;
	struct person people[2] = {0};

	prepare(sim, &objects);
	start(sim, &people[0], &objects, MUTEX);
	start(sim, &people[1], &objects, SEMAPHORE);
	answer(sim, &objects, MUTEX);
	answer(sim, &objects, SEMAPHORE);
	assert_int_equal(mn_mutex_try_lock(&objects.mutex), MN_EBUSY);
	assert_int_equal(mn_semaphore_try_take(&objects.semaphore), MN_EEMPTY);
	assert_ptr_equal(objects.mutex.owner, &people[0].task);
	sim_run(sim);
	assert_null(objects.mutex.owner);
}

static void semaphore_lets_in_as_many_as_it_has(void **state)
{
	struct sim *sim = *state;
	struct objects objects;
	struct person people[3] = {0};

	prepare(sim, &objects);
	mn_semaphore_init(&objects.semaphore, 2);
	for (size_t i = 0; i < COUNT(people); i++)
		start(sim, &people[i], &objects, SEMAPHORE);
	assert_int_equal(people[1].result, MN_OK);
	assert_int_equal(people[2].result, MN_PENDING);
	answer(sim, &objects, SEMAPHORE);
	answer(sim, &objects, SEMAPHORE);
	sim_run(sim);
	assert_int_equal(people[2].result, MN_OK);
	assert_int_equal(mn_semaphore_try_take(&objects.semaphore), MN_OK);
	assert_int_equal(mn_semaphore_try_take(&objects.semaphore), MN_EEMPTY);
}

static void misuse_of_a_mutex_panics(void **state)
{
	struct sim *sim = *state;
	struct objects objects;
	struct mn_waiter waiter = {0};
	struct mn_task other = {.frame = {.flags = MN__TASK_ALIVE}, .type = &keeper_type};

	prepare(sim, &objects);
	sim_enter(sim);
	sim->kernel.current = &other;
	assert_true(sim_panics(mn_mutex_unlock(&objects.mutex)));
	assert_non_null(strstr(sim_panic_text, "does not own"));
	sim_enter(sim);
	sim->kernel.current = &keeper;
	assert_true(sim_panics(mn_mutex_lock(&waiter, &objects.mutex)));
	assert_non_null(strstr(sim_panic_text, "owns the mutex that it locks"));
	sim_enter(sim);
	sim->kernel.current = &keeper;
	objects.mutex.owner = &other;
	other.frame.flags = 0;
	assert_true(sim_panics(mn_mutex_lock(&waiter, &objects.mutex)));
	assert_non_null(strstr(sim_panic_text, "has ended"));
	sim_broken(state);
}

/* ---- All of it at random ---- */

#define CROWD 300
#define ROUNDS 40
#define PERMITS 3

struct crowd {
	struct objects objects;
	int in_mutex, in_semaphore; /* tasks that hold them */
	int locks, takes, wakes, woken, missed, forgotten;
};

static struct crowd crowd;

/* Locks, takes and waits for wakes, holding things across sleeps, with limits of time. */
struct member {
	struct mn_task task;
	struct mn_waiter waiter;
	struct mn_timeout limit;
	struct mn_sleep nap;
	int rounds;
};

static uint64_t up_to(uint64_t most)
{
	return mn_random(mn_running) % most;
}

static mn_poll member_run(struct member *self)
{
	MN_BEGIN(self);
	for (self->rounds = 0; self->rounds < ROUNDS; self->rounds++) {
		MN_AWAIT(self, mn_timeout(&self->limit,
					  mn_mutex_lock(&self->waiter, &crowd.objects.mutex),
					  1 + up_to(2000)));
		if (MN_RESULT(self) == MN_OK) {
			assert_int_equal(++crowd.in_mutex, 1);
			crowd.locks++;
			MN_AWAIT(self, mn_sleep(&self->nap, up_to(4)));
			crowd.in_mutex--;
			mn_mutex_unlock(&crowd.objects.mutex);
		}
		MN_AWAIT(self,
			 mn_timeout(&self->limit,
				    mn_semaphore_take(&self->waiter, &crowd.objects.semaphore),
				    1 + up_to(1000)));
		if (MN_RESULT(self) == MN_OK) {
			assert_in_range(++crowd.in_semaphore, 1, PERMITS);
			crowd.takes++;
			MN_AWAIT(self, mn_sleep(&self->nap, up_to(4)));
			crowd.in_semaphore--;
			mn_semaphore_give(&crowd.objects.semaphore);
		}
		if (up_to(2)) {
			crowd.forgotten += crowd.objects.queue.remembered;
			crowd.wakes++;
			mn_queue_wake_one(&crowd.objects.queue);
		}
		MN_AWAIT(self, mn_timeout(&self->limit,
					  mn_queue_wait(&self->waiter, &crowd.objects.queue),
					  1 + up_to(100)));
		if (MN_RESULT(self) == MN_OK)
			crowd.woken++;
		else
			crowd.missed++;
	}
	MN_END(self);
}

MN_TASK(member);

/* Cancels members at random. */
struct trouble {
	struct mn_task task;
	struct mn_sleep nap;
	struct member *members;
	int rounds;
};

static mn_poll trouble_run(struct trouble *self)
{
	MN_BEGIN(self);
	for (self->rounds = 0; self->rounds < CROWD * 10; self->rounds++) {
		mn_cancel(&self->members[up_to(CROWD)].task);
		MN_AWAIT(self, mn_sleep(&self->nap, up_to(20)));
	}
	MN_END(self);
}

MN_TASK(trouble);

static void crowd_loses_nothing(void **state)
{
	static struct member members[CROWD];
	struct sim *sim = *state;
	struct trouble trouble = {.members = members};

	memset(&crowd, 0, sizeof crowd);
	prepare(sim, &crowd.objects);
	answer(sim, &crowd.objects, MUTEX);
	mn_semaphore_init(&crowd.objects.semaphore, PERMITS);
	for (int i = 0; i < CROWD; i++)
		mn_spawn(&sim->kernel, &members[i].task, &member_task);
	mn_spawn(&sim->kernel, &trouble.task, &trouble_task);
	sim_run(sim);
	assert_true(nobody_waits(&crowd.objects));
	assert_null(crowd.objects.mutex.owner);
	assert_int_equal(crowd.objects.semaphore.permits, PERMITS);
	assert_int_equal(crowd.wakes,
			 crowd.woken + crowd.forgotten + crowd.objects.queue.remembered);
	assert_true(crowd.locks > CROWD && crowd.takes > CROWD && crowd.missed > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(answers_in_the_order_of_waiting),
		SIM_TEST(canceled_wait_costs_nobody_an_answer),
		SIM_TEST(answer_beats_a_cancellation_of_the_same_moment),
		SIM_TEST(canceled_before_it_began_takes_only_what_is_there),
		SIM_TEST(timed_out_wait_costs_nobody_an_answer),
		SIM_TEST(answer_beats_a_time_out_of_the_same_moment),
		SIM_TEST(race_tells_of_both_that_were_answered),
		SIM_TEST(waiter_is_used_with_one_object_after_the_other),
		SIM_TEST(dump_says_what_is_waited_for),
		SIM_TEST(dump_says_who_holds_a_mutex_even_if_nobody_does_any_more),
		SIM_TEST(set_event_answers_all_until_cleared),
		SIM_TEST(event_cleared_at_once_has_answered_who_waited),
		SIM_TEST(wake_without_waiter_is_remembered_once),
		SIM_TEST(wake_all_answers_all_and_is_not_remembered),
		SIM_TEST(closed_queue_answers_all_with_closed),
		SIM_TEST(wake_remembered_before_the_close_is_answered),
		SIM_TEST(nobody_overtakes_who_waits),
		SIM_TEST(semaphore_lets_in_as_many_as_it_has),
		SIM_TEST(misuse_of_a_mutex_panics),
		SIM_TEST(crowd_loses_nothing),
	};

	return cmocka_run_group_tests_name("sync", tests, NULL, NULL);
}
