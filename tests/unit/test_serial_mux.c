/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: what the mux makes of a line. Each bad frame is counted as what it is and costs
 * nothing else; a port gets its bytes and nobody else's; a port that nobody reads cannot stop
 * the others.
 */
#include "tasks_serial_mux.h"

/* ---- Frames ------------------------------------------------------------------------ */

static void counts_each_kind_of_bad_frame(void **state)
{
	struct bench *bench = bench_new(*state, 128, 4096);
	static const uint8_t overlong[600] = {[0 ... 598] = 7};
	struct mn_sermux_stats *stats = &bench->mux.stats;

	serial_feed(bench->serial, "\0\0\0", 3);
	assert_int_equal(stats->bad_cobs + stats->too_short + stats->overlong, 0);
	serial_feed(bench->serial, "\1\0", 2);
	serial_feed(bench->serial, "\2\012\1\0", 4); /* a port, no payload */
	assert_int_equal(stats->too_short, 2);
	serial_feed(bench->serial, "\3\0", 2);
	serial_feed(bench->serial, "\5\1\2\0", 4);
	serial_feed(bench->serial, "some text\r\n\0", 12);
	assert_int_equal(stats->bad_cobs, 3);
	serial_feed(bench->serial, overlong, sizeof overlong);
	assert_int_equal(stats->overlong, 1);
	serial_feed_frame(bench->serial, 99, "?", 1);
	assert_int_equal(stats->unknown_port, 1);
	serial_feed_frame(bench->serial, 1, "good", 4);
	assert_int_equal(stats->frames_in, 2);
	assert_int_equal(stats->bytes_in, 5);
	assert_int_equal(stats->bad_cobs + stats->too_short + stats->overlong, 6);
	assert_took(bench, &bench->a, "good");
	assert_took(bench, &bench->b, "");
	bench_free(bench);
}

/* A good frame right behind the terminator of one that was too long, by one byte or by many. */
static void starts_afresh_behind_an_overlong_frame(void **state)
{
	uint8_t wire[1100];

	for (size_t len = 512; len <= 1030; len += 37) {
		struct bench *bench = bench_new(*state, 128, 4096);
		size_t n = len;

		memset(wire, 0x11, len);
		wire[n++] = 0;
		n += mn_sermux_encode(wire + n, sizeof wire - n, 1, "good", 4);
		serial_feed(bench->serial, wire, n);
		assert_took(bench, &bench->a, "good");
		assert_int_equal(bench->mux.stats.overlong, 1);
		assert_int_equal(bench->mux.stats.frames_in, 1);
		bench_free(bench);
	}
}

static void takes_frames_however_they_are_cut(void **state)
{
	uint8_t wire[64];
	size_t n = 0;

	n += mn_sermux_encode(wire, sizeof wire, 1, "one", 3);
	n += mn_sermux_encode(wire + n, sizeof wire - n, 2, "two", 3);
	wire[n++] = 3, wire[n++] = 0; /* and a bad one in between */
	n += mn_sermux_encode(wire + n, sizeof wire - n, 1, "three", 5);
	for (size_t cut = 0; cut <= n; cut++) {
		struct bench *bench = bench_new(*state, 128, 4096);

		serial_feed(bench->serial, wire, cut);
		serial_feed(bench->serial, wire + cut, n - cut);
		assert_took(bench, &bench->a, "onethree");
		assert_took(bench, &bench->b, "two");
		assert_int_equal(bench->mux.stats.bad_cobs, 1);
		bench_free(bench);
	}
}

/* ---- Full ports -------------------------------------------------------------------- */

static void a_full_port_holds_the_line_until_it_is_read(void **state)
{
	struct bench *bench = bench_new(*state, 4, 4096);

	serial_feed_frame(bench->serial, 1, "abcdefghij", 10);
	serial_feed_frame(bench->serial, 2, "x", 1);
	assert_took(bench, &bench->b, "");
	assert_took(bench, &bench->a, "abcd");
	assert_took(bench, &bench->b, "");
	assert_took(bench, &bench->a, "efgh");
	assert_took(bench, &bench->b, "x");
	assert_took(bench, &bench->a, "ij");
	assert_int_equal(bench->mux.stats.holds, 1);
	assert_int_equal(bench->mux.stats.bytes_dropped, 0);
	bench_free(bench);
}

