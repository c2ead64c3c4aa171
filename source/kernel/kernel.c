/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The executor.
 *
 * Invariant: between two polls every live task is in the run queue, or in the hands of
 * whoever will wake it, or stuck; in the latter two cases its `waits` say so. Only the
 * inbox is touched from outside this thread.
 */
#include <string.h>
#include <mnemos/heap.h>
#include "internal.h"

#define MN_LOG_TARGET "kernel"

/* As much of a kernel as is looked at outside of all of them; it is in constant memory. */
static const struct nowhere {
	struct mn_task *current;
	uint8_t watch, log_least, text_least, trace_least;
	uint32_t interrupt;
} nowhere = {.log_least = MN_LOG_OFF};

_Static_assert(offsetof(struct mn_kernel, current) == offsetof(struct nowhere, current) &&
		       offsetof(struct mn_kernel, log_least) ==
			       offsetof(struct nowhere, log_least) &&
		       offsetof(struct mn_kernel, interrupt) == offsetof(struct nowhere, interrupt),
	       "nowhere begins as a kernel does");

struct mn_kernel *const mn__nowhere = (struct mn_kernel *)(uintptr_t)&nowhere;
struct mn_kernel *mn_running = (struct mn_kernel *)(uintptr_t)&nowhere;

/* The table of a kernel without services: what a handle of nothing leads to. */
static struct mn_registry_slot no_service = {.generation = 1};

void mn_kernel_init(struct mn_kernel *kernel, const struct mn_kernel_config *config)
{
	memset(kernel, 0, sizeof *kernel);
	kernel->ready = MN__QUEUE_END;
	kernel->ready_end = &kernel->ready;
	mn_list_init(&kernel->tasks);
	mn_list_init(&kernel->joins);
	mn_list_init(&kernel->connects);
	kernel->services = config->max_services ? config->services : &no_service;
	kernel->max_services = config->max_services;
	for (unsigned i = 0; i < kernel->max_services; i++)
		kernel->services[i].generation = 1; /* 0 is that of a handle never connected */
	kernel->message_id = 1; /* stays odd; the first is 3, for 0 means no message */
	kernel->random = config->seed;
	kernel->name = config->name ? config->name : "kernel";
	kernel->log = config->log;
	kernel->log_context = config->log_context;
	kernel->log_filter.level = kernel->log_filter.least = MN_LOG_INFO;
	mn__log_apply(kernel);
	kernel->wheel.now_us = mn_platform_now_us(kernel);
	kernel->wheel.next_us = kernel->wheel.rest_us = MN_NEVER;
	kernel->now_ticks = (uint32_t)(kernel->wheel.now_us >> 10);
	if (config->heap)
		kernel->heap = mn_heap_create(config->heap, config->heap_size);
}

