/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * For tests/system/test_virtio.py: a task that draws a picture which fills the screen and which the
 * test can compute too, and a mark for each key event. On virtual port 99 it says what is shown,
 * once it is. For a board, and for the simulator (picture_simulated.c).
 */
#ifndef TESTS_PICTURE_H
#define TESTS_PICTURE_H

#include <mnemos/kernel.h>

/* Start-up: the task. */
void picture_start(struct mn_kernel *kernel);

#endif
