/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Perfetto's TrackEvent format, one protobuf packet per event.
 *
 * One group, and in it a track per task: polls, and between them what the task waits for.
 * Spans of a task may cross its polls and so have a track of their own. Messages are instants
 * on the tracks of caller and server, joined by flows. Snapshots become counters.
 *
 * Field numbers: https://perfetto.dev/docs/reference/trace-packet-proto
 */
#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "export.h"
#include "log.h"
#include "memory.h"
#include "protobuf.h"

enum { TRACE_PACKET = 1 };
enum {
	PACKET_TIMESTAMP = 8,
	PACKET_SEQUENCE_ID = 10,
	PACKET_TRACK_EVENT = 11,
	PACKET_INTERNED = 12,
	PACKET_SEQUENCE_FLAGS = 13,
	PACKET_TRACK_DESCRIPTOR = 60,
};
enum { FLAG_CLEARED = 1, FLAG_NEEDS_STATE = 2 };
enum { INTERNED_CATEGORY = 1, INTERNED_NAME = 2, INTERNED_ANNOTATION = 3 };
enum { ENTRY_IID = 1, ENTRY_NAME = 2 };
enum {
	TRACK_UUID = 1,
	TRACK_NAME = 2,
	TRACK_PARENT = 5,
	TRACK_COUNTER = 8,
	TRACK_CHILD_ORDERING = 11,
	TRACK_RANK = 12,
};
enum { ORDERING_EXPLICIT = 3 };
enum {
	EVENT_CATEGORY_IID = 3,
	EVENT_ANNOTATION = 4,
	EVENT_TYPE = 9,
	EVENT_NAME_IID = 10,
	EVENT_TRACK = 11,
	EVENT_NAME = 23,
	EVENT_COUNTER = 30,
	EVENT_FLOW = 47,
	EVENT_FLOW_END = 48,
};
enum { TYPE_BEGIN = 1, TYPE_END = 2, TYPE_INSTANT = 3, TYPE_COUNTER = 4 };
enum {
	ANNOTATION_NAME_IID = 1,
	ANNOTATION_BOOL = 2,
	ANNOTATION_UINT = 3,
	ANNOTATION_INT = 4,
	ANNOTATION_DOUBLE = 5,
	ANNOTATION_STRING = 6,
};

/* Tasks above this share the track of what no task does: such ids are not of a healthy stream. */
#define TASKS_MAX (1u << 20)

/* Tracks: the group, two kinds of task's told apart by their lowest bits, and counters. The group
 * is no process of Perfetto's, because those ignore the order of their tracks. */
#define UUID_GROUP 1u
#define UUID_TASK(id) ((uint64_t)(id) << 2 | 2)
#define UUID_SPANS(id) ((uint64_t)(id) << 2 | 3)
#define UUID_COUNTER(n) ((uint64_t)TASKS_MAX * 4 + (n))

/* Names that get a number; further ones are written out. A power of two. */
#define INTERN_SLOTS 16384

/* Calls under way whose caller is remembered for the arrow back. A power of two. */
#define CALL_SLOTS 4096

struct interned {
	char *text;
	uint32_t iid;
	uint8_t kind; /* INTERNED_ */
};

struct track {
	bool described, spans_described, polling;
	unsigned waits; /* slices open on the task's track */
	uint32_t reply; /* request whose reply the next poll receives; 0: none */
	uint64_t *spans;
	size_t span_count, span_room;
};

struct perfetto {
	FILE *file;
	const struct export_source *source;
	struct track *tracks; /* by task id */
	uint32_t track_room;
	struct interned interned[INTERN_SLOTS];
	uint32_t interned_count;
	struct {
		uint32_t request, task;
	} calls[CALL_SLOTS];
	char **counters; /* by number */
	uint32_t counter_count;
	uint64_t last_ns;
	bool begun;
	struct protobuf packet, event, interned_data, scratch, inner;
};

/*
 * Packets.
 */

/* A packet in the stream of packets that a trace is. */
static void put_packet(struct perfetto *self)
{
	struct protobuf *packet = &self->packet;
	pb_byte_t head[16];
	pb_ostream_t stream = pb_ostream_from_buffer(head, sizeof head);

	protobuf_uint(packet, PACKET_SEQUENCE_ID, 1);
	protobuf_uint(packet, PACKET_SEQUENCE_FLAGS, self->begun ? FLAG_NEEDS_STATE : FLAG_CLEARED);
	self->begun = true;
	pb_encode_tag(&stream, PB_WT_STRING, TRACE_PACKET);
	pb_encode_varint(&stream, packet->stream.bytes_written);
	fwrite(head, 1, stream.bytes_written, self->file);
	fwrite(packet->bytes, 1, packet->stream.bytes_written, self->file);
}

