/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Protects what people are told: each fault with its sentence, and silence about the healthy. */
#include <stdio.h>
#include "target.h"
#include "../../tools/crowtty/diagnose.h"

#define FOUND_MAX 16

static struct {
	enum finding_kind kind;
	enum finding_severity severity;
	char text[1024];
	uint32_t tasks[8];
	size_t task_count;
} found[FOUND_MAX];
static size_t found_count;

static void keep(void *context, const struct finding *finding)
{
	(void)context;
	assert_true(found_count < FOUND_MAX);
	found[found_count].kind = finding->kind;
	found[found_count].severity = finding->severity;
	found[found_count].task_count = finding->task_count;
	for (size_t i = 0; i < finding->task_count && i < 8; i++)
		found[found_count].tasks[i] = finding->tasks[i];
	snprintf(found[found_count++].text, sizeof found->text, "%s", finding->text);
}

static void judge(void)
{
	found_count = 0;
	const size_t count = diagnose(model, keep, NULL);
	assert_int_equal(count, found_count);
}

/* The only finding there is. */
static void expect(enum finding_kind kind, const char *text)
{
	judge();
	assert_int_equal(found_count, 1);
	assert_string_equal(found[0].text, text);
	assert_int_equal(found[0].kind, kind);
}

/* Two snapshots, a second apart, of what `rows` says. */
static void twice(void (*rows)(uint64_t now))
{
	for (uint64_t now = 20000; now <= 21000; now += 1000) {
		begin(now);
		rows(now);
		end(now);
	}
}

static void healthy_rows(uint64_t now)
{
	struct mn_trace_wait both[] = {
		{.what = t("bytes in bbq"), .name = t(""), .on = 0x40, .since = 10},
		{.what = t("interrupt"), .name = t(""), .on = 0x50, .since = 10},
	};

	waits(1, "mux",
	      (struct mn_trace_wait){.what = t("a call to"), .name = t("mux"), .since = 1});
	waits(2, "uart", (struct mn_trace_wait){.what = t("interrupt"), .on = 0x10, .since = 1});
	waits(3, "hello", (struct mn_trace_wait){.what = t("time"), .since = 1});
	waits(4, "reader",
	      (struct mn_trace_wait){.what = t("bytes in bbq"), .on = 0x20, .since = 1});
	waits(5, "parent",
	      (struct mn_trace_wait){
		      .what = t("the end of task"), .on = 1, .since = 1, .holder = 3});
	/* A time-out will end it. */
	struct mn_trace_wait call = {
		.what = t("a reply from"), .name = t("mux"), .since = 1, .holder = 1};
	task((struct mn_trace_task){.id = 6,
				    .name = t("patient"),
				    .state = MN_TRACE_TASK_WAITING,
				    .limit = now + 10,
				    .wait_count = 1,
				    .waits = &call});
	task((struct mn_trace_task){.id = 7,
				    .name = t("races"),
				    .state = MN_TRACE_TASK_WAITING,
				    .wait_count = 2,
				    .waits = both});
	/* Busy, and once it was seen waiting. */
	task((struct mn_trace_task){.id = 8,
				    .name = t("worker"),
				    .state = now == 25000 ? MN_TRACE_TASK_WAITING
							  : MN_TRACE_TASK_READY,
				    .polls = (uint32_t)now * 10,
				    .cpu = now * 100});
	task((struct mn_trace_task){.id = 9, .name = t("trace"), .state = MN_TRACE_TASK_RUNNING});
	service((struct mn_trace_service){.id = 1, .name = t("mux"), .task = 1});
	heap((struct mn_trace_heap){.size = 1000, .used = 900, .largest_free = 50});
}

static void test_healthy(void **state)
{
	(void)state;
	for (uint64_t now = 20000; now <= 30000; now += 1000) {
		begin(now);
		healthy_rows(now);
		end(now);
		judge();
		assert_int_equal(found_count, 0);
	}
}

