/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Protects: what trace.h and trace_reader.h say, on one thread; test_threads.c has more. */
#include <stdio.h>
#include <string.h>
#include <mnemos/bbq.h>
#include <mnemos/channel.h>
#include <mnemos/trace.h>
#include <mnemos/trace_reader.h>
#include "sim.h"

#define MN_LOG_TARGET "test::trace"

static struct mn_trace trace;
static uint64_t ring[8192];
static struct mn_record record;

static void show(struct sim *sim, const char *text)
{
	struct mn_log_filter filter;
	const char *where;

	assert_true(mn_log_filter_parse(&filter, text, &where));
	mn_trace_set_filter(&sim->kernel, &filter);
}

static void start(struct sim *sim, size_t size, const char *filter)
{
	mn_trace_start(&sim->kernel, &trace, ring, size);
	show(sim, filter);
}

static int setup(void **state)
{
	sim_setup(state);
	start(*state, sizeof ring, "trace,kernel=off");
	return 0;
}

#define TRACE_TEST(test) cmocka_unit_test_setup_teardown(test, setup, sim_teardown)

/* ---- Records as text: "#1 (2) name, port=3, text=..." ------------------------------------ */

static char text[32768];

__attribute__((format(printf, 1, 2))) static void add(const char *format, ...)
{
	const size_t len = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + len, sizeof text - len, format, args);
	va_end(args);
}

static void add_value(const struct mn_trace_value *value)
{
	switch (value->kind) {
	case MN_TRACE_U64:
		add("%llu", (unsigned long long)value->u64);
		break;
	case MN_TRACE_I64:
		add("%+lld", (long long)value->i64);
		break;
	case MN_TRACE_F64:
		add("%.2f", value->f64);
		break;
	case MN_TRACE_BOOL:
		add(value->boolean ? "yes" : "no");
		break;
	case MN_TRACE_TEXT_ID:
		add("<%s>", (const char *)(uintptr_t)value->u64);
		break;
	case MN_TRACE_STR:
		add("\"%.*s\"", (int)value->text.len, value->text.data);
		break;
	case MN_TRACE_DEBUG_TEXT:
		add("%.*s", (int)value->text.len, value->text.data);
		break;
	}
}

static void add_record(void)
{
	static const char *const verbs[] = {[MN_RECORD_SPAN] = "span",
					    [MN_RECORD_ENTER] = "enter",
					    [MN_RECORD_EXIT] = "exit",
					    [MN_RECORD_DROP] = "drop"};

	if (record.task)
		add("#%u ", (unsigned)record.task);
	if (record.parent)
		add("(%u) ", (unsigned)record.parent);
	if (record.kind != MN_RECORD_EVENT)
		add("%s %u ", verbs[record.kind], (unsigned)record.span);
	if (record.site)
		add("%s", record.site->kind == MN_SITE_LOG ? "log" : record.site->format);
	for (unsigned i = 0; i < record.value_count; i++) {
		const struct mn_trace_text name = mn_site_field(record.site, i);

		add(", %.*s=", (int)name.len, name.data);
		add_value(&record.values[i]);
	}
	add("\n");
}

/* All that is in the ring. */
static const char *records(void)
{
	text[0] = '\0';
	while (mn_trace_next(&trace, &record))
		add_record();
	return text;
}

static void lost_is(uint32_t events, uint32_t new_spans, uint32_t span_activity,
		    uint32_t in_interrupts)
{
	struct mn_trace_lost lost;

	mn_trace_take_lost(&trace, &lost);
	assert_int_equal(lost.events, events);
	assert_int_equal(lost.new_spans, new_spans);
	assert_int_equal(lost.span_activity, span_activity);
	assert_int_equal(lost.in_interrupts, in_interrupts);
}

/* ---- Events ------------------------------------------------------------------------------ */

static void fields_are_named_and_typed_by_their_expressions(void **state)
{
	const struct {
		struct {
			uint16_t len;
		} rx;
	} box = {{7}}, *self = &box;
	const uint8_t port = 3;
	const int64_t least = INT64_MIN;
	const uint64_t most = UINT64_MAX;
	char local[] = "copied";

	sim_enter(*state);
	mn_event(MN_LOG_INFO, "nothing");
	mn_event(MN_LOG_INFO, "integers", port, self->rx.len, box.rx.len, least, most, 'a');
	mn_event(MN_LOG_INFO, "others", port == 3, 1.5f, -0.25, mn_text("lasting"), local);
	local[0] = 'X'; /* it is a copy */
	mn_event(MN_LOG_INFO, "pointer", (void *)16, (const char *)0);
	sim_leave();
	assert_string_equal(
		records(),
		"nothing\n"
		"integers, port=3, len=7, len=7, least=-9223372036854775808, "
		"most=18446744073709551615, 'a'=+97\n"
		"others, port == 3=+1, 1.5f=1.50, -0.25=-0.25, mn_text(\"lasting\")=<lasting>, "
		"local=\"copied\"\n"
		"pointer, (void *)16=16, (const char *)0=\"\"\n");
}

