/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: the trace daemon's dialogue with original hosts and with ours, byte for byte where the
 * original has one; that a loss is always told; that nothing of one host reaches the next; and
 * that watching neither changes nor traces itself.
 */
#include "bytes.h"
#include "serial.h"
#include <mnemos/bbq.h>
#include <mnemos/daemons/loopback.h>
#include <mnemos/daemons/trace.h>
#include <mnemos/sync.h>

#define MN_LOG_TARGET "test"
/* Ticks of the trace in a microsecond of the tests' machine. */
#define TICKS 10

/* Each look at that clock takes a tick. */
#define assert_time(time, us) assert_in_range((time), (us)*TICKS, ((us) + 500) * TICKS)

#define SECOND UINT64_C(1000000)

/* Longest stream, and most messages, that a test looks at. */
#define STREAM_MAX (256 * 1024)

struct traced {
	struct sim *sim;
	struct serial *serial;
	struct mn_serial_mux mux;
	struct mn_trace_daemon trace;
	uint8_t stream[STREAM_MAX]; /* of the port, decoded in place */
	size_t len, at;
	struct mn_trace_message message; /* the last one */
	union mn_trace_storage storage;
	struct mn_trace_meta metas[MN_TRACE_ANNOUNCED + 1]; /* by id */
	struct mn_trace_text texts[MN_TRACE_ANNOUNCED + 1];
};

static struct traced *traced_with(struct sim *sim, size_t line, uint32_t ring,
				  enum mn_log_level level)
{
	struct traced *traced = calloc(1, sizeof *traced);
	struct mn_trace_daemon_config config = MN_TRACE_DEFAULTS;

	assert_non_null(traced);
	config.tracebuf_capacity = ring;
	config.initial_level = level;
	traced->sim = sim;
	traced->serial = serial_new(sim, line, line, NULL);
	mn_trace_daemon_start(&traced->trace, &sim->kernel, &config);
	mn_serial_mux_start(&traced->mux, &sim->kernel,
			    &(struct mn_serial_mux_config)MN_SERIAL_MUX_DEFAULTS);
	serial_settle(traced->serial);
	return traced;
}

static struct traced *traced_new(struct sim *sim)
{
	return traced_with(sim, 65536, 4096, MN_LOG_INFO);
}

static void traced_free(struct traced *traced)
{
	struct mn_heap *heap = traced->sim->kernel.heap;

	sim_cancel_all(traced->sim);
	mn_heap_free(heap, traced->trace.trace.ring);
	mn_heap_free(heap, traced->trace.out);
	serial_free(traced->serial);
	free(traced);
}

static void pass(struct traced *traced, uint64_t us)
{
	sim_run_for(traced->sim, us);
	serial_settle(traced->serial);
}

static void ask(struct traced *traced, const struct mn_trace_request *request)
{
	uint8_t wire[MN_TRACE_REQUEST_MAX];
	const size_t len = mn_trace_encode_request(wire, sizeof wire, request);

	assert_true(len > 0);
	assert_true(serial_feed_frame(traced->serial, 3, wire, len) > 0);
}

static void ask_level(struct traced *traced, enum mn_trace_level level)
{
	ask(traced, &(struct mn_trace_request){.kind = MN_TRACE_SET_MAX_LEVEL, .level = level});
}

static void ask_number(struct traced *traced, enum mn_trace_request_kind kind, uint32_t number)
{
	ask(traced, &(struct mn_trace_request){.kind = kind, .number = number});
}

/* Takes what has come on the port; from here next() goes through it. */
static void hear(struct traced *traced)
{
	traced->len = serial_payload(traced->serial, 3, traced->stream, STREAM_MAX);
	traced->at = 0;
	serial_forget(traced->serial);
}

/* What a message announces stays known, as with a host. */
static void learn(struct traced *traced)
{
	const struct mn_trace_message *message = &traced->message;

	if (message->kind == MN_TRACE_REGISTER_META) {
		assert_true(message->meta.id <= MN_TRACE_ANNOUNCED);
		traced->metas[message->meta.id] = message->meta;
	} else if (message->kind == MN_TRACE_REGISTER_TEXT) {
		assert_true(message->text.id <= MN_TRACE_ANNOUNCED);
		traced->texts[message->text.id] = message->text.text;
	}
}

/* The next message, or false at the end, which is never in the middle of one. */
static bool next(struct traced *traced)
{
	uint8_t *start = traced->stream + traced->at;
	uint8_t *end;

	if (traced->at == traced->len)
		return false;
	end = memchr(start, 0, traced->len - traced->at);
	assert_non_null(end);
	traced->at += (size_t)(end - start) + 1;
	assert_int_equal(
		mn_trace_decode(&traced->message, &traced->storage, start, (size_t)(end - start)),
		MN_OK);
	learn(traced);
	return true;
}

