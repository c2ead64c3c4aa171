/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Trace messages to the host, written; the contract is in the header. A message is written
 * where it will stand and stuffed in place, so a target needs no second buffer.
 */
#include "trace_internal.h"

static void put_text(struct mn_postcard_writer *w, const struct mn_trace_text *text)
{
	mn_postcard_put_str(w, text->data, text->len);
}

static void put_optional_text(struct mn_postcard_writer *w, const struct mn_trace_text *text)
{
	mn_postcard_put_bool(w, text->data);
	if (text->data)
		put_text(w, text);
}

/* An id that is never 0: no decoder would take it. */
static void put_id(struct mn_postcard_writer *w, uint64_t id)
{
	mn__trace_require(w, id != 0);
	mn_postcard_put_uint(w, id);
}

static void put_optional_id(struct mn_postcard_writer *w, uint64_t id)
{
	mn_postcard_put_bool(w, id);
	if (id)
		mn_postcard_put_uint(w, id);
}

static void put_value(struct mn_postcard_writer *w, const struct mn_trace_value *value)
{
	mn_postcard_put_uint(w, value->kind);
	switch (value->kind) {
	case MN_TRACE_DEBUG_TEXT:
	case MN_TRACE_STR:
		put_text(w, &value->text);
		break;
	case MN_TRACE_F64:
		mn_postcard_put_f64(w, value->f64);
		break;
	case MN_TRACE_I64:
		mn_postcard_put_int(w, value->i64);
		break;
	case MN_TRACE_U64:
		mn_postcard_put_uint(w, value->u64);
		break;
	case MN_TRACE_BOOL:
		mn_postcard_put_bool(w, value->boolean);
		break;
	case MN_TRACE_TEXT_ID:
		put_id(w, value->u64);
		break;
	}
}

static void put_count(struct mn_postcard_writer *w, uint32_t count)
{
	mn__trace_require(w, count <= MN_TRACE_FIELDS_MAX);
	mn_postcard_put_uint(w, count);
}

static void put_values(struct mn_postcard_writer *w, const struct mn_trace_value *values,
		       uint32_t count)
{
	put_count(w, count);
	for (uint32_t i = 0; i < count && !w->error; i++)
		put_value(w, &values[i]);
}

static void put_fields(struct mn_postcard_writer *w, const struct mn_trace_field *fields,
		       uint32_t count)
{
	put_count(w, count);
	for (uint32_t i = 0; i < count && !w->error; i++) {
		mn__trace_require(w, fields[i].value.kind != MN_TRACE_TEXT_ID);
		put_text(w, &fields[i].name);
		put_value(w, &fields[i].value);
	}
}

/* ---- The original's ---------------------------------------------------------------- */

static void put_meta(struct mn_postcard_writer *w, const struct mn_trace_meta *meta)
{
	put_id(w, meta->id);
	put_text(w, &meta->name);
	put_text(w, &meta->target);
	mn__trace_require(w, meta->level < MN_TRACE_OFF);
	mn_postcard_put_uint(w, meta->level);
	put_optional_text(w, &meta->module_path);
	put_optional_text(w, &meta->file);
	mn_postcard_put_bool(w, meta->has_line);
	if (meta->has_line)
		mn_postcard_put_uint(w, meta->line);
	put_count(w, meta->field_count);
	for (uint32_t i = 0; i < meta->field_count && !w->error; i++)
		put_text(w, &meta->fields[i]);
	mn_postcard_put_bool(w, meta->is_span);
	mn_postcard_put_bool(w, meta->is_event);
}

static void put_event(struct mn_postcard_writer *w, const struct mn_trace_event *event)
{
	put_optional_id(w, event->parent);
	put_fields(w, event->fields, event->field_count);
	put_id(w, event->meta);
}

static void put_span(struct mn_postcard_writer *w, const struct mn_trace_span *span)
{
	put_id(w, span->id);
	put_id(w, span->meta);
	put_optional_id(w, span->parent);
	mn_postcard_put_bool(w, span->is_root);
	put_fields(w, span->fields, span->field_count);
}

static void put_discarded(struct mn_postcard_writer *w, const struct mn_trace_discarded *lost)
{
	mn_postcard_put_uint(w, lost->new_spans);
	mn_postcard_put_uint(w, lost->span_activity);
	mn_postcard_put_uint(w, lost->events);
	mn_postcard_put_uint(w, lost->metas);
}

/* ---- The extension ----------------------------------------------------------------- */

static void put_welcome(struct mn_postcard_writer *w, const struct mn_trace_welcome *welcome)
{
	mn_postcard_put_uint(w, welcome->version);
	mn_postcard_put_uint(w, welcome->tick_hz);
	mn_postcard_put_uint(w, welcome->cpu_hz);
	mn_postcard_put_uint(w, welcome->now);
	put_text(w, &welcome->system);
	put_text(w, &welcome->release);
	put_text(w, &welcome->build);
	put_text(w, &welcome->machine);
}

static void put_register_text(struct mn_postcard_writer *w,
			      const struct mn_trace_register_text *text)
{
	put_id(w, text->id);
	put_text(w, &text->text);
}

static void put_timed_event(struct mn_postcard_writer *w, const struct mn_trace_timed_event *event)
{
	put_id(w, event->meta);
	mn_postcard_put_uint(w, event->time);
	mn_postcard_put_uint(w, event->task);
	mn_postcard_put_uint(w, event->cause);
	mn_postcard_put_uint(w, event->parent);
	put_values(w, event->values, event->value_count);
}

