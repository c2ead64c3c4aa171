/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string.h>

#include "memory.h"
#include "trace.h"
#include "trace_clock.h"
#include "trace_sites.h"

/* Longest message, without terminator. A target's own are much shorter. */
#define MESSAGE_MAX 65536

struct trace_stream {
	const struct trace_sink *sink;
	struct trace_sites sites;
	struct trace_clock clock;
	uint64_t host_ns; /* of what is being taken */
	uint64_t events, skipped;

	union mn_trace_storage storage;
	struct mn_trace_field fields[MN_TRACE_FIELDS_MAX]; /* of the event being passed on */

	size_t len;    /* of the unfinished message */
	bool skipping; /* it was too long */
	uint8_t message[MESSAGE_MAX];
};

struct trace_stream *trace_stream_new(const struct trace_sink *sink)
{
	struct trace_stream *stream = memory_get_zeroed(sizeof *stream);
	stream->sink = sink;
	return stream;
}

void trace_stream_free(struct trace_stream *stream)
{
	trace_sites_clear(&stream->sites);
	free(stream);
}

void trace_stream_restart(struct trace_stream *stream)
{
	stream->len = 0;
	stream->skipping = false;
	trace_clock_stop(&stream->clock);
}

uint64_t trace_stream_ns(const struct trace_stream *stream, uint64_t ticks)
{
	return trace_clock_ns(&stream->clock, ticks);
}

uint64_t trace_stream_events(const struct trace_stream *stream)
{
	return stream->events;
}

uint64_t trace_stream_skipped(const struct trace_stream *stream)
{
	return stream->skipped;
}

static void skipped(struct trace_stream *stream, size_t len)
{
	stream->skipped += len;
	if (len > 0 && stream->sink->damage)
		stream->sink->damage(stream->sink->context, len);
}

/*
 * Events. A function that is given a message returns whether it was a good one.
 */

static void set_time(struct trace_stream *stream, struct trace_event *event, uint32_t low)
{
	event->timed = stream->clock.running;
	event->time_ns = event->timed ? trace_clock_event(&stream->clock, low)
				      : trace_clock_host(&stream->clock, stream->host_ns);
}

static void set_site(struct trace_stream *stream, struct trace_event *event, uint64_t id)
{
	event->meta_id = id;
	event->site = trace_sites_get(&stream->sites, id);
	event->incomplete = !event->site;
}

static void resolve(struct trace_stream *stream, struct trace_event *event,
		    struct mn_trace_value *value)
{
	static const struct mn_trace_text unknown = {"?", 1};
	if (value->kind != MN_TRACE_TEXT_ID)
		return;
	const struct mn_trace_text *text = trace_texts_get(&stream->sites, value->u64);
	event->incomplete |= !text;
	value->kind = MN_TRACE_DEBUG_TEXT;
	value->text = text ? *text : unknown;
}

static struct mn_trace_text name_of(const struct trace_site *site, uint32_t index)
{
	if (!site || index >= site->field_count)
		return (struct mn_trace_text){"", 0};
	return (struct mn_trace_text){site->fields[index], strlen(site->fields[index])};
}

/* Gives the values their names. */
static void set_values(struct trace_stream *stream, struct trace_event *event, uint32_t count,
		       const struct mn_trace_value *values)
{
	event->field_count = count;
	event->fields = stream->fields;
	for (uint32_t i = 0; i < count; i++) {
		stream->fields[i].name = name_of(event->site, i);
		stream->fields[i].value = values[i];
		resolve(stream, event, &stream->fields[i].value);
	}
}

static void set_fields(struct trace_stream *stream, struct trace_event *event, uint32_t count,
		       const struct mn_trace_field *fields)
{
	event->field_count = count;
	event->fields = stream->fields;
	for (uint32_t i = 0; i < count; i++) {
		stream->fields[i] = fields[i];
		resolve(stream, event, &stream->fields[i].value);
	}
}

