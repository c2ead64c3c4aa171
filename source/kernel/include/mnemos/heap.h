/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef MNEMOS_HEAP_H
#define MNEMOS_HEAP_H
#include <stddef.h>
#include <stdint.h>
struct mn_heap;
struct mn_heap *mn_heap_create(void *arena, size_t size);
void *mn_heap_alloc(struct mn_heap *heap, size_t size, uint32_t owner);
void mn_heap_free(struct mn_heap *heap, void *block);
void mn_heap_set_owner(void *block, uint32_t owner);
#endif
