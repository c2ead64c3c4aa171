/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the tests of byte queues share: tasks that do one operation, and steps from outside. */
#ifndef TESTS_UNIT_TASKS_BBQ_H
#define TESTS_UNIT_TASKS_BBQ_H

#include <string.h>
#include <mnemos/bbq.h>
#include "sim.h"

/* Does something as a task would, then runs until nothing is ready. */
#define during(sim, statement)   \
	do {                     \
		sim_enter(sim);  \
		statement;       \
		sim_leave();     \
		sim_settle(sim); \
	} while (0)

/* Writes `n` bytes without waiting. */
static inline void fill(struct mn_bbq *q, size_t n)
{
	struct mn_bbq_write tx = {0};

	assert_int_equal(mn_bbq_try_write(&tx, q, n), MN_OK);
	assert_int_equal(tx.len, n);
	memset(tx.data, 'x', n);
	mn_bbq_commit(q, n);
}

static inline void fill_closed(struct mn_bbq *q)
{
	struct mn_bbq_write tx = {0};

	assert_int_equal(mn_bbq_try_write(&tx, q, 1), MN_ECLOSED);
}

/* Reads `n` bytes, which must be there in one piece, without waiting. */
static inline void drain(struct mn_bbq *q, size_t n)
{
	struct mn_bbq_read rx = {0};

	assert_int_equal(mn_bbq_try_read(&rx, q), MN_OK);
	assert_true(rx.len >= n);
	mn_bbq_release(q, n);
}

/* Waits for one grant, which the test then commits; `result` says how the wait ended. */
struct writer {
	struct mn_task task;
	struct mn_bbq *q;
	struct mn_bbq_write tx;
	struct mn_timeout limit;
	uint64_t limit_us; /* 0: none */
	size_t n;
	bool exact;
	mn_poll result;
};

static inline mn_poll writer_poll_op(struct writer *self)
{
	return self->exact ? mn_bbq_write_exact(&self->tx, self->q, self->n)
			   : mn_bbq_write(&self->tx, self->q, self->n);
}

static inline mn_poll writer_run(struct writer *self)
{
	MN_BEGIN(self);
	self->result = MN_PENDING;
	if (self->limit_us)
		MN_AWAIT(self, mn_timeout(&self->limit, writer_poll_op(self), self->limit_us));
	else
		MN_AWAIT(self, writer_poll_op(self));
	self->result = MN_RESULT(self);
	MN_END(self);
}

/* Reads and releases `want` bytes, byte by byte, into `buffer` if there is one. */
struct reader {
	struct mn_task task;
	struct mn_bbq *q;
	struct mn_bbq_read rx;
	struct mn_timeout limit;
	uint64_t limit_us; /* 0: none */
	uint8_t *buffer;
	size_t want, got;
	mn_poll result;
};

static inline mn_poll reader_poll_op(struct reader *self)
{
	return mn_bbq_read(&self->rx, self->q);
}

static inline mn_poll reader_run(struct reader *self)
{
	MN_BEGIN(self);
	self->result = MN_PENDING;
	self->got = 0;
	while (self->got < self->want) {
		if (self->limit_us)
			MN_AWAIT(self,
				 mn_timeout(&self->limit, reader_poll_op(self), self->limit_us));
		else
			MN_AWAIT(self, reader_poll_op(self));
		self->result = MN_RESULT(self);
		if (self->result != MN_OK)
			MN_RETURN(self, MN_OK);
		if (self->buffer)
			self->buffer[self->got] = self->rx.data[0];
		self->got++;
		mn_bbq_release(self->q, 1);
	}
	MN_END(self);
}

/* Sends an array. */
struct sender {
	struct mn_task task;
	struct mn_bbq *q;
	struct mn_bbq_send send;
	const uint8_t *bytes;
	size_t len;
	mn_poll result;
};

static inline mn_poll sender_run(struct sender *self)
{
	MN_BEGIN(self);
	self->result = MN_PENDING;
	MN_AWAIT(self, mn_bbq_send(&self->send, self->q, self->bytes, self->len));
	self->result = MN_RESULT(self);
	MN_END(self);
}

MN_TASK(writer);
MN_TASK(reader);
MN_TASK(sender);

#endif
