/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: what the heap promises its users (disjoint, aligned, untouched memory; nothing
 * lost), and that it notices their mistakes. Waiting for memory is in test_alloc.c.
 */
#include <stdlib.h>
#include <string.h>
#include "sim.h"

#define KIB ((size_t)1024)

/* Random programs against a model, on arenas from tiny to large. */
#define STEPS 3000
#define SLOTS 96
#define GUARD 64 /* bytes around the arena */

struct model {
	struct mn_heap *heap;
	uint8_t *arena;
	size_t arena_size;
	uint64_t random;
	size_t used; /* of requests */
	struct {
		uint8_t *block;
		size_t size;
		uint8_t fill;
	} slot[SLOTS];
};

static uint32_t draw(struct model *model, uint32_t below)
{
	uint64_t x = model->random; /* xorshift64 */

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	model->random = x;
	return (uint32_t)(x >> 32) % below;
}

static void assert_sound(const struct mn_heap *heap)
{
	const char *wrong = mn_heap_check(heap);

	if (wrong)
		fail_msg("%s", wrong);
}

static struct mn_heap_stats stats_of(const struct mn_heap *heap)
{
	struct mn_heap_stats stats;

	mn_heap_stats(heap, &stats);
	return stats;
}

/* Sizes as programs have them: mostly small, some large, some of a power of two. */
static size_t draw_size(struct model *model)
{
	switch (draw(model, 8)) {
	case 0:
		return draw(model, (uint32_t)(model->arena_size / 3));
	case 1:
		return (size_t)1 << draw(model, 12);
	default:
		return draw(model, 200);
	}
}

static void model_alloc(struct model *model, size_t at)
{
	const size_t size = draw_size(model);
	const size_t largest = stats_of(model->heap).largest;
	uint8_t *block = mn_heap_alloc(model->heap, size, (uint32_t)at);

	if (!block) /* only when nothing of the request's size class and above is free */
		assert_true(size + size / 4 + 2 * MN_HEAP_ALIGN > largest);
	if (!block)
		return;
	assert_true(size <= largest);
	assert_int_equal((uintptr_t)block % MN_HEAP_ALIGN, 0);
	assert_true(block >= model->arena && block + size <= model->arena + model->arena_size);
	model->slot[at].block = block;
	model->slot[at].size = size;
	model->slot[at].fill = (uint8_t)draw(model, 256);
	memset(block, model->slot[at].fill, size);
	model->used += size;
}

static void model_free(struct model *model, size_t at)
{
	const uint8_t *block = model->slot[at].block;
	size_t spoilt = 0;

	for (size_t i = 0; i < model->slot[at].size; i++)
		spoilt += block[i] != model->slot[at].fill;
	assert_int_equal(spoilt, 0);
	mn_heap_free(model->heap, model->slot[at].block);
	model->slot[at].block = NULL;
	model->used -= model->slot[at].size;
}

/* The heap lists exactly the model's blocks. */
static void see_block(void *context, const void *block, size_t size, uint32_t owner)
{
	const struct model *model = context;

	assert_ptr_equal(model->slot[owner].block, block);
	assert_true(size >= model->slot[owner].size);
}

static void run_model(size_t arena_size, size_t skew, uint64_t seed)
{
	struct model model = {.arena_size = arena_size, .random = seed * 77 + 1};
	uint8_t *memory = malloc(arena_size + 2 * GUARD + skew);

	assert_non_null(memory);
	memset(memory, 0xc3, arena_size + 2 * GUARD + skew);
	model.arena = memory + GUARD + skew;
	model.heap = mn_heap_create(model.arena, arena_size);
	const struct mn_heap_stats fresh = stats_of(model.heap);
	for (int step = 0; step < STEPS; step++) {
		const size_t at = draw(&model, SLOTS);

		if (model.slot[at].block)
			model_free(&model, at);
		else
			model_alloc(&model, at);
		assert_sound(model.heap);
		assert_true(stats_of(model.heap).used >= model.used);
	}
	mn_heap_each(model.heap, see_block, &model);
	for (size_t at = 0; at < SLOTS; at++)
		if (model.slot[at].block)
			model_free(&model, at);
	assert_sound(model.heap);
	const struct mn_heap_stats end = stats_of(model.heap);
	assert_int_equal(end.blocks, 0);
	assert_int_equal(end.used, 0);
	assert_int_equal(end.largest, fresh.largest); /* one block again */
	assert_true(end.failures > 0 || arena_size > 512 * KIB);
	for (size_t i = 0; i < GUARD; i++) { /* nothing outside was written */
		assert_int_equal(model.arena[-1 - (ptrdiff_t)i], 0xc3);
		assert_int_equal(model.arena[arena_size + i], 0xc3);
	}
	free(memory);
}

