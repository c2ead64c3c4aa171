/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Byte queues between an interrupt handler and tasks.
 *
 * One end of the queue belongs to one interrupt handler, or one other thread: it fills a
 * queue that a task reads (receiving), or empties one that tasks write (sending). No end
 * ever waits for the other: two positions, each stored by one end only, no lock.
 *
 *     static struct mn_bbq_irq rx;
 *     mn_bbq_irq_init(&rx, kernel, storage, sizeof storage, MN_BBQ_IRQ_WRITES, NULL);
 *
 *     void uart_interrupt(void)                         // interrupt context
 *     {
 *             while (uart_has_byte())
 *                     mn_bbq_irq_push(&rx, (uint8_t[]){uart_byte()}, 1);
 *     }
 *
 *     MN_TRY(self, mn_bbq_read(&self->rx, &rx.bbq));    // task: everything of bbq.h
 *
 * The task's end is rx.bbq, with the operations of bbq.h in task context, except exact
 * grants and frames (MN_ENOTSUP: a ring that both ends move at once cannot start anew when
 * it is empty). Operations of the end that is the handler's answer MN_ENOTSUP too.
 *
 * Handlers get the functions below that say "handler", and no others. The handler is one
 * context: it must not be called while it runs, by another thread or interrupt.
 *
 * When full, mn_bbq_irq_push takes what fits and counts the rest as lost: an interrupt
 * cannot wait. A device that can hold its bytes back (a socket) uses the grant form, which
 * loses nothing, and starts again in `kick`. For a handler that sends, `kick` is the place
 * to enable the transmitter's interrupt.
 */
#ifndef MNEMOS_BBQ_IRQ_H
#define MNEMOS_BBQ_IRQ_H

#include <stdatomic.h>
#include <mnemos/bbq.h>
#include <mnemos/irq.h>
#include <mnemos/kernel.h>

/* Which end is the handler's. */
enum mn_bbq_irq_side {
	MN_BBQ_IRQ_WRITES = MN__BBQ_IRQ_WRITES,
	MN_BBQ_IRQ_READS = MN__BBQ_IRQ_READS
};

/*
 * A queue with a handler's end. Positions run from 0 to twice the capacity, so that full
 * and empty differ: pushed == pulled is empty, pushed == pulled + capacity is full.
 */
struct mn_bbq_irq {
	struct mn_bbq bbq;                    /* first; the tasks' end */
	atomic_size_t pushed;                 /* stored by the writing end */
	atomic_size_t pulled;                 /* stored by the reading end */
	_Atomic uint32_t lost;                /* bytes; stored by the handler */
	atomic_bool handler_closed;           /* stored by the handler */
	atomic_bool tasks_closed;             /* stored by tasks */
	struct mn_irq irq;                    /* wakes the waiting task */
	void (*kick)(struct mn_bbq_irq *irq); /* see mn_bbq_irq_init */
};

/*
 * Makes an empty queue of 1 to MN_BBQ_CAPACITY_MAX bytes. `kick`, if not NULL, is called
 * in task context after each commit, release and closing by tasks: there is something to
 * send, there is room again, or mn_bbq_irq_closed has become true. The queue must outlive
 * its handler.
 */
void mn_bbq_irq_init(struct mn_bbq_irq *q, struct mn_kernel *kernel, void *storage, size_t capacity,
		     enum mn_bbq_irq_side side, void (*kick)(struct mn_bbq_irq *q));

/* ---- A handler that writes ------------------------------------------------------- */

/*
 * Handler: copies as much as fits; returns how much. The rest is counted as lost, as is all
 * when tasks have closed their end.
 */
size_t mn_bbq_irq_push(struct mn_bbq_irq *q, const void *data, size_t len);

/* Handler: free bytes in one piece, to be filled in place; *len is how many, maybe 0. */
inline uint8_t *mn_bbq_irq_grant(struct mn_bbq_irq *q, size_t *len);

/* Handler: the first `used` bytes of the last grant go to the reader. */
inline void mn_bbq_irq_commit(struct mn_bbq_irq *q, size_t used);

/* ---- A handler that reads -------------------------------------------------------- */

