/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a platform with a screen and a keyboard starts besides mn_start_default_services, as its
 * configuration says (source/config/screen.toml). Apart from those, so that an image without a
 * screen has none of it.
 */
#ifndef MNEMOS_DAEMONS_SCREEN_H
#define MNEMOS_DAEMONS_SCREEN_H

#include <mnemos/config.h>
#include <mnemos/daemons/demo_clock.h>
#include <mnemos/daemons/demo_monitor.h>
#include <mnemos/daemons/demo_paint.h>
#include <mnemos/daemons/screenshot.h>
#include <mnemos/daemons/terminal.h>
#include <mnemos/kernel.h>
#include <mnemos/services/keyboard_mux.h>

/* Their memory, for as long as the kernel lives. */
struct mn_screen_services {
	struct mn_keyboard_mux keyboard_mux;
	struct mn_keyboard_port keyboard_port;
	struct mn_screenshot_daemon screenshot;
	struct mn_terminal_daemon terminal;
	struct mn_demo_clock demo_clock;
	struct mn_demo_paint demo_paint;
	struct mn_demo_monitor demo_monitor;
};

/* Start-up: spawns what is enabled. `services` is zeroed before. */
void mn_start_screen_services(struct mn_screen_services *services, struct mn_kernel *kernel,
			      const struct mn_config *config);

#endif
