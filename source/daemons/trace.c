/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The trace daemon: its task, its state, and what the host asks for. What it sends is made in
 * trace_send.c and trace_snapshot.c; the contract and the states are in the header.
 *
 * The task waits for requests, another peer, the ring and its next time, all at once; then it
 * fills the send buffer and writes it, until nothing is left. A write that waits for a slow line
 * is the only place where it does not look at requests.
 */
#include <mnemos/heap.h>
#include "trace_internal.h"

#define MN_LOG_TARGET "daemons::trace"

#define BEAT_US 1000000
#define REPORT_US 3000000
#define KEEP_US (MN_TRACE_KEEP_MS * UINT64_C(1000))
/* Records are sent together: how long the first may wait for others. */
#define BATCH_US 20000
/* Bytes of requests that may wait: more than a host sends to begin with. */
#define RX_SIZE 512

/* ---- States ------------------------------------------------------------------------ */

static void set_filter(struct mn_trace_daemon *self, enum mn_log_level level)
{
	self->filter = (struct mn_log_filter){.level = (uint8_t)level, .least = (uint8_t)level};
	mn_trace_set_filter(mn_running, &self->filter);
}

static void empty_ring(struct mn_trace_daemon *self)
{
	struct mn_trace_lost lost;

	while (mn_trace_next(&self->trace, &self->record))
		;
	mn_trace_take_lost(&self->trace, &lost);
	self->have_record = false;
}

static void account(struct mn_trace_daemon *self, bool on)
{
	if (on == self->accounts || (on && mn_running->watch & MN__WATCH_CPU))
		return;
	mn_kernel_account(mn_running, on, mn_running->budget_us);
	self->accounts = on;
}

/* 3, 4: all that was one host's is forgotten. */
static void become_idle(struct mn_trace_daemon *self)
{
	if (self->state == MN__TRACE_ACTIVE) {
		mn_debug("nobody watches any more");
		set_filter(self, MN_LOG_OFF); /* so that no span goes on */
		empty_ring(self);
		set_filter(self, self->config.initial_level);
	}
	account(self, false);
	memset(&self->lost, 0, sizeof self->lost);
	memset(&self->snapshot, 0, sizeof self->snapshot);
	self->state = self->peer ? MN__TRACE_IDLE : MN__TRACE_NOBODY;
	self->version = 0;
	self->keep_us = self->drain_us = self->beat_us = MN_NEVER;
	self->draining = false;
	self->due = 0;
	self->request_len = 0;
}

/* What the host knows of numbers, from another time or in another version, counts no more. */
static void announce_anew(struct mn_trace_daemon *self)
{
	memset(&self->sites, 0, sizeof self->sites);
	memset(&self->texts, 0, sizeof self->texts);
}

/* 2. */
static void become_active(struct mn_trace_daemon *self)
{
	if (self->state == MN__TRACE_ACTIVE)
		return;
	mn_debug("a host watches");
	self->state = MN__TRACE_ACTIVE;
	self->draining = true;
	announce_anew(self);
}

/* 1, 3. */
static void see_to_peer(struct mn_trace_daemon *self)
{
	const uint32_t peer = mn_sermux_peer(&self->port);

	if (peer == self->peer)
		return;
	self->peer = peer;
	become_idle(self);
	if (peer)
		self->beat_us = mn_now_us() + BEAT_US;
	mn_sermux_mute(&self->port);
}

/* ---- Requests ---------------------------------------------------------------------- */

static void set_max_level(struct mn_trace_daemon *self, enum mn_trace_level level)
{
	set_filter(self, (enum mn_log_level)level);
	announce_anew(self);
	self->due |= MN__TRACE_DUE_HELLO;
}

/* One directive more; where there is no room, for all targets: too much rather than too little. */
static void set_target_level(struct mn_trace_daemon *self, const struct mn_trace_text *target,
			     enum mn_trace_level level)
{
	struct mn_log_filter *filter = &self->filter;
	unsigned at = 0;

