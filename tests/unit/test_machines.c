/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: two whole machines that talk sermux to each other over a line of limited speed. All
 * that is sent comes back, and the same seed gives the same bytes at the same times.
 */
#include "bytes.h"
#include "tasks_sermux.h"
#include <mnemos/daemons/defaults.h>

#define TOTAL 30000

/* One end of the wire. */
struct machine {
	struct sim *sim;
	struct serial *serial;
	struct mn_default_services services;
};

/* Says much on a port, at random times, in random pieces. */
struct talker {
	struct mn_task task;
	const struct mn_sermux_port *port;
	uint8_t *sent;
	size_t len, piece;
	struct mn_sermux_write tx;
	struct mn_sleep nap;
};

static mn_poll talker_run(struct talker *self)
{
	MN_BEGIN(self);
	while (self->len < TOTAL) {
		self->piece = 1 + mn_random(mn_running) % 700;
		for (size_t i = 0; i < self->piece; i++)
			self->sent[self->len + i] = (uint8_t)mn_random(mn_running);
		MN_TRY(self,
		       mn_sermux_write(&self->tx, self->port, self->sent + self->len, self->piece));
		self->len += self->piece;
		MN_TRY(self, mn_sleep(&self->nap, 1 + mn_random(mn_running) % 3000));
	}
	MN_END(self);
}

MN_TASK(talker);

static void machine_start(struct machine *machine, uint64_t seed, bool serves)
{
	static struct mn_config config = {
		.services =
			{
				.serial_mux = {.enabled = true,
					       .max_ports = 4,
					       .max_frame = 512,
					       .max_hold_us = 100000},
				.sermux_loopback = {.port = 0, .buffer_size = 128},
				.sermux_hello = {.port = 1,
						 .buffer_size = 16,
						 .message_len = 2,
						 .message = "hi",
						 .interval_us = 7000},
			},
	};

	config.services.sermux_loopback.enabled = config.services.sermux_hello.enabled = serves;
	*machine = (struct machine){.sim = sim_new(seed)};
	machine->serial = serial_new(machine->sim, 200, 200, NULL);
	machine->serial->deaf = true; /* the wire takes it, below */
	mn_start_default_services(&machine->services, &machine->sim->kernel, &config);
	serial_attach(machine->serial);
}

static void machine_end(struct machine *machine)
{
	sim_cancel_all(machine->sim);
	sim_free(machine->sim);
	serial_free(machine->serial);
}

/* The wire carries up to 50 bytes a step each way; returns what went, mixed into `digest`. */
static void carry(struct machine *from, struct machine *to, uint64_t *digest)
{
	size_t len, room;
	const uint8_t *data = mn_bbq_irq_peek(&from->serial->tx, &len);
	uint8_t *free = mn_bbq_irq_grant(&to->serial->rx, &room);

	len = len < room ? len : room;
	len = len < 50 ? len : 50;
	memcpy(free, data, len);
	for (size_t i = 0; i < len; i++)
		*digest = (*digest ^ data[i] ^ from->sim->now_us << 8) * 0x100000001b3u;
	mn_bbq_irq_commit(&to->serial->rx, len);
	mn_bbq_irq_release(&from->serial->tx, len);
}

/* Runs both until all has come back; returns a digest of the wire. */
static uint64_t converse(uint64_t seed)
{
	static uint8_t sent[TOTAL + 1000], back[TOTAL + 1000], greetings[4096];
	struct machine a, b;
	struct keeper echo = {0}, hello = {0};
	struct talker talker = {.port = &echo.port, .sent = sent};
	uint64_t digest = 0;
	size_t got = 0, heard = 0;

	machine_start(&a, seed, false);
	machine_start(&b, seed + 1, true);
	keep(a.sim, &echo, 0, 64);
	keep(a.sim, &hello, 1, 64);
	mn_spawn(&a.sim->kernel, &talker.task, &talker_task);
	for (unsigned step = 0; step < 20000 && (talker.len < TOTAL || got < talker.len); step++) {
		sim_run_for(a.sim, 1000);
		sim_run_for(b.sim, 1000);
		carry(&a, &b, &digest);
		carry(&b, &a, &digest);
		got += keeper_take(a.sim, &echo, back + got, sizeof back - got);
		heard += keeper_take(a.sim, &hello, greetings + heard, sizeof greetings - heard);
	}
	assert_bytes(back, got, sent, talker.len);
	assert_true(heard > 100);
	for (size_t i = 0; i < heard; i++)
		assert_int_equal(greetings[i], "hi"[i % 2]);
	assert_int_equal(a.services.serial_mux.stats.bytes_dropped, 0);
	assert_int_equal(b.services.serial_mux.stats.bytes_dropped, 0);
	machine_end(&a);
	machine_end(&b);
	return digest;
}

static void two_machines_talk_and_the_seed_decides(void **state)
{
	const uint64_t first = converse(1), second = converse(2);

	(void)state;
	assert_int_equal(converse(1), first);
	assert_int_equal(converse(2), second);
	assert_int_not_equal(first, second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_machines_talk_and_the_seed_decides),
	};

	return cmocka_run_group_tests_name("machines", tests, NULL, NULL);
}
