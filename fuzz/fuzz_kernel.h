/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The platform of a fuzzed kernel: a clock that the fuzzer sets. To be included by the one file of
 * a fuzzer.
 */
#ifndef FUZZ_FUZZ_KERNEL_H
#define FUZZ_FUZZ_KERNEL_H

#include <mnemos/kernel.h>
#include "fuzz.h"

static uint64_t now_us;

uint64_t mn_platform_now_us(const struct mn_kernel *kernel)
{
	(void)kernel;
	return now_us;
}

mn_cpu_time mn_platform_cpu_time(const struct mn_kernel *kernel)
{
	(void)kernel;
	return 0;
}

void mn_platform_panic_write(const char *text, size_t len)
{
	fwrite(text, 1, len, stderr);
}

void mn_platform_halt(void)
{
	abort();
}

#endif
