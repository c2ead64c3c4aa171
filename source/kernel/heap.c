/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Two-level segregated fit, after M. Masmano, I. Ripoll, A. Crespo and J. Real, "TLSF: a
 * new dynamic memory allocator for real-time systems" (ECRTS 2004).
 *
 * A request is rounded up to the next list, so that any block of that list is large
 * enough and the two bitmaps find the list without a search. What is new here: 32-bit
 * offsets, a table no larger than the arena needs, and a last look at a few blocks of the
 * list that the request itself belongs to, so that a small heap can be used to its end.
 */
#include <mnemos/panic.h>
#include "heap_internal.h"
#include "internal.h"

/* Blocks of its own list that a request looks at when all larger lists are empty. */
#define LAST_LOOKS 4

#define ALIGN ((uint32_t)MN_HEAP_ALIGN)
#define ARENA_MAX (UINT32_C(1) << 31)
/* A free block holds its links; and blocks stay at the same distance from alignment. */
#define BLOCK_MIN ((uint32_t)((sizeof(struct block) + ALIGN - 1) & ~(ALIGN - 1)))

_Static_assert(offsetof(struct block, next) == 12, "12 bytes a block, as heap.h says");
_Static_assert(ALIGN >= 8 && (ALIGN & (ALIGN - 1)) == 0, "sizes are multiples of ALIGN");

static uint32_t align_up(uint32_t size)
{
	return (size + ALIGN - 1) & ~(ALIGN - 1);
}

/* Bits of a size, in units of ALIGN, that its list does not look at. */
static unsigned coarseness(const struct mn_heap *heap, uint32_t units)
{
	const unsigned top_bit = 31U - (unsigned)__builtin_clz(units | 1U << heap->split);

	return top_bit - heap->split;
}

uint32_t mn__heap_list(const struct mn_heap *heap, uint32_t size)
{
	const uint32_t units = size / ALIGN;
	const unsigned coarse = coarseness(heap, units);

	/* For small sizes that is `units`; then each power of two has 1 << split lists. */
	return (coarse << heap->split) + (units >> coarse);
}

/* The first list whose blocks are all of at least that size. */
static uint32_t list_above(const struct mn_heap *heap, uint32_t size)
{
	const unsigned coarse = coarseness(heap, size / ALIGN);

	return mn__heap_list(heap, size + ALIGN * ((1U << coarse) - 1));
}

/* ---- Lists of free blocks ---- */

static void list_insert(struct mn_heap *heap, struct block *block)
{
	const uint32_t list = mn__heap_list(heap, block->size);
	const uint32_t offset = mn__block_offset(heap, block);
	uint32_t *head = &mn__heap_lists(heap)[list];

	block->size |= BLOCK_FREE;
	block->next = *head;
	block->prev = 0;
	if (*head)
		mn__block_at(heap, *head)->prev = offset;
	*head = offset;
	heap->table[list / 32] |= 1U << list % 32;
	heap->used_words |= 1U << list / 32;
}

static void list_is_empty(struct mn_heap *heap, uint32_t list)
{
	heap->table[list / 32] &= ~(1U << list % 32);
	if (heap->table[list / 32] == 0)
		heap->used_words &= ~(1U << list / 32);
}

static _Noreturn __attribute__((cold)) void panic_stale_write(void)
{
	MN_PANIC("heap: memory was written to after it was freed");
}

/* Where a free block's link leads; links are the first thing that a stale write hits. */
static struct block *linked(const struct mn_heap *heap, uint32_t offset)
{
	if (!mn__block_may_be_at(heap, offset))
		panic_stale_write();
	return mn__block_at(heap, offset);
}

static void list_remove(struct mn_heap *heap, struct block *block)
{
	const uint32_t offset = mn__block_offset(heap, block);
	const uint32_t list = block->prev ? 0 : mn__heap_list(heap, mn__block_size(block));
	uint32_t *from =
		block->prev ? &linked(heap, block->prev)->next : &mn__heap_lists(heap)[list];

	if (*from != offset)
		panic_stale_write();
	*from = block->next;
	if (block->next) {
		struct block *next = linked(heap, block->next);

		if (next->prev != offset)
			panic_stale_write();
		next->prev = block->prev;
	} else if (!block->prev) {
		list_is_empty(heap, list);
	}
	block->size &= ~BLOCK_FREE;
}

/* The first block of the first list in use from `list` on. */
static struct block *first_from(struct mn_heap *heap, uint32_t list)
{
	uint32_t word = list / 32;
	uint32_t bits = 0;

