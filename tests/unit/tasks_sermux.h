/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Clients of the serial mux for tests: one that has a port open, one that writes. */
#ifndef TESTS_TASKS_SERMUX_H
#define TESTS_TASKS_SERMUX_H

#include <mnemos/services/serial_mux.h>
#include "serial.h"

/* Opens a port and keeps it until it is told to end. The test itself reads and writes. */
struct keeper {
	struct mn_task task;
	uint16_t number;
	size_t capacity;
	enum mn_sermux_when_full when_full;
	struct mn_sermux_open open;
	struct mn_sermux_port port;
	struct mn_event end;
	struct mn_waiter wait;
	mn_poll opened;
	bool forgets; /* to close */
};

static mn_poll keeper_run(struct keeper *self)
{
	MN_BEGIN(self);
	MN_AWAIT(self, mn_sermux_open(&self->open, self->number, self->capacity, self->when_full,
				      &self->port));
	self->opened = MN_RESULT(self);
	if (self->opened == MN_OK)
		MN_AWAIT(self, mn_event_wait(&self->wait, &self->end));
	if (!self->forgets)
		mn_sermux_close(&self->port);
	MN_RETURN(self, self->opened);
	MN_END(self);
}

MN_TASK(keeper);

static inline void keep(struct sim *sim, struct keeper *keeper, uint16_t number, size_t capacity)
{
	*keeper = (struct keeper){
		.number = number,
		.capacity = capacity,
		.when_full = keeper->when_full,
		.forgets = keeper->forgets,
		.opened = MN_PENDING,
	};
	mn_event_init(&keeper->end);
	mn_spawn(&sim->kernel, &keeper->task, &keeper_task);
	sim_settle(sim);
}

static inline void keeper_end(struct sim *sim, struct keeper *keeper)
{
	sim_enter(sim);
	mn_event_set(&keeper->end);
	sim_leave();
	sim_settle(sim);
}

/* Reads up to `most` bytes of what has arrived; returns how many. */
static inline size_t keeper_take(struct sim *sim, struct keeper *keeper, uint8_t *data, size_t most)
{
	struct mn_bbq_read rx = {0};
	size_t len = 0;

	sim_enter(sim);
	while (len < most && mn_bbq_try_read(&rx, keeper->port.rx) == MN_OK) {
		const size_t n = rx.len < most - len ? rx.len : most - len;

		memcpy(data + len, rx.data, n);
		mn_bbq_release(keeper->port.rx, n);
		len += n;
	}
	sim_leave();
	return len;
}

/* Writes once to the port of a keeper. */
struct writer {
	struct mn_task task;
	const struct mn_sermux_port *port;
	const uint8_t *data;
	size_t len;
	struct mn_sermux_write tx;
	mn_poll wrote;
};

static mn_poll writer_run(struct writer *self)
{
	MN_BEGIN(self);
	MN_AWAIT(self, mn_sermux_write(&self->tx, self->port, self->data, self->len));
	self->wrote = MN_RESULT(self);
	MN_END(self);
}

MN_TASK(writer);

static inline void write_from(struct sim *sim, struct writer *writer, const struct keeper *keeper,
			      const void *data, size_t len)
{
	*writer = (struct writer){
		.port = &keeper->port,
		.data = data,
		.len = len,
		.wrote = MN_PENDING,
	};
	mn_spawn(&sim->kernel, &writer->task, &writer_task);
	sim_settle(sim);
}

#endif
