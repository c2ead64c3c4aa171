/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the files of tracing share: who is running, and putting records into the ring. */
#ifndef MNEMOS_KERNEL_TRACE_INTERNAL_H
#define MNEMOS_KERNEL_TRACE_INTERNAL_H

#include <mnemos/trace_reader.h>
#include "internal.h"

/* On whose behalf a record is made, in the two words that say so. */
struct mn__trace_context {
	uint64_t who;   /* task | cause << 32 */
	uint64_t spans; /* a new one's own id | parent << 32 */
};

/* What is running says that nothing of it be recorded. */
static inline bool mn__trace_is_muted(const struct mn_kernel *kernel)
{
	if (MN_UNLIKELY(kernel->interrupt))
		return kernel->interrupt <= 64 &&
		       kernel->muted_interrupts >> (kernel->interrupt - 1) & 1;
	return kernel->current && kernel->current->frame.flags & MN__TASK_MUTED;
}

/* The innermost open span of a task; 0: none. */
uint32_t mn__span_of(const struct mn_trace *trace, const struct mn_task *task);

static inline uint64_t mn__trace_who(const struct mn_task *task)
{
	return task->id | (uint64_t)task->cause << 32;
}

static inline struct mn__trace_context mn__trace_context(const struct mn_kernel *kernel)
{
	const struct mn_task *task = kernel->current;
	uint64_t parent = 0;

	if (MN_UNLIKELY(kernel->interrupt || !task))
		return (struct mn__trace_context){0, 0};
	if (MN_UNLIKELY(task->frame.flags & MN__TASK_SPANS))
		parent = mn__span_of(kernel->trace, task);
	return (struct mn__trace_context){mn__trace_who(task), parent << 32};
}

/* The kernel's own events; by enum mn_trace_known. */
extern const struct mn_log_site *const mn__trace_sites[];

/* trace_text.c: an event to the local log; the kernel's own with whose it is. */
void mn__trace_print(const struct mn_kernel *kernel, const struct mn_log_site *site,
		     const uint64_t *values, bool of_kernel);

/* False, and counted, if there is no room. */
bool mn__trace_put(struct mn_trace *trace, enum mn_record_kind kind, const struct mn_log_site *site,
		   struct mn__trace_context context, const uint64_t *values);

/* An event without texts to copy, of a task without spans. */
void mn__trace_put_numbers(struct mn_trace *trace, const struct mn_log_site *site,
			   const uint64_t *values, uint64_t who);

/* Whether an event of who runs is like that; and nothing says that it is not to be recorded. */
static inline bool mn__trace_is_plain(const struct mn_kernel *kernel,
				      const struct mn_log_site *site)
{
	const struct mn_task *task = kernel->current;

	return task && !kernel->interrupt && !site->copies &&
	       !(task->frame.flags & (MN__TASK_SPANS | MN__TASK_MUTED));
}

/* A record of the log. */
void mn__trace_put_message(struct mn_trace *trace, const struct mn_log_site *site,
			   struct mn__trace_context context, const char *text);

/* A MN_RECORD_ENTER, EXIT or DROP. */
void mn__trace_put_activity(struct mn_trace *trace, enum mn_record_kind kind, uint32_t span,
			    uint32_t task);

/*
 * Makes a text valid UTF-8 by putting '?' for what is not. Of one that was cut the end becomes
 * "...", whole characters before it. Returns its length, at most `len`.
 */
size_t mn__trace_clean(char *text, size_t len, bool was_cut);

#endif
