/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Byte queues: the ring, its read end, and the ends' closing. The write end, where several
 * tasks may meet, is in bbq_write.c.
 *
 * Invariants: read <= write <= capacity while not wrapped, and write <= read < last <=
 * capacity while wrapped. An empty queue is not wrapped and has both cursors at 0, unless a
 * write grant is out, which pins `write`. The queue wraps when a grant is given, not when it
 * is committed, so a commit is one addition.
 *
 * The path of a queue that nothing special happens to is in bbq_fast.h; here is the path
 * that is always right. Queues with a handler's end never take that one, because their cursors
 * are only copies of those in bbq_irq.h; reading what a handler brings has a short way here.
 */
#include <string.h>
#include <mnemos/operation.h>
#include "bbq_internal.h"
#include "internal.h"

#define MN_LOG_TARGET "kernel::bbq"

void mn_bbq_init(struct mn_bbq *q, void *storage, size_t capacity)
{
	MN_ASSERT(capacity >= 1 && capacity <= MN_BBQ_CAPACITY_MAX);
	*q = (struct mn_bbq){
		.storage = storage,
		.capacity = (uint32_t)capacity,
	};
	mn_list_init(&q->queue);
}

/* ---- The log: one function, so that a site costs a load and a branch --------------- */

__attribute__((noinline, cold)) void mn__bbq_trace(const struct mn_bbq *q, const char *what,
						   size_t len)
{
	mn_trace("%p %s %zu, %zu of %zu used", (void *)q->storage, what, len, mn_bbq_used(q),
		 mn_bbq_capacity(q));
}

/* ---- The ring ---------------------------------------------------------------------- */

/* Bytes in one piece at the read cursor. */
static inline uint32_t ready(const struct mn_bbq *q)
{
	return (wrapped(q) ? q->last : q->write) - q->read;
}

static inline void advance_read(struct mn_bbq *q, uint32_t used)
{
	q->read += used;
	if (wrapped(q) && q->read == q->last) {
		q->read = 0;
		q->flags &= ~(uint32_t)MN__BBQ_WRAPPED;
	}
	start_anew(q);
}

size_t mn_bbq_used(const struct mn_bbq *q)
{
	if (q->flags & MN__BBQ_IRQ)
		return mn__bbq_irq_used(q);
	return ready(q) + (wrapped(q) ? q->write : 0);
}

/* ---- Reading ----------------------------------------------------------------------- */

static mn_poll read_attempt(struct mn_bbq_read *op, struct mn_bbq *q)
{
	const uint32_t irq = q->flags & MN__BBQ_IRQ;
	uint32_t closed = q->flags & (MN__BBQ_WRITE_CLOSED | MN__BBQ_READ_CLOSED);
	const uint8_t *data = q->storage + q->read;
	size_t len;

	if (irq == MN__BBQ_IRQ_READS)
		return MN_ENOTSUP;
	if (irq)
		closed |= mn__bbq_irq_closed_flag(q);
	if (closed & MN__BBQ_READ_CLOSED)
		return MN_ECLOSED;
	if (irq)
		data = mn_bbq_irq_peek(mn__bbq_irq(q), &len);
	else
		len = ready(q);
	if (len == 0)
		return closed ? MN_ECLOSED : MN_EEMPTY;
	if (irq)
		mn__bbq_irq(q)->irq.task = q->reader = NULL;
	TRACE(q, "lends", len);
	return mn__bbq_lend(op, q, data, len);
}

/* The operation no longer waits; nobody shall wake its task on behalf of it. */
static void read_unlink(struct mn_bbq_read *op, struct mn_bbq *q)
{
	if (!mn_wait_active(&op->wait))
		return;
	q->reader = NULL;
	if (q->flags & MN__BBQ_IRQ)
		mn__bbq_irq(q)->irq.task = NULL;
	mn_wait_end(&op->wait);
}

static mn_poll read_wait(struct mn_bbq_read *op, struct mn_bbq *q)
{
	if (!mn_wait_active(&op->wait)) {
		MN_ASSERT(q->reader == NULL); /* one task reads */
		mn_wait_begin(&op->wait, MN_WAIT_READ, q);
		TRACE(q, "waits for bytes, at least", (size_t)1);
	}
	q->reader = op->wait.task;
	q->last_reader = op->wait.task->id;
	if (q->flags & MN__BBQ_IRQ)
		mn__bbq_irq(q)->irq.task = op->wait.task;
	return mn_wait_park(&op->wait);
}

static __attribute__((noinline)) mn_poll read_any(struct mn_bbq_read *op, struct mn_bbq *q)
{
	mn_poll got = read_attempt(op, q);

	if (got == MN_EEMPTY && mn_wait_canceled())
		got = MN_ECANCELED;
	if (got == MN_EEMPTY)
		return read_wait(op, q);
	read_unlink(op, q);
	return got;
}