/* The next message of a kind; what comes before it is left out. */
static const struct mn_trace_message *expect(struct traced *traced, enum mn_trace_kind kind)
{
	while (next(traced))
		if (traced->message.kind == kind)
			return &traced->message;
	fail_msg("no message of kind %d", (int)kind);
	return NULL;
}

static bool text_is(const struct mn_trace_text *text, const char *wanted)
{
	return text->len == strlen(wanted) && memcmp(text->data, wanted, text->len) == 0;
}

/* Value of a field of the last event of an original stream, which must have it. */
static const struct mn_trace_value *field(const struct traced *traced, const char *name)
{
	const struct mn_trace_message *message = &traced->message;

	if (message->kind == MN_TRACE_EVENT) {
		for (uint32_t i = 0; i < message->event.field_count; i++)
			if (text_is(&message->event.fields[i].name, name))
				return &message->event.fields[i].value;
	}
	fail_msg("no field %s", name);
	return NULL;
}

/* Goes on to the next event whose call site has this name; false if there is none. */
static bool next_event(struct traced *traced, const char *name)
{
	while (next(traced)) {
		const struct mn_trace_message *message = &traced->message;
		const uint64_t meta = message->kind == MN_TRACE_EVENT ? message->event.meta
				      : message->kind == MN_TRACE_TIMED_EVENT
					      ? message->timed_event.meta
					      : 0;

		if (meta && text_is(&traced->metas[meta].name, name))
			return true;
	}
	return false;
}

/* ---- With an original host --------------------------------------------------------- */

/* Each second, at the level in force; every other time None, so that a host that wants just this
 * level asks as well. */
static void beats_each_second_until_asked(void **state)
{
	static const char info[] = "\2\3\5\1\3\1\2\1\0", none[] = "\2\3\4\1\1\1\1\0";
	struct traced *traced = traced_new(*state);

	pass(traced, 100 * SECOND);
	assert_int_equal(traced->serial->out_len, 0);
	serial_attach(traced->serial);
	for (int beat = 0; beat < 10; beat++) {
		const char *wanted = beat % 2 == 0 ? info : none;

		pass(traced, SECOND - 1);
		assert_int_equal(traced->serial->out_len, 0);
		pass(traced, 1);
		assert_bytes(traced->serial->out, traced->serial->out_len, wanted,
			     beat % 2 == 0 ? 9 : 8);
		serial_forget(traced->serial);
	}
	traced_free(traced);
}

static void no_peer_costs_no_turn(void **state)
{
	struct traced *traced = traced_new(*state);
	const uint32_t turns = traced->sim->turns;

	pass(traced, 1000 * SECOND);
	assert_true(traced->sim->turns <= turns + 3);
	traced_free(traced);
}

static void answers_even_the_same_level(void **state)
{
	struct traced *traced = traced_new(*state);

	serial_attach(traced->serial);
	serial_forget(traced->serial);
	ask_level(traced, MN_TRACE_INFO);
	hear(traced);
	assert_int_equal(expect(traced, MN_TRACE_HEARTBEAT)->level, MN_TRACE_INFO);
	assert_true(next_event(traced, "hello from mnemOS"));
	assert_true(text_is(&field(traced, "message")->text, "hello from mnemOS"));
	assert_int_equal(field(traced, "version")->kind, MN_TRACE_DEBUG_TEXT);
	assert_int_equal(field(traced, "git")->kind, MN_TRACE_DEBUG_TEXT);
	assert_int_equal(field(traced, "target")->kind, MN_TRACE_DEBUG_TEXT);
	assert_int_equal(field(traced, "profile")->kind, MN_TRACE_DEBUG_TEXT);
	assert_false(next(traced));
	for (int beat = 0; beat < 3; beat++) { /* and goes on to beat */
		pass(traced, SECOND);
		hear(traced);
		assert_int_equal(expect(traced, MN_TRACE_HEARTBEAT)->level, MN_TRACE_INFO);
		assert_false(next(traced));
	}
	traced_free(traced);
}

static void sends_what_was_before_the_host(void **state)
{
	struct traced *traced = traced_new(*state);

	mn_event_in(&traced->sim->kernel, MN_LOG_INFO, "early", (uint32_t)7);
	mn_event_in(&traced->sim->kernel, MN_LOG_DEBUG, "not kept");
	serial_attach(traced->serial);
	ask_level(traced, MN_TRACE_WARN);
	hear(traced);
	assert_true(next_event(traced, "early"));
	assert_false(next(traced));
	traced_free(traced);
}

