/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What must be put right whatever ends the program, such as a terminal's settings. */
#ifndef CROWTTY_EXIT_GUARD_H
#define CROWTTY_EXIT_GUARD_H

#include <uv.h>

/*
 * From now on `act` is called at exit, and before a signal ends the program, but for SIGKILL and
 * those that the program itself watches. So it may be called in a signal's handler, and twice.
 * Signals that are ignored stay so. One in a process; idempotent.
 */
void exit_guard(void (*act)(void));

/*
 * Watches a signal that the program sees to itself; `signal` is initialised. A hang-up that was
 * ignored when the program was started, as nohup(1) does, stays ignored.
 */
void exit_signal_start(uv_signal_t *signal, uv_signal_cb act, int number);

#endif
