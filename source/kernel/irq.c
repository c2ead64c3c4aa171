/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The inbox: see irq.h for the protocol, models/inbox.pml for the check of its orders. */
#include <mnemos/operation.h>
#include "internal.h"

void mn_irq_init(struct mn_irq *irq, struct mn_kernel *kernel)
{
	*irq = (struct mn_irq){.kernel = kernel};
}

void mn_irq_mute(struct mn_irq *irq)
{
	atomic_store_explicit(&irq->carries, true, memory_order_relaxed);
}

static inline void raise(struct mn_irq *irq)
{
	_Atomic(struct mn_irq *) *inbox = &irq->kernel->inbox;
	struct mn_irq *first;

	/* Release: what the handler did before is seen by the task that is woken. */
	if (atomic_exchange_explicit(&irq->raised, true, memory_order_acq_rel))
		return;
	first = atomic_load_explicit(inbox, memory_order_relaxed);
	do {
		irq->next = first;
	} while (!atomic_compare_exchange_weak_explicit(inbox, &first, irq, memory_order_release,
							memory_order_relaxed));
}

static MN__COLD void raise_carrier(struct mn_irq *irq)
{
	mn__trace_mute_handler(irq->kernel);
	raise(irq);
}

void mn_irq_raise(struct mn_irq *irq)
{
	if (MN_TRACE_COMPILED &&
	    MN_UNLIKELY(atomic_load_explicit(&irq->carries, memory_order_relaxed)))
		raise_carrier(irq);
	else
		raise(irq);
}

struct mn_irq *mn__inbox_turned(struct mn_irq *stack)
{
	struct mn_irq *queue = NULL;

	while (stack) {
		struct mn_irq *irq = stack;

		stack = irq->next;
		irq->next = queue;
		queue = irq;
	}
	return queue;
}

void mn__inbox_answer_watched(struct mn_kernel *kernel, struct mn_irq *queue)
{
	while (queue) {
		struct mn_irq *irq = queue;

		queue = mn__inbox_answer(irq);
		if (irq->task)
			mn__wake(kernel, irq->task);
	}
}

static mn_poll irq_leave(struct mn_irq_wait *op, struct mn_irq *irq, mn_poll how)
{
	irq->task = NULL;
	mn_wait_end(&op->wait);
	return how;
}

mn_poll mn_irq_wait(struct mn_irq_wait *op, struct mn_irq *irq)
{
	if (irq->pending) {
		irq->pending = false;
		return irq_leave(op, irq, MN_OK);
	}
	if (mn_wait_canceled())
		return irq_leave(op, irq, MN_ECANCELED);
	if (!mn_wait_active(&op->wait)) {
		MN_ASSERT(irq->task == NULL);
		mn_wait_begin(&op->wait, MN_WAIT_IRQ, irq);
		irq->task = op->wait.task;
	}
	return mn_wait_park(&op->wait);
}
