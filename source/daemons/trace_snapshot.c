/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The trace daemon: snapshots, what every task does and waits for and how the rest stands.
 *
 * It is sent in pieces while the system goes on, so tasks may come and end meanwhile: the list of
 * tasks is in the order of their ids, and the next is looked for by id. Works whatever the state of
 * the other tasks is, for nothing here waits for any of them but for the line.
 */
#include <mnemos/heap.h>
#include "trace_internal.h"

/* Most waits of one task that are shown; more than any race here has. */
#define WAITS_MAX 8

/* What comes next; mn__trace_snapshot.part. */
enum { NOTHING, BEGIN, TASKS, SERVICES, HEAP, COUNTERS, END };

/* ---- Times ------------------------------------------------------------------------- */

/* A duration in ticks of the trace; without overflow up to 200 days at 1 GHz. */
static uint64_t ticks_of(uint64_t us)
{
	return us * (mn_platform_trace_hz(mn_running) / 1000) / 1000;
}

/* Trace time of what began at `since`, in units of 1024 us of kernel time. */
static uint64_t time_of(uint32_t since)
{
	const uint32_t age = (uint32_t)(mn_now_us() >> 10) - since;
	const uint64_t now = mn__tracer_now();
	const uint64_t ticks = ticks_of((uint64_t)age << 10);

	return ticks < now ? now - ticks : 0;
}

static uint64_t time_of_deadline(uint64_t deadline_us)
{
	const uint64_t now_us = mn_now_us();

	return mn__tracer_now() + (deadline_us > now_us ? ticks_of(deadline_us - now_us) : 0);
}

/* ---- Tasks ------------------------------------------------------------------------- */

static struct mn_trace_wait wait_of(const struct mn_wait *wait)
{
	const struct mn_task *holder = mn_wait_holder(mn_running, wait);

	return (struct mn_trace_wait){
		.what = mn__tracer_text(mn_wait_text(wait)),
		.name = mn__tracer_text(mn_wait_service(mn_running, wait)),
		.on = (uintptr_t)wait->on,
		.since = time_of(wait->since),
		.holder = holder ? holder->id : 0,
		.holder_ended = mn_wait_holder_ended(mn_running, wait),
		.over = mn_wait_over(mn_running, wait),
	};
}

static uint32_t waits_of(const struct mn_task *task, struct mn_trace_wait *waits)
{
	uint32_t count = 0;

	for (const struct mn_wait *wait = mn_task_waits(mn_running, task);
	     wait && count < WAITS_MAX; wait = wait->more)
		waits[count++] = wait_of(wait);
	return count;
}

static enum mn_trace_task_state state_of(const struct mn_task *task)
{
	if (task == mn_running->current)
		return MN_TRACE_TASK_RUNNING;
	if (task->next)
		return MN_TRACE_TASK_READY;
	return mn_task_waits(mn_running, task) ? MN_TRACE_TASK_WAITING : MN_TRACE_TASK_LOST;
}

/* The timer of a task that waits for a service only writes a line into the log. */
static uint64_t limit_of(const struct mn_task *task)
{
	uint64_t deadline_us;

	for (const struct mn_wait *wait = mn_task_waits(mn_running, task); wait; wait = wait->more)
		if (wait->kind == MN_WAIT_CONNECT)
			return 0;
	deadline_us = mn_task_deadline_us(mn_running, task);
	return deadline_us == MN_NEVER ? 0 : time_of_deadline(deadline_us);
}

static bool put_task(struct mn_trace_daemon *self, const struct mn_task *task)
{
	struct mn_trace_wait waits[WAITS_MAX];
	struct mn_trace_message message = {
		.kind = MN_TRACE_TASK,
		.task = {.id = task->id,
			 .name = mn__tracer_text(task->type->name),
			 .file = mn__tracer_text(task->type->file),
			 .line = task->frame.resume,
			 .state = state_of(task),
			 .size = (uint32_t)task->type->size,
			 .polls = task->polls,
			 .cpu = task->cpu,
			 .cause = task->cause,
			 .limit = limit_of(task),
			 .carrier = mn_trace_muted(task),
			 .wait_count = waits_of(task, waits),
			 .waits = waits},
	};

	return mn__tracer_put_message(self, &message);
}

/* As many as there is room for; one that is too long for any buffer is left out. */
static bool put_tasks(struct mn_trace_daemon *self)
{
	const struct mn_list *tasks = &mn_running->tasks;

	for (const struct mn_list *node = tasks->next; node != tasks; node = node->next) {
		const struct mn_task *task = MN_CONTAINER((uintptr_t)node, struct mn_task, all);

		if (task->id <= self->snapshot.last)
			continue;
		if (!put_task(self, task) && self->out_len > 0)
			return false;
		self->snapshot.last = task->id;
	}
	return true;
}

/* ---- Services ---------------------------------------------------------------------- */

static uint32_t queued(const struct mn_server *server)
{
	uint32_t count = 0;

	for (const struct mn_list *node = server->queue.next; node != &server->queue;
	     node = node->next)
		count++;
	return count;
}

/* A call that its server has taken, or is about to find. */
static const struct mn_call *call_of(const struct mn_serving *serving)
{
	return serving->wait.state >= MN_SERVING_HANDED && serving->wait.state != MN_SERVING_REVOKED
		       ? serving->call
		       : NULL;
}

