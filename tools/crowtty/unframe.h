/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From the bytes of a line to frames, text and what is neither.
 *
 * What is not a frame may be text, such as a panic or a boot message: up to a zero byte, in front
 * of a frame that follows it directly, or for as long as there is no zero at all. A text that
 * nothing follows is unfinished: unframe_flush() takes it for complete, after a while of silence.
 *
 * Zeroed memory with a sink, then unframe_start().
 */
#ifndef CROWTTY_UNFRAME_H
#define CROWTTY_UNFRAME_H

#include <mnemos/proto/sermux.h>

/* Longest frame taken from a target. Generous: a target's limit is for what it receives. */
#define UNFRAME_MAX 16384

/* Silence on the line for so long ends a text. */
#define UNFRAME_QUIET_MS 100

enum unframe_bad {
	UNFRAME_NOT_COBS,
	UNFRAME_TOO_SHORT,
	UNFRAME_TOO_LONG,
	UNFRAME_BAD_KINDS,
};

/* Who is told; the bytes are good during the call. */
struct unframe_sink {
	void *context;
	/* Whether frames of that port are to be expected; if not, what looks like one by chance
	 * may be text. */
	bool (*expects)(void *context, uint16_t port);
	void (*frame)(void *context, uint16_t port, const uint8_t *data, size_t len);
	void (*text)(void *context, const uint8_t *data, size_t len);
	void (*bad)(void *context, enum unframe_bad kind, const uint8_t *data, size_t len);
};

struct unframe {
	struct unframe_sink sink;
	struct mn_sermux_receiver receiver;
	uint8_t buffer[UNFRAME_MAX];
	uint8_t scratch[MN_SERMUX_BOUND(UNFRAME_MAX)];
};

/* The line was opened (again): an unfinished frame is forgotten. */
void unframe_start(struct unframe *unframe);

void unframe_take(struct unframe *unframe, const uint8_t *data, size_t len);

/* Whether something is unfinished that may be a text, and passing it on as one if it is. */
bool unframe_is_unfinished(const struct unframe *unframe);
void unframe_flush(struct unframe *unframe);

#endif