/* The beginning has a short way too; the end is the fast path of mn_bbq_read. */
static __attribute__((noinline)) mn_poll read_task(struct mn_bbq_read *op, struct mn_bbq *q)
{
	if (q->flags >= MN__BBQ_WRITE_CLOSED || q->read != q->write || q->reader ||
	    mn_wait_active(&op->wait) || cancel_pending() || mn__bbq_traced())
		return read_any(op, q);
	mn_wait_begin(&op->wait, MN_WAIT_READ, q);
	q->reader = op->wait.task;
	q->last_reader = op->wait.task->id;
	return mn_wait_park(&op->wait);
}

/*
 * What a handler has brought. Whether it has closed its end since does not matter while there are
 * bytes. All else is apart, so that nothing is saved for it here.
 */
mn_poll mn__bbq_read_slow(struct mn_bbq_read *op, struct mn_bbq *q)
{
	struct mn_bbq_irq *const irq = mn__bbq_irq(q);
	const uint8_t *data;
	size_t len;

	if (q->flags != MN__BBQ_IRQ_WRITES || mn__bbq_traced())
		return read_task(op, q);
	data = mn_bbq_irq_peek(irq, &len);
	if (len == 0)
		return read_any(op, q);
	irq->irq.task = q->reader = NULL;
	return mn__bbq_lend(op, q, data, len);
}

mn_poll mn_bbq_try_read(struct mn_bbq_read *op, struct mn_bbq *q)
{
	return read_attempt(op, q);
}

/* Room for less than the writer waits for is no reason to wake it: never too seldom. */
static inline void wake_writer(struct mn_bbq *q)
{
	const size_t least = q->turn->len;

	if (q->capacity - q->write < least && q->read < least)
		return;
	q->flags &= ~(uint32_t)MN__BBQ_WAKE;
	MN__EVENT(mn_running, queue, MN_TRACE_QUEUE_FREE, q->storage, MN__BBQ_KIND);
	mn_wake(q->turn->wait.task);
}

static __attribute__((noinline)) void release_any(struct mn_bbq *q, size_t used)
{
	MN_ASSERT(used <= q->lent);
	TRACE(q, "releases", used);
	q->lent = 0;
	if (q->flags & MN__BBQ_IRQ) {
		mn__bbq_irq_released(q, (uint32_t)used);
		return;
	}
	advance_read(q, (uint32_t)used);
	if (q->flags & MN__BBQ_WAKE && !(q->flags & MN__BBQ_GRANTED))
		wake_writer(q);
}

/* A writer waits, and else nothing is special. */
void mn__bbq_release_slow(struct mn_bbq *q, size_t used)
{
	if (q->flags != (MN__BBQ_TURN | MN__BBQ_WAKE) || used - 1 >= q->lent || mn__bbq_traced()) {
		release_any(q, used);
		return;
	}
	q->lent = 0;
	q->read += (uint32_t)used;
	if (q->read == q->write)
		q->read = q->write = 0;
	wake_writer(q);
}

mn_poll mn_bbq_receive(struct mn_bbq_read *op, struct mn_bbq *q, void *buffer, size_t most)
{
	size_t len = 0;
	mn_poll got;

	if (most == 0) {
		read_unlink(op, q);
		return MN_EINVAL;
	}
	got = mn_bbq_read(op, q);
	if (got != MN_OK)
		return got;
	do { /* once more where the bytes go round the end of the storage */
		const size_t n = op->len < most - len ? op->len : most - len;

		memcpy((uint8_t *)buffer + len, op->data, n);
		mn_bbq_release(q, n);
		len += n;
	} while (len < most && mn_bbq_try_read(op, q) == MN_OK);
	op->len = len;
	return MN_OK;
}

/* ---- Ends -------------------------------------------------------------------------- */

static void close_end(struct mn_bbq *q, uint32_t flag)
{
	if (q->flags & flag)
		return;
	q->flags |= flag;
	TRACE(q, flag == MN__BBQ_WRITE_CLOSED ? "write end closes," : "read end closes,",
	      mn_bbq_used(q));
	if (q->flags & MN__BBQ_IRQ)
		mn__bbq_irq_tell_closed(q);
	if (q->reader)
		mn__bbq_wake_reader(q);
	if (q->flags & MN__BBQ_TURN)
		mn_wake(q->turn->wait.task); /* which passes the turn on when it leaves */
	for (struct mn_list *node = q->queue.next; node != &q->queue; node = node->next)
		mn_wake(MN_CONTAINER(node, struct mn_bbq_write, link)->wait.task);
}

void mn_bbq_close_write(struct mn_bbq *q)
{
	close_end(q, MN__BBQ_WRITE_CLOSED);
}

void mn_bbq_close_read(struct mn_bbq *q)
{
	close_end(q, MN__BBQ_READ_CLOSED);
}
