/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: the greeting, its times, and that it never waits for anybody for long; and the services
 * that a board's configuration starts.
 */
#include "bytes.h"
#include "serial.h"
#include <mnemos/daemons/defaults.h>

#define GREETING "\2\1\10hello\r\n\0"

struct greeted {
	struct serial *serial;
	struct mn_serial_mux mux;
	struct mn_hello hello;
};

static struct greeted *greeted_new(struct sim *sim, size_t line)
{
	struct greeted *greeted = calloc(1, sizeof *greeted);

	assert_non_null(greeted);
	greeted->serial = serial_new(sim, line, line, NULL);
	mn_serial_mux_start(&greeted->mux, &sim->kernel,
			    &(struct mn_serial_mux_config)MN_SERIAL_MUX_DEFAULTS);
	mn_hello_start(&greeted->hello, &sim->kernel, &(struct mn_hello_config)MN_HELLO_DEFAULTS);
	serial_settle(greeted->serial);
	return greeted;
}

static void greeted_free(struct greeted *greeted)
{
	sim_cancel_all(greeted->serial->sim);
	serial_free(greeted->serial);
	free(greeted);
}

/* Passes time, and collects what is sent. */
static void pass(struct serial *serial, uint64_t us)
{
	sim_run_for(serial->sim, us);
	serial_settle(serial);
}

static void sleeps_first_and_greets_each_second(void **state)
{
	struct greeted *greeted = greeted_new(*state, 4096);
	struct serial *serial = greeted->serial;

	serial_attach(serial);
	pass(serial, 999999);
	assert_int_equal(serial->out_len, 0);
	for (unsigned second = 1; second <= 100; second++) {
		pass(serial, 1);
		assert_bytes(serial->out, serial->out_len, GREETING, 11);
		serial_forget(serial);
		pass(serial, 999999);
		assert_int_equal(serial->out_len, 0);
	}
	greeted_free(greeted);
}

/* No backlog: whoever comes after a long time gets the next greeting, at its time. */
static void greets_nobody_without_a_trace(void **state)
{
	struct greeted *greeted = greeted_new(*state, 64);
	struct serial *serial = greeted->serial;

	pass(serial, 1000 * UINT64_C(1000000) + 500000);
	serial_attach(serial);
	assert_int_equal(serial->out_len, 0);
	pass(serial, 500000);
	assert_bytes(serial->out, serial->out_len, GREETING, 11);
	assert_int_equal(greeted->hello.skipped, 0);
	greeted_free(greeted);
}

static void skips_greetings_for_a_peer_that_does_not_read(void **state)
{
	struct greeted *greeted = greeted_new(*state, 64);
	struct serial *serial = greeted->serial;
	uint8_t got[128];

	serial_attach(serial);
	serial->deaf = true;
	pass(serial, 100 * UINT64_C(1000000) + 500000);
	assert_int_equal(greeted->hello.skipped, 94);
	serial->deaf = false;
	serial_settle(serial);
	pass(serial, 500000);
	/* Five that 64 bytes hold, one that was begun, and the one of this second. */
	assert_int_equal(serial_payload(serial, 1, got, sizeof got), 7 * 7);
	serial_forget(serial);
	pass(serial, 1000000);
	assert_bytes(serial->out, serial->out_len, GREETING, 11);
	greeted_free(greeted);
}

/* It does not read: what comes on its port must not hold the line, nor silence it. */
static void is_not_stopped_by_what_it_does_not_read(void **state)
{
	struct greeted *greeted = greeted_new(*state, 4096);
	struct serial *serial = greeted->serial;
	uint8_t noise[200] = {1};

	for (int peer = 0; peer < 3; peer++) {
		serial_attach(serial);
		assert_true(serial_feed_frame(serial, 1, noise, 20) > 0);
		assert_true(serial_feed_frame(serial, 1, noise, sizeof noise) > 0);
		serial_forget(serial);
		pass(serial, 1000000);
		assert_bytes(serial->out, serial->out_len, GREETING, 11);
	}
	assert_int_equal(greeted->mux.stats.holds, 0);
	greeted_free(greeted);
}

