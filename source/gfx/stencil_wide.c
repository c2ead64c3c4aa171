/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Stencils in solid colours into RGB565, column by column of eight pixels, which are a byte of
 * the stencil: six vector instructions a row; bench/gfx_text.c counts them. Machines without
 * vectors have stencil_small.c.
 */
#include "stencil.h"

#include <string.h>

/* Where stencils go, and how. */
struct brush {
	uint16_t *to;  /* the bitmap's row of the first that is seen */
	size_t stride; /* of the bitmap, in pixels */
	size_t height; /* rows that are seen */
	uint16_t ink, paper;
};

/* The loops have constants for some of their parameters. */
#define INLINE static inline __attribute__((always_inline))
#define EIGHT 8 /* rows that are done together */

/* A vector of 16 bytes in several ways. */
typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef uint16_t words8 __attribute__((vector_size(16)));
typedef uint32_t longs4 __attribute__((vector_size(16)));
typedef uint64_t pair __attribute__((vector_size(16)));

/* Four rows: each long of `rows` is the bits of one, four times. */
INLINE void put_four(uint16_t *to, size_t to_stride, longs4 rows, words8 ink, words8 paper,
		     bool keep)
{
	const words8 bits = {0x80, 0x40, 0x20, 0x10, 8, 4, 2, 1};
	const words8 row[] = {
		(words8)__builtin_shufflevector(rows, rows, 0, 0, 0, 0),
		(words8)__builtin_shufflevector(rows, rows, 1, 1, 1, 1),
		(words8)__builtin_shufflevector(rows, rows, 2, 2, 2, 2),
		(words8)__builtin_shufflevector(rows, rows, 3, 3, 3, 3),
	};

#pragma GCC unroll 4
	for (int at = 0; at < 4; at++, to += to_stride) {
		if (keep)
			memcpy(&paper, to, sizeof paper);
		const words8 set = (words8)((row[at] & bits) == bits);
		const words8 pixels = paper ^ (set & (ink ^ paper));

		memcpy(to, &pixels, sizeof pixels);
	}
}

INLINE uint64_t eight_rows(const uint8_t *bits, size_t stride)
{
	uint64_t rows = 0;

	if (stride == 1)
		memcpy(&rows, bits, sizeof rows);
	else
		for (size_t at = 0; at < EIGHT; at++)
			rows |= (uint64_t)bits[at * stride] << 8 * at;
	return rows;
}

/*
 * Eight columns of a stencil, as many rows of them as are whole eights; returns how many.
 * To spread a byte to all of a vector is one instruction if eight bytes are spread together.
 */
INLINE size_t put_eights(const struct brush *brush, uint16_t *to, const uint8_t *bits,
			 size_t stride, bool keep)
{
	const words8 ink = (words8){0} + brush->ink, paper = (words8){0} + brush->paper;
	const size_t to_stride = brush->stride;
	size_t row = 0;

	for (; row + EIGHT <= brush->height; row += EIGHT, to += EIGHT * to_stride) {
		const uint64_t eight = eight_rows(bits + row * stride, stride);
		const bytes16 rows = (bytes16)(pair){eight};
		const words8 twice = (words8)__builtin_shufflevector(rows, rows, 0, 0, 1, 1, 2, 2,
								     3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
		const words8 upper = __builtin_shufflevector(twice, twice, 0, 0, 1, 1, 2, 2, 3, 3);
		const words8 lower = __builtin_shufflevector(twice, twice, 4, 4, 5, 5, 6, 6, 7, 7);

		/* Above and below most characters there is nothing. */
		if (!keep || (uint32_t)eight)
			put_four(to, to_stride, (longs4)upper, ink, paper, keep);
		if (!keep || eight >> 32)
			put_four(to + 4 * to_stride, to_stride, (longs4)lower, ink, paper, keep);
	}
	return row;
}

/* Pixels `first` to `end` of each row of a stencil at x, from `row` on: one by one. */
static void put_rows(const struct brush *brush, int64_t x, const uint8_t *bits, size_t stride,
		     size_t row, int32_t first, int32_t end, bool keep)
{
	for (; row < brush->height; row++)
		for (int32_t at = first; at < end; at++) {
			uint16_t *to = &brush->to[row * brush->stride + (size_t)(x + at)];

			if (bits[row * stride + (uint32_t)at / 8] & 0x80 >> at % 8)
				*to = brush->ink;
			else if (!keep)
				*to = brush->paper;
		}
}

/* Columns `first` to `end`, or less if they are not all seen, of one stencil. */
static void put_part(const struct brush *brush, const struct mn__stencils *row, size_t at,
		     int32_t first, int32_t end, bool keep)
{
	const int64_t x = row->x + (int64_t)at * row->of.width;
	int32_t least, most;

	mn__seen(row, (int32_t)x, &least, &most);
	put_rows(brush, x, row->of.bits[at] + (size_t)row->top * row->of.stride, row->of.stride, 0,
		 first > least ? first : least, end < most ? end : most, keep);
}

/* Eight columns from `first` on of whole stencils. */
INLINE void put_columns(const struct brush *brush, const struct mn__stencils *row, size_t begin,
			size_t end, int32_t first, bool keep)
{
	const size_t skip = (size_t)row->top * row->of.stride;
	const size_t stride = row->of.stride;
	int64_t x = row->x + (int64_t)begin * row->of.width;

	for (size_t at = begin; at < end; at++, x += row->of.width) {
		const uint8_t *bits = row->of.bits[at] + skip;
		const size_t done = stride == 1 ? put_eights(brush, brush->to + x, bits, 1, keep)
						: put_eights(brush, brush->to + x + first,
							     bits + first / 8, stride, keep);

		if (done < brush->height)
			put_rows(brush, x, bits, stride, done, first, first + 8, keep);
	}
}

static bool is_whole(const struct mn__stencils *row, size_t at)
{
	int32_t first, end;

	mn__seen(row, (int32_t)(row->x + (int64_t)at * row->of.width), &first, &end);
	return first == 0 && end == row->of.width;
}

/* `keep`: what is behind the pixels that are 0 stays. */
INLINE void draw(const struct mn__stencils *row, bool keep)
{
	const size_t stride = row->to->stride / sizeof(uint16_t);
	const struct brush brush = {
		.to = (uint16_t *)row->to->pixels + (size_t)(row->y + row->top) * stride,
		.stride = stride,
		.height = (size_t)(row->bottom - row->top),
		.ink = mn__to_rgb565(row->of.color),
		.paper = mn__to_rgb565(row->of.background),
	};
	const int32_t eights = row->of.width & ~7;
	size_t begin = 0, end = row->of.count;

	/* None but the first and the last can be cut. */
	if (begin < end && !is_whole(row, begin))
		put_part(&brush, row, begin++, 0, row->of.width, keep);
	if (begin < end && !is_whole(row, end - 1))
		put_part(&brush, row, --end, 0, row->of.width, keep);
	for (int32_t first = 0; first < eights; first += 8)
		put_columns(&brush, row, begin, end, first, keep);
	if (eights < row->of.width)
		for (size_t at = begin; at < end; at++)
			put_part(&brush, row, at, eights, row->of.width, keep);
}

void mn__draw_rgb565(const struct mn__stencils *row)
{
	if (row->of.background >> 24 == 0)
		draw(row, true);
	else
		draw(row, false);
}
