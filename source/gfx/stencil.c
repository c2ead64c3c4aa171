/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Stencils: pictures of one bit a pixel in two colours, which is what text is made of.
 *
 * There are two ways. Any format and colour: runs of equal bits become rectangles, which
 * mn_bitmap_tint blends as it blends everything. Solid colours into RGB565, where glyphs must be
 * quick: eight pixels at a time, without a branch a pixel.
 */
#include <mnemos/gfx/bitmap.h>

#include <string.h>

/* A stencil, and the part of it that is to be seen, which lies inside of the bitmap. */
struct stencil {
	struct mn_bitmap *to;
	int32_t x, y; /* of the whole stencil */
	const uint8_t *bits;
	size_t stride;
	int32_t left, top, right, bottom; /* seen, in the stencil's own coordinates */
	mn_color color, background;
};

static inline bool bit_of(const uint8_t *row, int32_t column)
{
	return row[column / 8] & 0x80 >> column % 8;
}

/* ---- Any format ------------------------------------------------------------------------ */

static void draw_runs(const struct stencil *stencil, const uint8_t *row, int32_t y)
{
	struct mn_rect run = {.y = y, .height = 1};

	for (int32_t at = stencil->left, next; at < stencil->right; at = next) {
		bool bit = bit_of(row, at);

		for (next = at + 1; next < stencil->right && bit_of(row, next) == bit;)
			next++;
		run.x = stencil->x + at;
		run.width = next - at;
		mn_bitmap_tint(stencil->to, &run, bit ? stencil->color : stencil->background);
	}
}

static void draw_any(const struct stencil *stencil)
{
	for (int32_t at = stencil->top; at < stencil->bottom; at++)
		draw_runs(stencil, stencil->bits + (size_t)at * stencil->stride, stencil->y + at);
}

/* ---- Solid colours into RGB565 --------------------------------------------------------- */

/* One column of at most eight pixels, all rows of it. */
struct column {
	const uint8_t *bits;
	size_t stride;
	uint16_t *to;
	size_t to_stride; /* in pixels */
	uint16_t ink, paper;
	bool keep; /* what lies behind shows instead of paper */
};

#if defined __SSE2__ || defined __ARM_NEON
typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef uint16_t words8 __attribute__((vector_size(16)));
typedef uint32_t longs4 __attribute__((vector_size(16)));

/* Eight pixels: `row` is the row's bits, repeated in all bytes. */
static inline void put_words(uint16_t *to, words8 row, words8 ink, words8 paper, bool keep)
{
	const words8 bits = {0x80, 0x40, 0x20, 0x10, 8, 4, 2, 1};
	words8 set = (words8)((row & bits) == bits);

	if (keep)
		memcpy(&paper, to, sizeof paper);
	paper ^= set & (ink ^ paper);
	memcpy(to, &paper, sizeof paper);
}

/* Eight rows at once: spreading their bits costs less than one instruction a row and byte then. */
static inline __attribute__((always_inline)) size_t put_eights(const struct column *column,
							       size_t height, bool keep)
{
	const size_t stride = column->stride, to_stride = column->to_stride;
	const words8 ink = (words8){0} + column->ink;
	const words8 paper = (words8){0} + column->paper;
	uint16_t *to = column->to;
	size_t row = 0;

	for (; row + 8 <= height; row += 8) {
		bytes16 rows = {0};

		if (stride == 1)
			memcpy(&rows, column->bits + row, 8);
		else
			for (size_t at = 0; at < 8; at++)
				rows[at] = column->bits[(row + at) * stride];
		words8 twice = (words8)__builtin_shufflevector(rows, rows, 0, 0, 1, 1, 2, 2, 3, 3,
							       4, 4, 5, 5, 6, 6, 7, 7);
		longs4 upper =
			(longs4)__builtin_shufflevector(twice, twice, 0, 0, 1, 1, 2, 2, 3, 3);
		longs4 lower =
			(longs4)__builtin_shufflevector(twice, twice, 4, 4, 5, 5, 6, 6, 7, 7);
#define PUT(rows, at)                                                                          \
	put_words(to, (words8)__builtin_shufflevector(rows, rows, at, at, at, at), ink, paper, \
		  keep);                                                                       \
	to += to_stride
		PUT(upper, 0);
		PUT(upper, 1);
		PUT(upper, 2);
		PUT(upper, 3);
		PUT(lower, 0);
		PUT(lower, 1);
		PUT(lower, 2);
		PUT(lower, 3);
#undef PUT
	}
	return row;
}
#else
static inline size_t put_eights(const struct column *column, size_t height, bool keep)
{
	(void)column, (void)height, (void)keep;
	return 0;
}
#endif

