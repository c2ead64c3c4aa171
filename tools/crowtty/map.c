/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Open addressing with linear steps; at most half of the places are taken. */
#include "map.h"
#include "memory.h"

#define FIRST_SIZE 64

/* Spreads keys that differ in any bits: ids from 1 up as well as addresses. */
static size_t home(const struct map *map, uint64_t key)
{
	key ^= key >> 32;
	key *= 0x9e3779b97f4a7c15u;
	return (size_t)(key >> 32) & (map->size - 1);
}

/* The place of the key, or the free one where it would be. */
static struct map_entry *find(const struct map *map, uint64_t key)
{
	size_t at = home(map, key);
	while (map->places[at].value && map->places[at].key != key)
		at = (at + 1) & (map->size - 1);
	return &map->places[at];
}

static void grow(struct map *map)
{
	struct map old = *map;
	map->size = old.size ? old.size * 2 : FIRST_SIZE;
	map->places = memory_check(calloc(map->size, sizeof *map->places));
	for (size_t i = 0; i < old.size; i++)
		if (old.places[i].value)
			*find(map, old.places[i].key) = old.places[i];
	free(old.places);
}

void *map_get(const struct map *map, uint64_t key)
{
	return map->size ? find(map, key)->value : NULL;
}

void *map_put(struct map *map, uint64_t key, void *value)
{
	if (map->count >= map->size / 2)
		grow(map);
	struct map_entry *place = find(map, key);
	void *before = place->value;
	map->count += !before;
	*place = (struct map_entry){key, value};
	return before;
}

/* Those behind a place that becomes free may have been pushed there by what it held. */
static void close_gap(struct map *map, size_t gap)
{
	size_t mask = map->size - 1;
	for (size_t at = (gap + 1) & mask; map->places[at].value; at = (at + 1) & mask) {
		size_t from_home = (at - home(map, map->places[at].key)) & mask;
		if (from_home < ((at - gap) & mask))
			continue;
		map->places[gap] = map->places[at];
		map->places[at].value = NULL;
		gap = at;
	}
}

void *map_remove(struct map *map, uint64_t key)
{
	struct map_entry *place = map->size ? find(map, key) : NULL;
	void *value = place ? place->value : NULL;
	if (value) {
		place->value = NULL;
		map->count--;
		close_gap(map, (size_t)(place - map->places));
	}
	return value;
}

struct map_entry *map_next(const struct map *map, const struct map_entry *before)
{
	size_t at = before ? (size_t)(before - map->places) + 1 : 0;
	while (at < map->size && !map->places[at].value)
		at++;
	return at < map->size ? &map->places[at] : NULL;
}

void map_clear(struct map *map)
{
	free(map->places);
	*map = (struct map){0};
}
