/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a platform supplies: these functions, checked at link time, and a main() that
 * builds the kernel from its configuration, registers its drivers and loops:
 *
 *     mn_kernel_init(&kernel, &config);
 *     ...spawn drivers and services...
 *     for (;;)
 *             mn_platform_wait(&kernel, mn_kernel_run_once(&kernel));
 *
 * The simulator is a platform like any other. Several kernels in one program share the
 * functions and are told apart by the argument.
 */
#ifndef MNEMOS_PLATFORM_H
#define MNEMOS_PLATFORM_H

#include <stddef.h>
#include <stdint.h>
#include <mnemos/task.h>

struct mn_kernel;

/*
 * Monotonic time in microseconds, rounded down, never going back. Any context; called
 * once a turn and once per timer armed, so it should be cheap.
 */
uint64_t mn_platform_now_us(const struct mn_kernel *kernel);

/*
 * A clock for CPU accounting in units of 1 / MN_CPU_HZ s, any origin, wrapping; called
 * twice a poll while accounting is on, else never. May be mn_platform_now_us, scaled.
 */
mn_cpu_time mn_platform_cpu_time(const struct mn_kernel *kernel);

/*
 * The clock of trace records, in ticks of 1 / mn_platform_trace_hz s, monotonic; any context,
 * called once a record. Records keep the low 32 bits, which should not go round within some
 * ten seconds: 1 to 100 MHz are right. Optional: else it is mn_platform_now_us.
 */
uint64_t mn_platform_trace_time(const struct mn_kernel *kernel);
uint32_t mn_platform_trace_hz(const struct mn_kernel *kernel);

/*
 * Sleeps until `deadline_us`, or an interrupt. MN_NEVER means no deadline; a deadline
 * that has passed means at once. An interrupt that came since mn_kernel_run_once must
 * not be slept over: test mn_kernel_interrupted with interrupts held back.
 */
void mn_platform_wait(struct mn_kernel *kernel, uint64_t deadline_us);

/* Writes panic text, by polling if need be; the first call may have to flush a line. */
void mn_platform_panic_write(const char *text, size_t len);

/* Ends the system after a panic. */
_Noreturn void mn_platform_halt(void);

#endif
