/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string.h>

#include "model_inner.h"

void *model_grow(void *array, size_t *cap, size_t count, size_t size)
{
	if (count < *cap)
		return array;
	*cap = *cap ? 2 * *cap : 16;
	return memory_check(realloc(array, *cap * size));
}

/*
 * Texts.
 */

static size_t hash(const char *text, size_t len)
{
	uint64_t value = UINT64_C(14695981039346656037); /* FNV-1a */
	for (size_t i = 0; i < len; i++)
		value = (value ^ (uint8_t)text[i]) * UINT64_C(1099511628211);
	return (size_t)(value ^ value >> 32);
}

static char **text_place(const struct model_inner *inner, const char *text, size_t len)
{
	size_t at = hash(text, len) & (inner->text_cap - 1);
	while (inner->texts[at] &&
	       (strncmp(inner->texts[at], text, len) != 0 || inner->texts[at][len] != '\0'))
		at = (at + 1) & (inner->text_cap - 1);
	return &inner->texts[at];
}

static void grow_texts(struct model_inner *inner)
{
	char **old = inner->texts;
	size_t old_cap = inner->text_cap;
	inner->text_cap = old_cap ? 2 * old_cap : 256;
	inner->texts = memory_get_zeroed(inner->text_cap * sizeof *inner->texts);
	for (size_t i = 0; i < old_cap; i++)
		if (old[i])
			*text_place(inner, old[i], strlen(old[i])) = old[i];
	free(old);
}

static const char *keep_text(struct model_inner *inner, const char *text, size_t len)
{
	if (2 * inner->text_count >= inner->text_cap)
		grow_texts(inner);
	char **place = text_place(inner, text, len);
	if (!*place) {
		*place = memory_get(len + 1);
		memcpy(*place, text, len);
		(*place)[len] = '\0';
		inner->text_count++;
	}
	return *place;
}

static bool is_control(const char *text, size_t at)
{
	uint8_t byte = (uint8_t)text[at];
	bool is_c1 = at > 0 && (uint8_t)text[at - 1] == 0xc2 && byte >= 0x80 && byte < 0xa0;
	return byte < 0x20 || byte == 0x7f || is_c1;
}

/* Nothing that a terminal would obey: a damaged stream may say anything. */
static const char *keep_clean(struct model_inner *inner, const char *text, size_t len)
{
	char *clean = memory_get(len);
	for (size_t i = 0; i < len; i++) {
		clean[i] = text[i];
		if (!is_control(text, i))
			continue;
		clean[i] = '?';
		if ((uint8_t)text[i] >= 0x80)
			clean[i - 1] = '?';
	}
	const char *kept = keep_text(inner, clean, len);
	free(clean);
	return kept;
}

const char *model_text(struct model *model, const char *text, size_t len)
{
	if (len == 0)
		return "";
	for (size_t i = 0; i < len; i++)
		if (is_control(text, i))
			return keep_clean(model->inner, text, len);
	return keep_text(model->inner, text, len);
}

const char *model_file(const char *path)
{
	while (strncmp(path, "../", 3) == 0)
		path += 3;
	return path;
}

/*
 * The clock.
 */

uint64_t model_ns(const struct model *model, uint64_t ticks)
{
	uint64_t hz = model->tick_hz;
	if (model->inner->stream)
		return trace_stream_ns(model->inner->stream, ticks);
	if (hz == 0)
		return 0;
	return ticks / hz * 1000000000 + ticks % hz * 1000000000 / hz;
}

void model_set_clock(struct model *model, uint64_t now_ns)
{
	if (now_ns > model->now_ns)
		model->now_ns = now_ns;
}

void model_set_now(struct model *model, uint64_t host_ns)
{
	if (host_ns > model->host_now_ns)
		model->host_now_ns = host_ns;
}

/*
 * Tasks, in the order of their ids, which is that of their births.
 */