/* Of the kernel's own events the values are read by their place: fewer of them are damage. */
static bool pass(struct trace_stream *stream, const struct trace_event *event)
{
	const struct trace_site *site = event->site;
	if (site && site->known != MN_TRACE_KNOWN_COUNT && event->field_count < site->field_count)
		return false;
	stream->events++;
	if (stream->sink->event)
		stream->sink->event(stream->sink->context, event);
	return true;
}

static bool take_event(struct trace_stream *stream, const struct mn_trace_event *from)
{
	struct trace_event event = {.kind = TRACE_EVENT, .span = from->parent};
	event.time_ns = trace_clock_host(&stream->clock, stream->host_ns);
	set_site(stream, &event, from->meta);
	set_fields(stream, &event, from->field_count, from->fields);
	return pass(stream, &event);
}

static bool take_span(struct trace_stream *stream, const struct mn_trace_span *from)
{
	struct trace_event event = {
		.kind = TRACE_SPAN_NEW, .span = from->id, .parent = from->parent};
	event.time_ns = trace_clock_host(&stream->clock, stream->host_ns);
	set_site(stream, &event, from->meta);
	set_fields(stream, &event, from->field_count, from->fields);
	return pass(stream, &event);
}

static bool take_activity(struct trace_stream *stream, enum trace_event_kind kind, uint64_t span)
{
	struct trace_event event = {.kind = kind, .span = span};
	event.time_ns = trace_clock_host(&stream->clock, stream->host_ns);
	return pass(stream, &event);
}

static bool take_timed_event(struct trace_stream *stream, const struct mn_trace_timed_event *from)
{
	struct trace_event event = {.kind = TRACE_EVENT,
				    .task = from->task,
				    .cause = from->cause,
				    .span = from->parent};
	set_site(stream, &event, from->meta);
	set_values(stream, &event, from->value_count, from->values);
	set_time(stream, &event, from->time);
	return pass(stream, &event);
}

static bool take_timed_span(struct trace_stream *stream, const struct mn_trace_timed_span *from)
{
	struct trace_event event = {.kind = TRACE_SPAN_NEW,
				    .task = from->task,
				    .cause = from->cause,
				    .span = from->id,
				    .parent = from->parent};
	set_site(stream, &event, from->meta);
	set_values(stream, &event, from->value_count, from->values);
	set_time(stream, &event, from->time);
	return pass(stream, &event);
}

static bool take_timed_activity(struct trace_stream *stream,
				const struct mn_trace_timed_activity *from)
{
	static const enum trace_event_kind kinds[] = {
		[MN_TRACE_ENTERED] = TRACE_SPAN_ENTER,
		[MN_TRACE_EXITED] = TRACE_SPAN_EXIT,
		[MN_TRACE_DROPPED] = TRACE_SPAN_DROP,
	};
	struct trace_event event = {
		.kind = kinds[from->what], .span = from->id, .task = from->task};
	set_time(stream, &event, from->time);
	return pass(stream, &event);
}

/*
 * Everything else.
 */

static bool take_meta(struct trace_stream *stream, const struct mn_trace_meta *meta)
{
	const struct trace_site *site = trace_sites_register(&stream->sites, meta);
	if (site && stream->sink->site)
		stream->sink->site(stream->sink->context, site);
	return site != NULL;
}

static bool take_other(struct trace_stream *stream, const struct mn_trace_message *message)
{
	if (message->kind == MN_TRACE_WELCOME)
		trace_clock_start(&stream->clock, message->welcome.tick_hz, message->welcome.now);
	else if (message->kind == MN_TRACE_TIME)
		trace_clock_set(&stream->clock, message->now);
	else if (message->kind == MN_TRACE_SNAPSHOT_BEGIN || message->kind == MN_TRACE_SNAPSHOT_END)
		trace_clock_set(&stream->clock, message->snapshot.time);
	if (stream->sink->message)
		stream->sink->message(stream->sink->context, message, stream->host_ns);
	return true;
}