static void announces_again_for_each_level(void **state)
{
	struct traced *traced = traced_new(*state);

	serial_attach(traced->serial);
	for (int host = 0; host < 3; host++) {
		unsigned metas = 0, events = 0;

		ask_level(traced, MN_TRACE_INFO);
		serial_forget(traced->serial);
		for (unsigned i = 0; i < 5; i++)
			mn_event_in(&traced->sim->kernel, MN_LOG_INFO, "again", i);
		pass(traced, SECOND / 10);
		ask_level(traced, MN_TRACE_WARN);
		hear(traced);
		while (next(traced)) {
			metas += traced->message.kind == MN_TRACE_REGISTER_META;
			events += traced->message.kind == MN_TRACE_EVENT;
		}
		assert_int_equal(metas, 1);
		assert_int_equal(events, 5);
	}
	traced_free(traced);
}

/* Whatever happens, and whatever it sends. */
static void an_original_host_never_sees_the_extension(void **state)
{
	static const uint8_t garbage[] = {1, 1, 5, 0, 0, 9, 9, 0, 2, 31, 0, 0};
	struct traced *traced = traced_with(*state, 65536, 512, MN_LOG_INFO);
	unsigned lost = 0;

	serial_attach(traced->serial);
	ask_level(traced, MN_TRACE_TRACE);
	serial_feed_frame(traced->serial, 3, garbage, sizeof garbage);
	ask_number(traced, MN_TRACE_SNAPSHOT, 1); /* without EXTEND */
	ask_number(traced, MN_TRACE_KEEP, 0);
	for (unsigned i = 0; i < 100; i++) {
		mn_event_in(&traced->sim->kernel, MN_LOG_INFO, "filler", i, mn_text("lasting"));
		if (i % 30 == 0)
			pass(traced, SECOND);
	}
	pass(traced, 10 * SECOND); /* no KEEP: it stays active all the same */
	hear(traced);
	while (next(traced)) {
		assert_true(traced->message.kind <= MN_TRACE_DISCARDED);
		lost += traced->message.kind == MN_TRACE_DISCARDED;
	}
	assert_true(lost > 0);
	assert_int_equal(traced->trace.state, MN__TRACE_ACTIVE);
	traced_free(traced);
}

static void requests_come_in_any_pieces_and_among_garbage(void **state)
{
	struct traced *traced = traced_new(*state);
	uint8_t endless[300];
	static const uint8_t pieces[] = {0, 1, 3, 1, 1, 0, 7, 7, 0};

	memset(endless, 9, sizeof endless);
	serial_attach(traced->serial);
	serial_feed_frame(traced->serial, 3, endless, sizeof endless);
	assert_int_equal(traced->trace.state, MN__TRACE_IDLE);
	for (size_t i = 0; i < sizeof pieces; i++)
		serial_feed_frame(traced->serial, 3, &pieces[i], 1);
	assert_int_equal(traced->trace.state, MN__TRACE_ACTIVE);
	assert_int_equal(traced->trace.filter.least, MN_LOG_DEBUG);
	traced_free(traced);
}

/* ---- Losses ------------------------------------------------------------------------ */

/* The line takes nothing for a while. All that was made arrives or is counted, at most each 3 s. */
static void what_is_lost_is_told_under_load(void **state)
{
	struct traced *traced = traced_with(*state, 2048, 4096, MN_LOG_INFO);
	unsigned made = 0, came = 0, lost = 0, reports = 0;

	serial_attach(traced->serial);
	ask_level(traced, MN_TRACE_INFO);
	serial_forget(traced->serial);
	for (int ms = 0; ms < 20000; ms += 10) {
		traced->serial->deaf = ms % 1000 < 900;
		for (int i = 0; i < 20; i++, made++)
			mn_event_in(&traced->sim->kernel, MN_LOG_INFO, "load", made);
		pass(traced, 10000);
	}
	traced->serial->deaf = false;
	pass(traced, 4 * SECOND);
	hear(traced);
	while (next(traced)) {
		came += traced->message.kind == MN_TRACE_EVENT;
		if (traced->message.kind != MN_TRACE_DISCARDED)
			continue;
		reports++;
		lost += (unsigned)traced->message.discarded.events;
		assert_int_equal(traced->message.discarded.new_spans, 0);
	}
	assert_int_equal(came + lost, made);
	assert_in_range(reports, 5, 9); /* 24 s */
	assert_int_equal(traced->trace.lost_in_all.events, lost);
	traced_free(traced);
}

