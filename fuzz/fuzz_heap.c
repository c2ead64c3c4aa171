/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The input is a program for a heap: its first byte says how large the arena is, each three
 * bytes after it are a step: what to do, with which of 16 slots, and a size. Tasks run only
 * when a step says so, so that every moment of waiting can be met by every other step.
 */
#include <stdbool.h>
#include <mnemos/heap.h>
#include <mnemos/operation.h>
#include "fuzz_kernel.h"

#define SLOTS 16

/* A slot holds nothing, a block, or a task that waits for one. */
struct slot {
	struct mn_task task;
	struct mn_alloc memory;
	size_t size;
	unsigned number; /* of the task, in the order in which they began */
	bool waits;
	uint8_t *block;
};

static struct mn_kernel kernel;
static struct slot slot[SLOTS];

static void hold(struct slot *s, void *block)
{
	s->block = block;
	if (block)
		memset(block, (int)(s - slot) + 1, s->size);
}

static mn_poll slot_run(struct slot *self)
{
	MN_BEGIN(self);
	MN_AWAIT(self, mn_alloc(&self->memory, self->size));
	FUZZ_CHECK((MN_RESULT(self) == MN_OK) == (self->memory.block != NULL));
	hold(self, self->memory.block);
	self->waits = false;
	MN_END(self);
}

MN_TASK(slot);

static void release(struct slot *s)
{
	for (size_t i = 0; i < s->size; i++)
		FUZZ_CHECK(s->block[i] == s - slot + 1);
	mn_free(s->block);
	s->block = NULL;
}

static void step(struct slot *s, unsigned what, size_t size)
{
	static unsigned numbers;

	if (what == 0)
		mn_kernel_run_once(&kernel);
	else if (s->waits)
		mn_cancel(&s->task);
	else if (s->block)
		release(s);
	else if (what == 1) {
		s->size = size;
		hold(s, mn_heap_alloc(kernel.heap, size, 0));
	} else {
		s->size = size;
		s->number = numbers++;
		s->waits = true;
		mn_spawn(&kernel, &s->task, &slot_task);
	}
}

static bool queued(const struct slot *s)
{
	return mn_wait_active(&s->memory.wait) && !s->memory.block;
}

/* Who was given memory had come before all who still wait, and the first of those cannot be helped.
 */
static void check_queue(void)
{
	const struct slot *first = NULL;

	for (int i = 0; i < SLOTS; i++)
		if (queued(&slot[i]) && (!first || slot[i].number < first->number))
			first = &slot[i];
	if (!first)
		return;
	for (int i = 0; i < SLOTS; i++)
		if (mn_wait_active(&slot[i].memory.wait) && !queued(&slot[i]))
			FUZZ_CHECK(slot[i].number < first->number);
	FUZZ_CHECK(mn_heap_alloc(kernel.heap, first->size, 0) == NULL);
}

static void check(void)
{
	FUZZ_CHECK(mn_heap_check(kernel.heap) == NULL);
	check_queue();
}

/* Everything is given back, in whatever order: one free block must be left. */
static void end(size_t whole)
{
	struct mn_heap_stats stats;

	for (int round = 0; round < SLOTS; round++) {
		mn_kernel_run_once(&kernel);
		mn_running = &kernel;
		for (int i = 0; i < SLOTS; i++)
			if (slot[i].block)
				release(&slot[i]);
		mn_running = MN__NOWHERE;
		check();
	}
	mn_heap_stats(kernel.heap, &stats);
	FUZZ_CHECK(mn_kernel_task_count(&kernel) == 0);
	FUZZ_CHECK(stats.blocks == 0 && stats.waiting == 0 && stats.largest == whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mn_heap_stats stats;

	if (len == 0)
		return 0;
	const size_t arena_size = (size_t)512 << data[0] % 10;
	void *arena = fuzz_alloc(arena_size);
	memset(slot, 0, sizeof slot);
	mn_kernel_init(&kernel, &(struct mn_kernel_config){.heap = arena, .heap_size = arena_size});
	mn_heap_stats(kernel.heap, &stats);
	for (size_t at = 1; at + 2 < len; at += 3) {
		const size_t size = (size_t)data[at + 1] << data[at + 2] % 10;

		mn_running = &kernel;
		step(&slot[data[at] % SLOTS], data[at] / SLOTS % 4, size);
		mn_running = MN__NOWHERE;
		check();
	}
	end(stats.largest);
	free(arena);
	return 0;
}
