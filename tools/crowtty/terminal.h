/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The terminal of standard input, key by key: nothing is shown, no key is a signal, and each comes
 * at once, as it is. Whatever ends the program, but for SIGKILL, the terminal is as before; so it
 * is while the program is stopped, but by SIGSTOP. One in a process, which has no screen.h.
 */
#ifndef CROWTTY_TERMINAL_H
#define CROWTTY_TERMINAL_H

#include <stdbool.h>

/* Key by key from now on, or as before; without effect if standard input is no terminal, or is that
 * of a program in front of us. */
void terminal_set_raw(bool raw);

bool terminal_is_raw(void);

#endif