static void keeps_its_promises_to_random_programs(void **state)
{
	static const size_t sizes[] = {KIB, 4 * KIB + 3, 16 * KIB, 64 * KIB, 1024 * KIB};

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
		for (uint64_t seed = 1; seed <= 4; seed++) {
			print_message("arena of %zu, seed %u\n", sizes[i], (unsigned)seed);
			run_model(sizes[i], (size_t)seed * 5 - 5, seed);
		}
}

static _Alignas(16) uint8_t arena[16 * 1024];

static struct mn_heap *fresh_heap(void)
{
	memset(arena, 0xa5, sizeof arena);
	return mn_heap_create(arena, sizeof arena);
}

static void costs_little_in_a_small_arena(void **state)
{
	(void)state;
	assert_true(stats_of(fresh_heap()).size >= sizeof arena - 300);
}

static void can_be_allocated_whole(void **state)
{
	struct mn_heap *heap = fresh_heap();
	const size_t whole = stats_of(heap).size - 12;

	(void)state;
	assert_null(mn_heap_alloc(heap, whole + 1, 0));
	assert_null(mn_heap_alloc(heap, SIZE_MAX, 0));
	void *block = mn_heap_alloc(heap, whole, 0);
	assert_non_null(block);
	assert_int_equal(stats_of(heap).free, 0);
	assert_int_equal(stats_of(heap).largest, 0);
	assert_null(mn_heap_alloc(heap, 0, 0));
	assert_int_equal(stats_of(heap).failures, 3);
	mn_heap_free(heap, block);
	assert_non_null(mn_heap_alloc(heap, whole, 0)); /* a failure has no after-effects */
}

/* Filling with the smallest blocks and freeing every other one leaves no large block. */
static void merges_in_every_order(void **state)
{
	static const unsigned strides[] = {1, 2, 3, 7};
	void *block[1024];

	(void)state;
	for (size_t s = 0; s < sizeof strides / sizeof strides[0]; s++) {
		struct mn_heap *heap = fresh_heap();
		const size_t whole = stats_of(heap).largest;
		unsigned count = 0;

		while ((block[count] = mn_heap_alloc(heap, 0, 0)))
			count++;
		assert_int_equal(stats_of(heap).blocks, count);
		for (unsigned first = 0; first < strides[s]; first++)
			for (unsigned i = first; i < count; i += strides[s]) {
				mn_heap_free(heap, block[i]);
				assert_sound(heap);
			}
		assert_int_equal(stats_of(heap).largest, whole);
	}
}

static void remembers_the_high_water(void **state)
{
	struct mn_heap *heap = fresh_heap();
	void *a = mn_heap_alloc(heap, 1000, 0);
	void *b = mn_heap_alloc(heap, 2000, 0);
	const size_t most = stats_of(heap).used;

	(void)state;
	assert_in_range(most, 3000, 3000 + 2 * 12 + 2 * MN_HEAP_ALIGN);
	mn_heap_free(heap, a);
	mn_heap_free(heap, b);
	mn_heap_free(heap, mn_heap_alloc(heap, 500, 0));
	assert_int_equal(stats_of(heap).used, 0);
	assert_int_equal(stats_of(heap).high_water, most);
	assert_int_equal(stats_of(heap).allocations, 3);
}

struct tally {
	size_t bytes[4];
	const void *last;
};

