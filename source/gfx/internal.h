/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the files of gfx share. Pixels go from any format to any other by way of a short run of
 * mn_color in the middle (mn__load, mn__store, mn__mix): one function a format instead of one a
 * pair. Pairs that matter have a row function of their own (rows_wide.c or rows_small.c) which
 * must make the same bytes.
 */
#ifndef MNEMOS_GFX_INTERNAL_H
#define MNEMOS_GFX_INTERNAL_H

#include <mnemos/gfx/bitmap.h>

/* Pixels of a run: two such buffers are on the stack at a time. */
#define MN__RUN 32

/* ---- row.c: a run of n <= MN__RUN pixels of row y from x on; all of it is inside. ---- */

void mn__load(mn_color *out, const struct mn_bitmap *bitmap, int32_t x, int32_t y, int32_t n);
/* Replaces colour and alpha. */
void mn__store(const struct mn_bitmap *bitmap, int32_t x, int32_t y, const mn_color *in, int32_t n);
/* Blends. */
void mn__mix(const struct mn_bitmap *bitmap, int32_t x, int32_t y, const mn_color *in, int32_t n);

/* ---- plane.c: pixels or alpha values of one size, without what they mean ---- */

struct mn__plane {
	uint8_t *bytes;
	size_t stride;
	unsigned bits; /* of a pixel: 1, 8, 16 or 32 */
};

struct mn__plane mn__pixel_plane(const struct mn_bitmap *bitmap);
/* `bytes` is NULL if there is none. */
struct mn__plane mn__alpha_plane(const struct mn_bitmap *bitmap);

/* Bytes of a row of `width` pixels without gaps. */
size_t mn__row_bytes(unsigned bits, int32_t width);

/* n <= 8 pixels of one bit from x on, the leftmost in the highest bit; the others are 0. */
uint8_t mn__get_bits(const uint8_t *row, int32_t x, int32_t n);
void mn__put_bits(uint8_t *row, int32_t x, int32_t n, uint8_t bits);

/* Moves a block, also onto itself. The planes have the same size of pixel; all is inside. */
void mn__move_plane(const struct mn__plane *to, int32_t x, int32_t y, const struct mn__plane *from,
		    const struct mn_rect *part);

static inline void *mn__row(const struct mn__plane *plane, int32_t y)
{
	return plane->bytes + (size_t)y * plane->stride;
}

/* ---- clip.c ---- */

/* The sum, or what is nearest to it in 32 bits. */
int32_t mn__add(int32_t a, int32_t b);

struct mn_rect mn__bounds(const struct mn_bitmap *bitmap);

/* What of `rect` (NULL: all) is inside; false if nothing. */
bool mn__clip(const struct mn_bitmap *bitmap, const struct mn_rect *rect, struct mn_rect *inside);

/*
 * A block of `part` (any numbers) that shall go to *x, *y: cuts off what is not in `from`, and what
 * would not come to be in `to`. False if nothing is left.
 */
bool mn__clip_move(const struct mn_rect *to, int32_t *x, int32_t *y, const struct mn_rect *from,
		   const struct mn_rect *part, struct mn_rect *inside);

/* ---- rows_wide.c on the desk, rows_small.c on boards: rows of MN_RGB565 ---- */

void mn__blend_alpha8_row(uint16_t *to, const uint16_t *from, const uint8_t *alpha, size_t n);
/* `x` is the first pixel's in `bits`. */
void mn__blend_mask_row(uint16_t *to, const uint16_t *from, const uint8_t *bits, int32_t x,
			size_t n);
/* To MN_RGB888. */
void mn__widen_row(uint32_t *to, const uint16_t *from, size_t n);

/* ---- Arithmetic ---- */

/* x / 255, rounded to the nearest, of 0 to 65535 - 128. */
static inline uint32_t mn__by_255(uint32_t x)
{
	x += 128;
	return (x + (x >> 8)) >> 8;
}

static inline uint32_t mn__gray(mn_color color)
{
	return (77 * (color >> 16 & 255) + 150 * (color >> 8 & 255) + 29 * (color & 255)) >> 8;
}

static inline uint16_t mn__to_rgb565(mn_color color)
{
	return (uint16_t)((color >> 8 & 0xf800) | (color >> 5 & 0x07e0) | (color >> 3 & 0x001f));
}

/* Without alpha. */
static inline uint32_t mn__from_rgb565(uint32_t pixel)
{
	const uint32_t red = pixel >> 11, green = pixel >> 5 & 63, blue = pixel & 31;

	return (red << 3 | red >> 2) << 16 | (green << 2 | green >> 4) << 8 |
	       (blue << 3 | blue >> 2);
}

#endif
