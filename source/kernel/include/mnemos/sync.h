/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Synchronisation between tasks: event, wake queue, mutex, semaphore.
 *
 *     event       a condition that lasts: waits are answered while it is set
 *     queue       a signal that passes: each wake answers one wait, or all there are
 *     mutex       one task at a time, across its waits
 *     semaphore   a number of permits
 *
 * All four are fair: waits are answered in the order in which they began. What is waited
 * for is handed over at the wake: a mutex that is unlocked belongs to the first waiting
 * task from that moment, and nobody who comes later overtakes it. So an answer is never
 * lost and never given twice: a wait that was answered and cancelled in the same moment
 * is MN_OK, and its next wait is the cancelled one. A lock or permit that a race or a
 * time-out ends with MN_OK is held and must be given back.
 *
 * A wait is a `struct mn_waiter` in the frame of the task, zeroed at first; it may be used
 * with one object after another, whatever their kind:
 *
 *     struct saver {
 *             struct mn_task task;
 *             struct mn_waiter waiter;
 *             struct flash_call write;
 *             struct store *store;
 *     };
 *
 *     static mn_poll saver_run(struct saver *self)
 *     {
 *             MN_BEGIN(self);
 *             MN_TRY(self, mn_mutex_lock(&self->waiter, &self->store->mutex));
 *             MN_AWAIT(self, flash_write(&self->write, ...));
 *             mn_mutex_unlock(&self->store->mutex);
 *             MN_RETURN(self, MN_RESULT(self));
 *             MN_END(self);
 *     }
 *
 * No code between two waits needs a mutex: tasks are not preempted. One is needed where
 * a state must hold across a wait, as above.
 *
 * Memory: the caller's; an object must stay while anyone waits for it. Initialising is
 * for any context before the first use, all else for task context, in one kernel. Waits
 * end with MN_OK or MN_ECANCELED, and that of a closed queue with MN_ECLOSED. Cost: O(1)
 * each, with no allocation; waking all is O(those who wait).
 */
#ifndef MNEMOS_SYNC_H
#define MNEMOS_SYNC_H

#include <stdbool.h>
#include <stdint.h>
#include <mnemos/list.h>
#include <mnemos/wait.h>

/*
 *     idle -1-> waiting -2-> answered or closed -3-> idle
 *                  |                                   ^
 *                  +---------- 3 cancelled ------------+
 *
 *     1 first poll   2 whoever sets, wakes, unlocks, gives or closes   3 next poll
 */
enum mn_waiter_state { MN_WAITER_IDLE, MN_WAITER_WAITING, MN_WAITER_ANSWERED, MN_WAITER_CLOSED };

/* One wait for any of the objects here. */
struct mn_waiter {
	struct mn_wait wait; /* wait.state is an enum mn_waiter_state */
	struct mn_list link; /* waiting: in the object's list */
};

/* ---- Event ----------------------------------------------------------------------- */

/* A condition that lasts. */
struct mn_event {
	struct mn_list waiting; /* empty while set */
	bool set;
};

/* Makes it clear, with nobody waiting. */
void mn_event_init(struct mn_event *event);

/*
 * Answers every wait there is, and those to come until it is cleared. A wait that was
 * there at the set is answered even if the event is cleared before its task runs.
 */
void mn_event_set(struct mn_event *event);

/* Lets those who come from now on wait. */
static inline void mn_event_clear(struct mn_event *event)
{
	event->set = false;
}

/* Waits until the event is set; at once if it is. */
mn_poll mn_event_wait(struct mn_waiter *waiter, struct mn_event *event);

/* ---- Queue ----------------------------------------------------------------------- */

/* A signal that passes. */
struct mn_queue {
	struct mn_list waiting; /* empty while remembered or closed */
	bool remembered;        /* mn_queue_wake_one found nobody */
	bool closed;
};

/* Makes it open, with nobody waiting and nothing remembered. */
void mn_queue_init(struct mn_queue *queue);

/* Answers the wait that began first. If there is none, the next; remembered once only. */
void mn_queue_wake_one(struct mn_queue *queue);

/* Answers every wait there is. Nothing is remembered. */
void mn_queue_wake_all(struct mn_queue *queue);

/*
 * Answers every wait, now and from now on, with MN_ECLOSED; a wake that is remembered is
 * still answered first. Wakes then do nothing. A queue stays closed until initialised.
 */
void mn_queue_close(struct mn_queue *queue);

/* Waits for a wake. Errors: MN_ECLOSED, MN_ECANCELED. */
mn_poll mn_queue_wait(struct mn_waiter *waiter, struct mn_queue *queue);

/* ---- Mutex ----------------------------------------------------------------------- */

/*
 * A task must unlock what it has locked before it ends; the kernel does not do it for
 * it, for what the mutex protects is then half done. Those who wait go on waiting, and a
 * dump says that the owner has ended; the next one that locks panics.
 */
struct mn_mutex {
	struct mn_task *owner;  /* first, see wait.h; NULL: free */
	struct mn_list waiting; /* empty while free */
};

/* Makes it free. */
void mn_mutex_init(struct mn_mutex *mutex);

/* Waits until the mutex belongs to the running task. Panics if it does already. */
mn_poll mn_mutex_lock(struct mn_waiter *waiter, struct mn_mutex *mutex);

/* The same without waiting: MN_EBUSY if it belongs to anyone. */
mn_poll mn_mutex_try_lock(struct mn_mutex *mutex);

/* Hands the mutex to the first who waits. Panics unless the running task owns it. */
void mn_mutex_unlock(struct mn_mutex *mutex);

/* ---- Semaphore ------------------------------------------------------------------- */

/* A number of permits. */
struct mn_semaphore {
	struct mn_list waiting; /* empty while there are permits */
	uint32_t permits;
};

/* Makes one with so many permits, which may be 0. */
void mn_semaphore_init(struct mn_semaphore *semaphore, uint32_t permits);

/* Waits for a permit and takes it. */
mn_poll mn_semaphore_take(struct mn_waiter *waiter, struct mn_semaphore *semaphore);

/* The same without waiting: MN_EEMPTY if there is none. */
mn_poll mn_semaphore_try_take(struct mn_semaphore *semaphore);

/* Gives a permit, to the first who waits if there is one. Any task may. */
void mn_semaphore_give(struct mn_semaphore *semaphore);

#endif
