/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The clock of a traced target: from ticks, whole or only their low 32 bits, to nanoseconds
 * that never go back.
 *
 *     STOPPED --1--> RUNNING --2--> DOUBTING --3--> RUNNING
 *
 *     1 WELCOME says what a tick is
 *     2 a whole time that can't follow the last one: a damaged message
 *     3 the next whole time follows the one doubted, which was true then, or the one before
 *
 * Whole times come once a second, and right after the WELCOME; what is longer ago or further ahead
 * than that is doubted. Until two of them agree the newer one is as good as any.
 */
#ifndef CROWTTY_TRACE_CLOCK_H
#define CROWTTY_TRACE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed memory is a stopped clock. */
struct trace_clock {
	bool running, doubting;
	bool agreed; /* two whole times have */
	uint32_t hz;
	uint64_t ticks;     /* the time that is known best */
	uint64_t doubted;   /* DOUBTING: the one that is not believed */
	uint64_t base_ns;   /* what times are later by than the target says */
	uint64_t latest_ns; /* of all that was given out */
};

/* The target says what time it is; a `hz` of 0 stops the clock. */
void trace_clock_start(struct trace_clock *clock, uint32_t hz, uint64_t now);
void trace_clock_stop(struct trace_clock *clock);

/* A whole time has come. */
void trace_clock_set(struct trace_clock *clock, uint64_t now);

/* The time of an event from its low 32 bits, which are near a whole time that came; and of one
 * without, from the host's clock. */
uint64_t trace_clock_event(struct trace_clock *clock, uint32_t low);
uint64_t trace_clock_host(struct trace_clock *clock, uint64_t host_ns);

/* Any time in ticks; 0 while stopped. */
uint64_t trace_clock_ns(const struct trace_clock *clock, uint64_t ticks);

#endif