static void look_at_slots(const struct mn_server *server, struct mn_trace_service *service)
{
	const struct mn_call *longest = NULL;

	for (const struct mn_serving *serving = server->slots; serving; serving = serving->next) {
		const struct mn_call *call = call_of(serving);

		if (!call)
			continue;
		service->serving++;
		if (!longest || (int32_t)(call->wait.since - longest->wait.since) < 0)
			longest = call;
	}
	if (longest) {
		service->client = longest->wait.task->id;
		service->since = time_of(longest->wait.since);
	}
}

static bool put_service(struct mn_trace_daemon *self, const struct mn_registry_slot *slot)
{
	struct mn_trace_message message = {
		.kind = MN_TRACE_SERVICE,
		.service = {.id = slot->id,
			    .name = mn__tracer_text(slot->service->name),
			    .instance = mn__tracer_text(slot->instance),
			    .task = slot->server->task->id,
			    .queued = queued(slot->server)},
	};

	_Static_assert(sizeof slot->service->uuid == sizeof message.service.uuid, "a UUID's bytes");
	memcpy(message.service.uuid, &slot->service->uuid, sizeof message.service.uuid);
	look_at_slots(slot->server, &message.service);
	return mn__tracer_put_message(self, &message);
}

static bool put_services(struct mn_trace_daemon *self)
{
	for (uint32_t at = self->snapshot.last; at < mn_running->max_services; at++) {
		const struct mn_registry_slot *slot = &mn_running->services[at];

		if (slot->server && !put_service(self, slot) && self->out_len > 0)
			return false;
		self->snapshot.last = at + 1;
	}
	return true;
}

/* ---- Numbers ----------------------------------------------------------------------- */

static bool put_heap(struct mn_trace_daemon *self)
{
	struct mn_heap_stats stats;

	mn_heap_stats(mn_running->heap, &stats);
	return mn__tracer_put_message(self, &(struct mn_trace_message){
						    .kind = MN_TRACE_HEAP,
						    .heap = {.size = stats.size,
							     .used = stats.used,
							     .high_water = stats.high_water,
							     .largest_free = stats.largest,
							     .failures = stats.failures,
							     .waiting = stats.waiting},
					    });
}

static bool put_counters(struct mn_trace_daemon *self)
{
	const struct mn_sermux_stats *mux = mn_sermux_port_stats(&self->port);
	const struct mn_trace_discarded *lost = &self->lost_in_all;
	const struct {
		const char *name;
		uint64_t value;
	} counters[] = {
		{"trace.events_lost", lost->events},
		{"trace.spans_lost", lost->new_spans},
		{"trace.span_activity_lost", lost->span_activity},
		{"kernel.tasks_spawned", mn_running->task_id},
		{"kernel.polls_over_budget", mn_running->over_budget},
		{"serial_mux.frames_in", mux->frames_in},
		{"serial_mux.frames_out", mux->frames_out},
		{"serial_mux.bytes_in", mux->bytes_in},
		{"serial_mux.bytes_out", mux->bytes_out},
		{"serial_mux.bad_frames", (uint64_t)mux->bad_cobs + mux->too_short + mux->overlong},
		{"serial_mux.unknown_port", mux->unknown_port},
		{"serial_mux.holds", mux->holds},
		{"serial_mux.bytes_dropped", mux->bytes_dropped},
		{"serial_mux.bytes_discarded", mux->bytes_discarded},
		{"serial_mux.peers", mux->peers},
	};

	while (self->snapshot.last < sizeof counters / sizeof counters[0]) {
		const struct mn_trace_message message = {
			.kind = MN_TRACE_COUNTER,
			.counter = {mn__tracer_text(counters[self->snapshot.last].name),
				    counters[self->snapshot.last].value},
		};

		if (!mn__tracer_put_message(self, &message))
			return false;
		self->snapshot.last++;
	}
	return true;
}

/* ---- All --------------------------------------------------------------------------- */

static bool put_bracket(struct mn_trace_daemon *self, enum mn_trace_kind kind)
{
	return mn__tracer_put_message(
		self, &(struct mn_trace_message){
			      .kind = kind,
			      .snapshot = {.id = self->snapshot.id, .time = mn__tracer_now()}});
}

static bool put_part(struct mn_trace_daemon *self)
{
	switch (self->snapshot.part) {
	case BEGIN:
		return put_bracket(self, MN_TRACE_SNAPSHOT_BEGIN);
	case TASKS:
		return put_tasks(self);
	case SERVICES:
		return put_services(self);
	case HEAP:
		return put_heap(self);
	case COUNTERS:
		return put_counters(self);
	case END:
		return put_bracket(self, MN_TRACE_SNAPSHOT_END);
	}
	return true;
}

bool mn__tracer_put_snapshot(struct mn_trace_daemon *self)
{
	struct mn__trace_snapshot *snapshot = &self->snapshot;

	if (snapshot->part == NOTHING) {
		snapshot->part = BEGIN;
		snapshot->id = snapshot->next_id;
		snapshot->wanted = false;
	}
	if (!put_part(self))
		return false;
	snapshot->part = snapshot->part == END ? NOTHING : (uint8_t)(snapshot->part + 1);
	snapshot->last = 0;
	return true;
}