/* ---- With a host of ours ----------------------------------------------------------- */

static void extends_when_asked_and_not_longer(void **state)
{
	struct traced *traced = traced_new(*state);

	serial_attach(traced->serial);
	pass(traced, SECOND / 2);
	serial_forget(traced->serial);
	ask_number(traced, MN_TRACE_EXTEND, 99);
	hear(traced);
	assert_true(next(traced));
	assert_int_equal(traced->message.kind, MN_TRACE_WELCOME);
	assert_int_equal(traced->message.welcome.version, MN_TRACE_VERSION);
	assert_int_equal(traced->message.welcome.tick_hz, TICKS * SECOND);
	assert_true(text_is(&traced->message.welcome.system, "sim"));
	assert_time(traced->message.welcome.now, traced->sim->now_us);
	mn_event_in(&traced->sim->kernel, MN_LOG_WARN, "timed", (uint32_t)5, mn_text("lasting"),
		    "copied");
	pass(traced, SECOND / 4);
	hear(traced);
	assert_true(next_event(traced, "timed"));
	assert_int_equal(traced->message.kind, MN_TRACE_TIMED_EVENT);
	assert_time(traced->message.timed_event.time, SECOND / 2);
	assert_int_equal(traced->message.timed_event.values[0].u64, 5);
	assert_int_equal(traced->message.timed_event.values[1].kind, MN_TRACE_TEXT_ID);
	assert_true(text_is(&traced->texts[traced->message.timed_event.values[1].u64], "lasting"));
	assert_true(text_is(&traced->message.timed_event.values[2].text, "copied"));
	pass(traced, SECOND / 4);
	hear(traced);
	expect(traced, MN_TRACE_HEARTBEAT);
	assert_time(expect(traced, MN_TRACE_TIME)->now, traced->sim->now_us);

	ask_number(traced, MN_TRACE_EXTEND, 0);
	mn_event_in(&traced->sim->kernel, MN_LOG_WARN, "plain", (uint32_t)5);
	pass(traced, 10 * SECOND);
	hear(traced);
	assert_true(next_event(traced, "plain"));
	while (next(traced))
		assert_true(traced->message.kind <= MN_TRACE_DISCARDED);
	traced_free(traced);
}

/* The ring may be older than 32 bits of time; each time is told right. */
static void old_records_keep_their_time(void **state)
{
	const uint64_t day_us = 86400 * SECOND;
	struct traced *traced = traced_new(*state);
	uint64_t told = 0, times[3];
	unsigned count = 0;

	for (int day = 0; day < 3; day++) {
		times[day] = traced->sim->now_us;
		mn_event_in(&traced->sim->kernel, MN_LOG_INFO, "midnight");
		pass(traced, day_us);
	}
	serial_attach(traced->serial);
	ask_number(traced, MN_TRACE_EXTEND, 1);
	hear(traced);
	while (next(traced)) {
		if (traced->message.kind == MN_TRACE_TIME)
			told = traced->message.now;
		if (traced->message.kind != MN_TRACE_TIMED_EVENT)
			continue;
		told += (uint64_t)(int32_t)(traced->message.timed_event.time - (uint32_t)told);
		assert_time(told, times[count]);
		count++;
	}
	assert_int_equal(count, 3);
	traced_free(traced);
}

static void levels_by_target(void **state)
{
	struct traced *traced = traced_new(*state);
	struct mn_log_filter *filter = &traced->trace.filter;
	struct mn_trace_request request = {
		.kind = MN_TRACE_SET_TARGET_LEVEL, .level = MN_TRACE_DEBUG, .target = {"test", 4}};

	serial_attach(traced->serial);
	ask_number(traced, MN_TRACE_EXTEND, 1);
	ask_level(traced, MN_TRACE_WARN);
	ask(traced, &request);
	assert_int_equal(filter->level, MN_LOG_WARN);
	assert_int_equal(filter->least, MN_LOG_DEBUG);
	assert_true(mn_log_filter_shows(filter, "test::sub", MN_LOG_DEBUG));
	hear(traced);
	mn_event_in(&traced->sim->kernel, MN_LOG_DEBUG, "shown");
	mn_event_in(&traced->sim->kernel, MN_LOG_TRACE, "hidden");
	pass(traced, SECOND / 2);
	hear(traced);
	assert_true(next_event(traced, "shown"));
	assert_false(next_event(traced, "hidden"));

	request.level = MN_TRACE_ERROR; /* the same target again */
	ask(traced, &request);
	assert_int_equal(filter->count, 1);
	assert_int_equal(filter->least, MN_LOG_WARN);
	for (char name[2] = "a"; name[0] <= 'z'; name[0]++) { /* more than there is room for */
		request = (struct mn_trace_request){.kind = MN_TRACE_SET_TARGET_LEVEL,
						    .level = MN_TRACE_DEBUG,
						    .target = {name, 1}};
		ask(traced, &request);
		assert_true(mn_log_filter_shows(filter, name, MN_LOG_DEBUG));
	}
	ask_level(traced, MN_TRACE_INFO);
	assert_int_equal(filter->count, 0);
	assert_false(mn_log_filter_shows(filter, "a", MN_LOG_DEBUG));
	traced_free(traced);
}