static void add_up(void *context, const void *block, size_t size, uint32_t owner)
{
	struct tally *tally = context;

	assert_true(block > tally->last);
	tally->last = block;
	tally->bytes[owner] += size;
}

static void says_who_owns_what(void **state)
{
	struct mn_heap *heap = fresh_heap();
	struct tally tally = {0};
	void *gone = mn_heap_alloc(heap, 100, 1);
	void *given;

	(void)state;
	mn_heap_alloc(heap, 100, 1);
	given = mn_heap_alloc(heap, 1000, 2);
	mn_heap_alloc(heap, 3000, 2);
	mn_heap_set_owner(given, 3);
	mn_heap_free(heap, gone);
	mn_heap_each(heap, add_up, &tally);
	assert_in_range(tally.bytes[1], 100, 100 + MN_HEAP_ALIGN);
	assert_in_range(tally.bytes[2], 3000, 3000 + MN_HEAP_ALIGN);
	assert_in_range(tally.bytes[3], 1000, 1000 + MN_HEAP_ALIGN);
}

static void fails_exactly_where_it_was_told_to(void **state)
{
	struct mn_heap *heap = fresh_heap();

	(void)state;
	mn_heap_fail_after(heap, 2);
	assert_non_null(mn_heap_alloc(heap, 8, 0));
	assert_null(mn_heap_alloc(heap, 8, 0));
	assert_non_null(mn_heap_alloc(heap, 8, 0));
	mn_heap_fail_after(heap, 1);
	mn_heap_fail_after(heap, 0);
	assert_non_null(mn_heap_alloc(heap, 8, 0));
	assert_int_equal(stats_of(heap).failures, 1);
}

#define assert_panics(statement, reason)                                  \
	do {                                                              \
		assert_true(sim_panics(statement));                       \
		assert_non_null(strstr(sim_panic_text, "heap: " reason)); \
	} while (0)

static void notices_frees_of_what_is_no_block(void **state)
{
	uint8_t elsewhere[64];

	(void)state;
	struct mn_heap *heap = fresh_heap();
	uint8_t *block = mn_heap_alloc(heap, 256, 0);
	memset(block, 0x5a, 256);
	assert_panics(mn_heap_free(heap, elsewhere), "freed a pointer that is not a block");
	assert_panics(mn_heap_free(heap, arena), "freed a pointer that is not a block");
	assert_panics(mn_heap_free(heap, arena + sizeof arena),
		      "freed a pointer that is not a block");
	assert_panics(mn_heap_free(heap, block + 1), "freed a pointer that is not a block");
	assert_panics(mn_heap_free(heap, block + 64), "freed a pointer that is not a block");
	assert_sound(heap);
	mn_heap_free(heap, NULL);
	mn_heap_free(heap, block);
}

/* Merged into others in every way: into the one before, first or later (1, 4), one behind (2). */
static void free_twice(unsigned neighbours)
{
	struct mn_heap *heap = fresh_heap();
	void *before = mn_heap_alloc(heap, 40, 0);
	void *block = mn_heap_alloc(heap, 40, 0);
	void *behind = mn_heap_alloc(heap, 40, 0);

	mn_heap_alloc(heap, 40, 0);
	if (neighbours & 1)
		mn_heap_free(heap, before);
	mn_heap_free(heap, block);
	if (neighbours & 2)
		mn_heap_free(heap, behind);
	if (neighbours & 4)
		mn_heap_free(heap, before);
	assert_panics(mn_heap_free(heap, block), "freed a block twice");
	assert_sound(heap);
}

static void notices_double_frees(void **state)
{
	(void)state;
	for (unsigned neighbours = 0; neighbours < 8; neighbours++)
		if ((neighbours & 5) != 5)
			free_twice(neighbours);
}

static void notices_writes_past_the_end(void **state)
{
	(void)state;
	struct mn_heap *heap = fresh_heap();
	uint8_t *block = mn_heap_alloc(heap, 36, 0); /* no slack: 36 + 12 */
	uint8_t *victim = mn_heap_alloc(heap, 36, 0);
	block[36] ^= 1;
	assert_non_null(mn_heap_check(heap));
	assert_panics(mn_heap_free(heap, block), "a block was written past its end");
	assert_panics(mn_heap_free(heap, victim), "the header of a freed block was overwritten");
	block[36] ^= 1;
	assert_sound(heap);
}

