/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Protects: the states of a oneshot as drawn in oneshot.h, from both sides. */
#include <string.h>
#include <mnemos/oneshot.h>
#include "sim.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Receives once, with a limit of time if `limit_us` is not 0; then sleeps a little. */
struct receiver {
	struct mn_task task;
	struct mn_oneshot *oneshot;
	struct mn_timeout limit;
	struct mn_sleep nap;
	uint64_t limit_us;
	mn_poll result, after; /* of the receive, and of the sleep */
};

static mn_poll receiver_run(struct receiver *self)
{
	MN_BEGIN(self);
	self->result = MN_PENDING;
	if (self->limit_us)
		MN_AWAIT(self, mn_timeout(&self->limit, mn_oneshot_receive(self->oneshot),
					  self->limit_us));
	else
		MN_AWAIT(self, mn_oneshot_receive(self->oneshot));
	self->result = MN_RESULT(self);
	MN_AWAIT(self, mn_sleep(&self->nap, 1));
	self->after = MN_RESULT(self);
	MN_END(self);
}

MN_TASK(receiver);

static void start(struct sim *sim, struct receiver *receiver, struct mn_oneshot *oneshot)
{
	receiver->oneshot = oneshot;
	mn_spawn(&sim->kernel, &receiver->task, &receiver_task);
	sim_settle(sim);
}

static mn_poll send(struct sim *sim, struct mn_oneshot *oneshot, uint32_t value)
{
	sim_enter(sim);
	const mn_poll result = mn_oneshot_send(oneshot, &value);
	sim_leave();
	return result;
}

enum step { DISARM, CLOSE };

static void step(struct sim *sim, struct mn_oneshot *oneshot, enum step what)
{
	sim_enter(sim);
	if (what == DISARM)
		mn_oneshot_disarm(oneshot);
	else
		mn_oneshot_close(oneshot);
	sim_leave();
}

/* Brings a fresh oneshot into a state. */
static void bring_to(struct sim *sim, struct mn_oneshot *oneshot, uint32_t *value,
		     enum mn_oneshot_state state)
{
	*value = 0;
	mn_oneshot_init(oneshot, value, sizeof *value);
	if (state != MN_ONESHOT_IDLE && state != MN_ONESHOT_CLOSED)
		assert_int_equal(mn_oneshot_arm(oneshot), MN_OK);
	if (state == MN_ONESHOT_SENT || state == MN_ONESHOT_SENT_LAST)
		assert_int_equal(send(sim, oneshot, 1), MN_OK);
	if (state == MN_ONESHOT_SENT_LAST || state == MN_ONESHOT_CLOSED)
		step(sim, oneshot, CLOSE);
	assert_int_equal(oneshot->wait.state, state);
}

