/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What tests/system/test_target.py watches go wrong: MN_PLANT says how. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

/* Writes where code is, which is locked. */
static void crash(void)
{
	void (*volatile code)(void) = crash;

	*(volatile uint32_t *)((uintptr_t)code & ~(uintptr_t)3) = 0;
}

/* Step by step, as a guard is a page at most. */
static int overflow(volatile char *caller)
{
	volatile char frame[256] = {0};

	frame[0] = *caller;
	return *caller ? overflow(frame) + frame[1] : 0;
}

static void goes_as_planted(void **state)
{
	const char *plant = getenv("MN_PLANT");
	volatile char bottom = 1;

	(void)state;
	if (!plant)
		return;
	if (strcmp(plant, "fail") == 0)
		assert_int_equal(1, 2);
	if (strcmp(plant, "crash") == 0)
		crash();
	if (strcmp(plant, "overflow") == 0)
		overflow(&bottom);
	if (strcmp(plant, "abort") == 0)
		abort();
}

static void order_is_told(void **state)
{
	const char *shuffle = getenv("MN_SHUFFLE");

	(void)state;
	print_message("MN_SHUFFLE is %s\n", shuffle ? shuffle : "not set");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_is_told),
		cmocka_unit_test(goes_as_planted),
		cmocka_unit_test(order_is_told),
	};

	return cmocka_run_group_tests_name("planted", tests, NULL, NULL);
}
