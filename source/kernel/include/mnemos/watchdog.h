/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The watchdog: who does not yield. Nothing preempts a task, so one that loops stops all others,
 * and with them whatever could tell of it. A platform's timer can, from its interrupt.
 *
 *     // each MN_WATCHDOG_MS of the time that the processor is busy; not while it sleeps
 *     if (mn_watchdog_looks(&watchdog, &kernel))
 *             mn_watchdog_tell(&kernel, write, context);
 *
 * A task is told of once, when it has been in one poll for one to two of these periods. The text
 * is "task NAME #ID has not yielded for 1000 ms (FILE)\n"; crowtty knows it when it comes between
 * two zero bytes, beside the frames of the line.
 *
 * Interrupt context, or a signal handler: nothing is locked, allocated or changed but `watchdog`.
 */
#ifndef MNEMOS_WATCHDOG_H
#define MNEMOS_WATCHDOG_H

#include <mnemos/kernel.h>

#define MN_WATCHDOG_MS 1000

/* What was seen last; zeroed at first. */
struct mn_watchdog {
	uint32_t task, polls;
	bool told;
};

/* Whether the running task is in the poll in which it was at the last look, and not told of. */
bool mn_watchdog_looks(struct mn_watchdog *watchdog, const struct mn_kernel *kernel);

/* Writes the text, in pieces. */
void mn_watchdog_tell(const struct mn_kernel *kernel,
		      void (*write)(void *context, const char *text, size_t len), void *context);

#endif
