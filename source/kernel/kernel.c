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

struct mn_kernel *mn_running;

void mn_kernel_init(struct mn_kernel *kernel, const struct mn_kernel_config *config)
{
	memset(kernel, 0, sizeof *kernel);
	kernel->ready = MN__QUEUE_END;
	kernel->ready_end = &kernel->ready;
	mn_list_init(&kernel->tasks);
	mn_list_init(&kernel->joins);
	mn_list_init(&kernel->connects);
	kernel->services = config->services;
	kernel->max_services = config->max_services;
	kernel->message_id = 1; /* stays odd; the first is 3, for 0 means no message */
	kernel->random = config->seed;
	kernel->name = config->name ? config->name : "kernel";
	kernel->log = config->log;
	kernel->log_context = config->log_context;
	kernel->log_filter.level = kernel->log_filter.least = MN_LOG_INFO;
	kernel->log_least = config->log ? MN_LOG_INFO : MN_LOG_OFF;
	kernel->wheel.now_us = mn_platform_now_us(kernel);
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

static void account(struct mn_kernel *kernel, struct mn_task *task, uint64_t began_ns)
{
	const uint64_t took_ns = mn_platform_cpu_ns(kernel) - began_ns;

	task->cpu_ns += took_ns;
	if (kernel->budget_us && took_ns > kernel->budget_us * UINT64_C(1000)) {
		kernel->over_budget++;
		mn_warn("task %s #%u ran %u us in one poll, its budget is %u us", task->type->name,
			(unsigned)task->id, (unsigned)(took_ns / 1000),
			(unsigned)kernel->budget_us);
	}
}

/* A poll with somebody watching. */
static __attribute__((noinline)) mn_poll poll_watched(struct mn_kernel *kernel,
						      struct mn_task *task)
{
	const bool cpu = kernel->watch & MN__WATCH_CPU;
	const uint64_t began_ns = cpu ? mn_platform_cpu_ns(kernel) : 0;

	MN__EVENT(kernel, poll, task);
	const mn_poll result = task->type->poll(task);
	if (cpu)
		account(kernel, task, began_ns);
	if (result == MN_PENDING)
		MN__EVENT(kernel, waits, task);
	if (kernel->watch & MN__WATCH_SHUFFLE)
		shuffle_ready(kernel);
	return result;
}

static void poll_ready(struct mn_kernel *kernel)
{
	for (int left = MN_POLLS_PER_TURN; left > 0; left--) {
		struct mn_task *task = kernel->ready;

		if (task == MN__QUEUE_END)
			return;
		kernel->ready = task->next;
		if (task->next == MN__QUEUE_END)
			kernel->ready_end = &kernel->ready;
		task->next = NULL;
		task->waits = NULL;
		task->polls++;
		kernel->current = task;
		kernel->cause = 0; /* what the last task worked for is not this one's cause */
		const mn_poll result = MN_LIKELY(!kernel->watch) ? task->type->poll(task)
								 : poll_watched(kernel, task);
		if (result != MN_PENDING)
			mn__task_end(kernel, task, result);
	}
}

uint64_t mn_kernel_run_once(struct mn_kernel *kernel)
{
	struct mn_kernel *const outer = mn_running;
	uint64_t next_us = 0;

	mn_running = kernel;
	if (mn_kernel_interrupted(kernel))
		mn__inbox_drain(kernel);
	mn__wheel_turn(kernel, mn_platform_now_us(kernel));
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
