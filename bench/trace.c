/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The benchmarks of tracing. A round of those with sites is one site. */
#include <mnemos/operation.h>
#include <mnemos/trace_reader.h>
#include "operations.h"
#include "virtual.h"

#define MN_LOG_TARGET "bench"

static struct mn_trace trace;
static uint64_t ring[512];

static void start(enum mn_log_level level, void *memory, size_t size)
{
	const uint8_t least = (uint8_t)level;

	mn_trace_start(&kernel, &trace, memory, size);
	mn_trace_set_filter(&kernel, &(struct mn_log_filter){.level = least, .least = least});
}

/* Does `run` in a task. */
struct one {
	struct mn_task task;
	void (*run)(void);
};

static mn_poll one_run(struct one *self)
{
	MN_BEGIN(self);
	self->run();
	MN_END(self);
}

MN_TASK(one);

static void in_task(void (*run)(void))
{
	static struct one one;

	one.run = run;
	mn_spawn(&kernel, &one.task, &one_task);
	virtual_run();
}

/* What stands before a site: other code, of which the compiler knows nothing. */
#define OTHER_CODE __asm__ volatile("" ::: "memory")
#define SITE(i)     \
	OTHER_CODE; \
	mn_event(MN_LOG_WARN, "disabled", i, bench_count);
#define SITES(i) SITE(i) SITE((i) + 1) SITE((i) + 2) SITE((i) + 3)

static void sites(void)
{
	for (long i = 0; i < bench_count; i += 16) {
		SITES(i)
		SITES(i + 4)
		SITES(i + 8)
		SITES(i + 12)
	}
}

static void no_sites(void)
{
	for (long i = 0; i < bench_count; i += 16)
		OTHER_CODE;
}

/* 16 sites that nobody wants to see, in a loop; and the loop alone. */
void bench_event_off(void)
{
	start(MN_LOG_ERROR, ring, sizeof ring);
	in_task(sites);
}

void bench_event_none(void)
{
	start(MN_LOG_ERROR, ring, sizeof ring);
	in_task(no_sites);
}

/* The ring is emptied by a stroke of the pen: only the writer is measured. */
static void events(void)
{
	atomic_store(&trace.raise_at, UINT32_MAX);
	for (long i = 0; i < bench_count; i += 64) {
		for (long k = 0; k < 64; k++)
			mn_event(MN_LOG_ERROR, "event", i, k);
		atomic_store(&trace.tail, atomic_load(&trace.head));
	}
}

/* An event with two integers into the ring. */
void bench_event(void)
{
	start(MN_LOG_ERROR, ring, sizeof ring);
	in_task(events);
	MN_ASSERT(atomic_load(&trace.lost[0]) == 0);
}

struct reader {
	struct mn_task task;
	struct mn_irq_wait wait;
	struct mn_record record;
};

static mn_poll reader_run(struct reader *self)
{
	MN_BEGIN(self);
	while (mn_kernel_task_count(mn_running) > 1) {
		MN_TRY(self, mn_irq_wait(&self->wait, &trace.irq));
		while (mn_trace_next(&trace, &self->record))
			;
	}
	MN_END(self);
}

MN_TASK(reader);

/* Every event of the kernel is recorded, and read out of the ring, which holds those of a turn. */
void bench_call_traced(void)
{
	static struct reader reader;
	static uint64_t large[16384];

	start(MN_LOG_TRACE, large, sizeof large);
	mn_spawn(&kernel, &reader.task, &reader_task);
	mn_trace_mute(&reader.task);
	bench_call();
	MN_ASSERT(atomic_load(&trace.lost[0]) == 0);
}
