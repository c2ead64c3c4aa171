/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What bbq.c and bbq_irq.c share: the tasks' end of a queue with a handler's end. */
#ifndef MNEMOS_KERNEL_BBQ_INTERNAL_H
#define MNEMOS_KERNEL_BBQ_INTERNAL_H

#include <mnemos/bbq_irq.h>

#define MN__BBQ_IRQ (MN__BBQ_IRQ_WRITES | MN__BBQ_IRQ_READS)

static inline struct mn_bbq_irq *mn__bbq_irq(const struct mn_bbq *q)
{
	return (struct mn_bbq_irq *)(uintptr_t)q;
}

/* The free piece at `q->write`: its length, or 0 if there is no room. */
uint32_t mn__bbq_irq_room(struct mn_bbq *q);
void mn__bbq_irq_committed(struct mn_bbq *q, uint32_t used);

/* The piece at `q->read` that is there: its length, or 0. */
uint32_t mn__bbq_irq_ready(struct mn_bbq *q);
void mn__bbq_irq_released(struct mn_bbq *q, uint32_t used);

uint32_t mn__bbq_irq_used(const struct mn_bbq *q);

/* The MN__BBQ_..._CLOSED flag of the handler's end, if it has closed it; look before the bytes. */
uint32_t mn__bbq_irq_closed_flag(const struct mn_bbq *q);

/* Tasks have closed their end. */
void mn__bbq_irq_tell_closed(struct mn_bbq *q);

#endif
