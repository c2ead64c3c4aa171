/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history_inner.h"
#include "memory.h"

/* The values of the kernel's events, by their places in MN_TRACE_EVENT_LIST. */
enum { SPAWN_TASK, SPAWN_NAME, SPAWN_FILE, SPAWN_SIZE };
enum { WAIT_WHAT, WAIT_ON, WAIT_SERVICE, WAIT_HOLDER };

/* Most waits of a task at once that are shown. */
#define WAITS_MAX 16

struct track *history_track_at(const struct history *self, uint32_t number)
{
	return ((struct track **)(void *)self->tracks.data)[number];
}

uint32_t history_track(struct history *self, enum track_kind kind, uint64_t id)
{
	uint32_t found = history_get(&self->track_of[kind], id);
	if (found != HISTORY_NONE)
		return found;
	struct track *track = memory_get_zeroed(sizeof *track);
	*track = (struct track){.kind = kind,
				.id = kind == TRACK_QUEUE ? 0 : (uint32_t)id,
				.name = HISTORY_NONE,
				.file = HISTORY_NONE,
				.replied = HISTORY_NONE};
	found = HISTORY_COUNT(self->tracks, struct track *);
	memcpy(bytes_grow(&self->tracks, sizeof(struct track *)), &track, sizeof(struct track *));
	history_set(&self->track_of[kind], id, found);
	return found;
}

static struct track *task_track(struct history *self, uint32_t task)
{
	return history_track_at(self, history_track(self, TRACK_TASK, task));
}

/* Writes down the state that is over. On a virtual clock a poll takes no time, and still was one.
 */
static void finish_state(struct history *self, struct track *track, uint64_t now_ns)
{
	uint32_t state = track->state;
	if (state == TRACK_WAIT)
		state += pool_add(&self->waits, track->waits.data, track->waits.len);
	track->waits.len = 0;
	if (now_ns == track->since_ns && (state == TRACK_GONE || state == TRACK_READY))
		return;
	column_put(&track->start, COLUMN_TIME, track->since_ns);
	column_put(&track->states, COLUMN_INT, state);
	column_put(&track->by_column, COLUMN_INT, track->by);
}

/* The first state that is known of a track begins it: before that, it is not there. */
static void change_at(struct history *self, struct track *track, uint64_t now_ns,
		      enum track_state state, uint32_t by)
{
	if (track->since_ns > 0 || track->state != TRACK_GONE)
		finish_state(self, track, now_ns);
	track->since_ns = now_ns;
	track->state = state;
	track->by = by;
}

static void change(struct history *self, struct track *track, enum track_state state, uint32_t by)
{
	change_at(self, track, self->last_ns, state, by);
}

/* Where the end of a wait was lost, the next one looks like another of the same set. */
static void add_wait(struct track *track, const struct history_wait *wait)
{
	for (size_t at = 0; at < track->waits.len; at += sizeof *wait)
		if (memcmp(track->waits.data + at, wait, sizeof *wait) == 0)
			return;
	if (track->waits.len < WAITS_MAX * sizeof *wait)
		bytes_put(&track->waits, wait, sizeof *wait);
}

/*
 * Events.
 */

static struct track *own_track(struct history *self, const struct trace_event *event)
{
	return task_track(self, event->task);
}

uint32_t history_running(struct history *self, const struct trace_event *event)
{
	return event->task ? history_track(self, TRACK_TASK, event->task) : HISTORY_NONE;
}

void history_take_spawn(struct history *self, const struct trace_event *event)
{
	uint32_t parent = history_running(self, event);
	struct track *track = task_track(self, (uint32_t)trace_event_number(event, SPAWN_TASK));
	track->name = history_field_text(self, event, SPAWN_NAME);
	track->file = history_field_text(self, event, SPAWN_FILE);
	track->size = (uint32_t)trace_event_number(event, SPAWN_SIZE);
	change(self, track, TRACK_READY, parent + 1);
}

/* There is one executor: a task that was running and did not say how that ended is lost to us
 * until it is heard of again. */
void history_take_poll(struct history *self, const struct trace_event *event)
{
	struct track *track = own_track(self, event);
	if (self->running && self->running != track && self->running->state == TRACK_RUNNING)
		change(self, self->running, TRACK_GONE, 0);
	self->running = track;
	change(self, track, TRACK_RUNNING, history_request(self, event->cause) + 1);
	history_deliver(self, track);
}

void history_take_wait(struct history *self, const struct trace_event *event)
{
	struct track *track = own_track(self, event);
	const struct history_wait wait = {
		.on = trace_event_number(event, WAIT_ON),
		.what = history_field_text(self, event, WAIT_WHAT),
		.service = HISTORY_NONE,
		.service_id = (uint32_t)trace_event_number(event, WAIT_SERVICE),
		.holder = (uint32_t)trace_event_number(event, WAIT_HOLDER),
	};
	if (track->state != TRACK_WAIT)
		change(self, track, TRACK_WAIT, 0);
	add_wait(track, &wait);
}

