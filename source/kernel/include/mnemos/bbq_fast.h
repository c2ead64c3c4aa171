/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The inline parts of bbq.h: what an operation does when nothing is special. Everything
 * else, the log included, is behind one call in tail position.
 */
#ifndef MNEMOS_BBQ_FAST_H
#define MNEMOS_BBQ_FAST_H

#include <mnemos/bbq.h>
#include <mnemos/kernel.h>

mn_poll mn__bbq_write_slow(struct mn_bbq_write *op, struct mn_bbq *q, size_t least, size_t most);
void mn__bbq_commit_slow(struct mn_bbq *q, size_t used);
mn_poll mn__bbq_read_slow(struct mn_bbq_read *op, struct mn_bbq *q);
void mn__bbq_release_slow(struct mn_bbq *q, size_t used);
void mn__bbq_wake_reader(struct mn_bbq *q);

/* Whether somebody may want to see what queues do. */
static inline bool mn__bbq_traced(void)
{
	const int compiled = MN_LOG_COMPILED;

	return compiled <= MN_LOG_TRACE && mn__log_least() <= MN_LOG_TRACE;
}

static inline mn_poll mn__bbq_grant(struct mn_bbq_write *op, struct mn_bbq *q, size_t len)
{
	op->data = q->storage + q->write;
	op->len = len;
	q->granted = (uint32_t)len;
	q->flags |= MN__BBQ_GRANTED;
	return MN_OK;
}

static inline mn_poll mn_bbq_write(struct mn_bbq_write *op, struct mn_bbq *q, size_t most)
{
	const size_t room = q->capacity - q->write;

	if (MN_UNLIKELY(q->flags || !room || !most || mn__bbq_traced()))
		return mn__bbq_write_slow(op, q, 1, most);
	return mn__bbq_grant(op, q, room < most ? room : most);
}

static inline mn_poll mn_bbq_write_exact(struct mn_bbq_write *op, struct mn_bbq *q, size_t len)
{
	const size_t room = q->capacity - q->write;

	if (MN_UNLIKELY(q->flags || len - 1 >= room || mn__bbq_traced()))
		return mn__bbq_write_slow(op, q, len, len);
	return mn__bbq_grant(op, q, len);
}

static inline void mn_bbq_commit(struct mn_bbq *q, size_t used)
{
	if (MN_UNLIKELY(q->flags != MN__BBQ_GRANTED || used - 1 >= q->granted ||
			mn__bbq_traced())) {
		mn__bbq_commit_slow(q, used);
		return;
	}
	q->flags = 0;
	q->write += (uint32_t)used;
	if (q->reader)
		mn__bbq_wake_reader(q);
}

static inline mn_poll mn__bbq_lend(struct mn_bbq_read *op, struct mn_bbq *q, const uint8_t *data,
				   size_t len)
{
	op->data = data;
	op->len = len;
	op->wait.kind = MN_WAIT_NONE; /* who brought the bytes has woken it, and forgotten it */
	q->lent = (uint32_t)len;
	return MN_OK;
}

static inline mn_poll mn_bbq_read(struct mn_bbq_read *op, struct mn_bbq *q)
{
	uint32_t ready = 0;

	if (MN_UNLIKELY(q->flags >= MN__BBQ_READ_CLOSED || (ready = q->write - q->read) == 0 ||
			mn__bbq_traced()))
		return mn__bbq_read_slow(op, q);
	return mn__bbq_lend(op, q, q->storage + q->read, ready);
}

/* What a release must look at: who waits for room, and what keeps the cursors. */
#define MN__BBQ_RELEASE_SLOW \
	(MN__BBQ_GRANTED | MN__BBQ_WAKE | MN__BBQ_WRAPPED | MN__BBQ_IRQ_WRITES | MN__BBQ_IRQ_READS)

static inline void mn_bbq_release(struct mn_bbq *q, size_t used)
{
	if (MN_UNLIKELY(q->flags & MN__BBQ_RELEASE_SLOW || used > q->lent || mn__bbq_traced())) {
		mn__bbq_release_slow(q, used);
		return;
	}
	q->lent = 0;
	q->read += (uint32_t)used;
	if (q->read == q->write)
		q->read = q->write = 0;
}

#endif