static void each_step_from_each_state(void **state)
{
	static const struct {
		enum mn_oneshot_state from;
		mn_poll arm, send, receive;
		enum mn_oneshot_state armed, sent, received, disarmed, closed;
	} rows[] = {
		{MN_ONESHOT_IDLE, MN_OK, MN_EREFUSED, MN_EEMPTY, /* */
		 MN_ONESHOT_ARMED, MN_ONESHOT_IDLE, MN_ONESHOT_IDLE, MN_ONESHOT_IDLE,
		 MN_ONESHOT_CLOSED},
		{MN_ONESHOT_ARMED, MN_EBUSY, MN_OK, MN_PENDING, /* */
		 MN_ONESHOT_ARMED, MN_ONESHOT_SENT, MN_ONESHOT_ARMED, MN_ONESHOT_IDLE,
		 MN_ONESHOT_CLOSED},
		{MN_ONESHOT_SENT, MN_OK, MN_EFULL, MN_OK, /* */
		 MN_ONESHOT_ARMED, MN_ONESHOT_SENT, MN_ONESHOT_IDLE, MN_ONESHOT_SENT,
		 MN_ONESHOT_SENT_LAST},
		{MN_ONESHOT_SENT_LAST, MN_ECLOSED, MN_ECLOSED, MN_OK, /* */
		 MN_ONESHOT_SENT_LAST, MN_ONESHOT_SENT_LAST, MN_ONESHOT_CLOSED,
		 MN_ONESHOT_SENT_LAST, MN_ONESHOT_SENT_LAST},
		{MN_ONESHOT_CLOSED, MN_ECLOSED, MN_ECLOSED, MN_ECLOSED, /* */
		 MN_ONESHOT_CLOSED, MN_ONESHOT_CLOSED, MN_ONESHOT_CLOSED, MN_ONESHOT_CLOSED,
		 MN_ONESHOT_CLOSED},
	};
	struct sim *sim = *state;
	struct mn_oneshot oneshot;
	struct receiver receiver = {0};
	uint32_t value;

	for (size_t i = 0; i < COUNT(rows); i++) {
		bring_to(sim, &oneshot, &value, rows[i].from);
		assert_int_equal(mn_oneshot_arm(&oneshot), rows[i].arm);
		assert_int_equal(oneshot.wait.state, rows[i].armed);
		bring_to(sim, &oneshot, &value, rows[i].from);
		assert_int_equal(send(sim, &oneshot, 2), rows[i].send);
		assert_int_equal(oneshot.wait.state, rows[i].sent);
		if (rows[i].send != MN_OK)
			assert_int_not_equal(value, 2);
		bring_to(sim, &oneshot, &value, rows[i].from);
		start(sim, &receiver, &oneshot);
		assert_int_equal(receiver.result, rows[i].receive);
		assert_int_equal(oneshot.wait.state, rows[i].received);
		sim_cancel_all(sim);
		sim_run(sim);
		bring_to(sim, &oneshot, &value, rows[i].from);
		step(sim, &oneshot, DISARM);
		assert_int_equal(oneshot.wait.state, rows[i].disarmed);
		bring_to(sim, &oneshot, &value, rows[i].from);
		step(sim, &oneshot, CLOSE);
		assert_int_equal(oneshot.wait.state, rows[i].closed);
	}
}

static void value_arrives_whole_whatever_its_size(void **state)
{
	struct sim *sim = *state;
	struct mn_oneshot oneshot;
	uint8_t value[40], sent[40];

	memset(sent, 0xa5, sizeof sent);
	for (size_t size = 1; size < sizeof sent; size++) {
		struct receiver receiver = {0};

		memset(value, 0, sizeof value);
		mn_oneshot_init(&oneshot, value, size);
		assert_int_equal(mn_oneshot_arm(&oneshot), MN_OK);
		start(sim, &receiver, &oneshot);
		assert_int_equal(receiver.result, MN_PENDING);
		sim_enter(sim);
		assert_int_equal(mn__oneshot_send(&oneshot, sent, size), MN_OK);
		sim_leave();
		sim_run(sim);
		assert_int_equal(receiver.result, MN_OK);
		assert_memory_equal(value, sent, size);
		assert_int_equal(value[size], 0);
	}
}

static void value_of_another_size_panics(void **state)
{
	struct sim *sim = *state;
	struct mn_oneshot oneshot;
	struct receiver receiver = {0};
	uint32_t value;

	bring_to(sim, &oneshot, &value, MN_ONESHOT_ARMED);
	sim_enter(sim);
	assert_true(sim_panics(mn_oneshot_send(&oneshot, &(uint64_t){1})));
	start(sim, &receiver, &oneshot); /* the same with somebody waiting */
	sim_enter(sim);
	assert_true(sim_panics(mn_oneshot_send(&oneshot, &(uint64_t){1})));
	assert_int_equal(value, 0);
	sim_broken(state);
}

static void used_again_it_wakes_who_waits_now(void **state)
{
	struct sim *sim = *state;
	struct mn_oneshot oneshot;
	struct receiver receivers[2] = {0};
	uint32_t value;

	bring_to(sim, &oneshot, &value, MN_ONESHOT_ARMED);
	for (uint32_t i = 0; i < 2; i++) {
		start(sim, &receivers[i], &oneshot);
		assert_int_equal(receivers[i].result, MN_PENDING);
		assert_int_equal(send(sim, &oneshot, i), MN_OK);
		sim_run(sim);
		assert_int_equal(receivers[i].result, MN_OK);
		assert_int_equal(value, i);
		assert_int_equal(mn_oneshot_arm(&oneshot), MN_OK);
	}
}

