/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Protects: order, hand-over, cancellation and the end of channels, from both sides. */
#include <string.h>
#include <mnemos/channel.h>
#include "sim.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define SLOTS_MAX 300

/* Who sent it, and the how manieth of theirs. */
struct message {
	uint32_t from, number;
};

static struct message slots[SLOTS_MAX];

static void open_channel(struct mn_channel *channel, size_t capacity)
{
	mn_channel_init(channel, slots, sizeof slots[0], capacity);
}

/* Sends `count` messages, each with a limit of time if `limit_us` is not 0; goes on after errors.
 */
struct producer {
	struct mn_task task;
	struct mn_channel *channel;
	struct mn_send send;
	struct mn_timeout limit;
	struct mn_sleep nap;
	uint64_t limit_us;
	struct message message;
	uint32_t count;
	mn_poll result, after; /* of the last send, and of a sleep after all */
};

static mn_poll producer_run(struct producer *self)
{
	MN_BEGIN(self);
	for (self->message.number = 0; self->message.number < self->count; self->message.number++) {
		self->result = MN_PENDING;
		if (self->limit_us)
			MN_AWAIT(self, mn_timeout(&self->limit,
						  mn_channel_send(&self->send, self->channel,
								  &self->message),
						  self->limit_us));
		else
			MN_AWAIT(self, mn_channel_send(&self->send, self->channel, &self->message));
		self->result = MN_RESULT(self);
	}
	MN_AWAIT(self, mn_sleep(&self->nap, 1));
	self->after = MN_RESULT(self);
	MN_END(self);
}

MN_TASK(producer);

/* Receives until an error, or `most` messages if that is not 0; then sleeps a little. */
struct consumer {
	struct mn_task task;
	struct mn_channel *channel;
	struct mn_timeout limit;
	struct mn_sleep nap;
	uint64_t limit_us;
	struct message message, got[2000];
	uint32_t count, most;
	mn_poll result, after; /* of the last receive, and of the sleep */
};

static mn_poll consumer_run(struct consumer *self)
{
	MN_BEGIN(self);
	do {
		self->result = MN_PENDING;
		if (self->limit_us)
			MN_AWAIT(self, mn_timeout(&self->limit,
						  mn_channel_receive(self->channel, &self->message),
						  self->limit_us));
		else
			MN_AWAIT(self, mn_channel_receive(self->channel, &self->message));
		self->result = MN_RESULT(self);
		if (self->result == MN_OK)
			self->got[self->count++] = self->message;
	} while (self->result == MN_OK && self->count != self->most);
	MN_AWAIT(self, mn_sleep(&self->nap, 1));
	self->after = MN_RESULT(self);
	MN_END(self);
}

MN_TASK(consumer);

static void start_producer(struct sim *sim, struct producer *producer, struct mn_channel *channel,
			   uint32_t from, uint32_t count)
{
	producer->channel = channel;
	producer->message.from = from;
	producer->count = count;
	mn_spawn(&sim->kernel, &producer->task, &producer_task);
	sim_settle(sim);
}

static void start_consumer(struct sim *sim, struct consumer *consumer, struct mn_channel *channel,
			   uint32_t most)
{
	consumer->channel = channel;
	consumer->most = most;
	mn_spawn(&sim->kernel, &consumer->task, &consumer_task);
	sim_settle(sim);
}

static void close_channel(struct sim *sim, struct mn_channel *channel)
{
	sim_enter(sim);
	mn_channel_close(channel);
	sim_leave();
}

static mn_poll try_send(struct sim *sim, struct mn_channel *channel, uint32_t from)
{
	sim_enter(sim);
	const mn_poll result = mn_channel_try_send(channel, &(struct message){.from = from});
	sim_leave();
	return result;
}

/* What is received without waiting: who sent it, or 1000 + the error. */
static uint32_t try_receive(struct sim *sim, struct mn_channel *channel)
{
	struct message message;

	sim_enter(sim);
	const mn_poll result = mn_channel_try_receive(channel, &message);
	sim_leave();
	return result == MN_OK ? message.from : 1000 + (uint32_t)result;
}