/* Far more lasting texts than the host is told at a time: each is still the right one. */
static void numbers_that_are_given_away_are_told(void **state)
{
	enum { TEXTS = 1000 };
	static char lasting[TEXTS][8];
	struct traced *traced = traced_with(*state, 262144, 65536, MN_LOG_INFO);
	uint64_t seed = 3;

	serial_attach(traced->serial);
	ask_number(traced, MN_TRACE_EXTEND, 1);
	serial_forget(traced->serial);
	for (unsigned i = 0; i < TEXTS; i++)
		snprintf(lasting[i], sizeof lasting[i], "%u", i);
	for (unsigned round = 0; round < 20; round++) {
		unsigned wanted[20][3];

		for (unsigned i = 0; i < 20; i++) {
			for (unsigned k = 0; k < 3; k++)
				wanted[i][k] = (unsigned)(chance(&seed) % TEXTS);
			mn_event_in(&traced->sim->kernel, MN_LOG_INFO, "texts",
				    mn_text(lasting[wanted[i][0]]), mn_text(lasting[wanted[i][1]]),
				    mn_text(lasting[wanted[i][2]]));
		}
		pass(traced, 30000);
		hear(traced);
		for (unsigned i = 0; i < 20; i++) {
			expect(traced, MN_TRACE_TIMED_EVENT);
			for (unsigned k = 0; k < 3; k++) {
				const struct mn_trace_value *value =
					&traced->message.timed_event.values[k];
				const struct mn_trace_text *text =
					value->kind == MN_TRACE_TEXT_ID ? &traced->texts[value->u64]
									: &value->text;

				assert_true(text_is(text, lasting[wanted[i][k]]));
			}
		}
		/* What was learnt lies in the stream, which is now overwritten: anew. */
		ask_number(traced, MN_TRACE_EXTEND, 1);
		serial_forget(traced->serial);
	}
	traced_free(traced);
}

/* ---- One host after the other ------------------------------------------------------ */

static void nothing_of_one_host_reaches_the_next(void **state)
{
	struct traced *traced = traced_new(*state);

	serial_attach(traced->serial);
	ask_number(traced, MN_TRACE_EXTEND, 1);
	ask_level(traced, MN_TRACE_TRACE);
	mn_event_in(&traced->sim->kernel, MN_LOG_TRACE, "for the first");
	serial_detach(traced->serial);
	assert_int_equal(traced->trace.state, MN__TRACE_NOBODY);
	assert_int_equal(traced->sim->kernel.trace->filter.least, MN_LOG_INFO);
	mn_event_in(&traced->sim->kernel, MN_LOG_INFO, "for nobody");
	serial_forget(traced->serial);
	serial_attach(traced->serial);
	pass(traced, SECOND);
	hear(traced);
	assert_true(next(traced));
	assert_int_equal(traced->message.kind, MN_TRACE_HEARTBEAT);
	assert_false(next(traced));
	ask_level(traced, MN_TRACE_INFO);
	hear(traced);
	assert_true(next_event(traced, "for nobody"));
	while (next(traced))
		assert_true(traced->message.kind <= MN_TRACE_DISCARDED);
	traced_free(traced);
}

/* A request that arrives just before its sender leaves is not the next one's. */
static void a_request_of_an_earlier_peer_counts_no_more(void **state)
{
	struct traced *traced = traced_new(*state);
	uint8_t wire[MN_TRACE_REQUEST_MAX], frame[MN_TRACE_REQUEST_MAX + 8];
	struct mn_bbq_irq *rx = &traced->serial->rx;
	size_t len = mn_trace_encode_request(
		wire, sizeof wire, &(struct mn_trace_request){MN_TRACE_EXTEND, .number = 1});

	serial_attach(traced->serial);
	len = mn_sermux_encode(frame, sizeof frame, 3, wire, len);
	assert_int_equal(mn_bbq_irq_push(rx, frame, len), len);
	mn_kernel_run_once(&traced->sim->kernel);
	mn_serial_line_attach(&traced->serial->line); /* another, before anybody looks */
	serial_settle(traced->serial);
	assert_int_equal(traced->trace.version, 0);
	hear(traced);
	while (next(traced))
		assert_int_equal(traced->message.kind, MN_TRACE_HEARTBEAT);
	traced_free(traced);
}

