/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The host's decoder of a trace: from a target's messages, good and bad, to events. */
#include <stdio.h>
#include "bytes.h"
#include "trace.h"
#include "trace_sites.h"

#define HZ 1000000000u

/* Everything that was heard, as one text, and the last of each. */
static struct heard {
	struct trace_stream *stream;
	char log[8192];
	size_t log_len;
	size_t skipped;
	const struct trace_site *site;
	uint64_t time_ns;
	bool timed, incomplete;
} heard;

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	heard.log_len += (size_t)vsnprintf(heard.log + heard.log_len,
					   sizeof(heard.log) - heard.log_len, format, args);
	va_end(args);
	assert_true(heard.log_len < sizeof(heard.log));
}

static void note_value(const struct mn_trace_value *value)
{
	switch (value->kind) {
	case MN_TRACE_DEBUG_TEXT:
		note("%.*s", (int)value->text.len, value->text.data);
		break;
	case MN_TRACE_STR:
		note("'%.*s'", (int)value->text.len, value->text.data);
		break;
	case MN_TRACE_U64:
		note("%llu", (unsigned long long)value->u64);
		break;
	default:
		note("kind %d", (int)value->kind);
	}
}

static void on_event(void *context, const struct trace_event *event)
{
	static const char *const kinds[] = {"event", "new", "enter", "exit", "clone", "drop"};

	(void)context;
	note("%s %s", kinds[event->kind], event->site ? event->site->name : "-");
	for (uint32_t i = 0; i < event->field_count; i++) {
		note(" %.*s=", (int)event->fields[i].name.len, event->fields[i].name.data);
		note_value(&event->fields[i].value);
	}
	if (event->task || event->cause)
		note(" by %u for %u", event->task, event->cause);
	if (event->span)
		note(" span %u in %u", (unsigned)event->span, (unsigned)event->parent);
	note("\n");
	assert_true(event->time_ns >= heard.time_ns);
	heard.site = event->site;
	heard.time_ns = event->time_ns;
	heard.timed = event->timed;
	heard.incomplete = event->incomplete;
}

static void on_message(void *context, const struct mn_trace_message *message, uint64_t host_ns)
{
	(void)context;
	(void)host_ns;
	note("message %d\n", (int)message->kind);
}

static void on_damage(void *context, size_t len)
{
	(void)context;
	assert_true(len > 0);
	heard.skipped += len;
}

static const struct trace_sink sink = {
	.event = on_event, .message = on_message, .damage = on_damage};

static int begin(void **state)
{
	(void)state;
	heard = (struct heard){.stream = trace_stream_new(&sink)};
	return 0;
}

static int end(void **state)
{
	(void)state;
	assert_int_equal(trace_stream_skipped(heard.stream), heard.skipped);
	trace_stream_free(heard.stream);
	return 0;
}

static void forget(void)
{
	heard.log_len = 0;
	heard.log[0] = '\0';
}

/*
 * The target.
 */

static uint64_t host_ns;

static void say(const struct mn_trace_message *message)
{
	uint8_t wire[2048];
	size_t len = mn_trace_encode(wire, sizeof(wire), message);

	assert_true(len > 0);
	trace_stream_take(heard.stream, wire, len, host_ns);
}

#define TEXT(literal)                        \
	(struct mn_trace_text)               \
	{                                    \
		literal, sizeof(literal) - 1 \
	}

static struct mn_trace_message meta(uint64_t id, const char *name, uint32_t line)
{
	static const struct mn_trace_text fields[] = {{"message", 7}, {"len", 3}};

	return (struct mn_trace_message){
		.kind = MN_TRACE_REGISTER_META,
		.meta = {.id = id,
			 .name = {name, strlen(name)},
			 .target = TEXT("app"),
			 .level = MN_TRACE_INFO,
			 .has_line = true,
			 .line = line,
			 .field_count = 2,
			 .fields = fields,
			 .is_event = true},
	};
}

static void say_meta(uint64_t id, const char *name, uint32_t line)
{
	struct mn_trace_message message = meta(id, name, line);

	say(&message);
}

static void say_welcome(uint32_t hz, uint64_t now)
{
	say(&(struct mn_trace_message){.kind = MN_TRACE_WELCOME,
				       .welcome = {.version = 1,
						   .tick_hz = hz,
						   .now = now,
						   .system = TEXT("mnemos"),
						   .release = TEXT("0"),
						   .build = TEXT(""),
						   .machine = TEXT("test")}});
}

static void say_time(uint64_t now)
{
	say(&(struct mn_trace_message){.kind = MN_TRACE_TIME, .now = now});
}