static void woken_for_nothing_it_waits_on_as_before(void **state)
{
	struct sim *sim = *state;
	struct mn_oneshot oneshot;
	struct receiver receiver = {0};
	uint32_t value;

	bring_to(sim, &oneshot, &value, MN_ONESHOT_ARMED);
	start(sim, &receiver, &oneshot);
	const uint32_t since = oneshot.wait.since;

	sim_run_for(sim, 1000000);
	sim_enter(sim);
	mn_wake(&receiver.task);
	sim_leave();
	sim_settle(sim);
	assert_int_equal(receiver.result, MN_PENDING);
	assert_int_equal(oneshot.wait.since, since);
	assert_int_equal(send(sim, &oneshot, 1), MN_OK);
	sim_run(sim);
	assert_int_equal(receiver.result, MN_OK);
}

static void canceled_before_it_began_takes_only_what_is_there(void **state)
{
	struct sim *sim = *state;
	struct mn_oneshot oneshot;
	uint32_t value;

	for (int there = 0; there < 2; there++) {
		struct receiver receiver = {.oneshot = &oneshot};

		bring_to(sim, &oneshot, &value, there ? MN_ONESHOT_SENT : MN_ONESHOT_ARMED);
		mn_spawn(&sim->kernel, &receiver.task, &receiver_task);
		sim_cancel(sim, &receiver.task);
		sim_run(sim);
		assert_int_equal(receiver.result, there ? MN_OK : MN_ECANCELED);
		assert_int_equal(receiver.after, there ? MN_ECANCELED : MN_OK);
	}
}

static void wake_is_traced(void **state)
{
	struct sim *sim = *state;
	struct mn_oneshot oneshot;
	struct receiver receiver = {0};
	struct mn_log_filter filter;
	const char *where;
	uint32_t value;

	bring_to(sim, &oneshot, &value, MN_ONESHOT_ARMED);
	start(sim, &receiver, &oneshot);
	assert_true(mn_log_filter_parse(&filter, "kernel::task=trace", &where));
	mn_log_set_filter(&sim->kernel, &filter);
	assert_int_equal(send(sim, &oneshot, 1), MN_OK);
	assert_non_null(strstr(sim->log, "wake, task=1 receiver"));
	sim_run(sim);
}

static void sent_before_the_receive_needs_no_wait(void **state)
{
	struct sim *sim = *state;
	struct mn_oneshot oneshot;
	struct receiver receiver = {0};
	uint32_t value;

	bring_to(sim, &oneshot, &value, MN_ONESHOT_ARMED);
	assert_int_equal(send(sim, &oneshot, 5), MN_OK);
	start(sim, &receiver, &oneshot);
	assert_int_equal(receiver.result, MN_OK);
	assert_int_equal(value, 5);
	sim_run(sim);
}

static void waiting_receiver_learns_of_the_end(void **state)
{
	struct sim *sim = *state;
	struct mn_oneshot oneshot;
	uint32_t value;

	for (enum step what = DISARM; what <= CLOSE; what++) {
		for (int canceled = 0; canceled < 2; canceled++) {
			struct receiver receiver = {0};

			bring_to(sim, &oneshot, &value, MN_ONESHOT_ARMED);
			start(sim, &receiver, &oneshot);
			step(sim, &oneshot, what);
			if (canceled)
				sim_cancel(sim, &receiver.task);
			sim_run(sim);
			assert_int_equal(receiver.result, what == CLOSE ? MN_ECLOSED : MN_EEMPTY);
			assert_int_equal(receiver.after, canceled ? MN_ECANCELED : MN_OK);
			assert_int_equal(mn_oneshot_arm(&oneshot),
					 what == CLOSE ? MN_ECLOSED : MN_OK);
		}
	}
}

static void value_sent_just_before_the_close_arrives(void **state)
{
	struct sim *sim = *state;
	struct mn_oneshot oneshot;
	struct receiver first = {0}, second = {0};
	uint32_t value;

	bring_to(sim, &oneshot, &value, MN_ONESHOT_ARMED);
	start(sim, &first, &oneshot);
	assert_int_equal(send(sim, &oneshot, 5), MN_OK);
	step(sim, &oneshot, CLOSE);
	sim_run(sim);
	assert_int_equal(first.result, MN_OK);
	assert_int_equal(value, 5);
	start(sim, &second, &oneshot);
	assert_int_equal(second.result, MN_ECLOSED);
	sim_run(sim);
}

