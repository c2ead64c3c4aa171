/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Cancellation scoped to one operation: time-outs and races.
 *
 * While the operation inside is polled, its task's cancel flag is lent to the scope. The
 * flag afterwards tells whether a wait took it; then the operation is on its way out and
 * is left alone. A cancellation of the task itself (`outer`) is put back, to be answered
 * by a wait of its own.
 */
#include <mnemos/operation.h>
#include "internal.h"

static bool cancel_pending(void)
{
	return mn_running->current->frame.flags & MN__TASK_CANCEL;
}

/* Returns whether the task itself was already being cancelled. */
static bool lend_cancel(void)
{
	const bool outer = cancel_pending();

	mn_running->current->frame.flags |= MN__TASK_CANCEL;
	return outer;
}

/* Returns whether a wait has taken the cancellation. */
static bool take_back_cancel(bool outer)
{
	struct mn_frame *frame = &mn_running->current->frame;
	const bool told = !cancel_pending();

	frame->flags = (uint8_t)((frame->flags & ~MN__TASK_CANCEL) | (outer ? MN__TASK_CANCEL : 0));
	if (told && outer)
		mn_yield(); /* the task's own has still to reach the wait that follows */
	return told;
}

static bool time_is_up(const struct mn_timeout *timeout)
{
	return !timeout->told && !mn_timer_armed(&timeout->timer);
}

void mn__timeout_enter(struct mn_timeout *timeout, uint64_t us)
{
	if (!timeout->armed) {
		const uint64_t now_us = mn_now_us();

		timeout->armed = true;
		timeout->told = false;
		mn_timer_arm(&timeout->timer, us > MN_NEVER - now_us ? MN_NEVER : now_us + us);
	}
	if (time_is_up(timeout))
		timeout->outer = lend_cancel();
}

mn_poll mn__timeout_leave(struct mn_timeout *timeout, mn_poll polled)
{
	if (time_is_up(timeout))
		timeout->told = take_back_cancel(timeout->outer);
	if (polled == MN_PENDING)
		return MN_PENDING;
	mn_timer_disarm(&timeout->timer);
	timeout->armed = false;
	return timeout->told ? MN_ETIMEDOUT : polled;
}

/* Whether the side has lost and was not yet told. */
static bool to_be_canceled(const struct mn_race *race, bool side)
{
	return race->decided && !race->told && side != race->winner;
}

bool mn__race_enter(struct mn_race *race, bool side)
{
	if (side == 0) { /* begin the list anew; unlink what may go */
		mn_running->current->waits = NULL;
		if (race->tail)
			race->tail->more = NULL;
		race->tail = NULL;
	}
	if (!race->begun) {
		*race = (struct mn_race){.begun = true, .result = {MN_PENDING, MN_PENDING}};
	} else if (side == 1 && race->decided && race->winner == 0 && !race->second) {
		race->result[1] = MN_ECANCELED; /* never started */
		return false;
	}
	if (race->result[side] != MN_PENDING)
		return false;
	race->outer = to_be_canceled(race, side) ? lend_cancel() : cancel_pending();
	if (side == 1)
		race->second = true;
	return true;
}

/* One list of what both wait for: the second's waits, then the first's. */
static void show_waits(struct mn_race *race, bool side)
{
	struct mn_task *task = mn_running->current;

	if (side == 0) {
		race->first_waits = task->waits;
		task->waits = NULL;
		return;
	}
	struct mn_wait *tail = task->waits;

	if (!tail || race->result[0] != MN_PENDING)
		return;
	while (tail->more)
		tail = tail->more;
	tail->more = race->first_waits;
	race->tail = tail;
}

/*
 * The race is decided by the first side that ends, or that takes a cancellation of the
 * whole: that has to reach both sides, and the end of this one may take a while.
 */
void mn__race_leave(struct mn_race *race, bool side, mn_poll polled)
{
	const bool canceled = race->outer && !cancel_pending();

	if (to_be_canceled(race, side))
		race->told = take_back_cancel(race->outer);
	race->result[side] = polled;
	if (polled == MN_PENDING)
		show_waits(race, side);
	if (race->decided || (polled == MN_PENDING && !canceled))
		return;
	race->decided = true;
	race->winner = (uint8_t)side;
	if (side == 1 && race->result[0] == MN_PENDING)
		mn_yield(); /* the first has lost: come back at once to cancel it */
}

mn_poll mn__race_end(struct mn_race *race)
{
	if (race->result[0] == MN_PENDING || race->result[1] == MN_PENDING) {
		if (race->result[0] == MN_PENDING && !mn_running->current->waits)
			mn_running->current->waits = race->first_waits;
		return MN_PENDING;
	}
	race->begun = false;
	return race->result[race->winner];
}
