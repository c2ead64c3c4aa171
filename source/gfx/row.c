/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Runs of pixels, from each format to colours and back. */
#include "internal.h"

static inline uint32_t get(const void *row, enum mn_pixel_format format, uint32_t x)
{
	const uint8_t *bytes = row;

	switch (format) {
	case MN_MONO:
		return bytes[x / 8] & 0x80 >> x % 8 ? 0xffffff : 0;
	case MN_GRAY8:
		return UINT32_C(0x010101) * bytes[x];
	case MN_RGB565:
		return mn__from_rgb565(((const uint16_t *)row)[x]);
	default:
		return ((const uint32_t *)row)[x] & 0xffffff;
	}
}

static inline void set(void *row, enum mn_pixel_format format, uint32_t x, mn_color color)
{
	uint8_t *bytes = row;
	const unsigned bit = 0x80u >> x % 8;

	switch (format) {
	case MN_MONO:
		bytes[x / 8] = (uint8_t)(mn__gray(color) >= 128 ? bytes[x / 8] | bit
								: bytes[x / 8] & ~bit);
		break;
	case MN_GRAY8:
		bytes[x] = (uint8_t)mn__gray(color);
		break;
	case MN_RGB565:
		((uint16_t *)row)[x] = mn__to_rgb565(color);
		break;
	default:
		((uint32_t *)row)[x] = color & 0xffffff;
	}
}

/* An alpha value is as a gray one, all of whose components are the same, or as a mono one. */
static enum mn_pixel_format alpha_format(const struct mn_bitmap *bitmap)
{
	return bitmap->alpha_format == MN_MASK ? MN_MONO : MN_GRAY8;
}

void mn__load(mn_color *out, const struct mn_bitmap *bitmap, int32_t x, int32_t y, int32_t n)
{
	const enum mn_pixel_format format = alpha_format(bitmap);
	const void *pixels = mn__pixels(bitmap, y), *alphas = mn__alphas(bitmap, y);

	for (uint32_t at = (uint32_t)x; n > 0; n--, at++) {
		const uint32_t alpha = alphas ? get(alphas, format, at) : 255;

		*out++ = alpha << 24 | get(pixels, bitmap->format, at);
	}
}

void mn__store(const struct mn_bitmap *bitmap, int32_t x, int32_t y, const mn_color *in, int32_t n)
{
	const enum mn_pixel_format format = alpha_format(bitmap);
	void *pixels = mn__pixels(bitmap, y), *alphas = mn__alphas(bitmap, y);

	for (uint32_t at = (uint32_t)x; n > 0; n--, at++, in++) {
		set(pixels, bitmap->format, at, *in);
		if (alphas)
			set(alphas, format, at, (*in >> 24) * 0x010101);
	}
}

/* One component: s with alpha a over d, to alpha r, which is not 0. */
static uint32_t mix_component(uint32_t s, uint32_t a, uint32_t d, uint32_t r)
{
	const uint32_t sum = s * a + d * (r - a);

	return r == 255 ? mn__by_255(sum) : (sum + r / 2) / r;
}

/* As the destination keeps it: with so many of the lowest bits dropped of each component. */
static mn_color mix(mn_color s, mn_color d, uint32_t drop)
{
	const uint32_t a = s >> 24;
	const uint32_t r = a + mn__by_255((d >> 24) * (255 - a));
	mn_color mixed = r << 24;

	if (a == 0)
		return d;
	for (int shift = 0; shift < 24; shift += 8, drop >>= 8) {
		const uint32_t bits = drop & 255;

		mixed |= mix_component((s >> shift & 255) >> bits, a, (d >> shift & 255) >> bits, r)
			 << bits << shift;
	}
	return mixed;
}

void mn__mix(const struct mn_bitmap *bitmap, int32_t x, int32_t y, const mn_color *in, int32_t n)
{
	const bool hard = bitmap->format == MN_MONO || bitmap->alpha_format == MN_MASK;
	const uint32_t drop = bitmap->format == MN_RGB565 ? 0x030203 : 0;
	mn_color below[MN__RUN];

	mn__load(below, bitmap, x, y, n);
	for (int32_t i = 0; i < n; i++) {
		mn_color color = in[i];

		if (bitmap->format == MN_GRAY8)
			color = (color & 0xff000000) | mn__gray(color) * 0x010101;
		if (!hard)
			below[i] = mix(color, below[i], drop);
		else if (color >> 31)
			below[i] = color | 0xff000000;
	}
	mn__store(bitmap, x, y, below, n);
}