static void keeps_the_order_at_any_capacity(void **state)
{
	static const size_t capacities[] = {1, 2, 3, 64, 256, SLOTS_MAX};
	static struct consumer consumer;
	struct sim *sim = *state;
	struct mn_channel channel;
	struct producer producer;

	for (size_t i = 0; i < COUNT(capacities); i++) {
		for (int consumer_first = 0; consumer_first < 2; consumer_first++) {
			memset(&producer, 0, sizeof producer);
			memset(&consumer, 0, sizeof consumer);
			open_channel(&channel, capacities[i]);
			if (consumer_first)
				start_consumer(sim, &consumer, &channel, 1000);
			start_producer(sim, &producer, &channel, 1, 1000);
			if (!consumer_first)
				start_consumer(sim, &consumer, &channel, 1000);
			sim_run(sim);
			assert_int_equal(consumer.count, 1000);
			for (uint32_t n = 0; n < 1000; n++)
				assert_int_equal(consumer.got[n].number, n);
		}
	}
}

/* A consumer of messages that are arrays of bytes. */
struct taker {
	struct mn_task task;
	struct mn_channel *channel;
	uint8_t message[40];
};

static mn_poll taker_run(struct taker *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn__channel_receive(self->channel, self->message, self->channel->size));
	MN_END(self);
}

MN_TASK(taker);

static void ring_copies_all_of_a_message_and_no_more(void **state)
{
	struct sim *sim = *state;
	struct mn_channel channel;
	uint8_t ring[40 * 2], message[40], got[40];

	memset(message, 0xa5, sizeof message);
	for (size_t size = 1; size < sizeof message; size++) {
		memset(ring, 0, sizeof ring);
		memset(got, 0, sizeof got);
		mn_channel_init(&channel, ring, size, 2);
		sim_enter(sim);
		assert_int_equal(mn__channel_try_send(&channel, message, size), MN_OK);
		assert_int_equal(mn__channel_try_receive(&channel, got, size), MN_OK);
		sim_leave();
		assert_int_equal(ring[size - 1], 0xa5);
		assert_int_equal(ring[size], 0);
		assert_memory_equal(got, message, size);
		assert_int_equal(got[size], 0);
	}
}

static void hand_over_copies_all_of_a_message_and_no_more(void **state)
{
	struct sim *sim = *state;
	struct mn_channel channel;
	struct mn_send send = {0};
	uint8_t ring[40], message[40];

	memset(message, 0xa5, sizeof message);
	for (size_t size = 1; size < sizeof message; size++) {
		for (int with_try = 0; with_try < 2; with_try++) {
			struct taker taker = {.channel = &channel};

			mn_channel_init(&channel, ring, size, 1);
			mn_spawn(&sim->kernel, &taker.task, &taker_task);
			sim_settle(sim);
			sim_enter(sim);
			assert_int_equal(with_try
						 ? mn__channel_try_send(&channel, message, size)
						 : mn__channel_send(&send, &channel, message, size),
					 MN_OK);
			sim_leave();
			sim_settle(sim);
			assert_memory_equal(taker.message, message, size);
			assert_int_equal(taker.message[size], 0);
		}
	}
}

static void full_and_empty_are_told_without_waiting(void **state)
{
	struct sim *sim = *state;
	struct mn_channel channel;

	open_channel(&channel, 2);
	assert_int_equal(try_receive(sim, &channel), 1000 + MN_EEMPTY);
	assert_int_equal(try_send(sim, &channel, 1), MN_OK);
	assert_int_equal(try_send(sim, &channel, 2), MN_OK);
	assert_int_equal(try_send(sim, &channel, 3), MN_EFULL);
	assert_int_equal(try_receive(sim, &channel), 1);
	assert_int_equal(try_send(sim, &channel, 4), MN_OK);
	assert_int_equal(try_receive(sim, &channel), 2);
	assert_int_equal(try_receive(sim, &channel), 4);
	assert_int_equal(try_receive(sim, &channel), 1000 + MN_EEMPTY);
}