/* A timed event without values. */
static void say_event(uint64_t id, uint64_t time)
{
	say(&(struct mn_trace_message){
		.kind = MN_TRACE_TIMED_EVENT,
		.timed_event = {.meta = id, .time = (uint32_t)time, .task = 7, .cause = 3}});
}

static void say_plain_event(uint64_t id)
{
	static const struct mn_trace_field fields[] = {
		{{"message", 7}, {.kind = MN_TRACE_DEBUG_TEXT, .text = {"hi", 2}}}};

	say(&(struct mn_trace_message){.kind = MN_TRACE_EVENT,
				       .event = {.meta = id, .field_count = 1, .fields = fields}});
}

/*
 * Messages.
 */

static void the_same_bytes_make_the_same_events_however_they_are_cut(void **state)
{
	uint8_t wire[1024];
	struct mn_trace_message all[] = {
		meta(1, "one", 1),
		{.kind = MN_TRACE_EVENT, .event = {.parent = 4, .meta = 1}},
		{.kind = MN_TRACE_NEW_SPAN, .span = {.id = 9, .meta = 1, .parent = 4}},
		{.kind = MN_TRACE_ENTER, .span_id = 9},
		{.kind = MN_TRACE_EXIT, .span_id = 9},
		{.kind = MN_TRACE_CLONE_SPAN, .span_id = 9},
		{.kind = MN_TRACE_DROP_SPAN, .span_id = 9},
		{.kind = MN_TRACE_DISCARDED},
	};
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		len += mn_trace_encode(wire + len, sizeof(wire) - len, &all[i]);
	for (size_t step = 1; step <= len; step++) {
		forget();
		for (size_t at = 0; at < len; at += step)
			trace_stream_take(heard.stream, wire + at,
					  step < len - at ? step : len - at, 0);
		assert_string_equal(heard.log, "event one span 4 in 0\n"
					       "new one span 9 in 4\n"
					       "enter - span 9 in 0\n"
					       "exit - span 9 in 0\n"
					       "clone - span 9 in 0\n"
					       "drop - span 9 in 0\n"
					       "message 8\n");
	}
	assert_int_equal(heard.skipped, 0);
}

static void values_get_the_names_of_their_site_and_registered_texts(void **state)
{
	struct mn_trace_value values[] = {{.kind = MN_TRACE_TEXT_ID, .u64 = 5},
					  {.kind = MN_TRACE_U64, .u64 = 12}};
	struct mn_trace_message text = {.kind = MN_TRACE_REGISTER_TEXT,
					.text = {5, TEXT("a text")}};
	struct mn_trace_message event = {
		.kind = MN_TRACE_TIMED_EVENT,
		.timed_event = {
			.meta = 1, .task = 7, .cause = 3, .value_count = 2, .values = values}};

	(void)state;
	say_meta(1, "one", 1);
	say(&event);
	assert_string_equal(heard.log, "event one message=? len=12 by 7 for 3\n");
	assert_true(heard.incomplete);
	forget();
	say(&text);
	say(&event);
	assert_string_equal(heard.log, "event one message=a text len=12 by 7 for 3\n");
	assert_false(heard.incomplete);
}

static void an_event_of_an_unknown_site_is_passed_on_and_says_so(void **state)
{
	(void)state;
	say_plain_event(77);
	assert_string_equal(heard.log, "event - message=hi\n");
	assert_true(heard.incomplete);
}

/* Readers keep pointers to sites. */
static void a_site_stays_what_it_was_when_its_id_gets_another_meaning(void **state)
{
	const struct trace_site *first, *second;

	(void)state;
	say_meta(1, "one", 1);
	say_plain_event(1);
	first = heard.site;
	say_meta(1, "two", 2);
	say_plain_event(1);
	second = heard.site;
	assert_string_equal(first->name, "one");
	assert_string_equal(second->name, "two");
	assert_int_equal(second->line, 2);
	say_meta(1, "one", 1);
	say_plain_event(1);
	assert_ptr_equal(heard.site, first);
}

/* A stream that goes on announcing is a broken or hostile one; memory must not grow with it. */
static void what_is_kept_is_limited(void **state)
{
	char text[1024] = {0};
	size_t announced = 0;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (uint64_t id = 1; heard.skipped == 0; id++) {
		say(&(struct mn_trace_message){.kind = MN_TRACE_REGISTER_TEXT,
					       .text = {id, {text, sizeof(text)}}});
		announced += sizeof(text);
		assert_true(announced <= TRACE_KEPT_MAX);
	}
	assert_true(announced > TRACE_KEPT_MAX / 2);
}