	if (word < heap->words)
		bits = heap->table[word] & (~0U << list % 32);
	if (bits == 0) {
		const uint32_t words = heap->used_words & (~0U << word << 1);

		if (words == 0)
			return NULL;
		word = (uint32_t)__builtin_ctz(words);
		bits = heap->table[word];
	}
	list = word * 32 + (uint32_t)__builtin_ctz(bits);
	return mn__block_at(heap, mn__heap_lists(heap)[list]);
}

static struct block *find(struct mn_heap *heap, uint32_t need)
{
	struct block *block = first_from(heap, list_above(heap, need));

	if (block)
		return block;
	uint32_t offset = mn__heap_lists(heap)[mn__heap_list(heap, need)];
	for (int looks = LAST_LOOKS; offset && looks > 0; looks--) {
		block = linked(heap, offset);
		if (mn__block_size(block) >= need)
			return block;
		offset = block->next;
	}
	return NULL;
}

/* ---- Blocks ---- */

/* Whether a block's header agrees with the one behind it, and with the one before it. */
static bool agrees_with_next(const struct mn_heap *heap, const struct block *block)
{
	const uint32_t size = mn__block_size(block);
	const uint32_t room = heap->end - mn__block_offset(heap, block);

	return size >= BLOCK_MIN && size <= room && size % ALIGN == 0 &&
	       mn__block_at(heap, mn__block_offset(heap, block) + size)->prev_size == size;
}

static bool agrees_with_prev(const struct mn_heap *heap, const struct block *block)
{
	const uint32_t offset = mn__block_offset(heap, block);
	const uint32_t prev_size = block->prev_size;

	if (prev_size == 0)
		return offset == heap->first;
	return prev_size <= offset - heap->first && prev_size % ALIGN == 0 &&
	       mn__block_size(mn__block_at(heap, offset - prev_size)) == prev_size;
}

static void expect_free(const struct mn_heap *heap, const struct block *block)
{
	if (!(block->size & BLOCK_FREE) || !agrees_with_next(heap, block))
		MN_PANIC("heap: the header of a free block was overwritten");
}

static void set_size(struct mn_heap *heap, struct block *block, uint32_t size)
{
	block->size = size;
	mn__block_at(heap, mn__block_offset(heap, block) + size)->prev_size = size;
}

/* Gives back what lies behind the first `need` bytes of a block, if that makes a block. */
static void split_off(struct mn_heap *heap, struct block *block, uint32_t need)
{
	const uint32_t rest = block->size - need;

	if (rest < BLOCK_MIN)
		return;
	set_size(heap, block, need);
	struct block *behind = mn__block_at(heap, mn__block_offset(heap, block) + need);
	set_size(heap, behind, rest);
	list_insert(heap, behind);
}

uint32_t mn__heap_need(const struct mn_heap *heap, size_t size)
{
	const uint32_t whole = heap->end - heap->first;

	if (size > whole - BLOCK_HEADER)
		return 0;
	const uint32_t need = align_up((uint32_t)size + BLOCK_HEADER);
	return need < BLOCK_MIN ? BLOCK_MIN : need;
}

void *mn__heap_take(struct mn_heap *heap, uint32_t need, uint32_t owner)
{
	struct block *block = find(heap, need);

	if (!block)
		return NULL;
	expect_free(heap, block);
	list_remove(heap, block);
	split_off(heap, block, need);
	block->owner = owner;
	heap->allocations++;
	heap->blocks++;
	heap->used += block->size;
	if (heap->high_water < heap->used)
		heap->high_water = heap->used;
	MN__EVENT(mn_running, values, MN_TRACE_ALLOC, (uintptr_t)block + BLOCK_HEADER, block->size);
	return (char *)block + BLOCK_HEADER;
}

bool mn__heap_fails(struct mn_heap *heap)
{
	if (__builtin_expect(heap->fail_after == 0, 1))
		return false;
	return --heap->fail_after == 0;
}

void mn__heap_refuse(struct mn_heap *heap, size_t size)
{
	heap->failures++;
	MN__EVENT(mn_running, value, MN_TRACE_REFUSE, size);
}

void *mn_heap_alloc(struct mn_heap *heap, size_t size, uint32_t owner)
{
	const uint32_t need = mn__heap_need(heap, size);
	void *block = NULL;

	if (!mn__heap_fails(heap) && need)
		block = mn__heap_take(heap, need, owner);
	if (!block)
		mn__heap_refuse(heap, size);
	return block;
}