static void canceled_receive_leaves_it_armed(void **state)
{
	struct sim *sim = *state;
	struct mn_oneshot oneshot;
	uint32_t value;

	for (int timed_out = 0; timed_out < 2; timed_out++) {
		struct receiver first = {.limit_us = timed_out ? 100 : 0}, second = {0};

		bring_to(sim, &oneshot, &value, MN_ONESHOT_ARMED);
		start(sim, &first, &oneshot);
		if (timed_out)
			sim_run_for(sim, 100);
		else
			sim_cancel(sim, &first.task);
		sim_run(sim);
		assert_int_equal(first.result, timed_out ? MN_ETIMEDOUT : MN_ECANCELED);
		assert_int_equal(first.after, MN_OK);
		start(sim, &second, &oneshot);
		assert_int_equal(second.result, MN_PENDING);
		assert_int_equal(send(sim, &oneshot, 6), MN_OK);
		sim_run(sim);
		assert_int_equal(second.result, MN_OK);
		assert_int_equal(value, 6);
	}
}

static void value_beats_a_cancellation_of_the_same_moment(void **state)
{
	struct sim *sim = *state;
	struct mn_oneshot oneshot;
	uint32_t value;

	for (int canceled_first = 0; canceled_first < 2; canceled_first++) {
		struct receiver receiver = {0};

		bring_to(sim, &oneshot, &value, MN_ONESHOT_ARMED);
		start(sim, &receiver, &oneshot);
		if (canceled_first)
			sim_cancel(sim, &receiver.task);
		assert_int_equal(send(sim, &oneshot, 5), MN_OK);
		if (!canceled_first)
			sim_cancel(sim, &receiver.task);
		sim_run(sim);
		assert_int_equal(receiver.result, MN_OK);
		assert_int_equal(receiver.after, MN_ECANCELED);
	}
}

/* Receives from two at once. */
struct racer {
	struct mn_task task;
	struct mn_oneshot a, b;
	uint32_t from_a, from_b;
	struct mn_race race;
};

static mn_poll racer_run(struct racer *self)
{
	MN_BEGIN(self);
	MN_AWAIT(self,
		 mn_race(&self->race, mn_oneshot_receive(&self->a), mn_oneshot_receive(&self->b)));
	MN_END(self);
}

MN_TASK(racer);

static void race_of_two_loses_no_value(void **state)
{
	struct sim *sim = *state;

	for (unsigned mask = 1; mask < 4; mask++) {
		struct racer racer = {0};

		bring_to(sim, &racer.a, &racer.from_a, MN_ONESHOT_ARMED);
		bring_to(sim, &racer.b, &racer.from_b, MN_ONESHOT_ARMED);
		mn_spawn(&sim->kernel, &racer.task, &racer_task);
		sim_settle(sim);
		if (mask & 1)
			assert_int_equal(send(sim, &racer.a, 1), MN_OK);
		if (mask & 2)
			assert_int_equal(send(sim, &racer.b, 2), MN_OK);
		sim_run(sim);
		assert_int_equal(racer.race.result[0], mask & 1 ? MN_OK : MN_ECANCELED);
		assert_int_equal(racer.race.result[1], mask & 2 ? MN_OK : MN_ECANCELED);
		assert_int_equal(racer.from_a, mask & 1 ? 1 : 0);
		assert_int_equal(racer.from_b, mask & 2 ? 2 : 0);
	}
}

static void append(void *context, const char *text, size_t len)
{
	strncat(context, text, len);
}

static void dump_says_that_the_value_is_waited_for(void **state)
{
	struct sim *sim = *state;
	struct mn_oneshot oneshot;
	struct receiver receiver = {0};
	uint32_t value;
	char text[1024] = "";

	bring_to(sim, &oneshot, &value, MN_ONESHOT_ARMED);
	start(sim, &receiver, &oneshot);
	mn_kernel_dump(&sim->kernel, append, text);
	assert_non_null(strstr(text, "waits for the value of oneshot 0x"));
	sim_cancel_all(sim);
	sim_run(sim);
}

