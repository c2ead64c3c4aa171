/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: that peers, drivers and the mux itself can come and go, and nothing of one peer ever
 * reaches the next.
 */
#include "tasks_serial_mux.h"

/* ---- Peers ------------------------------------------------------------------------- */

static void writes_for_nobody_are_discarded(void **state)
{
	struct sim *sim = *state;
	struct bench *bench = bench_new(sim, 16, 64);
	struct writer writer;
	uint8_t data[1000] = {1};

	serial_detach(bench->serial);
	write_from(sim, &writer, &bench->a, data, sizeof data);
	assert_int_equal(writer.wrote, MN_OK);
	assert_int_equal(try_write(bench, &bench->b, "x", 1), MN_OK);
	assert_int_equal(bench->mux.stats.bytes_discarded, 1001);
	serial_attach(bench->serial);
	assert_int_equal(bench->serial->out_len, 0);
	bench_free(bench);
}

/* Left in the receiver: the begin of a frame. */
static void half_a_frame_received_goes_with_its_peer(void **state)
{
	struct bench *bench = bench_new(*state, 16, 4096);

	serial_feed(bench->serial, "\2\1\5ol", 5);
	serial_detach(bench->serial);
	serial_attach(bench->serial);
	serial_feed_frame(bench->serial, 1, "new", 3);
	assert_took(bench, &bench->a, "new");
	assert_int_equal(bench->mux.stats.peers, 2);
	bench_free(bench);
}

/* Left in the line's queues, as the machine has not run: a frame to it, and one from it. */
static void what_is_in_the_queues_goes_with_its_peer(void **state)
{
	struct bench *bench = bench_new(*state, 16, 4096);
	struct serial *serial = bench->serial;

	assert_int_equal(try_write(bench, &bench->b, "old", 3), MN_OK);
	mn_bbq_irq_push(&serial->rx, "\2\1\4old\0", 7);
	mn_serial_line_attach(&serial->line); /* in place of the earlier one */
	assert_false(mn_serial_line_flows(&serial->line));
	serial_settle(serial);
	assert_true(mn_serial_line_flows(&serial->line));
	assert_int_equal(serial->out_len, 0);
	assert_took(bench, &bench->a, "");
	assert_int_equal(try_write(bench, &bench->b, "new", 3), MN_OK);
	serial_settle(serial);
	assert_out(bench, 2, "new");
	bench_free(bench);
}

/* Left with a writer that waits for room: half a frame out, the rest in the mux, more to come. */
static void half_a_frame_sent_goes_with_its_peer(void **state)
{
	struct sim *sim = *state;
	struct bench *bench = bench_new(sim, 16, 32);
	struct writer first, second;
	uint8_t data[1000];

	memset(data, 'o', sizeof data);
	bench->serial->deaf = true;
	write_from(sim, &first, &bench->a, data, sizeof data);
	write_from(sim, &second, &bench->b, data, sizeof data);
	bench->serial->deaf = false;
	serial_attach(bench->serial);
	assert_int_equal(first.wrote, MN_OK);
	assert_int_equal(second.wrote, MN_OK);
	assert_int_equal(bench->serial->out_len, 0);
	write_from(sim, &first, &bench->a, "new", 3);
	serial_settle(bench->serial);
	assert_out(bench, 1, "new");
	bench_free(bench);
}

/* Even if the driver makes no room: the writer is told, not only let through. */
static void a_write_ends_with_its_peer(void **state)
{
	struct bench *bench = bench_new(*state, 16, 32);
	struct writer writer;
	uint8_t data[1000] = {1};

	bench->serial->line.accepted_by_owner = NULL;
	bench->serial->deaf = true;
	write_from(*state, &writer, &bench->a, data, sizeof data);
	assert_int_equal(writer.wrote, MN_PENDING);
	serial_detach(bench->serial);
	assert_int_equal(writer.wrote, MN_OK);
	bench_free(bench);
}

/* Left in a port's ring: its client's next write is an answer to the earlier peer. */
static void answers_to_an_earlier_peer_are_discarded(void **state)
{
	struct bench *bench = bench_new(*state, 16, 4096);

	serial_feed_frame(bench->serial, 1, "old", 3);
	serial_attach(bench->serial);
	assert_int_equal(try_write(bench, &bench->a, "answer", 6), MN_OK);
	assert_int_equal(try_write(bench, &bench->b, "greeting", 8), MN_OK);
	assert_took(bench, &bench->a, "old");
	assert_out(bench, 1, "");
	assert_out(bench, 2, "greeting");
	serial_feed_frame(bench->serial, 1, "new", 3);
	assert_int_equal(try_write(bench, &bench->a, "answer", 6), MN_OK);
	serial_settle(bench->serial);
	assert_out(bench, 1, "answer");
	bench_free(bench);
}

