/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "history.h"
#include "history_text.h"
#include "memory.h"

/* The values of the kernel's events, by their places in MN_TRACE_EVENT_LIST. */
enum { SPAWN_TASK, SPAWN_NAME, SPAWN_FILE, SPAWN_SIZE };
enum { WAIT_WHAT, WAIT_ON, WAIT_SERVICE, WAIT_HOLDER };
enum { CALL_SERVICE, CALL_CLIENT, CALL_REQUEST, CALL_CAUSE, CALL_RESULT = CALL_CAUSE };

static uint64_t number(const struct trace_event *event, uint32_t field)
{
	return trace_event_number(event, field);
}

static uint32_t add_text(struct history *self, struct mn_trace_text given)
{
	return pool_add(&self->texts, given.data, given.len);
}

/* Of a field; HISTORY_NONE if it is empty. */
static uint32_t text(struct history *self, const struct trace_event *event, uint32_t field)
{
	struct mn_trace_text given = trace_event_text(event, field);
	return given.len ? add_text(self, given) : HISTORY_NONE;
}

/* What a number stands for is kept as a pointer, so 1 more. */
static uint32_t get(const struct map *map, uint64_t key)
{
	return (uint32_t)(uintptr_t)map_get(map, key) - 1;
}

static void set(struct map *map, uint64_t key, uint32_t value)
{
	map_put(map, key, (void *)((uintptr_t)value + 1));
}

/*
 * Tracks.
 */

static struct track *track_at(const struct history *self, uint32_t number)
{
	return ((struct track **)(void *)self->tracks.data)[number];
}

static uint32_t find_track(struct history *self, enum track_kind kind, uint64_t id)
{
	uint32_t found = get(&self->track_of[kind], id);
	if (found != HISTORY_NONE)
		return found;
	struct track *track = memory_get_zeroed(sizeof *track);
	*track = (struct track){.kind = kind,
				.id = kind == TRACK_QUEUE ? 0 : (uint32_t)id,
				.name = HISTORY_NONE,
				.file = HISTORY_NONE,
				.replied = HISTORY_NONE};
	found = HISTORY_COUNT(self->tracks, struct track *);
	bytes_put(&self->tracks, &track, sizeof(track));
	set(&self->track_of[kind], id, found);
	return found;
}