static void silence_of_six_seconds_ends_it(void **state)
{
	struct traced *traced = traced_new(*state);

	serial_attach(traced->serial);
	ask_number(traced, MN_TRACE_EXTEND, 1);
	ask_level(traced, MN_TRACE_TRACE);
	for (int i = 0; i < 5; i++) {
		pass(traced, 5 * SECOND);
		ask_number(traced, MN_TRACE_KEEP, 0);
		assert_int_equal(traced->trace.state, MN__TRACE_ACTIVE);
	}
	pass(traced, 6 * SECOND - 1);
	assert_int_equal(traced->trace.state, MN__TRACE_ACTIVE);
	pass(traced, 1);
	assert_int_equal(traced->trace.state, MN__TRACE_IDLE);
	assert_int_equal(traced->sim->kernel.trace->filter.least, MN_LOG_INFO);
	serial_forget(traced->serial);
	pass(traced, 4 * SECOND);
	hear(traced);
	for (int beats = 0; beats < 4; beats++)
		assert_true(next(traced) && traced->message.kind == MN_TRACE_HEARTBEAT);
	assert_false(next(traced));
	traced_free(traced);
}

/* It sits in a write that the line does not take; then the stream goes on behind a zero. */
static void silence_ends_a_write_that_waits(void **state)
{
	struct traced *traced = traced_with(*state, 256, 8192, MN_LOG_INFO);
	unsigned whole = 0, damaged = 0;

	serial_attach(traced->serial);
	ask_number(traced, MN_TRACE_EXTEND, 1);
	serial_forget(traced->serial);
	traced->serial->deaf = true;
	for (unsigned i = 0; i < 100; i++)
		mn_event_in(&traced->sim->kernel, MN_LOG_INFO, "stuck", i);
	pass(traced, 5 * SECOND);
	assert_int_equal(traced->trace.state, MN__TRACE_ACTIVE);
	pass(traced, SECOND);
	assert_int_equal(traced->trace.state, MN__TRACE_IDLE);
	traced->serial->deaf = false;
	pass(traced, 3 * SECOND);
	traced->len = serial_payload(traced->serial, 3, traced->stream, STREAM_MAX);
	for (uint8_t *at = traced->stream, *end; at < traced->stream + traced->len; at = end + 1) {
		end = memchr(at, 0, (size_t)(traced->stream + traced->len - at));
		assert_non_null(end);
		if (mn_trace_decode(&traced->message, &traced->storage, at, (size_t)(end - at)))
			damaged++;
		else
			whole++;
	}
	assert_int_equal(damaged, 1);
	assert_true(whole > 3);
	traced_free(traced);
}

static void comes_back_with_the_mux(void **state)
{
	struct traced *traced = traced_new(*state);

	serial_attach(traced->serial);
	ask_level(traced, MN_TRACE_INFO);
	sim_cancel(traced->sim, &traced->mux.task);
	pass(traced, SECOND);
	assert_int_equal(traced->trace.state, MN__TRACE_NOBODY);
	mn_serial_mux_start(&traced->mux, &traced->sim->kernel,
			    &(struct mn_serial_mux_config)MN_SERIAL_MUX_DEFAULTS);
	serial_settle(traced->serial);
	assert_int_equal(traced->trace.state, MN__TRACE_IDLE);
	traced_free(traced);
}

/* ---- It does not trace itself ------------------------------------------------------- */

static void what_carries_the_trace_is_not_traced(void **state)
{
	struct traced *traced = traced_with(*state, 65536, 65536, MN_LOG_INFO);
	unsigned events = 0;

	serial_attach(traced->serial);
	ask_number(traced, MN_TRACE_EXTEND, 1);
	ask_level(traced, MN_TRACE_TRACE);
	for (int i = 0; i < 10; i++) {
		pass(traced, SECOND);
		ask_number(traced, MN_TRACE_KEEP, 0);
	}
	hear(traced);
	while (next(traced))
		events += traced->message.kind == MN_TRACE_TIMED_EVENT;
	assert_int_equal(events, 1); /* hello */
	traced_free(traced);
}

