/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The serial mux: what clients write.
 *
 * A frame goes into the line's queue at once if it fits, encoded in place. Otherwise its writer
 * takes a turn: it encodes the frame into tx_frame, of which the line then takes what it has
 * room for. So only the holder of the turn ever has half a frame in the queue, and everybody
 * else waits behind it. When the peer changes, that frame is forgotten and its writer told.
 */
#include <string.h>
#include "serial_mux_internal.h"

#define MN_LOG_TARGET "services::serial_mux"

void mn__sermux_change_peer(struct mn_serial_mux *mux, bool attached)
{
	mux->session++;
	mux->attached = attached;
	mux->tx_sent = mux->tx_len = 0;
	mux->stale_until_us = mn_now_us() + mux->config.max_hold_us;
	for (uint16_t at = 0; at < mux->slot_count; at++) {
		struct mn__sermux_slot *slot = mux->slots[at];

		slot->mark = slot->received;
		slot->stale = mn_bbq_used(&slot->ring) > 0;
	}
	mn_queue_wake_all(&mux->tx_cut);
}

/* Whether the client still works on what an earlier peer has sent. */
static bool works_for_earlier(struct mn__sermux_slot *slot)
{
	const uint32_t read = slot->received - (uint32_t)mn_bbq_used(&slot->ring);

	if (slot->stale &&
	    ((int32_t)(read - slot->mark) >= 0 || mn_now_us() >= slot->mux->stale_until_us))
		slot->stale = false;
	return slot->stale;
}

/* Whether there is nobody for whom the port's client could be writing now. */
static bool is_pointless(struct mn__sermux_slot *slot)
{
	return !slot->mux->attached || (slot->stale && works_for_earlier(slot));
}

static bool someone_sends(const struct mn_serial_mux *mux)
{
	return mux->tx_turn.permits == 0 || mux->tx_sent < mux->tx_len;
}

static void count_out(struct mn_serial_mux *mux, size_t len)
{
	mux->stats.frames_out++;
	mux->stats.bytes_out += (uint32_t)len;
}

static void discard(struct mn_serial_mux *mux, size_t len)
{
	mux->stats.bytes_discarded += (uint32_t)len;
}

/* Copies what the line takes of tx_frame without waiting. */
static void pour(struct mn_serial_mux *mux, struct mn_bbq *tx)
{
	struct mn_bbq_write room = {0};

	while (mux->tx_sent < mux->tx_len &&
	       mn_bbq_try_write(&room, tx, mux->tx_len - mux->tx_sent) == MN_OK) {
		memcpy(room.data, mux->tx_frame + mux->tx_sent, room.len);
		mn_bbq_commit(tx, room.len);
		mux->tx_sent += room.len;
	}
}

static void load_frame(struct mn_serial_mux *mux, uint16_t port, const void *data, size_t len)
{
	const size_t bound = MN_SERMUX_BOUND((size_t)mux->config.max_frame / 2);

	mux->tx_len = mn_sermux_encode(mux->tx_frame, bound, port, data, len);
	mux->tx_sent = 0;
	count_out(mux, len);
}

/* A whole frame, if the line has room for any of that length. Returns whether it had. */
static bool send_at_once(struct mn_serial_mux *mux, uint16_t port, const void *data, size_t len)
{
	const size_t bound = MN_SERMUX_BOUND(len);
	struct mn_bbq *tx = mux->line->tx;
	struct mn_bbq_write room = {0};

	if (mn_bbq_try_write(&room, tx, bound) != MN_OK)
		return false;
	if (room.len == bound) {
		mn_bbq_commit(tx, mn_sermux_encode(room.data, bound, port, data, len));
		count_out(mux, len);
		return true;
	}
	mn_bbq_commit(tx, 0);
	if (mn__free_bytes(tx) < bound)
		return false;
	load_frame(mux, port, data, len); /* round the end of the queue's storage */
	pour(mux, tx);
	return true;
}

static size_t piece_of(const struct mn_serial_mux *mux, size_t len)
{
	const size_t most = mux->config.max_frame / 2;

	return len < most ? len : most;
}