/*
 * The kernel's own.
 */

static struct mn_trace_message spawn_meta(uint32_t fields)
{
	static const struct mn_trace_text names[] = {
		{"task", 4}, {"name", 4}, {"file", 4}, {"size", 4}};

	return (struct mn_trace_message){.kind = MN_TRACE_REGISTER_META,
					 .meta = {.id = 1,
						  .name = TEXT("spawn"),
						  .target = TEXT("kernel::task"),
						  .level = MN_TRACE_DEBUG,
						  .field_count = fields,
						  .fields = names,
						  .is_event = true}};
}

static void the_kernels_own_are_recognised_by_target_name_and_fields(void **state)
{
	struct mn_trace_message whole = spawn_meta(4), part = spawn_meta(3);

	(void)state;
	say(&part);
	say_plain_event(1);
	assert_int_equal(heard.site->known, MN_TRACE_KNOWN_COUNT);
	say(&whole);
	forget();
	say_plain_event(1); /* its values would be read by their place */
	assert_string_equal(heard.log, "");
	assert_true(heard.skipped > 0);
}

static void a_known_event_has_all_its_values(void **state)
{
	struct mn_trace_value values[4] = {{.kind = MN_TRACE_U64, .u64 = 9},
					   {.kind = MN_TRACE_STR, .text = TEXT("n")},
					   {.kind = MN_TRACE_STR, .text = TEXT("f")},
					   {.kind = MN_TRACE_U64, .u64 = 64}};
	struct mn_trace_message site = spawn_meta(4);
	struct mn_trace_message event = {
		.kind = MN_TRACE_TIMED_EVENT,
		.timed_event = {.meta = 1, .value_count = 4, .values = values}};

	(void)state;
	say(&site);
	say(&event);
	assert_string_equal(heard.log, "event spawn task=9 name='n' file='f' size=64\n");
	assert_int_equal(heard.site->known, MN_TRACE_SPAWN);
}

/*
 * Damage.
 */

static void what_is_no_message_is_skipped_and_counted(void **state)
{
	static const uint8_t noise[] = {0x05, 'o', 'o', 0x00, 0x02, 0xee, 0x00};

	(void)state;
	say_meta(1, "one", 1);
	say_plain_event(1);
	trace_stream_take(heard.stream, noise, sizeof(noise), 0);
	say_plain_event(1);
	assert_string_equal(heard.log, "event one message=hi\nevent one message=hi\n");
	assert_int_equal(heard.skipped, sizeof(noise));
}

static void lone_terminators_are_no_damage(void **state)
{
	(void)state;
	trace_stream_take(heard.stream, "\0\0\0", 3, 0);
	assert_int_equal(heard.skipped, 0);
}

static void a_message_without_end_is_skipped_up_to_the_next_one(void **state)
{
	uint8_t noise[1000];

	(void)state;
	memset(noise, 0x41, sizeof(noise));
	for (int i = 0; i < 200; i++)
		trace_stream_take(heard.stream, noise, sizeof(noise), 0);
	trace_stream_take(heard.stream, "", 1, 0);
	say_meta(1, "one", 1);
	say_plain_event(1);
	assert_string_equal(heard.log, "event one message=hi\n");
	assert_int_equal(heard.skipped, 200 * sizeof(noise) + 1);
}

static void a_line_that_was_lost_leaves_no_half_of_a_message(void **state)
{
	(void)state;
	trace_stream_take(heard.stream, "\x05half", 5, 0);
	trace_stream_restart(heard.stream);
	say_meta(1, "one", 1);
	say_plain_event(1);
	assert_string_equal(heard.log, "event one message=hi\n");
	assert_int_equal(heard.skipped, 0);
}

/*
 * Time.
 */

static void expect_at(uint64_t time, uint64_t expected_ns)
{
	say_event(1, time);
	assert_true(heard.timed);
	assert_int_equal(heard.time_ns, expected_ns);
}

#define S ((uint64_t)HZ) /* ticks of a second, and nanoseconds */

static void times_go_on_beyond_32_bits(void **state)
{
	uint64_t now = 3 * S;

	(void)state;
	say_welcome(HZ, now);
	for (int i = 0; i < 20; i++, now += S) {
		say_time(now);
		expect_at(now + S / 3, now + S / 3);
	}
	assert_true(now > UINT32_MAX);
}

