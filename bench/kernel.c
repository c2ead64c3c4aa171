/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Kernel benchmarks: `bench_kernel NAME COUNT` does one thing COUNT times on a virtual
 * clock. The driver counts instructions as the difference of two counts, so that
 * start-up and end cancel out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "operations.h"
#include "virtual.h"

long bench_count;

/* What melpomene takes the time of a record from. */
static void bench_clock(void)
{
	for (long i = 0; i < bench_count; i++)
		(void)real_ns();
}

static const struct {
	const char *name;
	void (*run)(void);
} benches[] = {
	{"call", bench_call},
	{"call_accounted", bench_call_accounted},
	{"call_traced", bench_call_traced},
	{"event", bench_event},
	{"event_off", bench_event_off},
	{"event_none", bench_event_none},
	{"clock", bench_clock},
	{"connect", bench_connect},
	{"yield", bench_yield},
	{"bbq", bench_bbq},
	{"bbq_stream", bench_bbq_stream},
	{"bbq_alone", bench_bbq_alone},
	{"spawn", bench_spawn},
	{"spawn_many", bench_spawn_many},
	{"sleep", bench_sleep},
	{"sleep_among", bench_sleep_among},
	{"channel", bench_channel},
	{"channel_stream", bench_channel_stream},
	{"oneshot", bench_oneshot},
	{"alloc", bench_alloc},
	{"alloc_among", bench_alloc_among},
	{"alloc_wait", bench_alloc_wait},
};

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	bench_count = atol(argv[2]);
	virtual_init();
	for (size_t i = 0; i < sizeof benches / sizeof *benches; i++) {
		if (strcmp(benches[i].name, argv[1]) != 0)
			continue;
		const double n = (double)bench_count, begin_ns = real_ns();
		benches[i].run();
		printf("%.1f ns each\n", (real_ns() - begin_ns) / n);
		return 0;
	}
	return 2;
}
