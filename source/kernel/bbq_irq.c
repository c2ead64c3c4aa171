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

void mn_bbq_irq_init(struct mn_bbq_irq *q, struct mn_kernel *kernel, void *storage, size_t capacity,
		     enum mn_bbq_irq_side side, void (*kick)(struct mn_bbq_irq *q))
{
	*q = (struct mn_bbq_irq){.kick = kick};
	mn_bbq_init(&q->bbq, storage, capacity);
	q->bbq.flags = side == MN_BBQ_IRQ_WRITES ? MN__BBQ_IRQ_WRITES : MN__BBQ_IRQ_READS;
	mn_irq_init(&q->irq, kernel);
}

void mn_bbq_mute(struct mn_bbq *q)
{
	if (q->flags & MN__BBQ_IRQ)
		mn_irq_mute(&mn__bbq_irq(q)->irq);
}

/* ---- The ring, for both ends ------------------------------------------------------- */

static inline uint32_t own(_Atomic uint32_t *position)
{
	return atomic_load_explicit(position, memory_order_relaxed);
}

static inline uint32_t other(const _Atomic uint32_t *position)
{
	return atomic_load_explicit(position, memory_order_acquire);
}

static inline uint32_t used_between(const struct mn_bbq *q, uint32_t pushed, uint32_t pulled)
{
	return pushed >= pulled ? pushed - pulled : pushed + 2 * q->capacity - pulled;
}

/* Where a position lies in the storage. */
static inline uint32_t place(const struct mn_bbq *q, uint32_t position)
{
	return position < q->capacity ? position : position - q->capacity;
}

/* Of `len` bytes from a place on, those before the storage ends. */
static inline uint32_t in_one_piece(const struct mn_bbq *q, uint32_t at, uint32_t len)
{
	return len < q->capacity - at ? len : q->capacity - at;
}

static inline void advance(const struct mn_bbq *q, _Atomic uint32_t *position, uint32_t by)
{
	const uint32_t sum = own(position) + by;

	atomic_store_explicit(position, sum < 2 * q->capacity ? sum : sum - 2 * q->capacity,
			      memory_order_release);
}

/* The writing end: free bytes in one piece. */
static inline uint32_t room_piece(struct mn_bbq_irq *q, uint32_t *at)
{
	const uint32_t pushed = own(&q->pushed);
	const uint32_t used = used_between(&q->bbq, pushed, other(&q->pulled));

	*at = place(&q->bbq, pushed);
	return in_one_piece(&q->bbq, *at, q->bbq.capacity - used);
}

/* The reading end: bytes that are there in one piece. */
static inline uint32_t ready_piece(struct mn_bbq_irq *q, uint32_t *at)
{
	const uint32_t pulled = own(&q->pulled);
	const uint32_t used = used_between(&q->bbq, other(&q->pushed), pulled);

	*at = place(&q->bbq, pulled);
	return in_one_piece(&q->bbq, *at, used);
}

/* ---- The handler's end ------------------------------------------------------------- */

uint8_t *mn_bbq_irq_grant(struct mn_bbq_irq *q, size_t *len)
{
	uint32_t at;

	*len = room_piece(q, &at);
	return q->bbq.storage + at;
}

void mn_bbq_irq_commit(struct mn_bbq_irq *q, size_t used)
{
	uint32_t at;

	MN_ASSERT(used <= room_piece(q, &at));
	if (used == 0)
		return;
	advance(&q->bbq, &q->pushed, (uint32_t)used);
	mn_irq_raise(&q->irq);
}

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
		advance(&q->bbq, &q->pushed, (uint32_t)n);
		taken += n;
	}
	if (taken < len) {
		atomic_store_explicit(&q->lost, own(&q->lost) + (uint32_t)(len - taken),
				      memory_order_relaxed);
		MN__EVENT(q->irq.kernel, queue, MN_TRACE_QUEUE_FULL, q->bbq.storage, MN__BBQ_KIND);
	}
	if (taken)
		mn_irq_raise(&q->irq);
	return taken;
}

const uint8_t *mn_bbq_irq_peek(struct mn_bbq_irq *q, size_t *len)
{
	uint32_t at;

	*len = ready_piece(q, &at);
	return q->bbq.storage + at;
}

void mn_bbq_irq_release(struct mn_bbq_irq *q, size_t used)
{
	uint32_t at;

	MN_ASSERT(used <= ready_piece(q, &at));
	if (used == 0)
		return;
	advance(&q->bbq, &q->pulled, (uint32_t)used);
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
		advance(&q->bbq, &q->pulled, (uint32_t)n);
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
	return room_piece(mn__bbq_irq(q), &q->write);
}

uint32_t mn__bbq_irq_ready(struct mn_bbq *q)
{
	return ready_piece(mn__bbq_irq(q), &q->read);
}

static void kick(struct mn_bbq_irq *q)
{
	if (q->kick)
		q->kick(q);
}

void mn__bbq_irq_committed(struct mn_bbq *q, uint32_t used)
{
	struct mn_bbq_irq *irq = mn__bbq_irq(q);

	if (used == 0)
		return;
	advance(q, &irq->pushed, used);
	kick(irq);
}

void mn__bbq_irq_released(struct mn_bbq *q, uint32_t used)
{
	struct mn_bbq_irq *irq = mn__bbq_irq(q);

	if (used == 0)
		return;
	advance(q, &irq->pulled, used);
	kick(irq);
}

uint32_t mn__bbq_irq_used(const struct mn_bbq *q)
{
	const struct mn_bbq_irq *irq = mn__bbq_irq(q);

	return used_between(q, other(&irq->pushed), other(&irq->pulled));
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
