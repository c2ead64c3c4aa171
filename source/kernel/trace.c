/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Tracing: from a call site to the ring and to the local log; spans; interrupts.
 *
 * Invariant: an open span is in trace->spans, oldest first, its id is not 0, and its task has
 * MN__TASK_SPANS. Of the spans of a task that runs, all are entered; of one that does not, none.
 */
#include "trace_internal.h"

/* For platforms that have nothing finer. */
__attribute__((weak)) uint64_t mn_platform_trace_time(const struct mn_kernel *kernel)
{
	return mn_platform_now_us(kernel);
}

__attribute__((weak)) uint32_t mn_platform_trace_hz(const struct mn_kernel *kernel)
{
	(void)kernel;
	return 1000000;
}

/* ---- Filters ----------------------------------------------------------------------- */

static uint32_t events_shown(const struct mn_log_filter *filter)
{
	uint32_t shown = 0;

	for (unsigned i = 0; i < MN_TRACE_KNOWN_COUNT; i++) {
		const struct mn_log_site *site = mn__trace_sites[i];

		if (mn_log_filter_shows(filter, site->target, (enum mn_log_level)site->level))
			shown |= UINT32_C(1) << i;
	}
	return shown;
}

static void watch(struct mn_kernel *kernel, bool events, bool spans)
{
	if (events && !(kernel->watch & MN__WATCH_EVENTS))
		mn__registry_watch(kernel);
	kernel->watch &= (uint8_t) ~(MN__WATCH_EVENTS | MN__WATCH_SPANS);
	kernel->watch |= (uint8_t)((events ? MN__WATCH_EVENTS : 0) | (spans ? MN__WATCH_SPANS : 0));
}

uint8_t mn__trace_apply(struct mn_kernel *kernel)
{
	struct mn_trace *trace = kernel->trace;
	const uint8_t least = trace ? trace->filter.least : MN_LOG_OFF;

	kernel->events_logged = kernel->log ? events_shown(&kernel->log_filter) : 0;
	if (trace)
		trace->shown = events_shown(&trace->filter);
	watch(kernel, kernel->events_logged || (trace && trace->shown), least < MN_LOG_OFF);
	return least;
}

static void forget_spans(struct mn_trace *trace)
{
	while (!mn_list_empty(&trace->spans)) {
		struct mn_span *span = MN_CONTAINER(trace->spans.next, struct mn_span, link);

		mn_list_remove(&span->link);
		span->id = 0;
		span->task->frame.flags &= (uint8_t)~MN__TASK_SPANS;
	}
}

void mn_trace_set_filter(struct mn_kernel *kernel, const struct mn_log_filter *filter)
{
	MN_ASSERT(kernel->trace);
	kernel->trace->filter = *filter;
	if (filter->least == MN_LOG_OFF)
		forget_spans(kernel->trace);
	mn__log_apply(kernel);
}

void mn__trace_mute_handler(struct mn_kernel *kernel)
{
	if (kernel->interrupt)
		mn_trace_mute_interrupt(kernel, kernel->interrupt - 1);
}

/* ---- Events ------------------------------------------------------------------------ */

/* Without names of targets there is just the least level, which has been looked at. */
static inline bool shows(const struct mn_log_filter *filter, const struct mn_log_site *site)
{
	return MN_LIKELY(filter->count == 0) ||
	       mn_log_filter_shows(filter, site->target, (enum mn_log_level)site->level);
}

static inline bool trace_shows(const struct mn_kernel *kernel, const struct mn_log_site *site)
{
	return site->level >= kernel->trace_least && shows(&kernel->trace->filter, site) &&
	       !mn__trace_is_muted(kernel);
}

static __attribute__((noinline)) void
emit_any(struct mn_kernel *kernel, const struct mn_log_site *site, const uint64_t *values)
{
	if (site->level >= kernel->text_least && !kernel->interrupt &&
	    shows(&kernel->log_filter, site))
		mn__trace_print(kernel, site, values, false);
	if (trace_shows(kernel, site))
		mn__trace_put(kernel->trace, MN_RECORD_EVENT, site, mn__trace_context(kernel),
			      values);
}

/* A level that is shown, and not by the log, is shown by the trace. */
void mn__emit_event(struct mn_kernel *kernel, const struct mn_log_site *site,
		    const uint64_t *values)
{
	if (MN_UNLIKELY(site->level >= kernel->text_least || kernel->trace->filter.count ||
			!mn__trace_is_plain(kernel, site)))
		emit_any(kernel, site, values);
	else
		mn__trace_put_numbers(kernel->trace, site, values, mn__trace_who(kernel->current));
}

