/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "view_read.h"

/*
 * Findings.
 */

static struct view_finding *place_of(struct view_recording *self, const struct finding *found)
{
	for (size_t i = 0; i < self->finding_count; i++) {
		struct view_finding *one = &self->findings[i];
		bool both_have = one->task_count > 0 && found->task_count > 0;
		if (one->kind == found->kind && (both_have ? one->tasks[0] == found->tasks[0]
							   : one->task_count == found->task_count))
			return one;
	}
	return self->finding_count < VIEW_FINDINGS_MAX ? &self->findings[self->finding_count++]
						       : NULL;
}

/* What the trace lost is told with more detail by the page itself. */
static void on_finding(void *context, const struct finding *found)
{
	struct view_recording *self = context;
	struct view_finding *one = found->kind == FINDING_LOSS ? NULL : place_of(self, found);
	if (!one)
		return;
	free(one->text);
	free(one->tasks);
	const size_t size = found->task_count * sizeof *found->tasks;
	uint32_t *tasks = memory_get(size + 1);
	if (size > 0)
		memcpy(tasks, found->tasks, size);
	*one = (struct view_finding){
		.kind = found->kind,
		.severity = found->severity,
		.text = memory_copy_text(found->text),
		.tasks = tasks,
		.task_count = found->task_count,
		.since_ns = found->since_ns,
		.seen_ns = self->history.last_ns,
		.at_end = true,
	};
}

static void look(struct view_recording *self, uint64_t host_ns)
{
	for (size_t i = 0; i < self->finding_count; i++)
		self->findings[i].at_end = false;
	model_set_now(self->model, host_ns);
	diagnose(self->model, on_finding, self);
}

static int compare_findings(const void *left, const void *right)
{
	const struct view_finding *a = left, *b = right;
	if (a->at_end != b->at_end)
		return a->at_end ? -1 : 1;
	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	return a->since_ns < b->since_ns ? -1 : a->since_ns > b->since_ns;
}

/*
 * The two sinks as one.
 */

static void on_event(void *context, const struct trace_event *event)
{
	struct view_recording *self = context;
	self->history_sink.event(&self->history, event);
	if (self->model_sink.event)
		self->model_sink.event(self->model_sink.context, event);
}

static void on_site(void *context, const struct trace_site *site)
{
	struct view_recording *self = context;
	if (self->model_sink.site)
		self->model_sink.site(self->model_sink.context, site);
}

static void on_message(void *context, const struct mn_trace_message *message, uint64_t host_ns)
{
	struct view_recording *self = context;
	self->history_sink.message(&self->history, message, host_ns);
	if (self->model_sink.message)
		self->model_sink.message(self->model_sink.context, message, host_ns);
	if (message->kind == MN_TRACE_SNAPSHOT_END)
		look(self, host_ns);
}

static void on_damage(void *context, size_t len)
{
	struct view_recording *self = context;
	self->history_sink.damage(&self->history, len);
	if (self->model_sink.damage)
		self->model_sink.damage(self->model_sink.context, len);
}

static void on_text(void *context, const char *text, size_t len, uint64_t host_ns)
{
	struct view_recording *self = context;
	history_take_text(&self->history, text, len);
	model_take_text(self->model, text, len, host_ns);
}

struct trace_stream *view_begin(struct view_recording *self)
{
	*self = (struct view_recording){.model = model_new()};
	history_init(&self->history);
	self->sink = (struct trace_sink){self, on_event, on_site, on_message, on_damage};
	self->history_sink = history_sink(&self->history);
	self->model_sink = model_sink(self->model);
	self->stream = trace_stream_new(&self->sink);
	self->history.stream = self->stream;
	model_set_stream(self->model, self->stream);
	return self->stream;
}

void view_end(struct view_recording *self, uint64_t host_ns)
{
	look(self, host_ns);
	if (self->finding_count > 0)
		qsort(self->findings, self->finding_count, sizeof self->findings[0],
		      compare_findings);
	history_end(&self->history);
	model_free(self->model);
	trace_stream_free(self->stream);
	self->model = NULL;
	self->history.stream = self->stream = NULL;
}

bool view_read(struct view_recording *self, const char *path)
{
	struct trace_stream *stream = view_begin(self);
	bool good = trace_recording_read(path, stream, on_text, self, &self->end);
	view_end(self, self->end.duration_ns);
	return good;
}

void view_free(struct view_recording *self)
{
	history_free(&self->history);
	for (size_t i = 0; i < self->finding_count; i++) {
		free(self->findings[i].text);
		free(self->findings[i].tasks);
	}
}
