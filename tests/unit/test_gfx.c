/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: what bitmap.h says of formats, conversion, blending and clipping, compared pixel by
 * pixel with the plainest code that does the same; and that nothing outside is touched.
 */
#include <mnemos/gfx/bitmap.h>
#include "bytes.h"

#define SIDE 37 /* more than one run, and no multiple of 8 */
#define GUARD 8
#define ROUNDS 2 /* with each pair of formats: boards are slow */
#define FORMATS 4
#define ALPHAS 3

/* ---- The definition, a pixel at a time ---- */

static uint32_t widened(uint32_t value, unsigned bits)
{
	return value << (8 - bits) | value >> (2 * bits - 8);
}

static bool bit_of(const uint8_t *row, int32_t x)
{
	return row[x / 8] >> (7 - x % 8) & 1;
}

static void set_bit(uint8_t *row, int32_t x, bool on)
{
	row[x / 8] = (uint8_t)((row[x / 8] & ~(0x80 >> x % 8)) | (on ? 0x80 >> x % 8 : 0));
}

static uint32_t gray_of(mn_color c)
{
	return (77 * (c >> 16 & 255) + 150 * (c >> 8 & 255) + 29 * (c & 255)) / 256;
}

static void *pixel_of(const struct mn_bitmap *b, int32_t x, int32_t y, size_t bytes)
{
	return (uint8_t *)b->pixels + (size_t)y * b->stride + (size_t)x * bytes;
}

static mn_color plain_at(const struct mn_bitmap *b, int32_t x, int32_t y)
{
	const uint8_t *row = pixel_of(b, 0, y, 0);
	const uint8_t *alphas = b->alpha ? b->alpha + (size_t)y * b->alpha_stride : NULL;
	mn_color color = 0, alpha = 255;
	uint16_t word;

	if (b->format == MN_MONO) {
		color = bit_of(row, x) ? 0xffffff : 0;
	} else if (b->format == MN_GRAY8) {
		color = row[x] * UINT32_C(0x10101);
	} else if (b->format == MN_RGB565) {
		memcpy(&word, pixel_of(b, x, y, 2), 2);
		color = widened(word >> 11, 5) << 16 | widened(word >> 5 & 63, 6) << 8 |
			widened(word & 31, 5);
	} else {
		memcpy(&color, pixel_of(b, x, y, 4), 4);
	}
	if (b->alpha_format == MN_MASK)
		alpha = bit_of(alphas, x) ? 255 : 0;
	else if (b->alpha_format == MN_ALPHA8)
		alpha = alphas[x];
	return color | alpha << 24;
}

static void plain_put(const struct mn_bitmap *b, int32_t x, int32_t y, mn_color c)
{
	uint8_t *row = pixel_of(b, 0, y, 0);
	uint8_t *alphas = b->alpha ? b->alpha + (size_t)y * b->alpha_stride : NULL;
	const uint16_t word =
		(uint16_t)((c >> 19 & 31) << 11 | (c >> 10 & 63) << 5 | (c >> 3 & 31));
	const uint32_t rgb = c & 0xffffff;

	if (b->format == MN_MONO)
		set_bit(row, x, gray_of(c) >= 128);
	else if (b->format == MN_GRAY8)
		row[x] = (uint8_t)gray_of(c);
	else if (b->format == MN_RGB565)
		memcpy(pixel_of(b, x, y, 2), &word, 2);
	else
		memcpy(pixel_of(b, x, y, 4), &rgb, 4);
	if (b->alpha_format == MN_MASK)
		set_bit(alphas, x, c >> 24 >= 128);
	else if (b->alpha_format == MN_ALPHA8)
		alphas[x] = (uint8_t)(c >> 24);
}

static uint32_t plain_component(uint32_t s, uint32_t a, uint32_t d, uint32_t r, unsigned bits)
{
	const uint32_t drop = 8 - bits;
	const uint32_t twice = 2 * ((s >> drop) * a + (d >> drop) * (r - a));
	const uint32_t mixed = (twice + r) / (2 * r);

	return bits == 8 ? mixed : widened(mixed, bits);
}

