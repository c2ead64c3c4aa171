/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The platform's functions, see <mnemos/platform.h>. Alone in a file: a test that has a clock of
 * its own (tests/unit/sim.c) is linked without it.
 */
#include "board.h"
#include "cpu.h"
#include "report.h"

uint64_t mn_platform_now_us(const struct mn_kernel *kernel)
{
	(void)kernel;
	return clint_now_us(&board.clint);
}

mn_cpu_time mn_platform_cpu_time(const struct mn_kernel *kernel)
{
	(void)kernel;
	return (mn_cpu_time)(clint_count(&board.clint) * (MN_CPU_HZ / 1000000) / board.clint.mhz);
}

uint64_t mn_platform_trace_time(const struct mn_kernel *kernel)
{
	(void)kernel;
	return clint_count(&board.clint);
}

uint32_t mn_platform_trace_hz(const struct mn_kernel *kernel)
{
	(void)kernel;
	return board.clint.mhz * 1000000;
}

/*
 * The timer only ends `wfi`, and what is due the next turn sees from the clock. `wfi` ends for an
 * interrupt that is held back too, which is taken right after; but not that of the timer, which
 * is the watchdog's from here on. A function of its own, so that nothing else is left to be done
 * then.
 */
static __attribute__((noinline)) void sleep(const struct mn_kernel *kernel)
{
	CPU_CLEAR(mstatus, MSTATUS_MIE);
	if (!mn_kernel_interrupted(kernel))
		__asm__ volatile("wfi" ::: "memory");
	board_watch();
	CPU_SET(mstatus, MSTATUS_MIE);
}

static __attribute__((noinline)) uint64_t watch_storms(struct mn_kernel *kernel,
						       uint64_t deadline_us)
{
	if (mn_storm_turn(&board.plic.storms, kernel, &deadline_us))
		plic_unmask(&board.plic);
	return deadline_us;
}

void mn_platform_wait(struct mn_kernel *kernel, uint64_t deadline_us)
{
	deadline_us = watch_storms(kernel, deadline_us);
	if (deadline_us == 0)
		return;
	clint_arm(&board.clint, deadline_us);
	sleep(kernel);
}

void mn_platform_panic_write(const char *text, size_t len)
{
	report_text(text, len);
}

void mn_platform_halt(void)
{
	report_end();
}
