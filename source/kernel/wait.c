/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What waits mean: for whom, for what, and whether it is there.
 *
 * `wait->on` is what its kind says, so this file knows the insides of everything that can be
 * waited for. It only reads, and may be called in any state between two polls.
 */
#include <mnemos/bbq.h>
#include <mnemos/channel.h>
#include <mnemos/heap.h>
#include <mnemos/oneshot.h>
#include <mnemos/operation.h>
#include <mnemos/sync.h>
#include "bbq_internal.h"
#include "internal.h"

static struct mn_task *task_of(const struct mn_list *node)
{
	return MN_CONTAINER((uintptr_t)node, struct mn_task, all);
}

/* The task, or NULL if it has ended; then its memory may be anything by now. */
static struct mn_task *if_alive(const struct mn_kernel *kernel, const struct mn_task *task)
{
	const struct mn_list *node = kernel->tasks.next;

	while (node != &kernel->tasks && task_of(node) != task)
		node = node->next;
	return node == &kernel->tasks ? NULL : task_of(node);
}

uint32_t mn__live_id(const struct mn_kernel *kernel, const struct mn_task *task)
{
	const struct mn_task *live = if_alive(kernel, task);

	return live ? live->id : UINT32_MAX;
}

static struct mn_task *by_id(const struct mn_kernel *kernel, uint32_t id)
{
	const struct mn_list *node = kernel->tasks.next;

	while (node != &kernel->tasks && task_of(node)->id != id)
		node = node->next;
	return node == &kernel->tasks ? NULL : task_of(node);
}

/* Who took from the full queue that is waited for; 0: not known, else maybe ended. */
static uint32_t reader_of(const struct mn_wait *wait)
{
	if (wait->kind == MN_WAIT_WRITE)
		return ((const struct mn_bbq *)wait->on)->last_reader;
	return ((const struct mn_send *)(const void *)wait)->reader;
}

struct mn_task *mn_wait_holder(const struct mn_kernel *kernel, const struct mn_wait *wait)
{
	static const uint8_t holders[] = {
#define HOLDER(name, holder, text) [name] = (holder),
		MN_WAIT_LIST(HOLDER)
#undef HOLDER
	};

	if (!wait->on)
		return NULL;
	const struct mn_registry_slot *slot;

	switch (holders[wait->kind]) {
	case MN_HELD_BY_READER:
		return MN_TRACE_COMPILED ? by_id(kernel, reader_of(wait)) : NULL;
	case MN_HELD_BY_FIRST:
		return if_alive(kernel, *(struct mn_task *const *)wait->on);
	case MN_HELD_BY_ITSELF:
		return (struct mn_task *)(uintptr_t)wait->on;
	case MN_HELD_BY_SERVER:
		slot = mn__slot(kernel, wait->on);
		if (slot->generation != ((const struct mn_client *)wait->on)->generation)
			return NULL; /* it has ended, and the caller is about to learn of it */
		return slot->server->task;
	default:
		return NULL;
	}
}

const char *mn_wait_text(const struct mn_wait *wait)
{
	static const char *const texts[] = {
#define TEXT(name, holder, text) [name] = (text),
		MN_WAIT_LIST(TEXT)
#undef TEXT
	};

	return texts[wait->kind];
}

const char *mn_wait_service(const struct mn_kernel *kernel, const struct mn_wait *wait)
{
	if (!wait->on)
		return NULL;
	if (wait->kind == MN_WAIT_CONNECT)
		return ((const struct mn_service *)wait->on)->name;
	if (wait->kind == MN_WAIT_CALL || wait->kind == MN_WAIT_QUEUED)
		return mn__slot(kernel, wait->on)->service->name;
	if (wait->kind == MN_WAIT_SERVE)
		return ((const struct mn_server *)wait->on)->service->name;
	return NULL;
}

const struct mn_wait *mn_task_waits(const struct mn_kernel *kernel, const struct mn_task *task)
{
	const struct mn_wait *waits = task->waits;

	if (task == kernel->current || task->next || !waits)
		return NULL;
	return waits->kind != MN_WAIT_NONE && waits->kind < MN_WAIT_OVER ? waits : NULL;
}

