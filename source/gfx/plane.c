/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Blocks of pixels of one size are moved by memmove; those of one bit too where they can be. */
#include <string.h>
#include "internal.h"

static __attribute__((noinline)) void move_bits(uint8_t *to, uint32_t x, const uint8_t *from,
						uint32_t from_x, uint32_t n)
{
	const bool backwards = to == from && x - from_x < n;
	const bool bytewise = !backwards && (x ^ from_x) % 8 == 0;

	while (n > 0) {
		/* Backwards the last of those that are left, else the first. */
		const uint32_t skip = backwards ? n - 1 : 0;
		uint8_t *into = to + (x + skip) / 8;
		const uint8_t *out_of = from + (from_x + skip) / 8;
		const unsigned bit = 0x80u >> (x + skip) % 8;
		uint32_t step = 1;

		if (bytewise && bit == 0x80 && n >= 8) {
			memmove(into, out_of, n / 8);
			step = n & ~7u;
		} else if (*out_of & 0x80u >> (from_x + skip) % 8) {
			*into |= (uint8_t)bit;
		} else {
			*into &= (uint8_t)~bit;
		}
		n -= step;
		if (!backwards) {
			x += step;
			from_x += step;
		}
	}
}

static void move_plane(uint8_t *to, size_t to_stride, const uint8_t *from, size_t from_stride,
		       unsigned bits, const struct mn__block *block)
{
	const size_t bytes = bits / 8, width = (size_t)block->part.width * bytes;
	const bool upwards = to == from && block->y > block->part.y;
	int32_t row = upwards ? block->part.height - 1 : 0;

	to += (size_t)block->y * to_stride + (size_t)block->x * bytes;
	from += (size_t)block->part.y * from_stride + (size_t)block->part.x * bytes;
	/* Whole rows of the same length are one piece of memory. */
	if (bytes > 0 && width == to_stride && width == from_stride) {
		memmove(to, from, (size_t)block->part.height * width);
		return;
	}
	for (int32_t left = block->part.height; left > 0; left--, row += upwards ? -1 : 1) {
		uint8_t *into = to + (size_t)row * to_stride;
		const uint8_t *out_of = from + (size_t)row * from_stride;

		if (bytes == 0)
			move_bits(into, (uint32_t)block->x, out_of, (uint32_t)block->part.x,
				  (uint32_t)block->part.width);
		else
			memmove(into, out_of, width);
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
