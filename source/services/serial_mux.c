/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The serial mux: its server and its table of ports.
 *
 * Two tasks: this one answers requests, the pump (serial_mux_rx.c) reads the line. What clients
 * write they encode themselves (serial_mux_tx.c). The table is sorted by port number. A port is
 * in it while it is open; what a client holds stays good until that client closes it, however
 * the mux fares meanwhile.
 */
#include <mnemos/operation.h>
#include <mnemos/trace.h>
#include "serial_mux_internal.h"

#define MN_LOG_TARGET "services::serial_mux"

const struct mn_service mn_serial_mux_service = {
	.uuid = MN_UUID(0x54c983fa, 0x736f, 0x4223, 0xb90d, 0xc4360a308647),
	.name = "serial_mux",
	.version = "1.0",
	.request_size = sizeof(struct mn_serial_mux_request),
	.response_size = sizeof(struct mn_serial_mux_response),
};

/* ---- The table --------------------------------------------------------------------- */

uint16_t mn__sermux_place(const struct mn_serial_mux *mux, uint16_t number)
{
	uint16_t low = 0, high = mux->slot_count;

	while (low < high) {
		const uint16_t middle = (uint16_t)((low + high) / 2);

		if (mux->slots[middle]->number < number)
			low = (uint16_t)(middle + 1);
		else
			high = middle;
	}
	return low;
}

struct mn__sermux_slot *mn__sermux_find(const struct mn_serial_mux *mux, uint16_t number)
{
	const uint16_t at = mn__sermux_place(mux, number);

	return at < mux->slot_count && mux->slots[at]->number == number ? mux->slots[at] : NULL;
}

static void insert(struct mn_serial_mux *mux, struct mn__sermux_slot *slot)
{
	const uint16_t at = mn__sermux_place(mux, slot->number);

	for (uint16_t i = mux->slot_count++; i > at; i--)
		mux->slots[i] = mux->slots[i - 1];
	mux->slots[at] = slot;
}

static void take_out(struct mn_serial_mux *mux, const struct mn__sermux_slot *slot)
{
	mux->slot_count--;
	for (uint16_t i = mn__sermux_place(mux, slot->number); i < mux->slot_count; i++)
		mux->slots[i] = mux->slots[i + 1];
}

static void close_slot(struct mn__sermux_slot *slot)
{
	struct mn_serial_mux *mux = slot->mux;

	if (!slot->gone)
		take_out(mux, slot);
	if (mux->pump.slot == slot) {
		slot->closed = true;
		mn_bbq_close_read(&slot->ring); /* wakes the pump, if it waits for room */
	} else {
		mn_free(slot);
	}
}

/* Closes the ports of tasks that have ended without doing so. */
static void reap(struct mn_serial_mux *mux)
{
	for (uint16_t at = mux->slot_count; at-- > 0;) {
		struct mn__sermux_slot *slot = mux->slots[at];

		if (mn_find_task(slot->owner))
			continue;
		mn_debug("port %u: its task has ended", slot->number);
		close_slot(slot);
	}
}

/* ---- Requests ---------------------------------------------------------------------- */

static struct mn__sermux_slot *
make_slot(struct mn_serial_mux *mux, const struct mn_serial_mux_request *request, uint32_t owner)
{
	struct mn__sermux_slot *slot = mn_try_alloc(sizeof *slot + request->capacity);

	if (!slot)
		return NULL;
	mn_heap_set_owner(slot, owner);
	*slot = (struct mn__sermux_slot){
		.mux = mux,
		.owner = owner,
		.number = request->number,
		.drop = request->when_full == MN_SERMUX_DROP,
	};
	mn_bbq_init(&slot->ring, slot->storage, request->capacity);
	return slot;
}

static mn_poll open_port(struct mn_serial_mux *mux, const struct mn_serial_mux_request *request,
			 struct mn_sermux_port *port, uint32_t owner)
{
	struct mn__sermux_slot *slot;

