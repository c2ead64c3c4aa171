/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Trace messages to the host, read: the host's side. The contract is in the header. */
#include <string.h>
#include "trace_internal.h"

static struct mn_trace_text get_text(struct mn_postcard_reader *r)
{
	struct mn_trace_text text;

	text.data = mn_postcard_get_str(r, &text.len);
	return text;
}

static struct mn_trace_text get_optional_text(struct mn_postcard_reader *r)
{
	return mn_postcard_get_bool(r) ? get_text(r) : (struct mn_trace_text){NULL, 0};
}

/* An id that is never 0. */
static uint64_t get_id(struct mn_postcard_reader *r)
{
	const uint64_t id = mn_postcard_get_u64(r);

	if (id == 0)
		mn_postcard_refuse(r, MN_EBADMSG);
	return id;
}

static uint64_t get_optional_id(struct mn_postcard_reader *r)
{
	return mn_postcard_get_bool(r) ? get_id(r) : 0;
}

/* How many elements follow, each of one byte or more, for which `storage` has room. */
static uint32_t get_count(struct mn_postcard_reader *r)
{
	const size_t count = mn_postcard_get_count(r);

	if (count > MN_TRACE_FIELDS_MAX) {
		mn_postcard_refuse(r, MN_ETOOBIG);
		return 0;
	}
	return (uint32_t)count;
}

/* `kinds`: how many kinds of value there may be; the original has no TEXT_ID. */
static struct mn_trace_value get_value(struct mn_postcard_reader *r, uint32_t kinds)
{
	struct mn_trace_value value;

	value.kind = (enum mn_trace_value_kind)mn_postcard_get_variant(r, kinds);
	switch (value.kind) {
	case MN_TRACE_DEBUG_TEXT:
	case MN_TRACE_STR:
		value.text = get_text(r);
		break;
	case MN_TRACE_F64:
		value.f64 = mn_postcard_get_f64(r);
		break;
	case MN_TRACE_I64:
		value.i64 = mn_postcard_get_i64(r);
		break;
	case MN_TRACE_U64:
		value.u64 = mn_postcard_get_u64(r);
		break;
	case MN_TRACE_BOOL:
		value.boolean = mn_postcard_get_bool(r);
		break;
	case MN_TRACE_TEXT_ID:
		value.u64 = get_id(r);
		break;
	}
	return value;
}

static uint32_t get_values(struct mn_postcard_reader *r, struct mn_trace_value *values)
{
	const uint32_t count = get_count(r);

	for (uint32_t i = 0; i < count && !r->error; i++)
		values[i] = get_value(r, MN_TRACE_TEXT_ID + 1);
	return count;
}

/* A producer whose count is too high (the original can be one) has nothing behind its fields
 * that reads as another one for long: that is refused. */
static uint32_t get_fields(struct mn_postcard_reader *r, struct mn_trace_field *fields)
{
	const uint32_t count = get_count(r);

	for (uint32_t i = 0; i < count && !r->error; i++) {
		fields[i].name = get_text(r);
		fields[i].value = get_value(r, MN_TRACE_TEXT_ID);
	}
	return count;
}

/* ---- The original's ---------------------------------------------------------------- */

static void get_meta(struct mn_postcard_reader *r, struct mn_trace_meta *meta,
		     struct mn_trace_text *names)
{
	meta->id = get_id(r);
	meta->name = get_text(r);
	meta->target = get_text(r);
	meta->level = (enum mn_trace_level)mn_postcard_get_variant(r, MN_TRACE_OFF);
	meta->module_path = get_optional_text(r);
	meta->file = get_optional_text(r);
	meta->has_line = mn_postcard_get_bool(r);
	meta->line = meta->has_line ? mn_postcard_get_u32(r) : 0;
	meta->field_count = get_count(r);
	meta->fields = names;
	for (uint32_t i = 0; i < meta->field_count && !r->error; i++)
		names[i] = get_text(r);
	meta->is_span = mn_postcard_get_bool(r);
	meta->is_event = mn_postcard_get_bool(r);
}

static void get_event(struct mn_postcard_reader *r, struct mn_trace_event *event,
		      struct mn_trace_field *fields)
{
	event->parent = get_optional_id(r);
	event->field_count = get_fields(r, fields);
	event->fields = fields;
	event->meta = get_id(r);
}

