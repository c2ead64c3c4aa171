/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Values of a trace as the original shows them, and what a hostile target cannot do with them. */
#include <math.h>
#include "bytes.h"
#include "trace_line.h"

static struct trace_line line;

static void expect(const char *text)
{
	assert_string_equal(line.data, text);
	assert_int_equal(line.len, strlen(text));
	line = (struct trace_line){0};
}

static void expect_duration(uint64_t ns, const char *text)
{
	trace_line_add_duration(&line, ns);
	expect(text);
}

static void durations_have_the_largest_unit_that_fits_and_no_zeros_at_the_end(void **state)
{
	(void)state;
	expect_duration(0, "0ns");
	expect_duration(999, "999ns");
	expect_duration(1000, "1µs");
	expect_duration(1050, "1.05µs");
	expect_duration(2000001, "2.000001ms");
	expect_duration(1500000000, "1.5s");
	expect_duration(60000000001, "60.000000001s");
}

static void expect_double(double number, const char *text)
{
	trace_line_add_value(&line, &(struct mn_trace_value){.kind = MN_TRACE_F64, .f64 = number});
	expect(text);
}

static void numbers_with_a_point_are_as_short_as_they_can_be_and_keep_it(void **state)
{
	(void)state;
	expect_double(0.1, "0.1");
	expect_double(1, "1.0");
	expect_double(-2.5, "-2.5");
	expect_double(1.0 / 3, "0.3333333333333333");
	expect_double(1e300, "1e+300");
	expect_double(INFINITY, "inf");
}

static void no_text_can_move_the_cursor_or_end_the_line(void **state)
{
	const char all[] = "a\033[2J\r\n\t\a\x7f\xc2\x9b"
			   "1m \"\\ \xc3\xa4";
	const struct mn_trace_text text = {all, sizeof(all) - 1};

	(void)state;
	trace_line_add_plain(&line, text);
	expect("a\\x1b[2J\\r\\n\\t\\x07\\x7f\\x9b"
	       "1m \"\\ \xc3\xa4");
	trace_line_add_quoted(&line, text);
	expect("\"a\\x1b[2J\\r\\n\\t\\x07\\x7f\\x9b"
	       "1m \\\"\\\\ \xc3\xa4\"");
}

static void what_does_not_fit_is_left_out(void **state)
{
	char much[sizeof(line.data)];

	(void)state;
	memset(much, 'x', sizeof(much));
	for (int i = 0; i < 3; i++)
		trace_line_add_quoted(&line, (struct mn_trace_text){much, sizeof(much)});
	trace_line_add(&line, "%d", 123456);
	assert_int_equal(line.len, sizeof(line.data) - 1);
	assert_int_equal(strlen(line.data), line.len);
	line = (struct trace_line){0};
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_have_the_largest_unit_that_fits_and_no_zeros_at_the_end),
		cmocka_unit_test(numbers_with_a_point_are_as_short_as_they_can_be_and_keep_it),
		cmocka_unit_test(no_text_can_move_the_cursor_or_end_the_line),
		cmocka_unit_test(what_does_not_fit_is_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
