/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From the bytes of the line to ports, text and complaints.
 *
 * Good frames go to their ports. What is not a frame is shown if it is text (unframe.h). The
 * rest is counted by kind; the first of each kind after a (re)connection is reported, each one
 * with --verbose.
 */
#ifndef CROWTTY_DEMUX_H
#define CROWTTY_DEMUX_H

#include "port.h"
#include "unframe.h"

/* This many bytes without a single good frame are reported; a text counts only an eighth, because a
 * machine may say a lot before its kernel does. */
#define DEMUX_SUSPICIOUS 2048

struct demux_counts {
	uint64_t bytes, frames, text_bytes;
	uint64_t bad[UNFRAME_BAD_KINDS];
	uint64_t unmapped, unmapped_bytes;
};

struct demux {
	struct ports *ports;
	/* Also told of each good frame, after its port; NULL or set before demux_take(). */
	void (*on_frame)(void *context, uint16_t port, const uint8_t *data, size_t len);
	void *context;
	struct unframe unframe;
	uv_timer_t quiet; /* runs only while a frame is unfinished */
	struct demux_counts total, since_start;
	bool bad_said[UNFRAME_BAD_KINDS]; /* since the start */
	bool suspicion_said;
	unsigned unmapped_said;
	uint8_t unmapped_seen[65536 / 8];
};

void demux_open(struct demux *demux, uv_loop_t *loop, struct ports *ports);

/* The line was opened (again): an unfinished frame is forgotten, the counts since the
 * start begin at zero. */
void demux_start(struct demux *demux);

/* Takes bytes, and flushes the ports. */
void demux_take(struct demux *demux, const uint8_t *data, size_t len);

/* Shows an unfinished text now: the line has gone. */
void demux_stop(struct demux *demux);

/* Closes its timer and reports the totals. */
void demux_close(struct demux *demux);

#endif