/* A client that never reads must not be silent for ever. */
static void old_bytes_silence_a_port_for_a_short_time_only(void **state)
{
	struct bench *bench = bench_new(*state, 16, 4096);

	serial_feed_frame(bench->serial, 1, "old", 3);
	serial_attach(bench->serial);
	sim_run_for(*state, 100000);
	assert_int_equal(try_write(bench, &bench->a, "alive", 5), MN_OK);
	serial_settle(bench->serial);
	assert_out(bench, 1, "alive");
	bench_free(bench);
}

/* A payload that holds the line when its sender goes is not delivered to the end. */
static void a_new_peer_does_not_wait_for_an_old_payload(void **state)
{
	struct bench *bench = bench_new(*state, 4, 4096);

	serial_feed_frame(bench->serial, 1, "abcdef", 6);
	serial_attach(bench->serial);
	serial_feed_frame(bench->serial, 2, "x", 1);
	assert_took(bench, &bench->b, "x");
	assert_took(bench, &bench->a, "abcd");
	assert_took(bench, &bench->a, "");
	assert_int_equal(mn_sermux_dropped(&bench->a.port), 2);
	bench_free(bench);
}

/* ---- The mux and its driver come and go -------------------------------------------- */

static void the_end_of_the_mux_is_told_to_its_clients(void **state)
{
	struct sim *sim = *state;
	struct bench *bench = bench_new(sim, 16, 32);
	struct mn_bbq_read rx = {0};
	struct writer writer, waiting;
	uint8_t data[1000] = {1};

	serial_feed_frame(bench->serial, 1, "last", 4);
	bench->serial->deaf = true;
	write_from(sim, &writer, &bench->a, data, sizeof data);
	write_from(sim, &waiting, &bench->b, data, sizeof data);
	sim_cancel(sim, &bench->mux.task);
	sim_settle(sim);
	assert_int_equal(bench->mux.task.frame.result, MN_ECANCELED);
	assert_int_not_equal(writer.wrote, MN_PENDING);
	assert_int_not_equal(waiting.wrote, MN_PENDING);
	assert_took(bench, &bench->a, "last");
	sim_enter(sim);
	assert_int_equal(mn_bbq_try_read(&rx, bench->a.port.rx), MN_ECLOSED);
	sim_leave();
	assert_int_equal(try_write(bench, &bench->a, "x", 1), MN_EGONE);
	write_from(sim, &writer, &bench->a, "x", 1);
	assert_int_equal(writer.wrote, MN_EGONE);
	bench_free(bench);
}

/* Clients of its last life still have their ports, and wait for their turn to write. */
static void can_be_started_anew_at_once(void **state)
{
	struct sim *sim = *state;
	struct bench *bench = bench_new(sim, 16, 32);
	struct keeper again = {0};
	struct writer first, second, third;
	uint8_t data[1000] = {1};

	bench->serial->deaf = true;
	write_from(sim, &first, &bench->a, data, sizeof data);
	write_from(sim, &second, &bench->b, data, sizeof data);
	sim_cancel(sim, &bench->mux.task);
	while (bench->mux.task.frame.flags & MN__TASK_ALIVE)
		mn_kernel_run_once(&sim->kernel);
	mn_serial_mux_start(&bench->mux, &sim->kernel,
			    &(struct mn_serial_mux_config)MN_SERIAL_MUX_DEFAULTS);
	sim_settle(sim);
	assert_int_not_equal(first.wrote, MN_PENDING);
	assert_int_not_equal(second.wrote, MN_PENDING);
	bench->serial->deaf = false;
	keep(sim, &again, 1, 16);
	assert_int_equal(again.opened, MN_OK);
	serial_feed_frame(bench->serial, 1, "new", 3);
	assert_took(bench, &again, "new");
	assert_took(bench, &bench->a, "");
	write_from(sim, &third, &again, "new", 3);
	serial_settle(bench->serial); /* the first byte ends what the peer has half of */
	assert_bytes(bench->serial->out, bench->serial->out_len, "\0\2\1\4new\0", 8);
	keeper_end(sim, &bench->a); /* the old port of that number */
	serial_feed_frame(bench->serial, 1, "still", 5);
	assert_took(bench, &again, "still");
	bench_free(bench);
}

