/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the kernel's files share with each other and with nobody else. */
#ifndef MNEMOS_KERNEL_INTERNAL_H
#define MNEMOS_KERNEL_INTERNAL_H

#include <mnemos/kernel.h>
#include <mnemos/proto/trace_events.h>

/* A function off the frequent path: not inlined there, so that nothing is saved for it. */
#define MN__COLD __attribute__((noinline, cold))

/*
 * trace_events.c: what happens in a kernel, for those who watch. Through MN__EVENT a call site
 * costs a load and a branch.
 */
void mn__event_spawn(struct mn_kernel *kernel, const struct mn_task *task);
void mn__event_end(struct mn_kernel *kernel, struct mn_task *task, unsigned flags, mn_poll result);
void mn__event_poll(struct mn_kernel *kernel, const struct mn_task *task);
/* What the task that was polled waits for, or that it is ready. */
void mn__event_waits(struct mn_kernel *kernel, struct mn_task *task);
/* Of those with service, client, request and one more. */
void mn__event_call(struct mn_kernel *kernel, enum mn_trace_known event, const struct mn_call *call,
		    uint32_t last);
void mn__event_register(struct mn_kernel *kernel, const struct mn_registry_slot *slot);
void mn__event_queue(struct mn_kernel *kernel, enum mn_trace_known event, const void *storage,
		     const char *kind);
/* Of those with so many values. */
void mn__event_value(struct mn_kernel *kernel, enum mn_trace_known event, uint64_t value);
void mn__event_values(struct mn_kernel *kernel, enum mn_trace_known event, uint64_t first,
		      uint64_t second);

#define MN__EVENT(kernel, function, ...)                             \
	do {                                                         \
		if (MN__WATCHES_EVENTS(kernel))                      \
			mn__event_##function((kernel), __VA_ARGS__); \
	} while (0)

/* log.c: the filter of log or trace has changed. */
void mn__log_apply(struct mn_kernel *kernel);

/* trace.c: the same for the trace; returns the least level that it shows. */
uint8_t mn__trace_apply(struct mn_kernel *kernel);
/* Whether a record of the log goes to the trace; if so, here is its text. */
bool mn__trace_wants_message(const struct mn_kernel *kernel, const struct mn_log_site *site);
void mn__trace_message(struct mn_kernel *kernel, const struct mn_log_site *site, const char *text);
/* The spans of a task with MN__TASK_SPANS: its poll begins; is over; the task ends. */
void mn__spans_enter(struct mn_kernel *kernel, const struct mn_task *task);
void mn__spans_exit(struct mn_kernel *kernel, const struct mn_task *task);
void mn__spans_end(struct mn_kernel *kernel, const struct mn_task *task);

/* The interrupt whose handler runs, if one does, is muted. */
void mn__trace_mute_handler(struct mn_kernel *kernel);

/* task.c */
void mn__unqueue(struct mn_kernel *kernel, struct mn_task *task);

/* timer.c */
/* Fires what is due; called when wheel.next_us has come. */
void mn__wheel_turn(struct mn_kernel *kernel, uint64_t now_us);
uint64_t mn__wheel_next(struct mn_kernel *kernel);

/* irq.c */
/* The inbox's stack in the order of its raises. */
struct mn_irq *mn__inbox_turned(struct mn_irq *stack);
void mn__inbox_answer_watched(struct mn_kernel *kernel, struct mn_irq *queue);

/* A source is no longer raised; returns the next one, taken before the handler may link it again.
 */
static inline struct mn_irq *mn__inbox_answer(struct mn_irq *irq)
{
	struct mn_irq *next = irq->next;

	irq->pending = true;
	/* Acquire too: raises up to here are answered by the wake that follows. */
	atomic_exchange_explicit(&irq->raised, false, memory_order_acq_rel);
	return next;
}

/* The inbox is not empty: nothing else empties it. */
static inline void mn__inbox_drain(struct mn_kernel *kernel)
{
	struct mn_irq *irq = atomic_exchange_explicit(&kernel->inbox, NULL, memory_order_acquire);

	if (MN_UNLIKELY(irq->next))
		irq = mn__inbox_turned(irq);
	if (MN_TRACE_COMPILED && MN_UNLIKELY(kernel->watch)) {
		mn__inbox_answer_watched(kernel, irq);
		return;
	}
	do {
		struct mn_task *const *task = &irq->task;

		irq = mn__inbox_answer(irq);
		if (*task)
			mn__push(kernel, *task);
	} while (MN_UNLIKELY(irq));
}

/* wait.c: the id of a task that may have ended; then one that no task has. */
uint32_t mn__live_id(const struct mn_kernel *kernel, const struct mn_task *task);

/* registry.c */
/* Whether the service is there that a wait of a mn_connect waits for. */
bool mn__registry_has(const struct mn_kernel *kernel, const struct mn_wait *wait);
void mn__registry_watch(struct mn_kernel *kernel);
void mn__registry_task_ended(struct mn_kernel *kernel, const struct mn_task *task);

/* call.c: fails every call of a server with MN_EGONE, and wakes its parked slot. */
void mn__server_drop(struct mn_server *server);

/* mn__nobody as a server's `parked`, see fast.h. */
#define MN__NOBODY ((struct mn_serving *)(uintptr_t)&mn__nobody)

#endif
