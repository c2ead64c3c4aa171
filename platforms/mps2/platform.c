/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The platform's functions, see <mnemos/platform.h>. Alone in a file: a test that has a clock of
 * its own (tests/unit/sim.c) is linked without it.
 */
#include "board.h"
#include "clock.h"
#include "cortex_m.h"
#include "panic.h"

uint64_t mn_platform_now_us(const struct mn_kernel *kernel)
{
	(void)kernel;
	return clock_now_us();
}

mn_cpu_time mn_platform_cpu_time(const struct mn_kernel *kernel)
{
	(void)kernel;
	return (mn_cpu_time)clock_now_us();
}

uint64_t mn_platform_trace_time(const struct mn_kernel *kernel)
{
	(void)kernel;
	return clock_now_cycles();
}

uint32_t mn_platform_trace_hz(const struct mn_kernel *kernel)
{
	(void)kernel;
	return board.config->platform.clock_hz;
}

/*
 * An interrupt that comes after the look at the inbox is pending, and so ends the sleep; it is
 * taken as soon as interrupts are let through.
 */
void mn_platform_wait(struct mn_kernel *kernel, uint64_t deadline_us)
{
	if (mn_storm_turn(&board.storms, kernel, &deadline_us))
		NVIC_ISER = board.masked;
	if (deadline_us == 0)
		return;
	const uint32_t before = cpu_hold();

	if (!mn_kernel_interrupted(kernel) && clock_alarm(deadline_us))
		cpu_sleep();
	clock_watch();
	cpu_restore(before);
}

void mn_platform_panic_write(const char *text, size_t len)
{
	panic_write(text, len);
}

void mn_platform_halt(void)
{
	panic_end();
}
