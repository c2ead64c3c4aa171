/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Byte queues with a handler's end: a ring of two positions.
 *
 * `pushed` is stored by the writing end only, `pulled` by the reading end only; each is
 * stored with release after the bytes were touched, and loaded with acquire by the other
 * end before it touches them. Then each end owns its part of the storage alone. A task
 * that finds nothing to do parks and is woken through the inbox: the handler raises after
 * its store, the executor drains after the park, so the next poll sees the store.
 * models/bbq.pml checks both claims.
 */
#include <string.h>
#include <mnemos/operation.h>
#include "bbq_internal.h"
#include "internal.h"

extern inline size_t mn__bbq_irq_between(const struct mn_bbq *q, size_t pushed, size_t pulled);
extern inline size_t mn__bbq_irq_place(const struct mn_bbq *q, size_t position);
extern inline size_t mn__bbq_irq_piece(const struct mn_bbq *q, size_t at, size_t len);
extern inline void mn__bbq_irq_advance(const struct mn_bbq *q, atomic_size_t *position, size_t by);
extern inline uint8_t *mn_bbq_irq_grant(struct mn_bbq_irq *q, size_t *len);
extern inline void mn_bbq_irq_commit(struct mn_bbq_irq *q, size_t used);
extern inline const uint8_t *mn_bbq_irq_peek(const struct mn_bbq_irq *q, size_t *len);

void mn__bbq_irq_overdrawn(void)
{
	MN_PANIC("assertion failed");
}

void mn_bbq_irq_init(struct mn_bbq_irq *q, struct mn_kernel *kernel, void *storage, size_t capacity,
		     enum mn_bbq_irq_side side, void (*kick)(struct mn_bbq_irq *q))
{
	*q = (struct mn_bbq_irq){.kick = kick};
	mn_bbq_init(&q->bbq, storage, capacity);
	q->bbq.flags = side;
	mn_irq_init(&q->irq, kernel);
}

void mn_bbq_mute(struct mn_bbq *q)
{
	if (q->flags & MN__BBQ_IRQ)
		mn_irq_mute(&mn__bbq_irq(q)->irq);
}

/* ---- The handler's end ------------------------------------------------------------- */

size_t mn_bbq_irq_push(struct mn_bbq_irq *q, const void *data, size_t len)
{
	const uint8_t *bytes = data;
	size_t taken = 0, room, n;

	while (taken < len && !mn_bbq_irq_closed(q)) { /* twice where it goes round the end */
		uint8_t *free = mn_bbq_irq_grant(q, &room);

		if (room == 0)
			break;
		n = len - taken < room ? len - taken : room;
		memcpy(free, bytes + taken, n);
		q->bbq.granted = 0;
		mn__bbq_irq_advance(&q->bbq, &q->pushed, n);
		taken += n;
	}
	if (taken < len) {
		atomic_store_explicit(&q->lost,
				      atomic_load_explicit(&q->lost, memory_order_relaxed) +
					      (uint32_t)(len - taken),
				      memory_order_relaxed);
		MN__EVENT(q->irq.kernel, queue, MN_TRACE_QUEUE_FULL, q->bbq.storage, MN__BBQ_KIND);
	}
	if (taken)
		mn_irq_raise(&q->irq);
	return taken;
}

void mn_bbq_irq_release(struct mn_bbq_irq *q, size_t used)
{
	size_t ready;

	mn_bbq_irq_peek(q, &ready);
	if (used > ready)
		mn__bbq_irq_overdrawn();
	if (used == 0)
		return;
	mn__bbq_irq_advance(&q->bbq, &q->pulled, used);
	mn_irq_raise(&q->irq);
}

size_t mn_bbq_irq_pull(struct mn_bbq_irq *q, void *buffer, size_t most)
{
	size_t taken = 0, ready, n;

	while (taken < most) {
		const uint8_t *bytes = mn_bbq_irq_peek(q, &ready);

		if (ready == 0)
			break;
		n = most - taken < ready ? most - taken : ready;
		memcpy((uint8_t *)buffer + taken, bytes, n);
		mn__bbq_irq_advance(&q->bbq, &q->pulled, n);
		taken += n;
	}
	if (taken)
		mn_irq_raise(&q->irq);
	return taken;
}

void mn_bbq_irq_close(struct mn_bbq_irq *q)
{
	atomic_store_explicit(&q->handler_closed, true, memory_order_release);
	mn_irq_raise(&q->irq);
}

bool mn_bbq_irq_closed(const struct mn_bbq_irq *q)
{
	return atomic_load_explicit(&q->tasks_closed, memory_order_acquire);
}

/* ---- The tasks' end, for bbq.c ----------------------------------------------------- */

uint32_t mn__bbq_irq_room(struct mn_bbq *q)
{
	size_t len;

	q->write = (uint32_t)(mn_bbq_irq_grant(mn__bbq_irq(q), &len) - q->storage);
	return (uint32_t)len;
}

static void kick(struct mn_bbq_irq *q)
{
	if (q->kick)
		q->kick(q);
}

static void move(struct mn_bbq_irq *q, atomic_size_t *position, uint32_t by)
{
	if (by == 0)
		return;
	mn__bbq_irq_advance(&q->bbq, position, by);
	kick(q);
}

void mn__bbq_irq_committed(struct mn_bbq *q, uint32_t used)
{
	move(mn__bbq_irq(q), &mn__bbq_irq(q)->pushed, used);
}

void mn__bbq_irq_released(struct mn_bbq *q, uint32_t used)
{
	move(mn__bbq_irq(q), &mn__bbq_irq(q)->pulled, used);
}

uint32_t mn__bbq_irq_used(const struct mn_bbq *q)
{
	const struct mn_bbq_irq *irq = mn__bbq_irq(q);

	return (uint32_t)mn__bbq_irq_between(
		q, atomic_load_explicit(&irq->pushed, memory_order_acquire),
		atomic_load_explicit(&irq->pulled, memory_order_acquire));
}

uint32_t mn__bbq_irq_closed_flag(const struct mn_bbq *q)
{
	if (!atomic_load_explicit(&mn__bbq_irq(q)->handler_closed, memory_order_acquire))
		return 0;
	return q->flags & MN__BBQ_IRQ_WRITES ? MN__BBQ_WRITE_CLOSED : MN__BBQ_READ_CLOSED;
}

void mn__bbq_irq_tell_closed(struct mn_bbq *q)
{
	struct mn_bbq_irq *irq = mn__bbq_irq(q);

	atomic_store_explicit(&irq->tasks_closed, true, memory_order_release);
	kick(irq);
}
