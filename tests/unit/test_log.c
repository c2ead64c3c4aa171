/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Protects: what a log filter means, and which records reach the platform. */
#include <stdio.h>
#include <string.h>
#include "sim.h"

#define MN_LOG_TARGET "test::log"
#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct mn_log_filter parsed(const char *text)
{
	struct mn_log_filter filter;
	const char *where = NULL;

	assert_true(mn_log_filter_parse(&filter, text, &where));
	return filter;
}

/* The least level that a filter shows of a target. */
static enum mn_log_level least(const char *text, const char *target)
{
	const struct mn_log_filter filter = parsed(text);
	enum mn_log_level level = MN_LOG_TRACE;

	while (level < MN_LOG_OFF && !mn_log_filter_shows(&filter, target, level))
		level++;
	for (enum mn_log_level above = level; above < MN_LOG_OFF; above++)
		assert_true(mn_log_filter_shows(&filter, target, above));
	return level;
}

static void filter_means_what_its_text_says(void **state)
{
	static const struct {
		const char *filter, *target;
		enum mn_log_level least;
	} cases[] = {
		{"", "kernel", MN_LOG_INFO},
		{"  ", "kernel", MN_LOG_INFO},
		{"trace", "kernel", MN_LOG_TRACE},
		{"debug", "kernel", MN_LOG_DEBUG},
		{"info", "kernel", MN_LOG_INFO},
		{"warn", "kernel", MN_LOG_WARN},
		{"error", "kernel", MN_LOG_ERROR},
		{"off", "kernel", MN_LOG_OFF},
		{"kernel=debug", "kernel", MN_LOG_DEBUG},
		{"kernel=debug", "other", MN_LOG_INFO},
		{"warn,kernel=debug", "other", MN_LOG_WARN},
		{"kernel=debug,warn", "other", MN_LOG_WARN},
		{" warn , kernel = debug ", "kernel", MN_LOG_DEBUG},
		{"warn,,kernel=debug,", "kernel", MN_LOG_DEBUG},
		{"kernel=off", "kernel", MN_LOG_OFF},
		/* a target and all below it, but not its namesakes */
		{"kernel=debug", "kernel::bbq", MN_LOG_DEBUG},
		{"kernel=debug", "kernel::bbq::read", MN_LOG_DEBUG},
		{"kernel=debug", "kernels", MN_LOG_INFO},
		{"kernel::bbq=debug", "kernel", MN_LOG_INFO},
		{"kernel::bbq=debug", "kernel::bb", MN_LOG_INFO},
		/* the longest match, in whatever order */
		{"kernel=error,kernel::bbq=trace", "kernel::bbq", MN_LOG_TRACE},
		{"kernel::bbq=trace,kernel=error", "kernel::bbq", MN_LOG_TRACE},
		{"kernel::bbq=trace,kernel=error", "kernel::call", MN_LOG_ERROR},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(least(cases[i].filter, cases[i].target), cases[i].least);
}

static void wrong_part_is_pointed_at_and_changes_nothing(void **state)
{
	static const struct {
		const char *filter, *wrong;
	} cases[] = {
		{"loud", "loud"},
		{"info,loud,warn", "loud,warn"},
		{"info, kernel=loud", "kernel=loud"},
		{"=info", "=info"},
		{" =info", "=info"},
		{"kernel=", "kernel="},
		{"kernel=info=warn", "kernel=info=warn"},
		{"infos", "infos"},
		{"inf", "inf"},
		{"info warn", "info warn"},
		{"a234567890123456789012345678901 2=info",
		 "a234567890123456789012345678901 2=info"},
		{"a=off,b=off,c=off,d=off,e=off,f=off,g=off,h=off,i=off", "i=off"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct mn_log_filter before = parsed("warn,kernel=debug");
		struct mn_log_filter filter = before;
		const char *where = NULL;

		assert_false(mn_log_filter_parse(&filter, cases[i].filter, &where));
		assert_string_equal(where, cases[i].wrong);
		assert_memory_equal(&filter, &before, sizeof filter);
	}
}

static void longest_target_and_most_directives_fit(void **state)
{
	(void)state;
	assert_int_equal(
		least("a23456789012345678901234567890x=debug", "a23456789012345678901234567890x"),
		MN_LOG_DEBUG);
	assert_int_equal(least("a=off,b=off,c=off,d=off,e=off,f=off,g=off,h=debug", "h"),
			 MN_LOG_DEBUG);
}

static void levels_have_names(void **state)
{
	static const char *const names[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "OFF"};

	(void)state;
	for (int level = MN_LOG_TRACE; level <= MN_LOG_OFF; level++)
		assert_string_equal(mn_log_level_name((enum mn_log_level)level), names[level]);
}

/* Logs at every level. */
struct talker {
	struct mn_task task;
	int evaluated;
};

static mn_poll talker_run(struct talker *self)
{
	MN_BEGIN(self);
	mn_trace("t%d", ++self->evaluated);
	mn_debug("d%d", ++self->evaluated);
	mn_info("i%d", ++self->evaluated);
	mn_warn("w%d", ++self->evaluated);
	mn_error("e%d of %s", ++self->evaluated, "five");
	MN_END(self);
}

MN_TASK(talker);

static int talk(struct sim *sim, const char *filter_text)
{
	struct talker talker = {0};

	sim->log[sim->log_len = 0] = '\0';
	if (filter_text) {
		const struct mn_log_filter filter = parsed(filter_text);

		mn_log_set_filter(&sim->kernel, &filter);
	}
	mn_spawn(&sim->kernel, &talker.task, &talker_task);
	sim_settle(sim);
	return talker.evaluated;
}

static void records_below_the_filter_are_not_even_evaluated(void **state)
{
	struct sim *sim = *state;

	assert_int_equal(talk(sim, NULL), 3); /* a new kernel shows INFO */
	assert_string_equal(sim->log, "INFO test::log: i1\nWARN test::log: w2\n"
				      "ERROR test::log: e3 of five\n");
	assert_int_equal(talk(sim, "error"), 1);
	assert_string_equal(sim->log, "ERROR test::log: e1 of five\n");
	assert_int_equal(talk(sim, "off"), 0);
	assert_string_equal(sim->log, "");
	talk(sim, "off,test=warn");
	assert_string_equal(sim->log, "WARN test::log: w1\nERROR test::log: e2 of five\n");
	talk(sim, "error,other=trace"); /* reached by a directive, but not by its own */
	assert_string_equal(sim->log, "ERROR test::log: e5 of five\n");
}

static void kernel_without_a_sink_logs_nothing(void **state)
{
	struct sim *sim = sim_new(1);
	struct mn_log_filter filter = parsed("trace");

	(void)state;
	sim->kernel.log = NULL;
	mn_log_set_filter(&sim->kernel, &filter);
	assert_int_equal(talk(sim, NULL), 0);
	sim_free(sim);
}

static void outside_of_a_kernel_nothing_is_logged(void **state)
{
	struct sim *sim = *state;
	int evaluated = 0;

	talk(sim, "trace");
	sim->log[0] = '\0';
	mn_error("%d", ++evaluated);
	assert_int_equal(evaluated, 0);
	assert_string_equal(sim->log, "");
}

static void kernel_events_are_records_of_their_own_target(void **state)
{
	struct sim *sim = *state;
	char wanted[256];

	snprintf(wanted, sizeof wanted,
		 "DEBUG kernel::task: spawn, task=1 talker, name=talker, file=" __FILE__
		 ", size=%u\n"
		 "TRACE kernel::task: talker #1: poll, polls=1\n"
		 "DEBUG kernel::task: talker #1: end, result=0, polls=1\n",
		 (unsigned)sizeof(struct talker));
	talk(sim, "off,kernel::task=trace");
	assert_string_equal(sim->log, wanted);
	talk(sim, "off,kernel::task=info");
	assert_string_equal(sim->log, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(filter_means_what_its_text_says),
		SIM_TEST(wrong_part_is_pointed_at_and_changes_nothing),
		SIM_TEST(longest_target_and_most_directives_fit),
		SIM_TEST(levels_have_names),
		SIM_TEST(records_below_the_filter_are_not_even_evaluated),
		SIM_TEST(kernel_without_a_sink_logs_nothing),
		SIM_TEST(outside_of_a_kernel_nothing_is_logged),
		SIM_TEST(kernel_events_are_records_of_their_own_target),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
