/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "demux.h"
#include "log.h"
#include "text.h"

/* Ports nobody mapped are named as they appear, but noise could name them all. */
#define MOST_UNMAPPED_SAID 8

void demux_open(struct demux *demux, uv_loop_t *loop, struct ports *ports)
{
	demux->ports = ports;
	mn_sermux_receiver_init(&demux->receiver, demux->buffer, sizeof demux->buffer);
	uv_timer_init(loop, &demux->quiet);
	demux->quiet.data = demux;
}

void demux_start(struct demux *demux)
{
	mn_sermux_receiver_reset(&demux->receiver);
	demux->since_start = (struct demux_counts){0};
	memset(demux->bad_said, 0, sizeof demux->bad_said);
}

/*
 * Frames.
 */

static void text(struct demux *demux, const uint8_t *data, size_t len)
{
	demux->total.text_bytes += len;
	demux->since_start.text_bytes += len;
	text_show(data, len);
}

/* A text can be valid COBS by chance. The frame is encoded again to see what it was. */
static bool was_text(struct demux *demux, uint16_t port, const uint8_t *data, size_t len)
{
	size_t wire = mn_sermux_encode(demux->scratch, sizeof demux->scratch, port, data, len);
	if (wire == 0 || !text_is(demux->scratch, wire - 1))
		return false;
	text(demux, demux->scratch, wire - 1);
	return true;
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

static void frame(struct demux *demux, uint16_t port, const uint8_t *data, size_t len)
{
	if (!ports_deliver(demux->ports, port, data, len)) {
		if (!was_text(demux, port, data, len))
			unmapped(demux, port, len);
		return;
	}
	demux->total.frames++;
	demux->since_start.frames++;
	log_line(LOG_DEBUG, port, "DMUX", "%zuB -> :%u", len, port);
}

/*
 * Everything else.
 */

/* A line without a zero at its end, and then a frame: both are there to be had. */
static bool text_then_frame(struct demux *demux, const uint8_t *data, size_t len)
{
	size_t split = text_prefix(data, len);
	if (split == 0 || split == len || !text_is(data, split))
		return false;
	size_t got = mn_cobs_decode(demux->scratch, data + split, len - split);
	if (got == MN_COBS_INVALID || got <= MN_SERMUX_HEADER)
		return false;
	uint16_t port = (uint16_t)(demux->scratch[0] | demux->scratch[1] << 8);
	if (!demux->ports->by_number[port])
		return false;
	text(demux, data, split);
	frame(demux, port, demux->scratch + MN_SERMUX_HEADER, got - MN_SERMUX_HEADER);
	return true;
}

static const char *const bad_names[DEMUX_BAD_KINDS] = {
	[DEMUX_NOT_COBS] = "not COBS",
	[DEMUX_TOO_SHORT] = "too short",
	[DEMUX_TOO_LONG] = "too long",
};

static void bad(struct demux *demux, enum demux_bad kind, const struct mn_sermux_item *item)
{
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
		 item->len, text_quote(quoted, sizeof quoted, item->data, item->len),
		 log_wants(LOG_DEBUG) ? "" : " (more of this kind are only counted)");
}

static void not_cobs(struct demux *demux, const struct mn_sermux_item *item)
{
	if (text_is(item->data, item->len))
		text(demux, item->data, item->len);
	else if (!text_then_frame(demux, item->data, item->len))
		bad(demux, DEMUX_NOT_COBS, item);
}

static void too_short(struct demux *demux, const struct mn_sermux_item *item)
{
	if (text_is(item->data, item->len))
		text(demux, item->data, item->len);
	else
		bad(demux, DEMUX_TOO_SHORT, item);
}

