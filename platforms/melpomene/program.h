/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * melpomene as a program: its options, one machine, and maybe tasks of one's own in it.
 *
 *     static int start(struct mn_kernel *kernel)
 *     {
 *             mn_spawn(kernel, &mine.task, &mine_task);
 *             return EXIT_GOOD;
 *     }
 *
 *     int main(int argc, char **argv)
 *     {
 *             return program_main(argc, argv, start);
 *     }
 */
#ifndef MELPOMENE_PROGRAM_H
#define MELPOMENE_PROGRAM_H

#include <mnemos/kernel.h>
#include "options.h"

/*
 * Runs a machine, as its options say, to its end, and returns the exit code. `start`, or NULL,
 * spawns what there is besides; it returns EXIT_GOOD, or the code to end with, having said why.
 */
int program_main(int argc, char **argv, int (*start)(struct mn_kernel *kernel));

#endif
