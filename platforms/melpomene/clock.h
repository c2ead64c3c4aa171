/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The machine's clock, which starts at 0: the host's monotonic one, or a virtual one that
 * jumps to the next deadline whenever there is nothing else to do.
 */
#ifndef MELPOMENE_CLOCK_H
#define MELPOMENE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/* From clock_open to clock_close. */
struct clock {
	uv_loop_t *loop;
	bool is_virtual;
	uint64_t now_us;   /* virtual: the time */
	uint64_t start_us; /* real: the host's time at the machine's 0 */
	uint64_t armed_us; /* real: when the timer will fire; 0: not known */
	int timer_fd;      /* real; libuv's own timers count milliseconds */
	uv_poll_t poll;
};

/* Starts the clock. Returns 0 or a negative error number; close it in both cases. */
int clock_open(struct clock *clock, uv_loop_t *loop, bool is_virtual);

/* Microseconds since the start. */
uint64_t clock_now_us(const struct clock *clock);

/* The same in units of 1 / CLOCK_TICKS_HZ s. */
#define CLOCK_TICKS_HZ 100000000
uint64_t clock_ticks(const struct clock *clock);

/* Nanoseconds of CPU time of this thread. */
uint64_t clock_cpu_ns(void);

/*
 * Waits for an event of the loop or for the deadline. If virtual, events that are there
 * already come first; `interrupted` then says, called with `context`, whether they are a
 * reason not to jump.
 */
void clock_sleep(struct clock *clock, uint64_t deadline_us, bool (*interrupted)(const void *),
		 const void *context);

/* Stops it; the loop must run on until its handles are closed. */
void clock_close(struct clock *clock);

#endif