static void site_says_where_it_is(void **state)
{
	sim_enter(*state);
	mn_event(MN_LOG_WARN, "here");
	const unsigned line = __LINE__ - 1;
	sim_leave();
	assert_true(mn_trace_next(&trace, &record));
	assert_int_equal(record.kind, MN_RECORD_EVENT);
	assert_string_equal(record.site->target, MN_LOG_TARGET);
	assert_string_equal(record.site->file, __FILE__);
	assert_int_equal(record.site->line, line);
	assert_int_equal(record.site->level, MN_LOG_WARN);
}

static void what_is_not_shown_is_not_evaluated(void **state)
{
	struct sim *sim = *state;
	int evaluated = 0;

	sim_enter(sim);
	show(sim, "info,kernel=off");
	mn_event(MN_LOG_DEBUG, "no", ++evaluated);
	mn_event(MN_LOG_INFO, "yes", ++evaluated);
	show(sim, "off,other=trace");
	mn_event(MN_LOG_ERROR, "no", 0);
	show(sim, "off,test::trace=trace");
	mn_event(MN_LOG_TRACE, "yes", ++evaluated);
	show(sim, "off");
	mn_event(MN_LOG_ERROR, "no", ++evaluated);
	sim_leave();
	mn_event(MN_LOG_ERROR, "nowhere", ++evaluated);
	assert_string_equal(records(), "yes, ++evaluated=+1\nyes, ++evaluated=+2\n");
}

static void times_never_go_back(void **state)
{
	struct sim *sim = *state;
	uint32_t before = 0;

	sim_enter(sim);
	for (int i = 0; i < 100; i++) {
		mn_event(MN_LOG_INFO, "tick");
		sim->now_us += i;
	}
	sim_leave();
	for (int i = 0; i < 100; i++, before = record.time) {
		assert_true(mn_trace_next(&trace, &record));
		assert_true(record.time > before);
	}
	assert_true(before > 99 * 98 / 2 * 10);
}

static void start_up_code_names_its_kernel(void **state)
{
	struct sim *sim = *state;

	mn_event_in(&sim->kernel, MN_LOG_INFO, "begin", 1);
	mn_event_in(&sim->kernel, MN_LOG_INFO, "end");
	assert_string_equal(records(), "begin, 1=+1\nend\n");
}

/* ---- Texts ------------------------------------------------------------------------------- */

/* A text as it comes out of the ring. */
static const char *copied(struct sim *sim, const char *value)
{
	sim_enter(sim);
	mn_event(MN_LOG_INFO, "copy", value, 1U);
	sim_leave();
	records();
	assert_memory_equal(text, "copy, value=\"", 13);
	assert_string_equal(text + strlen(text) - 8, "\", 1U=1\n");
	text[strlen(text) - 8] = '\0';
	return text + 13;
}

static void long_texts_are_cut_and_say_so(void **state)
{
	char value[MN_TRACE_TEXT + 2] = "";

	for (int len = 0; len <= MN_TRACE_TEXT; len++) {
		assert_string_equal(copied(*state, value), value);
		value[len] = (char)('a' + len % 26);
	}
	copied(*state, value);
	memcpy(value + MN_TRACE_TEXT - 3, "...", 4);
	assert_string_equal(text + 13, value);
}

/* The limit falls in the midst of a character, whatever its length. */
static void cut_leaves_whole_characters(void **state)
{
	static const char *const characters[] = {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};

	for (unsigned i = 0; i < 3; i++) {
		for (unsigned before = 0; before < 4; before++) {
			const size_t size = strlen(characters[i]);
			char value[300] = "aaaa";
			size_t whole = before;

			value[before] = '\0';
			for (unsigned n = 0; n < 70; n++)
				strcat(value, characters[i]);
			while (whole + size <= MN_TRACE_TEXT - 3)
				whole += size;
			copied(*state, value);
			memcpy(value + whole, "...", 4);
			assert_string_equal(text + 13, value);
		}
	}
}

