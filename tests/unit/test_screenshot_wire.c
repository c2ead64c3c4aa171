/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: the bytes of a screenshot on the wire; that every picture comes out as it went in, in
 * every format, however it is cut up; and that a reader takes nothing that is damaged, is for
 * somebody else, or does not fit.
 */
#include "bytes.h"
#include <mnemos/proto/cobs.h>
#include <mnemos/proto/crc32.h>
#include <mnemos/proto/screenshot.h>

#define WIRE 2048
#define ID 7

/* Room for the pictures below, in units of 4 bytes. */
#define UNITS_MAX 1024

struct answer {
	uint8_t wire[WIRE]; /* messages with their terminators */
	size_t len;
	uint32_t crc;
};

static void say(struct answer *answer, const struct mn_screenshot_message *message)
{
	const size_t len = mn_screenshot_encode(answer->wire + answer->len, WIRE - answer->len,
						message, &answer->crc);

	assert_true(len > 0 && len <= MN_SCREENSHOT_MESSAGE_MAX);
	answer->len += len;
}

/* The whole answer, in messages of at most `cap` packed bytes and in calls for `most` units. */
static void answer_with(struct answer *answer, const struct mn_screenshot_picture *picture,
			const void *pixels, size_t cap, uint32_t most)
{
	const struct mn_screenshot_part part = {
		.format = picture->format,
		.pixels = pixels,
		.row = mn_screenshot_row(picture),
		.count = mn_screenshot_units(picture),
	};
	uint8_t packed[MN_SCREENSHOT_PACKED_MAX];
	uint32_t at = 0;

	answer->len = answer->crc = 0;
	say(answer, &(struct mn_screenshot_message){
			    .kind = MN_SCREENSHOT_PICTURE, .id = ID, .picture = *picture});
	while (at < part.count) {
		const uint32_t first = at;
		const size_t len = mn_screenshot_pack(packed, cap, &part, &at, most);

		assert_in_range(len, 1, cap);
		assert_in_range(at - first, 1, most);
		say(answer, &(struct mn_screenshot_message){.kind = MN_SCREENSHOT_PIXELS,
							    .id = ID,
							    .at = first,
							    .packed = packed,
							    .packed_len = len});
	}
	say(answer, &(struct mn_screenshot_message){
			    .kind = MN_SCREENSHOT_END, .id = ID, .crc = answer->crc});
}

/* Reads messages until one says more than MORE; the pixels are the caller's to free. */
static enum mn_screenshot_news read_answer(struct mn_screenshot_reader *reader,
					   const struct answer *answer)
{
	enum mn_screenshot_news news = MN_SCREENSHOT_NOTHING;
	size_t at = 0;

	*reader = (struct mn_screenshot_reader){.id = ID};
	while (at < answer->len && news <= MN_SCREENSHOT_MORE) {
		const uint8_t *end = memchr(answer->wire + at, 0, answer->len - at);
		const size_t len = (size_t)(end - answer->wire) - at;
		uint8_t *exact = bytes_exact(answer->wire + at, len);

		news = mn_screenshot_take(reader, exact, len);
		free(exact);
		at += len + 1;
		if (news == MN_SCREENSHOT_BEGUN)
			reader->pixels = malloc((size_t)mn_screenshot_units(&reader->picture) *
						mn_screenshot_unit(reader->picture.format));
	}
	return news;
}

static uint32_t unit_of(const void *pixels, enum mn_screenshot_format format, uint32_t at)
{
	if (format == MN_SCREENSHOT_RGB565)
		return ((const uint16_t *)pixels)[at];
	if (format == MN_SCREENSHOT_RGB888)
		return ((const uint32_t *)pixels)[at] & 0xffffff;
	return ((const uint8_t *)pixels)[at];
}

static void assert_arrives(const struct mn_screenshot_picture *picture, const void *pixels,
			   size_t cap, uint32_t most)
{
	const uint32_t bytes = mn_screenshot_unit(picture->format);
	struct mn_screenshot_reader reader;
	struct answer answer;

	answer_with(&answer, picture, pixels, cap, most);
	assert_int_equal(read_answer(&reader, &answer), MN_SCREENSHOT_DONE);
	assert_memory_equal(&reader.picture, picture, sizeof *picture);
	for (uint32_t at = 0; at < mn_screenshot_units(picture); at++) {
		uint32_t got = 0;

		for (uint32_t i = bytes; i-- > 0;)
			got = got << 8 | reader.pixels[at * bytes + i];
		assert_int_equal(got, unit_of(pixels, picture->format, at));
	}
	free(reader.pixels);
}

