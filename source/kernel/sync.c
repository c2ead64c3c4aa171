/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Event, queue, mutex, semaphore.
 *
 * Invariant: a waiter is in its object's list exactly while WAITING. Whoever answers it
 * takes it out and gives it what it waited for, so there is nothing to be taken while
 * anyone waits, and a wait that is cancelled has nothing to give back.
 */
#include <mnemos/operation.h>
#include <mnemos/sync.h>
#include "internal.h"

/* 1: idle -> waiting. */
static mn_poll waiter_begin(struct mn_waiter *waiter, enum mn_wait_kind kind, const void *on,
			    struct mn_list *waiting)
{
	if (mn_wait_canceled())
		return MN_ECANCELED;
	mn_wait_begin(&waiter->wait, kind, on);
	waiter->wait.state = MN_WAITER_WAITING;
	mn_list_push(waiting, &waiter->link);
	return mn_wait_park(&waiter->wait);
}

/* 2: waiting -> answered or closed. */
static void waiter_answer(struct mn_waiter *waiter, enum mn_waiter_state how)
{
	mn_list_remove(&waiter->link);
	waiter->wait.state = (uint8_t)how;
	mn_wake(waiter->wait.task);
}

/* 3: -> idle. */
static mn_poll waiter_leave(struct mn_waiter *waiter, mn_poll how)
{
	waiter->wait.state = MN_WAITER_IDLE;
	mn_wait_end(&waiter->wait);
	return how;
}

/* Every poll but the first. */
static mn_poll waiter_poll(struct mn_waiter *waiter, const void *on)
{
	MN_ASSERT(waiter->wait.on == on);
	if (waiter->wait.state == MN_WAITER_ANSWERED)
		return waiter_leave(waiter, MN_OK);
	if (waiter->wait.state == MN_WAITER_CLOSED)
		return waiter_leave(waiter, MN_ECLOSED);
	if (!mn_wait_canceled())
		return mn_wait_park(&waiter->wait);
	mn_list_remove(&waiter->link);
	return waiter_leave(waiter, MN_ECANCELED);
}

static struct mn_waiter *first_of(const struct mn_list *waiting)
{
	return mn_list_empty(waiting) ? NULL : MN_CONTAINER(waiting->next, struct mn_waiter, link);
}

static void answer_all(const struct mn_list *waiting, enum mn_waiter_state how)
{
	struct mn_waiter *waiter;

	while ((waiter = first_of(waiting)))
		waiter_answer(waiter, how);
}

/* ---- Event ---- */

void mn_event_init(struct mn_event *event)
{
	mn_list_init(&event->waiting);
	event->set = false;
}

void mn_event_set(struct mn_event *event)
{
	event->set = true;
	answer_all(&event->waiting, MN_WAITER_ANSWERED);
}

mn_poll mn_event_wait(struct mn_waiter *waiter, struct mn_event *event)
{
	if (waiter->wait.state != MN_WAITER_IDLE)
		return waiter_poll(waiter, event);
	if (event->set)
		return MN_OK;
	return waiter_begin(waiter, MN_WAIT_EVENT, event, &event->waiting);
}

/* ---- Queue ---- */

void mn_queue_init(struct mn_queue *queue)
{
	mn_list_init(&queue->waiting);
	queue->remembered = queue->closed = false;
}

void mn_queue_wake_one(struct mn_queue *queue)
{
	struct mn_waiter *waiter = first_of(&queue->waiting);

	if (waiter)
		waiter_answer(waiter, MN_WAITER_ANSWERED);
	else
		queue->remembered |= !queue->closed;
}

void mn_queue_wake_all(struct mn_queue *queue)
{
	answer_all(&queue->waiting, MN_WAITER_ANSWERED);
}

void mn_queue_close(struct mn_queue *queue)
{
	queue->closed = true;
	answer_all(&queue->waiting, MN_WAITER_CLOSED);
}

mn_poll mn_queue_wait(struct mn_waiter *waiter, struct mn_queue *queue)
{
	if (waiter->wait.state != MN_WAITER_IDLE)
		return waiter_poll(waiter, queue);
	if (queue->remembered) {
		queue->remembered = false;
		return MN_OK;
	}
	if (queue->closed)
		return MN_ECLOSED;
	return waiter_begin(waiter, MN_WAIT_QUEUE, queue, &queue->waiting);
}

/* ---- Mutex ---- */

void mn_mutex_init(struct mn_mutex *mutex)
{
	mutex->owner = NULL;
	mn_list_init(&mutex->waiting);
}

/* Waiting for a task that cannot unlock any more, or for oneself, would never end. */
static void check_owner(const struct mn_mutex *mutex)
{
	if (mutex->owner == mn_self())
		MN_PANIC("the task owns the mutex that it locks");
	if (!(mutex->owner->frame.flags & MN__TASK_ALIVE))
		MN_PANIC("the mutex is owned by a task that has ended");
}

mn_poll mn_mutex_try_lock(struct mn_mutex *mutex)
{
	if (mutex->owner)
		return MN_EBUSY;
	mutex->owner = mn_self();
	return MN_OK;
}

mn_poll mn_mutex_lock(struct mn_waiter *waiter, struct mn_mutex *mutex)
{
	if (waiter->wait.state != MN_WAITER_IDLE)
		return waiter_poll(waiter, mutex);
	if (mn_mutex_try_lock(mutex) == MN_OK)
		return MN_OK;
	check_owner(mutex);
	return waiter_begin(waiter, MN_WAIT_MUTEX, mutex, &mutex->waiting);
}

void mn_mutex_unlock(struct mn_mutex *mutex)
{
	struct mn_waiter *waiter = first_of(&mutex->waiting);

	if (mutex->owner != mn_self())
		MN_PANIC("the task does not own the mutex that it unlocks");
	mutex->owner = waiter ? waiter->wait.task : NULL;
	if (waiter)
		waiter_answer(waiter, MN_WAITER_ANSWERED);
}

/* ---- Semaphore ---- */

void mn_semaphore_init(struct mn_semaphore *semaphore, uint32_t permits)
{
	mn_list_init(&semaphore->waiting);
	semaphore->permits = permits;
}

mn_poll mn_semaphore_try_take(struct mn_semaphore *semaphore)
{
	if (!semaphore->permits)
		return MN_EEMPTY;
	semaphore->permits--;
	return MN_OK;
}

mn_poll mn_semaphore_take(struct mn_waiter *waiter, struct mn_semaphore *semaphore)
{
	if (waiter->wait.state != MN_WAITER_IDLE)
		return waiter_poll(waiter, semaphore);
	if (mn_semaphore_try_take(semaphore) == MN_OK)
		return MN_OK;
	return waiter_begin(waiter, MN_WAIT_SEMAPHORE, semaphore, &semaphore->waiting);
}

void mn_semaphore_give(struct mn_semaphore *semaphore)
{
	struct mn_waiter *waiter = first_of(&semaphore->waiting);

	if (waiter) {
		waiter_answer(waiter, MN_WAITER_ANSWERED);
		return;
	}
	MN_ASSERT(semaphore->permits < UINT32_MAX);
	semaphore->permits++;
}
