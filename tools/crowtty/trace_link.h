/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A conversation with a target on port 3: asks for what is wanted and sees to it that it stays so.
 *
 *     DOWN --1--> ASKED --2--> EXTENDED
 *      ^            ^------3-------'|
 *      '------------4---------------'
 *
 *     1 the line is up: the extension is asked for, then the level
 *     2 WELCOME: then the levels of single targets, and a snapshot, which has all names
 *     3 heartbeats without a time: the target was started anew, so everything is asked again
 *     4 the line is down
 *
 * In ASKED a target is spoken to as the original would, and may well be one: the level is asked for
 * again after the first heartbeat, and after each one that has another. In both, call sites that
 * are not known are asked for. With a filter of OFF only heartbeats of another level are answered.
 */
#ifndef CROWTTY_TRACE_LINK_H
#define CROWTTY_TRACE_LINK_H

#include <uv.h>

#include "trace.h"
#include "trace_filter.h"

enum trace_link_state {
	TRACE_LINK_DOWN,
	TRACE_LINK_ASKED,
	TRACE_LINK_EXTENDED,
};

struct trace_link {
	/* Configuration, the caller's; the last three stay. */
	unsigned snapshot_ms; /* a snapshot so often, at most 2000; 0: one that is whole */
	void *context;
	/* Sends bytes to port 3. */
	void (*send)(void *context, const void *data, size_t len);
	/* Whether somebody else speaks with the target now, and we must not; may be NULL. */
	bool (*is_taken)(void *context);
	const struct trace_filter *filter;
	const struct trace_sink *sink; /* gets everything */

	/* State. */
	enum trace_link_state state;
	struct trace_stream *stream;
	struct trace_sink tap; /* the stream's sink: looks at it, then passes it on */
	uv_timer_t timer;
	uint64_t host_ns;
	bool had_beat;
	uint64_t beat_ns;          /* of the last heartbeat */
	unsigned beats_since_time; /* EXTENDED: heartbeats without a TIME */
	unsigned extend_tries, level_tries;
	enum mn_trace_level beat_level;
	bool misses;       /* something that was not announced, was lost, or may be wrong */
	uint64_t asked_ns; /* when the level was asked for */
	bool was_taken;
	uint32_t snapshot;                /* id of the last one asked for */
	bool snapshot_damaged, has_names; /* one came whole */
	unsigned snapshot_waits;          /* ticks since then; 0: it is complete */
};

/* Zeroed memory with the configuration filled in. */
void trace_link_open(struct trace_link *link, uv_loop_t *loop);

void trace_link_up(struct trace_link *link);
void trace_link_down(struct trace_link *link);

/* Takes bytes of port 3 that came just now. */
void trace_link_take(struct trace_link *link, const void *bytes, size_t len);

/* Asks for a snapshot now; false if the target has none to give. */
bool trace_link_snapshot(struct trace_link *link);

/* Closes the timer; the loop must run on. After it has ended, trace_link_free(). */
void trace_link_close(struct trace_link *link);
void trace_link_free(struct trace_link *link);

/* "TRCE", "DBUG", "INFO", "WARN", "ERR"; "Some(INFO)", "None". */
const char *trace_level_word(enum mn_trace_level level);
const char *trace_level_option(enum mn_trace_level level);

#endif