/* Splitmix64: one word of state, any seed is good. */
uint64_t mn_random(struct mn_kernel *kernel)
{
	uint64_t z = kernel->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* The whole queue in an order drawn from the seed; a stress build's idea of fairness. */
static void shuffle_ready(struct mn_kernel *kernel)
{
	struct mn_task *rest = kernel->ready;

	kernel->ready = MN__QUEUE_END;
	kernel->ready_end = &kernel->ready;
	while (rest != MN__QUEUE_END) {
		struct mn_task *task = rest;

		rest = task->next;
		if (mn_random(kernel) & 1) { /* at the front, else at the end */
			task->next = kernel->ready;
			if (kernel->ready == MN__QUEUE_END)
				kernel->ready_end = &task->next;
			kernel->ready = task;
		} else {
			task->next = MN__QUEUE_END;
			*kernel->ready_end = task;
			kernel->ready_end = &task->next;
		}
	}
}

static void account(struct mn_kernel *kernel, const struct mn_task_type *type, uint32_t id,
		    mn_cpu_time took)
{
	const unsigned took_us = (unsigned)(took / (MN_CPU_HZ / 1000000));

	if (kernel->current)
		kernel->current->cpu += took;
	if (kernel->budget_us && took_us > kernel->budget_us) {
		kernel->over_budget++;
		mn_warn("task %s #%u ran %u us in one poll, its budget is %u us", type->name,
			(unsigned)id, took_us, (unsigned)kernel->budget_us);
	}
}

/* Takes the first ready task out of the queue and makes it the running one. */
static inline struct mn_task *next_task(struct mn_kernel *kernel)
{
	struct mn_task *task = kernel->ready;

	kernel->ready = task->next;
	if (MN_LIKELY(task->next == MN__QUEUE_END))
		kernel->ready_end = &kernel->ready;
	task->next = NULL;
	task->polls++;
	kernel->current = task;
	return task;
}

static void poll_ready(struct mn_kernel *kernel)
{
	for (int left = MN_POLLS_PER_TURN; left > 0 && kernel->ready != MN__QUEUE_END; left--) {
		struct mn_task *task = next_task(kernel);

		task->type->poll(task);
	}
}

/* The task has not ended: what its poll came to. */
static void tell_waits(struct mn_kernel *kernel, struct mn_task *task)
{
	if (MN_TRACE_COMPILED && task->frame.flags & MN__TASK_SPANS)
		mn__spans_exit(kernel, task);
	MN__EVENT(kernel, waits, task);
}

/* One poll with somebody watching. The task may be gone afterwards: then current is NULL. */
static void poll_watched(struct mn_kernel *kernel)
{
	if (kernel->watch & MN__WATCH_SHUFFLE)
		shuffle_ready(kernel);
	struct mn_task *task = next_task(kernel);
	const struct mn_task_type *type = task->type;
	const uint32_t id = task->id;
	const bool cpu = kernel->watch & MN__WATCH_CPU;

	MN__EVENT(kernel, poll, task);
	if (MN_TRACE_COMPILED && task->frame.flags & MN__TASK_SPANS)
		mn__spans_enter(kernel, task);
	const mn_cpu_time began = cpu ? mn_platform_cpu_time(kernel) : 0;
	type->poll(task);
	if (cpu)
		account(kernel, type, id, mn_platform_cpu_time(kernel) - began);
	if (kernel->current)
		tell_waits(kernel, task);
}

static __attribute__((noinline)) void poll_ready_watched(struct mn_kernel *kernel)
{
	for (int left = MN_POLLS_PER_TURN; left > 0 && kernel->ready != MN__QUEUE_END; left--)
		poll_watched(kernel);
}

uint64_t mn_kernel_run_once(struct mn_kernel *kernel)
{
	struct mn_kernel *const outer = mn_running;
	uint64_t next_us = 0;

	mn_running = kernel;
	if (atomic_load_explicit(&kernel->inbox, memory_order_relaxed))
		mn__inbox_drain(kernel);
	const uint64_t now_us = mn_platform_now_us(kernel);
	kernel->now_ticks = (uint32_t)(now_us >> 10);
	if (now_us >= kernel->wheel.next_us)
		mn__wheel_turn(kernel, now_us);
	if (MN_UNLIKELY(kernel->watch))
		poll_ready_watched(kernel);
	else
		poll_ready(kernel);
	kernel->current = NULL;
	if (kernel->ready == MN__QUEUE_END)
		next_us = mn__wheel_next(kernel);
	mn_running = outer;
	return next_us;
}

void mn_kernel_account(struct mn_kernel *kernel, bool on, uint32_t budget_us)
{
	kernel->watch =
		(uint8_t)(on ? kernel->watch | MN__WATCH_CPU : kernel->watch & ~MN__WATCH_CPU);
	kernel->budget_us = budget_us;
}

void mn_kernel_shuffle(struct mn_kernel *kernel, bool on)
{
	kernel->watch = (uint8_t)(on ? kernel->watch | MN__WATCH_SHUFFLE
				     : kernel->watch & ~MN__WATCH_SHUFFLE);
}
