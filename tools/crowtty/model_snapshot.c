/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The model and what is no event: who speaks, the clock, losses, and snapshots. */
#include <string.h>

#include "model_inner.h"

/* The kernel remembers the beginning of a wait to a millisecond. */
#define SAME_SINCE_NS 3000000

static const char *text_of(struct model *model, struct mn_trace_text text)
{
	return model_text(model, text.data, text.len);
}

/* By more than a second earlier than before: the target has started anew. */
static void take_clock(struct model *model, uint64_t ticks)
{
	/* A stream's times never go back, but ticks do. */
	if (ticks + model->tick_hz < model->inner->ticks)
		model_reset(model);
	model->inner->ticks = ticks;
	model_set_clock(model, model_ns(model, ticks));
}

static void take_welcome(struct model *model, const struct mn_trace_welcome *welcome)
{
	model->version = welcome->version;
	model->tick_hz = welcome->tick_hz;
	model->cpu_hz = welcome->cpu_hz;
	model->system = text_of(model, welcome->system);
	model->release = text_of(model, welcome->release);
	model->build = text_of(model, welcome->build);
	model->machine = text_of(model, welcome->machine);
	take_clock(model, welcome->now);
}

static void take_discarded(struct model *model, const struct mn_trace_discarded *more)
{
	model->discarded.new_spans += more->new_spans;
	model->discarded.span_activity += more->span_activity;
	model->discarded.events += more->events;
	model->discarded.metas += more->metas;
}

/*
 * A task in a snapshot.
 */

static bool is_same_time(uint64_t one_ns, uint64_t other_ns)
{
	return (one_ns > other_ns ? one_ns - other_ns : other_ns - one_ns) <= SAME_SINCE_NS;
}

/* How often in a row it was seen so; a task that comes and goes between has another `since`. */
static void count_looks(struct model_wait *wait, const struct model_wait *old, uint32_t old_count)
{
	wait->looks = 1;
	wait->over_looks = wait->over;
	for (uint32_t i = 0; i < old_count; i++) {
		uint64_t apart = old[i].since_ns > wait->since_ns
					 ? old[i].since_ns - wait->since_ns
					 : wait->since_ns - old[i].since_ns;
		if (old[i].on != wait->on || old[i].what != wait->what || apart > SAME_SINCE_NS)
			continue;
		wait->looks += old[i].looks;
		if (wait->over)
			wait->over_looks += old[i].over_looks;
	}
}

static void take_waits(struct model *model, struct model_task *task,
		       const struct mn_trace_task *said)
{
	struct model_wait old[MN_TRACE_FIELDS_MAX];
	uint32_t old_count = model_wait_count(task);
	if (old_count > MN_TRACE_FIELDS_MAX)
		old_count = MN_TRACE_FIELDS_MAX;
	if (old_count > 0)
		memcpy(old, task->waits, old_count * sizeof *old);
	task->wait_count = 0;
	for (uint32_t i = 0; i < said->wait_count; i++) {
		const struct mn_trace_wait *from = &said->waits[i];
		struct model_wait *wait = model_add_wait(task);
		wait->what = text_of(model, from->what);
		wait->name = text_of(model, from->name);
		wait->on = from->on;
		wait->since_ns = model_ns(model, from->since);
		wait->holder = from->holder;
		wait->holder_ended = from->holder_ended;
		wait->over = from->over;
		count_looks(wait, old, old_count);
		model_note_reader(model, task, wait);
	}
}

/* Both count modulo a power of two: polls 2^32, CPU time 2^32 or 2^64. */
static void measure(struct model *model, struct model_task *task, const struct mn_trace_task *said)
{
	uint32_t polls = said->polls - task->raw_polls;
	uint64_t cpu = said->cpu - task->raw_cpu;
	double seconds = ((double)model->inner->begun_ns - (double)model->snapshot_ns) / 1e9;
	bool good = task->measured && model->snapshots > 0 && seconds > 0;
	if (said->cpu < task->raw_cpu)
		cpu = (uint32_t)cpu;
	if (!task->measured)
		polls = said->polls;
	if (!task->measured)
		cpu = said->cpu;
	task->polls += polls;
	task->polls_per_s = good ? polls / seconds : -1;
	if (model->cpu_hz > 0) {
		double used = (double)cpu / (double)model->cpu_hz;
		task->cpu_ns += used < 1e9 ? (uint64_t)(used * 1e9) : 0; /* not of a real clock */
		task->cpu_share = good ? used / seconds : -1;
	}
	task->raw_polls = said->polls;
	task->raw_cpu = said->cpu;
	task->measured = true;
}

static void take_task(struct model *model, const struct mn_trace_task *said)
{
	if (said->id == 0 || !model->inner->in_snapshot)
		return;
	struct model_task *task = model_need_task(model, said->id);
	bool was_seen = task->seen + 1 == model->inner->look;
	if (task->ended) { /* an end that was none: its number came in a damaged event */
		task->ended = false;
		model->ended_count--;
	}
	task->name = text_of(model, said->name);
	task->file = model_file(text_of(model, said->file));
	task->line = said->line;
	take_waits(model, task, said);
	if (said->state != task->state || task->state_since_ns == 0)
		task->state_since_ns = model->inner->begun_ns;
	task->state = said->state;
	task->size = said->size;
	task->cause = said->cause;
	task->limit_ns = model_ns(model, said->limit);
	task->carrier = said->carrier;
	measure(model, task, said);
	if (said->state == MN_TRACE_TASK_READY)
		task->ready_looks = was_seen ? task->ready_looks + 1 : 1;
	else
		task->ready_looks = 0;
	task->seen = model->inner->look;
}

