/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The monitor: what it finds out, and which cell says it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "demo_monitor_internal.h"

/* ---- Tasks ------------------------------------------------------------------------------ */

static uint32_t share_of(mn_cpu_time used, uint64_t us)
{
	const uint64_t whole = us * (MN_CPU_HZ / 1000000);
	const uint64_t share = whole ? (uint64_t)used * 1000 / whole : 0;

	return share < 1000 ? (uint32_t)share : 1000;
}

/*
 * Both the kernel's list and the last look are in the order of ids, so one walk finds what each
 * task had used by then. A new one had used nothing; or it was there, and there was no room for it.
 */
static mn_cpu_time used_before(const struct mn__monitor_sample *last, uint32_t *at,
			       const struct mn_task *task)
{
	while (*at < last->count && last->tasks[*at].id < task->id)
		(*at)++;
	if (*at < last->count && last->tasks[*at].id == task->id)
		return last->tasks[*at].cpu;
	return last->count < MN_DEMO_MONITOR_TASKS ? 0 : task->cpu;
}

static void look_at_tasks(struct mn__monitor_sample *sample, const struct mn__monitor_sample *last)
{
	const struct mn_list *all = &mn_running->tasks;
	uint32_t at = 0;

	for (const struct mn_list *node = all->next;
	     node != all && sample->count < MN_DEMO_MONITOR_TASKS; node = node->next) {
		const struct mn_task *task = MN_CONTAINER((uintptr_t)node, struct mn_task, all);
		const mn_cpu_time used = task->cpu - used_before(last, &at, task);
		const uint32_t share = share_of(used, sample->at_us - last->at_us);

		sample->busy += share;
		sample->tasks[sample->count++] =
			(struct mn__monitor_task){task->id, task->type->name, task->cpu, share};
	}
	if (sample->busy > 1000)
		sample->busy = 1000;
}

static void look_at_screen(struct mn__monitor_sample *sample, const struct mn__monitor_sample *last,
			   uint32_t frames)
{
	const uint64_t us = sample->at_us - last->at_us;

	sample->frames = frames;
	if (us)
		sample->frames_per_second =
			(uint32_t)(((uint64_t)(frames - last->frames) * 1000000 + us / 2) / us);
}

void mn__monitor_look(struct mn_demo_monitor *self)
{
	struct mn__monitor_sample *last = &self->sample;
	struct mn__monitor_sample sample = {.at_us = mn_now_us()};

	look_at_tasks(&sample, last);
	look_at_screen(&sample, last, self->layer.meta.frames);
	*last = sample;
	memmove(self->points, self->points + 1, sizeof self->points - sizeof self->points[0]);
	self->points[MN_DEMO_MONITOR_POINTS - 1] = (uint16_t)sample.busy;
}

/* ---- Cells ------------------------------------------------------------------------------ */

/* Where the next line goes; NULL when the column is full. */
struct column {
	struct mn__monitor_cell *cells;
	uint32_t count, at;
};

/* Zeroed, as all its bytes are compared. */
static struct mn__monitor_content *begin(struct mn__monitor_cell *cell, enum mn__monitor_kind kind,
					 const char *name)
{
	memset(&cell->now, 0, sizeof cell->now);
	cell->now.kind = (uint8_t)kind;
	snprintf(cell->now.name, sizeof cell->now.name, "%s", name);
	return &cell->now;
}

static struct mn__monitor_content *next_line(struct column *column, enum mn__monitor_kind kind,
					     const char *name)
{
	return column->at < column->count ? begin(&column->cells[column->at++], kind, name) : NULL;
}

static struct mn__monitor_content *add_title(struct column *column, const char *name)
{
	return next_line(column, MN__MONITOR_TITLE, name);
}

/* The least of 1 %, 10 % and 100 % in which a share has room. */
static uint32_t scale_for(uint32_t share)
{
	return share <= 10 ? 10 : share <= 100 ? 100 : 1000;
}

static void add_share(struct column *column, const char *name, uint32_t share, uint32_t scale)
{
	struct mn__monitor_content *line = next_line(column, MN__MONITOR_SHARE, name);

	if (!line)
		return;
	line->value = share;
	line->more = scale;
	snprintf(line->text, sizeof line->text, "%" PRIu32 ".%" PRIu32 "%%", share / 10,
		 share % 10);
}

static void add_memory(struct column *column, const char *name, size_t used, size_t size)
{
	struct mn__monitor_content *line = next_line(column, MN__MONITOR_SHARE, name);

	if (!line)
		return;
	line->value = (uint32_t)((uint64_t)used * 1000 / size);
	line->more = 1000;
	snprintf(line->text, sizeof line->text, "%zuK", (used + 1023) / 1024);
}

