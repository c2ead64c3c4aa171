/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * For those who write an operation of their own: something a task can wait for.
 *
 * The shape is always the same:
 *
 *     mn_poll gate_pass(struct gate_pass *op, struct gate *gate)
 *     {
 *             if (gate->open)                       // 1. what was waited for comes first,
 *                     return gate_leave(op, MN_OK); //    also before a cancellation
 *             if (mn_wait_canceled())               // 2. then the cancellation, once
 *                     return gate_leave(op, MN_ECANCELED);
 *             if (!mn_wait_active(&op->wait)) {     // 3. first poll: link in
 *                     mn_wait_begin(&op->wait, MN_WAIT_OTHER, gate);
 *                     mn_list_push(&gate->waiting, &op->link);
 *             }
 *             return mn_wait_park(&op->wait);       // 4. each pending poll: show it
 *     }
 *
 * where gate_leave unlinks the operation if it is active and calls mn_wait_end, so that
 * it can be used again; whoever opens the gate calls mn_wake(op->wait.task) for each
 * waiting one. A wake is a hint: step 1 decides. Operations that hand something over
 * (a lock, a message) do so into the operation at the wake, so that order is kept. The other
 * kinds of waits are the kernel's: of those it knows what `on` points to.
 */
#ifndef MNEMOS_OPERATION_H
#define MNEMOS_OPERATION_H

#include <mnemos/kernel.h>

/* Starts a wait of the running task: who, for what, since when. */
static inline void mn_wait_begin(struct mn_wait *wait, enum mn_wait_kind kind, const void *on)
{
	const struct mn_kernel *kernel = mn_running;

	wait->task = kernel->current;
	wait->on = on;
	wait->since = kernel->now_ticks;
	wait->kind = (uint8_t)kind;
}

/* Whether the wait has begun and not ended. */
static inline bool mn_wait_active(const struct mn_wait *wait)
{
	return wait->kind != MN_WAIT_NONE;
}

/* Shows a wait in its task's list; returns MN_PENDING for the operation to return. */
static inline mn_poll mn_wait_park(struct mn_wait *wait)
{
	wait->task->waits = wait;
	return MN_PENDING;
}

static inline void mn_wait_end(struct mn_wait *wait)
{
	wait->kind = MN_WAIT_NONE;
}

/* True once if the running task, or the time-out or race around it, was cancelled. */
static inline bool mn_wait_canceled(void)
{
	struct mn_frame *frame = &mn_running->current->frame;

	if (MN_LIKELY(!(frame->flags & MN__TASK_CANCEL)))
		return false;
	frame->flags &= (uint8_t)~MN__TASK_CANCEL;
	return true;
}

#endif
