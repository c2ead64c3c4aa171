/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "virtual.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct mn_kernel kernel;
static struct mn_registry_slot services[16];
static uint64_t clock_us;

uint64_t mn_platform_now_us(const struct mn_kernel *k)
{
	(void)k;
	return clock_us;
}

mn_cpu_time mn_platform_cpu_time(const struct mn_kernel *k)
{
	struct timespec now;

	(void)k;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void mn_platform_panic_write(const char *text, size_t len)
{
	fwrite(text, 1, len, stderr);
}

void mn_platform_halt(void)
{
	abort();
}

void virtual_init(void)
{
	mn_kernel_init(&kernel,
		       &(struct mn_kernel_config){.services = services, .max_services = 16});
}

bool virtual_turn(void)
{
	const uint64_t next_us = mn_kernel_run_once(&kernel);

	if (next_us == MN_NEVER)
		return false;
	if (next_us > clock_us)
		clock_us = next_us;
	return true;
}

void virtual_run(void)
{
	while (mn_kernel_task_count(&kernel) && virtual_turn())
		;
}

double real_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}
