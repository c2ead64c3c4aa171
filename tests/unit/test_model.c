/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Protects what is known of a target: from snapshots, from events, and from both at once. */
#include "target.h"

static const struct model_task *known(uint32_t id)
{
	const struct model_task *found = model_task(model, id);

	assert_non_null(found);
	return found;
}

static void look_at(uint64_t now, uint32_t polls, uint64_t cpu)
{
	begin(now);
	task((struct mn_trace_task){.id = 2,
				    .name = t("work"),
				    .file = t("work.c"),
				    .line = 5,
				    .state = MN_TRACE_TASK_READY,
				    .size = 96,
				    .polls = polls,
				    .cpu = cpu});
	end(now);
}

static void test_welcome(void **state)
{
	(void)state;
	assert_string_equal(model->system, "made-up");
	assert_string_equal(model->machine, "m");
	assert_int_equal(model->tick_hz, 1000);
	assert_int_equal(model->version, 1);
}

static void test_rates(void **state)
{
	(void)state;
	look_at(1000, 100, 50000);
	assert_true(known(2)->polls_per_s < 0);
	assert_true(known(2)->cpu_share < 0);
	assert_int_equal(known(2)->polls, 100);
	look_at(3000, 500, 1050000);
	assert_true(known(2)->polls_per_s == 200);
	assert_true(known(2)->cpu_share > 0.499 && known(2)->cpu_share < 0.501);
	assert_int_equal(known(2)->polls, 500);
	assert_int_equal(known(2)->cpu_ns / MS, 1050);
	assert_int_equal(model->interval_ns, 2000 * MS);
	assert_int_equal(known(2)->ready_looks, 2);
}

/* Polls are counted modulo 2^32, and so is CPU time on 32-bit machines. */
static void test_counts_wrap(void **state)
{
	(void)state;
	look_at(1000, UINT32_MAX - 9, UINT32_MAX - 99999);
	look_at(2000, 90, 400000);
	assert_true(known(2)->polls_per_s == 100);
	assert_true(known(2)->cpu_share > 0.499 && known(2)->cpu_share < 0.501);
}

static void test_what_is_gone_has_ended(void **state)
{
	(void)state;
	look_at(1000, 1, 1);
	begin(2000);
	waits(3, "next", (struct mn_trace_wait){.what = t("time"), .since = 1});
	service((struct mn_trace_service){.id = 8, .name = t("s"), .task = 3});
	end(2000);
	assert_true(known(2)->ended);
	assert_int_equal(known(2)->ended_ns, 2000 * MS);
	assert_false(known(3)->ended);
	assert_int_equal(model->service_count, 1);
	begin(3000);
	end(3000);
	assert_int_equal(model->service_count, 0);
	assert_true(known(3)->ended);
}

/* A snapshot that was cut off says nothing about who is not in it. */
static void test_unfinished_snapshot(void **state)
{
	(void)state;
	look_at(1000, 1, 1);
	begin(2000);
	begin(3000);
	task((struct mn_trace_task){.id = 2, .name = t("work"), .state = MN_TRACE_TASK_RUNNING});
	end(3000);
	assert_false(known(2)->ended);
	assert_int_equal(model->snapshots, 2);
}

static void test_same_wait_is_recognised(void **state)
{
	(void)state;
	for (uint64_t now = 1000; now <= 3000; now += 1000) {
		begin(now);
		waits(1, "a",
		      (struct mn_trace_wait){
			      .what = t("event"), .on = 4, .since = 500, .over = now > 1000});
		waits(2, "b",
		      (struct mn_trace_wait){.what = t("event"), .on = 4, .since = now - 100});
		end(now);
	}
	assert_int_equal(known(1)->waits[0].looks, 3);
	assert_int_equal(known(1)->waits[0].over_looks, 2);
	assert_int_equal(known(1)->waits[0].since_ns, 500 * MS);
	assert_int_equal(known(2)->waits[0].looks, 1);
}

static void test_life_in_events(void **state)
{
	(void)state;
	event(MN_TRACE_SPAWN, 10, 0, "ussu", U(5), "echo", "echo.c", U(128));
	assert_string_equal(known(5)->name, "echo");
	assert_int_equal(known(5)->state, MN_TRACE_TASK_READY);
	event(MN_TRACE_POLL, 11, 5, "u", U(1));
	assert_int_equal(known(5)->state, MN_TRACE_TASK_RUNNING);
	event(MN_TRACE_WAIT, 12, 5, "susu", "bytes in bbq", U(0x40), "", U(0));
	event(MN_TRACE_WAIT, 12, 5, "susu", "time", U(0), "", U(0));
	assert_int_equal(model_wait_count(known(5)), 2);
	assert_int_equal(known(5)->waits[1].since_ns, 12 * MS);
	event(MN_TRACE_WAKE, 13, 0, "u", U(5));
	assert_int_equal(known(5)->state, MN_TRACE_TASK_READY);
	assert_int_equal(model_wait_count(known(5)), 0);
	event(MN_TRACE_POLL, 14, 5, "u", U(2));
	event(MN_TRACE_WAIT, 15, 5, "susu", "time", U(0), "", U(0));
	assert_int_equal(model_wait_count(known(5)), 1);
	event(MN_TRACE_POLL, 16, 5, "u", U(3));
	event(MN_TRACE_END, 17, 5, "uu", U(0), U(3));
	assert_true(known(5)->ended);
	assert_int_equal(known(5)->polls, 3);
	assert_int_equal(model->now_ns, 17 * MS);
	/* Known to have read from that queue, still. */
	assert_int_equal(model->queue_count, 1);
	assert_int_equal(model->queues[0].reader, 5);
}