/* ---- All of it at random ---- */

#define PAIRS 200
#define ROUNDS 50

/* Arms, has its sender answer, receives, again and again. */
struct asker {
	struct mn_task task;
	struct mn_oneshot oneshot;
	struct mn_timeout limit;
	struct mn_sleep nap;
	uint64_t value;
	uint32_t round, got, given_up;
};

static struct asker askers[PAIRS];

static uint64_t up_to(uint64_t most)
{
	return mn_random(mn_running) % most;
}

static mn_poll asker_run(struct asker *self)
{
	MN_BEGIN(self);
	for (self->round = 1; self->round <= ROUNDS; self->round++) {
		self->value = 0;
		assert_int_equal(mn_oneshot_arm(&self->oneshot), MN_OK);
		MN_AWAIT(self, mn_timeout(&self->limit, mn_oneshot_receive(&self->oneshot),
					  1 + up_to(20)));
		if (MN_RESULT(self) == MN_OK) {
			assert_int_equal(self->value, self->round);
			self->got++;
		} else {
			assert_int_equal(self->value, 0);
			mn_oneshot_disarm(&self->oneshot);
			self->given_up++;
		}
		if (up_to(2))
			MN_AWAIT(self, mn_sleep(&self->nap, up_to(10)));
	}
	mn_oneshot_close(&self->oneshot);
	MN_END(self);
}

MN_TASK(asker);

/* Answers whoever asks, and cancels whoever it likes. */
struct answerer {
	struct mn_task task;
	struct mn_sleep nap;
	struct asker *asker;
	uint32_t sent;
	mn_poll result;
};

static mn_poll answerer_run(struct answerer *self)
{
	MN_BEGIN(self);
	do {
		MN_AWAIT(self, mn_sleep(&self->nap, up_to(20)));
		if (up_to(8) == 0)
			mn_cancel(&askers[up_to(PAIRS)].task);
		self->result =
			mn_oneshot_send(&self->asker->oneshot, &(uint64_t){self->asker->round});
		self->sent += self->result == MN_OK;
	} while (self->result != MN_ECLOSED);
	MN_END(self);
}

MN_TASK(answerer);

static void pairs_lose_nothing(void **state)
{
	static struct answerer answerers[PAIRS];
	struct sim *sim = *state;
	uint32_t given_up = 0;

	for (int i = 0; i < PAIRS; i++) {
		answerers[i].asker = &askers[i];
		mn_oneshot_init(&askers[i].oneshot, &askers[i].value, sizeof askers[i].value);
		mn_spawn(&sim->kernel, &askers[i].task, &asker_task);
		mn_spawn(&sim->kernel, &answerers[i].task, &answerer_task);
	}
	sim_run(sim);
	for (int i = 0; i < PAIRS; i++) {
		assert_int_equal(answerers[i].sent, askers[i].got);
		assert_int_equal(askers[i].got + askers[i].given_up, ROUNDS);
		given_up += askers[i].given_up;
	}
	assert_in_range(given_up, 1, PAIRS * ROUNDS - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(each_step_from_each_state),
		SIM_TEST(value_arrives_whole_whatever_its_size),
		SIM_TEST(value_of_another_size_panics),
		SIM_TEST(used_again_it_wakes_who_waits_now),
		SIM_TEST(woken_for_nothing_it_waits_on_as_before),
		SIM_TEST(canceled_before_it_began_takes_only_what_is_there),
		SIM_TEST(wake_is_traced),
		SIM_TEST(sent_before_the_receive_needs_no_wait),
		SIM_TEST(waiting_receiver_learns_of_the_end),
		SIM_TEST(value_sent_just_before_the_close_arrives),
		SIM_TEST(canceled_receive_leaves_it_armed),
		SIM_TEST(value_beats_a_cancellation_of_the_same_moment),
		SIM_TEST(race_of_two_loses_no_value),
		SIM_TEST(dump_says_that_the_value_is_waited_for),
		SIM_TEST(pairs_lose_nothing),
	};

	return cmocka_run_group_tests_name("oneshot", tests, NULL, NULL);
}
