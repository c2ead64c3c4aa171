/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A demonstration: a clock in a landscape, in which crows carry letters.
 *
 *     static struct mn_demo_clock clock;
 *     mn_demo_clock_start(&clock, &kernel, &(struct mn_demo_clock_config){.time_us = 0});
 *
 * It is drawn for any size of its rectangle, at the screen's rate. What is seen follows from the
 * time alone, so the same moment is the same picture. What never changes is drawn once, into a
 * bitmap of its own; of each frame only the places are sent where something has moved.
 *
 * It ends when it is cancelled, or with the error for which it cannot draw.
 *
 * Memory: its layer's, as much again, and MN_DEMO_CLOCK_CHUNK pixels, from the kernel's heap.
 */
#ifndef MNEMOS_DAEMONS_DEMO_CLOCK_H
#define MNEMOS_DAEMONS_DEMO_CLOCK_H

#include <mnemos/gfx/draw.h>
#include <mnemos/heap.h>
#include <mnemos/services/display.h>

/* What it can be told. */
struct mn_demo_clock_config {
	struct mn_rect rect; /* on the screen; {0}: all of it */
	uint64_t time_us;    /* of the day, when the system starts */
};

/* Pixels that are sent in one piece. */
#define MN_DEMO_CLOCK_CHUNK 16384

/* What moves: the hands, and what flies. */
#define MN_DEMO_CLOCK_HANDS 3
#define MN_DEMO_CLOCK_FLYERS 9

/* Where things are; found once, from the size of the layer. */
struct mn__clock_layout {
	int32_t width, height;
	struct mn_point center; /* of the dial */
	int32_t radius;
	struct mn_rect panel; /* for text */
	int32_t horizon;
};

/* A hand as it was drawn last: its polygon, and the rectangle around it. */
struct mn__clock_hand {
	struct mn_point corners[4];
	struct mn_rect box;
};

/* What flies, as it was drawn last: where, and which picture of its beating wings. */
struct mn__clock_flyer {
	struct mn_rect box;
	uint32_t frame;
};

/* The daemon, the caller's memory. */
struct mn_demo_clock {
	struct mn_task task;
	struct mn_demo_clock_config config;
	struct mn_layer layer;
	void *memory; /* from the heap */
	struct mn__clock_layout layout;
	struct mn_bitmap landscape; /* all that does not move */
	struct mn_bitmap chunk;     /* what is sent */
	uint16_t *chunk_pixels;

	/* The frame that is being drawn. */
	uint64_t now_us; /* of the day */
	struct mn__clock_hand hands[MN_DEMO_CLOCK_HANDS];
	struct mn__clock_flyer flyers[MN_DEMO_CLOCK_FLYERS];
	uint64_t second;    /* that the text shows */
	uint64_t ticked_us; /* when the text was changed */
	uint32_t frames;    /* drawn since then */
	uint32_t rate;      /* of them, in the second before; 0: not known */
	bool begun;         /* something has been drawn */
	struct mn_rect dirty[2 * (MN_DEMO_CLOCK_HANDS + MN_DEMO_CLOCK_FLYERS) + 2];
	uint32_t dirty_count;
	struct mn_rect part; /* of these, in the chunk */
};

/* Start-up: spawns it, zeroed before. */
void mn_demo_clock_start(struct mn_demo_clock *clock, struct mn_kernel *kernel,
			 const struct mn_demo_clock_config *config);

#endif
