/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Blocks of pixels of one size are moved by memmove, and those of one bit eight at a time. */
#include <string.h>
#include "internal.h"

uint8_t mn__get_bits(const uint8_t *row, int32_t x, int32_t n)
{
	const uint8_t *byte = row + x / 8;
	const int32_t shift = x % 8;
	unsigned two = byte[0] << 8;

	/* The byte behind the last pixel may not exist. */
	if (shift + n > 8)
		two |= byte[1];
	return (uint8_t)((two << shift >> 8) & (0xff00u >> n));
}

static void put_bits(uint8_t *row, int32_t x, int32_t n, uint8_t bits)
{
	uint8_t *byte = row + x / 8;
	const int32_t shift = x % 8;
	const unsigned mask = ((0xff00u >> n) & 0xff) << 8 >> shift;
	const unsigned two = (unsigned)bits << 8 >> shift;

	byte[0] = (uint8_t)((byte[0] & ~(mask >> 8)) | (two & mask) >> 8);
	if (shift + n > 8)
		byte[1] = (uint8_t)((byte[1] & ~mask) | (two & mask));
}

static void move_bits(uint8_t *to, int32_t x, const uint8_t *from, int32_t from_x, int32_t n)
{
	const bool backwards = to == from && x > from_x;

	for (int32_t done = 0, step; done < n; done += step) {
		int32_t at;

		step = n - done < 8 ? n - done : 8;
		at = backwards ? n - done - step : done;
		put_bits(to, x + at, step, mn__get_bits(from, from_x + at, step));
	}
}

static void move_plane(uint8_t *to, size_t to_stride, const uint8_t *from, size_t from_stride,
		       unsigned bits, const struct mn__block *block)
{
	const size_t bytes = bits / 8, width = (size_t)block->part.width * bytes;
	size_t rows = (size_t)block->part.height;
	const bool upwards = to == from && block->y > block->part.y;

	to += (size_t)block->y * to_stride + (size_t)block->x * bytes;
	from += (size_t)block->part.y * from_stride + (size_t)block->part.x * bytes;
	/* Whole rows of the same length are one piece of memory. */
	if (bytes > 0 && width == to_stride && width == from_stride) {
		memmove(to, from, rows * width);
		return;
	}
	if (upwards) {
		to += (rows - 1) * to_stride;
		from += (rows - 1) * from_stride;
		to_stride = -to_stride;
		from_stride = -from_stride;
	}
	for (; rows > 0; rows--, to += to_stride, from += from_stride) {
		if (bytes == 0)
			move_bits(to, block->x, from, block->part.x, block->part.width);
		else
			memmove(to, from, width);
	}
}

void mn__move(const struct mn_bitmap *to, const struct mn_bitmap *from,
	      const struct mn__block *block)
{
	move_plane(to->pixels, to->stride, from->pixels, from->stride, mn__pixel_bits(to->format),
		   block);
	if (to->alpha)
		move_plane(to->alpha, to->alpha_stride, from->alpha, from->alpha_stride,
			   mn__alpha_bits(to->alpha_format), block);
}
