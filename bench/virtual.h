/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The platform of the kernel benchmarks: one kernel, and a clock that jumps to the next
 * deadline instead of waiting for it.
 */
#ifndef BENCH_VIRTUAL_H
#define BENCH_VIRTUAL_H

#include <mnemos/kernel.h>

extern struct mn_kernel kernel;

/* Prepares the kernel: 16 services, no heap, no log. */
void virtual_init(void);

/* Runs one turn and moves the clock; false when nothing will happen any more. */
bool virtual_turn(void);

/* Runs until every task has ended, or waits for ever. */
void virtual_run(void);

/* The machine's own clock. */
double real_ns(void);

#endif
