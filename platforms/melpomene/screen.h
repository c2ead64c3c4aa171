/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The screen of the machine: a display in memory, a window of the host that shows it, if there is
 * one, with its keyboard, and files of what was shown.
 *
 * To present never waits: a frame is copied, with 8 bits a colour whatever the screen's format, to
 * `shown`, from which the window and the files have it. So these never have a half of a frame, the
 * machine never waits for a window, and its picture does not depend on whether there is one.
 */
#ifndef MELPOMENE_SCREEN_H
#define MELPOMENE_SCREEN_H

#include <uv.h>
#include <mnemos/config.h>
#include <mnemos/drivers/key_device.h>
#include <mnemos/services/display.h>
#include "memory.h"
#include "options.h"
#include "screen_capture.h"
#include "window.h"

/* Zeroed before. */
struct screen {
	struct mn_kernel *kernel; /* NULL: the machine has no screen */
	struct mn_display_device device;
	struct mn_display server;
	struct mn_bitmap shown; /* by the last frame; MN_RGB888 */
	struct mn_rect dirty;   /* of it, presented since that frame */
	uint64_t presented_us;  /* when that was */
	uint32_t frames;
	struct screen_capture capture;
	struct window window;
	const char *headless; /* why there is no window, or NULL */
	struct mn_key_device keys;
};

/* What it is made of. Everything that is pointed to stays until screen_close. */
struct screen_config {
	struct mn_kernel *kernel;
	uv_loop_t *loop;
	struct memory *memory;
	const struct mn_config *config;
	const struct options *options;
	void (*closed)(void *context); /* the user has closed the window */
	void *context;
};

/* Bytes of memory that screen_open takes. */
size_t screen_memory(const struct mn_config_display *config);

/*
 * Opens the screen and the window, and starts the display service; does nothing where no screen is
 * configured. False after an error was told.
 */
bool screen_open(struct screen *screen, const struct screen_config *config);

/*
 * Before the machine sleeps: shows the frame that was made, takes screenshots that are due. `idle`:
 * nothing is left to do now.
 */
void screen_work(struct screen *screen, bool idle);

/* When the next screenshot is due, which the machine must not sleep over, or MN_NEVER. */
static inline uint64_t screen_due_us(const struct screen *screen)
{
	return screen->kernel ? screen->capture.due_us : UINT64_MAX;
}

/* The machine has ended: the last screenshots. False if something could not be written. */
bool screen_finish(struct screen *screen);

/* Prints a line on what it is, and one on how it stands. */
void screen_introduce(const struct screen *screen);
void screen_print(const struct screen *screen);

/* Ends the window; the loop must run on until its handles are closed. Also after a failed open. */
void screen_close(struct screen *screen);

#endif