bool mn_wait_holder_ended(const struct mn_kernel *kernel, const struct mn_wait *wait)
{
	if (wait->kind == MN_WAIT_MUTEX)
		return !mn_wait_holder(kernel, wait);
	if (wait->kind != MN_WAIT_WRITE && wait->kind != MN_WAIT_SEND)
		return false;
	return reader_of(wait) && !by_id(kernel, reader_of(wait));
}

/* ---- Whether it is there ----------------------------------------------------------- */

static bool waiter_over(const struct mn_wait *wait)
{
	const struct mn_mutex *mutex = wait->on;

	if (wait->state != MN_WAITER_WAITING)
		return wait->state != MN_WAITER_IDLE; /* of another kind of operation: not known */
	switch (wait->kind) {
	case MN_WAIT_EVENT:
		return ((const struct mn_event *)wait->on)->set;
	case MN_WAIT_QUEUE:
		return ((const struct mn_queue *)wait->on)->closed;
	case MN_WAIT_SEMAPHORE:
		return ((const struct mn_semaphore *)wait->on)->permits;
	default:
		return !mutex->owner || mutex->owner == wait->task;
	}
}

static bool has_room(const struct mn_bbq *q, size_t least)
{
	if (q->flags & MN__BBQ_IRQ)
		return mn__bbq_irq_used(q) < q->capacity;
	if (wrapped(q))
		return q->read - q->write >= least;
	return q->capacity - q->write >= least || q->read >= least;
}

static bool is_closed(const struct mn_bbq *q)
{
	return q->flags & (MN__BBQ_WRITE_CLOSED | MN__BBQ_READ_CLOSED) ||
	       (q->flags & MN__BBQ_IRQ && mn__bbq_irq_closed_flag(q));
}

static bool write_over(const struct mn_bbq_write *op)
{
	const struct mn_bbq *q = op->wait.on;

	return is_closed(q) ||
	       (q->turn == op && !(q->flags & MN__BBQ_GRANTED) && has_room(q, op->len));
}

static bool channel_over(const struct mn_wait *wait)
{
	const struct mn_channel *channel = wait->on;

	if (wait->state != MN_CHANNEL_WAITING || channel->count & MN__CHANNEL_SHUT)
		return true;
	return wait->kind == MN_WAIT_SEND ? channel->count < channel->capacity : channel->count;
}

static bool serve_over(const struct mn_serving *serving)
{
	const struct mn_server *server = serving->wait.on;

	return serving->wait.state == MN_SERVING_HANDED || !server->slot ||
	       !mn_list_empty(&server->queue);
}

static bool call_over(const struct mn_kernel *kernel, const struct mn_client *client)
{
	return mn__slot(kernel, client)->generation != client->generation;
}

bool mn_wait_over(const struct mn_kernel *kernel, const struct mn_wait *wait)
{
	const void *op = wait; /* the first member of most operations */

	switch (wait->kind) {
	case MN_WAIT_SLEEP:
		return !mn_timer_armed(&((const struct mn_sleep *)op)->timer);
	case MN_WAIT_JOIN:
		return !wait->on || !if_alive(kernel, wait->on);
	case MN_WAIT_QUEUED:
	case MN_WAIT_CALL:
		return call_over(kernel, wait->on);
	case MN_WAIT_SERVE:
		return serve_over(op);
	case MN_WAIT_CONNECT:
		return mn__registry_has(kernel, wait);
	case MN_WAIT_EVENT:
	case MN_WAIT_QUEUE:
	case MN_WAIT_MUTEX:
	case MN_WAIT_SEMAPHORE:
		return waiter_over(wait);
	case MN_WAIT_SEND:
	case MN_WAIT_RECEIVE:
		return channel_over(wait);
	case MN_WAIT_ONESHOT:
		return wait->state != MN_ONESHOT_ARMED;
	case MN_WAIT_WRITE:
		return write_over(op);
	case MN_WAIT_READ:
		return mn_bbq_used(wait->on) > 0 || is_closed(wait->on);
	case MN_WAIT_MEMORY:
		return ((const struct mn_alloc *)op)->block;
	case MN_WAIT_IRQ:
		return ((const struct mn_irq *)wait->on)->pending;
	default:
		return false;
	}
}