/* The default: a tenth of a second a payload, and none once the port is known to be dead. */
static void a_dead_port_does_not_stop_the_others(void **state)
{
	struct bench *bench = bench_new(*state, 4, 4096);

	serial_feed_frame(bench->serial, 1, "abcdef", 6);
	serial_feed_frame(bench->serial, 2, "x", 1);
	sim_run_for(*state, 99999);
	assert_took(bench, &bench->b, "");
	sim_run_for(*state, 1);
	assert_took(bench, &bench->b, "x");
	assert_int_equal(mn_sermux_dropped(&bench->a.port), 2);
	serial_feed_frame(bench->serial, 1, "ghi", 3);
	serial_feed_frame(bench->serial, 2, "y", 1);
	assert_took(bench, &bench->b, "y");
	assert_int_equal(mn_sermux_dropped(&bench->a.port), 5);
	assert_took(bench, &bench->a, "abcd"); /* alive again: it may hold the line again */
	serial_feed_frame(bench->serial, 1, "jklmn", 5);
	assert_took(bench, &bench->a, "jklm");
	assert_took(bench, &bench->a, "n");
	assert_int_equal(bench->mux.stats.holds_expired, 1);
	assert_int_equal(bench->mux.stats.bytes_dropped, 5);
	bench_free(bench);
}

/* The port's own writes had to wait before; that is over, and no excuse any more. */
static void a_port_that_has_written_can_be_dead_too(void **state)
{
	struct bench *bench = bench_new(*state, 4, 8);
	struct writer writer;

	write_from(*state, &writer, &bench->a, "0123456789", 10);
	serial_settle(bench->serial);
	assert_int_equal(writer.wrote, MN_OK);
	serial_feed_frame(bench->serial, 1, "abcdef", 6);
	serial_feed_frame(bench->serial, 2, "x", 1);
	sim_run_for(*state, 100000);
	assert_took(bench, &bench->b, "x");
	bench_free(bench);
}

static void a_dropping_port_takes_all_of_a_payload_or_nothing(void **state)
{
	struct bench *bench = bench_new(*state, 128, 4096);
	struct keeper keeper = {.when_full = MN_SERMUX_DROP};

	keep(*state, &keeper, 7, 8);
	serial_feed_frame(bench->serial, 7, "abcdef", 6);
	serial_feed_frame(bench->serial, 7, "ghi", 3);
	serial_feed_frame(bench->serial, 7, "jk", 2);
	serial_feed_frame(bench->serial, 7, "l", 1);
	assert_int_equal(mn_sermux_dropped(&keeper.port), 4);
	assert_took(bench, &keeper, "abcdefjk");
	serial_feed_frame(bench->serial, 7, "m", 1);
	assert_took(bench, &keeper, "m");
	assert_int_equal(bench->mux.stats.holds, 0);
	bench_free(bench);
}

/* ---- Ports ------------------------------------------------------------------------- */

static void opens_as_many_ports_as_it_was_told(void **state)
{
	struct sim *sim = *state;
	struct bench *bench = bench_new(sim, 16, 4096);
	static struct keeper more[15];

	for (uint16_t i = 0; i < 15; i++)
		keep(sim, &more[i], (uint16_t)(60000 - 999 * i), 16);
	for (size_t i = 0; i < 14; i++)
		assert_int_equal(more[i].opened, MN_OK);
	assert_int_equal(more[14].opened, MN_EFULL);
	for (size_t i = 0; i < 14; i++)
		serial_feed_frame(bench->serial, more[i].number, &(char){(char)('A' + i)}, 1);
	for (size_t i = 0; i < 14; i++)
		assert_took(bench, &more[i], (char[]){(char)('A' + i), 0});
	keeper_end(sim, &more[3]);
	keep(sim, &more[14], 5, 16);
	assert_int_equal(more[14].opened, MN_OK);
	serial_feed_frame(bench->serial, 5, "again", 5);
	assert_took(bench, &more[14], "again");
	serial_feed_frame(bench->serial, more[3].number, "gone", 4);
	assert_int_equal(bench->mux.stats.unknown_port, 1);
	bench_free(bench);
}

static void opening_can_be_given_up_at_any_moment(void **state)
{
	struct sim *sim = *state;
	struct bench *bench = bench_new(sim, 16, 4096);
	struct keeper keeper = {0};

	for (uint32_t i = 0; i < 40; i++) {
		struct sim_canceller canceller;

		sim_cancel_later(sim, &canceller, &keeper.task, i / 4);
		keep(sim, &keeper, 3, 16);
		assert_false(keeper.task.frame.flags & MN__TASK_ALIVE);
	}
	keep(sim, &keeper, 3, 16);
	assert_int_equal(keeper.opened, MN_OK);
	bench_free(bench);
}

static void refuses_what_cannot_be_opened(void **state)
{
	struct sim *sim = *state;
	struct bench *bench = bench_new(sim, 16, 4096);
	struct keeper keeper = {0};

	keep(sim, &keeper, 1, 16);
	assert_int_equal(keeper.opened, MN_EEXIST);
	keep(sim, &keeper, 3, 0);
	assert_int_equal(keeper.opened, MN_EINVAL);
	keep(sim, &keeper, 3, (size_t)MN_BBQ_CAPACITY_MAX + 1);
	assert_int_equal(keeper.opened, MN_ETOOBIG);
	keep(sim, &keeper, 3, SIM_HEAP);
	assert_int_equal(keeper.opened, MN_ENOMEM);
	keep(sim, &keeper, 3, 16);
	assert_int_equal(keeper.opened, MN_OK);
	bench_free(bench);
}