static void get_span(struct mn_postcard_reader *r, struct mn_trace_span *span,
		     struct mn_trace_field *fields)
{
	span->id = get_id(r);
	span->meta = get_id(r);
	span->parent = get_optional_id(r);
	span->is_root = mn_postcard_get_bool(r);
	span->field_count = get_fields(r, fields);
	span->fields = fields;
}

static void get_discarded(struct mn_postcard_reader *r, struct mn_trace_discarded *lost)
{
	lost->new_spans = mn_postcard_get_u64(r);
	lost->span_activity = mn_postcard_get_u64(r);
	lost->events = mn_postcard_get_u64(r);
	lost->metas = mn_postcard_get_u64(r);
}

/* ---- The extension ----------------------------------------------------------------- */

static void get_welcome(struct mn_postcard_reader *r, struct mn_trace_welcome *welcome)
{
	welcome->version = mn_postcard_get_u32(r);
	welcome->tick_hz = mn_postcard_get_u32(r);
	welcome->cpu_hz = mn_postcard_get_u64(r);
	welcome->now = mn_postcard_get_u64(r);
	welcome->system = get_text(r);
	welcome->release = get_text(r);
	welcome->build = get_text(r);
	welcome->machine = get_text(r);
}

static void get_register_text(struct mn_postcard_reader *r, struct mn_trace_register_text *text)
{
	text->id = get_id(r);
	text->text = get_text(r);
}

static void get_timed_event(struct mn_postcard_reader *r, struct mn_trace_timed_event *event,
			    struct mn_trace_value *values)
{
	event->meta = get_id(r);
	event->time = mn_postcard_get_u32(r);
	event->task = mn_postcard_get_u32(r);
	event->cause = mn_postcard_get_u32(r);
	event->parent = mn_postcard_get_u64(r);
	event->value_count = get_values(r, values);
	event->values = values;
}

static void get_timed_span(struct mn_postcard_reader *r, struct mn_trace_timed_span *span,
			   struct mn_trace_value *values)
{
	span->id = get_id(r);
	span->meta = get_id(r);
	span->time = mn_postcard_get_u32(r);
	span->task = mn_postcard_get_u32(r);
	span->cause = mn_postcard_get_u32(r);
	span->parent = mn_postcard_get_u64(r);
	span->value_count = get_values(r, values);
	span->values = values;
}

static void get_timed_activity(struct mn_postcard_reader *r,
			       struct mn_trace_timed_activity *activity)
{
	activity->what = (enum mn_trace_activity)mn_postcard_get_variant(r, MN_TRACE_DROPPED + 1);
	activity->id = get_id(r);
	activity->time = mn_postcard_get_u32(r);
	activity->task = mn_postcard_get_u32(r);
}

static void get_snapshot(struct mn_postcard_reader *r, struct mn_trace_snapshot *snapshot)
{
	snapshot->id = mn_postcard_get_u32(r);
	snapshot->time = mn_postcard_get_u64(r);
}

static void get_wait(struct mn_postcard_reader *r, struct mn_trace_wait *wait)
{
	wait->what = get_text(r);
	wait->name = get_text(r);
	wait->on = mn_postcard_get_u64(r);
	wait->since = mn_postcard_get_u64(r);
	wait->holder = mn_postcard_get_u32(r);
	wait->holder_ended = mn_postcard_get_bool(r);
	wait->over = mn_postcard_get_bool(r);
}

static void get_task(struct mn_postcard_reader *r, struct mn_trace_task *task,
		     struct mn_trace_wait *waits)
{
	task->id = mn_postcard_get_u32(r);
	task->name = get_text(r);
	task->file = get_text(r);
	task->line = mn_postcard_get_u32(r);
	task->state = (enum mn_trace_task_state)mn_postcard_get_variant(r, MN_TRACE_TASK_LOST + 1);
	task->size = mn_postcard_get_u32(r);
	task->polls = mn_postcard_get_u32(r);
	task->cpu = mn_postcard_get_u64(r);
	task->cause = mn_postcard_get_u32(r);
	task->limit = mn_postcard_get_u64(r);
	task->carrier = mn_postcard_get_bool(r);
	task->wait_count = get_count(r);
	task->waits = waits;
	for (uint32_t i = 0; i < task->wait_count && !r->error; i++)
		get_wait(r, &waits[i]);
}

