/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What happened on a target, whole: a trace stream turned into tables for the page (view.h).
 *
 *     tracks    one a task, interrupt or full queue: a sequence of states, each until the next
 *     messages  call, serve, reply and when the caller ran again; with the message that caused it
 *     spans     from their creation to their end
 *     log       everything else that was said, with its text
 *     losses    what the target could not send, and bytes that were no message
 *
 * Times are nanoseconds since the target started; see trace.h for one that is started anew. Then
 * all tasks are new.
 */
#ifndef CROWTTY_HISTORY_H
#define CROWTTY_HISTORY_H

#include "map.h"
#include "trace.h"
#include "view_table.h"

#define HISTORY_NONE UINT32_MAX

enum track_kind { TRACK_TASK, TRACK_IRQ, TRACK_QUEUE, TRACK_KINDS };

/* States of a track; from TRACK_WAIT on they are waits: TRACK_WAIT + number in `waits`. */
enum track_state { TRACK_GONE, TRACK_RUNNING, TRACK_READY, TRACK_WAIT };

/* What a task waits for: the things one wait set is made of. Texts are numbers in `texts`. */
struct history_wait {
	uint64_t on;         /* address; 0: none */
	uint32_t what;       /* text: "a reply from" */
	uint32_t service;    /* text: its name, or HISTORY_NONE */
	uint32_t service_id; /* instead of its name; 0: none */
	uint32_t holder;     /* id of a task; 0: none in particular */
};

struct track {
	enum track_kind kind;
	uint32_t id;         /* task, interrupt; of a queue 0 */
	uint32_t name, file; /* texts, or HISTORY_NONE */
	uint32_t size;       /* bytes of the task; 0: unknown */
	bool carrier;
	/* The state it is in; it becomes a row of the columns once it is over. */
	uint64_t since_ns;
	uint32_t state, by;
	struct bytes waits;   /* struct history_wait each, while the set is collected */
	struct column start;  /* COLUMN_TIME */
	struct column states; /* COLUMN_INT */
	struct column
		by_column; /* COLUMN_INT: ready: track that woke it + 1; running: message + 1 */
	uint32_t replied;  /* messages that wait for its next poll, linked; or HISTORY_NONE */
};

struct history_message {
	uint64_t call_ns, serve_ns, reply_ns, back_ns; /* 0: did not happen */
	uint32_t id, service, client;
	uint32_t cause;    /* message, or HISTORY_NONE */
	uint32_t cause_id; /* as it was told; 0: none */
	uint32_t from, to; /* tracks, or HISTORY_NONE */
	uint32_t result;   /* of the reply */
	uint32_t next_replied;
	bool begun_before; /* its call was not seen */
	bool replied;
	bool revoked;
};

struct history_span {
	uint64_t start_ns, end_ns;
	uint64_t id;
	uint32_t track, text, lane;
	bool open;
};

struct history_log {
	uint64_t time_ns;
	uint32_t track; /* or HISTORY_NONE */
	uint32_t target, text;
	enum mn_trace_level level;
};

/* Something is missing before `time_ns`. */
struct history_loss {
	uint64_t time_ns;
	uint64_t spans, activity, events, metas;
	uint64_t bytes; /* that were no message */
};

struct history_service {
	uint32_t id, name;
};

struct history {
	uint64_t first_ns, last_ns; /* of all events; at the end, of all that was told */
	uint64_t event_count;
	bool any, timed;
	uint32_t system, release, build, machine; /* texts, or HISTORY_NONE */

	struct pool texts;
	struct pool waits; /* sets: history_wait each */

	struct bytes tracks;   /* struct track * each */
	struct bytes messages; /* struct history_message each */
	struct bytes spans, log, losses, services;

	/* Of the collecting alone. */
	const struct trace_stream *stream; /* for its clock; to be set before it is fed */
	uint64_t snapshot_ns;
	uint64_t began_ns, told_ns; /* the clock, as it was told first and last; 0: never */
	uint64_t told_ticks;        /* of the target's clock, the last time it told it */
	struct map track_of[TRACK_KINDS], request_of, span_of; /* to a number + 1 */
	struct track *running;
};

void history_init(struct history *self);
void history_free(struct history *self);

/* To be given to a trace_stream. `self` must stay where it is. */
struct trace_sink history_sink(struct history *self);

/* Text that the target put on the line outside of any frame. */
void history_take_text(struct history *self, const char *text, size_t len);

/* Ends what is still going on. Then all columns are whole. */
void history_end(struct history *self);

#define HISTORY_COUNT(table, type) ((uint32_t)((table).len / sizeof(type)))

#endif
