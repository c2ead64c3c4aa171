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

void mn_irq_raise(struct mn_irq *irq)
{
	_Atomic(struct mn_irq *) *inbox = &irq->kernel->inbox;
	struct mn_irq *first;

	if (MN_TRACE_COMPILED && atomic_load_explicit(&irq->carries, memory_order_relaxed))
		mn__trace_mute_handler(irq->kernel);
	/* Release: what the handler did before is seen by the task that is woken. */
	if (atomic_exchange_explicit(&irq->raised, true, memory_order_acq_rel))
		return;
	first = atomic_load_explicit(inbox, memory_order_relaxed);
	do {
		irq->next = first;
	} while (!atomic_compare_exchange_weak_explicit(inbox, &first, irq, memory_order_release,
							memory_order_relaxed));
}

void mn__inbox_drain(struct mn_kernel *kernel)
{
	struct mn_irq *stack = atomic_exchange_explicit(&kernel->inbox, NULL, memory_order_acquire);
	struct mn_irq *queue = NULL;

	while (stack) { /* last in is on top: turn round */
		struct mn_irq *irq = stack;

		stack = irq->next;
		irq->next = queue;
		queue = irq;
	}
	while (queue) {
		struct mn_irq *irq = queue;

		queue = irq->next; /* before `raised` goes: then the handler may link it again */
		irq->pending = true;
		/* Acquire too: raises up to here are answered by the wake below. */
		atomic_exchange_explicit(&irq->raised, false, memory_order_acq_rel);
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
