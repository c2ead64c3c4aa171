/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What must be put right whatever ends the program, such as a terminal's settings. */
#ifndef CROWTTY_EXIT_GUARD_H
#define CROWTTY_EXIT_GUARD_H

/*
 * From now on `act` is called at exit, and before a signal ends the program, but for SIGKILL and
 * those that the program itself watches. So it may be called in a signal's handler, and twice.
 * Signals that are ignored stay so. One in a process; idempotent.
 */
void exit_guard(void (*act)(void));

#endif
