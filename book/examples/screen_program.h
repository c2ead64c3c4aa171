/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a program of book/draw-something.md is: one function. */
#ifndef EXAMPLES_SCREEN_PROGRAM_H
#define EXAMPLES_SCREEN_PROGRAM_H

#include <mnemos/kernel.h>

/* Start-up: spawns the program's tasks. screen_program.c, or screen_board.c, calls it. */
void start_program(struct mn_kernel *kernel);

#endif
