/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rows of MN_RGB565, pixel by pixel: little code, for boards. */
#include "internal.h"

/* All three components at once, each with 8 bits of room above it. */
static uint16_t mix_rgb565(uint32_t s, uint32_t d, uint32_t a)
{
	const uint32_t b = 255 - a;
	const uint32_t red = mn__by_255((s >> 11) * a + (d >> 11) * b);
	const uint32_t green = mn__by_255((s >> 5 & 63) * a + (d >> 5 & 63) * b);
	const uint32_t blue = mn__by_255((s & 31) * a + (d & 31) * b);

	return (uint16_t)(red << 11 | green << 5 | blue);
}

void mn__blend_alpha8_row(uint16_t *to, const uint16_t *from, const uint8_t *alpha, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (alpha[i] == 255)
			to[i] = from[i];
		else if (alpha[i] > 0)
			to[i] = mix_rgb565(from[i], to[i], alpha[i]);
	}
}

void mn__blend_mask_row(uint16_t *to, const uint16_t *from, const uint8_t *bits, int32_t x,
			size_t n)
{
	for (size_t i = 0, bit = (size_t)x; i < n; i++, bit++) {
		if (bits[bit / 8] & 0x80 >> bit % 8)
			to[i] = from[i];
	}
}

void mn__widen_row(uint32_t *to, const uint16_t *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = mn__from_rgb565(from[i]);
}
