/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The trace stream of a target, decoded: from the bytes of port 3 to events with whole times
 * and resolved texts. Log, top, export and the page all read it through the sink below, live or
 * from a recording (record.h).
 *
 * What a stream has told (call sites, texts) stays valid until trace_stream_free(), even when
 * an id is registered anew; values and messages only during the call that passes them.
 *
 * Bad bytes are skipped up to the next terminator and counted; so is what a stream would have to
 * keep beyond TRACE_KEPT_MAX. There is no checksum on the wire: a damaged message may look like
 * a good one, and everything in it may be wrong but for what is promised below.
 *
 * A target that speaks the original protocol has no times, tasks and causes: then `timed` is
 * false, `time_ns` is that of the host, and the rest 0.
 */
#ifndef CROWTTY_TRACE_H
#define CROWTTY_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <mnemos/proto/trace.h>
#include <mnemos/proto/trace_events.h>

/* Most bytes of call sites and texts that a stream keeps. */
#define TRACE_KEPT_MAX ((size_t)64 << 20)

/* After so many heartbeats without a time a target that spoke the extension was started anew: it
 * knows nothing of what was asked for. With it each comes with one. */
#define TRACE_BEATS_WITHOUT_TIME 3

/* A call site; texts end with a zero, but may hold control characters. */
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
	bool incomplete; /* its call site, or one of its texts ("?"), was never announced */
	/* Since the target started. On one stream it never goes back: where it would, because the
	 * target was started anew or had no clock before, all times are later from there on. */
	uint64_t time_ns;
	uint32_t task, cause;
	const struct trace_site *site; /* of events and new spans; NULL: unknown, see meta_id */
	uint64_t meta_id;
	uint64_t span;   /* id; of an event its parent, 0: none */
	uint64_t parent; /* of a new span; 0: none */
	uint32_t field_count;
	const struct mn_trace_field *fields; /* names too; TEXT_IDs are DEBUG_TEXTs by now */
};

/*
 * Value `index` of an event as a number (of a bool: 0 or 1) or a text; 0 or empty if there is
 * none or it is of another kind. An event of one of the kernel's own sites has all its values.
 */
uint64_t trace_event_number(const struct trace_event *event, uint32_t index);
struct mn_trace_text trace_event_text(const struct trace_event *event, uint32_t index);

/* Who reads. NULL where not of interest. */
struct trace_sink {
	void *context;
	void (*event)(void *context, const struct trace_event *event);
	/* Announced, perhaps again. */
	void (*site)(void *context, const struct trace_site *site);
	/* Every other message: heartbeat, discarded, welcome, time, snapshot and its parts. Their
	 * times are still in ticks; convert with trace_stream_ns(). */
	void (*message)(void *context, const struct mn_trace_message *message, uint64_t host_ns);
	/* Bytes that were no message, with their terminator, were skipped. */
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

/* How many events were passed on, and how many bytes skipped, up to now. */
uint64_t trace_stream_events(const struct trace_stream *stream);
uint64_t trace_stream_skipped(const struct trace_stream *stream);

/* Ticks of the target as a `time_ns`; 0 before its WELCOME. */
uint64_t trace_stream_ns(const struct trace_stream *stream, uint64_t ticks);

/* What a whole recording holds besides the events. */
struct trace_recording_end {
	uint64_t events;
	uint64_t skipped_bytes; /* of the line and of port 3 that were neither text nor message */
	bool damaged;           /* the file is good up to byte `damaged_at`, not behind */
	uint64_t damaged_at;
	uint64_t duration_ns; /* of the recording, by the host's clock */
};

/*
 * Reads a recording into a new stream: of the line's frames those of port 3. Text on the line that
 * belongs to no frame (a panic) goes to `text`, if that is not NULL. Damage is reported, on
 * standard error, and ends the reading, but is not an error. The stream stays the caller's.
 */
struct trace_recording;

typedef void trace_text_fn(void *context, const char *text, size_t len, uint64_t host_ns);

/* NULL after reporting an error. */
struct trace_recording *trace_recording_open(const char *path, struct trace_stream *stream,
					     trace_text_fn *text, void *context);
/* Reads one record; false at the end or at damage, and then it must not be called again. */
bool trace_recording_step(struct trace_recording *self);
/* `end` may be NULL. */
void trace_recording_close(struct trace_recording *self, struct trace_recording_end *end);

/* All three; false if it cannot be opened. */
bool trace_recording_read(const char *path, struct trace_stream *stream, trace_text_fn *text,
			  void *context, struct trace_recording_end *end);

#endif
