/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Time, from a CMSDK dual timer: its first half counts for ever, its second half is the alarm.
 *
 * The counter has 32 bits and goes round after 171 s (at 25 MHz). The alarm never lies further
 * ahead than half of that, and its interrupt reads the counter and sets it anew, so no round
 * is missed, whatever tasks do. An idle system wakes for that every 85 s.
 */
#ifndef MPS2_CLOCK_H
#define MPS2_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Starts at 0. `hz` is a multiple of 1 MHz. Then the timer's interrupt may be enabled. */
void clock_open(uintptr_t base, uint32_t hz);

/* Microseconds since then, rounded down, never going back. Any context. */
uint64_t clock_now_us(void);

/* The same in cycles of `hz`. */
uint64_t clock_now_cycles(void);

/* Sets the alarm for `deadline_us`, or earlier if that is far away; false if it is over. */
bool clock_alarm(uint64_t deadline_us);

/* Sets it for when the watchdog is to look. */
void clock_watch(void);

/* Of the timer: until another is set, the next alarm is when the watchdog looks. */
void clock_interrupt(void);

#endif
