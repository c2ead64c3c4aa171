/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Frames of 800 x 600 in RGB565: `bench_gfx NAME COUNT` moves so many. What the picture looks like
 * is the same each time. `memcpy` is what the others are compared with.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "../source/gfx/rows_wide.h"

#define WIDTH 800
#define HEIGHT 600

static uint16_t screen_pixels[WIDTH * HEIGHT], picture[WIDTH * HEIGHT];
static uint32_t wide_pixels[WIDTH * HEIGHT];
static uint8_t alphas[WIDTH * HEIGHT], bits[WIDTH / 8 * HEIGHT];

static struct mn_bitmap screen = {MN_RGB565, MN_OPAQUE, WIDTH,         HEIGHT,
				  WIDTH * 2, 0,         screen_pixels, NULL};
static struct mn_bitmap wide = {MN_RGB888, MN_OPAQUE, WIDTH,       HEIGHT,
				WIDTH * 4, 0,         wide_pixels, NULL};
static struct mn_bitmap source = {MN_RGB565, MN_OPAQUE, WIDTH, HEIGHT, WIDTH * 2, 0, picture, NULL};

static void copy_bytes(void)
{
	memcpy(screen_pixels, picture, sizeof screen_pixels);
}

static void copy(void)
{
	mn_bitmap_copy(&screen, 0, 0, &source, NULL);
}

static void widen(void)
{
	mn_bitmap_copy(&wide, 0, 0, &source, NULL);
}

static void blend(void)
{
	mn_bitmap_blend(&screen, 0, 0, &source, NULL);
}

#ifdef __x86_64__
/* What alpha8 is on processors whose vectors are shorter. */
static void blend_by(const struct mn__rows *rows)
{
	for (size_t at = 0; at < WIDTH * HEIGHT; at += WIDTH)
		rows->blend_alpha8(screen_pixels + at, picture + at, alphas + at, WIDTH);
}

static void blend_avx2(void)
{
	if (!__builtin_cpu_supports("avx2")) {
		puts("no AVX2");
		exit(0);
	}
	blend_by(&mn__rows_16);
}

static void blend_sse2(void)
{
	blend_by(&mn__rows_8);
}
#endif

static void fill(void)
{
	mn_bitmap_fill(&screen, NULL, MN_ORANGE);
}

/* No two neighbours have the same alpha, and none is 0 or 255: nothing can be skipped. */
static void fill_alphas(void)
{
	for (size_t i = 0; i < sizeof alphas; i++)
		alphas[i] = (uint8_t)(1 + i * 101 % 254);
	for (size_t i = 0; i < sizeof bits; i++)
		bits[i] = (uint8_t)(0x55 + i * 37 % 128);
}

static const struct {
	const char *name;
	void (*frame)(void);
	enum mn_alpha_format alpha_format;
	uint8_t *alpha;
	size_t alpha_stride;
} frames[] = {
	{"memcpy", copy_bytes, MN_OPAQUE, NULL, 0},
	{"blit", copy, MN_OPAQUE, NULL, 0},
	{"blit_888", widen, MN_OPAQUE, NULL, 0},
	{"alpha8", blend, MN_ALPHA8, alphas, WIDTH},
	{"mask", blend, MN_MASK, bits, WIDTH / 8},
	{"fill", fill, MN_OPAQUE, NULL, 0},
#ifdef __x86_64__
	{"alpha8_avx2", blend_avx2, MN_OPAQUE, NULL, 0},
	{"alpha8_sse2", blend_sse2, MN_OPAQUE, NULL, 0},
#endif
};

static double now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* The least of all, as what disturbs a frame only adds to it. */
static double best_of(void (*frame)(void), long count)
{
	double best = 1e18;

	for (long i = 0; i < count; i++) {
		const double begin = now_ns();

		frame();

		const double took = now_ns() - begin;

		best = took < best ? took : best;
	}
	return best;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	fill_alphas();
	for (size_t i = 0; i < WIDTH * HEIGHT; i++)
		picture[i] = (uint16_t)(i * 40503);
	for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
		if (strcmp(argv[1], frames[i].name) != 0)
			continue;
		source.alpha_format = frames[i].alpha_format;
		source.alpha = frames[i].alpha;
		source.alpha_stride = frames[i].alpha_stride;
		printf("%.1f ns each\n", best_of(frames[i].frame, atol(argv[2])));
		return 0;
	}
	return 2;
}
