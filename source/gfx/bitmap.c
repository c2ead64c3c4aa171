/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a bitmap is: sizes, checks, views. */
#include "internal.h"

/* Bytes of a row without gaps. */
static size_t pixel_row(enum mn_pixel_format format, int32_t width)
{
	return ((size_t)width * mn__pixel_bits(format) + 7) / 8;
}

static size_t alpha_row(enum mn_alpha_format format, int32_t width)
{
	return ((size_t)width * mn__alpha_bits(format) + 7) / 8;
}

static bool is_known(enum mn_pixel_format format, enum mn_alpha_format alpha_format)
{
	return (unsigned)format <= MN_RGB888 && (unsigned)alpha_format <= MN_ALPHA8;
}

static bool is_side(int32_t side)
{
	return side >= 0 && side <= MN_BITMAP_SIDE_MAX;
}

/* A size and a multiple of it that size_t must hold: so 2^14 rows of 2^16 + 2^14 bytes do. */
_Static_assert(MN_BITMAP_SIDE_MAX <= SIZE_MAX / MN_BITMAP_SIDE_MAX / 5, "size_t holds any bitmap");

size_t mn_bitmap_size(enum mn_pixel_format format, enum mn_alpha_format alpha_format, int32_t width,
		      int32_t height)
{
	if (!is_known(format, alpha_format) || !is_side(width) || !is_side(height))
		return 0;
	return (size_t)height * (pixel_row(format, width) + alpha_row(alpha_format, width));
}

static bool is_aligned(const void *memory, size_t stride, enum mn_pixel_format format)
{
	return (((uintptr_t)memory | stride) & (pixel_row(format, 1) - 1)) == 0;
}

bool mn_bitmap_init(struct mn_bitmap *bitmap, enum mn_pixel_format format,
		    enum mn_alpha_format alpha_format, int32_t width, int32_t height, void *memory,
		    size_t size)
{
	const size_t needed = mn_bitmap_size(format, alpha_format, width, height);

	*bitmap = (struct mn_bitmap){0};
	if (needed == 0 || needed > size || !memory ||
	    !is_aligned(memory, pixel_row(format, width), format))
		return false;
	bitmap->format = format;
	bitmap->alpha_format = alpha_format;
	bitmap->width = width;
	bitmap->height = height;
	bitmap->stride = pixel_row(format, width);
	bitmap->alpha_stride = alpha_row(alpha_format, width);
	bitmap->pixels = memory;
	if (alpha_format != MN_OPAQUE)
		bitmap->alpha = mn__pixels(bitmap, height);
	return true;
}

/* Rows follow one another, and the last one's address can be had. */
static bool is_stride(size_t stride, size_t least, int32_t height)
{
	return stride >= least && stride <= PTRDIFF_MAX / (size_t)height;
}

bool mn_bitmap_is_valid(const struct mn_bitmap *bitmap)
{
	const int32_t width = bitmap->width, height = bitmap->height;
	const bool opaque = bitmap->alpha_format == MN_OPAQUE;

	if (!is_known(bitmap->format, bitmap->alpha_format) || !is_side(width) ||
	    !is_side(height) || opaque != !bitmap->alpha)
		return false;
	if (width == 0 || height == 0)
		return true;
	return bitmap->pixels && is_aligned(bitmap->pixels, bitmap->stride, bitmap->format) &&
	       is_stride(bitmap->stride, pixel_row(bitmap->format, width), height) &&
	       (opaque ||
		is_stride(bitmap->alpha_stride, alpha_row(bitmap->alpha_format, width), height));
}

struct mn_bitmap mn_bitmap_part(const struct mn_bitmap *bitmap, const struct mn_rect *part)
{
	struct mn_bitmap view = *bitmap;
	struct mn_rect inside;

	if (!mn__clip(bitmap, part, &inside)) {
		view.width = view.height = 0;
		return view;
	}
	if (bitmap->format == MN_MONO || bitmap->alpha_format == MN_MASK) {
		inside.width += inside.x % 8;
		inside.x -= inside.x % 8;
	}
	view.width = inside.width;
	view.height = inside.height;
	view.pixels = (uint8_t *)mn__pixels(bitmap, inside.y) + pixel_row(bitmap->format, inside.x);
	if (bitmap->alpha)
		view.alpha = (uint8_t *)mn__alphas(bitmap, inside.y) +
			     alpha_row(bitmap->alpha_format, inside.x);
	return view;
}

mn_color mn_bitmap_at(const struct mn_bitmap *bitmap, int32_t x, int32_t y)
{
	mn_color color;

	if (x < 0 || x >= bitmap->width || y < 0 || y >= bitmap->height)
		return MN_CLEAR;
	mn__load(&color, bitmap, x, y, 1);
	return color;
}
