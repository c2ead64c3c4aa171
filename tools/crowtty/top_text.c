/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "memory.h"
#include "top_text.h"
#include "words.h"

/*
 * Lines.
 */

static void add(struct top_text *text, const char *data, size_t len)
{
	if (text->len + len + 1 > text->cap) {
		text->cap = 2 * (text->len + len) + 1024;
		text->text = memory_check(realloc(text->text, text->cap));
	}
	memcpy(text->text + text->len, data, len);
	text->len += len;
	text->text[text->len] = '\0';
}

/* Bytes of the first `width` characters. */
static size_t cut(const char *line, size_t width)
{
	size_t at = 0;
	while (line[at] && (width > 0 || ((uint8_t)line[at] & 0xc0) == 0x80))
		width -= ((uint8_t)line[at++] & 0xc0) != 0x80;
	return at;
}

static void add_line(struct top_text *text, const char *sgr, const char *line, size_t len)
{
	char code[16];
	bool coloured = sgr && text->style->colour;
	if (coloured)
		add(text, code, (size_t)snprintf(code, sizeof code, "\033[%sm", sgr));
	add(text, line, len);
	if (coloured)
		add(text, "\033[0m", 4);
	add(text, "\n", 1);
	text->lines++;
}

static void add_list(struct top_text *text, const char *sgr, const char *format, va_list list)
{
	unsigned width = text->style->width;
	char *line = NULL;
	int len = vasprintf(&line, format, list);
	memory_check(len < 0 ? NULL : line);
	add_line(text, sgr, line, width ? cut(line, width) : (size_t)len);
	free(line);
}

void top_text_line(struct top_text *text, const char *sgr, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	add_list(text, sgr, format, list);
	va_end(list);
}

void top_text_free(struct top_text *text)
{
	free(text->text);
	text->text = NULL;
	text->len = text->cap = text->lines = 0;
}

/*
 * The target.
 */

static size_t live_tasks(const struct model *model)
{
	return model->task_count - model->ended_count;
}

void top_text_head(struct top_text *text, const struct model *model)
{
	const struct mn_trace_discarded *lost = &model->discarded;
	const struct mn_trace_heap *heap = &model->heap;
	struct words up = {0}, memory = {0};
	words_add_time(&up, model->now_ns);
	top_text_line(text, "1", "%s %s (%s), up %s: %zu tasks, %zu services", model->system,
		      model->release, model->machine, up.text, live_tasks(model),
		      model->service_count);
	if (model->has_heap) {
		words_add_size(&memory, heap->used);
		words_add(&memory, " of ");
		words_add_size(&memory, heap->size);
		words_add(&memory, ", at most ");
		words_add_size(&memory, heap->high_water);
		words_add(&memory, ", largest free ");
		words_add_size(&memory, heap->largest_free);
		if (heap->failures)
			words_add(&memory, ", refused %" PRIu32 " times", heap->failures);
	}
	top_text_line(text, NULL, "heap %s; trace lost %" PRIu64,
		      memory.len ? memory.text : "unknown",
		      lost->events + lost->new_spans + lost->span_activity + lost->metas);
}

/*
 * Findings.
 */

struct finding_text {
	struct top_text *text;
	size_t serious;
};

static const char *colour_of(enum finding_severity severity)
{
	static const char *const colours[] = {
		[FINDING_NOTE] = "36", [FINDING_WARNING] = "33", [FINDING_ERROR] = "1;31"};
	return colours[severity];
}

/* Where to break a line of at most `width` characters: behind its last blank. */
static size_t break_at(const char *line, size_t width)
{
	size_t most = cut(line, width), at = most;
	if (!line[most])
		return most;
	while (at > 0 && line[at - 1] != ' ')
		at--;
	return at > 0 ? at : most;
}

static void mark(struct top_text *text, const struct finding *finding)
{
	for (size_t i = 0; i < finding->task_count && text->mark_count < TOP_MARKS; i++) {
		text->marks[text->mark_count].id = finding->tasks[i];
		text->marks[text->mark_count++].severity = finding->severity;
	}
}

static void show_finding(void *context, const struct finding *finding)
{
	struct finding_text *self = context;
	mark(self->text, finding);
	const char *colour = colour_of(finding->severity);
	size_t width = self->text->style->width;
	char all[WORDS_MAX + 32], line[WORDS_MAX + 32];
	const char *rest = all, *indent = "";
	self->serious += finding->severity > FINDING_NOTE;
	snprintf(all, sizeof all, "%s: %s", finding_severity_word(finding->severity),
		 finding->text);
	while (*rest) {
		size_t room = width > 20 ? width - strlen(indent) : SIZE_MAX;
		size_t len = break_at(rest, room);
		int n = snprintf(line, sizeof line, "%s%.*s", indent, (int)len, rest);
		add_line(self->text, colour, line, (size_t)n);
		rest += len;
		indent = "    ";
	}
}

size_t top_text_findings(struct top_text *text, const struct model *model)
{
	struct finding_text self = {.text = text};
	diagnose(model, show_finding, &self);
	return self.serious;
}

/*
 * Tasks.
 */

static enum top_order sort_order;

static uint64_t oldest_wait_ns(const struct model_task *task)
{
	uint64_t oldest_ns = UINT64_MAX;
	for (uint32_t i = 0; i < model_wait_count(task); i++)
		if (task->waits[i].since_ns < oldest_ns)
			oldest_ns = task->waits[i].since_ns;
	return oldest_ns;
}

