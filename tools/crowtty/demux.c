/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "demux.h"
#include "line_text.h"
#include "log.h"
#include "text.h"

/* Ports nobody mapped are named as they appear, but noise could name them all. */
#define MOST_UNMAPPED_SAID 8

/*
 * Frames.
 */

static bool expects(void *context, uint16_t port)
{
	struct demux *demux = context;
	return demux->ports->by_number[port] != NULL;
}

static void unmapped(struct demux *demux, uint16_t port, size_t len)
{
	demux->total.unmapped++;
	demux->total.unmapped_bytes += len;
	uint8_t *seen = &demux->unmapped_seen[port / 8];
	uint8_t bit = (uint8_t)(1u << (port % 8));
	if ((*seen & bit) || demux->unmapped_said == MOST_UNMAPPED_SAID)
		return;
	*seen |= bit;
	demux->unmapped_said++;
	log_line(LOG_NOTE, port, "DMUX",
		 "dropping what comes from port :%u, which is not mapped; "
		 "--port %u maps it",
		 port, port);
}

static void frame(void *context, uint16_t port, const uint8_t *data, size_t len)
{
	struct demux *demux = context;
	if (!ports_deliver(demux->ports, port, data, len)) {
		unmapped(demux, port, len);
		return;
	}
	demux->total.frames++;
	demux->since_start.frames++;
	log_line(LOG_DEBUG, port, "DMUX", "%zuB -> :%u", len, port);
	if (demux->on_frame)
		demux->on_frame(demux->context, port, data, len);
}

/*
 * Everything else.
 */

static void text(void *context, const uint8_t *data, size_t len)
{
	struct demux *demux = context;
	demux->total.text_bytes += len;
	demux->since_start.text_bytes += len;
	text_show(data, len);
	line_text_deliver(demux->ports, data, len);
}

static const char *const bad_names[UNFRAME_BAD_KINDS] = {
	[UNFRAME_NOT_COBS] = "not COBS",
	[UNFRAME_TOO_SHORT] = "too short",
	[UNFRAME_TOO_LONG] = "too long",
};

static void bad(void *context, enum unframe_bad kind, const uint8_t *data, size_t len)
{
	struct demux *demux = context;
	demux->total.bad[kind]++;
	demux->since_start.bad[kind]++;
	/* Who comes in the middle of a frame sees its tail first: nobody's fault. */
	bool is_tail = demux->since_start.frames + demux->since_start.text_bytes == 0;
	enum log_level level = demux->bad_said[kind] || is_tail ? LOG_DEBUG : LOG_NOTE;
	if (!log_wants(level))
		return;
	demux->bad_said[kind] |= !is_tail;
	char quoted[80];
	log_line(level, LOG_NO_PORT, "DMUX", "ERR! bad frame, %s: %zuB \"%s\"%s", bad_names[kind],
		 len, text_quote(quoted, sizeof quoted, data, len),
		 log_wants(LOG_DEBUG) ? "" : " (more of this kind are only counted)");
}

static void suspect(struct demux *demux)
{
	struct demux_counts *now = &demux->since_start;
	uint64_t weight = now->bytes - now->text_bytes + now->text_bytes / 8;
	if (now->frames > 0 || weight < DEMUX_SUSPICIOUS || demux->suspicion_said)
		return;
	demux->suspicion_said = true;
	log_line(LOG_NOTE, LOG_NO_PORT, "DMUX",
		 "ERR! this does not look like sermux: %" PRIu64 " bytes and not one good frame "
		 "(%" PRIu64 " not COBS, %" PRIu64 " too short, %" PRIu64 " too long); "
		 "is this the right port, or the right baud rate?",
		 now->bytes, now->bad[UNFRAME_NOT_COBS], now->bad[UNFRAME_TOO_SHORT],
		 now->bad[UNFRAME_TOO_LONG]);
}

/*
 * The line.
 */

void demux_open(struct demux *demux, uv_loop_t *loop, struct ports *ports)
{
	demux->ports = ports;
	demux->unframe.sink = (struct unframe_sink){demux, expects, frame, text, bad};
	unframe_start(&demux->unframe);
	uv_timer_init(loop, &demux->quiet);
	demux->quiet.data = demux;
}

void demux_start(struct demux *demux)
{
	unframe_start(&demux->unframe);
	demux->since_start = (struct demux_counts){0};
	memset(demux->bad_said, 0, sizeof demux->bad_said);
}

static void quiet_for_long(uv_timer_t *timer)
{
	struct demux *demux = timer->data;
	unframe_flush(&demux->unframe);
}

/* Called for each piece that comes; restarting a timer costs no system call. */
static void watch_for_quiet(struct demux *demux)
{
	if (unframe_is_unfinished(&demux->unframe))
		uv_timer_start(&demux->quiet, quiet_for_long, UNFRAME_QUIET_MS, 0);
	else
		uv_timer_stop(&demux->quiet);
}

void demux_take(struct demux *demux, const uint8_t *data, size_t len)
{
	log_line(LOG_DEBUG, LOG_NO_PORT, " MUX", "-> %zuB", len);
	demux->total.bytes += len;
	demux->since_start.bytes += len;
	unframe_take(&demux->unframe, data, len);
	watch_for_quiet(demux);
	suspect(demux);
	ports_flush(demux->ports);
}

void demux_stop(struct demux *demux)
{
	uv_timer_stop(&demux->quiet);
	unframe_flush(&demux->unframe);
}

void demux_close(struct demux *demux)
{
	demux_stop(demux);
	uv_close((uv_handle_t *)&demux->quiet, NULL);
	const struct demux_counts *all = &demux->total;
	uint64_t sum = all->bad[UNFRAME_NOT_COBS] + all->bad[UNFRAME_TOO_SHORT] +
		       all->bad[UNFRAME_TOO_LONG];
	log_line(sum > 0 ? LOG_INFO : LOG_DEBUG, LOG_NO_PORT, "DMUX",
		 "%" PRIu64 "B, %" PRIu64 " frames; bad: %" PRIu64 " not COBS, %" PRIu64
		 " too short, %" PRIu64 " too long",
		 all->bytes, all->frames, all->bad[UNFRAME_NOT_COBS], all->bad[UNFRAME_TOO_SHORT],
		 all->bad[UNFRAME_TOO_LONG]);
	if (all->unmapped > 0)
		log_line(LOG_INFO, LOG_NO_PORT, "DMUX",
			 "%" PRIu64 " frames (%" PRIu64 "B) dropped for ports that are not mapped",
			 all->unmapped, all->unmapped_bytes);
}
