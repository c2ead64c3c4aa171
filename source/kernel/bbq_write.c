/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The write end of byte queues, and whose turn it is there.
 *
 * `turn` is the writer that waits for room, or whose mn_bbq_send is under way; it stays
 * first until it gets its grant, or leaves. Writers behind it are in `queue`. Who takes
 * the turn away (a commit, a cancellation) gives it to the next and wakes that one. While
 * nobody holds a grant, nobody is queued unless somebody has the turn.
 */
#include <string.h>
#include <mnemos/operation.h>
#include "bbq_internal.h"
#include "internal.h"

/* States of a write, in wait.state. */
enum { WRITE_IDLE, WRITE_QUEUED, WRITE_TURN };

/* Free bytes in one piece at the write cursor; wraps if `least` are free only then. */
static uint32_t make_room(struct mn_bbq *q, uint32_t least)
{
	if (wrapped(q))
		return q->read - q->write;
	if (q->capacity - q->write >= least || q->read < least)
		return q->capacity - q->write;
	q->last = q->write;
	q->write = 0;
	q->flags |= MN__BBQ_WRAPPED;
	return q->read;
}

/* ---- Turns ------------------------------------------------------------------------- */

static void unqueue(struct mn_bbq *q, struct mn_bbq_write *op)
{
	mn_list_remove(&op->link);
	if (mn_list_empty(&q->queue))
		q->flags &= ~(uint32_t)MN__BBQ_QUEUED;
}

static inline void give_turn(struct mn_bbq *q, struct mn_bbq_write *op)
{
	op->wait.state = WRITE_TURN;
	q->turn = op;
	q->flags |= MN__BBQ_TURN;
}

static inline void end_turn(struct mn_bbq *q, struct mn_bbq_write *op)
{
	op->wait.state = WRITE_IDLE;
	q->turn = NULL;
	q->flags &= ~(uint32_t)(MN__BBQ_TURN | MN__BBQ_WAKE);
}

/* Nobody writes: whoever is first goes on. */
static void next_turn(struct mn_bbq *q)
{
	if (!(q->flags & MN__BBQ_TURN)) {
		struct mn_bbq_write *first;

		if (!(q->flags & MN__BBQ_QUEUED))
			return;
		first = MN_CONTAINER(q->queue.next, struct mn_bbq_write, link);
		unqueue(q, first);
		give_turn(q, first);
	}
	mn_wake(q->turn->wait.task);
}

/* The operation ends without a grant. */
static mn_poll write_leave(struct mn_bbq_write *op, struct mn_bbq *q, mn_poll how)
{
	mn_wait_end(&op->wait);
	if (op->wait.state == WRITE_QUEUED) {
		op->wait.state = WRITE_IDLE;
		unqueue(q, op);
	} else if (op->wait.state == WRITE_TURN) {
		if (q->flags & MN__BBQ_IRQ)
			mn__bbq_irq(q)->irq.task = NULL;
		end_turn(q, op);
		next_turn(q);
	}
	return how;
}

/* Begins to wait: in front if nobody is there, else behind the others. */
static void write_link(struct mn_bbq_write *op, struct mn_bbq *q)
{
	mn_wait_begin(&op->wait, MN_WAIT_WRITE, q);
	if (op->wait.state == WRITE_TURN)
		return; /* a send between two pieces */
	if (!(q->flags & (MN__BBQ_TURN | MN__BBQ_QUEUED))) {
		give_turn(q, op);
		return;
	}
	op->wait.state = WRITE_QUEUED;
	mn_list_push(&q->queue, &op->link);
	q->flags |= MN__BBQ_QUEUED;
}

/* ---- Writing ----------------------------------------------------------------------- */

static inline mn_poll write_grant(struct mn_bbq_write *op, struct mn_bbq *q, size_t len)
{
	mn_wait_end(&op->wait);
	if (q->flags & MN__BBQ_TURN)
		end_turn(q, op);
	TRACE(q, "grants", len);
	return mn__bbq_grant(op, q, len);
}

/* The handler has made room; where tasks make it, the release says so. */
static void irq_has_room(const struct mn_bbq_write *op, struct mn_bbq *q)
{
	mn__bbq_irq(q)->irq.task = NULL;
	if (mn_wait_active(&op->wait))
		MN__EVENT(mn_running, queue, MN_TRACE_QUEUE_FREE, q->storage, MN__BBQ_KIND);
}

