/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A task for the images that tests/system boots: on a request, one byte on virtual port 99, it
 * does something to the machine, and answers with what the machine says of itself, as names and
 * numbers. What is particular to a board is the board's own: platforms/NAME/test/probe.c.
 *
 * Requests of every board: '?' nothing, 's' overflow the stack, 'p' panic.
 */
#ifndef TESTS_PROBE_H
#define TESTS_PROBE_H

#include <mnemos/kernel.h>

/* Start-up: the task, and echoes on the ports 2, 3, 10, 0x4269 and 0xffff. */
void probe_start(struct mn_kernel *kernel);

/* Supplied by the board: what is asked for; returns if the machine has survived it. */
void probe_act(char request);

/* Supplied by the board: the answer, as snprintf. */
void probe_answer(char *text, size_t size);

#endif
