/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: that UTF-8 is read as the Unicode standard says, of which the cases that decoders get
 * wrong are known well (its own examples in chapter 3, and the stress test by Markus Kuhn): first
 * and last of each length, overlong forms, surrogates, what is cut off, what cannot be.
 */
#include <mnemos/gfx/text.h>
#include "bytes.h"

#define BAD 0xfffd

struct example {
	const char *bytes; /* as hex */
	uint32_t code_points[12];
	size_t count;
};

#define EXAMPLE(bytes, ...)                                                                \
	{                                                                                  \
		bytes, {__VA_ARGS__}, sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t) \
	}

static void check(const struct example *example)
{
	uint8_t bytes[32];
	const size_t len = bytes_of_hex(bytes, sizeof bytes, example->bytes);
	char *text = (char *)bytes_exact(bytes, len);
	const char *at = text;

	for (size_t i = 0; i < example->count; i++) {
		assert_true(at < text + len);
		assert_int_equal(mn_utf8_next(&at, text + len), example->code_points[i]);
	}
	assert_ptr_equal(at, text + len);
	free(text);
}

static void check_all(const struct example *examples, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check(&examples[i]);
}

static void first_and_last_of_each_length(void **state)
{
	static const struct example examples[] = {
		EXAMPLE("00", 0),
		EXAMPLE("7f", 0x7f),
		EXAMPLE("c2 80", 0x80),
		EXAMPLE("df bf", 0x7ff),
		EXAMPLE("e0 a0 80", 0x800),
		EXAMPLE("ed 9f bf", 0xd7ff),
		EXAMPLE("ee 80 80", 0xe000),
		EXAMPLE("ef bf bd", 0xfffd),
		EXAMPLE("ef bf bf", 0xffff),
		EXAMPLE("f0 90 80 80", 0x10000),
		EXAMPLE("f4 8f bf bf", 0x10ffff),
		EXAMPLE("ce ba e1 bd b9 cf 83 ce bc ce b5", 0x3ba, 0x1f79, 0x3c3, 0x3bc, 0x3b5),
	};

	(void)state;
	check_all(examples, COUNT(examples));
}

static void overlong_forms_are_refused(void **state)
{
	static const struct example examples[] = {
		EXAMPLE("c0 af", BAD, BAD),
		EXAMPLE("c1 bf", BAD, BAD),
		EXAMPLE("e0 80 af", BAD, BAD, BAD),
		EXAMPLE("e0 9f bf", BAD, BAD, BAD),
		EXAMPLE("f0 80 80 af", BAD, BAD, BAD, BAD),
		EXAMPLE("f0 8f bf bf", BAD, BAD, BAD, BAD),
		EXAMPLE("f8 80 80 80 af", BAD, BAD, BAD, BAD, BAD),
		EXAMPLE("fc 80 80 80 80 af", BAD, BAD, BAD, BAD, BAD, BAD),
		EXAMPLE("c0 80", BAD, BAD),
	};

	(void)state;
	check_all(examples, COUNT(examples));
}

static void surrogates_and_too_large_numbers_are_refused(void **state)
{
	static const struct example examples[] = {
		EXAMPLE("ed a0 80", BAD, BAD, BAD),
		EXAMPLE("ed af bf", BAD, BAD, BAD),
		EXAMPLE("ed b0 80", BAD, BAD, BAD),
		EXAMPLE("ed bf bf", BAD, BAD, BAD),
		EXAMPLE("ed a0 80 ed b0 80", BAD, BAD, BAD, BAD, BAD, BAD),
		EXAMPLE("f4 90 80 80", BAD, BAD, BAD, BAD),
		EXAMPLE("f5 80 80 80", BAD, BAD, BAD, BAD),
		EXAMPLE("f8 88 80 80 80", BAD, BAD, BAD, BAD, BAD),
		EXAMPLE("fe", BAD),
		EXAMPLE("ff", BAD),
		EXAMPLE("fe fe ff ff", BAD, BAD, BAD, BAD),
	};

	(void)state;
	check_all(examples, COUNT(examples));
}

static void continuations_alone_are_one_each(void **state)
{
	static const struct example examples[] = {
		EXAMPLE("80", BAD),
		EXAMPLE("bf", BAD),
		EXAMPLE("80 bf 80", BAD, BAD, BAD),
		EXAMPLE("41 80 42", 'A', BAD, 'B'),
		EXAMPLE("c3 a9 a9", 0xe9, BAD),
	};

	(void)state;
	check_all(examples, COUNT(examples));
}

/* What could have been a character is one; and what comes behind is kept. */
static void cut_off_characters_are_one_each(void **state)
{
	static const struct example examples[] = {
		EXAMPLE("c3", BAD),
		EXAMPLE("e2 82", BAD),
		EXAMPLE("f0 90 80", BAD),
		EXAMPLE("f4 8f bf", BAD),
		EXAMPLE("c3 20", BAD, ' '),
		EXAMPLE("e2 82 41", BAD, 'A'),
		EXAMPLE("f0 90 80 c3 a9", BAD, 0xe9),
		EXAMPLE("e2 e2 82 ac", BAD, 0x20ac),
		EXAMPLE("c3 c3 c3", BAD, BAD, BAD),
		/* Of the standard, table 3-8 to 3-11. */
		EXAMPLE("c0 af e0 80 bf f0 81 82 41", BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, 'A'),
		EXAMPLE("ed a0 80 ed bf bf ed af 41", BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, 'A'),
		EXAMPLE("f4 91 92 93 ff 41 80 bf 42", BAD, BAD, BAD, BAD, BAD, 'A', BAD, BAD, 'B'),
		EXAMPLE("e1 80 e2 f0 91 92 f1 bf 41", BAD, BAD, BAD, BAD, 'A'),
	};

	(void)state;
	check_all(examples, COUNT(examples));
}

static size_t encode(char *out, uint32_t c)
{
	static const uint8_t marks[] = {0, 0xc0, 0xe0, 0xf0};
	const size_t more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;

	for (size_t at = more; at > 0; at--, c >>= 6)
		out[at] = (char)(0x80 | (c & 63));
	out[0] = (char)(marks[more] | c);
	return more + 1;
}

/* Every 13th, which is prime to what lengths and ranges are multiples of. */
static void all_characters_are_read(void **state)
{
	char text[4];

	(void)state;
	for (uint32_t c = 0; c <= 0x10ffff; c += 13) {
		const size_t len = encode(text, c);
		const char *at = text;
		const bool surrogate = c >= 0xd800 && c < 0xe000;

		assert_int_equal(mn_utf8_next(&at, text + len), surrogate ? BAD : c);
		assert_ptr_equal(at, text + (surrogate ? 1 : len));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_and_last_of_each_length),
		cmocka_unit_test(overlong_forms_are_refused),
		cmocka_unit_test(surrogates_and_too_large_numbers_are_refused),
		cmocka_unit_test(continuations_alone_are_one_each),
		cmocka_unit_test(cut_off_characters_are_one_each),
		cmocka_unit_test(all_characters_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