static void cycle_rows(uint64_t now)
{
	(void)now;
	waits(4, "ping",
	      (struct mn_trace_wait){
		      .what = t("a reply from"), .name = t("pong"), .since = 9000, .holder = 5});
	waits(5, "pong",
	      (struct mn_trace_wait){
		      .what = t("a reply from"), .name = t("ping"), .since = 8000, .holder = 4});
	waits(1, "user",
	      (struct mn_trace_wait){
		      .what = t("its turn at"), .name = t("ping"), .since = 9500, .holder = 4});
	service((struct mn_trace_service){
		.id = 1, .name = t("ping"), .task = 4, .serving = 1, .client = 5, .since = 8000});
	service((struct mn_trace_service){
		.id = 2, .name = t("pong"), .task = 5, .serving = 1, .client = 4, .since = 9000});
}

static void test_cycle(void **state)
{
	(void)state;
	twice(cycle_rows);
	expect(FINDING_CYCLE, "deadlock: ping #4 waits for a reply from pong #5, which waits for a "
			      "reply from ping #4, for 12 s; one of them must not wait for the "
			      "other; user #1 waits behind it");
	assert_int_equal(found[0].severity, FINDING_ERROR);
	assert_int_equal(found[0].task_count, 3);
	assert_int_equal(found[0].tasks[0], 4);
	assert_int_equal(found[0].tasks[1], 5);
	assert_int_equal(found[0].tasks[2], 1);
}

/* A snapshot is not one moment, so waits that have just begun prove nothing. */
static void test_young_cycle(void **state)
{
	(void)state;
	begin(9100);
	cycle_rows(9100);
	end(9100);
	judge();
	assert_int_equal(found_count, 0);
}

static void two_cycles_rows(uint64_t now)
{
	(void)now;
	for (uint32_t i = 1; i <= 4; i++)
		waits(i, "half",
		      (struct mn_trace_wait){.what = t("mutex"),
					     .on = i,
					     .since = 1000,
					     .holder = ((i - 1) ^ 1) + 1});
	waits(5, "self",
	      (struct mn_trace_wait){.what = t("the end of task"), .since = 1000, .holder = 5});
}

static void test_several_cycles(void **state)
{
	(void)state;
	twice(two_cycles_rows);
	judge();
	assert_int_equal(found_count, 3);
	assert_string_equal(
		found[0].text,
		"deadlock: half #1 waits for mutex 0x1 held by half #2, which waits for "
		"mutex 0x2 held by half #1, for 20 s; one of them must not wait for the "
		"other");
	assert_string_equal(found[2].text,
			    "deadlock: self #5 waits for the end of self #5, for 20 s; "
			    "a task cannot wait for itself");
}

static void no_reply_rows(uint64_t now)
{
	(void)now;
	waits(1, "disk",
	      (struct mn_trace_wait){.what = t("a call to"), .name = t("storage"), .since = 8000});
	waits(2, "reader",
	      (struct mn_trace_wait){
		      .what = t("a reply from"), .name = t("storage"), .since = 8000, .holder = 1});
	service((struct mn_trace_service){.id = 1,
					  .name = t("storage"),
					  .task = 1,
					  .serving = 1,
					  .client = 2,
					  .since = 8000});
}

static void test_no_reply(void **state)
{
	(void)state;
	twice(no_reply_rows);
	expect(FINDING_NO_REPLY,
	       "disk #1 (service storage) has not replied to a call of reader #2 for 13 s; it "
	       "waits "
	       "for the next call, so it has forgotten this one; reader #2 waits behind it");
}

static void server_waits_rows(uint64_t now)
{
	(void)now;
	waits(1, "disk", (struct mn_trace_wait){.what = t("interrupt"), .on = 0x40, .since = 8000});
	waits(2, "reader",
	      (struct mn_trace_wait){
		      .what = t("a reply from"), .name = t("disk"), .since = 8000, .holder = 1});
	service((struct mn_trace_service){
		.id = 1, .name = t("disk"), .task = 1, .serving = 1, .client = 2, .since = 8000});
}

static void test_no_reply_for_an_interrupt(void **state)
{
	(void)state;
	twice(server_waits_rows);
	expect(FINDING_NO_REPLY,
	       "disk #1 has not replied to a call of reader #2 for 13 s; it waits "
	       "for interrupt 0x40 (file.c:10); reader #2 waits behind it");
}