static uint32_t hash(const char *text, uint8_t kind)
{
	uint32_t hash = 2166136261u ^ kind;

	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 16777619u;
	return hash;
}

/* The number of a text; a new one goes out with this packet. 0: there is no number left. */
static uint32_t intern(struct perfetto *self, uint8_t kind, const char *text)
{
	uint32_t at = hash(text, kind) % INTERN_SLOTS;

	for (; self->interned[at].text; at = (at + 1) % INTERN_SLOTS)
		if (self->interned[at].kind == kind && strcmp(self->interned[at].text, text) == 0)
			return self->interned[at].iid;
	if (self->interned_count == INTERN_SLOTS / 2)
		return 0;
	self->interned[at] =
		(struct interned){memory_copy_text(text), ++self->interned_count, kind};
	protobuf_begin(&self->inner);
	protobuf_uint(&self->inner, ENTRY_IID, self->interned_count);
	protobuf_text(&self->inner, ENTRY_NAME, text);
	protobuf_message(&self->interned_data, kind, &self->inner);
	return self->interned_count;
}

static void begin_event(struct perfetto *self, int type, uint64_t track)
{
	protobuf_begin(&self->event);
	protobuf_begin(&self->interned_data);
	protobuf_uint(&self->event, EVENT_TYPE, (uint64_t)type);
	protobuf_uint(&self->event, EVENT_TRACK, track);
}

static void end_event(struct perfetto *self)
{
	protobuf_begin(&self->packet);
	protobuf_uint(&self->packet, PACKET_TIMESTAMP, self->last_ns);
	protobuf_message(&self->packet, PACKET_TRACK_EVENT, &self->event);
	if (self->interned_data.stream.bytes_written)
		protobuf_message(&self->packet, PACKET_INTERNED, &self->interned_data);
	put_packet(self);
}

static void put_name(struct perfetto *self, const char *category, const char *name)
{
	const uint32_t iid = intern(self, INTERNED_NAME, name);
	const uint32_t category_iid = intern(self, INTERNED_CATEGORY, category);

	if (iid)
		protobuf_uint(&self->event, EVENT_NAME_IID, iid);
	else
		protobuf_text(&self->event, EVENT_NAME, name);
	if (category_iid)
		protobuf_uint(&self->event, EVENT_CATEGORY_IID, category_iid);
}

static size_t cut(size_t len)
{
	return len < PROTOBUF_TEXT_MAX ? len : PROTOBUF_TEXT_MAX;
}

static void put_value(struct protobuf *annotation, const struct mn_trace_value *value)
{
	uint64_t bits;

	switch (value->kind) {
	case MN_TRACE_U64:
	case MN_TRACE_TEXT_ID:
		protobuf_uint(annotation, ANNOTATION_UINT, value->u64);
		break;
	case MN_TRACE_I64:
		protobuf_uint(annotation, ANNOTATION_INT, (uint64_t)value->i64);
		break;
	case MN_TRACE_BOOL:
		protobuf_uint(annotation, ANNOTATION_BOOL, value->boolean);
		break;
	case MN_TRACE_F64:
		memcpy(&bits, &value->f64, sizeof bits);
		protobuf_fixed64(annotation, ANNOTATION_DOUBLE, bits);
		break;
	default:
		protobuf_bytes(annotation, ANNOTATION_STRING, value->text.data,
			       cut(value->text.len));
	}
}

static void put_annotation(struct perfetto *self, const char *name,
			   const struct mn_trace_value *value)
{
	const uint32_t iid = intern(self, INTERNED_ANNOTATION, name);

	if (!iid)
		return;
	protobuf_begin(&self->scratch);
	protobuf_uint(&self->scratch, ANNOTATION_NAME_IID, iid);
	put_value(&self->scratch, value);
	protobuf_message(&self->event, EVENT_ANNOTATION, &self->scratch);
}

static void put_fields(struct perfetto *self, const struct trace_event *event)
{
	char name[64];

	for (uint32_t i = 0; i < event->field_count; i++) {
		const struct mn_trace_field *field = &event->fields[i];

		snprintf(name, sizeof name, "%.*s", (int)cut(field->name.len), field->name.data);
		put_annotation(self, name, &field->value);
	}
}

/*
 * Tracks.
 */