static void plain_mix(const struct mn_bitmap *b, int32_t x, int32_t y, mn_color s)
{
	const mn_color d = plain_at(b, x, y);
	const unsigned red = b->format == MN_RGB565 ? 5 : 8;
	const unsigned green = b->format == MN_RGB565 ? 6 : 8;
	uint32_t a = s >> 24, r;

	if (b->format == MN_MONO || b->alpha_format == MN_MASK)
		a = a >= 128 ? 255 : 0;
	if (b->format == MN_GRAY8)
		s = gray_of(s) * UINT32_C(0x10101);
	if (a == 0)
		return;
	r = a + (2 * (d >> 24) * (255 - a) + 255) / 510;
	plain_put(b, x, y,
		  r << 24 | plain_component(s >> 16 & 255, a, d >> 16 & 255, r, red) << 16 |
			  plain_component(s >> 8 & 255, a, d >> 8 & 255, r, green) << 8 |
			  plain_component(s & 255, a, d & 255, r, red));
}

static bool is_in(const struct mn_rect *rect, int64_t x, int64_t y)
{
	return !rect || (x >= rect->x && x < (int64_t)rect->x + rect->width && y >= rect->y &&
			 y < (int64_t)rect->y + rect->height);
}

static void plain_copy(struct mn_bitmap *to, int32_t x, int32_t y, const struct mn_bitmap *from,
		       const struct mn_rect *part, bool blends)
{
	const int64_t dx = (int64_t)x - (part ? part->x : 0),
		      dy = (int64_t)y - (part ? part->y : 0);

	for (int32_t v = 0; v < to->height; v++) {
		for (int32_t u = 0; u < to->width; u++) {
			const int64_t s = u - dx, t = v - dy;

			if (s < 0 || s >= from->width || t < 0 || t >= from->height ||
			    !is_in(part, s, t))
				continue;
			if (blends)
				plain_mix(to, u, v, plain_at(from, (int32_t)s, (int32_t)t));
			else
				plain_put(to, u, v, plain_at(from, (int32_t)s, (int32_t)t));
		}
	}
}

/* ---- Pictures with bytes around each row that must stay as they are ---- */

struct picture {
	uint8_t pixels[GUARD + (SIDE * 4 + GUARD) * SIDE];
	uint8_t alpha[GUARD + (SIDE + GUARD) * SIDE];
	struct mn_bitmap bitmap;
};

static void chance_bytes(uint64_t *seed, uint8_t *out, size_t len)
{
	for (size_t at = 0; at < len; at += 8) {
		const uint64_t random = chance(seed);

		memcpy(out + at, &random, len - at < 8 ? len - at : 8);
	}
}

static void make(struct picture *picture, enum mn_pixel_format format, enum mn_alpha_format alpha,
		 uint64_t *seed)
{
	picture->bitmap = (struct mn_bitmap){
		.format = format,
		.alpha_format = alpha,
		.width = (int32_t)(chance(seed) % SIDE + 1),
		.height = (int32_t)(chance(seed) % SIDE + 1),
		.stride = SIDE * 4 + GUARD,
		.alpha_stride = SIDE + GUARD,
		.pixels = picture->pixels + GUARD,
		.alpha = alpha == MN_OPAQUE ? NULL : picture->alpha + GUARD,
	};
	chance_bytes(seed, picture->pixels, sizeof(picture->pixels));
	chance_bytes(seed, picture->alpha, sizeof(picture->alpha));
	/* Half of them solid or clear. */
	for (size_t i = 0; i < sizeof(picture->alpha); i += 2)
		picture->alpha[i] = picture->alpha[i] < 128 ? 0 : 255;
	/* The unused byte of MN_RGB888 is 0 in all that gfx has written. */
	for (int32_t y = 0; format == MN_RGB888 && y < picture->bitmap.height; y++) {
		for (int32_t x = 0; x < picture->bitmap.width; x++)
			plain_put(&picture->bitmap, x, y, plain_at(&picture->bitmap, x, y));
	}
	assert_true(mn_bitmap_is_valid(&picture->bitmap));
}

static struct mn_bitmap twin_of(const struct picture *picture, struct picture *twin)
{
	struct mn_bitmap bitmap = picture->bitmap;

	*twin = *picture;
	bitmap.pixels = twin->pixels + GUARD;
	bitmap.alpha = bitmap.alpha ? twin->alpha + GUARD : NULL;
	return bitmap;
}

static void assert_same(const struct picture *a, const struct picture *b)
{
	assert_memory_equal(a->pixels, b->pixels, sizeof(a->pixels));
	assert_memory_equal(a->alpha, b->alpha, sizeof(a->alpha));
}