static void get_service(struct mn_postcard_reader *r, struct mn_trace_service *service)
{
	service->id = mn_postcard_get_u32(r);
	service->name = get_text(r);
	service->instance = get_text(r);
	for (size_t i = 0; i < sizeof service->uuid; i++)
		service->uuid[i] = mn_postcard_get_u8(r);
	service->task = mn_postcard_get_u32(r);
	service->queued = mn_postcard_get_u32(r);
	service->serving = mn_postcard_get_u32(r);
	service->client = mn_postcard_get_u32(r);
	service->since = mn_postcard_get_u64(r);
}

static void get_heap(struct mn_postcard_reader *r, struct mn_trace_heap *heap)
{
	heap->size = mn_postcard_get_u64(r);
	heap->used = mn_postcard_get_u64(r);
	heap->high_water = mn_postcard_get_u64(r);
	heap->largest_free = mn_postcard_get_u64(r);
	heap->failures = mn_postcard_get_u32(r);
	heap->waiting = mn_postcard_get_u32(r);
}

static void get_counter(struct mn_postcard_reader *r, struct mn_trace_counter *counter)
{
	counter->name = get_text(r);
	counter->value = mn_postcard_get_u64(r);
}

/* ---- All --------------------------------------------------------------------------- */

static void get_message(struct mn_postcard_reader *r, struct mn_trace_message *message,
			union mn_trace_storage *storage)
{
	const uint32_t kind = mn_postcard_get_u32(r);

	message->kind = (enum mn_trace_kind)kind;
	switch (kind) {
	case MN_TRACE_HEARTBEAT:
		message->level = mn__trace_get_level(r);
		break;
	case MN_TRACE_REGISTER_META:
		get_meta(r, &message->meta, storage->names);
		break;
	case MN_TRACE_EVENT:
		get_event(r, &message->event, storage->fields);
		break;
	case MN_TRACE_NEW_SPAN:
		get_span(r, &message->span, storage->fields);
		break;
	case MN_TRACE_ENTER:
	case MN_TRACE_EXIT:
	case MN_TRACE_CLONE_SPAN:
	case MN_TRACE_DROP_SPAN:
		message->span_id = get_id(r);
		break;
	case MN_TRACE_DISCARDED:
		get_discarded(r, &message->discarded);
		break;
	case MN_TRACE_WELCOME:
		get_welcome(r, &message->welcome);
		break;
	case MN_TRACE_TIME:
		message->now = mn_postcard_get_u64(r);
		break;
	case MN_TRACE_REGISTER_TEXT:
		get_register_text(r, &message->text);
		break;
	case MN_TRACE_TIMED_EVENT:
		get_timed_event(r, &message->timed_event, storage->values);
		break;
	case MN_TRACE_TIMED_SPAN:
		get_timed_span(r, &message->timed_span, storage->values);
		break;
	case MN_TRACE_TIMED_ACTIVITY:
		get_timed_activity(r, &message->timed_activity);
		break;
	case MN_TRACE_SNAPSHOT_BEGIN:
	case MN_TRACE_SNAPSHOT_END:
		get_snapshot(r, &message->snapshot);
		break;
	case MN_TRACE_TASK:
		get_task(r, &message->task, storage->waits);
		break;
	case MN_TRACE_SERVICE:
		get_service(r, &message->service);
		break;
	case MN_TRACE_HEAP:
		get_heap(r, &message->heap);
		break;
	case MN_TRACE_COUNTER:
		get_counter(r, &message->counter);
		break;
	default:
		mn_postcard_refuse(r, MN_ENOTSUP);
		break;
	}
}

enum mn_error mn_trace_decode(struct mn_trace_message *message, union mn_trace_storage *storage,
			      uint8_t *bytes, size_t len)
{
	struct mn_postcard_reader r;

	memset(message, 0, sizeof *message);
	mn__message_open(&r, bytes, len);
	get_message(&r, message, storage);
	return r.error;
}
