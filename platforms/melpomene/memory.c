/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <sys/mman.h>
#include <mnemos/panic.h>
#include "memory.h"

/* Free in every process on a 64-bit Linux, sanitizers' included. */
#define BASE ((void *)0x200000000000)
#define ALIGN ((size_t)64)

static void *map(void *where, size_t size, int flags)
{
	void *base = mmap(where, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);

	return base == MAP_FAILED ? NULL : base;
}

bool memory_open(struct memory *memory, size_t size)
{
	*memory = (struct memory){.size = size};
	memory->base = map(BASE, size, MAP_FIXED_NOREPLACE);
	if (!memory->base)
		memory->base = map(NULL, size, 0);
	return memory->base != NULL;
}

size_t memory_for(size_t size)
{
	return (size + ALIGN - 1) / ALIGN * ALIGN;
}

void *memory_take(struct memory *memory, size_t size)
{
	void *piece = memory->base + memory->used;

	MN_ASSERT(memory_for(size) <= memory->size - memory->used);
	memory->used += memory_for(size);
	return piece;
}

void memory_close(struct memory *memory)
{
	if (memory->base)
		munmap(memory->base, memory->size);
	memory->base = NULL;
}