/* `first` and `end` of the eight columns. */
static void put_single(const struct column *column, size_t row, int32_t first, int32_t end)
{
	uint8_t bits = column->bits[row * column->stride];
	uint16_t *to = column->to + row * column->to_stride;

	for (int32_t at = first; at < end; at++)
		if (bits & 0x80 >> at)
			to[at - first] = column->ink;
		else if (!column->keep)
			to[at - first] = column->paper;
}

static void draw_column(const struct column *column, size_t height, int32_t first, int32_t end)
{
	size_t row = 0;

	if (end - first == 8)
		row = column->keep ? put_eights(column, height, true)
				   : put_eights(column, height, false);
	for (; row < height; row++)
		put_single(column, row, first, end);
}

static uint16_t rgb565(mn_color color)
{
	return (uint16_t)(color >> 8 & 0xf800) | (color >> 5 & 0x07e0) | (color >> 3 & 0x001f);
}

static void draw_rgb565(const struct stencil *stencil)
{
	struct column column = {
		.stride = stencil->stride,
		.to_stride = stencil->to->stride / 2,
		.ink = rgb565(stencil->color),
		.paper = rgb565(stencil->background),
		.keep = stencil->background >> 24 == 0,
	};
	uint16_t *to = (uint16_t *)stencil->to->pixels +
		       (size_t)(stencil->y + stencil->top) * column.to_stride;
	const uint8_t *bits = stencil->bits + (size_t)stencil->top * stencil->stride;

	for (int32_t at = stencil->left; at < stencil->right;) {
		int32_t next = (at | 7) + 1 < stencil->right ? (at | 7) + 1 : stencil->right;

		column.bits = bits + at / 8;
		column.to = to + (stencil->x + at);
		draw_column(&column, (size_t)(stencil->bottom - stencil->top), at % 8,
			    at % 8 + next - at);
		at = next;
	}
}

/* ---- Which ------------------------------------------------------------------------------ */

static bool is_solid_or_none(mn_color color)
{
	return color >> 24 == 0 || color >> 24 == 255;
}

/* The part of 0 to `size`, laid at `at`, that lies within `from` to `from + range` and 0 to `side`.
 */
static bool cut(int32_t at, int32_t size, int32_t from, int32_t range, int32_t side, int32_t *first,
		int32_t *end)
{
	int64_t low = from > 0 ? from : 0;
	int64_t high = (int64_t)from + range < side ? (int64_t)from + range : side;

	low = low > at ? low - at : 0;
	high = high - at < size ? high - at : size;
	*first = (int32_t)low;
	*end = (int32_t)high;
	return low < high;
}

void mn_bitmap_stencil(struct mn_bitmap *to, const struct mn_rect *clip, int32_t x, int32_t y,
		       const uint8_t *bits, size_t stride, int32_t width, int32_t height,
		       mn_color color, mn_color background)
{
	struct mn_rect all = {.width = to->width, .height = to->height};
	struct stencil stencil = {to, x, y, bits, stride, .color = color, .background = background};

	if (!clip)
		clip = &all;
	if (!cut(x, width, clip->x, clip->width, to->width, &stencil.left, &stencil.right) ||
	    !cut(y, height, clip->y, clip->height, to->height, &stencil.top, &stencil.bottom))
		return;
	if (to->format == MN_RGB565 && to->alpha_format == MN_OPAQUE && color >> 24 == 255 &&
	    is_solid_or_none(background))
		draw_rgb565(&stencil);
	else
		draw_any(&stencil);
}