/* Whatever cannot be had when it starts or opens, nothing is lost by it. */
static void survives_a_lack_of_memory(void **state)
{
	struct sim *sim = *state;
	struct serial *serial = serial_new(sim, 64, 64, NULL);
	static struct mn_serial_mux mux;
	struct keeper keeper = {0};

	memset(&mux, 0, sizeof mux);
	mn_heap_fail_after(sim->kernel.heap, 1);
	for (int i = 0; i < 2; i++) {
		mn_serial_mux_start(&mux, &sim->kernel,
				    &(struct mn_serial_mux_config)MN_SERIAL_MUX_DEFAULTS);
		sim_settle(sim);
		assert_int_equal(mux.task.frame.result, i == 0 ? MN_ENOMEM : MN_PENDING);
	}
	mn_heap_fail_after(sim->kernel.heap, 1);
	keep(sim, &keeper, 1, 16);
	assert_int_equal(keeper.opened, MN_ENOMEM);
	keep(sim, &keeper, 1, 16);
	assert_int_equal(keeper.opened, MN_OK);
	sim_cancel_all(sim);
	serial_free(serial);
}

static void a_port_can_be_closed_and_opened_again(void **state)
{
	struct sim *sim = *state;
	struct bench *bench = bench_new(sim, 16, 4096);

	for (int i = 0; i < 3; i++) {
		serial_feed_frame(bench->serial, 1, "old", 3);
		keeper_end(sim, &bench->a);
		keep(sim, &bench->a, 1, 16);
		assert_int_equal(bench->a.opened, MN_OK);
		assert_took(bench, &bench->a, "");
		serial_feed_frame(bench->serial, 1, "new", 3);
		assert_took(bench, &bench->a, "new");
	}
	bench_free(bench);
}

/* The pump waits for room in a ring that goes away. */
static void closing_lets_go_of_the_line(void **state)
{
	struct sim *sim = *state;
	struct bench *bench = bench_new(sim, 4, 4096);

	serial_feed_frame(bench->serial, 1, "abcdef", 6);
	serial_feed_frame(bench->serial, 2, "x", 1);
	keeper_end(sim, &bench->a);
	assert_took(bench, &bench->b, "x");
	keep(sim, &bench->a, 1, 4);
	assert_took(bench, &bench->a, "");
	bench_free(bench);
}

static void a_dead_tasks_port_can_be_opened_by_another(void **state)
{
	struct sim *sim = *state;
	struct bench *bench = bench_new(sim, 16, 4096);
	struct keeper careless = {.forgets = true}, heir = {0};

	keep(sim, &careless, 5, 16);
	keeper_end(sim, &careless);
	keep(sim, &heir, 5, 16);
	assert_int_equal(heir.opened, MN_OK);
	bench_free(bench);
}

/* ---- Writing ----------------------------------------------------------------------- */

static void writes_go_out_in_frames_of_half_the_limit(void **state)
{
	struct bench *bench = bench_new(*state, 16, 4096);
	uint8_t data[600], wire[700];
	struct writer writer;
	size_t n = 0;

	memset(data, 'z', sizeof data);
	for (size_t at = 0; at < sizeof data; at += 256)
		n += mn_sermux_encode(wire + n, sizeof wire - n, 2, data + at,
				      sizeof data - at < 256 ? sizeof data - at : 256);
	write_from(*state, &writer, &bench->b, data, sizeof data);
	serial_settle(bench->serial);
	assert_int_equal(writer.wrote, MN_OK);
	assert_bytes(bench->serial->out, bench->serial->out_len, wire, n);
	assert_int_equal(bench->mux.stats.frames_out, 3);
	assert_int_equal(bench->mux.stats.bytes_out, 600);
	bench_free(bench);
}

/* Both have much to say, and the line takes little at a time: they take turns. */
static void writers_take_turns(void **state)
{
	struct sim *sim = *state;
	struct bench *bench = bench_new(sim, 16, 100);
	static uint8_t as[2048], bs[2048], got[2048];
	struct writer a, b;
	size_t a_len, b_len;

	memset(as, 'a', sizeof as);
	memset(bs, 'b', sizeof bs);
	write_from(sim, &a, &bench->a, as, sizeof as);
	write_from(sim, &b, &bench->b, bs, sizeof bs);
	do {
		serial_settle(bench->serial);
	} while (a.wrote == MN_PENDING && b.wrote == MN_PENDING);
	serial_settle(bench->serial);
	a_len = serial_payload(bench->serial, 1, got, sizeof got);
	b_len = serial_payload(bench->serial, 2, got, sizeof got);
	assert_bytes(as, a_len, as, sizeof as);
	assert_bytes(got, b_len, bs, sizeof bs);
	for (size_t at = 0, run = 0; at + 1 < bench->serial->out_len; at++) {
		const uint8_t byte = bench->serial->out[at];

		run = byte == 'a' ? run + 1 : byte == 'b' ? 0 : run;
		assert_true(run <= 512); /* never more than two frames before the other's */
	}
	bench_free(bench);
}

