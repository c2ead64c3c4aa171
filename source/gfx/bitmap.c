/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a bitmap is: sizes, checks, views. */
#include "internal.h"

size_t mn__row_bytes(unsigned bits, int32_t width)
{
	return ((size_t)width * bits + 7) / 8;
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
	return (size_t)height * (mn__row_bytes(mn__pixel_bits(format), width) +
				 mn__row_bytes(mn__alpha_bits(alpha_format), width));
}

static bool is_aligned(const void *memory, size_t stride, enum mn_pixel_format format)
{
	const size_t bytes = mn__row_bytes(mn__pixel_bits(format), 1);

	return ((uintptr_t)memory | stride) % bytes == 0;
}

bool mn_bitmap_init(struct mn_bitmap *bitmap, enum mn_pixel_format format,
		    enum mn_alpha_format alpha_format, int32_t width, int32_t height, void *memory,
		    size_t size)
{
	const size_t needed = mn_bitmap_size(format, alpha_format, width, height);
	size_t stride;

	*bitmap = (struct mn_bitmap){0};
	if (needed == 0 || needed > size || !memory)
		return false;
	stride = mn__row_bytes(mn__pixel_bits(format), width);
	if (!is_aligned(memory, stride, format))
		return false;
	*bitmap = (struct mn_bitmap){
		.format = format,
		.alpha_format = alpha_format,
		.width = width,
		.height = height,
		.stride = stride,
		.alpha_stride = mn__row_bytes(mn__alpha_bits(alpha_format), width),
		.pixels = memory,
	};
	if (alpha_format != MN_OPAQUE)
		bitmap->alpha = (uint8_t *)memory + stride * (size_t)height;
	return true;
}

/* Rows follow one another, and the last one's address can be had. */
static bool is_stride(size_t stride, unsigned bits, const struct mn_bitmap *bitmap)
{
	return stride >= mn__row_bytes(bits, bitmap->width) &&
	       stride <= PTRDIFF_MAX / (size_t)bitmap->height;
}

bool mn_bitmap_is_valid(const struct mn_bitmap *bitmap)
{
	const bool opaque = bitmap->alpha_format == MN_OPAQUE;

	if (!is_known(bitmap->format, bitmap->alpha_format) || !is_side(bitmap->width) ||
	    !is_side(bitmap->height) || opaque != !bitmap->alpha)
		return false;
	if (bitmap->width == 0 || bitmap->height == 0)
		return true;
	return bitmap->pixels && is_aligned(bitmap->pixels, bitmap->stride, bitmap->format) &&
	       is_stride(bitmap->stride, mn__pixel_bits(bitmap->format), bitmap) &&
	       (opaque ||
		is_stride(bitmap->alpha_stride, mn__alpha_bits(bitmap->alpha_format), bitmap));
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
	view.pixels = (uint8_t *)bitmap->pixels + (size_t)inside.y * bitmap->stride +
		      mn__row_bytes(mn__pixel_bits(bitmap->format), inside.x);
	if (bitmap->alpha)
		view.alpha = bitmap->alpha + (size_t)inside.y * bitmap->alpha_stride +
			     mn__row_bytes(mn__alpha_bits(bitmap->alpha_format), inside.x);
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