/* ---- Snapshots --------------------------------------------------------------------- */

/* Waits for an event that never comes, for a time, or for itself to be woken. */
struct stuck {
	struct mn_task task;
	struct mn_waiter waiter;
	struct mn_timeout limit;
	struct mn_event never;
	struct mn_wait wait;
	bool limited;
};

static mn_poll stuck_run(struct stuck *self)
{
	MN_BEGIN(self);
	mn_event_init(&self->never);
	if (self->limited)
		MN_AWAIT(self, mn_timeout(&self->limit, mn_event_wait(&self->waiter, &self->never),
					  100 * SECOND));
	else
		MN_AWAIT(self, mn_event_wait(&self->waiter, &self->never));
	MN_RETURN(self, MN_OK);
	MN_END(self);
}

MN_TASK(stuck);

static bool next_task(struct traced *traced, const char *name)
{
	while (next(traced))
		if (traced->message.kind == MN_TRACE_TASK &&
		    text_is(&traced->message.task.name, name))
			return true;
	return false;
}

static void a_snapshot_shows_who_waits_for_what(void **state)
{
	struct traced *traced = traced_new(*state);
	struct stuck stuck[2] = {{.limited = true}, {.limited = false}};
	const struct mn_trace_task *task = &traced->message.task;
	unsigned counters = 0;

	mn_spawn(&traced->sim->kernel, &stuck[0].task, &stuck_task);
	mn_spawn(&traced->sim->kernel, &stuck[1].task, &stuck_task);
	serial_attach(traced->serial);
	pass(traced, 3 * SECOND);
	ask_number(traced, MN_TRACE_EXTEND, 1);
	serial_forget(traced->serial);
	ask_number(traced, MN_TRACE_SNAPSHOT, 42);
	hear(traced);
	assert_int_equal(expect(traced, MN_TRACE_SNAPSHOT_BEGIN)->snapshot.id, 42);
	assert_true(next_task(traced, "trace"));
	assert_int_equal(task->state, MN_TRACE_TASK_RUNNING);
	assert_true(task->carrier);
	assert_true(next_task(traced, "serial_mux"));
	assert_true(task->carrier);
	assert_true(next_task(traced, "stuck"));
	assert_int_equal(task->id, stuck[0].task.id);
	assert_int_equal(task->state, MN_TRACE_TASK_WAITING);
	assert_time(task->limit, 100 * SECOND);
	assert_int_equal(task->wait_count, 1);
	assert_true(text_is(&task->waits[0].what, "event"));
	assert_int_equal(task->waits[0].on, (uintptr_t)&stuck[0].never);
	assert_in_range(task->waits[0].since, 0, 2048 * TICKS);
	assert_false(task->waits[0].over || task->carrier);
	assert_true(next_task(traced, "stuck"));
	assert_int_equal(task->limit, 0);
	assert_int_equal(task->size, sizeof stuck[0]);
	do { /* in any order */
		expect(traced, MN_TRACE_SERVICE);
	} while (!text_is(&traced->message.service.name, "simple_serial"));
	assert_int_equal(traced->message.service.task, traced->serial->server.task.id);
	assert_int_equal(expect(traced, MN_TRACE_HEAP)->heap.failures, 0);
	while (next(traced) && traced->message.kind == MN_TRACE_COUNTER)
		counters++;
	assert_true(counters > 5);
	assert_int_equal(traced->message.kind, MN_TRACE_SNAPSHOT_END);
	assert_int_equal(traced->message.snapshot.id, 42);
	assert_false(next(traced));
	traced_free(traced);
}

/* On a line so slow that each part waits, with tasks that end meanwhile. */
static void a_snapshot_survives_a_slow_line(void **state)
{
	enum { TASKS = 50 };
	struct traced *traced = traced_with(*state, 300, 4096, MN_LOG_OFF);
	struct stuck *stuck = calloc(TASKS, sizeof *stuck);
	unsigned tasks = 0;
	uint32_t last = 0;

	assert_non_null(stuck);
	for (int i = 0; i < TASKS; i++)
		mn_spawn(&traced->sim->kernel, &stuck[i].task, &stuck_task);
	serial_attach(traced->serial);
	ask_number(traced, MN_TRACE_EXTEND, 1);
	serial_forget(traced->serial);
	traced->serial->deaf = true;
	ask_number(traced, MN_TRACE_SNAPSHOT, 1);
	ask_number(traced, MN_TRACE_SNAPSHOT, 2); /* waits for its turn */
	for (int i = TASKS / 2; i < TASKS; i++)
		sim_cancel(traced->sim, &stuck[i].task);
	traced->serial->deaf = false;
	serial_settle(traced->serial);
	hear(traced);
	assert_int_equal(expect(traced, MN_TRACE_SNAPSHOT_BEGIN)->snapshot.id, 1);
	while (next(traced) && traced->message.kind == MN_TRACE_TASK) {
		assert_true(traced->message.task.id > last);
		last = traced->message.task.id;
		tasks++;
	}
	assert_in_range(tasks, TASKS / 2, TASKS + 4);
	assert_int_equal(expect(traced, MN_TRACE_SNAPSHOT_END)->snapshot.id, 1);
	assert_int_equal(expect(traced, MN_TRACE_SNAPSHOT_END)->snapshot.id, 2);
	traced_free(traced);
	free(stuck);
}

