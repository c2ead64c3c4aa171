/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <mnemos/timer.h>
#include "clock.h"

#define NS_PER_S 1000000000
#define US_PER_S 1000000

static uint64_t host_ns(clockid_t which)
{
	struct timespec time;

	clock_gettime(which, &time);
	return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

uint64_t clock_cpu_ns(void)
{
	return host_ns(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t clock_now_us(const struct clock *clock)
{
	if (clock->is_virtual)
		return clock->now_us;
	return host_ns(CLOCK_MONOTONIC) / 1000 - clock->start_us;
}

uint64_t clock_ticks(const struct clock *clock)
{
	if (clock->is_virtual)
		return clock->now_us * (CLOCK_TICKS_HZ / US_PER_S);
	return host_ns(CLOCK_MONOTONIC) / (NS_PER_S / CLOCK_TICKS_HZ) -
	       clock->start_us * (CLOCK_TICKS_HZ / US_PER_S);
}

/* Not read here: setting the timer anew is what makes it unreadable. */
static void fired(uv_poll_t *poll, int status, int events)
{
	struct clock *clock = poll->data;

	(void)status;
	(void)events;
	clock->armed_us = 0;
}

int clock_open(struct clock *clock, uv_loop_t *loop, bool is_virtual)
{
	*clock = (struct clock){.loop = loop, .is_virtual = is_virtual, .timer_fd = -1};
	if (is_virtual)
		return 0;
	clock->start_us = host_ns(CLOCK_MONOTONIC) / 1000;
	clock->armed_us = MN_NEVER;
	clock->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (clock->timer_fd < 0)
		return -errno;
	uv_poll_init(loop, &clock->poll, clock->timer_fd);
	clock->poll.data = clock;
	return uv_poll_start(&clock->poll, UV_READABLE, fired);
}

/* One system call where the deadline is another than last time, else none. */
static void arm(struct clock *clock, uint64_t deadline_us)
{
	struct itimerspec when = {0};
	const uint64_t at_us = clock->start_us + deadline_us;

	if (deadline_us == clock->armed_us)
		return;
	clock->armed_us = deadline_us;
	if (deadline_us < MN_NEVER - clock->start_us) {
		when.it_value.tv_sec = (time_t)(at_us / US_PER_S);
		when.it_value.tv_nsec = (long)(at_us % US_PER_S * 1000);
	}
	timerfd_settime(clock->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

void clock_sleep(struct clock *clock, uint64_t deadline_us, bool (*interrupted)(const void *),
		 const void *context)
{
	if (!clock->is_virtual) {
		arm(clock, deadline_us);
		uv_run(clock->loop, UV_RUN_ONCE);
		return;
	}
	uv_run(clock->loop, UV_RUN_NOWAIT);
	if (interrupted(context))
		return;
	if (deadline_us == MN_NEVER)
		uv_run(clock->loop, UV_RUN_ONCE);
	else if (deadline_us > clock->now_us)
		clock->now_us = deadline_us;
}

void clock_close(struct clock *clock)
{
	if (clock->timer_fd < 0)
		return;
	uv_close((uv_handle_t *)&clock->poll, NULL);
	close(clock->timer_fd);
	clock->timer_fd = -1;
}
