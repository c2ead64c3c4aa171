/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The heap: memory of any size from one arena, in bounded time, with an owner per block.
 *
 * Most memory of a system is static or in its tasks' structs. What is not comes from here:
 * buffers whose size the configuration or a request decides, and tasks from
 * mn_spawn_heap. A task uses its kernel's heap through three functions:
 *
 *     block = mn_try_alloc(512);                       // now, or NULL
 *     MN_TRY(self, mn_alloc(&self->memory, 512));      // waits; then self->memory.block
 *     MN_AWAIT(self, mn_timeout(&self->limit, mn_alloc(&self->memory, 512), 100000));
 *     mn_free(block);
 *
 * The mn_heap_ functions do the same with a heap that is named: a kernel has one, but
 * other arenas (memory that a device can reach, say) may be heaps of their own.
 *
 * Who gets freed memory: tasks that wait, first come first served, at the moment it is
 * freed. A later request does not overtake an earlier, larger one, or the larger one might
 * wait for ever; so a small request can wait although memory for it is free, and a task
 * that holds memory while it waits for more should set a time limit. mn_try_alloc and
 * mn_heap_alloc do take what those who wait cannot use yet: they have no way to queue, and
 * refusing them would let one large request fail all others in the system.
 *
 * Time: two-level segregated fit. Allocating and freeing visit a constant number of
 * blocks, whatever the heap's size and history; a free is merged with its neighbours at
 * once, and in addition serves those who wait, at the price of one allocation each.
 *
 * Space: 12 bytes a block, rounded up to MN_HEAP_ALIGN, and a table at the start of the
 * arena (about 250 bytes for 16 KiB, 500 for 256 KiB, 1200 for 16 MiB). A request may be
 * refused although a free block is up to a quarter larger than it (an eighth from 64 KiB,
 * a sixteenth from 1 MiB), if four others of the same size class lie before it.
 *
 * Mistakes: a pointer that is none of this heap's blocks, a block freed twice and a
 * header that was overwritten panic when the block or its neighbour is freed or allocated.
 * Not noticed: what was freed, allocated anew by another and freed again.
 *
 * Task context only; start-up code may use the mn_heap_ functions while no task waits.
 */
#ifndef MNEMOS_HEAP_H
#define MNEMOS_HEAP_H

#include <stddef.h>
#include <stdint.h>
#include <mnemos/list.h>
#include <mnemos/wait.h>

/* Alignment of every block: good for any object. */
#define MN_HEAP_ALIGN _Alignof(max_align_t)

struct mn_heap;

/*
 * Makes a heap in an arena, which is its from now on, at any alignment; what lies beyond
 * 2 GiB is not used. Panics if it is too small for a single block.
 */
struct mn_heap *mn_heap_create(void *arena, size_t size);

/*
 * At least `size` bytes, not zeroed, or NULL if there are none; 0 bytes are a block too.
 * `owner` is a task's id for reports, or 0 for the system itself.
 */
void *mn_heap_alloc(struct mn_heap *heap, size_t size, uint32_t owner);

/* Gives a block back; NULL is nothing. Panics if it is not a block of this heap. */
void mn_heap_free(struct mn_heap *heap, void *memory);

/* Notes that somebody else owns the block from now on. */
void mn_heap_set_owner(void *memory, uint32_t owner);

/*
 * Waiting for memory.
 *
 *               1 alloc             2 freed by somebody      3 poll
 *     idle --------------> queued -----------------> given ---------> idle, MN_OK
 *       |  1 if there is some |                        |
 *       v                     | 4 canceled             | 4 canceled: given back
 *     idle, MN_OK             +------> idle <----------+
 *
 * After MN_OK `block` is the running task's, to be freed with mn_free; it stays in the
 * operation until its next use, for the caller's convenience only. After any error there is
 * no block: a cancellation, time-out or lost race never leaves memory behind.
 */
struct mn_alloc {
	struct mn_wait wait;
	struct mn_list link; /* queued: among those who wait, in order */
	size_t size;         /* bytes to take from the arena, header included */
	void *block;         /* given, or the answer; NULL otherwise */
};

/*
 * Waits for at least `size` bytes of the running kernel's heap. Errors: MN_ECANCELED;
 * MN_ETOOBIG at once if the empty heap could not hold it, or there is none; MN_ENOMEM
 * only from mn_heap_fail_after.
 */
mn_poll mn_alloc(struct mn_alloc *op, size_t size);

/* The same from another heap; all who wait at one heap are tasks of one kernel. */
mn_poll mn_alloc_from(struct mn_alloc *op, struct mn_heap *heap, size_t size);

/* The same without waiting: the block, or NULL. */
void *mn_try_alloc(size_t size);

/* Gives a block back to the running kernel's heap; NULL is nothing. */
void mn_free(void *memory);

/* How a heap stands. Bytes include headers, so `used` and `free` add up to `size`. */
struct mn_heap_stats {
	size_t size;          /* bytes for blocks in all */
	size_t used;          /* in blocks now */
	size_t high_water;    /* the most that was ever used */
	size_t free;          /* size - used */
	size_t largest;       /* usable bytes of the largest free block */
	uint32_t blocks;      /* allocated now */
	uint32_t waiting;     /* tasks that wait */
	uint32_t allocations; /* that were granted; wraps */
	uint32_t failures;    /* NULL, MN_ETOOBIG and MN_ENOMEM answered; wraps */
};

/* Fills in `stats`. Cost: a look at each free block of the largest size class. */
void mn_heap_stats(const struct mn_heap *heap, struct mn_heap_stats *stats);

/*
 * Visits every allocated block in order of addresses, with its usable bytes: for dumps and
 * sums per owner. `visit` must neither allocate nor free. Cost: a look at every block.
 */
void mn_heap_each(const struct mn_heap *heap,
		  void (*visit)(void *context, const void *block, size_t size, uint32_t owner),
		  void *context);

/*
 * For tests: looks at everything and says what is wrong, or NULL if nothing is. Cost: a
 * look at every block and list.
 */
const char *mn_heap_check(const struct mn_heap *heap);

/*
 * For stress tests: the n-th request from now fails although there is memory (mn_alloc
 * then answers MN_ENOMEM instead of waiting), and those after it do as usual; 0: none
 * does. Running a test with n = 1, 2, ... takes it through every path of its clean-up.
 */
void mn_heap_fail_after(struct mn_heap *heap, uint32_t n);

#endif
