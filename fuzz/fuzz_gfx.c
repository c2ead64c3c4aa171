/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The input is two bitmaps, then what is done to the first: moves, fills and shapes at any place,
 * of any size. Whatever they are, only what lies in the bitmap changes, and of what is drawn only
 * what lies in the clip. Rows have gaps behind them, which stay as they are; the last one ends with
 * its memory, so that a sanitizer sees a pixel too much.
 */
#include <mnemos/gfx/draw.h>
#include "fuzz.h"

#define GAP 4 /* bytes */
#define STEPS_MAX 24

struct input {
	const uint8_t *at, *end;
};

static uint8_t byte(struct input *input)
{
	return input->at < input->end ? *input->at++ : 0;
}

/* Mostly near the bitmap; else at an edge of what there is, or anywhere. */
static int32_t number(struct input *input)
{
	static const int32_t edges[] = {INT32_MIN, INT32_MIN + 1, -MN_DRAW_MAX,     MN_DRAW_MAX,
					INT32_MAX, INT32_MAX - 1, -2 * MN_DRAW_MAX, 65536};
	const uint8_t near = byte(input);

	if (near < 0xe0)
		return near % 0x70 - 0x20;
	if (near < 0xf0)
		return edges[near % 8];
	return (int32_t)((uint32_t)byte(input) << 24 | (uint32_t)byte(input) << 16 |
			 (uint32_t)byte(input) << 8 | near);
}

static struct mn_rect rect(struct input *input)
{
	const int32_t x = number(input), y = number(input);
	const int32_t width = number(input), height = number(input);

	return (struct mn_rect){x, y, width, height};
}

static mn_color color(struct input *input)
{
	static const uint8_t alphas[] = {0, 1, 127, 128, 200, 254, 255, 255};

	return MN_RGBA(byte(input), 0x80, 0x37, alphas[byte(input) % 8]);
}

/* ---- Bitmaps ---------------------------------------------------------------------------- */

static void *rows(size_t stride, int32_t height)
{
	const size_t size = stride * (size_t)height - GAP;
	void *memory = fuzz_alloc(size);

	memset(memory, 0x5a, size);
	return memory;
}

static struct mn_bitmap bitmap(struct input *input)
{
	const uint8_t kind = byte(input);
	const int32_t width = byte(input) % 70 + 1, height = byte(input) % 50 + 1;
	struct mn_bitmap made = {
		.format = kind & 3,
		.alpha_format = kind / 4 % 3,
		.width = width,
		.height = height,
		.stride = (mn_bitmap_size(kind & 3, MN_OPAQUE, width, 1) + 3) / 4 * 4 + GAP,
		.alpha_stride = (size_t)width + GAP,
	};

	made.pixels = rows(made.stride, height);
	if (made.alpha_format != MN_OPAQUE)
		made.alpha = rows(made.alpha_stride, height);
	FUZZ_CHECK(mn_bitmap_is_valid(&made));
	return made;
}

static void free_bitmap(struct mn_bitmap *bitmap)
{
	free(bitmap->pixels);
	free(bitmap->alpha);
}

static void check_gaps_of(const uint8_t *bytes, size_t stride, int32_t height)
{
	for (int32_t y = 1; y < height; y++) {
		for (size_t i = 0; i < GAP; i++)
			FUZZ_CHECK(bytes[stride * (size_t)y - GAP + i] == 0x5a);
	}
}

static void check_gaps(const struct mn_bitmap *bitmap)
{
	check_gaps_of(bitmap->pixels, bitmap->stride, bitmap->height);
	if (bitmap->alpha)
		check_gaps_of(bitmap->alpha, bitmap->alpha_stride, bitmap->height);
}

/* ---- What is done --------------------------------------------------------------------------- */

static void stencil(struct input *input, struct mn_bitmap *to, const struct mn_rect *clip)
{
	const int32_t x = number(input), y = number(input);
	const int32_t width = byte(input) % 40, height = byte(input) % 20;
	const size_t stride = ((size_t)width + 7) / 8, size = stride * (size_t)height;
	const mn_color ink = color(input), paper = color(input);
	uint8_t *memory = fuzz_alloc(size);
	const uint8_t *const bits = memory;

	memset(memory, byte(input), size);
	mn_bitmap_stencils(to, clip, x, y,
			   &(struct mn_stencils){&bits, 1, stride, width, height, ink, paper});
	free(memory);
}

