/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sim.h"

jmp_buf sim_panic_jump;
bool sim_panic_expected;
char sim_panic_text[8192];

uint64_t mn_platform_now_us(const struct mn_kernel *kernel)
{
	return ((const struct sim *)(const void *)kernel)->now_us;
}

/* Tenths of a microsecond: each look takes one, so that records can be told apart. */
uint64_t mn_platform_trace_time(const struct mn_kernel *kernel)
{
	struct sim *sim = (struct sim *)(uintptr_t)kernel;

	return sim->now_us * 10 + ++sim->trace_looks;
}

uint32_t mn_platform_trace_hz(const struct mn_kernel *kernel)
{
	(void)kernel;
	return 10000000;
}

/* CPU time on a virtual clock: each look at it takes a microsecond. */
mn_cpu_time mn_platform_cpu_time(const struct mn_kernel *kernel)
{
	static mn_cpu_time looks;

	(void)kernel;
	return ++looks * (MN_CPU_HZ / 1000000);
}

void mn_platform_panic_write(const char *text, size_t len)
{
	const size_t used = strlen(sim_panic_text);

	if (!sim_panic_expected)
		fwrite(text, 1, len, stderr);
	if (used + len < sizeof sim_panic_text) {
		memcpy(sim_panic_text + used, text, len);
		sim_panic_text[used + len] = '\0';
	}
}

void mn_platform_halt(void)
{
	if (!sim_panic_expected)
		abort();
	sim_panic_expected = false;
	mn_running = MN__NOWHERE;
	longjmp(sim_panic_jump, 1);
}

static void log_to_sim(void *context, const struct mn_log_site *site, va_list args)
{
	struct sim *sim = context;
	char *end = sim->log + sim->log_len;
	size_t room = sizeof sim->log - sim->log_len;
	int n = snprintf(end, room, "%s %s: ", mn_log_level_name((enum mn_log_level)site->level),
			 site->target);

	if (n < 0 || (size_t)n >= room)
		return;
	n += vsnprintf(end + n, room - (size_t)n, site->format, args);
	if ((size_t)n + 1 >= room)
		return;
	end[n] = '\n';
	end[n + 1] = '\0';
	sim->log_len += (size_t)n + 1;
}

struct sim *sim_new(uint64_t seed)
{
	const char *shuffle = getenv("MN_SHUFFLE");
	struct sim *sim = aligned_alloc(64, (sizeof *sim + 63) / 64 * 64);

	assert_non_null(sim);
	memset(sim, 0, sizeof *sim);
	mn_kernel_init(&sim->kernel,
		       &(struct mn_kernel_config){
			       .name = "sim",
			       .services = sim->services,
			       .max_services = SIM_SERVICES,
			       .heap = sim->heap,
			       .heap_size = sizeof sim->heap,
			       .seed = seed + (shuffle ? strtoull(shuffle, NULL, 0) : 0),
			       .log = log_to_sim,
			       .log_context = sim,
		       });
	if (shuffle)
		mn_kernel_shuffle(&sim->kernel, true);
	return sim;
}

void sim_abandon(struct sim *sim)
{
	free(sim);
}

static void assert_heap_empty(const struct mn_heap *heap)
{
	struct mn_heap_stats stats;

	mn_heap_stats(heap, &stats);
	assert_int_equal(stats.blocks, 0);
	assert_int_equal(stats.waiting, 0);
	assert_string_equal(mn_heap_check(heap) ? mn_heap_check(heap) : "ok", "ok");
}

void sim_free(struct sim *sim)
{
	assert_int_equal(mn_kernel_task_count(&sim->kernel), 0);
	assert_int_equal(sim->kernel.wheel.count, 0);
	assert_heap_empty(sim->kernel.heap);
	sim_abandon(sim);
}

int sim_setup(void **state)
{
	*state = sim_new(1);
	return 0;
}

int sim_teardown(void **state)
{
	if (*state)
		sim_free(*state);
	return 0;
}

void sim_broken(void **state)
{
	sim_abandon(*state);
	*state = NULL;
}

void sim_cancel(struct sim *sim, struct mn_task *task)
{
	sim_enter(sim);
	mn_cancel(task);
	sim_leave();
}

static mn_poll sim_canceller_run(struct sim_canceller *self)
{
	MN_BEGIN(self);
	while (self->turns-- > 0)
		MN_YIELD(self);
	mn_cancel(self->victim);
	MN_END(self);
}

MN_TASK(sim_canceller);

void sim_cancel_later(struct sim *sim, struct sim_canceller *canceller, struct mn_task *task,
		      uint32_t turns)
{
	*canceller = (struct sim_canceller){.victim = task, .turns = turns};
	mn_spawn(&sim->kernel, &canceller->task, &sim_canceller_task);
}

void sim_cancel_all(struct sim *sim)
{
	struct mn_list *tasks = &sim->kernel.tasks;

	sim_enter(sim);
	for (struct mn_list *node = tasks->next; node != tasks; node = node->next)
		mn_cancel(MN_CONTAINER(node, struct mn_task, all));
	sim_leave();
	sim_settle(sim);
}

/* One turn. Returns the next deadline, or 0 if there is more to do now. */
static uint64_t turn(struct sim *sim)
{
	const uint64_t next_us = mn_kernel_run_once(&sim->kernel);

	sim->turns++;
	return mn_kernel_interrupted(&sim->kernel) ? 0 : next_us;
}

void sim_settle(struct sim *sim)
{
	while (turn(sim) <= sim->now_us)
		;
}

void sim_run(struct sim *sim)
{
	uint64_t next_us;

	while ((next_us = turn(sim)) != MN_NEVER)
		if (next_us > sim->now_us)
			sim->now_us = next_us;
}

void sim_run_for(struct sim *sim, uint64_t us)
{
	const uint64_t end_us = sim->now_us + us;
	uint64_t next_us;

	while ((next_us = turn(sim)) <= end_us)
		if (next_us > sim->now_us)
			sim->now_us = next_us;
	sim->now_us = end_us;
}
