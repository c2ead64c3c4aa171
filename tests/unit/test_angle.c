/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Protects: angles, in whatever number they come, and where they point. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <mnemos/gfx/draw.h>

static void sines_are_rounded_to_the_nearest(void **state)
{
	(void)state;
	for (uint32_t angle = 0; angle < 65536; angle += 7) {
		const double exact = angle * 2 * 3.14159265358979323846 / 65536;

		assert_true(fabs(mn_sin((uint16_t)angle) - 32767 * sin(exact)) < 0.51);
		assert_true(fabs(mn_cos((uint16_t)angle) - 32767 * cos(exact)) < 0.51);
	}
	assert_int_equal(mn_sin(16384), 32767);
	assert_int_equal(mn_sin(49152), -32767);
	assert_int_equal(mn_sin(0), 0);
	assert_int_equal(mn_sin(32768), 0);
}

/* Also of what is not a constant, of parts of a degree, and of many turns. */
static void degrees_are_parts_of_a_turn(void **state)
{
	(void)state;
	assert_int_equal(MN_DEGREES(22.5), 4096);
	assert_int_equal(MN_DEGREES(-30), -5461);
	for (int32_t degrees = -11000000; degrees <= 11000000; degrees += 997)
		assert_int_equal(MN_DEGREES(degrees), (int64_t)degrees * 8192 / 45);
}

static void points_are_where_a_clock_has_them(void **state)
{
	const struct mn_point three_o_clock = mn_polar(10, 20, MN_DEGREES(90), 5);
	const struct mn_point half_past_seven = mn_polar(0, 0, MN_DEGREES(225), 1000);

	(void)state;
	assert_int_equal(three_o_clock.x, 15);
	assert_int_equal(three_o_clock.y, 20);
	assert_int_equal(half_past_seven.x, -707);
	assert_int_equal(half_past_seven.y, 707);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sines_are_rounded_to_the_nearest),
		cmocka_unit_test(degrees_are_parts_of_a_turn),
		cmocka_unit_test(points_are_where_a_clock_has_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