	while (at < filter->count &&
	       (strlen(filter->directive[at].target) != target->len ||
		memcmp(filter->directive[at].target, target->data, target->len) != 0))
		at++;
	if (target->len > 0 && target->len < MN_LOG_TARGET_MAX && at < MN_LOG_DIRECTIVES) {
		memcpy(filter->directive[at].target, target->data, target->len);
		filter->directive[at].target[target->len] = '\0';
		filter->directive[at].level = (uint8_t)level;
		filter->count += at == filter->count;
	} else if (level < filter->level) {
		filter->level = (uint8_t)level;
	}
	filter->least = filter->level;
	for (at = 0; at < filter->count; at++)
		if (filter->directive[at].level < filter->least)
			filter->least = filter->directive[at].level;
	mn_trace_set_filter(mn_running, filter);
}

static void ask_for_snapshot(struct mn_trace_daemon *self, uint32_t id)
{
	if (self->version == 0)
		return;
	account(self, true);
	self->snapshot.wanted = true;
	self->snapshot.next_id = id;
}

static void extend(struct mn_trace_daemon *self, uint32_t version)
{
	self->version = version < MN_TRACE_VERSION ? version : MN_TRACE_VERSION;
	announce_anew(self);
	if (self->version > 0)
		self->due |= MN__TRACE_DUE_WELCOME;
	else
		self->keep_us = MN_NEVER;
}

static void obey(struct mn_trace_daemon *self, const struct mn_trace_request *request)
{
	become_active(self);
	switch (request->kind) {
	case MN_TRACE_SET_MAX_LEVEL:
		set_max_level(self, request->level);
		break;
	case MN_TRACE_EXTEND:
		extend(self, request->number);
		break;
	case MN_TRACE_SET_TARGET_LEVEL:
		set_target_level(self, &request->target, request->level);
		break;
	case MN_TRACE_SNAPSHOT:
		ask_for_snapshot(self, request->number);
		break;
	case MN_TRACE_KEEP:
		break;
	}
	if (request->kind < MN_TRACE_SNAPSHOT) /* it changes what a heartbeat says */
		self->due |= MN__TRACE_DUE_BEAT;
	if (self->version > 0)
		self->keep_us = mn_now_us() + KEEP_US;
}

static void end_request(struct mn_trace_daemon *self)
{
	struct mn_trace_request request;

	if (self->request_len > 0 && self->request_len < sizeof self->request &&
	    mn_trace_decode_request(&request, self->request, self->request_len) == MN_OK)
		obey(self, &request);
	self->request_len = 0;
}

static void take_bytes(struct mn_trace_daemon *self, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == 0)
			end_request(self);
		else if (self->request_len < sizeof self->request)
			self->request[self->request_len++] = bytes[i];
	}
}

/* What an earlier peer has sent is not this one's. */
static mn_poll see_to_requests(struct mn_trace_daemon *self)
{
	mn_poll got;

	while ((got = mn_bbq_try_read(&self->rx, self->port.rx)) == MN_OK) {
		const size_t earlier = mn_sermux_earlier(&self->port);
		const size_t skipped = earlier < self->rx.len ? earlier : self->rx.len;

		take_bytes(self, self->rx.data + skipped, self->rx.len - skipped);
		mn_bbq_release(self->port.rx, self->rx.len);
	}
	return got == MN_EEMPTY ? MN_OK : got;
}

/* ---- Times ------------------------------------------------------------------------- */

static void note_lost(struct mn_trace_daemon *self, uint64_t now_us)
{
	struct mn_trace_lost lost;

	mn_trace_take_lost(&self->trace, &lost);
	self->lost.events += lost.events;
	self->lost.new_spans += lost.new_spans;
	self->lost.span_activity += lost.span_activity;
	if (now_us < self->report_us ||
	    !(self->lost.events || self->lost.new_spans || self->lost.span_activity))
		return;
	self->due |= MN__TRACE_DUE_LOST;
	self->report_us = now_us + REPORT_US;
}

static bool is_half_full(const struct mn_trace *trace)
{
	const uint32_t head = atomic_load_explicit(&trace->head, memory_order_relaxed);
	const uint32_t tail = atomic_load_explicit(&trace->tail, memory_order_relaxed);

	return head - tail >= trace->words / 2;
}

