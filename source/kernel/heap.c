/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <mnemos/heap.h>
struct mn_heap *mn_heap_create(void *arena, size_t size)
{
	(void)size;
	return arena;
}
void *mn_heap_alloc(struct mn_heap *heap, size_t size, uint32_t owner)
{
	(void)heap;
	(void)size;
	(void)owner;
	return 0;
}
void mn_heap_free(struct mn_heap *heap, void *block)
{
	(void)heap;
	(void)block;
}
void mn_heap_set_owner(void *block, uint32_t owner)
{
	(void)block;
	(void)owner;
}