/* Of a slow one each call is another one, and its own wait is young. */
static void test_slow_server(void **state)
{
	char name[16];

	(void)state;
	for (uint64_t now = 20000; now <= 22000; now += 500) {
		begin(now);
		waits(1, "disk", (struct mn_trace_wait){.what = t("time"), .since = now - 10});
		for (uint32_t id = 2; id <= 11; id++) {
			bool first = id == 2 + now / 500 % 10;
			snprintf(name, sizeof name, "client%u", (unsigned)id);
			waits(id, name,
			      (struct mn_trace_wait){
				      .what = t(first ? "a reply from" : "its turn at"),
				      .name = t("disk"),
				      .since = now - (first ? 2500 : 2400),
				      .holder = 1});
		}
		service((struct mn_trace_service){.id = 1,
						  .name = t("disk"),
						  .task = 1,
						  .queued = 9,
						  .serving = 1,
						  .client = (uint32_t)(2 + now / 500 % 10),
						  .since = now - 2500});
		end(now);
	}
	expect(FINDING_SLOW_SERVER,
	       "disk #1 is slow: 9 calls wait for their turn, the first for 2 s; each caller is "
	       "delayed by all that came before it; 10 tasks wait behind it: client2 #2, client3 "
	       "#3, "
	       "client4 #4, client5 #5, ...");
	assert_int_equal(found[0].severity, FINDING_WARNING);
}

static void lost_wake_rows(uint64_t now)
{
	(void)now;
	waits(1, "echo",
	      (struct mn_trace_wait){
		      .what = t("bytes in bbq"), .on = 0x40, .since = 9000, .over = true});
	waits(2, "user",
	      (struct mn_trace_wait){.what = t("the end of task"), .since = 9000, .holder = 1});
}

static void test_lost_wake(void **state)
{
	(void)state;
	twice(lost_wake_rows);
	expect(FINDING_LOST_WAKE,
	       "echo #1 waits for bytes in bbq 0x40, which is there: its wake was "
	       "lost; it has waited for 12 s; look at who should have woken it; "
	       "user #2 waits behind it");
}

/* Between an interrupt and the wake it means it looks the same for a moment. */
static void test_wake_on_its_way(void **state)
{
	(void)state;
	for (uint64_t now = 20000; now <= 25000; now += 1000) {
		begin(now);
		waits(1, "echo",
		      (struct mn_trace_wait){.what = t("interrupt"),
					     .on = 0x40,
					     .since = now - 500,
					     .over = true});
		end(now);
		judge();
		assert_int_equal(found_count, 0);
	}
}

static void dead_owner_rows(uint64_t now)
{
	(void)now;
	waits(2, "user",
	      (struct mn_trace_wait){
		      .what = t("mutex"), .on = 0x40, .since = 9000, .holder_ended = true});
}

static void test_holder_ended(void **state)
{
	(void)state;
	twice(dead_owner_rows);
	expect(FINDING_HOLDER_ENDED,
	       "user #2 waits for mutex 0x40, whose holder has ended without giving it back, for "
	       "12 s; who holds it must let go before it ends");
}

static void full_rows(uint64_t now)
{
	(void)now;
	waits(2, "producer",
	      (struct mn_trace_wait){.what = t("room in channel"), .on = 0x40, .since = 9000});
}

static void test_reader_ended(void **state)
{
	(void)state;
	begin(8000);
	waits(1, "consumer",
	      (struct mn_trace_wait){.what = t("a message in channel"), .on = 0x40, .since = 1});
	end(8000);
	twice(full_rows);
	expect(FINDING_READER_ENDED,
	       "producer #2 waits for room in channel 0x40, which is full, and consumer #1, who "
	       "took "
	       "from it, has ended, for 12 s; who takes from a queue must close it when it ends");
}

static void test_reader_never_seen(void **state)
{
	(void)state;
	twice(full_rows);
	expect(FINDING_QUEUE_FULL, "producer #2 has waited for room in channel 0x40 for 12 s, and "
				   "nobody was seen to take from it");
}

/* The same as told by a target that knows. */
static void full_and_told_rows(uint64_t now)
{
	(void)now;
	waits(2, "producer",
	      (struct mn_trace_wait){.what = t("room in channel"),
				     .on = 0x40,
				     .since = 9000,
				     .holder_ended = true});
}

