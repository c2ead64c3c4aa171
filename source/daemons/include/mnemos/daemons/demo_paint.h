/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A demonstration: painting with the keyboard.
 *
 *     static struct mn_demo_paint paint;
 *     mn_demo_paint_start(&paint, &kernel, &(struct mn_demo_paint_config){.rect = {0}});
 *
 *     arrows       move the pencil: the longer held, the faster; with Shift in large steps
 *     space        puts it down, or lifts it
 *     1 to 9, 0    choose a colour, or the eraser
 *     + -          choose a brush
 *     c            clears the paper
 *
 * Keys come from wherever the keyboard mux has them: the window, the board's keyboard, or virtual
 * port 2 of the serial line.
 *
 * There is no copy of the picture here: the paper is a layer, into which each stroke is blended,
 * and the pencil another one above it.
 *
 * It ends when it is cancelled, or with the error for which it cannot go on.
 *
 * Memory: its two layers', and a strip as wide as the paper, from the kernel's heap.
 */
#ifndef MNEMOS_DAEMONS_DEMO_PAINT_H
#define MNEMOS_DAEMONS_DEMO_PAINT_H

#include <mnemos/gfx/draw.h>
#include <mnemos/heap.h>
#include <mnemos/services/display.h>
#include <mnemos/services/keyboard.h>

/* What it can be told. */
struct mn_demo_paint_config {
	struct mn_rect rect; /* on the screen; {0}: all of it */
};

/* The daemon, the caller's memory. */
struct mn_demo_paint {
	struct mn_task task;
	struct mn_demo_paint_config config;
	struct mn_layer paper, pencil;
	struct mn_keyboard keyboard;
	struct mn_key_event key;
	void *memory;           /* from the heap */
	struct mn_bitmap chunk; /* what is sent: a stroke, a strip of paper, the status */
	int32_t x, y;           /* of the chunk on the paper */

	int32_t width, height; /* of what can be painted on */
	int32_t bar;           /* height of the status below */
	struct mn_point at;    /* the pencil's tip */
	struct mn_point from;  /* where the stroke begins that ends there */
	int32_t step;          /* pixels that an arrow key moves it now */
	bool down;
	uint8_t color, brush; /* in the lists of demo_paint.c */
	uint8_t todo;         /* what the last key has changed */
};

/* Start-up: spawns it, zeroed before. */
void mn_demo_paint_start(struct mn_demo_paint *paint, struct mn_kernel *kernel,
			 const struct mn_demo_paint_config *config);

#endif