	if (request->capacity == 0)
		return MN_EINVAL;
	if (request->capacity > MN_BBQ_CAPACITY_MAX)
		return MN_ETOOBIG;
	if (mux->slot_count == mux->config.max_ports || mn__sermux_find(mux, request->number))
		reap(mux);
	if (mn__sermux_find(mux, request->number))
		return MN_EEXIST;
	if (mux->slot_count == mux->config.max_ports)
		return MN_EFULL;
	slot = make_slot(mux, request, owner);
	if (!slot)
		return MN_ENOMEM;
	insert(mux, slot);
	*port = (struct mn_sermux_port){.rx = &slot->ring, .slot = slot};
	mn_debug("port %u: open, %zu bytes", request->number, request->capacity);
	return MN_OK;
}

static mn_poll handle(struct mn_serial_mux *mux)
{
	const struct mn_serial_mux_request *request = mn_request(&mux->serving);
	struct mn_serial_mux_response *response = mn_response(&mux->serving);

	switch (request->what) {
	case MN_SERIAL_MUX_OPEN:
		return open_port(mux, request, &response->port, mux->serving.call->wait.task->id);
	case MN_SERIAL_MUX_STATS:
		*response->stats = mux->stats;
		return MN_OK;
	}
	return MN_EINVAL;
}

/* ---- The server -------------------------------------------------------------------- */

/* The table, a frame to receive, a frame to send. */
static size_t memory_size(const struct mn_serial_mux *mux)
{
	return mux->config.max_ports * sizeof(void *) + mux->config.max_frame +
	       MN_SERMUX_BOUND((size_t)mux->config.max_frame / 2);
}

static void set_up(struct mn_serial_mux *mux)
{
	uint8_t *frames;

	mux->slots = mux->memory.block;
	frames = (uint8_t *)(mux->slots + mux->config.max_ports);
	mux->slot_count = 0;
	mn_sermux_receiver_init(&mux->receiver, frames, mux->config.max_frame);
	mux->tx_frame = frames + mux->config.max_frame;
	if (mux->tx_turn.waiting.next)
		return; /* started anew: clients of the last time may still wait for their turn */
	mn_semaphore_init(&mux->tx_turn, 1);
	mn_queue_init(&mux->tx_cut);
}

/* What is left is the clients': they read what has arrived, and close. */
static void leave_ports(struct mn_serial_mux *mux)
{
	for (uint16_t at = 0; at < mux->slot_count; at++) {
		mux->slots[at]->gone = true;
		mn_bbq_close_write(&mux->slots[at]->ring);
	}
	mux->slot_count = 0;
	mn_free(mux->slots);
}

static bool pump_lives(const struct mn_serial_mux *mux)
{
	return mux->pump.task.frame.flags & MN__TASK_ALIVE;
}

/*
 * One request, or the end of the pump. What was taken is answered, also if its caller has gone
 * while the race came to its end. Returns whether to go on.
 */
static bool see_to(struct mn_serial_mux *mux, mn_poll came)
{
	if (mux->race.result[1] == MN_OK)
		mn_reply(&mux->serving,
			 mn_serving_live(&mux->serving) ? handle(mux) : MN_ECANCELED);
	mux->why = mux->race.result[0] == MN_OK ? mux->end.result : came;
	return came == MN_OK && mux->race.result[0] != MN_OK;
}

static mn_poll mn_serial_mux_run(struct mn_serial_mux *self)
{
	MN_BEGIN(self);
	MN_AWAIT(self, mn_alloc(&self->memory, memory_size(self)));
	if (MN_RESULT(self) != MN_OK)
		MN_RETURN(self, mn_log_end(MN_RESULT(self)));
	set_up(self);
	self->why = mn_register(&self->server, &mn_serial_mux_service, NULL);
	if (self->why == MN_OK) {
		mn__sermux_pump_start(self);
		do {
			MN_AWAIT(self, mn_race(&self->race, mn_join(&self->end, &self->pump.task),
					       mn_serve(&self->serving, &self->server)));
		} while (see_to(self, MN_RESULT(self)));
		if (pump_lives(self))
			mn_cancel(&self->pump.task);
		do { /* whatever happens: it uses the memory below */
			MN_AWAIT(self, mn_join(&self->end, &self->pump.task));
		} while (MN_RESULT(self) != MN_OK);
		mn_unregister(&self->server);
	}
	leave_ports(self);
	MN_RETURN(self, mn_log_end(self->why));
	MN_END(self);
}