static struct track *task_track(struct history *self, uint32_t task)
{
	return track_at(self, find_track(self, TRACK_TASK, task));
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
static void change(struct history *self, struct track *track, uint64_t now_ns,
		   enum track_state state, uint32_t by)
{
	if (track->since_ns > 0 || track->state != TRACK_GONE)
		finish_state(self, track, now_ns);
	track->since_ns = now_ns;
	track->state = state;
	track->by = by;
}

static void add_wait(struct track *track, const struct history_wait *wait)
{
	bytes_put(&track->waits, wait, sizeof *wait);
}

/*
 * Messages.
 */

static struct history_message *message_at(const struct history *self, uint32_t number)
{
	return (struct history_message *)(void *)self->messages.data + number;
}

/* Ids of requests are odd, those of their replies one less. */
static uint32_t find_request(const struct history *self, uint64_t id)
{
	return id ? get(&self->request_of, id | 1) : HISTORY_NONE;
}

static uint32_t add_request(struct history *self, const struct trace_event *event, uint64_t now_ns)
{
	const struct history_message message = {
		.call_ns = now_ns,
		.id = (uint32_t)number(event, CALL_REQUEST),
		.service = (uint32_t)number(event, CALL_SERVICE),
		.client = (uint32_t)number(event, CALL_CLIENT),
		.cause = HISTORY_NONE,
		.from = HISTORY_NONE,
		.to = HISTORY_NONE,
		.next_replied = HISTORY_NONE,
		.begun_before = true,
	};
	uint32_t at = HISTORY_COUNT(self->messages, message);
	bytes_put(&self->messages, &message, sizeof message);
	set(&self->request_of, message.id | 1, at);
	return at;
}

static struct history_message *of_request(struct history *self, const struct trace_event *event,
					  uint64_t now_ns)
{
	uint32_t at = find_request(self, number(event, CALL_REQUEST));
	if (at == HISTORY_NONE)
		at = add_request(self, event, now_ns);
	return message_at(self, at);
}

static uint32_t running_track(struct history *self, const struct trace_event *event)
{
	return event->task ? find_track(self, TRACK_TASK, event->task) : HISTORY_NONE;
}

static void take_call(struct history *self, const struct trace_event *event, uint64_t now_ns)
{
	uint32_t cause_id = (uint32_t)number(event, CALL_CAUSE);
	uint32_t cause = find_request(self, cause_id);
	struct history_message *message = message_at(self, add_request(self, event, now_ns));
	message->from = running_track(self, event);
	message->begun_before = false;
	message->cause_id = cause_id;
	message->cause = cause;
}

static void take_serve(struct history *self, const struct trace_event *event, uint64_t now_ns)
{
	uint32_t server = running_track(self, event);
	struct history_message *message = of_request(self, event, now_ns);
	message->serve_ns = now_ns;
	message->to = server;
}

static void take_reply(struct history *self, const struct trace_event *event, uint64_t now_ns)
{
	uint32_t server = running_track(self, event);
	struct history_message *message = of_request(self, event, now_ns);
	message->reply_ns = now_ns;
	message->result = (uint32_t)number(event, CALL_RESULT);
	if (message->to == HISTORY_NONE)
		message->to = server;
	if (message->from == HISTORY_NONE || message->revoked)
		return;
	struct track *caller = track_at(self, message->from);
	message->next_replied = caller->replied;
	caller->replied = (uint32_t)(message - message_at(self, 0));
}

static void take_revoke(struct history *self, const struct trace_event *event, uint64_t now_ns)
{
	struct history_message *message = of_request(self, event, now_ns);
	message->revoked = true;
	message->back_ns = now_ns;
}

/* The caller runs again: its replies have arrived. */
static void deliver_replies(struct history *self, struct track *caller, uint64_t now_ns)
{
	while (caller->replied != HISTORY_NONE) {
		struct history_message *message = message_at(self, caller->replied);
		message->back_ns = now_ns;
		caller->replied = message->next_replied;
	}
}

/*
 * Tasks.
 */

static void take_spawn(struct history *self, const struct trace_event *event, uint64_t now_ns)
{
	uint32_t parent = running_track(self, event);
	struct track *track = task_track(self, (uint32_t)number(event, SPAWN_TASK));
	track->name = text(self, event, SPAWN_NAME);
	track->file = text(self, event, SPAWN_FILE);
	track->size = (uint32_t)number(event, SPAWN_SIZE);
	change(self, track, now_ns, TRACK_READY, parent + 1);
}

/* There is one executor: a task that was running and did not say how that ended is lost to us
 * until it is heard of again. */
static void take_poll(struct history *self, const struct trace_event *event, uint64_t now_ns)
{
	struct track *track = task_track(self, event->task);
	if (self->running && self->running != track && self->running->state == TRACK_RUNNING)
		change(self, self->running, now_ns, TRACK_GONE, 0);
	self->running = track;
	change(self, track, now_ns, TRACK_RUNNING, find_request(self, event->cause) + 1);
	deliver_replies(self, track, now_ns);
}

static void take_wait(struct history *self, const struct trace_event *event, uint64_t now_ns)
{
	struct track *track = task_track(self, event->task);
	const struct history_wait wait = {
		.on = number(event, WAIT_ON),
		.what = text(self, event, WAIT_WHAT),
		.service = text(self, event, WAIT_SERVICE),
		.holder = (uint32_t)number(event, WAIT_HOLDER),
	};
	if (track->state != TRACK_WAIT)
		change(self, track, now_ns, TRACK_WAIT, 0);
	add_wait(track, &wait);
}

static void take_wake(struct history *self, const struct trace_event *event, uint64_t now_ns)
{
	uint32_t by = running_track(self, event);
	struct track *track = task_track(self, (uint32_t)number(event, 0));
	if (track->state != TRACK_RUNNING && track->state != TRACK_READY)
		change(self, track, now_ns, TRACK_READY, by + 1);
}

static void take_irq(struct history *self, const struct trace_event *event, uint64_t now_ns)
{
	struct track *track = track_at(self, find_track(self, TRACK_IRQ, number(event, 0)));
	bool enter = event->site->known == MN_TRACE_IRQ_ENTER;
	change(self, track, now_ns, enter ? TRACK_RUNNING : TRACK_GONE, 0);
}

static void take_queue(struct history *self, const struct trace_event *event, uint64_t now_ns)
{
	uint64_t address = number(event, 0);
	bool full = event->site->known == MN_TRACE_QUEUE_FULL;
	struct track *track = track_at(self, find_track(self, TRACK_QUEUE, address));
	if (track->name == HISTORY_NONE) {
		char name[80];
		size_t len = 5;
		uint32_t kind = text(self, event, 1);
		const char *word =
			kind == HISTORY_NONE ? "queue" : pool_get(&self->texts, kind, &len);
		int used = snprintf(name, sizeof name, "%.*s 0x%" PRIx64, (int)len, word, address);
		track->name = pool_add(&self->texts, name, (size_t)used);
	}
	if (full == (track->state == TRACK_RUNNING))
		return; /* each writer that finds it full says so */
	change(self, track, now_ns, full ? TRACK_RUNNING : TRACK_GONE, 0);
}

static void take_register(struct history *self, const struct trace_event *event)
{
	const struct history_service service = {(uint32_t)number(event, 0), text(self, event, 1)};
	if (service.name != HISTORY_NONE)
		bytes_put(&self->services, &service, sizeof service);
}

static void take_log(struct history *self, const struct trace_event *event, uint64_t now_ns)
{
	char *line = history_event_text(event);
	const struct history_log log = {
		.time_ns = now_ns,
		.track = running_track(self, event),
		.target = pool_add_text(&self->texts, event->site ? event->site->target : "?"),
		.text = pool_add_text(&self->texts, line),
		.level = event->site ? event->site->level : MN_TRACE_INFO,
	};
	free(line);
	bytes_put(&self->log, &log, sizeof log);
}

static void take_event(struct history *self, const struct trace_event *event, uint64_t now_ns)
{
	switch (event->site ? event->site->known : MN_TRACE_KNOWN_COUNT) {
	case MN_TRACE_SPAWN:
		take_spawn(self, event, now_ns);
		break;
	case MN_TRACE_END:
		change(self, task_track(self, event->task), now_ns, TRACK_GONE, 0);
		break;
	case MN_TRACE_POLL:
		take_poll(self, event, now_ns);
		return;
	case MN_TRACE_WAIT:
		take_wait(self, event, now_ns);
		return;
	case MN_TRACE_READY:
		change(self, task_track(self, event->task), now_ns, TRACK_READY,
		       running_track(self, event) + 1);
		return;
	case MN_TRACE_WAKE:
		take_wake(self, event, now_ns);
		return;
	case MN_TRACE_CALL:
		take_call(self, event, now_ns);
		return;
	case MN_TRACE_SERVE:
		take_serve(self, event, now_ns);
		return;
	case MN_TRACE_REPLY:
		take_reply(self, event, now_ns);
		return;
	case MN_TRACE_REVOKE:
		take_revoke(self, event, now_ns);
		break;
	case MN_TRACE_REGISTER:
		take_register(self, event);
		break;
	case MN_TRACE_QUEUE_FULL:
	case MN_TRACE_QUEUE_FREE:
		take_queue(self, event, now_ns);
		return;
	case MN_TRACE_IRQ_ENTER:
	case MN_TRACE_IRQ_EXIT:
		take_irq(self, event, now_ns);
		return;
	case MN_TRACE_ALLOC:
	case MN_TRACE_FREE:
		return;
	case MN_TRACE_CLOSE:
	case MN_TRACE_CONNECT:
	case MN_TRACE_REFUSE:
	case MN_TRACE_KNOWN_COUNT:
		break;
	}
	take_log(self, event, now_ns);
}

/*
 * Spans.
 */

static struct history_span *span_at(const struct history *self, uint32_t number)
{
	return (struct history_span *)(void *)self->spans.data + number;
}

static struct history_span *find_span(const struct history *self, uint64_t id)
{
	uint32_t at = get(&self->span_of, id);
	return at == HISTORY_NONE ? NULL : span_at(self, at);
}

/* Below its parent, and beside the spans that are open there. */
static uint32_t free_lane(const struct history *self, uint32_t track, uint32_t least)
{
	uint64_t taken = 0;
	uint32_t count = HISTORY_COUNT(self->spans, struct history_span), seen = 0;
	/* Those that are open were made lately; a look at the last ones is enough for a picture. */
	for (uint32_t i = count; i > 0 && seen < 64; i--, seen++) {
		const struct history_span *span = span_at(self, i - 1);
		if (span->open && span->track == track)
			taken |= UINT64_C(1) << span->lane;
	}
	uint32_t lane = least;
	while (lane < 15 && taken >> lane & 1)
		lane++;
	return lane;
}

static void take_new_span(struct history *self, const struct trace_event *event, uint64_t now_ns)
{
	const struct history_span *parent = find_span(self, event->parent);
	uint32_t track = find_track(self, TRACK_TASK, event->task);
	uint32_t above = parent && parent->track == track && parent->open ? parent->lane + 1 : 0;
	char *line = history_event_text(event);
	const struct history_span span = {
		.start_ns = now_ns,
		.end_ns = now_ns,
		.id = event->span,
		.track = track,
		.text = pool_add_text(&self->texts, line),
		.lane = free_lane(self, track, above < 15 ? above : 15),
		.open = true,
	};
	free(line);
	set(&self->span_of, span.id, HISTORY_COUNT(self->spans, span));
	bytes_put(&self->spans, &span, sizeof span);
}

/*
 * The sink.
 */

static uint64_t advance(struct history *self, uint64_t time_ns)
{
	if (!self->any)
		self->first_ns = time_ns;
	self->any = true;
	return self->last_ns = time_ns;
}

static void on_event(void *context, const struct trace_event *event)
{
	struct history *self = context;
	uint64_t now_ns = advance(self, event->time_ns);
	struct history_span *span;

	self->event_count++;
	self->timed |= event->timed;
	switch (event->kind) {
	case TRACE_EVENT:
		take_event(self, event, now_ns);
		break;
	case TRACE_SPAN_NEW:
		take_new_span(self, event, now_ns);
		break;
	case TRACE_SPAN_ENTER:
	case TRACE_SPAN_EXIT:
	case TRACE_SPAN_CLONE:
		span = find_span(self, event->span);
		if (span)
			span->end_ns = now_ns;
		break;
	case TRACE_SPAN_DROP:
		span = find_span(self, event->span);
		if (span) {
			span->end_ns = now_ns;
			span->open = false;
		}
		break;
	}
}

/* Everything that was going on has ended with the target; ids begin anew. */
static void restart(struct history *self)
{
	for (uint32_t i = 0; i < HISTORY_COUNT(self->tracks, struct track *); i++) {
		struct track *track = track_at(self, i);
		if (track->state != TRACK_GONE)
			change(self, track, self->last_ns, TRACK_GONE, 0);
		track->replied = HISTORY_NONE;
	}
	for (uint32_t i = 0; i < HISTORY_COUNT(self->spans, struct history_span); i++)
		span_at(self, i)->open = false;
	for (size_t i = 0; i < TRACK_KINDS; i++)
		map_clear(&self->track_of[i]);
	map_clear(&self->request_of);
	map_clear(&self->span_of);
	self->running = NULL;
}

static void take_clock(struct history *self, uint64_t ticks)
{
	if (ticks < self->told_ticks)
		restart(self);
	self->told_ticks = ticks;
}

static void take_welcome(struct history *self, const struct mn_trace_welcome *welcome)
{
	take_clock(self, welcome->now);
	self->system = add_text(self, welcome->system);
	self->release = add_text(self, welcome->release);
	self->build = add_text(self, welcome->build);
	self->machine = add_text(self, welcome->machine);
}

/* What a snapshot knows of a task of which no event has told yet: a task that is stuck is in no
 * event at all. */
static void take_task(struct history *self, const struct mn_trace_task *task)
{
	struct track *track = task_track(self, task->id);
	if (track->name == HISTORY_NONE)
		track->name = add_text(self, task->name);
	if (track->file == HISTORY_NONE)
		track->file = add_text(self, task->file);
	track->size = task->size;
	track->carrier |= task->carrier;
	if (track->state != TRACK_GONE || track->since_ns > 0)
		return;
	uint64_t now_ns = self->any ? self->last_ns : self->snapshot_ns;
	if (task->state != MN_TRACE_TASK_WAITING || task->wait_count == 0) {
		change(self, track, now_ns, TRACK_READY, 0);
		return;
	}
	uint64_t since_ns = trace_stream_ns(self->stream, task->waits[0].since);
	change(self, track, since_ns > 0 && since_ns < now_ns ? since_ns : now_ns, TRACK_WAIT, 0);
	for (uint32_t i = 0; i < task->wait_count; i++) {
		const struct mn_trace_wait *wait = &task->waits[i];
		add_wait(track, &(struct history_wait){
					.on = wait->on,
					.what = add_text(self, wait->what),
					.service = wait->name.len ? add_text(self, wait->name)
								  : HISTORY_NONE,
					.holder = wait->holder,
				});
	}
}

static void take_loss(struct history *self, const struct history_loss *loss)
{
	if (loss->spans || loss->activity || loss->events || loss->metas || loss->bytes)
		bytes_put(&self->losses, loss, sizeof *loss);
}

static void on_message(void *context, const struct mn_trace_message *message, uint64_t host_ns)
{
	struct history *self = context;
	const struct mn_trace_discarded *discarded = &message->discarded;
	(void)host_ns;
	if (message->kind == MN_TRACE_WELCOME) {
		take_welcome(self, &message->welcome);
	} else if (message->kind == MN_TRACE_TIME) {
		take_clock(self, message->now);
	} else if (message->kind == MN_TRACE_SNAPSHOT_BEGIN) {
		self->snapshot_ns = trace_stream_ns(self->stream, message->snapshot.time);
	} else if (message->kind == MN_TRACE_TASK) {
		take_task(self, &message->task);
	} else if (message->kind == MN_TRACE_SERVICE) {
		bytes_put(&self->services,
			  &(struct history_service){message->service.id,
						    add_text(self, message->service.name)},
			  sizeof(struct history_service));
	} else if (message->kind == MN_TRACE_DISCARDED) {
		take_loss(self, &(struct history_loss){
					.time_ns = self->last_ns,
					.spans = discarded->new_spans,
					.activity = discarded->span_activity,
					.events = discarded->events,
					.metas = discarded->metas,
				});
	}
}

static void on_damage(void *context, size_t len)
{
	struct history *self = context;
	take_loss(self, &(struct history_loss){.time_ns = self->last_ns, .bytes = len});
}

struct trace_sink history_sink(struct history *self)
{
	return (struct trace_sink){
		.context = self,
		.event = on_event,
		.message = on_message,
		.damage = on_damage,
	};
}

void history_take_text(struct history *self, const char *text, size_t len)
{
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) : len;
		size_t shown = line;
		while (shown > 0 && (text[shown - 1] == '\r' || text[shown - 1] == '\0'))
			shown--;
		const struct history_log log = {
			.time_ns = self->last_ns,
			.track = HISTORY_NONE,
			.target = pool_add_text(&self->texts, "text on the line"),
			.text = pool_add(&self->texts, text, shown),
			.level = MN_TRACE_ERROR,
		};
		if (shown > 0)
			bytes_put(&self->log, &log, sizeof log);
		text += end ? line + 1 : line;
		len -= end ? line + 1 : line;
	}
}

