/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * `bench_timed TASKS COUNT`: TASKS tasks, each always in a sleep of 1 ms to 33 s, every
 * power of two as likely as the others; COUNT sleeps end. Before that each task has ended
 * one on average, so that the wheel is as mixed as it will stay.
 * Prints the time a sleep cost, and the memory that the whole process has in use.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "virtual.h"

struct sleeper {
	struct mn_task task;
	struct mn_sleep nap;
};

/* So that no task straddles more cache lines than it fills. */
#define CACHE_LINES 128
_Static_assert(sizeof(struct sleeper) % CACHE_LINES == 0, "aligned_alloc wants that");

static uint64_t wakes;

/* Not mn_random, whose cost is no part of a sleep; any spread will do. */
static uint64_t duration_us(void)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005u + 1442695040888963407u;

	const uint64_t least = UINT64_C(1024) << ((state >> 33) % 15);

	return least + ((state >> 12) & (least - 1));
}

static mn_poll sleeper_run(struct sleeper *self)
{
	MN_BEGIN(self);
	for (;; wakes++)
		MN_TRY(self, mn_sleep(&self->nap, duration_us()));
	MN_END(self);
}

MN_TASK(sleeper);

static void run_until(uint64_t wanted)
{
	while (wakes < wanted && virtual_turn())
		;
}

static unsigned long resident_kb(void)
{
	FILE *const status = fopen("/proc/self/status", "r");
	unsigned long kb = 0;
	char line[256];

	while (status && fgets(line, sizeof line, status))
		if (strncmp(line, "VmRSS:", 6) == 0)
			kb = strtoul(line + 6, NULL, 10);
	if (status)
		fclose(status);
	return kb;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;

	const uint64_t tasks = strtoul(argv[1], NULL, 10), count = strtoul(argv[2], NULL, 10);
	struct sleeper *const sleeper = aligned_alloc(CACHE_LINES, tasks * sizeof *sleeper);

	if (!sleeper)
		return 1;
	memset(sleeper, 0, tasks * sizeof *sleeper);
	virtual_init();
	for (uint64_t i = 0; i < tasks; i++)
		mn_spawn(&kernel, &sleeper[i].task, &sleeper_task);
	run_until(tasks);

	const uint64_t before = wakes;
	const double begin_ns = real_ns();

	run_until(before + count);
	printf("%.1f ns each\n", (real_ns() - begin_ns) / (double)(wakes - before));
	printf("%lu kB resident, %zu bytes a task\n", resident_kb(), sizeof *sleeper);
	return 0;
}
