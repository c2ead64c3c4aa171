/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What people and tests want to know about a heap; nothing here changes it. */
#include "heap_internal.h"

static const struct block *block_behind(const struct mn_heap *heap, const struct block *block)
{
	return mn__block_at(heap, mn__block_offset(heap, block) + mn__block_size(block));
}

/* The size of the largest free block: in the last list in use. */
static uint32_t largest_free(const struct mn_heap *heap)
{
	uint32_t largest = 0;

	if (heap->used_words == 0)
		return 0;
	const uint32_t word = 31U - (uint32_t)__builtin_clz(heap->used_words);
	const uint32_t bit = 31U - (uint32_t)__builtin_clz(heap->table[word]);
	uint32_t offset = mn__heap_lists(heap)[word * 32 + bit];
	while (offset) {
		const struct block *block = mn__block_at(heap, offset);

		if (mn__block_size(block) > largest)
			largest = mn__block_size(block);
		offset = block->next;
	}
	return largest;
}

void mn_heap_stats(const struct mn_heap *heap, struct mn_heap_stats *stats)
{
	const uint32_t largest = largest_free(heap);

	*stats = (struct mn_heap_stats){
		.size = heap->end - heap->first,
		.used = heap->used,
		.high_water = heap->high_water,
		.free = heap->end - heap->first - heap->used,
		.largest = largest ? largest - BLOCK_HEADER : 0,
		.blocks = heap->blocks,
		.waiting = heap->waiters,
		.allocations = heap->allocations,
		.failures = heap->failures,
	};
}

void mn_heap_each(const struct mn_heap *heap,
		  void (*visit)(void *context, const void *block, size_t size, uint32_t owner),
		  void *context)
{
	const struct block *end = mn__block_at(heap, heap->end);

	for (const struct block *block = mn__block_at(heap, heap->first); block != end;
	     block = block_behind(heap, block))
		if (!(block->size & BLOCK_FREE))
			visit(context, (const char *)block + BLOCK_HEADER,
			      block->size - BLOCK_HEADER, block->owner);
}

/* What a walk along the blocks counts. */
struct census {
	uint32_t used, blocks, free_blocks;
};

static const char *check_blocks(const struct mn_heap *heap, struct census *census)
{
	uint32_t offset = heap->first, prev_size = 0;
	bool prev_free = false;

	while (offset != heap->end) {
		const struct block *block = mn__block_at(heap, offset);
		const uint32_t size = mn__block_size(block);
		const bool is_free = block->size & BLOCK_FREE;

		if (block->prev_size != prev_size)
			return "a block does not know the size of the one before it";
		if (size < sizeof *block || size > heap->end - offset || size % MN_HEAP_ALIGN)
			return "a block has an impossible size";
		if (is_free && prev_free)
			return "two free blocks are neighbours";
		census->free_blocks += is_free;
		census->blocks += !is_free;
		census->used += is_free ? 0 : size;
		prev_free = is_free;
		prev_size = size;
		offset += size;
	}
	if (mn__block_at(heap, offset)->prev_size != prev_size || mn__block_at(heap, offset)->size)
		return "the end is overwritten";
	return NULL;
}

static const char *check_list(const struct mn_heap *heap, uint32_t list, uint32_t *free_blocks)
{
	uint32_t prev = 0;

	for (uint32_t offset = mn__heap_lists(heap)[list]; offset;
	     offset = mn__block_at(heap, offset)->next) {
		if (!mn__block_may_be_at(heap, offset))
			return "a list leads out of the arena";
		const struct block *block = mn__block_at(heap, offset);
		if (!(block->size & BLOCK_FREE))
			return "a list holds a block that is not free";
		if (mn__heap_list(heap, mn__block_size(block)) != list)
			return "a block is in the list of another size";
		if (block->prev != prev)
			return "a list's links disagree";
		if ((*free_blocks)-- == 0)
			return "the lists hold more than the free blocks";
		prev = offset;
	}
	return NULL;
}

/* Every list, against the bits and the number of free blocks. */
static const char *check_table(const struct mn_heap *heap, uint32_t free_blocks)
{
	for (uint32_t list = 0; list < heap->lists; list++) {
		const char *wrong = check_list(heap, list, &free_blocks);
		const bool used = mn__heap_lists(heap)[list] != 0;

		if (wrong)
			return wrong;
		if (used != (heap->table[list / 32] >> list % 32 & 1U))
			return "the bit of a list is wrong";
	}
	for (uint32_t word = 0; word < heap->words; word++)
		if ((heap->table[word] != 0) != (heap->used_words >> word & 1U))
			return "the bit of a word of lists is wrong";
	return free_blocks ? "a free block is in no list" : NULL;
}

const char *mn_heap_check(const struct mn_heap *heap)
{
	struct census census = {0};
	const char *wrong = check_blocks(heap, &census);
	uint32_t waiters = 0;

	if (!wrong)
		wrong = check_table(heap, census.free_blocks);
	if (wrong)
		return wrong;
	for (const struct mn_list *node = heap->waiting.next; node != &heap->waiting;
	     node = node->next)
		waiters++;
	if (census.used != heap->used || census.blocks != heap->blocks || waiters != heap->waiters)
		return "the counts are wrong";
	return heap->high_water < heap->used ? "the high-water mark is below the use" : NULL;
}