/* Mostly near the picture, at times anywhere. */
static int32_t somewhere(uint64_t *seed)
{
	static const int32_t far[] = {INT32_MIN, INT32_MIN + 1, -65536,
				      65536,     INT32_MAX - 1, INT32_MAX};
	const uint64_t random = chance(seed);

	if (random % 16 == 0)
		return far[(random >> 8) % COUNT(far)];
	return (int32_t)((random >> 8) % (2 * SIDE)) - SIDE / 2;
}

static struct mn_rect some_rect(uint64_t *seed)
{
	return (struct mn_rect){somewhere(seed), somewhere(seed), somewhere(seed), somewhere(seed)};
}

static mn_color some_color(uint64_t *seed)
{
	const uint64_t random = chance(seed);
	const mn_color color = (mn_color)random;

	return random >> 60 < 4 ? color | 0xff000000 : random >> 60 < 6 ? color & 0xffffff : color;
}

static struct picture to, from, twin;

/* Calls it with each pair of formats, and transparency. */
static void each_pair(void (*check)(uint64_t *seed))
{
	uint64_t seed = 1;

	for (int pair = 0; pair < FORMATS * FORMATS * ALPHAS * ALPHAS; pair++) {
		for (int round = 0; round < ROUNDS; round++) {
			make(&to, pair % FORMATS, pair / 16 % ALPHAS, &seed);
			make(&from, pair / FORMATS % FORMATS, pair / 48, &seed);
			check(&seed);
		}
	}
}

static void check_copy(uint64_t *seed)
{
	const struct mn_rect part = some_rect(seed);
	const struct mn_rect *which = chance(seed) % 4 ? &part : NULL;
	const int32_t x = somewhere(seed), y = somewhere(seed);
	struct mn_bitmap plain = twin_of(&to, &twin);

	mn_bitmap_copy(&to.bitmap, x, y, &from.bitmap, which);
	plain_copy(&plain, x, y, &from.bitmap, which, false);
	assert_same(&to, &twin);
}

static void copies_between_all_formats(void **state)
{
	(void)state;
	each_pair(check_copy);
}

static void check_blend(uint64_t *seed)
{
	const struct mn_rect part = some_rect(seed);
	const struct mn_rect *which = chance(seed) % 4 ? &part : NULL;
	const int32_t x = somewhere(seed), y = somewhere(seed);
	struct mn_bitmap plain = twin_of(&to, &twin);

	mn_bitmap_blend(&to.bitmap, x, y, &from.bitmap, which);
	plain_copy(&plain, x, y, &from.bitmap, which, true);
	assert_same(&to, &twin);
}

static void blends_between_all_formats(void **state)
{
	(void)state;
	each_pair(check_blend);
}

/* All that is done to one picture. */
static void check_rect(uint64_t *seed)
{
	const struct mn_rect rect = some_rect(seed);
	const mn_color color = some_color(seed);
	const struct mn_rect *which = chance(seed) % 4 ? &rect : NULL;
	const unsigned what = chance(seed) % 3;
	struct mn_bitmap plain = twin_of(&to, &twin);

	if (what == 0)
		mn_bitmap_fill(&to.bitmap, which, color);
	else if (what == 1)
		mn_bitmap_tint(&to.bitmap, which, color);
	else
		mn_bitmap_invert(&to.bitmap, which);
	for (int32_t y = 0; y < plain.height; y++) {
		for (int32_t x = 0; x < plain.width; x++) {
			const mn_color old = plain_at(&plain, x, y);

			if (!is_in(which, x, y))
				continue;
			if (what == 0)
				plain_put(&plain, x, y, color);
			else if (what == 1)
				plain_mix(&plain, x, y, color);
			else if (old >> 24)
				plain_put(&plain, x, y, old ^ 0xffffff);
		}
	}
	assert_same(&to, &twin);
}

static void fills_tints_and_inverts(void **state)
{
	(void)state;
	each_pair(check_rect);
}

static void check_scroll(uint64_t *seed)
{
	const struct mn_rect rect = some_rect(seed);
	const mn_color color = some_color(seed);
	const int32_t dx = somewhere(seed), dy = somewhere(seed);
	const struct mn_bitmap *old = &to.bitmap;
	struct mn_bitmap plain = twin_of(&to, &twin);

	for (int32_t y = 0; y < plain.height; y++) {
		for (int32_t x = 0; x < plain.width; x++) {
			const int64_t s = (int64_t)x - dx, t = (int64_t)y - dy;

			if (!is_in(&rect, x, y))
				continue;
			if (s >= 0 && s < old->width && t >= 0 && t < old->height &&
			    is_in(&rect, s, t))
				plain_put(&plain, x, y, plain_at(old, (int32_t)s, (int32_t)t));
			else
				plain_put(&plain, x, y, color);
		}
	}
	mn_bitmap_scroll(&to.bitmap, &rect, dx, dy, color);
	assert_same(&to, &twin);
}

