/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The window that shows the screen: a program of its own, melpomene-window, so that a machine
 * without a window has nothing of a desktop's libraries, and one whose window hangs or is killed
 * goes on.
 *
 *            1 window_open                 2 a reason
 *     ABSENT ------------> OPEN ------------------------> ABSENT
 *
 *     2: its process has ended or talks nonsense, or window_close
 *
 * A frame never waits: what the window has not taken by the next one is shown with it.
 */
#ifndef MELPOMENE_WINDOW_H
#define MELPOMENE_WINDOW_H

#include <stdbool.h>
#include <uv.h>
#include <mnemos/drivers/key_device.h>
#include <mnemos/gfx/bitmap.h>

/* The number of its interrupt, in the trace: a key. */
#define WINDOW_INTERRUPT 2

/* What it is to be. What is pointed to stays until window_close, but for the title. */
struct window_config {
	struct mn_kernel *kernel;
	uv_loop_t *loop;
	const struct mn_bitmap *shown; /* the picture, MN_RGB888 */
	struct mn_key_device *keys;    /* gets its keys; NULL: nobody does */
	unsigned scaling;              /* pixels of the window for one of the picture */
	const char *title;
	void (*closed)(void *context); /* the user has closed it */
	void *context;
};

/* Zeroed before. */
struct window {
	struct window_config config;
	bool open;
	struct mn_bitmap shared; /* the memory that it reads from */
	struct mn_rect unsent;   /* has changed in `shown` since the last frame for it */
	bool busy;               /* it has not taken that frame yet */
	uint32_t taken;          /* frames */
	int socket;
	uv_poll_t poll;
	uv_process_t process;
};

/* NULL if this is a place where a window can be tried, else why not. */
const char *window_impossible(void);

/* Starts its program; false after an error was told. It tells itself if it cannot open. */
bool window_open(struct window *window, const struct window_config *config);

/* `dirty` has changed in the picture. Never waits. */
void window_show(struct window *window, const struct mn_rect *dirty);

/* Whether it has not yet taken what is to be shown. */
static inline bool window_is_behind(const struct window *window)
{
	return window->busy || !mn_rect_is_empty(&window->unsent);
}

/* Ends it, if it is there; the loop must run on until its handles are closed. */
void window_close(struct window *window);

#endif
