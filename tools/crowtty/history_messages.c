/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "history_inner.h"

/* The values of the kernel's events, by their places in MN_TRACE_EVENT_LIST. */
enum { CALL_SERVICE, CALL_CLIENT, CALL_REQUEST, CALL_CAUSE, CALL_RESULT = CALL_CAUSE };

static struct history_message *message_at(const struct history *self, uint32_t number)
{
	return (struct history_message *)(void *)self->messages.data + number;
}

/* Ids of requests are odd, those of their replies one less. */
uint32_t history_request(const struct history *self, uint64_t id)
{
	return id ? history_get(&self->request_of, id | 1) : HISTORY_NONE;
}

static uint32_t add_request(struct history *self, const struct trace_event *event)
{
	const struct history_message message = {
		.call_ns = self->last_ns,
		.id = (uint32_t)trace_event_number(event, CALL_REQUEST),
		.service = (uint32_t)trace_event_number(event, CALL_SERVICE),
		.client = (uint32_t)trace_event_number(event, CALL_CLIENT),
		.cause = HISTORY_NONE,
		.from = HISTORY_NONE,
		.to = HISTORY_NONE,
		.next_replied = HISTORY_NONE,
		.begun_before = true,
	};
	uint32_t at = HISTORY_COUNT(self->messages, message);
	bytes_put(&self->messages, &message, sizeof message);
	history_set(&self->request_of, message.id | 1, at);
	return at;
}

static struct history_message *of_request(struct history *self, const struct trace_event *event)
{
	uint32_t at = history_request(self, trace_event_number(event, CALL_REQUEST));
	if (at == HISTORY_NONE)
		at = add_request(self, event);
	return message_at(self, at);
}

void history_take_call(struct history *self, const struct trace_event *event)
{
	uint32_t cause_id = (uint32_t)trace_event_number(event, CALL_CAUSE);
	uint32_t cause = history_request(self, cause_id);
	struct history_message *message = message_at(self, add_request(self, event));
	message->from = history_running(self, event);
	message->begun_before = false;
	message->cause_id = cause_id;
	message->cause = cause;
}

void history_take_serve(struct history *self, const struct trace_event *event)
{
	uint32_t server = history_running(self, event);
	struct history_message *message = of_request(self, event);
	message->serve_ns = self->last_ns;
	message->to = server;
	if (message->from != HISTORY_NONE)
		history_begin_service(self, history_track_at(self, message->from), event->task);
}

void history_take_reply(struct history *self, const struct trace_event *event)
{
	uint32_t server = history_running(self, event);
	struct history_message *message = of_request(self, event);
	/* Twice only in a damaged stream; it would make a circle of the list below. */
	if (message->replied)
		return;
	message->replied = true;
	message->reply_ns = self->last_ns;
	message->result = (uint32_t)trace_event_number(event, CALL_RESULT);
	if (message->to == HISTORY_NONE)
		message->to = server;
	if (message->from == HISTORY_NONE || message->revoked)
		return;
	struct track *caller = history_track_at(self, message->from);
	message->next_replied = caller->replied;
	caller->replied = (uint32_t)(message - message_at(self, 0));
}

void history_take_revoke(struct history *self, const struct trace_event *event)
{
	struct history_message *message = of_request(self, event);
	message->revoked = true;
	message->back_ns = self->last_ns;
}

/* The caller runs again: its replies have arrived. */
void history_deliver(struct history *self, struct track *caller)
{
	while (caller->replied != HISTORY_NONE) {
		struct history_message *message = message_at(self, caller->replied);
		message->back_ns = self->last_ns;
		caller->replied = message->next_replied;
	}
}
