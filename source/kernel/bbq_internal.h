/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the files of byte queues share: the log, the ring, and queues with a handler's end. */
#ifndef MNEMOS_KERNEL_BBQ_INTERNAL_H
#define MNEMOS_KERNEL_BBQ_INTERNAL_H

#include <mnemos/bbq_irq.h>
#include <mnemos/operation.h>

#define MN__BBQ_IRQ (MN__BBQ_IRQ_WRITES | MN__BBQ_IRQ_READS)

/* What a byte queue is in the kernel's events. */
#define MN__BBQ_KIND "bbq"

/* One line of the log: what happens to the queue. A site costs a load and a branch. */
__attribute__((cold)) void mn__bbq_trace(const struct mn_bbq *q, const char *what, size_t len);

#define TRACE(q, what, len)                                \
	do {                                               \
		if (MN_UNLIKELY(mn__bbq_traced()))         \
			mn__bbq_trace((q), (what), (len)); \
	} while (0)

/* Whether the running task is to be told of a cancellation; mn_wait_canceled takes it. */
static inline bool cancel_pending(void)
{
	return MN_UNLIKELY(mn_running->current->frame.flags & MN__TASK_CANCEL);
}

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

static inline struct mn_bbq_irq *mn__bbq_irq(const struct mn_bbq *q)
{
	return (struct mn_bbq_irq *)(uintptr_t)q;
}

/* The free piece at `q->write`: its length, or 0 if there is no room. */
uint32_t mn__bbq_irq_room(struct mn_bbq *q);
void mn__bbq_irq_committed(struct mn_bbq *q, uint32_t used);

void mn__bbq_irq_released(struct mn_bbq *q, uint32_t used);

uint32_t mn__bbq_irq_used(const struct mn_bbq *q);

/* The MN__BBQ_..._CLOSED flag of the handler's end, if it has closed it; look before the bytes. */
uint32_t mn__bbq_irq_closed_flag(const struct mn_bbq *q);

/* Tasks have closed their end. */
void mn__bbq_irq_tell_closed(struct mn_bbq *q);

#endif
