/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "demo_internal.h"

const struct mn_font *mn__demo_font(int32_t width, int32_t chars)
{
	static const struct mn_font *const fonts[] = {&mn_font_32x64, &mn_font_16x32,
						      &mn_font_12x24, &mn_font_8x16,
						      &mn_font_6x12,  &mn_font_5x8};
	const size_t last = sizeof fonts / sizeof fonts[0] - 1;

	for (size_t i = 0; i < last; i++)
		if (fonts[i]->width * chars <= width)
			return fonts[i];
	return fonts[last];
}
