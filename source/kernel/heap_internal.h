/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * How a heap lies in its arena; for heap.c, alloc.c and heap_report.c.
 *
 *     struct mn_heap, table | block | block | ... | block | end
 *
 * Blocks lie end to end; each knows the size of the one before it, so both neighbours are
 * found by arithmetic. `end` is a header that counts as an allocated block of size 0, so
 * there is always a next one. Invariant between two calls: no two free blocks are
 * neighbours, and a free block is in the list of its size, which the bitmaps show as used.
 *
 * Places in the arena are 32-bit offsets from the heap: half the size of a pointer on
 * 64-bit machines, and easier to check.
 */
#ifndef MNEMOS_KERNEL_HEAP_INTERNAL_H
#define MNEMOS_KERNEL_HEAP_INTERNAL_H

#include <mnemos/heap.h>

/*
 * A block; its memory follows `owner`. `prev_size` is first because it is what a write
 * past the end of the block before hits first, and it can be checked.
 */
struct __attribute__((may_alias)) block {
	uint32_t prev_size; /* bytes of the block before; 0: this is the first */
	uint32_t size;      /* bytes, header included; bit 0: BLOCK_FREE */
	uint32_t owner;
	uint32_t next, prev; /* only while free: in the list of its size; 0: none */
};

#define BLOCK_HEADER ((uint32_t)offsetof(struct block, next))
#define BLOCK_FREE 1U
/* What `size` becomes when the block is merged into another: a second free sees it. */
#define BLOCK_MERGED BLOCK_FREE

/*
 * Free blocks are in lists by size: one for each multiple of MN_HEAP_ALIGN at first, then
 * 1 << split for each power of two. Two levels of bits tell which lists are not empty:
 * one per list, in words of 32, and one per word.
 */
struct mn_heap {
	struct mn_list waiting; /* of mn_alloc operations, oldest first */
	uint32_t first, end;    /* offsets of the first block and the end */
	uint32_t used;          /* bytes in allocated blocks */
	uint32_t high_water;
	uint32_t blocks;
	uint32_t waiters;
	uint32_t allocations;
	uint32_t failures;
	uint32_t fail_after; /* requests until one fails; 0: none does */
	uint32_t used_words; /* bit per word of `table` that is not 0 */
	uint16_t lists;
	uint8_t words;
	uint8_t split;
	uint32_t table[]; /* words: bit per list in use; lists: offset of the first block */
};

static inline struct block *mn__block_at(const struct mn_heap *heap, uint32_t offset)
{
	return (struct block *)((uintptr_t)heap + offset);
}

static inline uint32_t mn__block_offset(const struct mn_heap *heap, const struct block *block)
{
	return (uint32_t)((uintptr_t)block - (uintptr_t)heap);
}

static inline uint32_t mn__block_size(const struct block *block)
{
	return block->size & ~BLOCK_FREE;
}

/* Whether a block may begin there: a test that a wild offset fails. */
static inline bool mn__block_may_be_at(const struct mn_heap *heap, uint32_t offset)
{
	const uint32_t from_first = offset - heap->first;

	return from_first < heap->end - heap->first && from_first % MN_HEAP_ALIGN == 0;
}

/* The first block of each list; 0: empty. */
static inline uint32_t *mn__heap_lists(const struct mn_heap *heap)
{
	return (uint32_t *)(uintptr_t)heap->table + heap->words;
}

/* The list for free blocks of a size. */
uint32_t mn__heap_list(const struct mn_heap *heap, uint32_t size);

/* Bytes in the arena for a request, or 0 if the empty heap could not hold it. */
uint32_t mn__heap_need(const struct mn_heap *heap, size_t size);

/* A block of `need` bytes, or NULL; what mn_heap_alloc does without its accounts. */
void *mn__heap_take(struct mn_heap *heap, uint32_t need, uint32_t owner);

/* Counts a request; whether it is the one that mn_heap_fail_after asked to fail. */
bool mn__heap_fails(struct mn_heap *heap);

/* Counts a request that gets nothing. */
void mn__heap_refuse(struct mn_heap *heap, size_t size);

/* Gives memory to those who wait, in order, until one must go on waiting (alloc.c). */
void mn__heap_serve(struct mn_heap *heap);

#endif