static int compare(const void *a, const void *b)
{
	const struct model_task *one = *(struct model_task *const *)a;
	const struct model_task *other = *(struct model_task *const *)b;
	int by_id = one->id < other->id ? -1 : one->id > other->id;
	double difference = 0;
	switch (sort_order) {
	case TOP_BY_ID:
		break;
	case TOP_BY_CPU:
		difference = other->cpu_share - one->cpu_share;
		break;
	case TOP_BY_POLLS:
		difference = other->polls_per_s - one->polls_per_s;
		break;
	case TOP_BY_NAME:
		difference = strcmp(one->name, other->name) < 0
				     ? -1
				     : strcmp(one->name, other->name) > 0;
		break;
	case TOP_BY_WAIT:
		difference = (double)oldest_wait_ns(one) - (double)oldest_wait_ns(other);
		break;
	}
	return difference < 0 ? -1 : difference > 0 ? 1 : by_id;
}

static void add_waits(struct words *words, const struct model *model, const struct model_task *task)
{
	for (uint32_t i = 0; i < model_wait_count(task); i++) {
		const struct model_wait *wait = &task->waits[i];
		uint64_t now_ns = model->now_ns;
		words_add(words, i ? " or " : "");
		words_add_wait(words, model, wait);
		if (wait->over)
			words_add(words, " (is there)");
		words_add(words, ", ");
		words_add_time(words, now_ns > wait->since_ns ? now_ns - wait->since_ns : 0);
	}
	if (model_wait_count(task) > 0 && task->limit_ns > model->now_ns) {
		words_add(words, ", at most ");
		words_add_time(words, task->limit_ns - model->now_ns);
		words_add(words, " more");
	}
}

static const char *state_of(const struct model_task *task)
{
	static const char *const words[] = {
		[MN_TRACE_TASK_READY] = "ready",
		[MN_TRACE_TASK_RUNNING] = "runs",
		[MN_TRACE_TASK_WAITING] = "waits",
		[MN_TRACE_TASK_LOST] = "lost",
	};
	return task->state <= MN_TRACE_TASK_LOST ? words[task->state] : "?";
}

static const char *number(char *out, size_t size, double value, const char *format)
{
	if (value < 0)
		return "-";
	snprintf(out, size, format, value);
	return out;
}

static const char *colour_of_task(const struct top_text *text, const struct model_task *task)
{
	for (size_t i = 0; i < text->mark_count; i++)
		if (text->marks[i].id == task->id)
			return colour_of(text->marks[i].severity);
	return task->state == MN_TRACE_TASK_WAITING ? NULL : "32";
}

static void show_task(struct top_text *text, const struct model *model,
		      const struct model_task *task)
{
	char polls[32], cpu[32];
	struct words waits = {0}, size = {0};
	add_waits(&waits, model, task);
	words_add_size(&size, task->size);
	const char *slash = strrchr(task->file, '/');
	if (waits.len == 0 && task->line > 0)
		words_add(&waits, "at %s:%" PRIu32, slash ? slash + 1 : task->file, task->line);
	top_text_line(text, colour_of_task(text, task), "%5" PRIu32 "  %-15s %-5s %9s %6s %6s  %s",
		      task->id, task->name, state_of(task),
		      number(polls, sizeof polls, task->polls_per_s, "%.0f"),
		      number(cpu, sizeof cpu, task->cpu_share * 100, "%.1f"), size.text,
		      waits.text);
}

void top_text_tasks(struct top_text *text, const struct model *model, size_t first, size_t most)
{
	size_t size = sizeof(struct model_task *);
	struct model_task **tasks = memory_get((model->task_count + 1) * size);
	size_t count = 0;
	for (size_t i = 0; i < model->task_count; i++)
		if (!model->tasks[i]->ended)
			tasks[count++] = model->tasks[i];
	sort_order = text->style->order;
	qsort(tasks, count, size, compare);
	top_text_line(text, "7", "%5s  %-15s %-5s %9s %6s %6s  %s", "ID", "TASK", "STATE",
		      "POLLS/S", "CPU%", "SIZE", "WAITS FOR");
	for (size_t i = first; i < count && i - first < most; i++)
		show_task(text, model, tasks[i]);
	free(tasks);
}

/*
 * Services.
 */

static void show_service(struct top_text *text, const struct model *model,
			 const struct model_service *service)
{
	struct words server = {0}, longest = {0};
	char name[128];
	snprintf(name, sizeof name, "%s%s%s", service->name, service->instance[0] ? "/" : "",
		 service->instance);
	words_add_task(&server, model, service->task);
	if (service->serving > 0 && service->client > 0) {
		words_add_task(&longest, model, service->client);
		words_add(&longest, ", ");
		words_add_time(&longest, model->now_ns > service->since_ns
						 ? model->now_ns - service->since_ns
						 : 0);
	}
	top_text_line(text, NULL, "%5" PRIu32 "  %-27s %-20s %6" PRIu32 " %7" PRIu32 "  %s",
		      service->id, name, server.text, service->queued, service->serving,
		      longest.text);
}

void top_text_services(struct top_text *text, const struct model *model)
{
	top_text_line(text, "7", "%5s  %-27s %-20s %6s %7s  %s", "ID", "SERVICE", "SERVER",
		      "QUEUED", "SERVING", "LONGEST");
	for (size_t i = 0; i < model->service_count; i++)
		if (!model->services[i].ended)
			show_service(text, model, &model->services[i]);
}
