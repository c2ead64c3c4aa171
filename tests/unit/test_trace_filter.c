/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* crowtty's filter of traces: read as a target reads it. */
#include "bytes.h"
#include "trace_filter.h"

static struct trace_filter filter;

static void parse(const char *text)
{
	assert_true(trace_filter_parse(&filter, text));
}

static bool shows(const char *target, enum mn_trace_level level)
{
	return trace_filter_shows(&filter, target, level);
}

static void a_level_is_for_everything(void **state)
{
	(void)state;
	parse("warn");
	assert_true(shows("any::thing", MN_TRACE_WARN));
	assert_false(shows("any::thing", MN_TRACE_INFO));
	assert_int_equal(filter.least, MN_TRACE_WARN);
}

static void the_longest_target_counts(void **state)
{
	(void)state;
	parse(" info , kernel=Debug,kernel::bbq = TRACE,kernel::heap=off,");
	assert_true(shows("app", MN_TRACE_INFO));
	assert_false(shows("app", MN_TRACE_DEBUG));
	assert_true(shows("kernel", MN_TRACE_DEBUG));
	assert_true(shows("kernel::task", MN_TRACE_DEBUG));
	assert_false(shows("kernels", MN_TRACE_DEBUG));
	assert_true(shows("kernel::bbq::x", MN_TRACE_TRACE));
	assert_false(shows("kernel::heap", MN_TRACE_ERROR));
	assert_int_equal(filter.least, MN_TRACE_TRACE);
}

static void an_empty_filter_is_info_and_off_is_nothing(void **state)
{
	(void)state;
	parse("");
	assert_int_equal(filter.least, MN_TRACE_INFO);
	parse("off");
	assert_int_equal(filter.least, MN_TRACE_OFF);
	assert_false(shows("app", MN_TRACE_ERROR));
	parse("off,app=warn");
	assert_int_equal(filter.least, MN_TRACE_WARN);
	assert_true(shows("app", MN_TRACE_WARN));
	assert_false(shows("kernel", MN_TRACE_ERROR));
}

static void what_is_wrong_is_refused_and_changes_nothing(void **state)
{
	static const char *const wrong[] = {
		"loud",
		"=info",
		"kernel=",
		"kernel=loud",
		"a-target-name-that-is-as-long-as-it-can-be=info",
		"a=info,b=info,c=info,d=info,e=info,f=info,g=info,h=info,i=info",
	};

	(void)state;
	parse("warn");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_false(trace_filter_parse(&filter, wrong[i]));
		assert_int_equal(filter.least, MN_TRACE_WARN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_level_is_for_everything),
		cmocka_unit_test(the_longest_target_counts),
		cmocka_unit_test(an_empty_filter_is_info_and_off_is_nothing),
		cmocka_unit_test(what_is_wrong_is_refused_and_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
