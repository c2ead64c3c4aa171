/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Bitmaps: pictures in memory, and what moves pixels between them.
 *
 *     static uint16_t pixels[60 * 80];
 *     struct mn_bitmap chunk;
 *
 *     mn_bitmap_init(&chunk, MN_RGB565, MN_OPAQUE, 80, 60, pixels, sizeof pixels);
 *     mn_bitmap_fill(&chunk, &(struct mn_rect){10, 10, 20, 20}, MN_RED);
 *     mn_bitmap_copy(&screen, 100, 50, &chunk, NULL);
 *
 * A bitmap describes memory of the caller and owns nothing: copying the struct makes a second
 * view of the same pixels, and mn_bitmap_part a view of a part of them.
 *
 * Coordinates count pixels from the upper left corner, x to the right, y down. Every function
 * takes any coordinates and sizes, also negative and huge ones: what lies outside of a bitmap is
 * left out, without a word, and nothing outside of its memory is touched or read.
 *
 * Formats, each row from `pixels + y * stride`:
 *
 *     MN_MONO     one bit a pixel, the leftmost is the highest bit of the first byte; 1 is white
 *     MN_GRAY8    one byte a pixel, 0 black, 255 white
 *     MN_RGB565   two bytes, a word of the machine: 5 bits of red (highest), 6 green, 5 blue
 *     MN_RGB888   four bytes, a word of the machine: 8 bits each unused (written as 0), red,
 *                 green, blue
 *
 * Transparency is a plane of its own, each row from `alpha + y * alpha_stride`:
 *
 *     MN_OPAQUE   there is none
 *     MN_MASK     one bit a pixel as in MN_MONO: 1 is solid, 0 transparent
 *     MN_ALPHA8   one byte a pixel: 0 transparent, 255 solid
 *
 * All arithmetic is on integers and the same on every machine, so the same calls make the same
 * bytes (except for the byte order of words). Between formats a colour is converted so:
 *
 *     to fewer bits  the highest ones are kept
 *     to more bits   the highest ones are repeated behind them: 5 bits abcde are abcdeabc
 *     to gray        (77 red + 150 green + 29 blue) / 256, of 8 bits each
 *     to mono        white from 128 on
 *
 * Blending s with alpha a (0 to 255) over d makes (s a + d (255 - a)) / 255, rounded to the
 * nearest, of each component as the destination keeps it. In MN_MONO and over MN_MASK alpha is
 * solid from 128 on. Over a pixel that is itself translucent, with alpha b, the result has the
 * alpha r = a + b (255 - a) / 255, rounded, and the colour (s a + d (r - a)) / r, rounded to the
 * nearest.
 *
 * Any context; nothing waits or allocates. No library but memcpy, memmove and memset is needed.
 */
#ifndef MNEMOS_GFX_BITMAP_H
#define MNEMOS_GFX_BITMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- Rectangles -------------------------------------------------------------------- */

/*
 * x to x + width - 1, y to y + height - 1; empty if a size is 0 or less. What lies beyond 32 bits
 * is no part of it, and an edge at INT32_MAX is its end.
 */
struct mn_rect {
	int32_t x, y;
	int32_t width, height;
};

static inline bool mn_rect_is_empty(const struct mn_rect *rect)
{
	return rect->width <= 0 || rect->height <= 0;
}

/* What two rectangles have in common, an empty one (all 0) if that is nothing. Never overflows. */
struct mn_rect mn_rect_intersect(const struct mn_rect *a, const struct mn_rect *b);

/* The least that holds both; an empty one adds nothing. What does not fit int32_t is cut off. */
struct mn_rect mn_rect_unite(const struct mn_rect *a, const struct mn_rect *b);

/* ---- Colours ----------------------------------------------------------------------- */

/* 8 bits each of alpha (highest; 255 is solid), red, green, blue: 0xAARRGGBB. */
typedef uint32_t mn_color;

/* Solid, and with alpha; each number from 0 to 255. */
#define MN_RGB(red, green, blue) \
	(UINT32_C(0xff000000) | (uint32_t)(red) << 16 | (uint32_t)(green) << 8 | (uint32_t)(blue))
#define MN_RGBA(red, green, blue, alpha) \
	((MN_RGB(red, green, blue) & 0xffffff) | (uint32_t)(alpha) << 24)

/* Some names. MN_CLEAR is transparent. */
#define MN_CLEAR MN_RGBA(0, 0, 0, 0)
#define MN_BLACK MN_RGB(0, 0, 0)
#define MN_WHITE MN_RGB(255, 255, 255)
#define MN_GRAY MN_RGB(128, 128, 128)
#define MN_RED MN_RGB(255, 0, 0)
#define MN_GREEN MN_RGB(0, 255, 0)
#define MN_BLUE MN_RGB(0, 0, 255)
#define MN_YELLOW MN_RGB(255, 255, 0)
#define MN_CYAN MN_RGB(0, 255, 255)
#define MN_MAGENTA MN_RGB(255, 0, 255)
#define MN_ORANGE MN_RGB(255, 128, 0)

