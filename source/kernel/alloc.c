/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Waiting for memory.
 *
 * Invariant: the first in the queue was tried after the last change that could help it: a
 * free, or the departure of who stood before it. So a free serves the queue, and so does a
 * cancellation: whoever leaves may have been first, or gives back a block.
 */
#include <mnemos/heap.h>
#include <mnemos/operation.h>
#include "heap_internal.h"

void mn__heap_serve(struct mn_heap *heap)
{
	while (!mn_list_empty(&heap->waiting)) {
		struct mn_alloc *op = MN_CONTAINER(heap->waiting.next, struct mn_alloc, link);

		op->block = mn__heap_take(heap, (uint32_t)op->size, op->wait.task->id);
		if (!op->block)
			return;
		mn_list_remove(&op->link);
		heap->waiters--;
		mn_wake(op->wait.task);
	}
}

/* First poll: the answer at once, or a place in the queue. */
static mn_poll begin(struct mn_alloc *op, struct mn_heap *heap, size_t size)
{
	const uint32_t need = heap ? mn__heap_need(heap, size) : 0;

	op->block = NULL;
	if (!heap)
		return MN_ETOOBIG;
	if (!need || mn__heap_fails(heap)) {
		mn__heap_refuse(heap, size);
		return need ? MN_ENOMEM : MN_ETOOBIG;
	}
	if (mn_list_empty(&heap->waiting)) {
		op->block = mn__heap_take(heap, need, mn_self()->id);
		if (op->block)
			return MN_OK;
	}
	op->size = need;
	mn_wait_begin(&op->wait, MN_WAIT_MEMORY, heap);
	mn_list_push(&heap->waiting, &op->link);
	heap->waiters++;
	return mn_wait_park(&op->wait);
}

static mn_poll cancel(struct mn_alloc *op, struct mn_heap *heap)
{
	void *given = op->block;

	op->block = NULL;
	if (!mn_wait_active(&op->wait))
		return MN_ECANCELED;
	mn_wait_end(&op->wait);
	if (given) {
		mn_heap_free(heap, given);
	} else {
		mn_list_remove(&op->link);
		heap->waiters--;
		mn__heap_serve(heap);
	}
	return MN_ECANCELED;
}

/*
 * The cancellation comes before the block, other than in most operations: giving memory
 * back loses nothing, and whoever lost a race need not look whether it got some.
 */
mn_poll mn_alloc_from(struct mn_alloc *op, struct mn_heap *heap, size_t size)
{
	if (mn_wait_canceled())
		return cancel(op, heap);
	if (!mn_wait_active(&op->wait))
		return begin(op, heap, size);
	if (!op->block)
		return mn_wait_park(&op->wait);
	mn_wait_end(&op->wait);
	return MN_OK;
}

mn_poll mn_alloc(struct mn_alloc *op, size_t size)
{
	return mn_alloc_from(op, mn_running->heap, size);
}

void *mn_try_alloc(size_t size)
{
	struct mn_heap *heap = mn_running->heap;

	return heap ? mn_heap_alloc(heap, size, mn_self()->id) : NULL;
}

void mn_free(void *memory)
{
	MN_ASSERT(!memory || mn_running->heap);
	mn_heap_free(mn_running->heap, memory);
}