/* What a screen may look like: flat, noise, stripes each way, and letters on a ground. */
static uint32_t look(unsigned kind, uint32_t x, uint32_t y, uint64_t *seed)
{
	switch (kind) {
	case 0:
		return 0;
	case 1:
		return (uint32_t)chance(seed);
	case 2:
		return 0xffffffff * (x / 3 % 2);
	case 3:
		return y * 0x01010101;
	default:
		return chance(seed) % 8 ? 0x123456 : 0xfedcba;
	}
}

static void pictures_arrive_as_they_were(void **state)
{
	static const struct {
		uint32_t width, height;
	} sizes[] = {{1, 1}, {2, 1}, {1, 9}, {16, 16}, {9, 20}};
	static const struct {
		size_t cap;
		uint32_t most;
	} cuts[] = {{MN_SCREENSHOT_PACKED_MAX, UINT32_MAX}, {64, 50}, {9, 40}};
	static uint32_t pixels[UNITS_MAX];
	uint64_t seed = 1;

	(void)state;
	for (unsigned run = 0; run < 4 * COUNT(sizes) * 5 * COUNT(cuts); run++) {
		struct mn_screenshot_picture picture;
		const unsigned kind = run / 4 / COUNT(sizes) % 5, cut = run % COUNT(cuts);
		uint32_t row;

		memset(&picture, 0, sizeof picture);
		picture.format = (enum mn_screenshot_format)(run % 4);
		picture.width = sizes[run / 4 % COUNT(sizes)].width;
		picture.height = sizes[run / 4 % COUNT(sizes)].height;
		picture.is_mixed = run % 2;
		row = mn_screenshot_row(&picture);
		for (uint32_t at = 0; at < mn_screenshot_units(&picture); at++) {
			const uint32_t unit = look(kind, at % row, at / row, &seed);

			if (picture.format == MN_SCREENSHOT_RGB888)
				pixels[at] = unit;
			else if (picture.format == MN_SCREENSHOT_RGB565)
				((uint16_t *)pixels)[at] = (uint16_t)unit;
			else
				((uint8_t *)pixels)[at] = (uint8_t)unit;
		}
		assert_arrives(&picture, pixels, cuts[cut].cap, cuts[cut].most);
	}
}

/* Units above a part that is not in memory are not looked at. */
static void a_part_stands_for_itself(void **state)
{
	static const uint8_t rows[] = {1, 2, 3, 4, 1, 2, 3, 4};
	const struct mn_screenshot_part part = {.format = MN_SCREENSHOT_GRAY8,
						.pixels = rows,
						.row = 4,
						.first = 400,
						.count = sizeof rows};
	static const uint8_t want[] = {4 << 2, 1, 2, 3, 4, 4 << 2 | 2};
	uint8_t packed[16];
	uint32_t at = 400;

	(void)state;
	assert_bytes(packed, mn_screenshot_pack(packed, sizeof packed, &part, &at, 100), want,
		     sizeof want);
	assert_int_equal(at, 408);
}

static void what_does_not_fit_changes_nothing(void **state)
{
	static const uint32_t flat[300];
	const struct mn_screenshot_part part = {
		.format = MN_SCREENSHOT_RGB888, .pixels = flat, .row = 300, .count = 300};
	uint8_t packed[8];
	uint32_t at = 0;

	(void)state;
	for (size_t cap = 0; cap < 5; cap++)
		assert_int_equal(mn_screenshot_pack(packed, cap, &part, &at, 300), 0);
	assert_int_equal(at, 0);
	assert_int_equal(mn_screenshot_pack(packed, 8, &part, &at, 300), 5);
	assert_int_equal(at, 300);
}

/* 10 x 2, gray: a row of 5 black ones and 1 to 5, and the same again. */
static const uint8_t sample[20] = {0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5};
static const struct mn_screenshot_picture sample_picture = {
	.format = MN_SCREENSHOT_GRAY8, .width = 10, .height = 2};