static void scrolls_in_all_directions(void **state)
{
	(void)state;
	each_pair(check_scroll);
}

static void check_stencil(uint64_t *seed)
{
	const struct mn_rect clip = some_rect(seed);
	const struct mn_rect *which = chance(seed) % 4 ? &clip : NULL;
	const mn_color color = some_color(seed), background = some_color(seed);
	const int32_t x = somewhere(seed), y = somewhere(seed);
	const int32_t width = from.bitmap.width, height = from.bitmap.height;
	const uint8_t *const bits = from.bitmap.pixels;
	struct mn_bitmap plain = twin_of(&to, &twin);

	mn_bitmap_stencils(&to.bitmap, which, x, y,
			   &(struct mn_stencils){&bits, 1, from.bitmap.stride, width, height, color,
						 background});
	for (int32_t v = 0; v < plain.height; v++) {
		for (int32_t u = 0; u < plain.width; u++) {
			const int64_t s = (int64_t)u - x, t = (int64_t)v - y;

			if (s < 0 || s >= width || t < 0 || t >= height || !is_in(which, u, v))
				continue;
			plain_mix(&plain, u, v,
				  bit_of(pixel_of(&from.bitmap, 0, (int32_t)t, 0), (int32_t)s)
					  ? color
					  : background);
		}
	}
	assert_same(&to, &twin);
}

static void stencils_onto_all_formats(void **state)
{
	(void)state;
	each_pair(check_stencil);
}

static void check_part(uint64_t *seed)
{
	const struct mn_rect rect = some_rect(seed);
	const bool bits = to.bitmap.format == MN_MONO || to.bitmap.alpha_format == MN_MASK;
	const struct mn_bitmap part = mn_bitmap_part(&to.bitmap, &rect);
	const struct mn_rect bounds = {0, 0, to.bitmap.width, to.bitmap.height};
	struct mn_rect inside = mn_rect_intersect(&bounds, &rect);

	if (bits) {
		inside.width += inside.x % 8;
		inside.x -= inside.x % 8;
	}
	assert_true(mn_bitmap_is_valid(&part));
	assert_int_equal(part.width, inside.width);
	assert_int_equal(part.height, inside.height);
	for (int32_t y = -1; y <= part.height; y++) {
		for (int32_t x = -1; x <= part.width; x++) {
			const bool in = x >= 0 && y >= 0 && x < part.width && y < part.height;

			assert_int_equal(mn_bitmap_at(&part, x, y),
					 in ? plain_at(&to.bitmap, inside.x + x, inside.y + y)
					    : MN_CLEAR);
		}
	}
}

static void parts_are_views(void **state)
{
	(void)state;
	each_pair(check_part);
}

/* ---- Rectangles ---- */

static void assert_rect(struct mn_rect got, struct mn_rect want)
{
	assert_int_equal(got.x, want.x);
	assert_int_equal(got.y, want.y);
	assert_int_equal(got.width, want.width);
	assert_int_equal(got.height, want.height);
}

static void rectangles_meet_and_join(void **state)
{
	static const struct mn_rect none = {0}, a = {0, 0, 10, 10}, b = {5, -5, 10, 10},
				    huge = {INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX},
				    other = {INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX},
				    negative = {5, 5, -2, 3};

	(void)state;
	assert_rect(mn_rect_intersect(&a, &b), (struct mn_rect){5, 0, 5, 5});
	assert_rect(mn_rect_unite(&a, &b), (struct mn_rect){0, -5, 15, 15});
	assert_rect(mn_rect_intersect(&a, &negative), none);
	assert_rect(mn_rect_unite(&a, &negative), a);
	assert_rect(mn_rect_unite(&negative, &a), a);
	assert_rect(mn_rect_unite(&negative, &none), none);
	assert_rect(mn_rect_intersect(&huge, &other), none);
	assert_rect(mn_rect_intersect(&other, &other), none); /* it ends where it begins */
	assert_rect(mn_rect_unite(&huge, &other),
		    (struct mn_rect){INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX});
	assert_rect(mn_rect_intersect(&a, &(struct mn_rect){10, 0, 5, 5}), none);
}