void history_init(struct history *self)
{
	*self = (struct history){.system = HISTORY_NONE,
				 .release = HISTORY_NONE,
				 .build = HISTORY_NONE,
				 .machine = HISTORY_NONE};
}

void history_end(struct history *self)
{
	for (uint32_t i = 0; i < HISTORY_COUNT(self->tracks, struct track *); i++) {
		struct track *track = track_at(self, i);
		if (track->state != TRACK_GONE || track->since_ns > 0)
			finish_state(self, track, UINT64_MAX);
	}
	for (uint32_t i = 0; i < HISTORY_COUNT(self->spans, struct history_span); i++) {
		struct history_span *span = span_at(self, i);
		if (span->open)
			span->end_ns = self->last_ns;
	}
}

void history_free(struct history *self)
{
	for (uint32_t i = 0; i < HISTORY_COUNT(self->tracks, struct track *); i++) {
		struct track *track = track_at(self, i);
		bytes_free(&track->waits);
		bytes_free(&track->start.bytes);
		bytes_free(&track->states.bytes);
		bytes_free(&track->by_column.bytes);
		free(track);
	}
	struct bytes *tables[] = {&self->tracks, &self->messages, &self->spans,
				  &self->log,    &self->losses,   &self->services};
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
		bytes_free(tables[i]);
	pool_free(&self->texts);
	pool_free(&self->waits);
	for (size_t i = 0; i < TRACK_KINDS; i++)
		map_clear(&self->track_of[i]);
	map_clear(&self->request_of);
	map_clear(&self->span_of);
}