/*
 * The rest of a snapshot.
 */

static void take_service(struct model *model, const struct mn_trace_service *said)
{
	struct model_service *service = model_need_service(model, said->id);
	uint64_t since_ns = model_ns(model, said->since);
	bool same = service->seen + 1 == model->inner->look && said->serving > 0 &&
		    service->client == said->client && is_same_time(service->since_ns, since_ns);
	if (!same)
		service->held_ns = said->serving > 0 ? model->inner->begun_ns : 0;
	service->name = text_of(model, said->name);
	service->instance = text_of(model, said->instance);
	memcpy(service->uuid, said->uuid, sizeof service->uuid);
	service->task = said->task;
	service->ended = false;
	service->queued = said->queued;
	service->serving = said->serving;
	service->client = said->client;
	service->since_ns = since_ns;
	service->seen = model->inner->look;
}

static void take_counter(struct model *model, const struct mn_trace_counter *said)
{
	const char *name = text_of(model, said->name);
	for (size_t i = 0; i < model->counter_count; i++)
		if (model->counters[i].name == name) {
			model->counters[i].value = said->value;
			return;
		}
	model->counters = model_grow(model->counters, &model->inner->counter_cap,
				     model->counter_count, sizeof *model->counters);
	model->counters[model->counter_count++] = (struct model_counter){name, said->value};
}

static void begin(struct model *model, const struct mn_trace_snapshot *snapshot)
{
	take_clock(model, snapshot->time);
	model->inner->begun_ns = model_ns(model, snapshot->time);
	model->inner->in_snapshot = true;
	model->inner->look++;
}

/* Calls whose reply went unseen: the caller waits no more. */
static void forget_calls(struct model *model)
{
	struct model_inner *inner = model->inner;
	size_t kept = 0;
	for (size_t i = 0; i < inner->call_count; i++) {
		const struct model_task *task = model_task(model, inner->calls[i].task);
		if (task && model_wait_count(task) > 0)
			inner->calls[kept++] = inner->calls[i];
	}
	inner->call_count = kept;
}

/* What it did not mention has gone, unless it came while it was taken. */
static void sweep(struct model *model)
{
	uint32_t look = model->inner->look;
	for (size_t i = model->task_count; i-- > 0;) {
		struct model_task *task = model->tasks[i];
		bool came_since = task->seen == 0 && task->state_since_ns >= model->inner->begun_ns;
		if (task->seen != look && !task->ended && !came_since) {
			model_end_task(model, task, model->inner->begun_ns);
			if (i > model->task_count) /* older ones were forgotten */
				i = model->task_count;
		}
	}
	size_t kept = 0;
	for (size_t i = 0; i < model->service_count; i++)
		if (model->services[i].seen == look)
			model->services[kept++] = model->services[i];
	model->service_count = kept;
	forget_calls(model);
}

static void end(struct model *model, const struct mn_trace_snapshot *snapshot)
{
	uint64_t begun_ns = model->inner->begun_ns;
	if (!model->inner->in_snapshot)
		return;
	model->inner->in_snapshot = false;
	model_set_clock(model, model_ns(model, snapshot->time));
	sweep(model);
	model->interval_ns = model->snapshots > 0 && begun_ns > model->snapshot_ns
				     ? begun_ns - model->snapshot_ns
				     : 0;
	model->snapshot_ns = begun_ns;
	model->snapshot_id = snapshot->id;
	model->snapshots++;
}

void model_take_message(void *context, const struct mn_trace_message *message, uint64_t host_ns)
{
	struct model *model = context;
	model->heard_ns = host_ns;
	model_set_now(model, host_ns);
	switch (message->kind) {
	case MN_TRACE_HEARTBEAT:
		model->level = message->level;
		break;
	case MN_TRACE_DISCARDED:
		take_discarded(model, &message->discarded);
		break;
	case MN_TRACE_WELCOME:
		take_welcome(model, &message->welcome);
		break;
	case MN_TRACE_TIME:
		take_clock(model, message->now);
		break;
	case MN_TRACE_SNAPSHOT_BEGIN:
		begin(model, &message->snapshot);
		break;
	case MN_TRACE_TASK:
		take_task(model, &message->task);
		break;
	case MN_TRACE_SERVICE:
		take_service(model, &message->service);
		break;
	case MN_TRACE_HEAP:
		model->heap = message->heap;
		model->has_heap = true;
		break;
	case MN_TRACE_COUNTER:
		take_counter(model, &message->counter);
		break;
	case MN_TRACE_SNAPSHOT_END:
		end(model, &message->snapshot);
		break;
	default: /* events and what they need come another way */
		break;
	}
}