static void put_track(struct perfetto *self, uint64_t uuid, const char *name, uint64_t rank,
		      bool counter)
{
	protobuf_begin(&self->scratch);
	protobuf_uint(&self->scratch, TRACK_UUID, uuid);
	protobuf_text(&self->scratch, TRACK_NAME, name);
	protobuf_uint(&self->scratch, TRACK_PARENT, UUID_GROUP);
	protobuf_uint(&self->scratch, TRACK_RANK, rank);
	if (counter)
		protobuf_bytes(&self->scratch, TRACK_COUNTER, "", 0);
	protobuf_begin(&self->packet);
	protobuf_message(&self->packet, PACKET_TRACK_DESCRIPTOR, &self->scratch);
	put_packet(self);
}

static void put_group(struct perfetto *self)
{
	protobuf_begin(&self->scratch);
	protobuf_uint(&self->scratch, TRACK_UUID, UUID_GROUP);
	protobuf_text(&self->scratch, TRACK_NAME, "MnemOS");
	protobuf_uint(&self->scratch, TRACK_CHILD_ORDERING, ORDERING_EXPLICIT);
	protobuf_begin(&self->packet);
	protobuf_message(&self->packet, PACKET_TRACK_DESCRIPTOR, &self->scratch);
	put_packet(self);
}

/* The track of a task, described when it first appears; 0 is for what no task does. */
static struct track *track_of(struct perfetto *self, uint32_t task)
{
	char title[256];

	if (task >= TASKS_MAX)
		task = 0;
	if (task >= self->track_room) {
		const uint32_t room = task + 64;

		self->tracks = memory_check(realloc(self->tracks, room * sizeof *self->tracks));
		memset(self->tracks + self->track_room, 0,
		       (room - self->track_room) * sizeof *self->tracks);
		self->track_room = room;
	}
	if (!self->tracks[task].described) {
		self->tracks[task].described = true;
		if (task)
			trace_task_title(&self->source->names, task, title, sizeof title);
		put_track(self, UUID_TASK(task), task ? title : "interrupts", UUID_TASK(task),
			  false);
	}
	return &self->tracks[task];
}

static uint64_t spans_of(struct perfetto *self, uint32_t task)
{
	struct track *track = track_of(self, task);
	char title[256], name[280];

	task = (uint32_t)(track - self->tracks);
	if (!track->spans_described) {
		track->spans_described = true;
		trace_task_title(&self->source->names, task, title, sizeof title);
		snprintf(name, sizeof name, "%s: spans", title);
		put_track(self, UUID_SPANS(task), name, UUID_SPANS(task), false);
	}
	return UUID_SPANS(task);
}

/* Counters are few: services, the heap, losses. */
static void put_counter(struct perfetto *self, const char *name, uint64_t value)
{
	uint32_t at = 0;

	while (at < self->counter_count && strcmp(self->counters[at], name) != 0)
		at++;
	if (at == self->counter_count) {
		self->counters =
			memory_check(realloc(self->counters, (at + 1) * sizeof *self->counters));
		self->counters[self->counter_count++] = memory_copy_text(name);
		put_track(self, UUID_COUNTER(at), name, UUID_COUNTER(at), true);
	}
	begin_event(self, TYPE_COUNTER, UUID_COUNTER(at));
	protobuf_uint(&self->event, EVENT_COUNTER, value);
	end_event(self);
}

/*
 * Tasks.
 */

static void put_end(struct perfetto *self, uint64_t track)
{
	begin_event(self, TYPE_END, track);
	end_event(self);
}

static void end_slices(struct perfetto *self, uint32_t task)
{
	struct track *track = track_of(self, task);

	for (; track->waits; track->waits--)
		put_end(self, UUID_TASK(task));
	if (track->polling)
		put_end(self, UUID_TASK(task));
	track->polling = false;
}

static void begin_poll(struct perfetto *self, const struct trace_event *event)
{
	struct track *track;

	end_slices(self, event->task); /* also of a poll whose end was lost */
	track = track_of(self, event->task);
	begin_event(self, TYPE_BEGIN, UUID_TASK(event->task));
	put_name(self, "poll", "poll");
	if (track->reply)
		protobuf_fixed64(&self->event, EVENT_FLOW_END, track->reply);
	put_fields(self, event);
	end_event(self);
	track->polling = true;
	track->reply = 0;
}

