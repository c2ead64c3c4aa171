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

void mn__put_bits(uint8_t *row, int32_t x, int32_t n, uint8_t bits)
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
		mn__put_bits(to, x + at, step, mn__get_bits(from, from_x + at, step));
	}
}

void mn__move_plane(const struct mn__plane *to, int32_t x, int32_t y, const struct mn__plane *from,
		    const struct mn_rect *part)
{
	const size_t bytes = to->bits / 8;
	const size_t width = (size_t)part->width * bytes, rows = (size_t)part->height;
	const bool upwards = to->bytes == from->bytes && y > part->y;

	/* Whole rows of the same length are one piece of memory. */
	if (bytes > 0 && width == to->stride && width == from->stride) {
		memmove(mn__row(to, y), mn__row(from, part->y), rows * width);
		return;
	}
	for (int32_t i = 0; i < part->height; i++) {
		const int32_t at = upwards ? part->height - 1 - i : i;
		uint8_t *into = mn__row(to, y + at);
		const uint8_t *out_of = mn__row(from, part->y + at);

		if (bytes == 0)
			move_bits(into, x, out_of, part->x, part->width);
		else
			memmove(into + (size_t)x * bytes, out_of + (size_t)part->x * bytes, width);
	}
}