static void test_reader_ended_and_told(void **state)
{
	(void)state;
	twice(full_and_told_rows);
	expect(FINDING_READER_ENDED,
	       "producer #2 waits for room in channel 0x40, which is full, and who took from it "
	       "has "
	       "ended, for 12 s; who takes from a queue must close it when it ends");
}

static void spin_row(uint64_t now, uint64_t cpu_share_percent)
{
	task((struct mn_trace_task){.id = 3,
				    .name = t("spin"),
				    .file = t("spin.c"),
				    .line = 31,
				    .state = MN_TRACE_TASK_READY,
				    .polls = (uint32_t)(now * 1000),
				    .cpu = now * 10 * cpu_share_percent});
}

static void spin_look(uint64_t now, uint64_t cpu_share_percent)
{
	begin(now);
	spin_row(now, cpu_share_percent);
	end(now);
}

static void test_spin(void **state)
{
	(void)state;
	for (uint64_t now = 20000; now <= 27000; now += 1000) {
		judge();
		assert_int_equal(found_count, 0);
		spin_look(now, 97);
	}
	expect(FINDING_SPIN,
	       "spin #3 spins: it is always ready and never seen to wait, at spin.c:31, 1000000 "
	       "polls/s, 97 % of the CPU, for 7 s at least; it should wait for what it looks for");
}

static void test_busy_is_no_spin(void **state)
{
	(void)state;
	for (uint64_t now = 20000; now <= 30000; now += 1000) {
		begin(now);
		spin_row(now, 30);
		task((struct mn_trace_task){.id = 4,
					    .name = t("driver"),
					    .state = MN_TRACE_TASK_READY,
					    .polls = (uint32_t)(now * 2000),
					    .carrier = true});
		end(now);
	}
	judge();
	assert_int_equal(found_count, 0);
}

static void test_no_yield(void **state)
{
	static const char line[] = "task hog #3 has not yielded for 1000 ms (hog.c)\n";

	(void)state;
	spin_look(20000, 1);
	/* In two pieces, as the line brings it. */
	model_take_text(model, line, 20, 21000 * MS);
	model_take_text(model, line + 20, strlen(line + 20), 21000 * MS);
	model_set_now(model, 30000 * MS);
	expect(FINDING_NO_YIELD,
	       "spin #3 does not yield: nothing else can run any more (spin.c); it must wait "
	       "between pieces of long work (MN_YIELD)");
	assert_int_equal(found[0].severity, FINDING_ERROR);
	/* And then it did. */
	spin_look(31000, 1);
	expect(FINDING_NO_YIELD, "spin #3 did not yield for long, and nothing else could run "
				 "(spin.c); it must wait between pieces of long work (MN_YIELD)");
	assert_int_equal(found[0].severity, FINDING_WARNING);
	spin_look(100000, 1);
	judge();
	assert_int_equal(found_count, 0);
}

static void test_silence(void **state)
{
	(void)state;
	spin_look(20000, 1);
	model_set_now(model, 22000 * MS);
	judge();
	assert_int_equal(found_count, 0);
	model_set_now(model, 24000 * MS);
	expect(FINDING_SILENCE,
	       "the target has said nothing for 4 s: it is stopped or has ended, the "
	       "line is cut, or a task does not yield; what is shown is from before");
}

static void test_panic(void **state)
{
	static const char text[] = "panic at sync.c:147: it is broken\nin task x #1\n";

	(void)state;
	spin_look(20000, 1);
	model_take_text(model, text, strlen(text), 20000 * MS);
	model_set_now(model, 30000 * MS);
	expect(FINDING_PANIC,
	       "the target has ended with a panic at sync.c:147: it is broken; what is "
	       "shown is from before, its own dump is in the text that it printed");
	/* Started anew, it is another one. */
	host_ns = 30000 * MS;
	welcome(1);
	judge();
	assert_int_equal(found_count, 0);
}

static void no_service_rows(uint64_t now)
{
	(void)now;
	for (uint32_t id = 1; id <= 2; id++)
		waits(id, "user",
		      (struct mn_trace_wait){
			      .what = t("the service"), .name = t("disk"), .since = 9000});
}

static void test_no_service(void **state)
{
	(void)state;
	twice(no_service_rows);
	expect(FINDING_NO_SERVICE,
	       "user #1, user #2 wait for the service disk, which nobody offers, "
	       "for 12 s; is it enabled in the configuration?");
}

