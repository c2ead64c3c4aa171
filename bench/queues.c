/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The benchmarks of what carries data from task to task. */
#include <mnemos/bbq.h>
#include <mnemos/channel.h>
#include <mnemos/oneshot.h>
#include "operations.h"
#include "virtual.h"

/* ---- channel: one message a count ---- */

struct ponger {
	struct mn_task task;
	struct mn_channel *from, *to;
	struct mn_send send;
	uint64_t message;
};

/* Two of these throw a message to and fro: each throw is one with a task switch. */
static mn_poll ponger_run(struct ponger *self)
{
	MN_BEGIN(self);
	while (self->message < (uint64_t)bench_count) {
		MN_TRY(self, mn_channel_receive(self->from, &self->message));
		self->message++;
		MN_TRY(self, mn_channel_send(&self->send, self->to, &self->message));
	}
	MN_END(self);
}

MN_TASK(ponger);

void bench_channel(void)
{
	static struct mn_channel channel[2];
	static uint64_t slots[2][4];
	static struct ponger two[2];

	for (int i = 0; i < 2; i++) {
		mn_channel_init(&channel[i], slots[i], sizeof slots[i][0], 4);
		two[i].from = &channel[i];
		two[i].to = &channel[!i];
		mn_spawn(&kernel, &two[i].task, &ponger_task);
	}
	mn_channel_try_send(&channel[0], &(uint64_t){0});
	virtual_run();
	MN_ASSERT(two[0].message + two[1].message == (uint64_t)bench_count * 2 + 1);
}

struct producer {
	struct mn_task task;
	struct mn_channel *to;
	struct mn_send send;
	uint64_t message;
};

static mn_poll producer_run(struct producer *self)
{
	MN_BEGIN(self);
	for (; self->message < (uint64_t)bench_count; self->message++)
		MN_TRY(self, mn_channel_send(&self->send, self->to, &self->message));
	mn_channel_close(self->to);
	MN_END(self);
}

MN_TASK(producer);

struct consumer {
	struct mn_task task;
	struct mn_channel *from;
	uint64_t message;
};

static mn_poll consumer_run(struct consumer *self)
{
	MN_BEGIN(self);
	for (;;)
		MN_TRY(self, mn_channel_receive(self->from, &self->message));
	MN_END(self);
}

MN_TASK(consumer);

/* One way, as fast as 64 slots let them. */
void bench_channel_stream(void)
{
	static struct mn_channel channel;
	static uint64_t slots[64];
	static struct producer producer = {.to = &channel};
	static struct consumer consumer = {.from = &channel};

	mn_channel_init(&channel, slots, sizeof slots[0], 64);
	mn_spawn(&kernel, &consumer.task, &consumer_task);
	mn_spawn(&kernel, &producer.task, &producer_task);
	virtual_run();
	MN_ASSERT(consumer.message == (uint64_t)bench_count - 1);
}

/* ---- oneshot: one value a count ---- */

struct shooter {
	struct mn_task task;
	struct mn_oneshot mine, *other;
	uint64_t value;
	bool begins;
};

/* Two of these throw a value to and fro. */
static mn_poll shooter_run(struct shooter *self)
{
	MN_BEGIN(self);
	mn_oneshot_arm(&self->mine);
	if (self->begins)
		mn_oneshot_send(self->other, &self->value);
	while (self->value < (uint64_t)bench_count) {
		MN_TRY(self, mn_oneshot_receive(&self->mine));
		self->value++;
		mn_oneshot_arm(&self->mine);
		mn_oneshot_send(self->other, &self->value);
	}
	MN_END(self);
}

MN_TASK(shooter);

void bench_oneshot(void)
{
	static struct shooter two[2];

	for (int i = 0; i < 2; i++) {
		mn_oneshot_init(&two[i].mine, &two[i].value, sizeof two[i].value);
		two[i].other = &two[!i].mine;
		mn_spawn(&kernel, &two[i].task, &shooter_task);
	}
	two[1].begins = true;
	virtual_run();
	MN_ASSERT(two[0].value == (uint64_t)bench_count + 1 && two[1].value == two[0].value);
}

/* ---- bbq: 64 bytes granted, committed, read and released ---- */

static uint8_t bbq_storage[4096];
static struct mn_bbq bbq;

struct bbq_writer {
	struct mn_task task;
	struct mn_bbq_write tx;
	long left;
};

static mn_poll bbq_writer_run(struct bbq_writer *self)
{
	MN_BEGIN(self);
	for (self->left = bench_count; self->left > 0; self->left--) {
		MN_TRY(self, mn_bbq_write_exact(&self->tx, &bbq, 64));
		mn_bbq_commit(&bbq, 64);
	}
	mn_bbq_close_write(&bbq);
	MN_END(self);
}

MN_TASK(bbq_writer);

struct bbq_reader {
	struct mn_task task;
	struct mn_bbq_read rx;
};

static mn_poll bbq_reader_run(struct bbq_reader *self)
{
	MN_BEGIN(self);
	for (;;) {
		MN_TRY(self, mn_bbq_read(&self->rx, &bbq));
		mn_bbq_release(&bbq, 64);
	}
	MN_END(self);
}

MN_TASK(bbq_reader);

static void bench_bbq_through(size_t capacity)
{
	static struct bbq_writer writer;
	static struct bbq_reader reader;

	mn_bbq_init(&bbq, bbq_storage, capacity);
	mn_spawn(&kernel, &reader.task, &bbq_reader_task);
	mn_spawn(&kernel, &writer.task, &bbq_writer_task);
	virtual_run();
}

/* Each round is a switch to the reader and one back. */
void bench_bbq(void)
{
	bench_bbq_through(64);
}

/* A switch when the queue is full or empty. */
void bench_bbq_stream(void)
{
	bench_bbq_through(4096);
}

struct bbq_both {
	struct mn_task task;
	struct mn_bbq_write tx;
	struct mn_bbq_read rx;
	long left;
};

static mn_poll bbq_both_run(struct bbq_both *self)
{
	MN_BEGIN(self);
	for (self->left = bench_count; self->left > 0; self->left--) {
		MN_TRY(self, mn_bbq_write_exact(&self->tx, &bbq, 64));
		mn_bbq_commit(&bbq, 64);
		MN_TRY(self, mn_bbq_read(&self->rx, &bbq));
		mn_bbq_release(&bbq, 64);
	}
	MN_END(self);
}

MN_TASK(bbq_both);

/* One task at both ends: no switch. */
void bench_bbq_alone(void)
{
	static struct bbq_both both;

	mn_bbq_init(&bbq, bbq_storage, sizeof bbq_storage);
	mn_spawn(&kernel, &both.task, &bbq_both_task);
	virtual_run();
}
