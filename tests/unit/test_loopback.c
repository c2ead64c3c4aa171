/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: what comes in on loopback's port goes out again, byte for byte on the wire, however
 * small its ring and however the bytes arrive; and that it survives the mux.
 */
#include "bytes.h"
#include "serial.h"
#include <mnemos/daemons/loopback.h>
#include "sermux_vectors.h"

struct echo {
	struct sim *sim;
	struct serial *serial;
	struct mn_serial_mux mux;
	struct mn_loopback loopback;
};

static struct echo *echo_new(struct sim *sim, uint16_t port, uint32_t ring, size_t line)
{
	struct echo *echo = calloc(1, sizeof *echo);

	assert_non_null(echo);
	echo->sim = sim;
	echo->serial = serial_new(sim, line, line, NULL);
	mn_serial_mux_start(&echo->mux, &sim->kernel,
			    &(struct mn_serial_mux_config)MN_SERIAL_MUX_DEFAULTS);
	mn_loopback_start(&echo->loopback, &sim->kernel,
			  &(struct mn_loopback_config){.port = port, .buffer_size = ring});
	serial_attach(echo->serial);
	return echo;
}

static void echo_free(struct echo *echo)
{
	sim_cancel_all(echo->sim);
	serial_free(echo->serial);
	free(echo);
}

/* The rings hold a whole payload and a frame carries 256 bytes, so up to there wire is wire. */
static void vectors_come_back_as_they_came(void **state)
{
	static uint8_t payload[1024], wire[2048], want[2048];
	unsigned compared = 0;

	for (size_t i = 0; i < COUNT(vectors); i++) {
		const struct vector *vector = &vectors[i];
		const size_t len = payload_of(vector, payload, sizeof payload);
		const size_t n = mn_sermux_encode(wire, sizeof wire, vector->port, payload, len);
		struct echo *echo = echo_new(*state, vector->port, 512, 4096);
		size_t head;

		assert_int_equal(n, vector->wire_len);
		assert_int_equal(serial_feed(echo->serial, wire, n), n);
		if (len == 0 || n > 512) {
			assert_int_equal(echo->serial->out_len, 0);
		} else if (len <= 256) {
			assert_bytes(echo->serial->out, echo->serial->out_len, wire, n);
			head = bytes_of_hex(want, sizeof want, vector->head);
			assert_memory_equal(echo->serial->out, want, head);
			compared++;
		} else {
			assert_int_equal(n, 512);
			compared++;
			assert_bytes(want, serial_payload(echo->serial, vector->port, want, 1024),
				     payload, len);
		}
		echo_free(echo);
	}
	assert_int_equal(compared, COUNT(vectors) - 3);
}

/* Rings of one byte, of less than a payload, of one payload; lines smaller than a frame. */
static void loses_nothing_whatever_the_sizes(void **state)
{
	static const struct {
		uint32_t ring;
		size_t line;
	} sizes[] = {{1, 4096}, {16, 4096}, {128, 4096}, {128, 64}, {16, 7}, {1000, 300}};
	static uint8_t sent[40000], got[40000];
	uint64_t seed = 1;

	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct echo *echo = echo_new(*state, 0, sizes[i].ring, sizes[i].line);
		size_t len = 0;

		while (len < 20000) {
			const size_t n = 1 + chance(&seed) % MN_SERMUX_MAX_PAYLOAD(512);

			chance_fill(&seed, sent + len, n);
			assert_true(serial_feed_frame(echo->serial, 0, sent + len, n) > 0);
			len += n;
		}
		assert_bytes(got, serial_payload(echo->serial, 0, got, sizeof got), sent, len);
		assert_int_equal(echo->mux.stats.bytes_dropped, 0);
		echo_free(echo);
	}
}

/* A peer that sends and does not read is slowed down; it gets everything in the end. */
static void waits_for_a_peer_that_does_not_read(void **state)
{
	static uint8_t sent[8192], got[8192], wire[16384];
	struct echo *echo = echo_new(*state, 0, 128, 256);
	struct serial *serial = echo->serial;
	uint64_t seed = 2;
	size_t wire_len = 0, fed;

	chance_fill(&seed, sent, sizeof sent);
	for (size_t at = 0; at < sizeof sent; at += 64)
		wire_len +=
			mn_sermux_encode(wire + wire_len, sizeof wire - wire_len, 0, sent + at, 64);
	serial->deaf = true;
	fed = serial_feed(serial, wire, wire_len);
	assert_in_range(fed, 1, wire_len - 1);
	sim_run_for(*state, 10000000); /* far longer than a dead reader may hold the line */
	serial->deaf = false;
	serial_settle(serial);
	assert_int_equal(fed + serial_feed(serial, wire + fed, wire_len - fed), wire_len);
	assert_bytes(got, serial_payload(serial, 0, got, sizeof got), sent, sizeof sent);
	echo_free(echo);
}

static void drops_what_does_not_fit_if_told_to(void **state)
{
	struct sim *sim = *state;
	struct echo *echo = echo_new(sim, 5, 64, 4096); /* only for its mux */
	struct mn_loopback other = {0};
	uint8_t payload[100] = {1};

	mn_loopback_start(&other, &sim->kernel,
			  &(struct mn_loopback_config){
				  .port = 6, .buffer_size = 64, .when_full = MN_SERMUX_DROP});
	serial_settle(echo->serial);
	serial_feed_frame(echo->serial, 6, payload, 65);
	assert_int_equal(echo->serial->out_len, 0);
	assert_int_equal(mn_sermux_dropped(&other.port), 65);
	serial_feed_frame(echo->serial, 6, payload, 64);
	assert_int_not_equal(echo->serial->out_len, 0);
	serial_forget(echo->serial);
	serial_feed_frame(echo->serial, 5, payload, 65);
	assert_int_not_equal(echo->serial->out_len, 0);
	echo_free(echo);
}

static void comes_back_with_the_mux(void **state)
{
	struct sim *sim = *state;
	struct echo *echo = echo_new(sim, 0, 128, 4096);

	sim_cancel(sim, &echo->mux.task);
	serial_settle(echo->serial);
	mn_serial_mux_start(&echo->mux, &sim->kernel,
			    &(struct mn_serial_mux_config)MN_SERIAL_MUX_DEFAULTS);
	serial_settle(echo->serial);
	serial_feed_frame(echo->serial, 0, "!", 1);
	assert_bytes(echo->serial->out, echo->serial->out_len, "\0\1\1\2!\0", 6);
	echo_free(echo);
}

static void ends_if_its_port_is_taken(void **state)
{
	struct sim *sim = *state;
	struct echo *echo = echo_new(sim, 0, 128, 4096);
	struct mn_loopback second = {0};

	mn_loopback_start(&second, &sim->kernel, &(struct mn_loopback_config)MN_LOOPBACK_DEFAULTS);
	serial_settle(echo->serial);
	assert_int_equal(second.task.frame.result, MN_EEXIST);
	serial_feed_frame(echo->serial, 0, "!", 1);
	assert_int_equal(echo->serial->out_len, 5);
	echo_free(echo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(vectors_come_back_as_they_came),
		SIM_TEST(loses_nothing_whatever_the_sizes),
		SIM_TEST(waits_for_a_peer_that_does_not_read),
		SIM_TEST(drops_what_does_not_fit_if_told_to),
		SIM_TEST(comes_back_with_the_mux),
		SIM_TEST(ends_if_its_port_is_taken),
	};

	return cmocka_run_group_tests_name("loopback", tests, NULL, NULL);
}