static void move(struct input *input, struct mn_bitmap *to, const struct mn_bitmap *from,
		 uint8_t what)
{
	const struct mn_rect some = rect(input), *part = what & 0x80 ? NULL : &some;
	const int32_t x = number(input), y = number(input);

	switch (what % 7) {
	case 0:
		mn_bitmap_copy(to, x, y, from, part);
		break;
	case 1:
		mn_bitmap_blend(to, x, y, from, part);
		break;
	case 2:
		mn_bitmap_fill(to, part, color(input));
		break;
	case 3:
		mn_bitmap_tint(to, part, color(input));
		break;
	case 4:
		mn_bitmap_invert(to, part);
		break;
	case 5:
		mn_bitmap_scroll(to, part, x, y, color(input));
		break;
	default:
		stencil(input, to, part);
	}
}

static void polygon(struct input *input, struct mn_target *target, uint8_t what)
{
	struct mn_point points[MN_POLYGON_MAX + 1];
	const size_t count = byte(input) % (what & 0x40 ? 8 : MN_POLYGON_MAX + 2);
	const int32_t width = number(input);

	for (size_t i = 0; i < count; i++) {
		points[i].x = number(input);
		points[i].y = number(input);
	}
	if (what & 0x20)
		mn_fill_polygon(target, points, count, color(input));
	else
		mn_stroke_polygon(target, points, count, what & 0x10, width, color(input));
}

static void shape(struct input *input, struct mn_target *target, const struct mn_bitmap *image,
		  uint8_t what)
{
	const struct mn_rect box = rect(input);
	const int32_t some = number(input), width = number(input);
	const mn_color ink = color(input);

	switch (what % 13) {
	case 0:
		mn_fill_rect(target, &box, ink);
		break;
	case 1:
		mn_stroke_rect(target, &box, width, ink);
		break;
	case 2:
		mn_fill_round_rect(target, &box, some, ink);
		break;
	case 3:
		mn_stroke_round_rect(target, &box, some, width, ink);
		break;
	case 4:
		mn_fill_ellipse(target, &box, ink);
		break;
	case 5:
		mn_stroke_ellipse(target, &box, width, ink);
		break;
	case 6:
		mn_fill_sector(target, &box, (uint16_t)width, some, ink);
		break;
	case 7:
		mn_stroke_arc(target, &box, (uint16_t)width, some, width, ink);
		break;
	case 8:
		mn_draw_line(target, box.x, box.y, box.width, box.height, width, ink);
		break;
	case 9:
		mn_stroke_circle(target, box.x, box.y, some, width, ink);
		break;
	case 10:
		mn_draw_image_part(target, box.x, box.y, image, what & 0x80 ? &box : NULL);
		break;
	case 11:
		mn_draw_pixel(target, box.x, box.y, ink);
		break;
	default:
		polygon(input, target, what);
	}
}

/* Nothing outside of the clip changes. */
static void draw(struct input *input, struct mn_bitmap *to, const struct mn_bitmap *image,
		 uint8_t what)
{
	static mn_color before[50][70];
	struct mn_target target = mn_target_of(to);
	const struct mn_rect clip = rect(input);

	for (int32_t i = 0; i < to->width * to->height; i++)
		before[i / to->width][i % to->width] =
			mn_bitmap_at(to, i % to->width, i / to->width);
	mn_target_clip(&target, &clip);
	target.x = number(input) % MN_DRAW_MAX;
	target.y = number(input) % MN_DRAW_MAX;
	shape(input, &target, image, what);
	for (int32_t y = 0; y < to->height; y++) {
		for (int32_t x = 0; x < to->width; x++) {
			const struct mn_rect pixel = {x, y, 1, 1};
			const struct mn_rect common = mn_rect_intersect(&pixel, &clip);

			if (mn_rect_is_empty(&common))
				FUZZ_CHECK(mn_bitmap_at(to, x, y) == before[y][x]);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input input = {data, data + len};
	struct mn_bitmap to = bitmap(&input), from = bitmap(&input);

	for (int step = 0; step < STEPS_MAX && input.at < input.end; step++) {
		const uint8_t what = byte(&input);
		const struct mn_rect some = rect(&input);
		struct mn_bitmap part = mn_bitmap_part(&to, &some);

		FUZZ_CHECK(mn_bitmap_is_valid(&part));
		if (what & 1)
			move(&input, what & 2 ? &part : &to, &from, byte(&input));
		else
			draw(&input, what & 2 ? &part : &to, &from, byte(&input));
		check_gaps(&to);
	}
	check_gaps(&from);
	free_bitmap(&to);
	free_bitmap(&from);
	return 0;
}