static void senders_that_wait_are_let_in_in_order_and_not_overtaken(void **state)
{
	struct sim *sim = *state;
	struct mn_channel channel;
	struct producer producers[3] = {0};

	open_channel(&channel, 1);
	for (uint32_t i = 0; i < 3; i++)
		start_producer(sim, &producers[i], &channel, i, 1);
	assert_int_equal(producers[0].result, MN_OK);
	assert_int_equal(producers[1].result, MN_PENDING);
	assert_int_equal(try_receive(sim, &channel), 0);
	assert_int_equal(try_send(sim, &channel, 9), MN_EFULL);
	assert_int_equal(try_receive(sim, &channel), 1);
	assert_int_equal(try_receive(sim, &channel), 2);
	assert_int_equal(try_receive(sim, &channel), 1000 + MN_EEMPTY);
	sim_run(sim);
	assert_int_equal(producers[2].result, MN_OK);
}

static void canceled_send_has_not_sent(void **state)
{
	struct sim *sim = *state;
	struct mn_channel channel;
	struct producer producers[4] = {0};

	open_channel(&channel, 1);
	for (uint32_t i = 0; i < 4; i++)
		start_producer(sim, &producers[i], &channel, i, 1);
	sim_cancel(sim, &producers[2].task);
	sim_settle(sim);
	assert_int_equal(producers[2].result, MN_ECANCELED);
	assert_int_equal(try_receive(sim, &channel), 0);
	assert_int_equal(try_receive(sim, &channel), 1);
	assert_int_equal(try_receive(sim, &channel), 3);
	assert_int_equal(try_receive(sim, &channel), 1000 + MN_EEMPTY);
	sim_run(sim);
}

static void send_that_was_let_in_beats_a_cancellation(void **state)
{
	struct sim *sim = *state;
	struct mn_channel channel;
	struct producer producers[2];

	for (int canceled_first = 0; canceled_first < 2; canceled_first++) {
		memset(producers, 0, sizeof producers);
		open_channel(&channel, 1);
		start_producer(sim, &producers[0], &channel, 0, 1);
		start_producer(sim, &producers[1], &channel, 1, 1);
		if (canceled_first)
			sim_cancel(sim, &producers[1].task);
		assert_int_equal(try_receive(sim, &channel), 0);
		if (!canceled_first)
			sim_cancel(sim, &producers[1].task);
		sim_run(sim);
		assert_int_equal(producers[1].result, MN_OK);
		assert_int_equal(producers[1].after, MN_ECANCELED);
		assert_int_equal(try_receive(sim, &channel), 1);
	}
}

static void canceled_before_it_began_does_only_what_needs_no_wait(void **state)
{
	static struct consumer consumer;
	struct sim *sim = *state;
	struct mn_channel channel;
	struct producer producer = {.channel = &channel, .message = {.from = 1}, .count = 2};

	open_channel(&channel, 1);
	mn_spawn(&sim->kernel, &producer.task, &producer_task);
	sim_cancel(sim, &producer.task);
	sim_settle(sim);
	assert_int_equal(channel.count, 1);
	assert_int_equal(producer.result, MN_ECANCELED);
	memset(&consumer, 0, sizeof consumer);
	consumer.channel = &channel;
	mn_spawn(&sim->kernel, &consumer.task, &consumer_task);
	sim_cancel(sim, &consumer.task);
	sim_run(sim);
	assert_int_equal(consumer.count, 1);
	assert_int_equal(consumer.result, MN_ECANCELED);
	assert_int_equal(try_send(sim, &channel, 1), MN_OK);
}

static void canceled_receive_has_taken_nothing(void **state)
{
	static struct consumer consumer;
	struct sim *sim = *state;
	struct mn_channel channel;

	memset(&consumer, 0, sizeof consumer);
	open_channel(&channel, 1);
	start_consumer(sim, &consumer, &channel, 1);
	sim_cancel(sim, &consumer.task);
	sim_settle(sim);
	assert_int_equal(consumer.result, MN_ECANCELED);
	assert_int_equal(try_send(sim, &channel, 7), MN_OK);
	assert_int_equal(try_receive(sim, &channel), 7);
	sim_run(sim);
	assert_int_equal(consumer.after, MN_OK);
}