static mn_poll write_attempt(struct mn_bbq_write *op, struct mn_bbq *q, size_t least, size_t most)
{
	const uint32_t irq = q->flags & MN__BBQ_IRQ;
	uint32_t closed = q->flags & (MN__BBQ_WRITE_CLOSED | MN__BBQ_READ_CLOSED), room;

	if (irq == MN__BBQ_IRQ_WRITES || (irq && least > 1))
		return MN_ENOTSUP;
	if (most == 0)
		return MN_EINVAL;
	if (irq)
		closed |= mn__bbq_irq_closed_flag(q);
	if (closed)
		return MN_ECLOSED;
	if (least > q->capacity)
		return MN_ETOOBIG;
	if (q->flags & MN__BBQ_GRANTED || (q->flags & MN__BBQ_TURN && q->turn != op))
		return MN_EFULL;
	room = irq ? mn__bbq_irq_room(q) : make_room(q, (uint32_t)least);
	if (room < least)
		return MN_EFULL;
	if (irq)
		irq_has_room(op, q);
	return write_grant(op, q, room < most ? room : most);
}

static mn_poll write_wait(struct mn_bbq_write *op, struct mn_bbq *q, size_t least)
{
	if (mn_wait_canceled())
		return write_leave(op, q, MN_ECANCELED);
	if (!mn_wait_active(&op->wait)) {
		write_link(op, q);
		TRACE(q, "waits for room for", least);
		MN__EVENT(mn_running, queue, MN_TRACE_QUEUE_FULL, q->storage, MN__BBQ_KIND);
	}
	if (q->flags & MN__BBQ_IRQ && op->wait.state == WRITE_TURN)
		mn__bbq_irq(q)->irq.task = op->wait.task;
	op->len = least; /* what it takes to wake it */
	if (op->wait.state == WRITE_TURN)
		q->flags |= MN__BBQ_WAKE;
	return mn_wait_park(&op->wait);
}

static __attribute__((noinline)) mn_poll write_any(struct mn_bbq_write *op, struct mn_bbq *q,
						   size_t least, size_t most)
{
	const mn_poll got = write_attempt(op, q, least, most);

	if (got == MN_OK)
		return MN_OK;
	if (got == MN_EFULL)
		return write_wait(op, q, least);
	return write_leave(op, q, got);
}

/*
 * The two halves of an ordinary wait for room have a short way of their own: it begins when
 * nobody else is there, and it ends when the bytes before the storage's end suffice.
 */
mn_poll mn__bbq_write_slow(struct mn_bbq_write *op, struct mn_bbq *q, size_t least, size_t most)
{
	const size_t room = q->capacity - q->write;

	if (MN_UNLIKELY(mn__bbq_traced() || most == 0 || least > q->capacity))
		return write_any(op, q, least, most);
	if (q->flags == MN__BBQ_TURN && q->turn == op && least <= room) {
		end_turn(q, op);
		mn_wait_end(&op->wait);
		return mn__bbq_grant(op, q, room < most ? room : most);
	}
	if (q->flags != 0 || least <= q->read || cancel_pending())
		return write_any(op, q, least, most);
	mn_wait_begin(&op->wait, MN_WAIT_WRITE, q);
	op->wait.state = WRITE_TURN;
	op->len = least;
	q->turn = op;
	q->flags = MN__BBQ_TURN | MN__BBQ_WAKE;
	return mn_wait_park(&op->wait);
}

mn_poll mn_bbq_try_write(struct mn_bbq_write *op, struct mn_bbq *q, size_t most)
{
	return write_attempt(op, q, 1, most);
}

mn_poll mn_bbq_try_write_exact(struct mn_bbq_write *op, struct mn_bbq *q, size_t len)
{
	return write_attempt(op, q, len, len);
}

void mn__bbq_wake_reader(struct mn_bbq *q)
{
	struct mn_task *reader = q->reader;

	q->reader = NULL;
	mn_wake(reader);
}

/* The bytes go to the reader; whose turn is next is another matter. */
static void commit_bytes(struct mn_bbq *q, size_t used)
{
	MN_ASSERT(q->flags & MN__BBQ_GRANTED && used <= q->granted);
	TRACE(q, "commits", used);
	q->flags &= ~(uint32_t)MN__BBQ_GRANTED;
	if (q->flags & MN__BBQ_IRQ) {
		mn__bbq_irq_committed(q, (uint32_t)used);
		return;
	}
	q->write += (uint32_t)used;
	start_anew(q);
	if (used && q->reader)
		mn__bbq_wake_reader(q);
}

void mn__bbq_commit_slow(struct mn_bbq *q, size_t used)
{
	commit_bytes(q, used);
	next_turn(q);
}

mn_poll mn_bbq_send(struct mn_bbq_send *op, struct mn_bbq *q, const void *data, size_t len)
{
	const uint8_t *bytes = data;
	mn_poll got;

	if (!mn_wait_active(&op->write.wait))
		op->sent = 0;
	while (op->sent < len) {
		const size_t left = len - op->sent;

		got = mn_bbq_write(&op->write, q, left);
		if (got != MN_OK)
			return got;
		memcpy(op->write.data, bytes + op->sent, op->write.len);
		op->sent += op->write.len;
		if (op->sent == len) {
			mn_bbq_commit(q, op->write.len);
			return MN_OK;
		}
		commit_bytes(q, op->write.len);
		give_turn(q, &op->write); /* and not to the next one */
	}
	return MN_OK;
}