static void begin_wait(struct perfetto *self, const struct trace_event *event)
{
	const struct mn_trace_text what = trace_event_text(event, 0),
				   service = trace_event_text(event, 2);
	struct track *track = track_of(self, event->task);
	char name[256];

	if (track->polling)
		end_slices(self, event->task);
	begin_event(self, TYPE_BEGIN, UUID_TASK(event->task));
	snprintf(name, sizeof name, "waits for %.*s%s%.*s", (int)cut(what.len), what.data,
		 service.len ? " " : "", (int)cut(service.len), service.data);
	put_name(self, "wait", name);
	put_fields(self, event);
	end_event(self);
	track->waits++;
}

/*
 * Messages.
 */

static void put_instant(struct perfetto *self, const struct trace_event *event,
			const char *category, const char *name, uint32_t flow)
{
	track_of(self, event->task);
	begin_event(self, TYPE_INSTANT, UUID_TASK(event->task));
	put_name(self, category, name);
	if (flow)
		protobuf_fixed64(&self->event, EVENT_FLOW, flow);
	put_fields(self, event);
	end_event(self);
}

static void put_message(struct perfetto *self, const struct trace_event *event)
{
	const uint32_t request = (uint32_t)trace_event_number(event, 2);
	const uint32_t slot = request / 2 % CALL_SLOTS; /* requests are odd */
	char title[200], name[256];

	trace_service_title(&self->source->names, (uint32_t)trace_event_number(event, 0), title,
			    sizeof title);
	snprintf(name, sizeof name, "%s %s", event->site->name, title);
	put_instant(self, event, "message", name, request);
	if (event->site->known == MN_TRACE_CALL) {
		self->calls[slot].request = request;
		self->calls[slot].task = event->task;
	} else if (event->site->known == MN_TRACE_REPLY && self->calls[slot].request == request) {
		track_of(self, self->calls[slot].task)->reply = request;
	}
}

/*
 * Spans. Slices on one track end in the opposite order of their beginnings; a span that does
 * not is ended together with those in it, which go on under the same name.
 */

static void begin_span(struct perfetto *self, const struct trace_event *event)
{
	const uint64_t uuid = spans_of(self, event->task);
	struct track *track = track_of(self, event->task);

	if (track->span_count == track->span_room) {
		track->span_room = track->span_room ? 2 * track->span_room : 8;
		track->spans = memory_check(
			realloc(track->spans, track->span_room * sizeof *track->spans));
	}
	track->spans[track->span_count++] = event->span;
	begin_event(self, TYPE_BEGIN, uuid);
	put_name(self, event->site ? event->site->target : "span",
		 event->site ? event->site->name : "span");
	put_fields(self, event);
	end_event(self);
}

static void end_span(struct perfetto *self, uint32_t task, uint64_t span)
{
	struct track *track = track_of(self, task);
	size_t at = track->span_count;

	while (at > 0 && track->spans[at - 1] != span)
		at--;
	if (at == 0)
		return; /* began before the recording */
	for (size_t i = track->span_count; i >= at; i--)
		put_end(self, UUID_SPANS(track - self->tracks));
	memmove(&track->spans[at - 1], &track->spans[at],
		(track->span_count - at) * sizeof *track->spans);
	track->span_count--;
	for (size_t i = at - 1; i < track->span_count; i++) {
		begin_event(self, TYPE_BEGIN, UUID_SPANS(track - self->tracks));
		put_name(self, "span", "(goes on)");
		end_event(self);
	}
}

/*
 * The stream.
 */

static void put_other(struct perfetto *self, const struct trace_event *event)
{
	const struct trace_site *site = event->site;
	char name[256];

	snprintf(name, sizeof name, "%s", site ? site->name : "event of an unknown call site");
	for (uint32_t i = 0; i < event->field_count; i++) {
		const struct mn_trace_text *field = &event->fields[i].name;
		const struct mn_trace_text message = trace_event_text(event, i);

		if (field->len == 7 && memcmp(field->data, "message", 7) == 0 && message.len)
			snprintf(name, sizeof name, "%.*s", (int)cut(message.len), message.data);
	}
	put_instant(self, event, site ? site->target : "unknown", name, 0);
}

static void put_known(struct perfetto *self, const struct trace_event *event)
{
	switch (event->site->known) {
	case MN_TRACE_POLL:
		begin_poll(self, event);
		break;
	case MN_TRACE_WAIT:
		begin_wait(self, event);
		break;
	case MN_TRACE_READY:
		end_slices(self, event->task);
		break;
	case MN_TRACE_END:
		put_other(self, event);
		end_slices(self, event->task);
		break;
	case MN_TRACE_CALL:
	case MN_TRACE_SERVE:
	case MN_TRACE_REPLY:
	case MN_TRACE_REVOKE:
		put_message(self, event);
		break;
	case MN_TRACE_IRQ_ENTER:
		track_of(self, 0);
		begin_event(self, TYPE_BEGIN, UUID_TASK(0));
		put_name(self, "interrupt", "interrupt");
		put_fields(self, event);
		end_event(self);
		break;
	case MN_TRACE_IRQ_EXIT:
		put_end(self, UUID_TASK(0));
		break;
	default:
		put_other(self, event);
	}
}

