/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* crowtty's map from numbers to pointers, against an array. */
#include "bytes.h"
#include "map.h"

#define KEYS 512

static int values[KEYS];

/* Keys that begin at the same places, as addresses do, and small ones. */
static uint64_t key_of(unsigned i)
{
	return i % 2 ? (uint64_t)i << 40 : i;
}

static void check(const struct map *map, const bool *there)
{
	size_t count = 0;

	for (unsigned i = 0; i < KEYS; i++) {
		assert_ptr_equal(map_get(map, key_of(i)), there[i] ? &values[i] : NULL);
		count += there[i];
	}
	assert_int_equal(map->count, count);
	for (struct map_entry *one = NULL; (one = map_next(map, one));)
		count--;
	assert_int_equal(count, 0);
}

static void what_is_put_is_there_until_it_is_removed(void **state)
{
	struct map map = {0};
	bool there[KEYS] = {false};
	uint32_t chance = 1;

	(void)state;
	for (int step = 0; step < 20000; step++) {
		chance = chance * 1664525u + 1013904223u;
		const unsigned i = (chance >> 8) % KEYS;
		void *before = there[i] ? &values[i] : NULL;

		if (chance >> 31)
			assert_ptr_equal(map_put(&map, key_of(i), &values[i]), before);
		else
			assert_ptr_equal(map_remove(&map, key_of(i)), before);
		there[i] = chance >> 31;
		if (step % 100 == 0)
			check(&map, there);
	}
	check(&map, there);
	map_clear(&map);
	assert_null(map_get(&map, 1));
	assert_null(map_remove(&map, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_is_there_until_it_is_removed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
