/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: the default services under bad luck. Every allocation fails once, ready tasks run
 * in an order drawn from a seed, and every queue holds a single byte; each time the system
 * serves, or says why it does not, and leaves nothing behind.
 *
 * A failure names the seed or the step: pass it to the one function below that it is in.
 */
#include <string.h>
#include <mnemos/daemons/hello.h>
#include <mnemos/daemons/loopback.h>
#include <mnemos/services/serial_mux.h>
#include "bytes.h"
#include "serial.h"

#define GREETING "hello\r\n"

struct world {
	struct sim *sim;
	struct serial *serial;
	struct mn_serial_mux mux;
	struct mn_loopback loopback;
	struct mn_hello hello;
};

/* The services as a platform starts them; `ring` is the size of every byte queue. */
static struct world *world_new(struct sim *sim, uint32_t ring, size_t line)
{
	struct world *world = calloc(1, sizeof *world);
	struct mn_hello_config hello = {.port = 1,
					.buffer_size = ring,
					.message_len = strlen(GREETING),
					.interval_us = 1000};

	assert_non_null(world);
	memcpy(hello.message, GREETING, strlen(GREETING));
	world->sim = sim;
	world->serial = serial_new(sim, line, line, NULL);
	mn_serial_mux_start(&world->mux, &sim->kernel,
			    &(struct mn_serial_mux_config)MN_SERIAL_MUX_DEFAULTS);
	mn_loopback_start(&world->loopback, &sim->kernel,
			  &(struct mn_loopback_config){.port = 0, .buffer_size = ring});
	mn_hello_start(&world->hello, &sim->kernel, &hello);
	serial_attach(world->serial);
	return world;
}

static void world_free(struct world *world)
{
	sim_cancel_all(world->sim);
	serial_free(world->serial);
	free(world);
}

static bool echoes(struct world *world, uint64_t *seed)
{
	uint8_t sent[300], got[400];
	const size_t len = 1 + chance(seed) % sizeof sent;
	size_t back;

	serial_forget(world->serial);
	chance_fill(seed, sent, len);
	(void)serial_feed_frame(world->serial, 0, sent, len);
	back = serial_payload(world->serial, 0, got, sizeof got);
	if (back == 0)
		return false;
	assert_bytes(got, back, sent, len);
	return true;
}

static bool greets(struct world *world)
{
	uint8_t got[64];
	const size_t before = serial_payload(world->serial, 1, got, sizeof got);

	sim_run_for(world->sim, 1000);
	serial_settle(world->serial);
	return serial_payload(world->serial, 1, got, sizeof got) > before;
}

/* Until the n-th allocation does not happen any more: then all of them have failed once. */
static void every_allocation_may_fail(void **state)
{
	uint64_t seed = 1;
	uint32_t failed = 0;

	(void)state;
	for (uint32_t n = 1;; n++) {
		struct sim *sim = sim_new(n);
		struct world *world;
		bool happened;

		mn_heap_fail_after(sim->kernel.heap, n);
		world = world_new(sim, 64, 512);
		const bool echoed = echoes(world, &seed), greeted = greets(world);
		struct mn_heap_stats stats;

		mn_heap_stats(sim->kernel.heap, &stats);
		happened = stats.failures > 0;
		if (!(echoed && greeted) && !strstr(sim->log, "out of memory"))
			fail_msg("n = %u: a service is missing and nobody says why:\n%s",
				 (unsigned)n, sim->log);
		world_free(world);
		sim_free(sim);
		if (!happened)
			break;
		failed++;
	}
	assert_in_range(failed, 2, 1000); /* a port each, at least */
}

static void any_order_of_ready_tasks_serves(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct sim *sim = sim_new(seed);
		uint64_t bytes = seed;

		mn_kernel_shuffle(&sim->kernel, true);
		struct world *world = world_new(sim, 32, 100);

		for (int i = 0; i < 5; i++)
			if (!echoes(world, &bytes) || !greets(world))
				fail_msg("seed %u: not served", (unsigned)seed);
		world_free(world);
		sim_free(sim);
	}
}

static void queues_of_one_byte_serve(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct sim *sim = sim_new(seed);
		uint64_t bytes = seed;

		mn_kernel_shuffle(&sim->kernel, seed & 1);
		struct world *world = world_new(sim, 1, 1);

		for (int i = 0; i < 3; i++)
			if (!echoes(world, &bytes) || !greets(world))
				fail_msg("seed %u: not served", (unsigned)seed);
		world_free(world);
		sim_free(sim);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_allocation_may_fail),
		cmocka_unit_test(any_order_of_ready_tasks_serves),
		cmocka_unit_test(queues_of_one_byte_serve),
	};

	return cmocka_run_group_tests_name("stress", tests, NULL, NULL);
}