/* Who was there before the recording began has no name, but a number. */
static void test_unknown_task(void **state)
{
	(void)state;
	event(MN_TRACE_POLL, 11, 77, "u", U(1));
	assert_string_equal(known(77)->name, "?");
}

static void test_calls_in_events(void **state)
{
	(void)state;
	event(MN_TRACE_REGISTER, 1, 9, "uss", U(3), "disk", "");
	for (uint64_t n = 0; n < 3; n++)
		event(MN_TRACE_CALL, 10 + n, (uint32_t)(1 + n), "uuuu", U(3), U(1), 101 + 2 * n,
		      U(0));
	assert_int_equal(model->service_count, 1);
	assert_int_equal(model->services[0].queued, 3);
	event(MN_TRACE_SERVE, 20, 9, "uuuu", U(3), U(1), U(101), U(0));
	assert_int_equal(model->services[0].queued, 2);
	assert_int_equal(model->services[0].serving, 1);
	assert_int_equal(model->services[0].client, 1);
	assert_int_equal(model->services[0].since_ns, 10 * MS);
	event(MN_TRACE_REPLY, 30, 9, "uuuu", U(3), U(1), U(101), U(1));
	event(MN_TRACE_SERVE, 30, 9, "uuuu", U(3), U(1), U(103), U(0));
	assert_int_equal(model->services[0].client, 2);
	event(MN_TRACE_REVOKE, 31, 3, "uuu", U(3), U(1), U(105));
	assert_int_equal(model->services[0].queued, 0);
	event(MN_TRACE_REPLY, 32, 9, "uuuu", U(3), U(1), U(103), U(1));
	assert_int_equal(model->services[0].serving, 0);
	assert_string_equal(model->services[0].name, "disk");
	assert_int_equal(model->services[0].task, 9);
	event(MN_TRACE_CLOSE, 33, 9, "u", U(3));
	assert_true(model->services[0].ended);
}

/* An event that was still under way when the snapshot was taken is part of it already. */
static void test_late_event(void **state)
{
	(void)state;
	look_at(1000, 1, 1);
	event(MN_TRACE_WAIT, 999, 2, "susu", "time", U(0), "", U(0));
	assert_int_equal(known(2)->state, MN_TRACE_TASK_READY);
	event(MN_TRACE_WAIT, 1001, 2, "susu", "time", U(0), "", U(0));
	assert_int_equal(known(2)->state, MN_TRACE_TASK_WAITING);
}

/* A task born while a snapshot is taken is not in it, and lives. */
static void test_born_during_snapshot(void **state)
{
	(void)state;
	begin(1000);
	event(MN_TRACE_SPAWN, 1001, 0, "ussu", U(5), "new", "n.c", U(8));
	end(1002);
	assert_false(known(5)->ended);
	begin(2000);
	end(2000);
	assert_true(known(5)->ended);
}

static void test_restart_forgets(void **state)
{
	(void)state;
	look_at(50000, 1, 1);
	welcome(10);
	assert_int_equal(model->task_count, 0);
	assert_int_equal(model->snapshots, 0);
	look_at(1000, 1, 1);
	assert_true(known(2)->polls_per_s < 0);
}

static void test_memory_is_bounded(void **state)
{
	(void)state;
	for (uint32_t id = 1; id <= 10 * MODEL_ENDED_MAX; id++) {
		event(MN_TRACE_SPAWN, id, 0, "ussu", U(id), "short", "s.c", U(8));
		event(MN_TRACE_POLL, id, id, "u", U(1));
		event(MN_TRACE_END, id, id, "uu", U(0), U(1));
	}
	assert_true(model->task_count <= MODEL_ENDED_MAX + 1);
	assert_true(known(10 * MODEL_ENDED_MAX)->ended);
	assert_null(model_task(model, 1));
}

/* What goes to a terminal must not command it. */
static void test_control_characters(void **state)
{
	(void)state;
	begin(1000);
	waits(1, "a\x1b[2J\xc2\x9b\xc3\xa9", (struct mn_trace_wait){.what = t("time")});
	end(1000);
	assert_string_equal(known(1)->name, "a?[2J??\xc3\xa9");
}

/* All that a damaged stream may bring: numbers without sense. */
static void test_nonsense(void **state)
{
	(void)state;
	begin(5000);
	task((struct mn_trace_task){.id = UINT32_MAX,
				    .name = t(""),
				    .state = 77,
				    .limit = UINT64_MAX,
				    .cpu = UINT64_MAX});
	waits(3, "x", (struct mn_trace_wait){.what = t("?"), .since = UINT64_MAX, .holder = 3});
	service((struct mn_trace_service){.id = 0, .name = t(""), .task = 0, .serving = 9});
	end(4000);
	end(1);
	event(MN_TRACE_REPLY, 6000, 0, "");
	event(MN_TRACE_SPAWN, 6000, 0, "");
	event(MN_TRACE_WAIT, 6000, 4, "u", U(3));
	assert_non_null(model_task(model, UINT32_MAX));
	assert_int_equal(model->snapshots, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_welcome),
		TEST(test_rates),
		TEST(test_counts_wrap),
		TEST(test_what_is_gone_has_ended),
		TEST(test_unfinished_snapshot),
		TEST(test_same_wait_is_recognised),
		TEST(test_life_in_events),
		TEST(test_unknown_task),
		TEST(test_calls_in_events),
		TEST(test_late_event),
		TEST(test_born_during_snapshot),
		TEST(test_restart_forgets),
		TEST(test_memory_is_bounded),
		TEST(test_control_characters),
		TEST(test_nonsense),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