static void see_to_times(struct mn_trace_daemon *self)
{
	const uint64_t now_us = mn_now_us();

	if (now_us >= self->keep_us) {
		become_idle(self);
		self->beat_us = now_us;
	}
	if (now_us >= self->beat_us) {
		self->due |= MN__TRACE_DUE_BEAT;
		self->beat_us += ((now_us - self->beat_us) / BEAT_US + 1) * BEAT_US;
	}
	if (self->state != MN__TRACE_ACTIVE)
		return;
	note_lost(self, now_us);
	if (now_us >= self->drain_us || is_half_full(&self->trace)) {
		self->draining = true;
		self->drain_us = MN_NEVER;
	}
}

/* All that has come up. Errors: those of the port. */
static mn_poll see_to_all(struct mn_trace_daemon *self)
{
	mn_poll open;

	see_to_peer(self);
	open = see_to_requests(self);
	see_to_times(self);
	return open;
}

/* ---- Sending ----------------------------------------------------------------------- */

static enum mn_trace_level level_to_tell(struct mn_trace_daemon *self)
{
	if (self->state == MN__TRACE_ACTIVE)
		return (enum mn_trace_level)self->filter.least;
	self->odd_beat = !self->odd_beat;
	return self->odd_beat ? (enum mn_trace_level)self->filter.least : MN_TRACE_OFF;
}

/* With the time, where the ring does not hold earlier ones. */
static bool put_beat(struct mn_trace_daemon *self)
{
	const struct mn_trace_message beat = {.kind = MN_TRACE_HEARTBEAT,
					      .level = level_to_tell(self)};

	if (!self->draining)
		self->due |= MN__TRACE_DUE_TIME;
	return mn__tracer_put_message(self, &beat);
}

static bool put_lost(struct mn_trace_daemon *self)
{
	const struct mn_trace_message lost = {.kind = MN_TRACE_DISCARDED, .discarded = self->lost};

	if (!mn__tracer_put_message(self, &lost))
		return false;
	self->lost_in_all.events += self->lost.events;
	self->lost_in_all.new_spans += self->lost.new_spans;
	self->lost_in_all.span_activity += self->lost.span_activity;
	memset(&self->lost, 0, sizeof self->lost);
	return true;
}

/* The first message that is due. */
static bool put_due(struct mn_trace_daemon *self)
{
	const unsigned first = self->due & -(unsigned)self->due;

	switch (first) {
	case MN__TRACE_DUE_WELCOME:
		if (!mn__tracer_put_welcome(self))
			return false;
		self->due |= MN__TRACE_DUE_TIME;
		break;
	case MN__TRACE_DUE_BEAT:
		if (!put_beat(self))
			return false;
		break;
	case MN__TRACE_DUE_TIME:
		if (!mn__tracer_put_time(self, mn__tracer_now()))
			return false;
		break;
	case MN__TRACE_DUE_HELLO:
		mn__tracer_make_hello(self);
		break;
	case MN__TRACE_DUE_LOST:
		if (!put_lost(self))
			return false;
		break;
	}
	self->due &= (uint8_t)~first;
	return true;
}

static bool put_record(struct mn_trace_daemon *self)
{
	if (!mn__tracer_put_record(self)) {
		if (self->out_len > 0) /* maybe with what has just been announced for it */
			return false;
		mn__tracer_lose_record(self);
	}
	self->have_record = false;
	return true;
}

/* Whether there is something to be put; a record is taken out of the ring for it. */
static bool has_more(struct mn_trace_daemon *self)
{
	if (self->have_record || self->due || self->snapshot.part || self->snapshot.wanted)
		return true;
	if (self->draining)
		self->draining = self->have_record = mn_trace_next(&self->trace, &self->record);
	return self->have_record;
}

static bool put_next(struct mn_trace_daemon *self)
{
	if (self->have_record)
		return put_record(self);
	if (self->due)
		return put_due(self);
	return mn__tracer_put_snapshot(self);
}

/* Fills the send buffer; returns whether there is anything in it. */
static bool fill(struct mn_trace_daemon *self)
{
	self->out_len = 0;
	if (self->cut)
		self->out[self->out_len++] = 0; /* ends what was left incomplete */
	self->cut = false;
	while (has_more(self) && put_next(self))
		;
	return self->out_len > 0;
}

static uint64_t until_us(uint64_t time_us)
{
	const uint64_t now_us = mn_now_us();

	return time_us == MN_NEVER ? MN_NEVER : time_us > now_us ? time_us - now_us : 0;
}

