/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The benchmarks of the heap. */
#include <mnemos/heap.h>
#include "operations.h"
#include "virtual.h"

/* ---- alloc ---- */

static _Alignas(16) uint8_t arena[1 << 20];

void bench_alloc(void)
{
	struct mn_heap *heap = mn_heap_create(arena, sizeof arena);

	for (; bench_count > 0; bench_count--)
		mn_heap_free(heap, mn_heap_alloc(heap, 64, 0));
}

/* One of 1000 blocks of random sizes is freed and another allocated. */
void bench_alloc_among(void)
{
	static void *block[1000];
	struct mn_heap *heap = mn_heap_create(arena, sizeof arena);

	for (; bench_count > 0; bench_count--) {
		const uint64_t random = mn_random(&kernel);
		void **one = &block[random % 1000];

		mn_heap_free(heap, *one);
		*one = mn_heap_alloc(heap, (random >> 32) % 1000, 0);
	}
}

/* Two tasks hand all memory to each other. */
struct waster {
	struct mn_task task;
	struct mn_alloc memory;
	long left;
};

static mn_poll waster_run(struct waster *self)
{
	MN_BEGIN(self);
	for (; self->left > 0; self->left--) {
		MN_TRY(self, mn_alloc(&self->memory, sizeof arena / 2));
		MN_YIELD(self);
		mn_free(self->memory.block);
	}
	MN_END(self);
}

MN_TASK(waster);

void bench_alloc_wait(void)
{
	static struct waster two[2];

	kernel.heap = mn_heap_create(arena, sizeof arena);
	for (int i = 0; i < 2; i++) {
		two[i].left = bench_count / 2;
		mn_spawn(&kernel, &two[i].task, &waster_task);
	}
	virtual_run();
}