static void message_handed_over_beats_a_cancellation(void **state)
{
	static struct consumer consumer;
	struct sim *sim = *state;
	struct mn_channel channel;

	for (int canceled_first = 0; canceled_first < 2; canceled_first++) {
		memset(&consumer, 0, sizeof consumer);
		open_channel(&channel, 1);
		start_consumer(sim, &consumer, &channel, 1);
		if (canceled_first)
			sim_cancel(sim, &consumer.task);
		assert_int_equal(try_send(sim, &channel, 7), MN_OK);
		if (!canceled_first)
			sim_cancel(sim, &consumer.task);
		sim_run(sim);
		assert_int_equal(consumer.result, MN_OK);
		assert_int_equal(consumer.got[0].from, 7);
		assert_int_equal(consumer.after, MN_ECANCELED);
	}
}

static void time_out_undoes_the_wait(void **state)
{
	static struct consumer consumer;
	struct sim *sim = *state;
	struct mn_channel channel;
	struct producer producer = {.limit_us = 100};

	memset(&consumer, 0, sizeof consumer);
	consumer.limit_us = 50;
	open_channel(&channel, 1);
	start_consumer(sim, &consumer, &channel, 0);
	sim_run_for(sim, 60);
	assert_int_equal(consumer.result, MN_ETIMEDOUT);
	start_producer(sim, &producer, &channel, 5, 2);
	sim_run_for(sim, 100);
	assert_int_equal(producer.result, MN_ETIMEDOUT);
	assert_int_equal(try_receive(sim, &channel), 5);
	assert_int_equal(try_receive(sim, &channel), 1000 + MN_EEMPTY);
	sim_run(sim);
}

/* Receives from two channels at once. */
struct racer {
	struct mn_task task;
	struct mn_channel *a, *b;
	struct message from_a, from_b;
	struct mn_race race;
};

static mn_poll racer_run(struct racer *self)
{
	MN_BEGIN(self);
	MN_AWAIT(self, mn_race(&self->race, mn_channel_receive(self->a, &self->from_a),
			       mn_channel_receive(self->b, &self->from_b)));
	MN_END(self);
}

MN_TASK(racer);

static void race_of_two_channels_loses_no_message(void **state)
{
	struct sim *sim = *state;
	struct mn_channel a, b;
	struct message slot_a, slot_b;

	for (unsigned mask = 1; mask < 4; mask++) {
		struct racer racer = {.a = &a, .b = &b};

		mn_channel_init(&a, &slot_a, sizeof slot_a, 1);
		mn_channel_init(&b, &slot_b, sizeof slot_b, 1);
		mn_spawn(&sim->kernel, &racer.task, &racer_task);
		sim_settle(sim);
		if (mask & 1)
			assert_int_equal(try_send(sim, &a, 1), MN_OK);
		if (mask & 2)
			assert_int_equal(try_send(sim, &b, 2), MN_OK);
		sim_run(sim);
		assert_int_equal(racer.race.result[0], mask & 1 ? MN_OK : MN_ECANCELED);
		assert_int_equal(racer.race.result[1], mask & 2 ? MN_OK : MN_ECANCELED);
		assert_int_equal(racer.from_a.from, mask & 1 ? 1 : 0);
		assert_int_equal(racer.from_b.from, mask & 2 ? 2 : 0);
		assert_int_equal(try_receive(sim, &a), 1000 + MN_EEMPTY);
		assert_int_equal(try_receive(sim, &b), 1000 + MN_EEMPTY);
	}
}

/* ---- The end ---- */

static void closed_channel_is_drained_first(void **state)
{
	static struct consumer consumer;
	struct sim *sim = *state;
	struct mn_channel channel;

	memset(&consumer, 0, sizeof consumer);
	open_channel(&channel, 4);
	assert_int_equal(try_send(sim, &channel, 1), MN_OK);
	assert_int_equal(try_send(sim, &channel, 2), MN_OK);
	assert_int_equal(try_send(sim, &channel, 3), MN_OK);
	close_channel(sim, &channel);
	close_channel(sim, &channel);
	assert_int_equal(try_send(sim, &channel, 4), MN_ECLOSED);
	assert_int_equal(try_receive(sim, &channel), 1);
	start_consumer(sim, &consumer, &channel, 0);
	assert_int_equal(consumer.count, 2);
	assert_int_equal(consumer.result, MN_ECLOSED);
	assert_int_equal(try_receive(sim, &channel), 1000 + MN_ECLOSED);
	sim_run(sim);
}

