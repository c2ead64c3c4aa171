/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Runs of pixels, from each format to colours and back. */
#include "internal.h"

static void load_pixels(mn_color *out, const struct mn__plane *plane, int32_t x, int32_t y,
			int32_t n)
{
	const uint8_t *row = mn__row(plane, y);
	const void *words = row;

	switch (plane->bits) {
	case 1:
		for (int32_t i = 0; i < n; i++)
			out[i] = row[(x + i) / 8] & 0x80 >> (x + i) % 8 ? MN_WHITE : MN_BLACK;
		break;
	case 8:
		for (int32_t i = 0; i < n; i++)
			out[i] = 0xff000000 | UINT32_C(0x010101) * row[x + i];
		break;
	case 16:
		for (int32_t i = 0; i < n; i++)
			out[i] = 0xff000000 | mn__from_rgb565(((const uint16_t *)words)[x + i]);
		break;
	default:
		for (int32_t i = 0; i < n; i++)
			out[i] = 0xff000000 | ((const uint32_t *)words)[x + i];
	}
}

void mn__load(mn_color *out, const struct mn_bitmap *bitmap, int32_t x, int32_t y, int32_t n)
{
	const struct mn__plane pixels = mn__pixel_plane(bitmap), alpha = mn__alpha_plane(bitmap);
	mn_color values[MN__RUN];

	load_pixels(out, &pixels, x, y, n);
	if (!alpha.bytes)
		return;
	/* An alpha value is as a gray one, all of whose components are the same. */
	load_pixels(values, &alpha, x, y, n);
	for (int32_t i = 0; i < n; i++)
		out[i] = (out[i] & 0xffffff) | values[i] << 24;
}

static void store_bits(uint8_t *row, int32_t x, const mn_color *in, int32_t n)
{
	for (int32_t at = 0; at < n; at += 8) {
		const int32_t step = n - at < 8 ? n - at : 8;
		unsigned bits = 0;

		for (int32_t i = 0; i < step; i++)
			bits |= mn__gray(in[at + i]) >= 128 ? 0x80u >> i : 0;
		mn__put_bits(row, x + at, step, (uint8_t)bits);
	}
}

static void store_pixels(const struct mn__plane *plane, int32_t x, int32_t y, const mn_color *in,
			 int32_t n)
{
	uint8_t *row = mn__row(plane, y);
	void *words = row;

	switch (plane->bits) {
	case 1:
		store_bits(row, x, in, n);
		break;
	case 8:
		for (int32_t i = 0; i < n; i++)
			row[x + i] = (uint8_t)mn__gray(in[i]);
		break;
	case 16:
		for (int32_t i = 0; i < n; i++)
			((uint16_t *)words)[x + i] = mn__to_rgb565(in[i]);
		break;
	default:
		for (int32_t i = 0; i < n; i++)
			((uint32_t *)words)[x + i] = in[i] & 0xffffff;
	}
}

void mn__store(const struct mn_bitmap *bitmap, int32_t x, int32_t y, const mn_color *in, int32_t n)
{
	const struct mn__plane pixels = mn__pixel_plane(bitmap), alpha = mn__alpha_plane(bitmap);
	mn_color values[MN__RUN];

	store_pixels(&pixels, x, y, in, n);
	if (!alpha.bytes)
		return;
	for (int32_t i = 0; i < n; i++)
		values[i] = (in[i] >> 24) * 0x010101;
	store_pixels(&alpha, x, y, values, n);
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