/* The kernel says nothing of this: the caller is not polled between its turn and the reply. */
void history_begin_service(struct history *self, struct track *caller, uint32_t server)
{
	const uint32_t queued = pool_add_text(&self->texts, "its turn at");
	const uint32_t served = pool_add_text(&self->texts, "a reply from");
	struct history_wait waits[WAITS_MAX];
	const size_t count = caller->waits.len / sizeof waits[0];
	bool its = false;

	if (caller->state != TRACK_WAIT || count == 0)
		return;
	memcpy(waits, caller->waits.data, caller->waits.len);
	for (size_t i = 0; i < count; i++) {
		if (waits[i].what != queued)
			continue;
		its = true;
		waits[i].what = served;
		waits[i].holder = server;
	}
	if (!its)
		return;
	change(self, caller, TRACK_WAIT, 0);
	for (size_t i = 0; i < count; i++)
		add_wait(caller, &waits[i]);
}

void history_take_ready(struct history *self, const struct trace_event *event)
{
	change(self, own_track(self, event), TRACK_READY, history_running(self, event) + 1);
}

void history_take_end(struct history *self, const struct trace_event *event)
{
	change(self, own_track(self, event), TRACK_GONE, 0);
}

void history_take_wake(struct history *self, const struct trace_event *event)
{
	uint32_t by = history_running(self, event);
	struct track *track = task_track(self, (uint32_t)trace_event_number(event, 0));
	if (track->state != TRACK_RUNNING && track->state != TRACK_READY)
		change(self, track, TRACK_READY, by + 1);
}

void history_take_irq(struct history *self, const struct trace_event *event)
{
	struct track *track = history_track_at(
		self, history_track(self, TRACK_IRQ, trace_event_number(event, 0)));
	bool enter = event->site->known == MN_TRACE_IRQ_ENTER;
	change(self, track, enter ? TRACK_RUNNING : TRACK_GONE, 0);
}

void history_take_queue(struct history *self, const struct trace_event *event)
{
	uint64_t address = trace_event_number(event, 0);
	bool full = event->site->known == MN_TRACE_QUEUE_FULL;
	struct track *track = history_track_at(self, history_track(self, TRACK_QUEUE, address));
	if (track->name == HISTORY_NONE) {
		char name[80];
		size_t len = 5;
		uint32_t kind = history_field_text(self, event, 1);
		const char *word =
			kind == HISTORY_NONE ? "queue" : pool_get(&self->texts, kind, &len);
		int used = snprintf(name, sizeof name, "%.*s 0x%" PRIx64, (int)len, word, address);
		track->name = pool_add(&self->texts, name, (size_t)used);
	}
	if (full == (track->state == TRACK_RUNNING))
		return; /* each writer that finds it full says so */
	change(self, track, full ? TRACK_RUNNING : TRACK_GONE, 0);
}

/* What a snapshot knows of a task of which the events have not told, or not any more: a task that
 * is stuck is in no event at all. */
void history_take_task(struct history *self, const struct mn_trace_task *task)
{
	struct track *track = task_track(self, task->id);
	if (track->name == HISTORY_NONE)
		track->name = history_text(self, task->name);
	if (track->file == HISTORY_NONE)
		track->file = history_text(self, task->file);
	track->size = task->size;
	/* What a carrier of the trace does is not in it, so what it does now says little. */
	track->carrier |= task->carrier;
	if (track->carrier || track->state != TRACK_GONE)
		return;
	uint64_t now_ns = self->any ? self->last_ns : self->snapshot_ns;
	if (task->state != MN_TRACE_TASK_WAITING || task->wait_count == 0) {
		change_at(self, track, now_ns, TRACK_READY, 0);
		return;
	}
	uint64_t since_ns = trace_stream_ns(self->stream, task->waits[0].since);
	bool believed = since_ns > track->since_ns && since_ns < now_ns;
	change_at(self, track, believed ? since_ns : now_ns, TRACK_WAIT, 0);
	for (uint32_t i = 0; i < task->wait_count; i++) {
		const struct mn_trace_wait *wait = &task->waits[i];
		add_wait(track, &(struct history_wait){
					.on = wait->on,
					.what = history_text(self, wait->what),
					.service = wait->name.len ? history_text(self, wait->name)
								  : HISTORY_NONE,
					.holder = wait->holder,
				});
	}
}

/*
 * The end.
 */

void history_restart_tracks(struct history *self)
{
	for (uint32_t i = 0; i < HISTORY_COUNT(self->tracks, struct track *); i++) {
		struct track *track = history_track_at(self, i);
		if (track->state != TRACK_GONE)
			change(self, track, TRACK_GONE, 0);
		track->replied = HISTORY_NONE;
	}
	for (size_t i = 0; i < TRACK_KINDS; i++)
		map_clear(&self->track_of[i]);
	self->running = NULL;
}

void history_end_tracks(struct history *self)
{
	for (uint32_t i = 0; i < HISTORY_COUNT(self->tracks, struct track *); i++) {
		struct track *track = history_track_at(self, i);
		if (track->state != TRACK_GONE || track->since_ns > 0)
			finish_state(self, track, UINT64_MAX);
	}
}

void history_free_tracks(struct history *self)
{
	for (uint32_t i = 0; i < HISTORY_COUNT(self->tracks, struct track *); i++) {
		struct track *track = history_track_at(self, i);
		bytes_free(&track->waits);
		bytes_free(&track->start.bytes);
		bytes_free(&track->states.bytes);
		bytes_free(&track->by_column.bytes);
		free(track);
	}
	bytes_free(&self->tracks);
	for (size_t i = 0; i < TRACK_KINDS; i++)
		map_clear(&self->track_of[i]);
}
