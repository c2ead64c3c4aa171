/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: that the same calls make the same pictures, on every machine. Each has been looked at.
 */
#include "bytes.h"
#include "golden.h"

#define FORMATS 4
#define ALPHAS 3

static const char *const formats[FORMATS] = {"mono", "gray8", "rgb565", "rgb888"};
static const char *const alphas[ALPHAS] = {"opaque", "mask", "alpha8"};

static struct mn_bitmap blank(enum mn_pixel_format format, enum mn_alpha_format alpha,
			      int32_t width, int32_t height)
{
	const size_t size = mn_bitmap_size(format, alpha, width, height);
	struct mn_bitmap bitmap;

	assert_true(mn_bitmap_init(&bitmap, format, alpha, width, height, malloc(size), size));
	memset(bitmap.pixels, 0, size);
	return bitmap;
}

static void check_and_free(const char *name, struct mn_bitmap *bitmap)
{
	golden_check(name, bitmap);
	free(bitmap->pixels);
}

/* Red grows to the right, green down, and blue falls; alpha is none, half or all in a disk. */
#define SPRITE 24

static mn_color sprite_color(int32_t x, int32_t y)
{
	const int32_t u = 2 * x - SPRITE + 1, v = 2 * y - SPRITE + 1;
	const int32_t inside = SPRITE * SPRITE - u * u - v * v;

	return MN_RGBA(255 * x / (SPRITE - 1), 255 * y / (SPRITE - 1), 255 - 255 * x / (SPRITE - 1),
		       inside < 0     ? 0
		       : inside < 255 ? inside
				      : 255);
}

static struct mn_bitmap sprite(enum mn_pixel_format format, enum mn_alpha_format alpha)
{
	struct mn_bitmap bitmap = blank(format, alpha, SPRITE, SPRITE);

	for (int32_t y = 0; y < SPRITE; y++) {
		for (int32_t x = 0; x < SPRITE; x++)
			mn_bitmap_fill(&bitmap, &(struct mn_rect){x, y, 1, 1}, sprite_color(x, y));
	}
	return bitmap;
}

/* Stripes, and where there is alpha it grows to the right in steps. */
static void paint_background(struct mn_bitmap *bitmap)
{
	for (int32_t x = 0; x < bitmap->width; x += 8) {
		const unsigned alpha = (unsigned)(255 * x / (bitmap->width - 1));

		for (int32_t y = 0; y < bitmap->height; y += 8)
			mn_bitmap_fill(bitmap, &(struct mn_rect){x, y, 8, 8},
				       (x + y) % 16 ? MN_RGBA(255, 224, 128, alpha)
						    : MN_RGBA(0, 64, 96, alpha));
	}
}

/* Across: sources of each format, copied, then blended. Down: of each transparency. */
static void draw_sources(struct mn_bitmap *to)
{
	for (int column = 0; column < 2 * FORMATS; column++) {
		for (int row = 0; row < ALPHAS; row++) {
			struct mn_bitmap source = sprite(column % FORMATS, row);
			const int32_t x = column * (SPRITE + 4) + 2, y = row * (SPRITE + 4) + 2;

			if (column < FORMATS)
				mn_bitmap_copy(to, x, y, &source, NULL);
			else
				mn_bitmap_blend(to, x, y, &source, NULL);
			free(source.pixels);
		}
	}
}

static void copies_and_blends(void **state)
{
	(void)state;
	for (int format = 0; format < FORMATS; format++) {
		for (int alpha = 0; alpha < ALPHAS; alpha++) {
			struct mn_bitmap to = blank(format, alpha, 2 * FORMATS * (SPRITE + 4),
						    ALPHAS * (SPRITE + 4));
			char name[40];

			snprintf(name, sizeof(name), "blend-%s-%s", formats[format], alphas[alpha]);
			paint_background(&to);
			draw_sources(&to);
			check_and_free(name, &to);
		}
	}
}

static void every_picture_is_checked(void **state)
{
	(void)state;
	golden_check_no_other("blend-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_and_blends),
		cmocka_unit_test(every_picture_is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