static void memory_rows(uint64_t now)
{
	(void)now;
	waits(1, "user", (struct mn_trace_wait){.what = t("memory of heap"), .since = 9000});
	heap((struct mn_trace_heap){
		.size = 100000, .used = 99000, .largest_free = 700, .failures = 2, .waiting = 1});
}

static void test_memory(void **state)
{
	(void)state;
	twice(memory_rows);
	judge();
	assert_int_equal(found_count, 2);
	assert_string_equal(
		found[0].text,
		"user #1 waits for memory for 12 s: the largest free piece of the heap has "
		"700 bytes; free some, or make kernel.heap_size larger");
	assert_string_equal(
		found[1].text,
		"the heap is 99 % full: 1000 of 98K bytes are free, and 2 allocations were "
		"refused; kernel.heap_size may be too small");
}

static void blocked_rows(uint64_t now)
{
	waits(1, "owner", (struct mn_trace_wait){.what = t("time"), .since = now - 1});
	waits(2, "user",
	      (struct mn_trace_wait){.what = t("mutex"), .on = 0x40, .since = 9000, .holder = 1});
}

static void test_blocked(void **state)
{
	(void)state;
	twice(blocked_rows);
	expect(FINDING_BLOCKED,
	       "user #2 has waited for mutex 0x40 held by owner #1 for 12 s, while "
	       "owner #1 waits for time");
}

static void lost_rows(uint64_t now)
{
	(void)now;
	task((struct mn_trace_task){
		.id = 1, .name = t("odd"), .line = 7, .state = MN_TRACE_TASK_LOST});
}

static void test_lost_task(void **state)
{
	(void)state;
	twice(lost_rows);
	expect(FINDING_LOST_TASK,
	       "odd #1 at file.c:7 is pending but waits for nothing known: nobody will wake it");
}

static void test_losses(void **state)
{
	(void)state;
	say((struct mn_trace_message){.kind = MN_TRACE_DISCARDED, .discarded = {1, 2, 30, 0}});
	say((struct mn_trace_message){.kind = MN_TRACE_DISCARDED, .discarded = {0, 0, 4, 0}});
	sink.damage(sink.context, 7);
	expect(FINDING_LOSS,
	       "the trace is incomplete: the target could not send 34 events, 1 spans and 2 of "
	       "their "
	       "beginnings and ends, and 7 bytes were damaged on the way; a narrower filter loses "
	       "less");
	assert_int_equal(found[0].severity, FINDING_NOTE);
}

/* From events alone, as an old recording has them. */
static void test_cycle_from_events(void **state)
{
	(void)state;
	for (uint64_t id = 1; id <= 2; id++)
		event(MN_TRACE_SPAWN, 1, 0, "ussu", id, id == 1 ? "ping" : "pong", "p.c", U(64));
	for (uint64_t id = 1; id <= 2; id++) {
		event(MN_TRACE_POLL, 10, (uint32_t)id, "u", U(1));
		event(MN_TRACE_WAIT, 11, (uint32_t)id, "susu", "a reply from", U(0x40), "other",
		      3 - id);
	}
	event(MN_TRACE_POLL, 5000, 7, "u", U(1));
	expect(FINDING_CYCLE,
	       "deadlock: ping #1 waits for a reply from pong #2 (service other), which "
	       "waits for a reply from ping #1 (service other), for 4 s; one of them "
	       "must not wait for the other");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_healthy),
		TEST(test_cycle),
		TEST(test_young_cycle),
		TEST(test_several_cycles),
		TEST(test_no_reply),
		TEST(test_no_reply_for_an_interrupt),
		TEST(test_slow_server),
		TEST(test_lost_wake),
		TEST(test_wake_on_its_way),
		TEST(test_holder_ended),
		TEST(test_reader_ended),
		TEST(test_reader_never_seen),
		TEST(test_reader_ended_and_told),
		TEST(test_spin),
		TEST(test_busy_is_no_spin),
		TEST(test_no_yield),
		TEST(test_silence),
		TEST(test_panic),
		TEST(test_no_service),
		TEST(test_memory),
		TEST(test_blocked),
		TEST(test_lost_task),
		TEST(test_losses),
		TEST(test_cycle_from_events),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
