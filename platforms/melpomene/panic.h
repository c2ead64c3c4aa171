/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The last report: on standard error, and as text on the serial line.
 *
 * A panic of the kernel, and a fault such as SIGSEGV, print what happened and what every
 * task was doing. The same goes to the peer of the serial line between two zero bytes,
 * which crowtty shows as text. Then the process aborts, so that debuggers and core dumps
 * have it as it was; after a fault it ends by that.
 *
 * A task that does not yield, see <mnemos/watchdog.h>, is told of in the same places, and the
 * machine goes on.
 */
#ifndef MELPOMENE_PANIC_H
#define MELPOMENE_PANIC_H

struct machine;

/* From now on reports are about this machine; NULL: about none any more. */
void panic_watch(struct machine *machine);

#endif