static void put_timed_span(struct mn_postcard_writer *w, const struct mn_trace_timed_span *span)
{
	put_id(w, span->id);
	put_id(w, span->meta);
	mn_postcard_put_uint(w, span->time);
	mn_postcard_put_uint(w, span->task);
	mn_postcard_put_uint(w, span->cause);
	mn_postcard_put_uint(w, span->parent);
	put_values(w, span->values, span->value_count);
}

static void put_timed_activity(struct mn_postcard_writer *w,
			       const struct mn_trace_timed_activity *activity)
{
	mn_postcard_put_uint(w, activity->what);
	put_id(w, activity->id);
	mn_postcard_put_uint(w, activity->time);
	mn_postcard_put_uint(w, activity->task);
}

static void put_snapshot(struct mn_postcard_writer *w, const struct mn_trace_snapshot *snapshot)
{
	mn_postcard_put_uint(w, snapshot->id);
	mn_postcard_put_uint(w, snapshot->time);
}

static void put_wait(struct mn_postcard_writer *w, const struct mn_trace_wait *wait)
{
	put_text(w, &wait->what);
	put_text(w, &wait->name);
	mn_postcard_put_uint(w, wait->on);
	mn_postcard_put_uint(w, wait->since);
	mn_postcard_put_uint(w, wait->holder);
	mn_postcard_put_bool(w, wait->holder_ended);
	mn_postcard_put_bool(w, wait->over);
}

static void put_task(struct mn_postcard_writer *w, const struct mn_trace_task *task)
{
	mn_postcard_put_uint(w, task->id);
	put_text(w, &task->name);
	put_text(w, &task->file);
	mn_postcard_put_uint(w, task->line);
	mn_postcard_put_uint(w, task->state);
	mn_postcard_put_uint(w, task->size);
	mn_postcard_put_uint(w, task->polls);
	mn_postcard_put_uint(w, task->cpu);
	mn_postcard_put_uint(w, task->cause);
	mn_postcard_put_uint(w, task->limit);
	mn_postcard_put_bool(w, task->carrier);
	put_count(w, task->wait_count);
	for (uint32_t i = 0; i < task->wait_count && !w->error; i++)
		put_wait(w, &task->waits[i]);
}

static void put_service(struct mn_postcard_writer *w, const struct mn_trace_service *service)
{
	mn_postcard_put_uint(w, service->id);
	put_text(w, &service->name);
	put_text(w, &service->instance);
	for (size_t i = 0; i < sizeof service->uuid; i++)
		mn_postcard_put_u8(w, service->uuid[i]);
	mn_postcard_put_uint(w, service->task);
	mn_postcard_put_uint(w, service->queued);
	mn_postcard_put_uint(w, service->serving);
	mn_postcard_put_uint(w, service->client);
	mn_postcard_put_uint(w, service->since);
}

static void put_heap(struct mn_postcard_writer *w, const struct mn_trace_heap *heap)
{
	mn_postcard_put_uint(w, heap->size);
	mn_postcard_put_uint(w, heap->used);
	mn_postcard_put_uint(w, heap->high_water);
	mn_postcard_put_uint(w, heap->largest_free);
	mn_postcard_put_uint(w, heap->failures);
	mn_postcard_put_uint(w, heap->waiting);
}

static void put_counter(struct mn_postcard_writer *w, const struct mn_trace_counter *counter)
{
	put_text(w, &counter->name);
	mn_postcard_put_uint(w, counter->value);
}

/* ---- All --------------------------------------------------------------------------- */

static void put_message(struct mn_postcard_writer *w, const struct mn_trace_message *message)
{
	mn_postcard_put_uint(w, message->kind);
	switch (message->kind) {
	case MN_TRACE_HEARTBEAT:
		mn__trace_put_level(w, message->level);
		break;
	case MN_TRACE_REGISTER_META:
		put_meta(w, &message->meta);
		break;
	case MN_TRACE_EVENT:
		put_event(w, &message->event);
		break;
	case MN_TRACE_NEW_SPAN:
		put_span(w, &message->span);
		break;
	case MN_TRACE_ENTER:
	case MN_TRACE_EXIT:
	case MN_TRACE_CLONE_SPAN:
	case MN_TRACE_DROP_SPAN:
		put_id(w, message->span_id);
		break;
	case MN_TRACE_DISCARDED:
		put_discarded(w, &message->discarded);
		break;
	case MN_TRACE_WELCOME:
		put_welcome(w, &message->welcome);
		break;
	case MN_TRACE_TIME:
		mn_postcard_put_uint(w, message->now);
		break;
	case MN_TRACE_REGISTER_TEXT:
		put_register_text(w, &message->text);
		break;
	case MN_TRACE_TIMED_EVENT:
		put_timed_event(w, &message->timed_event);
		break;
	case MN_TRACE_TIMED_SPAN:
		put_timed_span(w, &message->timed_span);
		break;
	case MN_TRACE_TIMED_ACTIVITY:
		put_timed_activity(w, &message->timed_activity);
		break;
	case MN_TRACE_SNAPSHOT_BEGIN:
	case MN_TRACE_SNAPSHOT_END:
		put_snapshot(w, &message->snapshot);
		break;
	case MN_TRACE_TASK:
		put_task(w, &message->task);
		break;
	case MN_TRACE_SERVICE:
		put_service(w, &message->service);
		break;
	case MN_TRACE_HEAP:
		put_heap(w, &message->heap);
		break;
	case MN_TRACE_COUNTER:
		put_counter(w, &message->counter);
		break;
	}
}

size_t mn_trace_encode(uint8_t *out, size_t cap, const struct mn_trace_message *message)
{
	struct mn_postcard_writer w;

	mn__message_begin(&w, out, cap);
	put_message(&w, message);
	return mn__message_end(&w, out, cap);
}
