/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The timer wheel, and the operations that limit time.
 *
 * Invariant: a timer with deadline d lies at the level of the highest base-64 digit in
 * which d differs from wheel->now_us, in the slot of that digit (d = now_us: level 0).
 * Moving now_us forward up to the start of the first used slot keeps that true for all
 * others, so nothing is touched before its slot comes. When a slot of a higher level
 * comes, its timers are placed anew, further down, in the order they were armed.
 *
 * The front timer is earlier than every other and not in the wheel: most timers are armed
 * to be the next, and fire as the next, and so never see it.
 */
#include <mnemos/operation.h>
#include "internal.h"

#define DIGIT_BITS 6
#define RANGE_BITS (DIGIT_BITS * MN__WHEEL_LEVELS)

/* Timers looked at for an exact deadline; a longer list answers with its slot's start. */
#define SCAN_MAX 32

static inline void link_timer(struct mn_timer **head, struct mn_timer *timer)
{
	struct mn_timer *first = *head;

	timer->next = first;
	timer->pprev = head;
	*head = timer;
	if (MN_UNLIKELY(first != NULL))
		first->pprev = &timer->next;
}

static inline void place(struct mn_wheel *wheel, struct mn_timer *timer)
{
	const uint64_t at = timer->deadline_us > wheel->now_us ? timer->deadline_us : wheel->now_us;
	const unsigned top = 63 - (unsigned)__builtin_clzll((at ^ wheel->now_us) | 1);
	const unsigned level = (top * 43) >> 8; /* top / 6 */

	if (MN_UNLIKELY(level >= MN__WHEEL_LEVELS)) {
		link_timer(&wheel->far, timer);
		return;
	}
	const unsigned slot = (unsigned)(at >> (level * DIGIT_BITS)) % MN__WHEEL_SLOTS;

	wheel->used[level] |= UINT64_C(1) << slot;
	wheel->levels |= 1U << level;
	link_timer(&wheel->slot[level][slot], timer);
}

/* Puts a timer into the wheel; the clock may be behind or ahead of its deadline. */
static __attribute__((noinline)) void insert(struct mn_wheel *wheel, struct mn_timer *timer)
{
	if (timer->deadline_us < wheel->rest_us)
		wheel->rest_us = timer->deadline_us;
	place(wheel, timer);
}

/* The timer in front is no longer earlier than every other. */
static void displace_front(struct mn_wheel *wheel)
{
	struct mn_timer *front = wheel->front;

	wheel->front = NULL;
	if (front)
		insert(wheel, front);
}

void mn_timer_arm(struct mn_timer *timer, uint64_t deadline_us)
{
	struct mn_kernel *kernel = mn_running;
	struct mn_wheel *wheel = &kernel->wheel;

	timer->task = kernel->current;
	timer->deadline_us = deadline_us;
	wheel->count++;
	if (deadline_us <= wheel->next_us && wheel->front)
		displace_front(wheel);
	if (deadline_us < wheel->next_us) {
		wheel->next_us = deadline_us;
		timer->next = NULL;
		timer->pprev = &wheel->front;
		wheel->front = timer;
	} else {
		insert(wheel, timer);
	}
}

void mn_timer_disarm(struct mn_timer *timer)
{
	struct mn_wheel *wheel = &mn_running->wheel;

	if (!timer->pprev)
		return;
	*timer->pprev = timer->next; /* the slot's bit may go stale; the turn clears it */
	if (timer->next)
		timer->next->pprev = timer->pprev;
	if (timer->pprev == &wheel->front)
		wheel->next_us = wheel->rest_us;
	timer->pprev = NULL;
	wheel->count--;
}

static inline void fire(struct mn_kernel *kernel, struct mn_timer *timer)
{
	timer->pprev = NULL;
	kernel->wheel.count--;
	mn__wake(kernel, timer->task);
}

/* Lists are last in, first out; deadlines met together fire in the order of arming. */
static struct mn_timer *reversed(struct mn_timer *list)
{
	struct mn_timer *turned = NULL;

	while (list) {
		struct mn_timer *timer = list;

		list = timer->next;
		timer->next = turned;
		turned = timer;
	}
	return turned;
}

