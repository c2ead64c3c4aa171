/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The machine's memory: one mapping, at the same address in every run.
 *
 * A trace shows addresses of queues. The same seed has to give the same trace, so memory
 * that the kernel sees comes from here, and the program itself is linked at a fixed
 * address. Where that address is taken, any other serves and only traces differ.
 */
#ifndef MELPOMENE_MEMORY_H
#define MELPOMENE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From memory_open to memory_close. */
struct memory {
	uint8_t *base; /* NULL: none */
	size_t size;
	size_t used;
};

/* Maps zeroed memory for pieces of `size` bytes in all; false if there is none. */
bool memory_open(struct memory *memory, size_t size);

/* The next piece; panics beyond what was mapped. There is no giving back. */
void *memory_take(struct memory *memory, size_t size);

/* What memory_take uses up for a piece of `size` bytes. */
size_t memory_for(size_t size);

/* Unmaps everything. */
void memory_close(struct memory *memory);

#endif
