/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The serial mux: the pump, which reads the line and delivers to the ports.
 *
 * All frames of one grant are delivered in one poll, unless a port makes the line wait. Then
 * the port's reader is given a turn first; mostly that is enough, and no timer is needed.
 */
#include <string.h>
#include "serial_mux_internal.h"

#define MN_LOG_TARGET "services::serial_mux"

/* Bytes from the line after which other tasks have a turn. */
#define BATCH 4096

static struct mn_serial_mux *mux_of(struct mn__sermux_pump *self)
{
	return MN_CONTAINER(self, struct mn_serial_mux, pump);
}

/* ---- Delivery ---------------------------------------------------------------------- */

/* Puts into the ring what it has room for. */
static size_t put(struct mn__sermux_slot *slot, const uint8_t *data, size_t len)
{
	struct mn_bbq_write room = {0};
	size_t done = 0;

	while (done < len && mn_bbq_try_write(&room, &slot->ring, len - done) == MN_OK) {
		memcpy(room.data, data + done, room.len);
		mn_bbq_commit(&slot->ring, room.len);
		done += room.len;
	}
	slot->received += (uint32_t)done;
	return done;
}

/* The payload is done with; so is its port, if it was closed meanwhile. */
static void let_go(struct mn__sermux_pump *self)
{
	if (self->slot->closed)
		mn_free(self->slot);
	self->slot = NULL;
	self->left = 0;
	self->hold_until_us = 0;
}

static void drop(struct mn_serial_mux *mux, struct mn__sermux_slot *slot, size_t len)
{
	slot->dropped += (uint32_t)len;
	mux->stats.bytes_dropped += (uint32_t)len;
	mn_debug("port %u: full, %zu bytes dropped", slot->number, len);
}

static void drop_rest(struct mn__sermux_pump *self)
{
	drop(mux_of(self), self->slot, self->left);
	let_go(self);
}

/* Goes on with the payload; returns whether it is done with. */
static bool deliver(struct mn__sermux_pump *self)
{
	const size_t done = put(self->slot, self->data, self->left);

	self->data += done;
	self->left -= done;
	if (self->slot->closed)
		drop_rest(self);
	else if (self->left == 0)
		let_go(self);
	return !self->slot;
}

static void begin_payload(struct mn__sermux_pump *self, const struct mn_sermux_item *item)
{
	struct mn_serial_mux *mux = mux_of(self);
	struct mn__sermux_slot *slot = mn__sermux_find(mux, item->port);

	mux->stats.frames_in++;
	mux->stats.bytes_in += (uint32_t)item->len;
	if (!slot) {
		mux->stats.unknown_port++;
		mn_debug("port %u: not open, %zu bytes dropped", item->port, item->len);
		return;
	}
	if (slot->drop || slot->stalled) {
		const size_t room = mn__free_bytes(&slot->ring);

		slot->stalled = room == 0;
		if (slot->drop ? room < item->len : slot->stalled) {
			drop(mux, slot, item->len);
			return;
		}
	}
	self->slot = slot;
	self->data = item->data;
	self->left = item->len;
}

/* ---- The stream -------------------------------------------------------------------- */

static void take(struct mn__sermux_pump *self, const struct mn_sermux_item *item)
{
	struct mn_sermux_stats *stats = &mux_of(self)->stats;

	switch (item->kind) {
	case MN_SERMUX_FRAME:
		begin_payload(self, item);
		return;
	case MN_SERMUX_BAD_COBS:
		stats->bad_cobs++;
		break;
	case MN_SERMUX_SHORT:
		stats->too_short++;
		break;
	case MN_SERMUX_OVERLONG:
		stats->overlong++;
		break;
	case MN_SERMUX_NONE:
	case MN_SERMUX_FLUSH: /* a sender starts afresh: harmless */
		return;
	}
	mn_debug("a bad frame (%u), %zu bytes", item->kind, item->len);
}

/* Decodes and delivers the turn's bytes; returns true if a port has no room. */
static bool blocked(struct mn__sermux_pump *self)
{
	struct mn_serial_mux *mux = mux_of(self);
	struct mn_sermux_item item;

	if (mn_serial_line_has_changed(mux->line)) { /* all of this is an earlier peer's */
		if (self->slot)
			drop_rest(self);
		self->at = self->end = self->rx.len;
	}
	for (;;) {
		if (self->slot && !deliver(self))
			return true;
		if (self->at == self->end)
			return false;
		self->at += mn_sermux_receive(&mux->receiver, self->rx.data + self->at,
					      self->end - self->at, &item);
		take(self, &item);
	}
}

static void begin_turn(struct mn__sermux_pump *self)
{
	self->at = 0;
	self->end = self->rx.len < BATCH ? self->rx.len : BATCH;
}

/* An earlier owner may have left the peer in mid-frame: end that. */
static void send_flush(struct mn_bbq *tx)
{
	struct mn_bbq_write room = {0};

	if (mn_bbq_try_write(&room, tx, 1) != MN_OK)
		return;
	room.data[0] = 0;
	mn_bbq_commit(tx, 1);
}

