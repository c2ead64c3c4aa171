/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the kernel's files share with each other and with nobody else. */
#ifndef MNEMOS_KERNEL_INTERNAL_H
#define MNEMOS_KERNEL_INTERNAL_H

#include <mnemos/kernel.h>

/* A function off the frequent path: not inlined there, so that nothing is saved for it. */
#define MN__COLD __attribute__((noinline, cold))

/* What happens in a kernel, for those who watch; each call site costs a load and a branch. */
enum mn__event {
	MN__EVENT_SPAWN,
	MN__EVENT_END,
	MN__EVENT_CALL,
	MN__EVENT_SERVE,
	MN__EVENT_REPLY,
};

void mn__event_task(struct mn_kernel *kernel, enum mn__event event, const struct mn_task *task);
void mn__event_call(struct mn_kernel *kernel, enum mn__event event, const struct mn_call *call);
void mn__event_poll(struct mn_kernel *kernel, const struct mn_task *task);
void mn__event_waits(struct mn_kernel *kernel, const struct mn_task *task);

/* Target of the events in the log. */
#define MN__EVENT_TARGET "kernel::event"

#define MN__EVENT(kernel, function, ...)                             \
	do {                                                         \
		if (MN__WATCHES_EVENTS(kernel))                      \
			mn__event_##function((kernel), __VA_ARGS__); \
	} while (0)

/* task.c */
void mn__unqueue(struct mn_kernel *kernel, struct mn_task *task);

/* timer.c */
/* Fires what is due; called when wheel.next_us has come. */
void mn__wheel_turn(struct mn_kernel *kernel, uint64_t now_us);
uint64_t mn__wheel_next(struct mn_kernel *kernel);
/* The earliest deadline that wakes a task, or MN_NEVER. Looks at every timer: for dumps. */
uint64_t mn__wheel_deadline_of(const struct mn_kernel *kernel, const struct mn_task *task);

/* irq.c */
void mn__inbox_drain(struct mn_kernel *kernel);

/* dump.c: the name of the service that is waited for, if it is one; else NULL. */
const char *mn__wait_service(const struct mn_kernel *kernel, const struct mn_wait *wait);

/* registry.c */
void mn__registry_watch(struct mn_kernel *kernel);
void mn__registry_task_ended(struct mn_kernel *kernel, const struct mn_task *task);

/* call.c: fails every call of a server with MN_EGONE, and wakes its parked slot. */
void mn__server_drop(struct mn_server *server);

/* mn__nobody as a server's `parked`, see fast.h. */
#define MN__NOBODY ((struct mn_serving *)(uintptr_t)&mn__nobody)

#endif