static void a_canceled_writes_frame_is_completed(void **state)
{
	struct sim *sim = *state;
	struct bench *bench = bench_new(sim, 16, 10);
	struct writer first, second;

	bench->serial->deaf = true;
	write_from(sim, &first, &bench->a, "0123456789abcdef", 16);
	write_from(sim, &second, &bench->b, "second", 6);
	sim_cancel(sim, &first.task);
	sim_settle(sim);
	assert_int_equal(first.wrote, MN_ECANCELED);
	assert_int_equal(first.tx.sent, 16);
	assert_int_equal(second.wrote, MN_PENDING);
	bench->serial->deaf = false;
	serial_settle(bench->serial);
	assert_int_equal(second.wrote, MN_OK);
	assert_out(bench, 1, "0123456789abcdef");
	assert_out(bench, 2, "second");
	bench_free(bench);
}

static void trying_sends_all_or_nothing(void **state)
{
	struct bench *bench = bench_new(*state, 16, 40);

	bench->serial->deaf = true;
	assert_int_equal(try_write(bench, &bench->a, "0123456789abcdefghij", 20), MN_OK);
	assert_int_equal(try_write(bench, &bench->a, "0123456789abcdefghij", 20), MN_EFULL);
	assert_int_equal(try_write(bench, &bench->b, "ok", 2), MN_OK);
	assert_int_equal(try_write(bench, &bench->b, bench, 37), MN_ETOOBIG);
	bench->serial->deaf = false;
	serial_settle(bench->serial);
	assert_out(bench, 1, "0123456789abcdefghij");
	assert_out(bench, 2, "ok");
	assert_int_equal(try_write(bench, &bench->b, "0123456789abcdefghij", 20), MN_OK);
	serial_settle(bench->serial); /* this one went round the end of the queue's storage */
	assert_out(bench, 2, "ok0123456789abcdefghij");
	bench_free(bench);
}

/* ---- Numbers ----------------------------------------------------------------------- */

struct reporter {
	struct mn_task task;
	struct mn_sermux_open ask;
	struct mn_sermux_stats stats;
};

static mn_poll reporter_run(struct reporter *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_sermux_get_stats(&self->ask, &self->stats));
	MN_END(self);
}

MN_TASK(reporter);

static void tells_its_numbers(void **state)
{
	struct sim *sim = *state;
	struct bench *bench = bench_new(sim, 16, 64);
	struct reporter reporter = {0};

	serial_feed(bench->serial, "\3\0", 2);
	mn_spawn(&sim->kernel, &reporter.task, &reporter_task);
	sim_settle(sim);
	assert_memory_equal(&reporter.stats, &bench->mux.stats, sizeof reporter.stats);
	assert_int_equal(reporter.stats.bad_cobs, 1);
	bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(counts_each_kind_of_bad_frame),
		SIM_TEST(starts_afresh_behind_an_overlong_frame),
		SIM_TEST(takes_frames_however_they_are_cut),
		SIM_TEST(a_full_port_holds_the_line_until_it_is_read),
		SIM_TEST(a_dead_port_does_not_stop_the_others),
		SIM_TEST(a_port_that_has_written_can_be_dead_too),
		SIM_TEST(a_dropping_port_takes_all_of_a_payload_or_nothing),
		SIM_TEST(opens_as_many_ports_as_it_was_told),
		SIM_TEST(opening_can_be_given_up_at_any_moment),
		SIM_TEST(refuses_what_cannot_be_opened),
		SIM_TEST(survives_a_lack_of_memory),
		SIM_TEST(a_port_can_be_closed_and_opened_again),
		SIM_TEST(closing_lets_go_of_the_line),
		SIM_TEST(a_dead_tasks_port_can_be_opened_by_another),
		SIM_TEST(writes_go_out_in_frames_of_half_the_limit),
		SIM_TEST(writers_take_turns),
		SIM_TEST(a_canceled_writes_frame_is_completed),
		SIM_TEST(trying_sends_all_or_nothing),
		SIM_TEST(tells_its_numbers),
	};

	return cmocka_run_group_tests_name("serial mux", tests, NULL, NULL);
}