static bool take_message(struct trace_stream *stream, const struct mn_trace_message *message)
{
	switch (message->kind) {
	case MN_TRACE_REGISTER_META:
		return take_meta(stream, &message->meta);
	case MN_TRACE_REGISTER_TEXT:
		return trace_texts_register(&stream->sites, &message->text) != NULL;
	case MN_TRACE_EVENT:
		return take_event(stream, &message->event);
	case MN_TRACE_NEW_SPAN:
		return take_span(stream, &message->span);
	case MN_TRACE_ENTER:
		return take_activity(stream, TRACE_SPAN_ENTER, message->span_id);
	case MN_TRACE_EXIT:
		return take_activity(stream, TRACE_SPAN_EXIT, message->span_id);
	case MN_TRACE_CLONE_SPAN:
		return take_activity(stream, TRACE_SPAN_CLONE, message->span_id);
	case MN_TRACE_DROP_SPAN:
		return take_activity(stream, TRACE_SPAN_DROP, message->span_id);
	case MN_TRACE_TIMED_EVENT:
		return take_timed_event(stream, &message->timed_event);
	case MN_TRACE_TIMED_SPAN:
		return take_timed_span(stream, &message->timed_span);
	case MN_TRACE_TIMED_ACTIVITY:
		return take_timed_activity(stream, &message->timed_activity);
	default:
		return take_other(stream, message);
	}
}

/*
 * Bytes.
 */

/* A terminator has come. Without anything before it, it means nothing. */
static void finish(struct trace_stream *stream)
{
	struct mn_trace_message message;
	size_t len = stream->len;
	if (stream->skipping)
		skipped(stream, len + 1);
	else if (len > 0 &&
		 (mn_trace_decode(&message, &stream->storage, stream->message, len) != MN_OK ||
		  !take_message(stream, &message)))
		skipped(stream, len + 1);
	stream->len = 0;
	stream->skipping = false;
}

/* Keeps a part of a message; of one that is too long, only the length. */
static void keep(struct trace_stream *stream, const uint8_t *from, size_t len)
{
	if (len > MESSAGE_MAX - stream->len && !stream->skipping) {
		stream->skipping = true;
		skipped(stream, stream->len);
		stream->len = 0;
	}
	if (stream->skipping)
		skipped(stream, len);
	else
		memcpy(stream->message + stream->len, from, len);
	stream->len = stream->skipping ? 0 : stream->len + len;
}

void trace_stream_take(struct trace_stream *stream, const void *bytes, size_t len, uint64_t host_ns)
{
	const uint8_t *at = bytes, *end = at + len;
	stream->host_ns = host_ns;
	while (at < end) {
		const uint8_t *zero = memchr(at, 0, (size_t)(end - at));
		keep(stream, at, (size_t)((zero ? zero : end) - at));
		at = zero ? zero + 1 : end;
		if (zero)
			finish(stream);
	}
}

/*
 * Reading values by their place.
 */

uint64_t trace_event_number(const struct trace_event *event, uint32_t index)
{
	if (index >= event->field_count)
		return 0;
	const struct mn_trace_value *value = &event->fields[index].value;
	switch (value->kind) {
	case MN_TRACE_I64:
		return (uint64_t)value->i64;
	case MN_TRACE_U64:
		return value->u64;
	case MN_TRACE_BOOL:
		return value->boolean;
	default:
		return 0;
	}
}

struct mn_trace_text trace_event_text(const struct trace_event *event, uint32_t index)
{
	struct mn_trace_text none = {"", 0};
	if (index >= event->field_count)
		return none;
	const struct mn_trace_value *value = &event->fields[index].value;
	return value->kind == MN_TRACE_DEBUG_TEXT || value->kind == MN_TRACE_STR ? value->text
										 : none;
}
