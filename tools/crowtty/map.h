/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A map from numbers to pointers, such as from ids to what they stand for.
 *
 * Zeroed memory is an empty map; map_clear() gives its memory back, but nothing that it points
 * to. Any number is a key. Cost: constant on average, whatever the keys; 32 bytes an entry or
 * less.
 */
#ifndef CROWTTY_MAP_H
#define CROWTTY_MAP_H

#include <stddef.h>
#include <stdint.h>

struct map_entry {
	uint64_t key;
	void *value; /* NULL: the place is free */
};

struct map {
	struct map_entry *places;
	size_t count; /* entries there are */
	size_t size;  /* places, a power of two or 0 */
};

/* What stands for `key`, or NULL. */
void *map_get(const struct map *map, uint64_t key);

/* Sets it; `value` is not NULL. Returns what stood there before, or NULL. */
void *map_put(struct map *map, uint64_t key, void *value);

/* Takes it out and returns it, or NULL. */
void *map_remove(struct map *map, uint64_t key);

/*
 * Every entry, in no order; the map must not change meanwhile:
 *
 *     for (struct map_entry *one = NULL; (one = map_next(map, one));)
 */
struct map_entry *map_next(const struct map *map, const struct map_entry *before);

void map_clear(struct map *map);

#endif
