/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the parts of a history share. Each part takes the events that are its own. */
#ifndef CROWTTY_HISTORY_INNER_H
#define CROWTTY_HISTORY_INNER_H

#include "history.h"

/* A text's number. */
uint32_t history_text(struct history *self, struct mn_trace_text text);

/* The same of a field; HISTORY_NONE if it is empty. */
uint32_t history_field_text(struct history *self, const struct trace_event *event, uint32_t field);

/* What a map has for a key, or HISTORY_NONE. */
uint32_t history_get(const struct map *map, uint64_t key);
void history_set(struct map *map, uint64_t key, uint32_t value);

/*
 * Tracks (history_tracks.c).
 */

struct track *history_track_at(const struct history *self, uint32_t number);

/* A track's number; one that is not there is made. */
uint32_t history_track(struct history *self, enum track_kind kind, uint64_t id);

/* That of the task which was running; HISTORY_NONE if none was. */
uint32_t history_running(struct history *self, const struct trace_event *event);

void history_take_spawn(struct history *self, const struct trace_event *event);
void history_take_end(struct history *self, const struct trace_event *event);
void history_take_poll(struct history *self, const struct trace_event *event);
void history_take_wait(struct history *self, const struct trace_event *event);
void history_take_ready(struct history *self, const struct trace_event *event);
void history_take_wake(struct history *self, const struct trace_event *event);
void history_take_irq(struct history *self, const struct trace_event *event);
void history_take_queue(struct history *self, const struct trace_event *event);

/* A caller that waited for its turn waits for a reply from task `server` now. */
void history_begin_service(struct history *self, struct track *caller, uint32_t server);

/* A task in a snapshot. */
void history_take_task(struct history *self, const struct mn_trace_task *task);

/* The target has gone, and all its tasks. */
void history_restart_tracks(struct history *self);

/* Nothing more will come. */
void history_end_tracks(struct history *self);
void history_free_tracks(struct history *self);

/*
 * Messages (history_messages.c).
 */

/* The message of a request id, or HISTORY_NONE. */
uint32_t history_request(const struct history *self, uint64_t id);

void history_take_call(struct history *self, const struct trace_event *event);
void history_take_serve(struct history *self, const struct trace_event *event);
void history_take_reply(struct history *self, const struct trace_event *event);
void history_take_revoke(struct history *self, const struct trace_event *event);

/* The caller runs again: its replies have arrived. */
void history_deliver(struct history *self, struct track *caller);

/*
 * Spans (history_spans.c).
 */

void history_take_span(struct history *self, const struct trace_event *event);
void history_restart_spans(struct history *self);
void history_end_spans(struct history *self);

#endif
