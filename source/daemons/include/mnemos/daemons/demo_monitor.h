/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A demonstration: what the tasks do, live.
 *
 *     static struct mn_demo_monitor monitor;
 *     mn_demo_monitor_start(&monitor, &kernel, &(struct mn_demo_monitor_config){.rect = {0}});
 *
 * Twice a second it shows each task's share of the processor, how many calls each service is
 * working on and has waiting, the heap, the frames of the screen, and how busy the processor was
 * over the last minute. A full bar of the tasks, and the top of the curve, are 1 %, 10 % or 100 %
 * of the processor: the least that all have room in. If there are more tasks than lines, they
 * scroll by one line each time. (Channels and byte queues belong to their users; the kernel has no
 * list of them.)
 *
 * The rectangle is covered with cells: each is drawn again only if it shows something else than
 * before. Shares need mn_kernel_account, which it turns on and leaves on.
 *
 * It ends when it is cancelled, or with the error for which it cannot draw.
 *
 * Memory: its layer's, and its largest cell's pixels, from the kernel's heap.
 */
#ifndef MNEMOS_DAEMONS_DEMO_MONITOR_H
#define MNEMOS_DAEMONS_DEMO_MONITOR_H

#include <mnemos/gfx/draw.h>
#include <mnemos/heap.h>
#include <mnemos/services/display.h>

/* What it can be told. */
struct mn_demo_monitor_config {
	struct mn_rect rect; /* on the screen; {0}: all of it */
};

/* Most tasks whose shares are known, most lines of a column, points of the curve. */
#define MN_DEMO_MONITOR_TASKS 64
#define MN_DEMO_MONITOR_LINES 40
#define MN_DEMO_MONITOR_POINTS 120

enum mn__monitor_kind {
	MN__MONITOR_EMPTY,
	MN__MONITOR_HEADER,
	MN__MONITOR_CURVE,
	MN__MONITOR_TITLE,
	MN__MONITOR_SHARE, /* a bar: `value` thousandths, full at `more`; the colour says if that is
			      much */
	MN__MONITOR_RATE,  /* the same, but much is well */
	MN__MONITOR_CALLS  /* a box for each call: `value` are served, `more` wait */
};

/* What a cell shows: names are kept as text, their owners may end. All bytes are compared. */
struct mn__monitor_content {
	uint8_t kind;
	char name[23];
	char text[24];
	uint32_t value, more;
};

struct mn__monitor_cell {
	struct mn_rect rect;
	struct mn__monitor_content now, shown;
};

/* A task at the last look. */
struct mn__monitor_task {
	uint32_t id;
	const char *name;
	mn_cpu_time cpu;
	uint32_t share; /* of the processor since the look before, of 1000 */
};

/* What is looked at. */
struct mn__monitor_sample {
	uint64_t at_us;
	struct mn__monitor_task tasks[MN_DEMO_MONITOR_TASKS]; /* in the order of their ids */
	uint32_t count;                                       /* of these */
	uint32_t busy;                                        /* all shares together */
	uint32_t frames, frames_per_second;
};

/* The daemon, the caller's memory. */
struct mn_demo_monitor {
	struct mn_task task;
	struct mn_demo_monitor_config config;
	struct mn_layer layer;
	void *memory;           /* from the heap */
	struct mn_bitmap chunk; /* a cell */
	struct mn_sleep nap;

	const struct mn_font *font, *title_font;
	struct mn__monitor_cell header, curve;
	struct mn__monitor_cell left[MN_DEMO_MONITOR_LINES], right[MN_DEMO_MONITOR_LINES];
	uint32_t left_count, right_count;

	struct mn__monitor_sample sample;
	uint16_t points[MN_DEMO_MONITOR_POINTS]; /* busy, the newest last */
	uint32_t first;                          /* task that is shown on the first line */
	uint32_t cell;                           /* that is being drawn */
};

/* Start-up: spawns it, zeroed before. */
void mn_demo_monitor_start(struct mn_demo_monitor *monitor, struct mn_kernel *kernel,
			   const struct mn_demo_monitor_config *config);

#endif
