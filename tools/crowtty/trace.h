/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The trace stream of a target, decoded: from the bytes of port 3 to events with whole times
 * and resolved texts. Log, top, export and the page all read it through the sink below, live or
 * from a recording (record.h).
 *
 * What a stream has told (call sites, texts) stays valid until trace_stream_free(), even when
 * an id is registered anew; values and messages only during the call that passes them.
 *
 * Bad bytes are skipped up to the next terminator and counted. A target that speaks the
 * original protocol has no times, tasks and causes: then `timed` is false, `time_ns` is that of
 * the host, and the rest 0.
 */
#ifndef CROWTTY_TRACE_H
#define CROWTTY_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <mnemos/proto/trace.h>
#include <mnemos/proto/trace_events.h>

/* A call site; texts end with a zero. */
struct trace_site {
	uint64_t id;
	const char *name, *target;
	const char *module_path, *file; /* NULL: not given */
	uint32_t line;                  /* 0: not given */
	enum mn_trace_level level;
	bool is_span, is_event;
	enum mn_trace_known known; /* which of the kernel's own, or MN_TRACE_KNOWN_COUNT */
	uint32_t field_count;
	const char *const *fields;
};

enum trace_event_kind {
	TRACE_EVENT,
	TRACE_SPAN_NEW,
	TRACE_SPAN_ENTER,
	TRACE_SPAN_EXIT,
	TRACE_SPAN_CLONE,
	TRACE_SPAN_DROP,
};

struct trace_event {
	enum trace_event_kind kind;
	bool timed;
	uint64_t time_ns; /* since the target started; on one stream it never goes back */
	uint32_t task, cause;
	const struct trace_site *site; /* of events and new spans; NULL: unknown, see meta_id */
	uint64_t meta_id;
	uint64_t span;   /* id; of an event its parent, 0: none */
	uint64_t parent; /* of a new span; 0: none */
	uint32_t field_count;
	const struct mn_trace_field *fields; /* names too; TEXT_IDs are DEBUG_TEXTs by now */
};

/* Who reads. NULL where not of interest. */
struct trace_sink {
	void *context;
	void (*event)(void *context, const struct trace_event *event);
	void (*site)(void *context, const struct trace_site *site);
	/* Every other message: heartbeat, discarded, welcome, time, snapshot and its parts. Their
	 * times are still in ticks; convert with trace_stream_ns(). */
	void (*message)(void *context, const struct mn_trace_message *message, uint64_t host_ns);
	/* Bytes that were no message were skipped. */
	void (*damage)(void *context, size_t len);
};

struct trace_stream;

/* `sink` must stay. Never NULL: without memory the program ends with a message (memory.h). */
struct trace_stream *trace_stream_new(const struct trace_sink *sink);
void trace_stream_free(struct trace_stream *stream);

/* Takes bytes of port 3 that came at host time `host_ns` (any origin, never going back). */
void trace_stream_take(struct trace_stream *stream, const void *bytes, size_t len,
		       uint64_t host_ns);

/* The line was opened again: an unfinished message and the clock are forgotten; sites stay. */
void trace_stream_restart(struct trace_stream *stream);

/* Ticks of the target in nanoseconds; 0 before its WELCOME. */
uint64_t trace_stream_ns(const struct trace_stream *stream, uint64_t ticks);

/* What a whole recording holds besides the events. */
struct trace_recording_end {
	uint64_t events, skipped_bytes;
	bool damaged; /* the file is good up to byte `damaged_at`, not behind */
	uint64_t damaged_at;
	uint64_t duration_ns; /* of the recording, by the host's clock */
};

/*
 * Reads a recording: the line's frames, of which those of port 3 go to `sink`. Text on the line
 * that belongs to no frame (a panic) goes to `text`, if that is not NULL. Returns false after
 * reporting an error if the file can't be read at all; damage is not an error but ends it.
 */
bool trace_recording_read(const char *path, const struct trace_sink *sink,
			  void (*text)(void *context, const char *text, size_t len,
				       uint64_t host_ns),
			  struct trace_recording_end *end);

#endif