static void close_wakes_a_waiting_consumer(void **state)
{
	static struct consumer consumer;
	struct sim *sim = *state;
	struct mn_channel channel;

	memset(&consumer, 0, sizeof consumer);
	open_channel(&channel, 1);
	start_consumer(sim, &consumer, &channel, 0);
	close_channel(sim, &channel);
	sim_cancel(sim, &consumer.task); /* later, so it hits the next wait */
	sim_run(sim);
	assert_int_equal(consumer.result, MN_ECLOSED);
	assert_int_equal(consumer.after, MN_ECANCELED);
}

static void close_wakes_waiting_senders_which_have_not_sent(void **state)
{
	struct sim *sim = *state;
	struct mn_channel channel;
	struct producer producers[4] = {0};

	open_channel(&channel, 1);
	for (uint32_t i = 0; i < 3; i++)
		start_producer(sim, &producers[i], &channel, i, 1);
	close_channel(sim, &channel);
	sim_cancel(sim, &producers[2].task);
	start_producer(sim, &producers[3], &channel, 3, 1);
	assert_int_equal(producers[0].result, MN_OK);
	for (int i = 1; i < 4; i++)
		assert_int_equal(producers[i].result, MN_ECLOSED);
	assert_int_equal(try_receive(sim, &channel), 0);
	assert_int_equal(try_receive(sim, &channel), 1000 + MN_ECLOSED);
	sim_run(sim);
	assert_int_equal(producers[2].after, MN_ECANCELED);
}

static void message_handed_over_just_before_the_close_arrives(void **state)
{
	static struct consumer consumer;
	struct sim *sim = *state;
	struct mn_channel channel;

	memset(&consumer, 0, sizeof consumer);
	open_channel(&channel, 1);
	start_consumer(sim, &consumer, &channel, 0);
	assert_int_equal(try_send(sim, &channel, 1), MN_OK);
	close_channel(sim, &channel);
	sim_run(sim);
	assert_int_equal(consumer.count, 1);
	assert_int_equal(consumer.result, MN_ECLOSED);
}

static void last_producer_that_leaves_closes(void **state)
{
	static struct consumer consumer;
	struct sim *sim = *state;
	struct mn_channel channel;

	memset(&consumer, 0, sizeof consumer);
	open_channel(&channel, 1);
	assert_int_equal(mn_channel_join(&channel), MN_OK);
	assert_int_equal(mn_channel_join(&channel), MN_OK);
	start_consumer(sim, &consumer, &channel, 0);
	sim_enter(sim);
	mn_channel_leave(&channel);
	sim_leave();
	sim_settle(sim);
	assert_int_equal(consumer.result, MN_PENDING);
	sim_enter(sim);
	mn_channel_leave(&channel);
	sim_leave();
	sim_run(sim);
	assert_int_equal(consumer.result, MN_ECLOSED);
	assert_int_equal(mn_channel_join(&channel), MN_ECLOSED);
}

/* A message of the wrong size, in each way. */
static void wrong_size_panics(struct sim *sim, struct mn_channel *channel)
{
	struct mn_task task = {.type = &consumer_task};
	struct mn_send send = {0};
	uint32_t half = 0;

	sim_enter(sim);
	assert_true(sim_panics(mn_channel_try_send(channel, &half)));
	sim_enter(sim);
	assert_true(sim_panics(mn_channel_try_receive(channel, &half)));
	sim_enter(sim);
	sim->kernel.current = &task;
	assert_true(sim_panics(mn_channel_send(&send, channel, &half)));
	sim_enter(sim);
	assert_true(sim_panics(mn_channel_receive(channel, &half)));
}