static void place_all(struct mn_wheel *wheel, struct mn_timer *list)
{
	list = reversed(list);
	while (list) {
		struct mn_timer *timer = list;

		list = timer->next;
		place(wheel, timer);
	}
}

static void fire_all(struct mn_kernel *kernel, struct mn_timer *list)
{
	list = reversed(list);
	while (list) {
		struct mn_timer *timer = list;

		list = timer->next;
		fire(kernel, timer);
	}
}

/* A slot that may be in use, and when it begins. */
struct first {
	unsigned level, slot;
	uint64_t start_us;
};

/* The first slot whose bit is set; false if there is none. */
static bool find_first(struct mn_wheel *wheel, struct first *first)
{
	while (wheel->levels) {
		const unsigned level = (unsigned)__builtin_ctz(wheel->levels);
		const unsigned shift = level * DIGIT_BITS;

		if (!wheel->used[level]) {
			wheel->levels &= wheel->levels - 1;
			continue;
		}
		first->level = level;
		first->slot = (unsigned)__builtin_ctzll(wheel->used[level]);
		first->start_us = (wheel->now_us >> shift >> DIGIT_BITS << DIGIT_BITS | first->slot)
				  << shift;
		return true;
	}
	return false;
}

static struct mn_timer *take_slot(struct mn_wheel *wheel, const struct first *first)
{
	struct mn_timer **slot = &wheel->slot[first->level][first->slot];
	struct mn_timer *list = *slot;

	*slot = NULL;
	wheel->used[first->level] &= ~(UINT64_C(1) << first->slot);
	if (first->start_us > wheel->now_us)
		wheel->now_us = first->start_us;
	return list;
}

/*
 * The highest digit has turned. Goes on to now_us, or only to where the range of the least
 * far deadline begins if that has passed: so these fire in order too, range by range.
 */
static void turn_far(struct mn_wheel *wheel, uint64_t now_us)
{
	struct mn_timer *far = wheel->far;
	uint64_t to_us = now_us;

	for (const struct mn_timer *timer = far; timer; timer = timer->next)
		if (timer->deadline_us < to_us)
			to_us = timer->deadline_us >> RANGE_BITS << RANGE_BITS;
	if (to_us > wheel->now_us)
		wheel->now_us = to_us;
	wheel->far = NULL;
	place_all(wheel, far);
}

/* Fires what is due in the first slot, and moves the rest of it down. */
static void turn_slot(struct mn_kernel *kernel, const struct first *first, uint64_t now_us)
{
	struct mn_timer *list = take_slot(&kernel->wheel, first);

	if (MN_UNLIKELY(!list))
		return;
	if (MN_LIKELY(!list->next && list->deadline_us <= now_us))
		fire(kernel, list);
	else if (first->level == 0)
		fire_all(kernel, list); /* all have one deadline */
	else
		place_all(&kernel->wheel, list);
}

/* Where the next range of 2^36 us begins. */
static uint64_t next_range(const struct mn_wheel *wheel)
{
	return ((wheel->now_us >> RANGE_BITS) + 1) << RANGE_BITS;
}

/* Turns the wheel itself; returns a time before which nothing in it is due. */
static __attribute__((noinline)) uint64_t turn_slots(struct mn_kernel *kernel, uint64_t now_us)
{
	struct mn_wheel *wheel = &kernel->wheel;
	struct first first;

again:
	while (find_first(wheel, &first)) {
		if (first.start_us > now_us) {
			wheel->now_us = now_us;
			return first.start_us;
		}
		turn_slot(kernel, &first, now_us);
	}
	if (MN_UNLIKELY((now_us ^ wheel->now_us) >> RANGE_BITS) && wheel->far) {
		turn_far(wheel, now_us);
		goto again; /* some may be due */
	}
	if (now_us > wheel->now_us)
		wheel->now_us = now_us;
	return wheel->far ? next_range(wheel) : MN_NEVER;
}

/* Not just the front timer is due, or somebody watches. */
static __attribute__((noinline)) void turn_all(struct mn_kernel *kernel, uint64_t now_us)
{
	struct mn_wheel *wheel = &kernel->wheel;
	struct mn_timer *front = wheel->front;

	wheel->front = NULL;
	if (front)
		fire(kernel, front);
	if (now_us >= wheel->rest_us)
		wheel->rest_us = turn_slots(kernel, now_us);
	wheel->next_us = wheel->rest_us;
}

