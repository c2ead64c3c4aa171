/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * UTF-8, as table 3-7 of the Unicode standard has it: a first byte says how many follow, and for
 * some of them the range of the second is less than 80 to bf, which leaves out overlong forms,
 * surrogates and all beyond U+10FFFF. What is cut short or wrong counts as one U+FFFD up to the
 * first byte that does not fit, as the standard recommends; so a good character behind is kept.
 */
#include <mnemos/gfx/text.h>

#define REPLACEMENT 0xfffd

static bool is_between(uint8_t byte, uint8_t least, uint8_t most)
{
	return byte >= least && byte <= most;
}

static bool second_fits(uint8_t first, uint8_t second)
{
	switch (first) {
	case 0xe0:
		return is_between(second, 0xa0, 0xbf);
	case 0xed:
		return is_between(second, 0x80, 0x9f);
	case 0xf0:
		return is_between(second, 0x90, 0xbf);
	case 0xf4:
		return is_between(second, 0x80, 0x8f);
	default:
		return is_between(second, 0x80, 0xbf);
	}
}

/* Bytes that follow a first one; -1 if no character begins so. */
static int following(uint8_t first)
{
	if (first < 0x80)
		return 0;
	if (!is_between(first, 0xc2, 0xf4))
		return -1;
	return first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
}

uint32_t mn_utf8_next(const char **text, const char *end)
{
	const uint8_t first = (uint8_t) * *text;
	const int count = following(first);
	uint32_t code_point = first & (count > 0 ? 0x3f >> count : 0x7f);

	(*text)++;
	if (count < 0)
		return REPLACEMENT;
	for (int at = 0; at < count; at++) {
		if (*text == end)
			return REPLACEMENT;
		const uint8_t byte = (uint8_t) * *text;

		if (at == 0 ? !second_fits(first, byte) : !is_between(byte, 0x80, 0xbf))
			return REPLACEMENT;
		code_point = code_point << 6 | (byte & 0x3f);
		(*text)++;
	}
	return code_point;
}
