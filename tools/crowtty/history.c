/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "history_inner.h"
#include "history_text.h"

uint32_t history_text(struct history *self, struct mn_trace_text text)
{
	return pool_add(&self->texts, text.data, text.len);
}

uint32_t history_field_text(struct history *self, const struct trace_event *event, uint32_t field)
{
	struct mn_trace_text text = trace_event_text(event, field);
	return text.len ? history_text(self, text) : HISTORY_NONE;
}

/* What a key stands for is kept as a pointer, so 1 more. */
uint32_t history_get(const struct map *map, uint64_t key)
{
	return (uint32_t)(uintptr_t)map_get(map, key) - 1;
}

void history_set(struct map *map, uint64_t key, uint32_t value)
{
	map_put(map, key, (void *)((uintptr_t)value + 1));
}

static void take_register(struct history *self, const struct trace_event *event)
{
	const struct history_service service = {(uint32_t)trace_event_number(event, 0),
						history_field_text(self, event, 1)};
	if (service.name != HISTORY_NONE)
		bytes_put(&self->services, &service, sizeof service);
}

static void take_log(struct history *self, const struct trace_event *event)
{
	struct trace_line line = {.len = 0};
	history_event_text(&line, event);
	const struct history_log log = {
		.time_ns = self->last_ns,
		.track = history_running(self, event),
		.target = pool_add_text(&self->texts, event->site ? event->site->target : "?"),
		.text = pool_add(&self->texts, line.data, line.len),
		.level = event->site ? event->site->level : MN_TRACE_INFO,
	};
	bytes_put(&self->log, &log, sizeof log);
}

/* There are too many, and each alone says nothing. */
static void ignore(struct history *self, const struct trace_event *event)
{
	(void)self;
	(void)event;
}

static void take_event(struct history *self, const struct trace_event *event)
{
	static void (*const takes[MN_TRACE_KNOWN_COUNT])(struct history *,
							 const struct trace_event *) = {
		[MN_TRACE_SPAWN] = history_take_spawn,
		[MN_TRACE_END] = history_take_end,
		[MN_TRACE_POLL] = history_take_poll,
		[MN_TRACE_WAIT] = history_take_wait,
		[MN_TRACE_READY] = history_take_ready,
		[MN_TRACE_WAKE] = history_take_wake,
		[MN_TRACE_CALL] = history_take_call,
		[MN_TRACE_SERVE] = history_take_serve,
		[MN_TRACE_REPLY] = history_take_reply,
		[MN_TRACE_REVOKE] = history_take_revoke,
		[MN_TRACE_REGISTER] = take_register,
		[MN_TRACE_QUEUE_FULL] = history_take_queue,
		[MN_TRACE_QUEUE_FREE] = history_take_queue,
		[MN_TRACE_IRQ_ENTER] = history_take_irq,
		[MN_TRACE_IRQ_EXIT] = history_take_irq,
		[MN_TRACE_ALLOC] = ignore,
		[MN_TRACE_FREE] = ignore,
	};
	const enum mn_trace_known known = event->site ? event->site->known : MN_TRACE_KNOWN_COUNT;
	const bool is_known = known < MN_TRACE_KNOWN_COUNT;
	if (is_known && takes[known])
		takes[known](self, event);
	/* What happens all the time is drawn; the rest can be read. */
	if (!is_known || event->site->level >= MN_TRACE_DEBUG)
		take_log(self, event);
}

/*
 * The sink.
 */

static void on_event(void *context, const struct trace_event *event)
{
	struct history *self = context;
	if (!self->any)
		self->first_ns = event->time_ns;
	self->any = true;
	self->last_ns = event->time_ns;
	self->event_count++;
	self->timed |= event->timed;
	if (event->kind == TRACE_EVENT)
		take_event(self, event);
	else
		history_take_span(self, event);
}

/* Everything that was going on has ended with the target; ids begin anew. */
static void restart(struct history *self)
{
	history_restart_tracks(self);
	history_restart_spans(self);
	map_clear(&self->request_of);
}

/* A system that is stuck has no events, but its clock goes on. */
static void take_clock(struct history *self, uint64_t ticks)
{
	if (ticks < self->told_ticks)
		restart(self);
	self->told_ticks = ticks;
	const uint64_t now_ns = trace_stream_ns(self->stream, ticks);
	if (self->began_ns == 0)
		self->began_ns = now_ns;
	if (now_ns > self->told_ns)
		self->told_ns = now_ns;
}

static void take_welcome(struct history *self, const struct mn_trace_welcome *welcome)
{
	take_clock(self, welcome->now);
	self->system = history_text(self, welcome->system);
	self->release = history_text(self, welcome->release);
	self->build = history_text(self, welcome->build);
	self->machine = history_text(self, welcome->machine);
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
		take_clock(self, message->snapshot.time);
		self->snapshot_ns = trace_stream_ns(self->stream, message->snapshot.time);
	} else if (message->kind == MN_TRACE_TASK) {
		history_take_task(self, &message->task);
	} else if (message->kind == MN_TRACE_SERVICE) {
		bytes_put(&self->services,
			  &(struct history_service){message->service.id,
						    history_text(self, message->service.name)},
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
	if (self->began_ns > 0 && (!self->any || self->began_ns < self->first_ns))
		self->first_ns = self->began_ns;
	if (self->told_ns > self->last_ns)
		self->last_ns = self->told_ns;
	history_end_tracks(self);
	history_end_spans(self);
}

void history_free(struct history *self)
{
	history_free_tracks(self);
	struct bytes *tables[] = {&self->messages, &self->spans, &self->log, &self->losses,
				  &self->services};
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
		bytes_free(tables[i]);
	pool_free(&self->texts);
	pool_free(&self->waits);
	map_clear(&self->request_of);
	map_clear(&self->span_of);
}
