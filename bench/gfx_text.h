/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What both programs draw: lines of 100 characters down a screen of 800 x 600, again and again. */
#ifndef BENCH_GFX_TEXT_H
#define BENCH_GFX_TEXT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WIDTH 800
#define HEIGHT 600
#define COLUMNS 100
#define LINES 37

/* Draws line `number`, from 0 to LINES - 1; `behind`: with a background. */
struct text_bench {
	void (*start)(void);
	void (*line)(int number, int behind);
};

static const char text[] = "The quick brown fox jumps over the lazy dog; 0123456789 (and again): "
			   "{ sphinx of black quartz } JUDGE!";
_Static_assert(sizeof text - 1 >= COLUMNS, "a line");

static inline double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* `PROGRAM solid|clear GLYPHS`: says what one took. */
static inline int run_bench(const struct text_bench *bench, int argc, char **argv)
{
	if (argc != 3)
		return 2;

	const long lines = strtol(argv[2], NULL, 10) / COLUMNS;
	const int behind = strcmp(argv[1], "solid") == 0;

	bench->start();

	const double begin_ns = now_ns();

	for (long line = 0; line < lines; line++)
		bench->line((int)(line % LINES), behind);
	printf("%.2f ns each\n", (now_ns() - begin_ns) / (double)(lines * COLUMNS));
	return 0;
}

#endif