static void start_clean(struct mn__sermux_pump *self)
{
	struct mn_serial_mux *mux = mux_of(self);
	const uint32_t peer = mn_serial_line_accept(mux->line);

	if (mux->line->resumed)
		send_flush(mux->line->tx);
	mn_sermux_receiver_reset(&mux->receiver);
	mux->stats.peers += peer != 0;
	mn__sermux_change_peer(mux, peer != 0);
	mn_debug("peer %u", (unsigned)peer);
}

/* Waits for bytes, or for another peer; then there may be none. */
static mn_poll input(struct mn__sermux_pump *self)
{
	struct mn_serial_line *line = mux_of(self)->line;

	if (!self->race.begun) {
		if (mn_serial_line_has_changed(line))
			start_clean(self);
		if (mn_bbq_try_read(&self->rx, line->rx) == MN_OK)
			return MN_OK;
		self->rx.len = 0;
	}
	return mn_race(&self->race, mn_bbq_read(&self->rx, line->rx),
		       mn_serial_line_change(&self->change, line));
}

/* ---- Holding the line -------------------------------------------------------------- */

/* Whether there is a reason to try again. */
static bool has_room(struct mn__sermux_pump *self)
{
	return self->slot->closed || mn__free_bytes(&self->slot->ring) > 0 ||
	       mn_serial_line_has_changed(mux_of(self)->line);
}

static uint64_t hold_left_us(struct mn__sermux_pump *self)
{
	const uint64_t now_us = mn_now_us();

	if (self->hold_until_us == 0) {
		self->hold_until_us = now_us + mux_of(self)->config.max_hold_us;
		mux_of(self)->stats.holds++;
	}
	return self->hold_until_us > now_us ? self->hold_until_us - now_us : 0;
}

/* Waits for room, at most as long as the payload may; or until the peer has changed. */
static mn_poll hold(struct mn__sermux_pump *self)
{
	struct mn_bbq *ring = &self->slot->ring;
	const mn_poll held =
		mn_timeout(&self->limit,
			   mn_race(&self->race, mn_bbq_write(&self->room, ring, self->left),
				   mn_serial_line_change(&self->change, mux_of(self)->line)),
			   hold_left_us(self));

	if (held != MN_PENDING && self->race.result[0] == MN_OK)
		mn_bbq_commit(ring, 0); /* deliver() takes it, and more if it has become more */
	return held;
}

/* The time is up: the port loses the rest, unless its reader is itself waiting for the peer. */
static void expire(struct mn__sermux_pump *self)
{
	const uint64_t max_hold_us = mux_of(self)->config.max_hold_us;

	if (self->slot->writes > 0 && max_hold_us > 0) {
		self->hold_until_us += max_hold_us;
		return;
	}
	mux_of(self)->stats.holds_expired++;
	self->slot->stalled = true;
	drop_rest(self);
}

/* ---- The pump ---------------------------------------------------------------------- */

static void lose_line(struct mn__sermux_pump *self)
{
	struct mn_serial_mux *mux = mux_of(self);

	if (self->slot)
		drop_rest(self);
	mn_bbq_release(mux->line->rx, 0);
	mux->line = NULL;
	mn__sermux_change_peer(mux, false);
}

static mn_poll mn__sermux_pump_run(struct mn__sermux_pump *self)
{
	MN_BEGIN(self);
	for (;;) {
		MN_TRY(self, mn_simple_serial_connect(&self->connect, &self->serial,
						      mux_of(self)->config.line));
		self->request.what = MN_SIMPLE_SERIAL_GET_PORT;
		MN_AWAIT(self, mn_simple_serial_call(&self->call, &self->serial, &self->request,
						     &self->response));
		if (MN_RESULT(self) == MN_EGONE)
			continue;
		if (MN_RESULT(self) != MN_OK)
			MN_RETURN(self, MN_RESULT(self));
		mux_of(self)->line = self->response.line;
		start_clean(self);
		for (;;) {
			MN_AWAIT(self, input(self));
			if (MN_RESULT(self) != MN_OK)
				break;
			begin_turn(self);
			while (blocked(self)) {
				MN_YIELD(self);
				if (has_room(self))
					continue;
				MN_AWAIT(self, hold(self));
				if (MN_RESULT(self) == MN_ECANCELED)
					break;
				if (MN_RESULT(self) == MN_ETIMEDOUT)
					expire(self);
			}
			if (MN_RESULT(self) == MN_ECANCELED)
				break;
			mn_bbq_release(mux_of(self)->line->rx, self->at);
			MN_YIELD(self);
		}
		lose_line(self);
		if (MN_RESULT(self) != MN_ECLOSED) /* else the driver has ended; maybe it returns */
			MN_RETURN(self, MN_RESULT(self));
	}
	MN_END(self);
}

MN_TASK_AS(mn__sermux_pump, struct mn__sermux_pump, "serial_mux_rx");

void mn__sermux_pump_start(struct mn_serial_mux *mux)
{
	memset(&mux->pump, 0, sizeof mux->pump);
	mn_spawn(mn_running, &mux->pump.task, &mn__sermux_pump_task);
}
