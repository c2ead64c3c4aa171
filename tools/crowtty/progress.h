/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * How far a recording is: on a terminal a line that changes, at the end one that stays.
 *
 * It is a sink that counts, and passes everything on.
 */
#ifndef CROWTTY_PROGRESS_H
#define CROWTTY_PROGRESS_H

#include <uv.h>

#include "record.h"
#include "trace.h"

struct progress {
	/* The caller's. */
	const struct recorder *recorder;
	const struct trace_sink *next; /* where to pass everything on */
	unsigned limit_s;              /* 0: none */
	void *context;
	/* The time is over, or the recorder has given up. */
	void (*on_end)(void *context, bool good);

	/* Its own. */
	struct trace_sink sink;
	uv_timer_t timer;
	uint64_t start_ms;
	uint64_t events, lost, damaged_bytes;
	bool is_open, is_welcome;
};

/* Zeroed memory with the first part filled in. */
void progress_open(struct progress *progress, uv_loop_t *loop);

/* Says what there is, and closes the timer; once, or if it was never open. */
void progress_close(struct progress *progress);

#endif