/* ---- Sizes ---- */

static void sizes_are_of_rows_without_gaps(void **state)
{
	(void)state;
	assert_int_equal(mn_bitmap_size(MN_RGB565, MN_OPAQUE, 800, 600), 960000);
	assert_int_equal(mn_bitmap_size(MN_RGB888, MN_ALPHA8, 3, 5), 3 * 5 * 5);
	assert_int_equal(mn_bitmap_size(MN_MONO, MN_MASK, 9, 5), 20);
	assert_int_equal(mn_bitmap_size(MN_GRAY8, MN_OPAQUE, 16384, 16384), 16384 * 16384);
	assert_int_equal(mn_bitmap_size(MN_GRAY8, MN_OPAQUE, 16385, 1), 0);
	assert_int_equal(mn_bitmap_size(MN_GRAY8, MN_OPAQUE, 1, -1), 0);
	assert_int_equal(mn_bitmap_size(MN_GRAY8, MN_OPAQUE, 0, 1), 0);
	assert_int_equal(mn_bitmap_size((enum mn_pixel_format)4, MN_OPAQUE, 1, 1), 0);
	assert_int_equal(mn_bitmap_size(MN_MONO, (enum mn_alpha_format)3, 1, 1), 0);
}

static void init_refuses_what_does_not_fit(void **state)
{
	uint32_t memory[16];
	uint8_t *bytes = (uint8_t *)memory;
	struct mn_bitmap bitmap;

	(void)state;
	assert_true(mn_bitmap_init(&bitmap, MN_RGB565, MN_ALPHA8, 3, 4, memory, 36));
	assert_true(mn_bitmap_is_valid(&bitmap));
	assert_int_equal(bitmap.stride, 6);
	assert_int_equal(bitmap.alpha_stride, 3);
	assert_ptr_equal(bitmap.pixels, memory);
	assert_ptr_equal(bitmap.alpha, bytes + 24);

	assert_false(mn_bitmap_init(&bitmap, MN_RGB565, MN_ALPHA8, 3, 4, memory, 35));
	assert_true(mn_bitmap_is_valid(&bitmap));
	assert_int_equal(bitmap.width, 0);
	assert_false(mn_bitmap_init(&bitmap, MN_RGB565, MN_OPAQUE, 1, 1, bytes + 1, 2));
	assert_false(mn_bitmap_init(&bitmap, MN_RGB888, MN_OPAQUE, 1, 1, bytes + 2, 4));
	assert_true(mn_bitmap_init(&bitmap, MN_GRAY8, MN_OPAQUE, 1, 1, bytes + 1, 1));
	assert_false(mn_bitmap_init(&bitmap, MN_GRAY8, MN_OPAQUE, 1, 1, NULL, 1));
}

static void validity_is_checked(void **state)
{
	static uint32_t memory[64];
	struct mn_bitmap good, bad;

	(void)state;
	assert_true(mn_bitmap_init(&good, MN_RGB565, MN_ALPHA8, 8, 8, memory, sizeof(memory)));
#define REFUSED(change) (bad = good, bad.change, assert_false(mn_bitmap_is_valid(&bad)))
	REFUSED(width = -1);
	REFUSED(height = MN_BITMAP_SIDE_MAX + 1);
	REFUSED(format = (enum mn_pixel_format)4);
	REFUSED(alpha_format = (enum mn_alpha_format)3);
	REFUSED(alpha_format = MN_OPAQUE);
	REFUSED(alpha = NULL);
	REFUSED(pixels = NULL);
	REFUSED(pixels = (uint8_t *)memory + 1);
	REFUSED(stride = 14);
	REFUSED(stride = 17);
	REFUSED(stride = SIZE_MAX / 2 - 1);
	REFUSED(alpha_stride = 7);
	REFUSED(alpha_stride = SIZE_MAX);
	bad = (struct mn_bitmap){0};
	assert_true(mn_bitmap_is_valid(&bad));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_between_all_formats),
		cmocka_unit_test(blends_between_all_formats),
		cmocka_unit_test(fills_tints_and_inverts),
		cmocka_unit_test(scrolls_in_all_directions),
		cmocka_unit_test(stencils_onto_all_formats),
		cmocka_unit_test(parts_are_views),
		cmocka_unit_test(rectangles_meet_and_join),
		cmocka_unit_test(sizes_are_of_rows_without_gaps),
		cmocka_unit_test(init_refuses_what_does_not_fit),
		cmocka_unit_test(validity_is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