static void misuse_panics(void **state)
{
	static struct consumer consumer;
	struct sim *sim = *state;
	struct mn_channel channel;
	struct mn_task other = {.type = &consumer_task};
	struct message message;

	assert_true(sim_panics(mn_channel_init(&channel, slots, sizeof *slots, 0)));
	assert_true(sim_panics(mn_channel_init(&channel, slots, 0, 1)));
	memset(&consumer, 0, sizeof consumer);
	open_channel(&channel, 1);
	assert_true(sim_panics(mn_channel_leave(&channel))); /* nobody has joined */
	wrong_size_panics(sim, &channel);
	start_consumer(sim, &consumer, &channel, 0);
	wrong_size_panics(sim, &channel); /* also for a hand-over */
	sim_enter(sim);
	sim->kernel.current = &other;
	assert_true(sim_panics(mn_channel_receive(&channel, &message))); /* a second consumer */
	sim_broken(state);
}

static void hand_over_is_traced(void **state)
{
	static struct consumer consumer;
	struct sim *sim = *state;
	struct mn_channel channel;
	struct producer producer = {0};
	struct mn_log_filter filter;
	const char *where;

	memset(&consumer, 0, sizeof consumer);
	open_channel(&channel, 1);
	start_consumer(sim, &consumer, &channel, 1);
	assert_true(mn_log_filter_parse(&filter, "kernel::task=trace", &where));
	mn_log_set_filter(&sim->kernel, &filter);
	start_producer(sim, &producer, &channel, 1, 1);
	assert_int_equal(consumer.result, MN_OK);
	assert_non_null(strstr(sim->log, "producer #2: wake, task=1 consumer"));
	sim_run(sim);
}

static void append(void *context, const char *text, size_t len)
{
	strncat(context, text, len);
}

static void dump_says_who_waits_for_room_and_who_for_messages(void **state)
{
	static struct consumer consumer;
	struct sim *sim = *state;
	struct mn_channel a, b;
	struct producer producer = {0};
	struct message slot;
	char text[2048] = "";

	memset(&consumer, 0, sizeof consumer);
	open_channel(&a, 1);
	mn_channel_init(&b, &slot, sizeof slot, 1);
	start_producer(sim, &producer, &a, 1, 2);
	start_consumer(sim, &consumer, &b, 0);
	mn_kernel_dump(&sim->kernel, append, text);
	assert_non_null(strstr(text, "waits for room in channel 0x"));
	assert_non_null(strstr(text, "waits for a message in channel 0x"));
	sim_cancel_all(sim);
	sim_run(sim);
}

/* ---- All of it at random ---- */

#define CROWD 200
#define EACH 20

/* Counts itself in, sends EACH messages with limits of time, counts itself out. */
struct member {
	struct mn_task task;
	struct mn_send send;
	struct mn_timeout limit;
	struct mn_sleep nap;
	struct message message;
	uint64_t limit_us;
	bool sent[EACH];
};

static struct {
	struct mn_channel channel;
	struct member members[CROWD];
	bool got[CROWD][EACH];
	uint32_t last[CROWD]; /* number of the last message received from each, and 1 */
	int refused, received;
} crowd;

static uint64_t up_to(uint64_t most)
{
	return mn_random(mn_running) % most;
}

static mn_poll member_run(struct member *self)
{
	MN_BEGIN(self);
	while (self->message.number < EACH) {
		MN_AWAIT(self, mn_sleep(&self->nap, up_to(50)));
		self->limit_us = 1 + up_to(300);
		MN_AWAIT(self,
			 mn_timeout(&self->limit,
				    mn_channel_send(&self->send, &crowd.channel, &self->message),
				    self->limit_us));
		self->sent[self->message.number] = MN_RESULT(self) == MN_OK;
		crowd.refused += MN_RESULT(self) != MN_OK;
		self->message.number++;
	}
	mn_channel_leave(&crowd.channel);
	MN_END(self);
}

MN_TASK(member);

/* Receives from all; is cancelled and timed out now and then, and goes on. */
struct listener {
	struct mn_task task;
	struct mn_timeout limit;
	struct mn_sleep nap;
	struct message message;
	mn_poll result;
};

static void note(const struct message *message)
{
	assert_true(message->number >= crowd.last[message->from]);
	assert_false(crowd.got[message->from][message->number]);
	crowd.got[message->from][message->number] = true;
	crowd.last[message->from] = message->number + 1;
	crowd.received++;
}