/* The test vectors of book/services/screenshot.md. */
static void bytes_are_those_of_the_book(void **state)
{
	static const char wire[] = "01 05 07 01 0a 02 01 00 "
				   "03 01 07 03 09 15 08 14 01 02 03 04 05 2a 00 "
				   "08 02 07 b2 bb 90 94 0c 00";
	uint8_t want[64];
	struct answer answer;

	(void)state;
	assert_int_equal(mn_crc32(0, "123456789", 9), 0xcbf43926);
	answer_with(&answer, &sample_picture, sample, MN_SCREENSHOT_PACKED_MAX, 100);
	assert_bytes(answer.wire, answer.len, want, bytes_of_hex(want, sizeof want, wire));
}

static void requests_are_written_and_read(void **state)
{
	static const struct {
		struct mn_screenshot_request request;
		const char *wire;
	} vectors[] = {
		{{MN_SCREENSHOT_TAKE, 1, 7}, "01 03 01 07 00"},
		{{MN_SCREENSHOT_TAKE, 1, 0xffffffff}, "01 07 01 ff ff ff ff 0f 00"},
		{{MN_SCREENSHOT_CANCEL, 0, 7}, "03 01 07 00"},
	};
	uint8_t want[MN_SCREENSHOT_REQUEST_MAX], got[MN_SCREENSHOT_REQUEST_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		const size_t len = bytes_of_hex(want, sizeof want, vectors[i].wire);
		struct mn_screenshot_request request;

		for (size_t cap = 0; cap < len; cap++)
			assert_int_equal(
				mn_screenshot_encode_request(got, cap, &vectors[i].request), 0);
		assert_bytes(got,
			     mn_screenshot_encode_request(got, sizeof got, &vectors[i].request),
			     want, len);
		assert_int_equal(mn_screenshot_decode_request(&request, got, len - 1), MN_OK);
		assert_int_equal(request.kind, vectors[i].request.kind);
		assert_int_equal(request.version, vectors[i].request.version);
		assert_int_equal(request.id, vectors[i].request.id);
	}
}

static void requests_that_are_none_are_refused(void **state)
{
	static const char *const cards[] = {"", "02 07", "00", "00 01", "01", "01 ff", "09"};
	uint8_t raw[16], stuffed[20];
	struct mn_screenshot_request request;

	(void)state;
	for (size_t i = 0; i < COUNT(cards); i++) {
		const size_t len =
			mn_cobs_encode(stuffed, raw, bytes_of_hex(raw, sizeof raw, cards[i]));

		assert_int_equal(mn_screenshot_decode_request(&request, stuffed, len), MN_EBADMSG);
	}
}

/* Whatever one byte becomes: it is noticed, or was in what is for nobody. */
static void a_changed_or_lost_byte_is_noticed(void **state)
{
	struct mn_screenshot_reader reader;
	struct answer good, bad;

	(void)state;
	answer_with(&good, &sample_picture, sample, 8, 100);
	for (size_t at = 0; at < good.len; at++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			bad = good;
			bad.wire[at] ^= (uint8_t)(1 << bit);
			bad.wire[bad.len++] = 0; /* where the last terminator was hit */
			assert_int_not_equal(read_answer(&reader, &bad), MN_SCREENSHOT_DONE);
			free(reader.pixels);
		}
		bad = good;
		memmove(bad.wire + at, bad.wire + at + 1, bad.len - at - 1);
		bad.wire[bad.len - 1] = 0;
		if (at < good.len - 1) {
			assert_int_not_equal(read_answer(&reader, &bad), MN_SCREENSHOT_DONE);
			free(reader.pixels);
		}
	}
}

/* Takes a message that is given before stuffing. */
static enum mn_screenshot_news take(struct mn_screenshot_reader *reader, const char *card)
{
	uint8_t raw[64], stuffed[70];
	const size_t len = mn_cobs_encode(stuffed, raw, bytes_of_hex(raw, sizeof raw, card));
	uint8_t *exact = bytes_exact(stuffed, len);
	const enum mn_screenshot_news news = mn_screenshot_take(reader, exact, len);

