/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The live log: a trace as lines, in the format of the original.
 *
 *     [3 +SSSS.NNNNNNNNNs] CONN LEVL span{key=v}: target: message, key=value, key=value
 *
 * A target that tells its time is shown with that; its spans are those of the task that is in
 * them. Of one that does not, all spans that were entered and not left are shown, as the original
 * would. The kernel's own events are shown as a target's local log does, with the names of tasks
 * and services where those were told.
 *
 * Events go by the filter; warnings, errors and losses are notes, the rest is information (log.h).
 */
#ifndef CROWTTY_TRACE_LOG_H
#define CROWTTY_TRACE_LOG_H

#include "map.h"
#include "trace.h"
#include "trace_filter.h"

/* Most spans and names of tasks that are remembered, and most spans shown in a line. */
#define TRACE_LOG_MOST 65536
#define TRACE_LOG_DEPTH 16

/* Zeroed memory, then trace_log_open(). */
struct trace_log {
	struct trace_sink sink; /* for a stream, or a link */
	const struct trace_filter *filter;
	bool silent;                /* no events and spans: only what goes wrong */
	struct map tasks, services; /* names */
	struct map spans;
	uint64_t entered[TRACE_LOG_DEPTH]; /* those of a target without tasks, innermost last */
	size_t entered_count;              /* all, also those that are not kept */
	int level_said;                    /* of the last heartbeat; -1: none */
	uint64_t damaged_bytes;
	bool heard, damage_said; /* since the start */
};

void trace_log_open(struct trace_log *log, const struct trace_filter *filter);

/* The line is up (again). */
void trace_log_start(struct trace_log *log);

/* Reports totals, and frees everything. */
void trace_log_close(struct trace_log *log);

#endif