static void bytes_that_are_no_text_become_question_marks(void **state)
{
	static const struct {
		const char *value, *shown;
	} cases[] = {
		{"a\x80z", "a?z"},
		{"\xc3", "?"},
		{"\xc3\xa9", "\xc3\xa9"},
		{"\xc0\x80", "??"},           /* over-long */
		{"\xe0\x9f\xbf", "???"},      /* over-long */
		{"\xed\xa0\x80", "???"},      /* a surrogate */
		{"\xf4\x90\x80\x80", "????"}, /* behind the last */
		{"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
		{"\xff\xfe", "??"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(copied(*state, cases[i].value), cases[i].shown);
}

/* ---- The log ----------------------------------------------------------------------------- */

static void records_of_the_log_are_events(void **state)
{
	struct sim *sim = *state;
	char name[200];

	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	sim_enter(sim);
	mn_debug("%d of %s", 1, "two"); /* for the trace only */
	mn_info("%s", name);
	show(sim, "error,kernel=off");
	mn_info("three"); /* for the log only */
	mn_error("four");
	sim_leave();
	assert_non_null(strstr(records(), "log, message=1 of two\nlog, message=xxx"));
	assert_non_null(strstr(text, "xxx...\nlog, message=four\n"));
	assert_int_equal(strlen(text), 22 + 13 + MN_TRACE_TEXT + 1 + 18);
	assert_null(strstr(sim->log, "two"));
	assert_non_null(strstr(sim->log, "INFO test::trace: xxx"));
	assert_non_null(strstr(sim->log, "INFO test::trace: three\nERROR test::trace: four\n"));
}

static void events_are_shown_by_the_log(void **state)
{
	struct sim *sim = *state;
	const uint64_t large = UINT64_C(0x123456789a);

	show(sim, "off");
	sim_enter(sim);
	mn_event(MN_LOG_WARN, "ring full", sim->turns, -5, true, large, "text");
	mn_event(MN_LOG_INFO, "halves", 0.5, -1234.0625, 1e300, 1e-300, mn_text("lasting"));
	mn_event(MN_LOG_DEBUG, "no");
	sim_leave();
	assert_string_equal(sim->log,
			    "WARN test::trace: ring full, turns=0, -5=-5, 1=1, large=0x123456789a, "
			    "\"text\"=text\n"
			    "INFO test::trace: halves, 0.5=0.500, -1234.0625=-1234.062, "
			    "1e300=0x7e37e43c8800759c, 1e-300=0.000, "
			    "mn_text(\"lasting\")=lasting\n");
	assert_string_equal(records(), "");
}

/* ---- A full ring ------------------------------------------------------------------------- */

static void what_does_not_fit_is_dropped_whole_and_counted(void **state)
{
	struct sim *sim = *state;
	const char *long_text = "0123456789012345678901234567890123456789012345678901234567890123";
	unsigned n = 0;

	sim->kernel.trace = NULL;
	start(sim, MN_TRACE_RING_MIN, "trace,kernel=off"); /* 64 words */
	sim_enter(sim);
	for (unsigned i = 0; i < 20; i++)
		mn_event(MN_LOG_INFO, "five words", i);
	mn_event(MN_LOG_INFO, "long", long_text);
	mn_event(MN_LOG_INFO, "four words"); /* what is small may still fit */
	mn_event(MN_LOG_INFO, "four more");
	sim_leave();
	lost_is(8 + 1 + 1, 0, 0, 0);
	lost_is(0, 0, 0, 0);
	while (mn_trace_next(&trace, &record) && record.value_count == 1)
		assert_int_equal(record.values[0].u64, n++);
	assert_int_equal(n, 12);
	assert_string_equal(record.site->format, "four words");
	assert_false(mn_trace_next(&trace, &record));
	sim_enter(sim);
	mn_event(MN_LOG_INFO, "again", long_text);
	sim_leave();
	records();
	assert_non_null(strstr(text, long_text));
	lost_is(0, 0, 0, 0);
}

/* What came in comes out, at every place of the ring, and what did not is counted. */
static void small_ring_keeps_all_records_whole(void **state)
{
	struct sim *sim = *state;
	static char in[8192];
	uint32_t lost_before = 0;
	char value[64];
	size_t in_len = 0;

	sim->kernel.trace = NULL;
	start(sim, MN_TRACE_RING_MIN + 500, "trace,kernel=off"); /* a power of two is used */
	assert_int_equal(trace.words, 64);
	for (unsigned round = 0; round < 5000; round++) {
		const uint64_t a = mn_random(&sim->kernel), b = mn_random(&sim->kernel);

		snprintf(value, sizeof value, "%.*s", (int)(a % 60),
			 "The quick brown fox jumps over the lazy dog, and back again, twice.");
		sim_enter(sim);
		switch (a % 3) {
		case 0:
			mn_event(MN_LOG_INFO, "none");
			break;
		case 1:
			mn_event(MN_LOG_INFO, "numbers", a, b);
			break;
		default:
			mn_event(MN_LOG_INFO, "text", value, b);
		}
		sim_leave();
		const uint32_t lost = atomic_load(&trace.lost[0]);

		if (lost == lost_before) { /* as add_record will have it */
			static const char *const forms[] = {"none\n", "numbers, a=%llu, b=%llu\n",
							    "text, value=\"%s\", b=%llu\n"};
			char *end = in + in_len;

			in_len += (size_t)(a % 3 == 2 ? sprintf(end, forms[2], value,
								(unsigned long long)b)
						      : sprintf(end, forms[a % 3],
								(unsigned long long)a,
								(unsigned long long)b));
		}
		lost_before = lost;
		if (b % 4 == 0) {
			records();
			assert_memory_equal(in, text, in_len);
			assert_int_equal(strlen(text), in_len);
			in_len = 0;
		}
	}
	assert_in_range(lost_before, 100, 4000);
}

/* ---- The reader's interrupt -------------------------------------------------------------- */

struct reader {
	struct mn_task task;
	struct mn_irq_wait wait;
	int told;
};

static mn_poll reader_run(struct reader *self)
{
	MN_BEGIN(self);
	for (;;) {
		MN_TRY(self, mn_irq_wait(&self->wait, &trace.irq));
		self->told++;
	}
	MN_END(self);
}

MN_TASK(reader);

static int told_after(struct sim *sim, const struct reader *reader, int events)
{
	sim_enter(sim);
	while (events-- > 0)
		mn_event(MN_LOG_INFO, "five words", events);
	sim_leave();
	sim_settle(sim);
	return reader->told;
}

static void reader_is_told_of_the_first_and_at_half(void **state)
{
	struct sim *sim = *state;
	struct reader reader = {0};

	sim->kernel.trace = NULL;
	start(sim, MN_TRACE_RING_MIN, "trace,kernel=off");
	mn_spawn(&sim->kernel, &reader.task, &reader_task);
	mn_trace_mute(&reader.task);
	assert_int_equal(told_after(sim, &reader, 0), 0);
	for (int round = 1; round <= 3; round++) {
		const int before = reader.told;

		assert_int_equal(told_after(sim, &reader, 1), before + 1);
		assert_int_equal(told_after(sim, &reader, 5), before + 1); /* 30 words */
		assert_int_equal(told_after(sim, &reader, 1), before + 2); /* 35 */
		assert_int_equal(told_after(sim, &reader, 3), before + 2);
		assert_true(mn_trace_next(&trace, &record)); /* not yet empty */
		assert_int_equal(told_after(sim, &reader, 1), before + 2);
		records();
	}
	sim_cancel_all(sim);
}

/* ---- Spans ------------------------------------------------------------------------------- */

struct worker {
	struct mn_task task;
	struct mn_span outer, inner;
	uint32_t port;
};

/* A request with a part, over three polls. */
static mn_poll worker_run(struct worker *self)
{
	MN_BEGIN(self);
	mn_event(MN_LOG_INFO, "before");
	mn_span_begin(&self->outer, MN_LOG_INFO, "request", self->port);
	MN_YIELD(self);
	mn_span_begin(&self->inner, MN_LOG_DEBUG, "part");
	mn_event(MN_LOG_INFO, "within");
	MN_YIELD(self);
	mn_span_end(&self->inner);
	mn_span_end(&self->inner); /* does nothing */
	mn_event(MN_LOG_INFO, "after");
	mn_span_end(&self->outer);
	mn_event(MN_LOG_INFO, "last");
	MN_END(self);
}

MN_TASK(worker);

static void spans_cross_waits_and_belong_to_their_task(void **state)
{
	struct sim *sim = *state;
	struct worker one = {.port = 7}, two = {.port = 8};

	sim_in_order(sim);
	mn_spawn(&sim->kernel, &one.task, &worker_task);
	mn_spawn(&sim->kernel, &two.task, &worker_task);
	sim_settle(sim);
	assert_string_equal(records(),
			    "#1 before\n#1 span 1 request, port=7\n#1 enter 1 \n#1 exit 1 \n"
			    "#2 before\n#2 span 2 request, port=8\n#2 enter 2 \n#2 exit 2 \n"
			    "#1 enter 1 \n#1 (1) span 3 part\n#1 enter 3 \n#1 (3) within\n"
			    "#1 exit 3 \n#1 exit 1 \n"
			    "#2 enter 2 \n#2 (2) span 4 part\n#2 enter 4 \n#2 (4) within\n"
			    "#2 exit 4 \n#2 exit 2 \n"
			    "#1 enter 1 \n#1 enter 3 \n#1 exit 3 \n#1 drop 3 \n#1 (1) after\n"
			    "#1 exit 1 \n#1 drop 1 \n#1 last\n"
			    "#2 enter 2 \n#2 enter 4 \n#2 exit 4 \n#2 drop 4 \n#2 (2) after\n"
			    "#2 exit 2 \n#2 drop 2 \n#2 last\n");
	assert_true(mn_list_empty(&trace.spans));
}

static void span_that_is_not_shown_costs_no_record(void **state)
{
	struct sim *sim = *state;
	struct worker worker = {.port = 7};

	show(sim, "info,kernel=off");
	mn_spawn(&sim->kernel, &worker.task, &worker_task);
	sim_settle(sim);
	assert_null(strstr(records(), "part"));
	assert_non_null(strstr(text, "#1 (1) within\n"));
}

static void trace_that_ends_forgets_open_spans(void **state)
{
	struct sim *sim = *state;
	struct worker worker = {.port = 7};

	mn_spawn(&sim->kernel, &worker.task, &worker_task);
	mn_kernel_shuffle(&sim->kernel, false);
	sim_settle(sim);
	records();
	mn_spawn(&sim->kernel, &worker.task, &worker_task);
	sim_enter(sim);
	sim->kernel.current = &worker.task;
	mn_span_begin(&worker.outer, MN_LOG_INFO, "open");
	assert_false(mn_list_empty(&trace.spans));
	show(sim, "off");
	assert_true(mn_list_empty(&trace.spans));
	show(sim, "trace,kernel=off");
	mn_event(MN_LOG_INFO, "alone");
	mn_span_end(&worker.outer);
	sim->kernel.current = NULL;
	sim_leave();
	assert_string_equal(records(), "#2 span 3 open\n#2 enter 3 \n#2 alone\n");
	sim_settle(sim);
	records();
}

/* Ends with both open, or ends the outer one first. */
struct careless {
	struct mn_task task;
	struct mn_span outer, inner;
	bool ends_outer;
};

static mn_poll careless_run(struct careless *self)
{
	MN_BEGIN(self);
	mn_span_begin(&self->outer, MN_LOG_INFO, "outer");
	mn_span_begin(&self->inner, MN_LOG_INFO, "inner");
	if (self->ends_outer)
		mn_span_end(&self->outer);
	mn_event(MN_LOG_INFO, "last");
	MN_END(self);
}

MN_TASK(careless);

static void spans_end_with_their_task(void **state)
{
	struct sim *sim = *state;
	struct careless careless = {0};

	mn_spawn(&sim->kernel, &careless.task, &careless_task);
	sim_settle(sim);
	assert_string_equal(records(), "#1 span 1 outer\n#1 enter 1 \n#1 (1) span 2 inner\n"
				       "#1 enter 2 \n#1 (2) last\n#1 exit 2 \n#1 drop 2 \n"
				       "#1 exit 1 \n#1 drop 1 \n");
	assert_int_equal(careless.outer.id + careless.inner.id, 0);
}

static void spans_may_end_in_any_order(void **state)
{
	struct sim *sim = *state;
	struct careless careless = {.ends_outer = true};

	mn_spawn(&sim->kernel, &careless.task, &careless_task);
	sim_settle(sim);
	assert_string_equal(records(), "#1 span 1 outer\n#1 enter 1 \n#1 (1) span 2 inner\n"
				       "#1 enter 2 \n#1 exit 2 \n#1 exit 1 \n#1 drop 1 \n"
				       "#1 enter 2 \n#1 (2) last\n#1 exit 2 \n#1 drop 2 \n");
}

static void span_begun_anew_ends_the_old_one(void **state)
{
	struct sim *sim = *state;
	struct careless careless = {0};

	mn_spawn(&sim->kernel, &careless.task, &careless_task);
	sim_enter(sim);
	sim->kernel.current = &careless.task;
	mn_span_begin(&careless.outer, MN_LOG_INFO, "first");
	mn_span_begin(&careless.outer, MN_LOG_INFO, "second");
	mn_span_end(&careless.outer);
	sim->kernel.current = NULL;
	sim_leave();
	assert_string_equal(records(), "#1 span 1 first\n#1 enter 1 \n#1 exit 1 \n#1 drop 1 \n"
				       "#1 span 2 second\n#1 enter 2 \n#1 exit 2 \n#1 drop 2 \n");
	sim_settle(sim);
	records();
}

static void lost_span_is_as_if_not_shown(void **state)
{
	struct sim *sim = *state;
	struct careless careless = {0};
	unsigned events = 0;

	sim->kernel.trace = NULL;
	start(sim, MN_TRACE_RING_MIN, "trace,kernel=off");
	sim_enter(sim);
	for (; atomic_load(&trace.head) + 4 <= trace.words; events++)
		mn_event(MN_LOG_INFO, "four words");
	sim_leave();
	mn_spawn(&sim->kernel, &careless.task, &careless_task);
	sim_settle(sim);
	lost_is(1, 2, 0, 0);
	records();
	assert_int_equal(strlen(text), events * 11);
}

/* ---- The kernel's own -------------------------------------------------------------------- */

struct ask {
	uint32_t number;
};
MN_SERVICE(answer, struct ask, struct ask);
const struct mn_service answer_service =
	MN_SERVICE_INIT(answer, "1.0", MN_UUID(0x7c1f3f60, 0x11d1, 0x4d0e, 0x9d5c, 0x0d6c2f4f7a01));

struct server {
	struct mn_task task;
	struct mn_server server;
	struct mn_serving serving;
	struct mn_sleep nap;
	uint64_t think_us;
};

static mn_poll server_run(struct server *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_register(&self->server, &answer_service, "one"));
	for (;;) {
		MN_TRY(self, mn_serve(&self->serving, &self->server));
		if (self->think_us)
			MN_TRY(self, mn_sleep(&self->nap, self->think_us));
		mn_reply(&self->serving, MN_OK);
	}
	MN_END(self);
}

MN_TASK(server);

struct client {
	struct mn_task task;
	struct mn_connect connect;
	struct mn_client handle;
	struct mn_call call;
	struct ask ask;
};

static mn_poll client_run(struct client *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_connect(&self->connect, &self->handle, &answer_service, "one", NULL));
	MN_TRY(self, mn_call(&self->call, &self->handle, &self->ask, &self->ask));
	MN_END(self);
}

MN_TASK(client);

/* Kernel events without addresses, which differ: "on=1234" becomes "on=@". */
static const char *steady_records(void)
{
	static char steady[sizeof text];
	static const char *const names[] = {"on=", "queue=", "address="};
	char *to = steady;

	for (const char *from = records(); *from;) {
		const char *number = NULL;

		for (unsigned i = 0; i < 3 && !number; i++)
			if (strncmp(from, names[i], strlen(names[i])) == 0)
				number = from + strlen(names[i]);
		if (!number) {
			*to++ = *from++;
			continue;
		}
		to = stpncpy(to, from, (size_t)(number - from));
		if (*number != '0')
			*to++ = '@';
		from = number + strspn(number, "123456789");
		from += strspn(from, "0123456789") * (*number != '0');
	}
	*to = '\0';
	return steady;
}

static void call_leaves_all_its_traces(void **state)
{
	struct sim *sim = *state;
	struct server server = {0};
	struct client client = {0};
	char expected[4000];

	sim_in_order(sim);
	show(sim, "off,kernel=trace");
	mn_spawn(&sim->kernel, &server.task, &server_task);
	mn_spawn(&sim->kernel, &client.task, &client_task);
	sim_settle(sim);
	snprintf(expected, sizeof expected,
		 "spawn, task=1, name=<server>, file=<%s>, size=%zu\n"
		 "spawn, task=2, name=<client>, file=<%s>, size=%zu\n"
		 "#1 poll, polls=1\n"
		 "#1 register, service=1, name=<answer>, instance=\"one\"\n"
		 "#1 wait, what=<a call to>, on=@, service=1, holder=0\n"
		 "#2 poll, polls=1\n"
		 "#2 connect, client=2, service=1\n"
		 "#2 call, service=1, client=2, request=3, cause=0\n"
		 "#2 wake, task=1\n"
		 "#2 wait, what=<its turn at>, on=@, service=1, holder=1\n"
		 "#1 poll, polls=2\n"
		 "#1 serve, service=1, client=2, request=3, cause=0\n"
		 "#1 reply, service=1, client=2, request=3, result=0\n"
		 "#1 wake, task=2\n"
		 "#1 wait, what=<a call to>, on=@, service=1, holder=0\n"
		 "#2 poll, polls=2\n"
		 "#2 end, result=0, polls=2\n",
		 __FILE__, sizeof server, __FILE__, sizeof client);
	assert_string_equal(steady_records(), expected);
	sim_cancel_all(sim);
	assert_string_equal(steady_records(), "wake, task=1\n"
					      "#1 poll, polls=3\n"
					      "#1 end, result=2, polls=3\n"
					      "close, service=1\n");
}

/* What a task does for a request has it as its cause. */
static void cause_is_the_request_that_is_handled(void **state)
{
	struct sim *sim = *state;
	struct server server = {.think_us = 10};
	struct client client = {0};
	unsigned with_cause = 0;

	show(sim, "off,kernel=trace");
	mn_spawn(&sim->kernel, &server.task, &server_task);
	mn_spawn(&sim->kernel, &client.task, &client_task);
	sim_run(sim);
	while (mn_trace_next(&trace, &record)) {
		if (!record.cause)
			continue;
		assert_int_equal(record.cause, 3);
		assert_int_equal(record.task, server.task.id);
		with_cause++;
	}
	assert_true(with_cause >= 4); /* serve, wait for time, poll, reply */
	sim_cancel_all(sim);
}

static void call_taken_back_is_revoked(void **state)
{
	struct sim *sim = *state;
	struct server server = {.think_us = 1000};
	struct client client = {0};

	show(sim, "off,kernel::call=trace");
	mn_spawn(&sim->kernel, &server.task, &server_task);
	mn_spawn(&sim->kernel, &client.task, &client_task);
	sim_settle(sim);
	sim_cancel(sim, &client.task);
	sim_run(sim);
	assert_string_equal(records(), "#2 call, service=1, client=2, request=3, cause=0\n"
				       "#1 serve, service=1, client=2, request=3, cause=0\n"
				       "#2 revoke, service=1, client=2, request=3\n");
	sim_cancel_all(sim);
}

static void muted_task_is_not_recorded(void **state)
{
	struct sim *sim = *state;
	struct server server = {0};
	struct client client = {0};

	sim_in_order(sim);
	mn_spawn(&sim->kernel, &server.task, &server_task);
	mn_spawn(&sim->kernel, &client.task, &client_task);
	mn_trace_mute(&server.task);
	assert_true(mn_trace_muted(&server.task));
	assert_false(mn_trace_muted(&client.task));
	show(sim, "off,kernel=trace,test=trace");
	sim_settle(sim);
	/* That it is woken is its own, that it wakes another is the other's. */
	assert_string_equal(steady_records(),
			    "#2 poll, polls=1\n"
			    "#2 connect, client=2, service=1\n"
			    "#2 call, service=1, client=2, request=3, cause=0\n"
			    "#2 wait, what=<its turn at>, on=@, service=1, holder=1\n"
			    "#1 wake, task=2\n"
			    "#2 poll, polls=2\n"
			    "#2 end, result=0, polls=2\n");
	sim_cancel_all(sim);
	assert_string_equal(records(), "close, service=1\n"); /* not the task's alone */
}

/* ---- Queues and memory ------------------------------------------------------------------- */

struct sender {
	struct mn_task task;
	struct mn_channel *channel;
	struct mn_send send;
	struct mn_bbq *q;
	struct mn_bbq_send bytes;
	uint32_t message;
};

static mn_poll sender_run(struct sender *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_channel_send(&self->send, self->channel, &self->message));
	MN_TRY(self, mn_channel_send(&self->send, self->channel, &self->message));
	MN_TRY(self, mn_bbq_send(&self->bytes, self->q, "0123456789", 10));
	MN_END(self);
}