/* A free block of 48 bytes between two allocated ones, and the block before it. */
static uint8_t *stale_block(struct mn_heap **heap, uint8_t **before)
{
	*heap = fresh_heap();
	*before = mn_heap_alloc(*heap, 36, 0);
	uint8_t *block = mn_heap_alloc(*heap, 36, 0);
	mn_heap_alloc(*heap, 36, 0);
	mn_heap_free(*heap, block);
	return block;
}

static void notices_writes_after_free(void **state)
{
	struct mn_heap *heap;
	uint8_t *before, *block = stale_block(&heap, &before);

	(void)state;
	memset(block, 0x5a, 36);
	assert_non_null(mn_heap_check(heap));
	assert_panics(mn_heap_alloc(heap, 36, 0), "memory was written to after it was freed");
}

/* The other tests rely on the checker: it sees any bit of a size or a link that changes. */
static void the_checker_misses_nothing(void **state)
{
	struct mn_heap *heap;
	uint8_t *before, *block = stale_block(&heap, &before);

	(void)state;
	for (int bit = 0; bit < 64; bit++) {
		uint8_t *const bytes[] = {before - 12, block - 12, block};

		for (size_t i = 0; i < sizeof bytes / sizeof bytes[0]; i++) {
			bytes[i][bit / 8] ^= (uint8_t)(1U << bit % 8);
			assert_non_null(mn_heap_check(heap));
			bytes[i][bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
	}
	assert_sound(heap);
}

/* A free block begins with two links; even those that lead to a block are compared. */
static void notices_links_that_lead_astray(void **state)
{
	struct mn_heap *heap;
	uint8_t *before, *block = stale_block(&heap, &before);
	const uint32_t astray = (uint32_t)(before - 12 - arena);

	(void)state;
	memcpy(block, &astray, sizeof astray);
	assert_panics(mn_heap_alloc(heap, 36, 0), "memory was written to after it was freed");
	block = stale_block(&heap, &before);
	memcpy(block + 4, &astray, sizeof astray);
	assert_panics(mn_heap_alloc(heap, 36, 0), "memory was written to after it was freed");
}

static void notices_writes_before_the_start(void **state)
{
	struct mn_heap *heap;
	uint8_t *before, *block = stale_block(&heap, &before);

	(void)state;
	memset(block - 8, 0x5b, 4); /* its size */
	assert_panics(mn_heap_alloc(heap, 36, 0), "the header of a free block was overwritten");
	block = stale_block(&heap, &before);
	memset(block - 8, 0x5b, 4);
	assert_panics(mn_heap_free(heap, before), "the header of a free block was overwritten");
}

static void refuses_an_arena_that_is_too_small(void **state)
{
	static size_t least; /* a panic jumps: it must not live in a register */

	(void)state;
	while (sim_panics(mn_heap_create(arena, least)))
		least++;
	assert_in_range(least, 50, 300);
	assert_non_null(mn_heap_alloc(mn_heap_create(arena, least), 8, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_its_promises_to_random_programs),
		cmocka_unit_test(costs_little_in_a_small_arena),
		cmocka_unit_test(can_be_allocated_whole),
		cmocka_unit_test(merges_in_every_order),
		cmocka_unit_test(remembers_the_high_water),
		cmocka_unit_test(says_who_owns_what),
		cmocka_unit_test(fails_exactly_where_it_was_told_to),
		cmocka_unit_test(notices_frees_of_what_is_no_block),
		cmocka_unit_test(notices_double_frees),
		cmocka_unit_test(notices_writes_past_the_end),
		cmocka_unit_test(notices_writes_after_free),
		cmocka_unit_test(the_checker_misses_nothing),
		cmocka_unit_test(notices_links_that_lead_astray),
		cmocka_unit_test(notices_writes_before_the_start),
		cmocka_unit_test(refuses_an_arena_that_is_too_small),
	};

	return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
