/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Fonts: from characters to glyphs. */
#include <mnemos/gfx/text.h>

static bool holds(const struct mn_font_range *range, uint32_t code_point)
{
	return code_point - range->first < range->count;
}

/* By halves: `low` ranges begin at or before the code point, those from `high` on behind it. */
static const struct mn_font_range *find(const struct mn_font *font, uint32_t code_point)
{
	size_t low = 0, high = font->range_count;

	while (low < high) {
		const size_t middle = (low + high) / 2;

		if (font->ranges[middle].first <= code_point)
			low = middle + 1;
		else
			high = middle;
	}
	return &font->ranges[low > 0 ? low - 1 : 0];
}

const uint8_t *mn_font_glyph(const struct mn_font *font, uint32_t code_point)
{
	const size_t size = ((size_t)font->width + 7) / 8 * font->height;
	/* Of most fonts the first range is ASCII, and most text is, too. */
	const struct mn_font_range *range = font->ranges;
	size_t glyph = font->fallback;

	if (!holds(range, code_point))
		range = find(font, code_point);
	if (holds(range, code_point))
		glyph = range->glyph + (code_point - range->first);
	return font->glyphs + glyph * size;
}