/* ---- Bitmaps ----------------------------------------------------------------------- */

/* What a pixel consists of, and its transparency: see above. */
enum mn_pixel_format { MN_MONO, MN_GRAY8, MN_RGB565, MN_RGB888 };
enum mn_alpha_format { MN_OPAQUE, MN_MASK, MN_ALPHA8 };

/* Longest side of a bitmap. */
#define MN_BITMAP_SIDE_MAX 16384

struct mn_bitmap {
	enum mn_pixel_format format;
	enum mn_alpha_format alpha_format;
	int32_t width, height; /* 0 to MN_BITMAP_SIDE_MAX */
	size_t stride;         /* bytes from row to row */
	size_t alpha_stride;
	void *pixels;   /* aligned for its format; never NULL unless the bitmap is empty */
	uint8_t *alpha; /* NULL if and only if it is opaque */
};

/*
 * Bytes that a bitmap needs, its rows without gaps, each aligned to 4 bytes where a pixel has 4, to
 * 2 where it has 2; the alpha plane lies behind the pixels. 0 if a side is not from 1 to
 * MN_BITMAP_SIDE_MAX, a format is unknown, or size_t cannot hold it.
 */
size_t mn_bitmap_size(enum mn_pixel_format format, enum mn_alpha_format alpha_format, int32_t width,
		      int32_t height);

/*
 * Describes `memory`, which is not touched, as a bitmap. False, and the bitmap empty, if
 * mn_bitmap_size says 0 or more than `size`, or the memory is not aligned.
 */
bool mn_bitmap_init(struct mn_bitmap *bitmap, enum mn_pixel_format format,
		    enum mn_alpha_format alpha_format, int32_t width, int32_t height, void *memory,
		    size_t size);

/* Whether a bitmap from who knows where keeps what is said above. (The memory's size it cannot
 * know.) */
bool mn_bitmap_is_valid(const struct mn_bitmap *bitmap);

/*
 * A view of a part of a bitmap, cut off at its edges. With one bit a pixel, pixels or alpha, x is
 * first rounded down to a multiple of 8, and the width grows by as much.
 */
struct mn_bitmap mn_bitmap_part(const struct mn_bitmap *bitmap, const struct mn_rect *part);

/* ---- Moving pixels --------------------------------------------------------------------- */

/*
 * Copies `part` of `source` (NULL: all of it) to x, y; the alpha plane too if the destination has
 * one (solid where the source has none); a destination without one gets the source's colours,
 * whatever their alpha. Source and destination may be views of the same memory and overlap only in
 * mn_bitmap_scroll. Cost: memcpy of each row where the formats are the same.
 */
void mn_bitmap_copy(struct mn_bitmap *to, int32_t x, int32_t y, const struct mn_bitmap *source,
		    const struct mn_rect *part);

/* The same, but blends: transparent pixels of the source change nothing. */
void mn_bitmap_blend(struct mn_bitmap *to, int32_t x, int32_t y, const struct mn_bitmap *source,
		     const struct mn_rect *part);

/* Sets each pixel of `rect` (NULL: all) to a colour; its alpha too, if there is a plane. */
void mn_bitmap_fill(struct mn_bitmap *bitmap, const struct mn_rect *rect, mn_color color);

/* Blends a colour over each pixel of `rect`. */
void mn_bitmap_tint(struct mn_bitmap *bitmap, const struct mn_rect *rect, mn_color color);

/* Pictures of one size, of one bit a pixel as in MN_MONO, side by side: a line of text. */
struct mn_stencils {
	const uint8_t *const *bits; /* of each */
	size_t count;
	size_t stride; /* bytes from row to row, of each */
	int32_t width, height;
	mn_color color;      /* where a bit is 1; */
	mn_color background; /* where it is 0; alpha 0: changes nothing */
};

/*
 * Blends colours through stencils, from x, y on. Only what lies in `clip` (NULL: the whole bitmap).
 * Many at once are much faster than one by one.
 */
void mn_bitmap_stencils(struct mn_bitmap *to, const struct mn_rect *clip, int32_t x, int32_t y,
			const struct mn_stencils *stencils);

/* Moves what is in `rect` by dx, dy within it; what becomes free is filled with `color`. */
void mn_bitmap_scroll(struct mn_bitmap *bitmap, const struct mn_rect *rect, int32_t dx, int32_t dy,
		      mn_color color);

/* Inverts the colour of every pixel of `rect` that is not transparent. */
void mn_bitmap_invert(struct mn_bitmap *bitmap, const struct mn_rect *rect);

/* The colour at x, y, with its alpha; MN_CLEAR outside. For tests and tools: slow. */
mn_color mn_bitmap_at(const struct mn_bitmap *bitmap, int32_t x, int32_t y);

#endif