/* Where it is, or where it belongs. */
static size_t task_place(const struct model *model, uint32_t id)
{
	size_t low = 0, high = model->task_count;
	if (high > 0 && model->tasks[high - 1]->id < id)
		return high;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (model->tasks[middle]->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct model_task *model_task(const struct model *model, uint32_t id)
{
	size_t at = task_place(model, id);
	return at < model->task_count && model->tasks[at]->id == id ? model->tasks[at] : NULL;
}

struct model_task *model_need_task(struct model *model, uint32_t id)
{
	size_t at = task_place(model, id);
	if (at < model->task_count && model->tasks[at]->id == id)
		return model->tasks[at];
	model->tasks = model_grow(model->tasks, &model->inner->task_cap, model->task_count,
				  sizeof(struct model_task *));
	memmove(&model->tasks[at + 1], &model->tasks[at],
		(model->task_count - at) * sizeof(struct model_task *));
	model->task_count++;
	struct model_task *task = memory_get_zeroed(sizeof *task);
	task->id = id;
	task->name = "?";
	task->file = "";
	task->polls_per_s = task->cpu_share = -1;
	return model->tasks[at] = task;
}

static void free_task(struct model_task *task)
{
	free(task->waits);
	free(task);
}

/* The oldest of the ended ones go, so that what a long recording needs is bounded. */
static void forget_ended(struct model *model)
{
	size_t most = MODEL_ENDED_MAX / 2, kept = 0;
	for (size_t i = 0; i < model->task_count; i++) {
		struct model_task *task = model->tasks[i];
		if (task->ended && model->ended_count > most) {
			model->ended_count--;
			free_task(task);
		} else {
			model->tasks[kept++] = task;
		}
	}
	model->task_count = kept;
}

void model_end_task(struct model *model, struct model_task *task, uint64_t now_ns)
{
	if (task->ended)
		return;
	task->ended = true;
	task->ended_ns = now_ns;
	task->wait_count = 0;
	if (++model->ended_count > MODEL_ENDED_MAX)
		forget_ended(model);
}

struct model_wait *model_add_wait(struct model_task *task)
{
	if (task->wait_count == task->wait_cap) {
		task->wait_cap = task->wait_cap ? 2 * task->wait_cap : 2;
		task->waits =
			memory_check(realloc(task->waits, task->wait_cap * sizeof *task->waits));
	}
	struct model_wait *wait = &task->waits[task->wait_count++];
	*wait = (struct model_wait){.what = "", .name = ""};
	return wait;
}

/*
 * Services and queues.
 */

struct model_service *model_need_service(struct model *model, uint32_t id)
{
	for (size_t i = model->service_count; i-- > 0;)
		if (model->services[i].id == id)
			return &model->services[i];
	model->services = model_grow(model->services, &model->inner->service_cap,
				     model->service_count, sizeof *model->services);
	struct model_service *service = &model->services[model->service_count++];
	*service = (struct model_service){.id = id, .name = "?", .instance = ""};
	return service;
}

static struct model_queue *need_queue(struct model *model, uint64_t on)
{
	for (size_t i = model->queue_count; i-- > 0;)
		if (model->queues[i].on == on)
			return &model->queues[i];
	if (model->queue_count == MODEL_QUEUES_MAX) {
		model->queue_count /= 2;
		memmove(model->queues, model->queues + MODEL_QUEUES_MAX / 2,
			model->queue_count * sizeof *model->queues);
	}
	model->queues = model_grow(model->queues, &model->inner->queue_cap, model->queue_count,
				   sizeof *model->queues);
	struct model_queue *queue = &model->queues[model->queue_count++];
	*queue = (struct model_queue){.on = on};
	return queue;
}

void model_note_reader(struct model *model, const struct model_task *task,
		       const struct model_wait *wait)
{
	if (wait->on == 0)
		return;
	if (strcmp(wait->what, "bytes in bbq") == 0 ||
	    strcmp(wait->what, "a message in channel") == 0)
		need_queue(model, wait->on)->reader = task->id;
}

/*
 * Plain text on the line.
 */

/* "task spin #7 has not yielded for 1000 ms (spin.c)" */
static void take_line(struct model *model, const char *line, uint64_t host_ns)
{
	const char *says = strstr(line, "has not yielded");
	const char *number = NULL;
	if (strncmp(line, "panic at ", 9) == 0)
		model->panic = model_text(model, line, strlen(line));
	for (const char *at = line; says && at < says; at++)
		if (*at == '#')
			number = at + 1;
	if (!number)
		return;
	model->hog = (struct model_hog){
		.task = (uint32_t)strtoul(number, NULL, 10),
		.text = model_text(model, line, strlen(line)),
		.host_ns = host_ns,
	};
}

void model_take_text(struct model *model, const char *text, size_t len, uint64_t host_ns)
{
	struct model_inner *inner = model->inner;
	for (size_t i = 0; i < len; i++) {
		bool ends = text[i] == '\n' || text[i] == '\r' || text[i] == '\0';
		if (!ends && inner->line_len < MODEL_LINE_MAX - 1)
			inner->line[inner->line_len++] = text[i];
		inner->line[inner->line_len] = '\0';
		if (ends)
			inner->line_len = 0;
		if (ends)
			take_line(model, inner->line, host_ns);
	}
	/* A last line may lack its end. */
	take_line(model, inner->line_len ? inner->line : "", host_ns);
	model_set_now(model, host_ns);
}

static void take_damage(void *context, size_t len)
{
	struct model *model = context;
	model->damaged_bytes += len;
}

/*
 * Life.
 */

struct model *model_new(void)
{
	struct model *model = memory_get_zeroed(sizeof *model);
	model->inner = memory_get_zeroed(sizeof *model->inner);
	model->system = model->release = model->build = model->machine = "";
	model->panic = "";
	model->level = MN_TRACE_OFF;
	return model;
}

struct trace_sink model_sink(struct model *model)
{
	return (struct trace_sink){
		.context = model,
		.event = model_take_event,
		.message = model_take_message,
		.damage = take_damage,
	};
}

void model_set_stream(struct model *model, const struct trace_stream *stream)
{
	model->inner->stream = stream;
}

void model_reset(struct model *model)
{
	struct model_inner *inner = model->inner;
	for (size_t i = 0; i < model->task_count; i++)
		free_task(model->tasks[i]);
	model->task_count = model->ended_count = model->service_count = 0;
	model->counter_count = model->queue_count = inner->call_count = 0;
	model->has_heap = false;
	model->now_ns = model->snapshot_ns = model->interval_ns = 0;
	model->snapshots = 0;
	model->discarded = (struct mn_trace_discarded){0};
	model->hog = (struct model_hog){0};
	model->panic = "";
	inner->ticks = 0;
	inner->in_snapshot = false;
	inner->waiter = 0;
	inner->line_len = 0;
}

void model_free(struct model *model)
{
	struct model_inner *inner = model->inner;
	model_reset(model);
	for (size_t i = 0; i < inner->text_cap; i++)
		free(inner->texts[i]);
	free(inner->texts);
	free(inner->calls);
	free(inner);
	free(model->tasks);
	free(model->services);
	free(model->counters);
	free(model->queues);
	free(model);
}