static void on_event(void *context, const struct trace_event *event)
{
	struct perfetto *self = context;

	self->last_ns = event->time_ns;
	if (event->kind == TRACE_SPAN_NEW)
		begin_span(self, event);
	else if (event->kind == TRACE_SPAN_DROP)
		end_span(self, event->task, event->span);
	else if (event->kind == TRACE_EVENT && event->site)
		put_known(self, event);
	else if (event->kind == TRACE_EVENT)
		put_other(self, event);
}

static void put_counter_of(struct perfetto *self, const struct mn_trace_message *message)
{
	char title[200], name[256];

	if (message->kind == MN_TRACE_SERVICE) {
		trace_service_title(&self->source->names, message->service.id, title, sizeof title);
		snprintf(name, sizeof name, "%s: calls waiting", title);
		put_counter(self, name, message->service.queued);
	} else if (message->kind == MN_TRACE_HEAP) {
		put_counter(self, "heap: bytes used", message->heap.used);
	} else {
		snprintf(name, sizeof name, "%.*s", (int)cut(message->counter.name.len),
			 message->counter.name.data);
		put_counter(self, name, message->counter.value);
	}
}

static void on_message(void *context, const struct mn_trace_message *message, uint64_t host_ns)
{
	struct perfetto *self = context;
	char name[200];

	(void)host_ns;
	if (message->kind == MN_TRACE_SERVICE || message->kind == MN_TRACE_HEAP ||
	    message->kind == MN_TRACE_COUNTER)
		put_counter_of(self, message);
	if (message->kind != MN_TRACE_DISCARDED)
		return;
	snprintf(name, sizeof name,
		 "lost: %" PRIu64 " events, %" PRIu64 " new spans, %" PRIu64 " of span activity",
		 message->discarded.events, message->discarded.new_spans,
		 message->discarded.span_activity);
	track_of(self, 0);
	begin_event(self, TYPE_INSTANT, UUID_TASK(0));
	put_name(self, "loss", name);
	end_event(self);
}

/* What is open when the recording ends, ends with it. */
static void end_all(struct perfetto *self)
{
	for (uint32_t task = 0; task < self->track_room; task++) {
		struct track *track = &self->tracks[task];

		if (track->described)
			end_slices(self, task);
		for (; track->span_count; track->span_count--)
			put_end(self, UUID_SPANS(task));
	}
}

static void free_all(struct perfetto *self)
{
	for (uint32_t task = 0; task < self->track_room; task++)
		free(self->tracks[task].spans);
	free(self->tracks);
	for (uint32_t i = 0; i < INTERN_SLOTS; i++)
		free(self->interned[i].text);
	for (uint32_t i = 0; i < self->counter_count; i++)
		free(self->counters[i]);
	free(self->counters);
	free(self);
}

static bool close_file(FILE *file)
{
	const bool good = fflush(file) == 0 && !ferror(file);

	return fclose(file) == 0 && good;
}

static bool write_all(struct perfetto *self)
{
	const struct trace_sink sink = {.context = self, .event = on_event, .message = on_message};
	struct trace_stream *stream = trace_stream_new(&sink);
	struct trace_recording *recording =
		trace_recording_open(self->source->path, stream, NULL, NULL);

	if (recording) {
		put_group(self);
		for (size_t i = 0; i < self->source->records; i++)
			trace_recording_step(recording);
		end_all(self);
		trace_recording_close(recording, NULL);
	}
	trace_stream_free(stream);
	return recording;
}

bool export_perfetto(const struct export_source *source, const char *out)
{
	FILE *file = fopen(out, "wxe");
	if (!file) {
		log_fatal("cannot write %s: %s", out, strerror(errno));
		return false;
	}
	struct perfetto *self = memory_get_zeroed(sizeof *self);
	self->file = file;
	self->source = source;
	bool good = write_all(self);
	free_all(self);
	errno = 0;
	if (!close_file(file) && good) {
		log_fatal("cannot write all of %s: %s", out, strerror(errno ? errno : EIO));
		good = false;
	}
	if (!good)
		unlink(out);
	return good;
}
