/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Time, from the SysTick timer of a Cortex-M, which interrupts each millisecond. Complete; the
 * interrupt must not be held back for a millisecond, or one is lost.
 */
#ifndef TEMPLATE_CLOCK_H
#define TEMPLATE_CLOCK_H

#include <stdint.h>

/* Starts at 0. `hz`: the processor's clock, a multiple of 1 MHz. */
void clock_open(uint32_t hz);

/* Microseconds since then, rounded down, never going back. Any context. */
uint64_t clock_now_us(void);

/* In the vectors: of the timer. Looks at the UART too, while that is polled. */
void clock_interrupt(void);

#endif