static void waits_for_a_driver_that_comes_late(void **state)
{
	struct sim *sim = *state;
	static struct mn_serial_mux mux;
	struct keeper keeper = {0};
	struct serial *serial;
	uint8_t data[8];

	memset(&mux, 0, sizeof mux);
	mn_serial_mux_start(
		&mux, &sim->kernel,
		&(struct mn_serial_mux_config){.max_ports = 1, .max_frame = 64, .line = "usb"});
	keep(sim, &keeper, 1, 16);
	assert_int_equal(keeper.opened, MN_OK);
	sim_run_for(sim, 5000000);
	assert_non_null(strstr(sim->log, "simple_serial"));
	serial = serial_new(sim, 64, 64, "usb");
	serial_attach(serial);
	serial_feed_frame(serial, 1, "hi", 2);
	assert_bytes(data, keeper_take(sim, &keeper, data, 8), "hi", 2);
	sim_cancel_all(sim);
	serial_free(serial);
}

static void outlives_its_driver(void **state)
{
	struct sim *sim = *state;
	struct bench *bench = bench_new(sim, 16, 64);
	struct serial *old = bench->serial;
	struct writer writer;
	uint8_t data[1000] = {1};

	old->deaf = true;
	write_from(sim, &writer, &bench->b, data, sizeof data);
	sim_cancel(sim, &old->server.task);
	sim_settle(sim);
	assert_int_equal(writer.wrote, MN_OK); /* discarded: the line has gone */
	bench->serial = serial_new(sim, 64, 64, NULL);
	serial_attach(bench->serial);
	serial_feed_frame(bench->serial, 1, "again", 5);
	assert_took(bench, &bench->a, "again");
	serial_free(old);
	bench_free(bench);
}

static void a_second_mux_ends_at_once(void **state)
{
	struct bench *bench = bench_new(*state, 16, 64);
	static struct mn_serial_mux second;

	memset(&second, 0, sizeof second);
	mn_serial_mux_start(&second, &bench->sim->kernel,
			    &(struct mn_serial_mux_config)MN_SERIAL_MUX_DEFAULTS);
	serial_settle(bench->serial);
	assert_int_equal(second.task.frame.result, MN_EEXIST);
	serial_feed_frame(bench->serial, 1, "still", 5);
	assert_took(bench, &bench->a, "still");
	bench_free(bench);
}

/* Has the line before the mux comes. */
struct hog {
	struct mn_task task;
	struct mn_connect connect;
	struct mn_simple_serial_client serial;
	struct mn_call call;
	struct mn_simple_serial_request request;
	struct mn_simple_serial_response response;
	struct mn_sleep forever;
};

static mn_poll hog_run(struct hog *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_simple_serial_connect(&self->connect, &self->serial, NULL));
	MN_TRY(self,
	       mn_simple_serial_call(&self->call, &self->serial, &self->request, &self->response));
	MN_TRY(self, mn_sleep(&self->forever, UINT64_MAX / 2));
	MN_END(self);
}

MN_TASK(hog);

static void ends_if_the_line_is_taken(void **state)
{
	struct sim *sim = *state;
	struct serial *serial = serial_new(sim, 64, 64, NULL);
	struct hog hog = {.request = {MN_SIMPLE_SERIAL_GET_PORT}};
	static struct mn_serial_mux mux;

	memset(&mux, 0, sizeof mux);
	mn_spawn(&sim->kernel, &hog.task, &hog_task);
	sim_settle(sim);
	mn_serial_mux_start(&mux, &sim->kernel,
			    &(struct mn_serial_mux_config)MN_SERIAL_MUX_DEFAULTS);
	sim_settle(sim);
	assert_int_equal(mux.task.frame.result, MN_EBUSY);
	assert_non_null(strstr(sim->log, "WARN services::serial_mux: ends: busy"));
	sim_cancel_all(sim);
	serial_free(serial);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(writes_for_nobody_are_discarded),
		SIM_TEST(half_a_frame_received_goes_with_its_peer),
		SIM_TEST(what_is_in_the_queues_goes_with_its_peer),
		SIM_TEST(half_a_frame_sent_goes_with_its_peer),
		SIM_TEST(a_write_ends_with_its_peer),
		SIM_TEST(answers_to_an_earlier_peer_are_discarded),
		SIM_TEST(old_bytes_silence_a_port_for_a_short_time_only),
		SIM_TEST(a_new_peer_does_not_wait_for_an_old_payload),
		SIM_TEST(the_end_of_the_mux_is_told_to_its_clients),
		SIM_TEST(can_be_started_anew_at_once),
		SIM_TEST(waits_for_a_driver_that_comes_late),
		SIM_TEST(outlives_its_driver),
		SIM_TEST(a_second_mux_ends_at_once),
		SIM_TEST(ends_if_the_line_is_taken),
	};

	return cmocka_run_group_tests_name("serial mux: ends", tests, NULL, NULL);
}