MN_TASK(sender);

static void full_queues_say_so_and_that_they_have_room_again(void **state)
{
	struct sim *sim = *state;
	struct mn_channel channel;
	struct mn_bbq q;
	struct mn_bbq_read op = {0};
	uint32_t slot, message;
	uint8_t storage[8];
	struct sender sender = {.channel = &channel, .q = &q};
	char expected[400];

	mn_channel_init(&channel, &slot, sizeof slot, 1);
	mn_bbq_init(&q, storage, sizeof storage);
	show(sim, "off,kernel::queue=trace");
	mn_spawn(&sim->kernel, &sender.task, &sender_task);
	sim_settle(sim);
	sim_enter(sim);
	assert_int_equal(mn_channel_try_receive(&channel, &message), MN_OK);
	sim_leave();
	sim_settle(sim);
	sim_enter(sim);
	assert_int_equal(mn_bbq_try_read(&op, &q), MN_OK);
	mn_bbq_release(&q, op.len);
	sim_leave();
	sim_settle(sim);
	snprintf(expected, sizeof expected,
		 "#1 full, queue=%zu, kind=<channel>\nfree, queue=%zu, kind=<channel>\n"
		 "#1 full, queue=%zu, kind=<bbq>\nfree, queue=%zu, kind=<bbq>\n",
		 (size_t)&slot, (size_t)&slot, (size_t)storage, (size_t)storage);
	assert_string_equal(records(), expected);
}

