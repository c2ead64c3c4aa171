/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: what the mux makes of a line. Each bad frame is counted as what it is and costs
 * nothing else; a port gets its bytes and nobody else's; a port that nobody reads cannot stop
 * the others; ports come and go, as do peers, drivers and the mux itself, and nothing of one
 * peer ever reaches the next.
 */
#include "bytes.h"
#include "tasks_sermux.h"

struct bench {
	struct sim *sim;
	struct serial *serial;
	struct mn_serial_mux mux;
	struct keeper a, b; /* ports 1 and 2 */
};

static struct bench *bench_new(struct sim *sim, size_t capacity, size_t line)
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

static void bench_free(struct bench *bench)
{
	sim_cancel_all(bench->sim);
	serial_free(bench->serial);
	free(bench);
}

static void assert_took(struct bench *bench, struct keeper *keeper, const char *text)
{
	uint8_t data[1024];
	const size_t len = keeper_take(bench->sim, keeper, data, sizeof data);

	assert_bytes(data, len, text, strlen(text));
	serial_settle(bench->serial);
}

static void assert_out(struct bench *bench, uint16_t port, const char *text)
{
	uint8_t data[1024];
	const size_t len = serial_payload(bench->serial, port, data, sizeof data);

	assert_bytes(data, len, text, strlen(text));
}

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

static mn_poll try_write(struct bench *bench, const struct keeper *keeper, const void *data,
			 size_t len)
{
	mn_poll wrote;

	sim_enter(bench->sim);
	wrote = mn_sermux_try_write(&keeper->port, data, len);
	sim_leave();
	return wrote;
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
		SIM_TEST(tells_its_numbers),
	};

	return cmocka_run_group_tests_name("serial mux", tests, NULL, NULL);
}
