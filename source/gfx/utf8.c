/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * UTF-8, as table 3-7 of the Unicode standard has it: a first byte says how many follow, and for
 * some of them the range of the second is less than 80 to bf, which leaves out overlong forms,
 * surrogates and all beyond U+10FFFF. What is cut short or wrong counts as one U+FFFD up to the
 * first byte that does not fit, as the standard recommends; so a good character behind is kept.
 */
#include <mnemos/gfx/text.h>

#define REPLACEMENT 0xfffd

uint32_t mn_utf8_next(const char **text, const char *end)
{
	const uint8_t first = (uint8_t) * (*text)++;
	const int count = 1 + (first >= 0xe0) + (first >= 0xf0); /* bytes that follow */
	uint8_t least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	uint8_t most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
	uint32_t code_point = first;

	if (first < 0x80)
		return first;
	if (first < 0xc2 || first > 0xf4)
		return REPLACEMENT;
	for (int at = 0; at < count; at++, least = 0x80, most = 0xbf) {
		const uint8_t byte = *text < end ? (uint8_t) * *text : 0;

		if (byte < least || byte > most)
			return REPLACEMENT;
		code_point = code_point << 6 | (byte & 0x3f);
		(*text)++;
	}
	return code_point & ((UINT32_C(64) << 5 * count) - 1); /* without what says the count */
}