/* Ends the system if a header cannot be one of an allocated block, with the likely reason. */
static void expect_allocated(const struct mn_heap *heap, const struct block *block)
{
	if ((uintptr_t)block < (uintptr_t)heap || (uintptr_t)block - (uintptr_t)heap >= heap->end ||
	    !mn__block_may_be_at(heap, mn__block_offset(heap, block)))
		MN_PANIC("heap: freed a pointer that is not a block of this heap");
	const bool next_agrees = agrees_with_next(heap, block);
	const bool prev_agrees = agrees_with_prev(heap, block);
	if (block->size == BLOCK_MERGED || (block->size & BLOCK_FREE && prev_agrees))
		MN_PANIC("heap: freed a block twice");
	if (!next_agrees && prev_agrees)
		MN_PANIC("heap: a block was written past its end");
	if (next_agrees && !prev_agrees)
		MN_PANIC("heap: the header of a freed block was overwritten");
	if (!next_agrees)
		MN_PANIC("heap: freed a pointer that is not a block, or its header is broken");
}

/* Merges a block that is in no list with its free neighbours; returns the whole. */
static struct block *merge(struct mn_heap *heap, struct block *block)
{
	struct block *next = mn__block_at(heap, mn__block_offset(heap, block) + block->size);
	struct block *prev = mn__block_at(heap, mn__block_offset(heap, block) - block->prev_size);
	uint32_t size = block->size;

	if (next->size & BLOCK_FREE) {
		expect_free(heap, next);
		list_remove(heap, next);
		size += next->size;
		next->size = BLOCK_MERGED;
	}
	if (block->prev_size && prev->size & BLOCK_FREE) {
		list_remove(heap, prev);
		size += prev->size;
		block->size = BLOCK_MERGED;
		block = prev;
	}
	set_size(heap, block, size);
	return block;
}

void mn_heap_free(struct mn_heap *heap, void *memory)
{
	if (!memory)
		return;
	struct block *block = (struct block *)((uintptr_t)memory - BLOCK_HEADER);
	expect_allocated(heap, block);
	MN__EVENT(mn_running, value, MN_TRACE_FREE, (uintptr_t)memory);
	heap->blocks--;
	heap->used -= block->size;
	list_insert(heap, merge(heap, block));
	if (heap->waiters)
		mn__heap_serve(heap);
}

void mn_heap_set_owner(void *memory, uint32_t owner)
{
	struct block *block = (struct block *)((uintptr_t)memory - BLOCK_HEADER);

	MN_ASSERT(!(block->size & BLOCK_FREE));
	block->owner = owner;
}

void mn_heap_fail_after(struct mn_heap *heap, uint32_t n)
{
	heap->fail_after = n;
}

/* ---- Start ---- */

/* Finer lists waste less when memory is short, but cost table: 4 bytes each. */
static uint8_t split_for(uint32_t size)
{
	if (size < 64 * 1024)
		return 2;
	return size < 1024 * 1024 ? 3 : 4;
}

struct mn_heap *mn_heap_create(void *arena, size_t size)
{
	const uint32_t skip = (uint32_t)(-(uintptr_t)arena % ALIGN);
	struct mn_heap *heap = (struct mn_heap *)((uintptr_t)arena + skip);

	if (size < skip + sizeof *heap + ALIGN)
		MN_PANIC("heap: the arena is too small");
	size -= skip;
	const uint32_t bytes = size > ARENA_MAX ? ARENA_MAX : (uint32_t)size;
	*heap = (struct mn_heap){.split = split_for(bytes)};
	mn_list_init(&heap->waiting);
	heap->lists = (uint16_t)(mn__heap_list(heap, bytes) + 1);
	heap->words = (uint8_t)((heap->lists + 31) / 32);
	const uint32_t table_bytes = 4U * (heap->words + heap->lists);
	heap->first = align_up((uint32_t)sizeof *heap + table_bytes + BLOCK_HEADER) - BLOCK_HEADER;
	if (bytes < heap->first + BLOCK_MIN + BLOCK_HEADER)
		MN_PANIC("heap: the arena is too small");
	heap->end = heap->first + ((bytes - heap->first - BLOCK_HEADER) & ~(ALIGN - 1));
	for (uint32_t i = 0; i < table_bytes / 4; i++)
		heap->table[i] = 0;
	struct block *whole = mn__block_at(heap, heap->first);
	mn__block_at(heap, heap->end)->size = 0; /* there is room for its header only */
	whole->prev_size = 0;
	set_size(heap, whole, heap->end - heap->first);
	list_insert(heap, whole);
	return heap;
}
