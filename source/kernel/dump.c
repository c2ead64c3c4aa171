/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What every task does and waits for, as text; and panics, which print it.
 *
 * No allocation and no printf: this also runs after everything else is broken, and is
 * linked into the smallest image, which goes without what takes a look at queues.
 */
#include <string.h>
#include "internal.h"

/* Hops followed along "waits on ... held by ..." before a chain counts as endless. */
#define CHAIN_MAX 64

static struct mn_task *task_of(const struct mn_list *node)
{
	return MN_CONTAINER((uintptr_t)node, struct mn_task, all);
}

struct out {
	void (*write)(void *context, const char *text, size_t len);
	void *context;
};

static void put(const struct out *out, const char *text)
{
	out->write(out->context, text, strlen(text));
}

/* As wide as a register, because 64-bit division is 750 bytes of code on 32-bit machines. */
static void put_number(const struct out *out, uintptr_t number, unsigned base)
{
	char digits[20];
	size_t at = sizeof digits;

	do {
		digits[--at] = "0123456789abcdef"[number % base];
		number /= base;
	} while (number);
	out->write(out->context, digits + at, sizeof digits - at);
}

/* Ticks of 1024 us; on 32-bit machines it wraps after 49 days. */
static uintptr_t ticks_to_ms(uintptr_t ticks)
{
	return ticks + ticks / 125 * 3 + ticks % 125 * 3 / 125;
}

static void put_task(const struct out *out, const struct mn_task *task)
{
	put(out, task->type->name);
	put(out, " #");
	put_number(out, task->id, 10);
}

static void put_wait(const struct out *out, const struct mn_kernel *kernel,
		     const struct mn_wait *wait)
{
	const struct mn_task *holder = mn_wait_holder(kernel, wait);
	const uint32_t age_ticks = (uint32_t)(mn_platform_now_us(kernel) >> 10) - wait->since;

	put(out, mn_wait_text(wait));
	if (mn_wait_service(kernel, wait)) {
		put(out, " ");
		put(out, mn_wait_service(kernel, wait));
	} else if (wait->on && wait->kind != MN_WAIT_JOIN) {
		put(out, " 0x");
		put_number(out, (uintptr_t)wait->on, 16);
	}
	if (holder) {
		put(out, wait->kind == MN_WAIT_JOIN ? " " : " held by ");
		put_task(out, holder);
	} else if (MN_TRACE_COMPILED ? mn_wait_holder_ended(kernel, wait)
				     : wait->kind == MN_WAIT_MUTEX) {
		put(out, " held by a task that has ended");
	}
	if (MN_TRACE_COMPILED && mn_wait_over(kernel, wait))
		put(out, ", which is there: its wake was lost");
	put(out, ", for ");
	put_number(out, ticks_to_ms(age_ticks), 10);
	put(out, " ms");
}

/* A time-out around its wait will end it; what a connect's timer does is just a line in the log. */
static bool has_limit(const struct mn_kernel *kernel, const struct mn_task *task)
{
	const struct mn_wait *wait = mn_task_waits(kernel, task);

	return wait && !wait->more && wait->kind != MN_WAIT_SLEEP &&
	       wait->kind != MN_WAIT_CONNECT && mn_task_deadline_us(kernel, task) != MN_NEVER;
}

static void put_limit(const struct out *out, const struct mn_kernel *kernel,
		      const struct mn_task *task)
{
	const uint64_t now_us = mn_platform_now_us(kernel);
	const uint64_t deadline_us = mn_task_deadline_us(kernel, task);
	const uint64_t left_us = deadline_us > now_us ? deadline_us - now_us : 0;

	put(out, ", at most ");
	put_number(out, ticks_to_ms((uintptr_t)((left_us + 1023) >> 10)), 10);
	put(out, " ms longer");
}

static void put_line(const struct out *out, const struct mn_kernel *kernel,
		     const struct mn_task *task)
{
	put(out, "  ");
	put_task(out, task);
	put(out, " at ");
	put(out, task->type->file);
	put(out, ":");
	put_number(out, task->frame.resume, 10);
	if (task == kernel->current)
		put(out, ": running");
	else if (task->next)
		put(out, ": ready");
	else if (!mn_task_waits(kernel, task))
		put(out, ": waits for nothing known");
	for (const struct mn_wait *wait = mn_task_waits(kernel, task); wait; wait = wait->more) {
		put(out, wait == task->waits ? ": waits for " : " or ");
		put_wait(out, kernel, wait);
	}
	if (has_limit(kernel, task))
		put_limit(out, kernel, task);
	put(out, "\n");
}

/* The task that a waiting task depends on, if it is exactly one, and for ever. */
static const struct mn_task *next_in_chain(const struct mn_kernel *kernel,
					   const struct mn_task *task)
{
	const struct mn_wait *wait = mn_task_waits(kernel, task);

	return wait && !wait->more && !has_limit(kernel, task) ? mn_wait_holder(kernel, wait)
							       : NULL;
}

/* Whether following the holders from `task` leads back to it, and it has the least id. */
static bool leads_cycle(const struct mn_kernel *kernel, const struct mn_task *task)
{
	const struct mn_task *at = next_in_chain(kernel, task);

	for (int hops = 0; at && at != task && hops < CHAIN_MAX; hops++) {
		if (at->id < task->id)
			return false;
		at = next_in_chain(kernel, at);
	}
	return at == task;
}

static void put_cycle(const struct out *out, const struct mn_kernel *kernel,
		      const struct mn_task *task)
{
	const struct mn_task *at = task;

	put(out, "  cycle: ");
	do {
		put_task(out, at);
		put(out, " -> ");
		at = next_in_chain(kernel, at);
	} while (at != task);
	put_task(out, task);
	put(out, "\n");
}

void mn_kernel_dump(const struct mn_kernel *kernel,
		    void (*write)(void *context, const char *text, size_t len), void *context)
{
	const struct out out = {write, context};
	const struct mn_list *node;

	put(&out, kernel->name);
	put(&out, ": ");
	put_number(&out, mn_kernel_task_count(kernel), 10);
	put(&out, " tasks\n");
	for (node = kernel->tasks.next; node != &kernel->tasks; node = node->next)
		put_line(&out, kernel, task_of(node));
	for (node = kernel->tasks.next; node != &kernel->tasks; node = node->next)
		if (leads_cycle(kernel, task_of(node)))
			put_cycle(&out, kernel, task_of(node));
}

static void panic_write(void *context, const char *text, size_t len)
{
	(void)context;
	mn_platform_panic_write(text, len);
}

void mn__panic(const char *file, int line, const char *reason)
{
	const struct out out = {panic_write, NULL};
	const struct mn_kernel *kernel = mn_running;

	put(&out, "panic at ");
	put(&out, file);
	put(&out, ":");
	put_number(&out, line, 10);
	put(&out, ": ");
	put(&out, reason);
	put(&out, "\n");
	if (kernel != MN__NOWHERE) {
		if (kernel->current) {
			put(&out, "in task ");
			put_task(&out, kernel->current);
			put(&out, "\n");
		}
		mn_running = MN__NOWHERE; /* a fault in the dump must not come back here */
		mn_kernel_dump(kernel, panic_write, NULL);
	}
	mn_platform_halt();
}

void mn__bad_resume(const struct mn_frame *frame, const char *file)
{
	mn__panic(file, frame->resume, "no wait stands at this resume point");
}
