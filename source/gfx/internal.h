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

/* Puts the colours somewhere. */
typedef void mn__put(const struct mn_bitmap *bitmap, int32_t x, int32_t y, const mn_color *in,
		     int32_t n);

/* ---- row.c: a run of n <= MN__RUN pixels of row y from x on; all of it is inside. ---- */

void mn__load(mn_color *out, const struct mn_bitmap *bitmap, int32_t x, int32_t y, int32_t n);
/* Replaces colour and alpha. */
void mn__store(const struct mn_bitmap *bitmap, int32_t x, int32_t y, const mn_color *in, int32_t n);
/* Blends. */
void mn__mix(const struct mn_bitmap *bitmap, int32_t x, int32_t y, const mn_color *in, int32_t n);

/* ---- clip.c ---- */

/* The sum, or what is nearest to it in 32 bits. */
int32_t mn__add(int32_t a, int32_t b);

/* Cuts off what is not in `to`; false, and all 0, if nothing is left. */
bool mn__cut(struct mn_rect *rect, const struct mn_rect *to);

struct mn_rect mn__bounds(const struct mn_bitmap *bitmap);

/* What of `rect` (NULL: all) is inside; false if nothing. */
bool mn__clip(const struct mn_bitmap *bitmap, const struct mn_rect *rect, struct mn_rect *inside);

/* Pixels that go from a part of one bitmap to a place in another. */
struct mn__block {
	int32_t x, y; /* to */
	struct mn_rect part;
};

/*
 * A block that shall go to its x, y: of `part` (any numbers; NULL: all) what is in `from`, and
 * comes to be within `to`. False if that is nothing.
 */
bool mn__clip_block(struct mn__block *block, const struct mn_rect *to, const struct mn_bitmap *from,
		    const struct mn_rect *part);

/* ---- plane.c, bitmap.c ---- */

/* n <= 8 pixels of one bit from x on, the leftmost in the highest bit; the others are 0. */
static inline uint8_t mn__get_bits(const uint8_t *row, int32_t x, int32_t n)
{
	const uint8_t *byte = row + x / 8;
	const int32_t shift = x % 8;
	unsigned two = byte[0] << 8;

	/* The byte behind the last pixel may not exist. */
	if (shift + n > 8)
		two |= byte[1];
	return (uint8_t)((two << shift >> 8) & (0xff00u >> n));
}

/* Moves a block, also onto itself. Formats are the same, also of alpha if `to` has it; all is
 * inside. */
void mn__move(const struct mn_bitmap *to, const struct mn_bitmap *from,
	      const struct mn__block *block);

static inline void *mn__pixels(const struct mn_bitmap *bitmap, int32_t y)
{
	return (uint8_t *)bitmap->pixels + (size_t)y * bitmap->stride;
}

/* NULL if there are none. */
static inline void *mn__alphas(const struct mn_bitmap *bitmap, int32_t y)
{
	return bitmap->alpha ? bitmap->alpha + (size_t)y * bitmap->alpha_stride : NULL;
}

/* 1, 8, 16 or 32. */
static inline unsigned mn__pixel_bits(enum mn_pixel_format format)
{
	return format == MN_MONO ? 1 : 4u << format;
}

/* 0, 1 or 8. */
static inline unsigned mn__alpha_bits(enum mn_alpha_format format)
{
	return format == MN_ALPHA8 ? 8 : format;
}

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
