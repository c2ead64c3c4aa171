/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the files of the model share: model.c keeps it, model_snapshot.c and model_events.c feed
 * it. */
#ifndef CROWTTY_MODEL_INNER_H
#define CROWTTY_MODEL_INNER_H

#include "memory.h"
#include "model.h"

/* A call between its request and its reply, known from events. */
struct model_call {
	uint32_t request, service;
	uint32_t task; /* the caller */
	uint64_t since_ns;
	bool serving;
};

/* More at a time cannot be: replies were lost. */
#define MODEL_CALLS_MAX 4096

/* Of queues this many are remembered, the newest. */
#define MODEL_QUEUES_MAX 1024

#define MODEL_LINE_MAX 512

struct model_inner {
	/* Texts, each once: open addressing, a power of two. */
	char **texts;
	size_t text_count, text_cap;

	size_t task_cap, service_cap, counter_cap, queue_cap;
	struct model_call *calls;
	size_t call_count, call_cap;

	const struct trace_stream *stream; /* or NULL */
	uint64_t ticks;                    /* the clock, as last told */
	bool in_snapshot;
	uint32_t look;     /* counts snapshots, whatever their ids */
	uint64_t begun_ns; /* of the one under way */
	uint32_t waiter;   /* task of the last event, if that was a wait; else 0 */

	char line[MODEL_LINE_MAX]; /* plain text, unfinished */
	size_t line_len;
};

/* Room for one more of `count` elements of `size` bytes. */
void *model_grow(void *array, size_t *cap, size_t count, size_t size);

/* A copy that stays; "" for nothing. */
const char *model_text(struct model *model, const char *text, size_t len);

/* A path without what leads from the directory of a build to the tree. */
const char *model_file(const char *path);

uint64_t model_ns(const struct model *model, uint64_t ticks);

/* The clock moved on, or back: then the target has started anew. */
void model_set_clock(struct model *model, uint64_t now_ns);

/* Found or made. Not for id 0. */
struct model_task *model_need_task(struct model *model, uint32_t id);
struct model_service *model_need_service(struct model *model, uint32_t id);

void model_end_task(struct model *model, struct model_task *task, uint64_t now_ns);
struct model_wait *model_add_wait(struct model_task *task);

/* Remembers who takes from a queue, if it is for that that the task waits. */
void model_note_reader(struct model *model, const struct model_task *task,
		       const struct model_wait *wait);

void model_take_message(void *context, const struct mn_trace_message *message, uint64_t host_ns);
void model_take_event(void *context, const struct trace_event *event);

#endif
