/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A mux on a line, with two ports that are open. Free it with bench_free(). */
#ifndef TESTS_TASKS_SERIAL_MUX_H
#define TESTS_TASKS_SERIAL_MUX_H

#include "bytes.h"
#include "tasks_sermux.h"

struct bench {
	struct sim *sim;
	struct serial *serial;
	struct mn_serial_mux mux;
	struct keeper a, b; /* ports 1 and 2 */
};

static inline struct bench *bench_new(struct sim *sim, size_t capacity, size_t line)
{
	struct bench *bench = calloc(1, sizeof *bench);

	assert_non_null(bench);
	bench->sim = sim;
	bench->serial = serial_new(sim, line, line, NULL);
	mn_serial_mux_start(&bench->mux, &sim->kernel,
			    &(struct mn_serial_mux_config)MN_SERIAL_MUX_DEFAULTS);
	keep(sim, &bench->a, 1, capacity);
	keep(sim, &bench->b, 2, capacity);
	assert_int_equal(bench->a.opened, MN_OK);
	serial_attach(bench->serial);
	return bench;
}

static inline void bench_free(struct bench *bench)
{
	sim_cancel_all(bench->sim);
	serial_free(bench->serial);
	free(bench);
}

static inline void assert_took(struct bench *bench, struct keeper *keeper, const char *text)
{
	uint8_t data[1024];
	const size_t len = keeper_take(bench->sim, keeper, data, sizeof data);

	assert_bytes(data, len, text, strlen(text));
	serial_settle(bench->serial);
}

static inline void assert_out(struct bench *bench, uint16_t port, const char *text)
{
	uint8_t data[1024];
	const size_t len = serial_payload(bench->serial, port, data, sizeof data);

	assert_bytes(data, len, text, strlen(text));
}

static inline mn_poll try_write(struct bench *bench, const struct keeper *keeper, const void *data,
				size_t len)
{
	mn_poll wrote;

	sim_enter(bench->sim);
	wrote = mn_sermux_try_write(&keeper->port, data, len);
	sim_leave();
	return wrote;
}

#endif