MN_TASK_AS(mn_serial_mux, struct mn_serial_mux, "serial_mux");

void mn_serial_mux_start(struct mn_serial_mux *mux, struct mn_kernel *kernel,
			 const struct mn_serial_mux_config *config)
{
	MN_ASSERT(config->max_ports > 0 && config->max_frame >= 16);
	mux->config = *config;
	mn_spawn(kernel, &mux->task, &mn_serial_mux_task);
}

/* ---- The clients' side ------------------------------------------------------------- */

static mn_poll mn_sermux_request_run(struct mn_sermux_open *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_serial_mux_connect(&self->connect, &self->mux, NULL));
	MN_AWAIT(self,
		 mn_serial_mux_call(&self->call, &self->mux, &self->request, &self->response));
	MN_RETURN(self, MN_RESULT(self));
	MN_END(self);
}

mn_poll mn_sermux_open(struct mn_sermux_open *op, uint16_t number, size_t capacity,
		       enum mn_sermux_when_full when_full, struct mn_sermux_port *port)
{
	mn_poll opened;

	op->request = (struct mn_serial_mux_request){
		.what = MN_SERIAL_MUX_OPEN,
		.number = number,
		.capacity = capacity,
		.when_full = when_full,
	};
	opened = mn_sermux_request_run(op);
	if (opened == MN_OK)
		*port = op->response.port;
	return opened;
}

mn_poll mn_sermux_get_stats(struct mn_sermux_open *op, struct mn_sermux_stats *stats)
{
	op->request = (struct mn_serial_mux_request){.what = MN_SERIAL_MUX_STATS};
	op->response.stats = stats;
	return mn_sermux_request_run(op);
}

void mn_sermux_close(struct mn_sermux_port *port)
{
	if (port->slot)
		close_slot(port->slot);
	*port = (struct mn_sermux_port){0};
}

uint32_t mn_sermux_dropped(const struct mn_sermux_port *port)
{
	return port->slot->dropped;
}

const struct mn_sermux_stats *mn_sermux_port_stats(const struct mn_sermux_port *port)
{
	return &port->slot->mux->stats;
}

uint32_t mn_sermux_peer(const struct mn_sermux_port *port)
{
	const struct mn__sermux_slot *slot = port->slot;

	return !slot->gone && slot->mux->attached ? slot->mux->session : 0;
}

/* A frame is cut whenever the peer changes. */
mn_poll mn_sermux_peer_change(struct mn_waiter *op, const struct mn_sermux_port *port,
			      uint32_t peer)
{
	mn_poll woken = MN_OK;

	while (woken == MN_OK && (mn_wait_active(&op->wait) || mn_sermux_peer(port) == peer))
		woken = mn_queue_wait(op, &port->slot->mux->tx_cut);
	return woken == MN_PENDING || woken == MN_ECANCELED ? woken : MN_OK;
}

size_t mn_sermux_earlier(const struct mn_sermux_port *port)
{
	const struct mn__sermux_slot *slot = port->slot;
	const uint32_t read = slot->received - (uint32_t)mn_bbq_used(&slot->ring);

	return (int32_t)(slot->mark - read) > 0 ? slot->mark - read : 0;
}

void mn_sermux_mute(const struct mn_sermux_port *port)
{
	struct mn_serial_mux *mux = port->slot->mux;

	mn_trace_mute(&mux->task);
	mn_trace_mute(&mux->pump.task);
	if (mux->line)
		mn_serial_line_mute(mux->line);
}
