/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Life and end of tasks.
 *
 * Invariant: a task is in kernel->tasks exactly while MN__TASK_ALIVE is set; it is in the
 * run queue exactly while `next` is not NULL. After the end nothing of the kernel points
 * to it.
 */
#include <string.h>
#include <mnemos/heap.h>
#include <mnemos/operation.h>
#include "internal.h"

static __attribute__((noinline)) void spawn_watched(struct mn_kernel *kernel, struct mn_task *task)
{
	mn__event_spawn(kernel, task);
	mn__push(kernel, task);
}

void mn_spawn(struct mn_kernel *kernel, struct mn_task *task, const struct mn_task_type *type)
{
	MN_ASSERT(!(task->frame.flags & MN__TASK_ALIVE));
	task->frame = (struct mn_frame){.flags = MN__TASK_ALIVE};
	task->id = ++kernel->task_id;
	task->next = NULL;
	task->type = type;
	task->polls = 0;
	task->cause = 0;
	task->cpu = 0;
	mn_list_push(&kernel->tasks, &task->all);
	if (MN__WATCHES_EVENTS(kernel))
		spawn_watched(kernel, task);
	else
		mn__push(kernel, task);
}

struct mn_task *mn_spawn_heap(struct mn_kernel *kernel, const struct mn_task_type *type)
{
	struct mn_task *task = kernel->heap ? mn_heap_alloc(kernel->heap, type->size, 0) : NULL;

	if (!task)
		return NULL;
	memset(task, 0, type->size);
	mn_spawn(kernel, task, type);
	task->frame.flags |= MN__TASK_HEAP;
	mn_heap_set_owner(task, task->id);
	return task;
}

void mn_cancel(struct mn_task *task)
{
	if (!(task->frame.flags & MN__TASK_ALIVE))
		return;
	task->frame.flags |= MN__TASK_CANCEL;
	mn_wake(task);
}

struct mn_task *mn_find_task(uint32_t id)
{
	struct mn_list *const tasks = &mn_running->tasks;

	for (struct mn_list *node = tasks->next; node != tasks; node = node->next) {
		struct mn_task *task = MN_CONTAINER(node, struct mn_task, all);

		if (task->id == id)
			return task;
	}
	return NULL;
}

/* The joins of a task learn its result; it is a slow path of tasks that are joined. */
static void tell_joins(struct mn_kernel *kernel, const struct mn_task *task, mn_poll result)
{
	struct mn_list *node = kernel->joins.next;

	while (node != &kernel->joins) {
		struct mn_join *join = MN_CONTAINER(node, struct mn_join, link);

		node = node->next;
		if (join->wait.on != task)
			continue;
		mn_list_remove(&join->link);
		join->wait.on = NULL; /* the task's memory may go before the joiner looks */
		join->result = result;
		mn__wake(kernel, join->wait.task);
	}
}

/* What the end of a task entails besides taking it off the list. */
static __attribute__((noinline)) void end_slow(struct mn_task *task, mn_poll result, unsigned flags)
{
	struct mn_kernel *kernel = mn_running;

	if (MN_TRACE_COMPILED && flags & MN__TASK_SPANS)
		mn__spans_end(kernel, task);
	MN__EVENT(kernel, end, task, flags, result);
	if (task->next) /* woken in its last poll: leave the run queue */
		mn__unqueue(kernel, task);
	if (flags & MN__TASK_SERVER)
		mn__registry_task_ended(kernel, task);
	if (flags & MN__TASK_JOINED)
		tell_joins(kernel, task, result);
	if (flags & MN__TASK_HEAP)
		mn_heap_free(kernel->heap, task);
}

void mn__task_end(struct mn_task *task, mn_poll result)
{
	struct mn_kernel *kernel = mn_running;
	const unsigned flags = task->frame.flags;

	mn_list_remove(&task->all);
	kernel->tasks_ended++;
	kernel->current = NULL;
	task->frame = (struct mn_frame){.result = (uint8_t)result};
	if (MN_UNLIKELY(flags != MN__TASK_ALIVE || task->next || MN__WATCHES_EVENTS(kernel)))
		end_slow(task, result, flags);
}

/* Takes a ready task out of the queue, wherever it stands. */
void mn__unqueue(struct mn_kernel *kernel, struct mn_task *task)
{
	struct mn_task **link = &kernel->ready;

	while (*link != task)
		link = &(*link)->next;
	*link = task->next;
	if (task->next == MN__QUEUE_END)
		kernel->ready_end = link;
	task->next = NULL;
}

static mn_poll join_leave(struct mn_join *join, mn_poll how)
{
	mn_wait_end(&join->wait);
	return how;
}

mn_poll mn_join(struct mn_join *join, struct mn_task *task)
{
	if (mn_wait_active(&join->wait)) {
		if (!join->wait.on)
			return join_leave(join, MN_OK);
	} else if (!(task->frame.flags & MN__TASK_ALIVE)) {
		join->result = (mn_poll)task->frame.result;
		return MN_OK;
	}
	if (mn_wait_canceled()) {
		if (mn_wait_active(&join->wait))
			mn_list_remove(&join->link);
		return join_leave(join, MN_ECANCELED);
	}
	if (!mn_wait_active(&join->wait)) {
		mn_wait_begin(&join->wait, MN_WAIT_JOIN, task);
		mn_list_push(&mn_running->joins, &join->link);
		task->frame.flags |= MN__TASK_JOINED;
	}
	return mn_wait_park(&join->wait);
}
