/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Byte queues, the tasks' side.
 *
 * Invariants: read <= write <= capacity while not wrapped, and write <= read < last <=
 * capacity while wrapped. An empty queue is not wrapped and has both cursors at 0, unless a
 * write grant is out, which pins `write`. The queue wraps when a grant is given, not when it
 * is committed, so a commit is one addition.
 *
 * `turn` is the writer that waits for room, or whose mn_bbq_send is under way; it stays
 * first until it gets its grant, or leaves. Writers behind it are in `queue`. Who takes
 * the turn away (a commit, a cancellation) gives it to the next and wakes that one.
 *
 * The path of a queue that nothing special happens to is in bbq_fast.h; here is the path
 * that is always right. Queues with a handler's end always take it: their cursors are only
 * copies of those in bbq_irq.c.
 */
#include <string.h>
#include <mnemos/operation.h>
#include "bbq_internal.h"
#include "internal.h"

#define MN_LOG_TARGET "kernel::bbq"

/* States of a write, in wait.state. */
enum { WRITE_IDLE, WRITE_QUEUED, WRITE_TURN };

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

static __attribute__((noinline, cold)) void trace(const struct mn_bbq *q, const char *what,
						  size_t len)
{
	mn_trace("%p %s %zu, %zu of %zu used", (void *)q->storage, what, len, mn_bbq_used(q),
		 mn_bbq_capacity(q));
}

#define TRACE(q, what, len)                        \
	do {                                       \
		if (MN_UNLIKELY(mn__bbq_traced())) \
			trace((q), (what), (len)); \
	} while (0)

/* Whether the running task is to be told of a cancellation; mn_wait_canceled takes it. */
static inline bool cancel_pending(void)
{
	return MN_UNLIKELY(mn_running->current->frame.flags & MN__TASK_CANCEL);
}

/* ---- The ring ---------------------------------------------------------------------- */

static inline bool wrapped(const struct mn_bbq *q)
{
	return q->flags & MN__BBQ_WRAPPED;
}

/* An empty queue starts anew, so that all of it is in one piece. */
static inline void start_anew(struct mn_bbq *q)
{
	if (q->read == q->write && !(q->flags & (MN__BBQ_GRANTED | MN__BBQ_WRAPPED)))
		q->read = q->write = 0;
}

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
		mn__bbq_irq(q)->irq.task = NULL;
	return write_grant(op, q, room < most ? room : most);
}

static mn_poll write_wait(struct mn_bbq_write *op, struct mn_bbq *q, size_t least)
{
	if (mn_wait_canceled())
		return write_leave(op, q, MN_ECANCELED);
	if (!mn_wait_active(&op->wait)) {
		write_link(op, q);
		TRACE(q, "waits for room for", least);
	}
	if (q->flags & MN__BBQ_IRQ && op->wait.state == WRITE_TURN)
		mn__bbq_irq(q)->irq.task = op->wait.task;
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

/* ---- Reading ----------------------------------------------------------------------- */

static mn_poll read_attempt(struct mn_bbq_read *op, struct mn_bbq *q)
{
	const uint32_t irq = q->flags & MN__BBQ_IRQ;
	uint32_t closed = q->flags & (MN__BBQ_WRITE_CLOSED | MN__BBQ_READ_CLOSED), len;

	if (irq == MN__BBQ_IRQ_READS)
		return MN_ENOTSUP;
	if (irq)
		closed |= mn__bbq_irq_closed_flag(q);
	if (closed & MN__BBQ_READ_CLOSED)
		return MN_ECLOSED;
	len = irq ? mn__bbq_irq_ready(q) : ready(q);
	if (len == 0)
		return closed ? MN_ECLOSED : MN_EEMPTY;
	if (irq)
		mn__bbq_irq(q)->irq.task = q->reader = NULL;
	TRACE(q, "lends", len);
	return mn__bbq_lend(op, q, len);
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

/* Its beginning has a short way too; its end is the fast path of mn_bbq_read. */
mn_poll mn__bbq_read_slow(struct mn_bbq_read *op, struct mn_bbq *q)
{
	if (q->flags >= MN__BBQ_WRITE_CLOSED || q->read != q->write || q->reader ||
	    mn_wait_active(&op->wait) || cancel_pending() || mn__bbq_traced())
		return read_any(op, q);
	mn_wait_begin(&op->wait, MN_WAIT_READ, q);
	q->reader = op->wait.task;
	return mn_wait_park(&op->wait);
}

mn_poll mn_bbq_try_read(struct mn_bbq_read *op, struct mn_bbq *q)
{
	return read_attempt(op, q);
}

static inline void wake_writer(struct mn_bbq *q)
{
	q->flags &= ~(uint32_t)MN__BBQ_WAKE;
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
	if (used && q->flags & MN__BBQ_WAKE)
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