mn_poll mn_sermux_try_write(const struct mn_sermux_port *port, const void *data, size_t len)
{
	struct mn__sermux_slot *slot = port->slot;
	struct mn_serial_mux *mux = slot->mux;
	const uint8_t *bytes = data;
	size_t pieces, need;

	if (slot->gone)
		return MN_EGONE;
	if (is_pointless(slot)) {
		discard(mux, len);
		return MN_OK;
	}
	/* As if all pieces were of full length: simple, and never too little. */
	pieces = (len + mux->config.max_frame / 2U - 1) / (mux->config.max_frame / 2U);
	need = pieces * MN_SERMUX_BOUND(piece_of(mux, len));
	if (need > mn_bbq_capacity(mux->line->tx))
		return MN_ETOOBIG;
	if (someone_sends(mux) || need > mn__free_bytes(mux->line->tx))
		return MN_EFULL;
	while (len > 0) {
		const size_t n = piece_of(mux, len);

		if (!send_at_once(mux, slot->number, bytes, n))
			return MN_EFULL; /* the driver closed its end this moment */
		bytes += n;
		len -= n;
	}
	return MN_OK;
}

/* ---- Waiting ----------------------------------------------------------------------- */

/* Discards all that is left where it has become pointless; returns whether it has. */
static bool give_up(struct mn_sermux_write *self)
{
	struct mn_serial_mux *mux = self->slot->mux;

	if (self->session == mux->session && !is_pointless(self->slot))
		return false;
	discard(mux, self->len - self->sent);
	self->sent = self->len;
	return true;
}

/* Sends all it can without a wait; returns whether something is left. */
static bool must_wait(struct mn_sermux_write *self)
{
	struct mn_serial_mux *mux = self->slot->mux;

	while (self->sent < self->len && !self->slot->gone && !give_up(self)) {
		const size_t n = piece_of(mux, self->len - self->sent);

		if (someone_sends(mux) ||
		    !send_at_once(mux, self->slot->number, self->data + self->sent, n))
			return true;
		self->sent += n;
	}
	return false;
}

/* It is our turn. First what somebody had to leave who was cancelled, then a frame of ours. */
static void begin_frame(struct mn_sermux_write *self)
{
	struct mn_serial_mux *mux = self->slot->mux;

	if (self->slot->gone || give_up(self))
		return;
	if (mux->tx_sent == mux->tx_len) {
		const size_t n = piece_of(mux, self->len - self->sent);

		load_frame(mux, self->slot->number, self->data + self->sent, n);
		self->sent += n;
	}
	self->tx = mux->line->tx;
	pour(mux, self->tx);
}

static bool frame_left(const struct mn_sermux_write *self)
{
	const struct mn_serial_mux *mux = self->slot->mux;

	return !self->slot->gone && mux->tx_sent < mux->tx_len;
}

/* Waits for room in the line's queue, or until the frame has become pointless. */
static mn_poll room_or_cut(struct mn_sermux_write *self)
{
	struct mn_serial_mux *mux = self->slot->mux;
	const mn_poll polled = mn_race(&self->race, mn_bbq_write(&self->room, self->tx, 1),
				       mn_queue_wait(&self->cut, &mux->tx_cut));

	if (polled == MN_PENDING)
		return MN_PENDING;
	if (self->race.result[0] == MN_OK) {
		mn_bbq_commit(self->tx, 0);
		pour(mux, self->tx);
	}
	return polled;
}

static void end_turn(struct mn_sermux_write *self, mn_poll how)
{
	struct mn_serial_mux *mux = self->slot->mux;

	if (how == MN_ECLOSED) { /* the line is ending; the pump is about to notice */
		mux->tx_sent = mux->tx_len = 0;
		discard(mux, self->len - self->sent);
		self->sent = self->len;
	}
	self->slot->writes--;
	mn_semaphore_give(&mux->tx_turn);
}

static mn_poll mn__sermux_write_run(struct mn_sermux_write *self)
{
	MN_BEGIN(self);
	self->sent = 0;
	self->session = self->slot->mux->session;
	while (must_wait(self)) {
		self->slot->writes++;
		MN_AWAIT(self, mn_semaphore_take(&self->turn, &self->slot->mux->tx_turn));
		if (MN_RESULT(self) != MN_OK) {
			self->slot->writes--;
			MN_RETURN(self, MN_RESULT(self));
		}
		begin_frame(self);
		while (frame_left(self)) {
			MN_AWAIT(self, room_or_cut(self));
			if (MN_RESULT(self) != MN_OK)
				break;
		}
		end_turn(self, MN_RESULT(self));
		if (MN_RESULT(self) == MN_ECANCELED)
			MN_RETURN(self, MN_ECANCELED);
	}
	MN_RETURN(self, self->slot->gone && self->sent < self->len ? MN_EGONE : MN_OK);
	MN_END(self);
}

mn_poll mn_sermux_write(struct mn_sermux_write *op, const struct mn_sermux_port *port,
			const void *data, size_t len)
{
	op->slot = port->slot;
	op->data = data;
	op->len = len;
	return mn__sermux_write_run(op);
}
