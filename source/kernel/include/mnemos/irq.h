/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Wakes from interrupts: the only door from an interrupt handler into the kernel.
 *
 * A driver has a `struct mn_irq` per source of interrupts. The handler does what its
 * device needs and calls mn_irq_raise; the driver's task waits with mn_irq_wait. Raises
 * are remembered, not counted: any number before the task looks are one.
 *
 * On a platform with threads another thread counts as an interrupt, with one duty more: an
 * interrupt ends the sleep of its processor, a raise does not end mn_platform_wait in
 * another thread. So each raise is followed by whatever does (as uv_async_send), also one
 * that found its source raised already: whoever raised it first may not have linked it yet.
 *
 *     1 raise: idle -> raised, pushed to the kernel's inbox (lock-free stack)
 *     2 drain: the executor takes the whole inbox, raised -> idle, wakes the waiter
 *     3 raise while raised: nothing to do
 *
 * The order of stores that makes this safe is checked by models/inbox.pml.
 */
#ifndef MNEMOS_IRQ_H
#define MNEMOS_IRQ_H

#include <stdatomic.h>
#include <stdbool.h>
#include <mnemos/wait.h>

struct mn_kernel;

struct mn_irq {
	struct mn_kernel *kernel;
	struct mn_irq *next; /* in the inbox; owned by whoever moved `raised` to true */
	atomic_uint raised;  /* bool: in the inbox or about to be; RISC-V swaps words, not bytes */
	bool pending;        /* task side: drained and not yet answered by a wait */
	atomic_bool carries; /* task side: see mn_irq_mute */
	struct mn_task *task;
};

/* Prepares `irq`; it must outlive every handler that may raise it. */
void mn_irq_init(struct mn_irq *irq, struct mn_kernel *kernel);

/* Any context, lock-free, a few atomic operations; wakes the waiting task, if any. */
void mn_irq_raise(struct mn_irq *irq);

/*
 * It carries the trace away: each interrupt whose handler raises it from now on is no longer traced
 * itself, see trace.h. Task context.
 */
void mn_irq_mute(struct mn_irq *irq);

struct mn_irq_wait {
	struct mn_wait wait;
};

/*
 * Waits until the interrupt was raised since the last time this answered MN_OK. One
 * task at a time may wait. Errors: MN_ECANCELED.
 */
mn_poll mn_irq_wait(struct mn_irq_wait *op, struct mn_irq *irq);

#endif
