/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Tasks: stackless, cooperative, with no memory but their own struct.
 *
 * Life of a task, with the function that makes each transition:
 *
 *                 1 spawn             2 poll              4 end
 *     (your memory) ------> ready  <--------> running ----------> (your memory again)
 *                             ^                  |
 *                             |  3 wake          | 2 pending
 *                             +---- waiting <----+
 *
 *     1 mn_spawn, mn_spawn_heap   2 the executor   3 mn_wake   4 the body returns
 *
 * Memory: the caller's, zeroed or used by a task that has ended; from the spawn to the
 * end it is lent to the kernel. A task from mn_spawn_heap is freed by the kernel when it
 * ends. Order: ready tasks run first in, first out; waking a ready task does nothing.
 * Nothing preempts a task: a body that does not wait stops all others (the poll budget
 * of kernel.h reports it by name).
 *
 * All functions here are for task context; those that take a kernel are also for the
 * platform's start-up code, between two calls of mn_kernel_run_once. An interrupt handler
 * uses irq.h, and so does a platform that wants to cancel a task from outside.
 *
 * Cost: 64 bytes a task on 64-bit machines, 40 on 32-bit, besides your own fields.
 */
#ifndef MNEMOS_TASK_H
#define MNEMOS_TASK_H

#include <stddef.h>
#include <stdint.h>
#include <mnemos/async.h>
#include <mnemos/list.h>
#include <mnemos/wait.h>

struct mn_kernel;

struct mn_task;

/* The body has returned `result`: `task`, which is the running one, is no more. */
void mn__task_end(struct mn_task *task, mn_poll result);

/* What all tasks of one kind share; made by MN_TASK, constant. */
struct mn_task_type {
	void (*poll)(struct mn_task *task); /* runs the body; ends the task if that has ended */
	const char *name;
	const char *file; /* where the body is */
	size_t size;      /* of the whole struct */
};

/* CPU time in units of 1 / MN_CPU_HZ s; on 32-bit machines it wraps after 71 minutes. */
typedef uintptr_t mn_cpu_time;
#define MN_CPU_HZ (sizeof(mn_cpu_time) == 8 ? 1000000000 : 1000000)

/* A task; the first member of every task's struct. For readers; the kernel writes it. */
struct mn_task {
	struct mn_frame frame;           /* first: resume point; flags are MN__TASK_ below */
	uint32_t id;                     /* unique in its kernel, from 1 */
	struct mn_task *next;            /* in the run queue; NULL when not ready */
	const struct mn_task_type *type; /* body and name */
	struct mn_list all;              /* in the kernel's list of live tasks */
	struct mn_wait *waits; /* what it waits for; good when neither ready nor running */
	uint32_t polls;        /* how often it ran */
	uint32_t cause;        /* message on whose behalf it works, or 0 */
	mn_cpu_time cpu;       /* time it ran, while accounting is on */
};

_Static_assert(sizeof(struct mn_task) <= (sizeof(void *) == 8 ? 64 : 40), "a task grew");

/* In frame.flags; for the kernel only. */
enum {
	MN__TASK_ALIVE = 1,
	MN__TASK_CANCEL = 2,  /* the next wait answers MN_ECANCELED */
	MN__TASK_JOINED = 4,  /* somebody waits for the end */
	MN__TASK_HEAP = 8,    /* free it at the end */
	MN__TASK_SERVER = 16, /* has registered services: close them at the end */
	MN__TASK_SPANS = 32,  /* has open spans: end them at the end */
	MN__TASK_MUTED = 64   /* carries the trace: nothing of it is recorded */
};

/*
 * Defines `name_task`, the type of a task whose struct is `struct name` and whose body
 * is `mn_poll name_run(struct name *self)`, which must be declared before. Use it once,
 * at file scope, in the body's file.
 */
#define MN_TASK(name) MN_TASK_AS(name, struct name, #name)

/* The same where the struct, or the name to show, is not that of the body. */
#define MN_TASK_AS(name, structure, text)                                       \
	_Static_assert(offsetof(structure, task) == 0, "the task comes first"); \
	static void name##__poll(struct mn_task *task)                          \
	{                                                                       \
		const mn_poll result = name##_run((structure *)(void *)task);   \
                                                                                \
		if (result != MN_PENDING)                                       \
			mn__task_end(task, result);                             \
	}                                                                       \
	static const struct mn_task_type name##_task = {                        \
		name##__poll,                                                   \
		text,                                                           \
		__FILE__,                                                       \
		sizeof(structure),                                              \
	}

/*
 * Makes a task ready. `task` is the first member of the caller's struct, zeroed before
 * its first use; fields behind it may be filled before or until the caller next waits.
 * Spawning a live task panics.
 */
void mn_spawn(struct mn_kernel *kernel, struct mn_task *task, const struct mn_task_type *type);

/*
 * The same with zeroed memory from the kernel's heap, owned by the task and freed when
 * it ends. Returns NULL if there is none; fill the fields before the next wait.
 */
struct mn_task *mn_spawn_heap(struct mn_kernel *kernel, const struct mn_task_type *type);

/* Makes a waiting task ready, which then looks again at what it waits for. Idempotent. */
static inline void mn_wake(struct mn_task *task); /* inline, in kernel.h */

/* Puts the running task at the end of the ready ones. For MN_YIELD. */
static inline void mn_yield(void);

/*
 * Asks a task to end: the wait it is in, or else its next one, answers MN_ECANCELED,
 * once. What was waited for and has happened already is not lost: it is answered first,
 * and the next wait is the cancelled one. The task unwinds through its error paths,
 * whose clean-up may wait again. A task that ignores the error goes on.
 */
void mn_cancel(struct mn_task *task);

/* The running task. */
static inline struct mn_task *mn_self(void);

/*
 * The live task with this number, or NULL. For who remembers a task beyond its end, when its
 * memory may be another's; no other task ever has its number. Cost: one look at each live task.
 */
struct mn_task *mn_find_task(uint32_t id);

/*
 * Waiting for the end of a task: MN_OK when it has ended, with what its body returned in
 * `result`. The task's memory must stay until then; a task from the heap can be joined
 * only by who starts waiting before it ends. Cost at the end of a joined task: one look
 * at each join that is waiting in the kernel.
 */
struct mn_join {
	struct mn_wait wait;
	struct mn_list link;
	mn_poll result;
};

mn_poll mn_join(struct mn_join *join, struct mn_task *task);

#endif
