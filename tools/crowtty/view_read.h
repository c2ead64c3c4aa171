/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Reads a recording twice at once: as a history, and as the model of a target, of which
 * diagnose.h says what is wrong, at each snapshot and at the end.
 */
#ifndef CROWTTY_VIEW_READ_H
#define CROWTTY_VIEW_READ_H

#include "diagnose.h"
#include "history.h"

/* Most findings that are kept; more would not be read. */
#define VIEW_FINDINGS_MAX 200

/* A finding, as it was put the last time. The same is one of the same kind about the same tasks
 * that are its cause. */
struct view_finding {
	enum finding_kind kind;
	enum finding_severity severity;
	char *text;
	uint32_t *tasks; /* ids */
	size_t task_count;
	uint64_t since_ns;
	uint64_t seen_ns; /* target's time of the last diagnosis that had it */
	bool at_end;      /* the last diagnosis of all had it */
};

struct view_recording {
	struct history history;
	struct trace_recording_end end;
	struct view_finding findings[VIEW_FINDINGS_MAX]; /* the severest first */
	size_t finding_count;
	/* While it is read. */
	struct model *model;
	struct trace_sink sink, history_sink, model_sink;
	struct trace_stream *stream;
};

/* False after reporting an error. Damage to the file ends it, but is none. */
bool view_read(struct view_recording *self, const char *path);

/* The same in parts, for what is in no file: between the two the stream is fed. */
struct trace_stream *view_begin(struct view_recording *self);
void view_end(struct view_recording *self, uint64_t host_ns);

/* After view_read, good or not, or view_end. */
void view_free(struct view_recording *self);

#endif
