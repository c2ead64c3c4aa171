/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A screen in memory, with its display server, for tests of programs that draw.
 *
 *     struct demo_screen *screen = demo_screen_new(sim, 240, 160);
 *     ...start the program...
 *     sim_run_for(sim, 3000000);
 *     golden_check("demo-clock", &screen->device.screen);
 *     demo_screen_free(screen);
 */
#ifndef TESTS_DEMO_SCREEN_H
#define TESTS_DEMO_SCREEN_H

#include <mnemos/services/display.h>
#include "sim.h"

/* 60 frames a second, and a little less. */
#define DEMO_FRAME_US 16667

struct demo_screen {
	struct sim *sim;
	struct mn_display_device device;
	struct mn_display display;
};

/* A screen in RGB565, black. */
struct demo_screen *demo_screen_new(struct sim *sim, int32_t width, int32_t height);

/* Cancels all tasks before. */
void demo_screen_free(struct demo_screen *screen);

#endif