static void memory_leaves_traces(void **state)
{
	struct sim *sim = *state;
	void *block;

	show(sim, "off,kernel::heap=trace");
	sim_enter(sim);
	block = mn_heap_alloc(sim->kernel.heap, 100, 0);
	mn_heap_free(sim->kernel.heap, block);
	assert_null(mn_heap_alloc(sim->kernel.heap, SIM_HEAP, 0));
	sim_leave();
	assert_true(mn_trace_next(&trace, &record));
	assert_string_equal(record.site->format, "alloc");
	assert_int_equal(record.values[0].u64, (uintptr_t)block);
	assert_in_range(record.values[1].u64, 100, 132);
	assert_true(mn_trace_next(&trace, &record));
	assert_string_equal(record.site->format, "free");
	assert_int_equal(record.values[0].u64, (uintptr_t)block);
	records();
	snprintf(text + 30000, 100, "refuse, size=%u\n", SIM_HEAP);
	assert_string_equal(text, text + 30000);
}

/* ---- Interrupts -------------------------------------------------------------------------- */

struct interrupted {
	struct mn_task task;
	struct sim *sim;
	bool nested;
};

static void interrupt(struct sim *sim, uint32_t number, bool nested)
{
	struct mn_interrupt frame;

	mn_interrupt_enter(&frame, &sim->kernel, number);
	mn_event(MN_LOG_INFO, "handling", number);
	if (nested)
		interrupt(sim, number + 1, false);
	mn_event(MN_LOG_INFO, "handled", number);
	mn_interrupt_exit(&frame);
}