static void ticks_of_any_rate_become_nanoseconds(void **state)
{
	const uint64_t now = UINT64_C(15000000000); /* more than 32 bits */

	(void)state;
	say_welcome(3, now);
	expect_at(now + 1, UINT64_C(5000000000333333333));
}

static void an_event_may_be_older_than_the_time_sent_before_it(void **state)
{
	(void)state;
	say_welcome(HZ, 10 * S);
	expect_at(10 * S - S / 2, 10 * S - S / 2);
	expect_at(10 * S - S / 4, 10 * S - S / 4);
}

static void times_never_go_back(void **state)
{
	(void)state;
	say_welcome(HZ, 10 * S);
	expect_at(10 * S + 5, 10 * S + 5);
	expect_at(10 * S + 3, 10 * S + 5);
	expect_at(10 * S + 6, 10 * S + 6);
}

/* There is no checksum: one time may be nonsense, and the next one is right again. */
static void one_impossible_time_is_not_believed(void **state)
{
	(void)state;
	say_welcome(HZ, 9 * S);
	say_time(10 * S);
	say_time(UINT64_C(1) << 60);
	expect_at(10 * S + 1, 10 * S + 1);
	say_time(11 * S);
	expect_at(11 * S + 1, 11 * S + 1);
	say_time(UINT64_C(1) << 61);
	say_time(12 * S);
	expect_at(12 * S, 12 * S);
}

/* It would be the beginning of all times. */
static void a_welcome_with_a_nonsensical_time_does_no_harm(void **state)
{
	(void)state;
	say_welcome(HZ, UINT64_C(1) << 50);
	say_time(10 * S);
	expect_at(10 * S + 1, 10 * S + 1);
	say_time(UINT64_C(1) << 50); /* nor does another one */
	say_time(11 * S);
	expect_at(11 * S, 11 * S);
	say_time(12 * S);
	say_time(UINT64_C(1) << 50); /* and now it is known better */
	expect_at(12 * S, 12 * S);
}

static void a_target_that_was_started_anew_goes_on_later(void **state)
{
	(void)state;
	say_welcome(HZ, 100 * S);
	expect_at(100 * S + 7, 100 * S + 7);
	say_welcome(HZ, S);
	expect_at(S + 9, 100 * S + 7 + 9);
	assert_int_equal(trace_stream_ns(heard.stream, 2 * S), 101 * S + 7);
	/* And where its times say so twice. */
	say_time(S);
	say_time(60 * S);
	say_time(61 * S);
	expect_at(61 * S, 160 * S + 7);
}

static void a_second_welcome_changes_nothing(void **state)
{
	(void)state;
	say_welcome(HZ, 10 * S);
	expect_at(10 * S + 50, 10 * S + 50);
	say_welcome(HZ, 10 * S + 40);
	expect_at(10 * S + 60, 10 * S + 60);
}

static void without_a_welcome_times_are_the_hosts(void **state)
{
	(void)state;
	say_meta(1, "one", 1);
	host_ns = 55;
	say_plain_event(1);
	assert_false(heard.timed);
	assert_int_equal(heard.time_ns, 55);
	say_event(1, 9);
	assert_false(heard.timed);
	assert_int_equal(trace_stream_ns(heard.stream, 5), 0);
	say_welcome(0, 5); /* no rate: no clock */
	say_event(1, 9);
	assert_false(heard.timed);
	host_ns = 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(the_same_bytes_make_the_same_events_however_they_are_cut),
		TEST(values_get_the_names_of_their_site_and_registered_texts),
		TEST(an_event_of_an_unknown_site_is_passed_on_and_says_so),
		TEST(a_site_stays_what_it_was_when_its_id_gets_another_meaning),
		TEST(what_is_kept_is_limited),
		TEST(the_kernels_own_are_recognised_by_target_name_and_fields),
		TEST(a_known_event_has_all_its_values),
		TEST(what_is_no_message_is_skipped_and_counted),
		TEST(lone_terminators_are_no_damage),
		TEST(a_message_without_end_is_skipped_up_to_the_next_one),
		TEST(a_line_that_was_lost_leaves_no_half_of_a_message),
		TEST(times_go_on_beyond_32_bits),
		TEST(ticks_of_any_rate_become_nanoseconds),
		TEST(an_event_may_be_older_than_the_time_sent_before_it),
		TEST(times_never_go_back),
		TEST(one_impossible_time_is_not_believed),
		TEST(a_welcome_with_a_nonsensical_time_does_no_harm),
		TEST(a_target_that_was_started_anew_goes_on_later),
		TEST(a_second_welcome_changes_nothing),
		TEST(without_a_welcome_times_are_the_hosts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
