/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From the bytes of the line to ports, text and complaints.
 *
 * Good frames go to their ports. What is not a frame is shown if it is text, such as a
 * panic or a boot message: up to a zero byte, or to QUIET_MS without more, or in front of a
 * frame that follows it directly. The rest is counted by kind; the first of each kind
 * after a (re)connection is reported, each one with --verbose.
 */
#ifndef CROWTTY_DEMUX_H
#define CROWTTY_DEMUX_H

#include <mnemos/proto/sermux.h>

#include "port.h"

/* Longest frame taken from a target. Generous: a target's limit is for what it receives. */
#define DEMUX_MAX_FRAME 16384
#define DEMUX_QUIET_MS 100

/* This many bytes without a single good frame are reported; a text counts only an eighth, because a
 * machine may say a lot before its kernel does. */
#define DEMUX_SUSPICIOUS 2048

enum demux_bad {
	DEMUX_NOT_COBS,
	DEMUX_TOO_SHORT,
	DEMUX_TOO_LONG,
	DEMUX_BAD_KINDS,
};

struct demux_counts {
	uint64_t bytes, frames, text_bytes;
	uint64_t bad[DEMUX_BAD_KINDS];
	uint64_t unmapped, unmapped_bytes;
};

struct demux {
	struct ports *ports;
	struct mn_sermux_receiver receiver;
	uv_timer_t quiet; /* runs only while a frame is unfinished */
	struct demux_counts total, since_start;
	bool bad_said[DEMUX_BAD_KINDS]; /* since the start */
	bool suspicion_said;
	unsigned unmapped_said;
	uint8_t unmapped_seen[65536 / 8];
	uint8_t buffer[DEMUX_MAX_FRAME];
	uint8_t scratch[MN_SERMUX_BOUND(DEMUX_MAX_FRAME)];
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