static mn_poll interrupted_run(struct interrupted *self)
{
	MN_BEGIN(self);
	mn_event(MN_LOG_INFO, "task");
	interrupt(self->sim, 5, self->nested);
	mn_event(MN_LOG_INFO, "task");
	MN_END(self);
}

MN_TASK(interrupted);

static void handlers_are_not_the_task_that_they_interrupt(void **state)
{
	struct sim *sim = *state;
	struct interrupted task = {.sim = sim, .nested = true};

	show(sim, "off,kernel::irq=trace,test=trace");
	mn_spawn(&sim->kernel, &task.task, &interrupted_task);
	sim_settle(sim);
	assert_string_equal(records(), "#1 task\nenter, irq=5\nhandling, number=5\n"
				       "enter, irq=6\nhandling, number=6\nhandled, number=6\n"
				       "exit, irq=6\nhandled, number=5\nexit, irq=5\n#1 task\n");
	assert_null(strstr(sim->log, "handl")); /* the log is for tasks */
	assert_non_null(strstr(sim->log, "task"));
	assert_ptr_equal(mn_running, MN__NOWHERE);
	interrupt(sim, 0, false); /* also while nothing runs */
	assert_string_equal(records(),
			    "enter, irq=0\nhandling, number=0\nhandled, number=0\nexit, irq=0\n");
	assert_ptr_equal(mn_running, MN__NOWHERE);
}