static void add_frames(struct column *column, uint32_t per_second, uint32_t frame_us)
{
	struct mn__monitor_content *line = next_line(column, MN__MONITOR_RATE, "frames/s");
	const uint64_t part = (uint64_t)per_second * frame_us / 1000;

	if (!line)
		return;
	line->value = part < 1000 ? (uint32_t)part : 1000;
	line->more = 1000;
	snprintf(line->text, sizeof line->text, "%" PRIu32, per_second);
}

static void clear_rest(struct column *column)
{
	while (next_line(column, MN__MONITOR_EMPTY, ""))
		;
}

/* A call that its server has taken. */
static bool has_call(const struct mn_serving *serving)
{
	return serving->wait.state >= MN_SERVING_HANDED &&
	       serving->wait.state != MN_SERVING_REVOKED;
}

static void add_service(void *context, const struct mn_registry_slot *slot)
{
	struct mn__monitor_content *line =
		next_line(context, MN__MONITOR_CALLS, slot->service->name);
	const struct mn_server *server = slot->server;

	if (!line)
		return;
	for (const struct mn_serving *serving = server->slots; serving; serving = serving->next)
		line->value += has_call(serving);
	for (const struct mn_list *node = server->queue.next; node != &server->queue;
	     node = node->next)
		line->more++;
	snprintf(line->text, sizeof line->text, "%" PRIu32 "+%" PRIu32, line->value, line->more);
}

static uint32_t most_of_all(const struct mn__monitor_sample *sample)
{
	uint32_t most = 0;

	for (uint32_t i = 0; i < sample->count; i++)
		if (most < sample->tasks[i].share)
			most = sample->tasks[i].share;
	return most;
}

static void fill_tasks(struct mn_demo_monitor *self)
{
	const struct mn__monitor_sample *sample = &self->sample;
	const uint32_t scale = scale_for(most_of_all(sample));
	const uint32_t lines = self->left_count - 1;
	struct column column = {self->left, self->left_count, 0};
	struct mn__monitor_content *title = add_title(&column, "task");

	snprintf(title->text, sizeof title->text, "of %" PRIu32 "%%", scale / 10);
	self->first = sample->count > lines ? (self->first + 1) % sample->count : 0;
	for (uint32_t i = 0; i < sample->count; i++) {
		const struct mn__monitor_task *task =
			&sample->tasks[(self->first + i) % sample->count];

		add_share(&column, task->name, task->share, scale);
	}
	clear_rest(&column);
}

static void fill_system(struct mn_demo_monitor *self)
{
	const struct mn_display_meta *meta = &self->layer.meta;
	struct column column = {self->right, self->right_count, 0};
	struct mn_heap_stats heap;

	mn_heap_stats(mn_running->heap, &heap);
	add_title(&column, "system");
	add_memory(&column, "heap", heap.used, heap.size);
	add_memory(&column, "heap peak", heap.high_water, heap.size);
	add_frames(&column, self->sample.frames_per_second, meta->frame_us);
	add_title(&column, "service");
	mn_registry_each(mn_running, add_service, &column);
	clear_rest(&column);
}

static void fill_header(struct mn_demo_monitor *self)
{
	struct mn__monitor_content *header = begin(&self->header, MN__MONITOR_HEADER, "");
	const uint32_t up_s = (uint32_t)(self->sample.at_us / 1000000);

	snprintf(header->name, sizeof header->name, "%" PRIu32 " tasks",
		 mn_kernel_task_count(mn_running));
	snprintf(header->text, sizeof header->text, "%02" PRIu32 ":%02" PRIu32 ":%02" PRIu32,
		 up_s / 3600 % 100, up_s / 60 % 60, up_s % 60);
}

/* It moves each time: a sum of its points says whether it looks as before. */
static void fill_curve(struct mn_demo_monitor *self)
{
	struct mn__monitor_content *curve = begin(&self->curve, MN__MONITOR_CURVE, "processor");
	const uint32_t busy = self->sample.busy;
	uint32_t most = 0;

	for (int i = 0; i < MN_DEMO_MONITOR_POINTS; i++) {
		curve->value = curve->value * 31 + self->points[i];
		if (most < self->points[i])
			most = self->points[i];
	}
	curve->more = scale_for(most);
	snprintf(curve->text, sizeof curve->text, "%" PRIu32 ".%" PRIu32 "%% of %" PRIu32 "%%",
		 busy / 10, busy % 10, curve->more / 10);
}

void mn__monitor_fill(struct mn_demo_monitor *self)
{
	fill_header(self);
	fill_curve(self);
	fill_tasks(self);
	fill_system(self);
}
