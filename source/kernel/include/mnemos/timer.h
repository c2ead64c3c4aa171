/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Time: sleeping, and limiting how long something may take.
 *
 * Times are microseconds of the platform's monotonic clock. A deadline is never early; it
 * is late by what the tasks before it in the run queue take. Arming and cancelling are
 * O(1) for any number of timers; each timer moves at most five times on its way to its
 * deadline. Deadlines may lie anywhere up to MN_NEVER.
 */
#ifndef MNEMOS_TIMER_H
#define MNEMOS_TIMER_H

#include <stdbool.h>
#include <stdint.h>
#include <mnemos/wait.h>

#define MN_NEVER UINT64_MAX

/* A deadline in the kernel's wheel; part of an operation, which sets `task`. */
struct mn_timer {
	struct mn_timer *next;
	struct mn_timer **pprev; /* NULL when not armed */
	uint64_t deadline_us;
	struct mn_task *task; /* woken at the deadline */
};

/*
 * The hierarchical wheel: level l has 64 slots of 64^l us each; a timer lies at the level
 * of the highest base-64 digit in which its deadline differs from `now_us`. So the
 * first used slot of the lowest used level always holds the earliest deadline. Deadlines
 * that differ beyond 2^36 us lie in `far` and are looked at each time that digit turns.
 */
#define MN__WHEEL_LEVELS 6
#define MN__WHEEL_SLOTS 64

/* All timers of one kernel. */
struct mn_wheel {
	struct mn_timer *front;          /* earlier than every other, and not in a slot; or NULL */
	uint64_t next_us;                /* nothing is due before: front's deadline, or rest_us */
	uint64_t rest_us;                /* nothing in the slots is due before */
	uint64_t now_us;                 /* as of the last turn that had something to do */
	uint64_t used[MN__WHEEL_LEVELS]; /* bit per slot; may be stale after a cancel */
	uint32_t levels;                 /* bit per level; may be stale too */
	uint32_t count;                  /* armed timers */
	struct mn_timer *far;
	struct mn_timer *slot[MN__WHEEL_LEVELS][MN__WHEEL_SLOTS];
};

/* Microseconds of the running kernel's clock, now. */
uint64_t mn_now_us(void);

/* For operations: arm for the running task; true once the deadline has passed; cancel. */
void mn_timer_arm(struct mn_timer *timer, uint64_t deadline_us);
void mn_timer_disarm(struct mn_timer *timer);
static inline bool mn_timer_armed(const struct mn_timer *timer)
{
	return timer->pprev != NULL;
}

/*
 * The earliest deadline that will wake a task, or MN_NEVER. For dumps; any context where tasks
 * stand still. Cost: a look at every timer.
 */
uint64_t mn_task_deadline_us(const struct mn_kernel *kernel, const struct mn_task *task);

struct mn_sleep {
	struct mn_wait wait;
	struct mn_timer timer;
};

/* Waits for a duration, counted from the first poll. Errors: MN_ECANCELED. */
static inline mn_poll mn_sleep(struct mn_sleep *sleep, uint64_t duration_us);

/* Waits until a point in time; at once if it has passed. Errors: MN_ECANCELED. */
static inline mn_poll mn_sleep_until(struct mn_sleep *sleep, uint64_t deadline_us);

/*
 * mn_timeout(t, operation, us): the operation with a limit on its time.
 *
 *     MN_AWAIT(self, mn_timeout(&self->limit, mn_sleep(&self->nap, 5000000), 1000));
 *
 * Polls `operation` (an expression, evaluated anew at each poll); once the time is up,
 * polls it with a cancellation, so that it unwinds, and ends when it has ended. Answers
 * MN_ETIMEDOUT if it was cancelled that way, else whatever the operation answered.
 */
#define mn_timeout(t, operation, us) \
	(mn__timeout_enter((t), (us)), mn__timeout_leave((t), (operation)))

struct mn_timeout {
	struct mn_timer timer;
	bool armed; /* begun and not ended */
	bool told;  /* the operation has taken the cancellation */
	bool outer; /* while polling: a cancellation of the whole task was pending */
};

void mn__timeout_enter(struct mn_timeout *timeout, uint64_t us);
mn_poll mn__timeout_leave(struct mn_timeout *timeout, mn_poll polled);

/*
 * mn_race(r, a, b): two operations, until the first of them ends.
 *
 *     MN_TRY(self, mn_race(&self->race, mn_bbq_read(&self->rx, q), mn_sleep(&self->nap, us)));
 *     if (self->race.winner == 1)
 *             ...
 *
 * Polls both; when one has ended, cancels the other and waits until that has ended too.
 * Answers what the winner answered; r->result[] says how each ended: the loser with
 * MN_ECANCELED, or with MN_OK if it was done in the same moment (nothing of it is lost
 * then). If `a` ends at its first poll, `b` is not started and its result is
 * MN_ECANCELED. A cancellation of the task reaches both sides; the winner is the one that
 * it reached first. Races and time-outs nest.
 */
#define mn_race(r, a, b)                                                 \
	(mn__race_enter((r), 0) ? mn__race_leave((r), 0, (a)) : (void)0, \
	 mn__race_enter((r), 1) ? mn__race_leave((r), 1, (b)) : (void)0, mn__race_end((r)))

struct mn_race {
	mn_poll result[2];    /* MN_PENDING while it runs */
	uint8_t winner;       /* 0 or 1, good when the race has ended */
	struct mn_wait *tail; /* whose `more` leads from the second's waits to the first's */
	struct mn_wait *first_waits;
	bool begun;
	bool second;  /* the second operation has been started */
	bool decided; /* there is a winner; the other is to be cancelled */
	bool told;    /* the loser has taken the cancellation */
	bool outer;   /* while polling: a cancellation of the whole task was pending */
};

bool mn__race_enter(struct mn_race *race, bool side);
void mn__race_leave(struct mn_race *race, bool side, mn_poll polled);
mn_poll mn__race_end(struct mn_race *race);

/* The inline parts of this header are in fast.h, behind what they need. */
#include <mnemos/kernel.h>

#endif