static mn_poll listener_run(struct listener *self)
{
	MN_BEGIN(self);
	do {
		MN_AWAIT(self, mn_timeout(&self->limit,
					  mn_channel_receive(&crowd.channel, &self->message),
					  1 + up_to(5)));
		self->result = MN_RESULT(self);
		if (self->result == MN_OK)
			note(&self->message);
		if (up_to(4) == 0)
			MN_AWAIT(self, mn_sleep(&self->nap, up_to(8)));
	} while (self->result != MN_ECLOSED);
	MN_END(self);
}

MN_TASK(listener);

/* Cancels anybody at random. */
struct trouble {
	struct mn_task task;
	struct mn_sleep nap;
	struct mn_task *listener;
	int rounds;
};

static mn_poll trouble_run(struct trouble *self)
{
	MN_BEGIN(self);
	for (self->rounds = 0; self->rounds < CROWD * 10; self->rounds++) {
		mn_cancel(up_to(4) ? &crowd.members[up_to(CROWD)].task : self->listener);
		MN_AWAIT(self, mn_sleep(&self->nap, up_to(4)));
	}
	MN_END(self);
}

MN_TASK(trouble);

static void crowd_sends_each_message_once_or_not_at_all(void **state)
{
	static const size_t capacities[] = {1, 5, 100};
	struct sim *sim = *state;

	for (size_t i = 0; i < COUNT(capacities); i++) {
		struct listener listener = {0};
		struct trouble trouble = {.listener = &listener.task};

		memset(&crowd, 0, sizeof crowd);
		open_channel(&crowd.channel, capacities[i]);
		for (uint32_t from = 0; from < CROWD; from++) {
			crowd.members[from].message.from = from;
			assert_int_equal(mn_channel_join(&crowd.channel), MN_OK);
			mn_spawn(&sim->kernel, &crowd.members[from].task, &member_task);
		}
		mn_spawn(&sim->kernel, &listener.task, &listener_task);
		mn_spawn(&sim->kernel, &trouble.task, &trouble_task);
		sim_run(sim);
		assert_int_equal(listener.result, MN_ECLOSED);
		for (uint32_t from = 0; from < CROWD; from++)
			for (uint32_t n = 0; n < EACH; n++)
				assert_int_equal(crowd.members[from].sent[n], crowd.got[from][n]);
		assert_int_equal(crowd.received + crowd.refused, CROWD * EACH);
		assert_true(crowd.refused > 0 && crowd.received > CROWD);
		assert_true(mn_list_empty(&crowd.channel.senders));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(keeps_the_order_at_any_capacity),
		SIM_TEST(ring_copies_all_of_a_message_and_no_more),
		SIM_TEST(hand_over_copies_all_of_a_message_and_no_more),
		SIM_TEST(full_and_empty_are_told_without_waiting),
		SIM_TEST(senders_that_wait_are_let_in_in_order_and_not_overtaken),
		SIM_TEST(canceled_send_has_not_sent),
		SIM_TEST(send_that_was_let_in_beats_a_cancellation),
		SIM_TEST(canceled_before_it_began_does_only_what_needs_no_wait),
		SIM_TEST(canceled_receive_has_taken_nothing),
		SIM_TEST(message_handed_over_beats_a_cancellation),
		SIM_TEST(time_out_undoes_the_wait),
		SIM_TEST(race_of_two_channels_loses_no_message),
		SIM_TEST(hand_over_is_traced),
		SIM_TEST(closed_channel_is_drained_first),
		SIM_TEST(close_wakes_a_waiting_consumer),
		SIM_TEST(close_wakes_waiting_senders_which_have_not_sent),
		SIM_TEST(message_handed_over_just_before_the_close_arrives),
		SIM_TEST(last_producer_that_leaves_closes),
		SIM_TEST(misuse_panics),
		SIM_TEST(dump_says_who_waits_for_room_and_who_for_messages),
		SIM_TEST(crowd_sends_each_message_once_or_not_at_all),
	};

	return cmocka_run_group_tests_name("channel", tests, NULL, NULL);
}