/* Handler: takes up to `most` bytes; returns how many. */
size_t mn_bbq_irq_pull(struct mn_bbq_irq *q, void *buffer, size_t most);

/* Handler: bytes that are there, in one piece; *len is how many, maybe 0. */
inline const uint8_t *mn_bbq_irq_peek(const struct mn_bbq_irq *q, size_t *len);

/* Handler: the first `used` bytes of the last peek are gone. */
void mn_bbq_irq_release(struct mn_bbq_irq *q, size_t used);

/* ---- Ends and numbers ------------------------------------------------------------ */

/* Handler: closes its end, as mn_bbq_close_write or mn_bbq_close_read do for tasks. */
void mn_bbq_irq_close(struct mn_bbq_irq *q);

/* Handler: whether tasks have closed their end. What they wrote before can be pulled. */
bool mn_bbq_irq_closed(const struct mn_bbq_irq *q);

/* Any context: bytes that did not fit so far, modulo 2^32. */
static inline uint32_t mn_bbq_irq_lost(const struct mn_bbq_irq *q)
{
	return atomic_load_explicit(&q->lost, memory_order_relaxed);
}

/* ---- Inline ---------------------------------------------------------------------- */

/* Not static: where code is to be small there is one of each, in bbq_irq.c. */

inline size_t mn__bbq_irq_between(const struct mn_bbq *q, size_t pushed, size_t pulled)
{
	return MN_LIKELY(pushed >= pulled) ? pushed - pulled
					   : pushed + 2 * (size_t)q->capacity - pulled;
}

/* Where a position lies in the storage. */
inline size_t mn__bbq_irq_place(const struct mn_bbq *q, size_t position)
{
	return position < q->capacity ? position : position - q->capacity;
}

/* Of `len` bytes from a place on, those before the storage ends. */
inline size_t mn__bbq_irq_piece(const struct mn_bbq *q, size_t at, size_t len)
{
	return len < q->capacity - at ? len : q->capacity - at;
}

/* Release: what was done to the bytes is seen before. */
inline void mn__bbq_irq_advance(const struct mn_bbq *q, atomic_size_t *position, size_t by)
{
	const size_t sum = atomic_load_explicit(position, memory_order_relaxed) + by,
		     lap = 2 * (size_t)q->capacity;

	atomic_store_explicit(position, sum < lap ? sum : sum - lap, memory_order_release);
}

inline uint8_t *mn_bbq_irq_grant(struct mn_bbq_irq *q, size_t *len)
{
	const size_t pushed = atomic_load_explicit(&q->pushed, memory_order_relaxed),
		     pulled = atomic_load_explicit(&q->pulled, memory_order_acquire);
	const size_t used = mn__bbq_irq_between(&q->bbq, pushed, pulled);
	const size_t at = mn__bbq_irq_place(&q->bbq, pushed);

	*len = mn__bbq_irq_piece(&q->bbq, at, q->bbq.capacity - used);
	q->bbq.granted = (uint32_t)*len;
	return q->bbq.storage + at;
}

_Noreturn void mn__bbq_irq_overdrawn(void);

inline void mn_bbq_irq_commit(struct mn_bbq_irq *q, size_t used)
{
	if (MN_UNLIKELY(used > q->bbq.granted))
		mn__bbq_irq_overdrawn();
	if (MN_UNLIKELY(used == 0))
		return;
	q->bbq.granted = 0;
	mn__bbq_irq_advance(&q->bbq, &q->pushed, used);
	mn_irq_raise(&q->irq);
}

inline const uint8_t *mn_bbq_irq_peek(const struct mn_bbq_irq *q, size_t *len)
{
	const size_t pulled = atomic_load_explicit(&q->pulled, memory_order_relaxed);
	const size_t pushed = atomic_load_explicit(&q->pushed, memory_order_acquire);
	const size_t used = mn__bbq_irq_between(&q->bbq, pushed, pulled);
	const size_t at = mn__bbq_irq_place(&q->bbq, pulled);

	*len = mn__bbq_irq_piece(&q->bbq, at, used);
	return q->bbq.storage + at;
}

#endif