/* Waits for a slow line, but not for a host that is silent. */
static mn_poll flush(struct mn_trace_daemon *self)
{
	return mn_timeout(&self->limit,
			  mn_sermux_write(&self->tx, &self->port, self->out, self->out_len),
			  until_us(self->keep_us));
}

/* ---- The task ---------------------------------------------------------------------- */

static mn_poll open_port(struct mn_trace_daemon *self)
{
	return mn_sermux_open(&self->open, self->config.port, RX_SIZE, MN_SERMUX_DROP, &self->port);
}

static void set_nap(struct mn_trace_daemon *self)
{
	uint64_t next_us = self->beat_us;

	next_us = self->keep_us < next_us ? self->keep_us : next_us;
	next_us = self->drain_us < next_us ? self->drain_us : next_us;
	self->nap_us = until_us(next_us);
}

/* Until nobody watches, the ring is left as it is, so it is no reason to wake up. */
static struct mn_irq *ring_of(struct mn_trace_daemon *self)
{
	return self->state == MN__TRACE_ACTIVE ? &self->trace.irq : &self->never;
}

/* Requests, another peer, the ring, or the next time. */
static mn_poll news(struct mn_trace_daemon *self)
{
	return mn_timeout(
		&self->limit,
		mn_race(&self->race, mn_bbq_read(&self->rx, self->port.rx),
			mn_race(&self->race_of_two,
				mn_sermux_peer_change(&self->peer_change, &self->port, self->peer),
				mn_irq_wait(&self->records, ring_of(self)))),
		self->nap_us);
}

/* The first record has come: others may follow. */
static void note_news(struct mn_trace_daemon *self)
{
	if (self->state == MN__TRACE_ACTIVE && self->race_of_two.result[1] == MN_OK &&
	    self->drain_us == MN_NEVER)
		self->drain_us = mn_now_us() + BATCH_US;
}

static mn_poll mn_trace_daemon_run(struct mn_trace_daemon *self)
{
	MN_BEGIN(self);
	if (!self->out)
		MN_RETURN(self, mn_log_end(MN_ENOMEM));
	for (;;) {
		MN_AWAIT(self, open_port(self));
		if (MN_RESULT(self) == MN_EGONE)
			continue;
		if (MN_RESULT(self) != MN_OK)
			break;
		while (see_to_all(self) == MN_OK) {
			if (fill(self)) {
				MN_AWAIT(self, flush(self));
				self->cut = MN_RESULT(self) == MN_ETIMEDOUT;
				if (MN_RESULT(self) != MN_ECANCELED)
					MN_YIELD(self);
			} else {
				set_nap(self);
				MN_AWAIT(self, news(self));
				note_news(self);
			}
			if (MN_RESULT(self) == MN_ECANCELED)
				break;
		}
		mn_sermux_close(&self->port);
		self->peer = 0;
		become_idle(self);
		if (MN_RESULT(self) == MN_ECANCELED)
			break;
	}
	MN_RETURN(self, mn_log_end(MN_RESULT(self)));
	MN_END(self);
}

MN_TASK_AS(mn_trace_daemon, struct mn_trace_daemon, "trace");

void mn_trace_daemon_start(struct mn_trace_daemon *daemon, struct mn_kernel *kernel,
			   const struct mn_trace_daemon_config *config)
{
	void *ring = NULL;

	MN_ASSERT(config->sendbuf_capacity >= MN_TRACE_SENDBUF_MIN);
	daemon->config = *config;
	daemon->beat_us = daemon->keep_us = daemon->drain_us = MN_NEVER;
	daemon->filter = (struct mn_log_filter){.level = (uint8_t)config->initial_level,
						.least = (uint8_t)config->initial_level};
	mn_irq_init(&daemon->never, kernel);
	if (kernel->heap)
		ring = mn_heap_alloc(kernel->heap, config->tracebuf_capacity, 0);
	if (ring)
		daemon->out = mn_heap_alloc(kernel->heap, config->sendbuf_capacity, 0);
	if (daemon->out) {
		mn_trace_start(kernel, &daemon->trace, ring, config->tracebuf_capacity);
		mn_trace_set_filter(kernel, &daemon->filter);
	} else {
		mn_heap_free(kernel->heap, ring);
	}
	mn_spawn(kernel, &daemon->task, &mn_trace_daemon_task);
	mn_trace_mute(&daemon->task);
}