static void too_long(struct demux *demux, const struct mn_sermux_item *item)
{
	/* The cut may have gone through a character. */
	size_t len = text_prefix(item->data, item->len);
	if (item->len - len > 3 || !text_is(item->data, len)) {
		bad(demux, DEMUX_TOO_LONG, item);
		return;
	}
	/* A long boot log: show this part, and look at the next one afresh. */
	text(demux, item->data, len);
	mn_sermux_receiver_reset(&demux->receiver);
}

static void take_item(struct demux *demux, const struct mn_sermux_item *item)
{
	switch (item->kind) {
	case MN_SERMUX_FRAME:
		frame(demux, item->port, item->data, item->len);
		break;
	case MN_SERMUX_BAD_COBS:
		not_cobs(demux, item);
		break;
	case MN_SERMUX_SHORT:
		too_short(demux, item);
		break;
	case MN_SERMUX_OVERLONG:
		too_long(demux, item);
		break;
	case MN_SERMUX_FLUSH:
	case MN_SERMUX_NONE:
		break;
	}
}

/*
 * Quiet.
 */

static void show_unfinished(struct demux *demux)
{
	struct mn_sermux_receiver *receiver = &demux->receiver;
	if (receiver->skipping || !text_is(receiver->buffer, receiver->len))
		return;
	text(demux, receiver->buffer, receiver->len);
	mn_sermux_receiver_reset(receiver);
}

static void quiet_for_long(uv_timer_t *timer)
{
	show_unfinished(timer->data);
}

/* Called for each piece that comes; restarting a timer costs no system call. */
static void watch_for_quiet(struct demux *demux)
{
	if (demux->receiver.len > 0 && !demux->receiver.skipping)
		uv_timer_start(&demux->quiet, quiet_for_long, DEMUX_QUIET_MS, 0);
	else
		uv_timer_stop(&demux->quiet);
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
		 now->bytes, now->bad[DEMUX_NOT_COBS], now->bad[DEMUX_TOO_SHORT],
		 now->bad[DEMUX_TOO_LONG]);
}

void demux_take(struct demux *demux, const uint8_t *data, size_t len)
{
	log_line(LOG_DEBUG, LOG_NO_PORT, " MUX", "-> %zuB", len);
	demux->total.bytes += len;
	demux->since_start.bytes += len;
	while (len > 0) {
		struct mn_sermux_item item;
		/* No more than fits: of a text that is too long for a frame nothing is skipped. */
		size_t room = demux->receiver.cap - demux->receiver.len;
		size_t part = len < room || demux->receiver.skipping ? len : room;
		size_t took = mn_sermux_receive(&demux->receiver, data, part, &item);
		take_item(demux, &item);
		data += took;
		len -= took;
	}
	watch_for_quiet(demux);
	suspect(demux);
	ports_flush(demux->ports);
}

void demux_stop(struct demux *demux)
{
	uv_timer_stop(&demux->quiet);
	show_unfinished(demux);
}

void demux_close(struct demux *demux)
{
	demux_stop(demux);
	uv_close((uv_handle_t *)&demux->quiet, NULL);
	const struct demux_counts *all = &demux->total;
	uint64_t sum =
		all->bad[DEMUX_NOT_COBS] + all->bad[DEMUX_TOO_SHORT] + all->bad[DEMUX_TOO_LONG];
	log_line(sum > 0 ? LOG_INFO : LOG_DEBUG, LOG_NO_PORT, "DMUX",
		 "%" PRIu64 "B, %" PRIu64 " frames; bad: %" PRIu64 " not COBS, %" PRIu64
		 " too short, %" PRIu64 " too long",
		 all->bytes, all->frames, all->bad[DEMUX_NOT_COBS], all->bad[DEMUX_TOO_SHORT],
		 all->bad[DEMUX_TOO_LONG]);
	if (all->unmapped > 0)
		log_line(LOG_INFO, LOG_NO_PORT, "DMUX",
			 "%" PRIu64 " frames (%" PRIu64 "B) dropped for ports that are not mapped",
			 all->unmapped, all->unmapped_bytes);
}
