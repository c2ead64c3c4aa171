/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The input is a bitmap's format and size, a style, a clip and a box, then text. Whatever they are,
 * nothing outside of box and clip changes, and the sizes that are announced are those of what is
 * drawn. The bitmap fills its memory, so that a sanitizer sees a pixel too much.
 */
#include <mnemos/gfx/draw.h>
#include "fuzz.h"

struct input {
	const uint8_t *at, *end;
};

static uint8_t byte(struct input *input)
{
	return input->at < input->end ? *input->at++ : 0;
}

/* Mostly near the bitmap; by the highest bit far away. */
static int32_t number(struct input *input)
{
	const int32_t near = byte(input);

	if (near < 0x80)
		return near - 0x20;
	return (int32_t)((uint32_t)byte(input) << 24 | (uint32_t)byte(input) << 16 |
			 (uint32_t)near);
}

static struct mn_rect rect(struct input *input)
{
	const int32_t x = number(input), y = number(input);
	const int32_t width = number(input), height = number(input);

	return (struct mn_rect){x, y, width, height};
}

static struct mn_bitmap bitmap(struct input *input)
{
	const uint8_t kind = byte(input);
	const int32_t width = byte(input) % 80 + 1, height = byte(input) % 80 + 1;
	const size_t size = mn_bitmap_size(kind & 3, kind / 4 % 3, width, height);
	struct mn_bitmap made;
	void *memory = fuzz_alloc(size);

	memset(memory, 0x5a, size);
	FUZZ_CHECK(mn_bitmap_init(&made, kind & 3, kind / 4 % 3, width, height, memory, size));
	return made;
}

static struct mn_text_style style(struct input *input)
{
	static const struct mn_font *const fonts[] = {&mn_font_5x8, &mn_font_6x12, &mn_font_8x16,
						      &mn_font_12x24};
	static const mn_color colors[] = {MN_CLEAR, MN_RED, MN_RGBA(1, 2, 3, 100), MN_WHITE};
	const uint8_t kind = byte(input), inks = byte(input);

	return (struct mn_text_style){
		.font = fonts[kind & 3],
		.color = colors[inks & 3],
		.background = colors[inks >> 2 & 3],
		.align = kind / 4 % 3,
		.valign = kind / 16 % 3,
		.wrap = kind & 0x80,
	};
}

static void check_unchanged(const struct mn_bitmap *before, const struct mn_bitmap *after,
			    const struct mn_rect *inside)
{
	for (int32_t y = 0; y < after->height; y++) {
		for (int32_t x = 0; x < after->width; x++) {
			const struct mn_rect pixel = {x, y, 1, 1};
			const struct mn_rect common = mn_rect_intersect(&pixel, inside);

			if (mn_rect_is_empty(&common))
				FUZZ_CHECK(mn_bitmap_at(before, x, y) == mn_bitmap_at(after, x, y));
		}
	}
}

static void draw(struct input *input, struct mn_bitmap *to, const struct mn_rect *clip,
		 const struct mn_rect *box)
{
	const struct mn_text_style look = style(input);
	const size_t len = (size_t)(input->end - input->at);
	char *text = fuzz_alloc(len + 1);
	struct mn_target target = mn_target_of(to);
	int32_t width, height;

	memcpy(text, input->at, len);
	text[len] = 0;
	mn_target_clip(&target, clip);
	mn_text_size(text, &look,
		     !look.wrap       ? 0
		     : box->width > 0 ? box->width
				      : 1,
		     &width, &height);
	FUZZ_CHECK(width >= 0 && height >= look.font->height);
	FUZZ_CHECK(!look.wrap || width <= box->width || width <= look.font->width);
	FUZZ_CHECK(mn_draw_text_box(&target, box, text, &look) == height);
	free(text);
}

/* The same, at a point, of bytes that need no end. */
static void draw_at(const struct input *input, struct mn_bitmap *to, const struct mn_rect *clip)
{
	struct input copy = *input;
	const struct mn_text_style look = style(&copy);
	struct mn_target target = mn_target_of(to);
	const size_t len = (size_t)(copy.end - copy.at);
	char *text = fuzz_alloc(len);

	memcpy(text, copy.at, len);
	mn_target_clip(&target, clip);
	mn_draw_text_of(&target, clip->x / 2, clip->y / 2, text, len, &look);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input input = {data, data + len};
	struct mn_bitmap after = bitmap(&input), before = after;
	const size_t size =
		mn_bitmap_size(after.format, after.alpha_format, after.width, after.height);
	const struct mn_rect clip = rect(&input), box = rect(&input);
	const struct mn_rect inside = mn_rect_intersect(&clip, &box);
	uint8_t *memory = fuzz_alloc(size);

	memcpy(memory, after.pixels, size);
	before.pixels = memory;
	before.alpha = after.alpha ? memory + (after.alpha - (uint8_t *)after.pixels) : NULL;
	const struct input rest = input;

	draw(&input, &after, &clip, &box);
	check_unchanged(&before, &after, &inside);
	memcpy(memory, after.pixels, size);
	draw_at(&rest, &after, &clip);
	check_unchanged(&before, &after, &clip);
	free(memory);
	free(after.pixels);
	return 0;
}
