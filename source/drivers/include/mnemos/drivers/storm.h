/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Keeps a device whose interrupt does not end from taking the processor for ever. A source that
 * has come MN_STORM times within one turn of the executor is masked, which is counted and logged,
 * and let through again MN_STORM_PAUSE_US later: by then it may be well, else it is masked again.
 * Meanwhile all else goes on.
 *
 *     struct mn_storms storms;           // one of an interrupt controller, zeroed
 *     struct mn_storm_source source;     // one of each of its sources, zeroed
 *
 *     in its handler, behind that of the device:
 *             if (mn_storm_comes(&storms, &source, irq))
 *                     mask it;
 *     in mn_platform_wait, before anything else:
 *             if (mn_storm_turn(&storms, kernel, &deadline_us))
 *                     unmask all;
 *
 * A device that is well is never masked unless it can ask for that much while one turn lasts. A
 * UART falls silent when its ring is full, long before; but as fast as an emulator's it can have it
 * filled and emptied again in the same turn, many times. Whose driver counts what it moves, says so
 * with mn_storm_excuse, which costs nothing until then.
 *
 * Cost: about ten instructions per interrupt, and per turn. Of a storm 10,000 interrupts a second:
 * some 4 % of a Cortex-M3 at 25 MHz. Handlers must not interrupt each other.
 */
#ifndef MNEMOS_DRIVERS_STORM_H
#define MNEMOS_DRIVERS_STORM_H

#include <mnemos/kernel.h>

#define MN_STORM 10000
#define MN_STORM_PAUSE_US 1000000

struct mn_storm_source {
	uint16_t turn;
	uint16_t count; /* times that it came in that turn */
};

/* For readers: `count`, modulo 2^32. */
struct mn_storms {
	uint16_t turn;
	volatile uint32_t count; /* times that a source was masked, and ... */
	volatile uint32_t irq;   /* ... the last that was: stored by the handler */
	uint32_t told;           /* of those, in the log */
	bool masked;             /* a source is, until then: */
	uint64_t until_us;
};

/* Handler: true if the source, here called `irq`, is to be masked. */
static inline bool mn_storm_comes(struct mn_storms *storms, struct mn_storm_source *source,
				  uint32_t irq)
{
	if (source->turn != storms->turn)
		*source = (struct mn_storm_source){.turn = storms->turn};
	if (MN_LIKELY(++source->count < MN_STORM))
		return false;
	storms->irq = irq;
	storms->count++;
	return true;
}

/*
 * Handler, behind an mn_storm_comes that was true: whether it was no storm, as more was moved than
 * the last time it was asked. Then the source is not to be masked, and its count begins anew.
 */
bool mn_storm_excuse(struct mn_storms *storms, struct mn_storm_source *source,
		     const _Atomic uint32_t *moved, uint32_t *moved_before);

/*
 * Between two turns: true if all sources are to be unmasked now. Else the deadline until which the
 * platform sleeps is drawn near if need be.
 */
bool mn_storm_turn(struct mn_storms *storms, struct mn_kernel *kernel, uint64_t *deadline_us);

#endif