static void accounts_while_snapshots_are_asked_for(void **state)
{
	struct traced *traced = traced_new(*state);

	serial_attach(traced->serial);
	ask_number(traced, MN_TRACE_EXTEND, 1);
	assert_false(traced->sim->kernel.watch & MN__WATCH_CPU);
	ask_number(traced, MN_TRACE_SNAPSHOT, 1);
	assert_true(traced->sim->kernel.watch & MN__WATCH_CPU);
	pass(traced, 7 * SECOND);
	assert_false(traced->sim->kernel.watch & MN__WATCH_CPU);
	traced_free(traced);
}

/* ---- The same seed ----------------------------------------------------------------- */

struct chatter {
	struct mn_task task;
	struct mn_sleep nap;
	unsigned round;
};

static void say(const struct chatter *self)
{
	mn_info("round %u", self->round);
}

static mn_poll chatter_run(struct chatter *self)
{
	MN_BEGIN(self);
	for (self->round = 0; self->round < 100; self->round++) {
		say(self);
		MN_TRY(self, mn_sleep(&self->nap, mn_random(mn_running) % 30000));
	}
	MN_END(self);
}

MN_TASK(chatter);

static size_t run_with(uint64_t seed, uint8_t *out)
{
	struct sim *sim = sim_new(seed);
	struct traced *traced = traced_new(sim);
	struct chatter chatter[3] = {0};
	size_t len;

	for (size_t i = 0; i < COUNT(chatter); i++)
		mn_spawn(&sim->kernel, &chatter[i].task, &chatter_task);
	serial_attach(traced->serial);
	ask_number(traced, MN_TRACE_EXTEND, 1);
	ask_level(traced, MN_TRACE_INFO);
	pass(traced, 5 * SECOND);
	len = traced->serial->out_len;
	assert_true(len < STREAM_MAX);
	memcpy(out, traced->serial->out, len);
	traced_free(traced);
	sim_free(sim);
	return len;
}

static void the_same_seed_sends_the_same_bytes(void **state)
{
	static uint8_t first[STREAM_MAX], second[STREAM_MAX];
	size_t len;

	(void)state;
	len = run_with(7, first);
	assert_true(len > 1000);
	assert_bytes(second, run_with(7, second), first, len);
	assert_true(run_with(8, second) != len || memcmp(first, second, len) != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(beats_each_second_until_asked),
		SIM_TEST(no_peer_costs_no_turn),
		SIM_TEST(answers_even_the_same_level),
		SIM_TEST(sends_what_was_before_the_host),
		SIM_TEST(announces_again_for_each_level),
		SIM_TEST(an_original_host_never_sees_the_extension),
		SIM_TEST(requests_come_in_any_pieces_and_among_garbage),
		SIM_TEST(what_is_lost_is_told_under_load),
		SIM_TEST(extends_when_asked_and_not_longer),
		SIM_TEST(old_records_keep_their_time),
		SIM_TEST(levels_by_target),
		SIM_TEST(numbers_that_are_given_away_are_told),
		SIM_TEST(nothing_of_one_host_reaches_the_next),
		SIM_TEST(a_request_of_an_earlier_peer_counts_no_more),
		SIM_TEST(silence_of_six_seconds_ends_it),
		SIM_TEST(silence_ends_a_write_that_waits),
		SIM_TEST(comes_back_with_the_mux),
		SIM_TEST(what_carries_the_trace_is_not_traced),
		SIM_TEST(a_snapshot_shows_who_waits_for_what),
		SIM_TEST(a_snapshot_survives_a_slow_line),
		SIM_TEST(accounts_while_snapshots_are_asked_for),
		cmocka_unit_test(the_same_seed_sends_the_same_bytes),
	};

	return cmocka_run_group_tests_name("trace_daemon", tests, NULL, NULL);
}
