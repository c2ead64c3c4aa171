/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdlib.h>
#include "demo_screen.h"

struct demo_screen *demo_screen_new(struct sim *sim, int32_t width, int32_t height)
{
	struct demo_screen *screen = calloc(1, sizeof *screen);
	const size_t size = mn_bitmap_size(MN_RGB565, MN_OPAQUE, width, height);
	void *pixels = calloc(1, size);

	assert_true(screen && pixels);
	screen->sim = sim;
	screen->device.frame_us = DEMO_FRAME_US;
	assert_true(mn_bitmap_init(&screen->device.screen, MN_RGB565, MN_OPAQUE, width, height,
				   pixels, size));
	mn_display_start(&screen->display, &sim->kernel, &screen->device, NULL);
	return screen;
}

void demo_screen_free(struct demo_screen *screen)
{
	sim_cancel_all(screen->sim);
	free(screen->device.screen.pixels);
	free(screen);
}