/* Who runs meanwhile is not to be looked at from outside. */
void mn__emit_event_in(struct mn_kernel *kernel, const struct mn_log_site *site,
		       const uint64_t *values)
{
	const struct mn__trace_context nobody = {0, 0};

	if (site->level >= kernel->trace_least && shows(&kernel->trace->filter, site))
		mn__trace_put(kernel->trace, MN_RECORD_EVENT, site, nobody, values);
}

bool mn__trace_wants_message(const struct mn_kernel *kernel, const struct mn_log_site *site)
{
	return trace_shows(kernel, site);
}

void mn__trace_message(struct mn_kernel *kernel, const struct mn_log_site *site, const char *text)
{
	mn__trace_put_message(kernel->trace, site, mn__trace_context(kernel), text);
}

/* ---- Spans ------------------------------------------------------------------------- */

static struct mn_span *span_at(const struct mn_list *node)
{
	return MN_CONTAINER((uintptr_t)node, struct mn_span, link);
}

uint32_t mn__span_of(const struct mn_trace *trace, const struct mn_task *task)
{
	const struct mn_list *node = trace->spans.prev;

	while (node != &trace->spans && span_at(node)->task != task)
		node = node->prev;
	return node == &trace->spans ? 0 : span_at(node)->id;
}

void mn__span_begin(struct mn_span *span, const struct mn_log_site *site, const uint64_t *values)
{
	struct mn_kernel *kernel = mn_running;
	struct mn_trace *trace = kernel->trace;

	mn_span_end(span);
	if (!kernel->current || kernel->interrupt || !trace_shows(kernel, site))
		return;
	struct mn__trace_context context = mn__trace_context(kernel);

	trace->span_id += trace->span_id == UINT32_MAX ? 2 : 1;
	context.spans |= trace->span_id;
	if (!mn__trace_put(trace, MN_RECORD_SPAN, site, context, values))
		return;
	span->id = trace->span_id;
	span->task = kernel->current;
	span->task->frame.flags |= MN__TASK_SPANS;
	mn_list_push(&trace->spans, &span->link);
	mn__trace_put_activity(trace, MN_RECORD_ENTER, span->id, span->task->id);
}

/* Innermost first, down to the one behind `end`. */
static void exit_spans(struct mn_trace *trace, const struct mn_task *task,
		       const struct mn_list *end)
{
	for (const struct mn_list *node = trace->spans.prev; node != end; node = node->prev)
		if (span_at(node)->task == task)
			mn__trace_put_activity(trace, MN_RECORD_EXIT, span_at(node)->id, task->id);
}

/* Outermost first, from the one behind `begin` on. */
static void enter_spans(struct mn_trace *trace, const struct mn_task *task,
			const struct mn_list *begin)
{
	for (const struct mn_list *node = begin->next; node != &trace->spans; node = node->next)
		if (span_at(node)->task == task)
			mn__trace_put_activity(trace, MN_RECORD_ENTER, span_at(node)->id, task->id);
}

/* Those inside of it are left for a moment: on the wire they form a stack. */
void mn__span_end(struct mn_span *span)
{
	struct mn_trace *trace = mn_running->trace;
	struct mn_task *task = span->task;
	const struct mn_list *before = span->link.prev;

	exit_spans(trace, task, before);
	mn__trace_put_activity(trace, MN_RECORD_DROP, span->id, task->id);
	mn_list_remove(&span->link);
	span->id = 0;
	enter_spans(trace, task, before);
	if (mn__span_of(trace, task) == 0)
		task->frame.flags &= (uint8_t)~MN__TASK_SPANS;
}

void mn__spans_enter(struct mn_kernel *kernel, const struct mn_task *task)
{
	enter_spans(kernel->trace, task, &kernel->trace->spans);
}

void mn__spans_exit(struct mn_kernel *kernel, const struct mn_task *task)
{
	exit_spans(kernel->trace, task, &kernel->trace->spans);
}

void mn__spans_end(struct mn_kernel *kernel, const struct mn_task *task)
{
	struct mn_list *spans = &kernel->trace->spans;
	struct mn_list *node = spans->prev;

	while (node != spans) {
		struct mn_span *span = span_at(node);

		node = node->prev;
		if (span->task != task)
			continue;
		mn__trace_put_activity(kernel->trace, MN_RECORD_EXIT, span->id, task->id);
		mn__trace_put_activity(kernel->trace, MN_RECORD_DROP, span->id, task->id);
		mn_list_remove(&span->link);
		span->id = 0;
	}
}

/* ---- Interrupts -------------------------------------------------------------------- */

void mn__event_interrupt(struct mn_kernel *kernel, bool ends)
{
	MN__EVENT(kernel, value, ends ? MN_TRACE_IRQ_EXIT : MN_TRACE_IRQ_ENTER,
		  kernel->interrupt - 1);
}