	free(exact);
	return news;
}

/* A reader of a gray picture of 2 x 3, in memory of exactly its size. */
static void begin(struct mn_screenshot_reader *reader)
{
	*reader = (struct mn_screenshot_reader){.id = ID};
	assert_int_equal(take(reader, "00 07 01 02 03 00"), MN_SCREENSHOT_BEGUN);
	reader->pixels = malloc(6);
	assert_non_null(reader->pixels);
}

static void readers_refuse_what_does_not_fit(void **state)
{
	static const char *const cards[] = {
		"00 07 01 02 03 00",             /* a second picture */
		"01 07 01 02 05 00",             /* not where it should go on */
		"01 07 00 02 1d 00",             /* 7 units of 6 */
		"01 07 00 02 01 00",             /* none */
		"01 07 00 02 08 00",             /* 2 units, and bytes of one */
		"01 07 00 01 09",                /* a run of nothing */
		"01 07 00 01 0a",                /* above the first row */
		"01 07 00 02 07 00",             /* a kind that there is not */
		"01 07 00 06 fd ff ff ff 0f 00", /* a very long run */
		"01 07 00 06 ff ff ff ff ff 0f", /* a number too long */
		"01 07 00 09 19 00",             /* packed bytes that are not there */
		"02 07 00",                      /* the end, but not of all */
		"02 07",
		"03 07",
		"",
	};
	struct mn_screenshot_reader reader;

	(void)state;
	for (size_t i = 0; i < COUNT(cards); i++) {
		begin(&reader);
		assert_int_equal(take(&reader, cards[i]), MN_SCREENSHOT_DAMAGED);
		assert_int_equal(reader.at, 0);
		free(reader.pixels);
	}
}

static void readers_leave_alone_what_is_not_theirs(void **state)
{
	static const char *const cards[] = {"",         "00",    "01 06 00 02 05 00", "02 06 00",
					    "03 06 09", "04 07", "00 06 01 02 03 00"};
	struct mn_screenshot_reader reader = {.id = ID};

	(void)state;
	for (size_t i = 0; i < COUNT(cards); i++)
		assert_int_equal(take(&reader, cards[i]), MN_SCREENSHOT_NOTHING);
	begin(&reader);
	assert_int_equal(take(&reader, "01 06 00 02 05 00"), MN_SCREENSHOT_NOTHING);
	assert_int_equal(take(&reader, "04 07"), MN_SCREENSHOT_NOTHING);
	assert_int_equal(take(&reader, "01 07 00 02 05 00"), MN_SCREENSHOT_MORE);
	assert_int_equal(take(&reader, "03 07 0b"), MN_SCREENSHOT_NOT);
	assert_int_equal(reader.why, MN_ENOTFOUND);
	free(reader.pixels);
}

static void pictures_that_cannot_be_are_refused(void **state)
{
	static const char *const cards[] = {
		"00 07 04 02 03 00",             /* a format that there is not */
		"00 07 01 00 03 00",             /* no width */
		"00 07 01 02 00 00",             /* no height */
		"00 07 01 81 80 01 01 00",       /* wider than any */
		"00 07 03 80 80 01 80 80 01 00", /* too many pixels */
		"00 07 01 02 03 02",             /* a flag that is none */
		"00 07 01 02 03",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cards); i++) {
		struct mn_screenshot_reader reader = {.id = ID};

		assert_int_equal(take(&reader, cards[i]), MN_SCREENSHOT_DAMAGED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pictures_arrive_as_they_were),
		cmocka_unit_test(a_part_stands_for_itself),
		cmocka_unit_test(what_does_not_fit_changes_nothing),
		cmocka_unit_test(bytes_are_those_of_the_book),
		cmocka_unit_test(requests_are_written_and_read),
		cmocka_unit_test(requests_that_are_none_are_refused),
		cmocka_unit_test(a_changed_or_lost_byte_is_noticed),
		cmocka_unit_test(readers_refuse_what_does_not_fit),
		cmocka_unit_test(readers_leave_alone_what_is_not_theirs),
		cmocka_unit_test(pictures_that_cannot_be_are_refused),
	};

	return cmocka_run_group_tests_name("screenshot_wire", tests, NULL, NULL);
}