static void muted_interrupt_is_not_recorded(void **state)
{
	struct sim *sim = *state;

	show(sim, "off,kernel::irq=trace,test=trace");
	mn_trace_mute_interrupt(&sim->kernel, 63);
	mn_trace_mute_interrupt(&sim->kernel, 64); /* beyond what can be muted */
	interrupt(sim, 63, true);
	assert_string_equal(
		records(),
		"enter, irq=64\nhandling, number=64\nhandled, number=64\nexit, irq=64\n");
}

static void losses_in_handlers_are_counted_besides(void **state)
{
	struct sim *sim = *state;

	sim->kernel.trace = NULL;
	start(sim, MN_TRACE_RING_MIN, "off,test=trace");
	sim_enter(sim);
	for (int i = 0; i < 20; i++)
		mn_event(MN_LOG_INFO, "fill");
	sim_leave();
	interrupt(sim, 3, false);
	lost_is(4 + 2, 0, 0, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TRACE_TEST(fields_are_named_and_typed_by_their_expressions),
		TRACE_TEST(site_says_where_it_is),
		TRACE_TEST(what_is_not_shown_is_not_evaluated),
		TRACE_TEST(times_never_go_back),
		TRACE_TEST(start_up_code_names_its_kernel),
		TRACE_TEST(long_texts_are_cut_and_say_so),
		TRACE_TEST(cut_leaves_whole_characters),
		TRACE_TEST(bytes_that_are_no_text_become_question_marks),
		TRACE_TEST(records_of_the_log_are_events),
		TRACE_TEST(events_are_shown_by_the_log),
		TRACE_TEST(what_does_not_fit_is_dropped_whole_and_counted),
		TRACE_TEST(small_ring_keeps_all_records_whole),
		TRACE_TEST(reader_is_told_of_the_first_and_at_half),
		TRACE_TEST(spans_cross_waits_and_belong_to_their_task),
		TRACE_TEST(span_that_is_not_shown_costs_no_record),
		TRACE_TEST(trace_that_ends_forgets_open_spans),
		TRACE_TEST(spans_end_with_their_task),
		TRACE_TEST(spans_may_end_in_any_order),
		TRACE_TEST(span_begun_anew_ends_the_old_one),
		TRACE_TEST(lost_span_is_as_if_not_shown),
		TRACE_TEST(call_leaves_all_its_traces),
		TRACE_TEST(cause_is_the_request_that_is_handled),
		TRACE_TEST(call_taken_back_is_revoked),
		TRACE_TEST(muted_task_is_not_recorded),
		TRACE_TEST(full_queues_say_so_and_that_they_have_room_again),
		TRACE_TEST(memory_leaves_traces),
		TRACE_TEST(handlers_are_not_the_task_that_they_interrupt),
		TRACE_TEST(muted_interrupt_is_not_recorded),
		TRACE_TEST(losses_in_handlers_are_counted_besides),
	};

	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