static void comes_back_with_the_mux(void **state)
{
	struct sim *sim = *state;
	struct greeted *greeted = greeted_new(sim, 4096);
	struct serial *serial = greeted->serial;

	serial_attach(serial);
	sim_cancel(sim, &greeted->mux.task);
	pass(serial, 2500000);
	mn_serial_mux_start(&greeted->mux, &sim->kernel,
			    &(struct mn_serial_mux_config)MN_SERIAL_MUX_DEFAULTS);
	pass(serial, 499999);
	assert_bytes(serial->out, serial->out_len, "", 1);
	serial_forget(serial);
	pass(serial, 1); /* on the same grid of seconds */
	assert_bytes(serial->out, serial->out_len, GREETING, 11);
	greeted_free(greeted);
}

/* The machine slept for a day and more: one greeting at once, the next on the grid again. */
static void leaves_out_what_a_sleeping_machine_missed(void **state)
{
	struct sim *sim = *state;
	struct greeted *greeted = greeted_new(sim, 4096);
	struct serial *serial = greeted->serial;

	serial_attach(serial);
	sim->now_us += 100000 * UINT64_C(1000000) + 300000;
	serial_settle(serial);
	assert_bytes(serial->out, serial->out_len, GREETING, 11);
	serial_forget(serial);
	pass(serial, 699999);
	assert_int_equal(serial->out_len, 0);
	pass(serial, 1);
	assert_bytes(serial->out, serial->out_len, GREETING, 11);
	greeted_free(greeted);
}

/* ---- As configured ----------------------------------------------------------------- */

static const struct mn_config config = {
	.services =
		{
			.serial_mux = {.enabled = true,
				       .max_ports = 2,
				       .max_frame = 64,
				       .max_hold_us = 1000},
			.sermux_loopback = {.enabled = true,
					    .port = 300,
					    .buffer_size = 16,
					    .when_full = MN_CONFIG_WHEN_FULL_DROP},
			.sermux_hello = {.enabled = true,
					 .port = 301,
					 .buffer_size = 16,
					 .message_len = 2,
					 .message = "ok",
					 .interval_us = 5000},
		},
};

static void starts_what_is_configured_as_configured(void **state)
{
	struct sim *sim = *state;
	struct serial *serial = serial_new(sim, 4096, 4096, NULL);
	static struct mn_default_services services;
	uint8_t got[64];

	memset(&services, 0, sizeof services);
	mn_start_default_services(&services, &sim->kernel, &config);
	serial_attach(serial);
	serial_feed_frame(serial, 300, "0123456789abcdefg", 17); /* one more than the ring holds */
	serial_feed_frame(serial, 300, "echo", 4);
	assert_bytes(got, serial_payload(serial, 300, got, sizeof got), "echo", 4);
	serial_forget(serial);
	pass(serial, 10000);
	assert_bytes(got, serial_payload(serial, 301, got, sizeof got), "okok", 4);
	serial_feed(serial, (uint8_t[70]){[0 ... 68] = 1}, 70);
	assert_int_equal(services.serial_mux.stats.overlong, 1);
	assert_int_equal(services.serial_mux.config.max_ports, 2);
	assert_int_equal(services.serial_mux.config.max_hold_us, 1000);
	sim_cancel_all(sim);
	serial_free(serial);
}

static void starts_nothing_that_is_disabled(void **state)
{
	struct sim *sim = *state;
	static struct mn_default_services services;
	static const struct mn_config nothing;

	mn_start_default_services(&services, &sim->kernel, &nothing);
	assert_true(mn_list_empty(&sim->kernel.tasks));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(sleeps_first_and_greets_each_second),
		SIM_TEST(greets_nobody_without_a_trace),
		SIM_TEST(skips_greetings_for_a_peer_that_does_not_read),
		SIM_TEST(is_not_stopped_by_what_it_does_not_read),
		SIM_TEST(comes_back_with_the_mux),
		SIM_TEST(leaves_out_what_a_sleeping_machine_missed),
		SIM_TEST(starts_what_is_configured_as_configured),
		SIM_TEST(starts_nothing_that_is_disabled),
	};

	return cmocka_run_group_tests_name("hello", tests, NULL, NULL);
}