void mn__wheel_turn(struct mn_kernel *kernel, uint64_t now_us)
{
	struct mn_wheel *wheel = &kernel->wheel;
	struct mn_timer *front = wheel->front;

	if (MN_UNLIKELY(!front || now_us >= wheel->rest_us || kernel->watch)) {
		turn_all(kernel, now_us);
		return;
	}
	wheel->front = NULL;
	wheel->next_us = wheel->rest_us;
	wheel->count--;
	front->pprev = NULL;
	mn__push(kernel, front->task);
}

/* The least deadline of a list, or `start_us` if it is too long to look through. */
static uint64_t least_deadline(const struct mn_timer *list, uint64_t start_us)
{
	uint64_t least = MN_NEVER;

	for (int n = 0; list; list = list->next, n++) {
		if (n == SCAN_MAX)
			return start_us;
		if (list->deadline_us < least)
			least = list->deadline_us;
	}
	return least;
}

static uint64_t find_next(struct mn_wheel *wheel)
{
	struct first first;

	if (wheel->count == 0)
		return MN_NEVER;
	while (find_first(wheel, &first)) {
		const struct mn_timer *list = wheel->slot[first.level][first.slot];

		if (list)
			return least_deadline(list, first.start_us);
		wheel->used[first.level] &= ~(UINT64_C(1) << first.slot);
	}
	return least_deadline(wheel->far, next_range(wheel));
}

uint64_t mn__wheel_next(struct mn_kernel *kernel)
{
	struct mn_wheel *wheel = &kernel->wheel;

	if (!wheel->front && wheel->rest_us != MN_NEVER)
		wheel->next_us = wheel->rest_us = find_next(wheel);
	return wheel->next_us;
}

static uint64_t least_of(const struct mn_timer *list, const struct mn_task *task, uint64_t least)
{
	for (; list; list = list->next)
		if (list->task == task && list->deadline_us < least)
			least = list->deadline_us;
	return least;
}

uint64_t mn_task_deadline_us(const struct mn_kernel *kernel, const struct mn_task *task)
{
	const struct mn_wheel *wheel = &kernel->wheel;
	uint64_t least = least_of(wheel->front, task, least_of(wheel->far, task, MN_NEVER));

	for (unsigned level = 0; level < MN__WHEEL_LEVELS; level++)
		for (unsigned slot = 0; slot < MN__WHEEL_SLOTS; slot++)
			least = least_of(wheel->slot[level][slot], task, least);
	return least;
}

uint64_t mn_now_us(void)
{
	return mn_platform_now_us(mn_running);
}

/* now + us, or MN_NEVER where that is past the end of time. */
static inline uint64_t deadline_in(uint64_t us)
{
	uint64_t deadline_us;

	return __builtin_add_overflow(mn_now_us(), us, &deadline_us) ? MN_NEVER : deadline_us;
}

mn_poll mn__sleep_again(struct mn_sleep *sleep)
{
	if (!mn_wait_canceled())
		return mn_wait_park(&sleep->wait);
	mn_timer_disarm(&sleep->timer);
	mn_wait_end(&sleep->wait);
	return MN_ECANCELED;
}

static inline mn_poll sleep_start(struct mn_sleep *sleep, uint64_t deadline_us)
{
	if (MN_UNLIKELY(mn_wait_canceled()))
		return MN_ECANCELED;
	mn_wait_begin(&sleep->wait, MN_WAIT_SLEEP, NULL);
	mn_wait_park(&sleep->wait);
	mn_timer_arm(&sleep->timer, deadline_us);
	return MN_PENDING;
}

mn_poll mn__sleep_for(struct mn_sleep *sleep, uint64_t duration_us)
{
	return sleep_start(sleep, deadline_in(duration_us));
}

mn_poll mn__sleep_until(struct mn_sleep *sleep, uint64_t deadline_us)
{
	return deadline_us <= mn_now_us() ? MN_OK : sleep_start(sleep, deadline_us);
}
