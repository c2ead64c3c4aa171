/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Input: a byte that says what the rest is. Even: an answer as it comes from the line, cut at its
 * zeros and read, after a picture of a size and format that the byte says too; what is read lies
 * in memory of exactly its size. Odd: a picture, packed in steps and read again: it is the same.
 */
#include <mnemos/proto/cobs.h>
#include <mnemos/proto/screenshot.h>
#include "fuzz.h"

/* No larger picture is worth its time. */
#define UNITS_MAX 4096

static void *memory_for(const struct mn_screenshot_picture *picture)
{
	return fuzz_alloc((size_t)mn_screenshot_units(picture) *
			  mn_screenshot_unit(picture->format));
}

/* Reads one message; false at the end of the answer. */
static bool take(struct mn_screenshot_reader *reader, const uint8_t *bytes, size_t len)
{
	uint8_t *exact = fuzz_alloc(len);
	const uint32_t before = reader->at;
	enum mn_screenshot_news news;

	memcpy(exact, bytes, len);
	news = mn_screenshot_take(reader, exact, len);
	free(exact);
	if (reader->has_begun)
		FUZZ_CHECK(reader->at >= before &&
			   reader->at <= mn_screenshot_units(&reader->picture));
	if (news == MN_SCREENSHOT_BEGUN) {
		if (mn_screenshot_units(&reader->picture) > UNITS_MAX)
			return false;
		reader->pixels = memory_for(&reader->picture);
	}
	return news <= MN_SCREENSHOT_MORE;
}

static void read_garbage(struct mn_screenshot_reader *reader, const uint8_t *data, size_t len)
{
	const uint8_t *end = data + len, *stop;

	for (; data < end; data = stop + 1) {
		stop = memchr(data, 0, (size_t)(end - data));
		if (!stop)
			stop = end;
		if (!take(reader, data, (size_t)(stop - data)))
			break;
	}
}

static struct mn_screenshot_picture picture_of(uint8_t what, size_t len)
{
	struct mn_screenshot_picture picture = {
		.format = (enum mn_screenshot_format)(what >> 1 & 3),
		.width = 1 + (what >> 3),
	};
	const size_t row =
		mn_screenshot_row(&picture) * (picture.format == MN_SCREENSHOT_RGB888   ? 4
					       : picture.format == MN_SCREENSHOT_RGB565 ? 2
											: 1);

	picture.height = (uint32_t)(len / row);
	return picture;
}

/* Says a message to a reader. */
static void tell(struct mn_screenshot_reader *reader, struct mn_screenshot_message *message,
		 uint32_t *crc)
{
	uint8_t wire[MN_SCREENSHOT_MESSAGE_MAX];
	size_t len;

	message->crc = *crc;
	len = mn_screenshot_encode(wire, sizeof wire, message, crc);
	FUZZ_CHECK(len > 1 && wire[len - 1] == 0);
	FUZZ_CHECK(take(reader, wire, len - 1) == (message->kind != MN_SCREENSHOT_END));
}

static void check_pixels(const struct mn_screenshot_reader *reader, const void *pixels)
{
	const size_t units = mn_screenshot_units(&reader->picture);
	const uint8_t *bytes = reader->pixels;

	if (reader->picture.format != MN_SCREENSHOT_RGB888)
		FUZZ_CHECK(memcmp(bytes, pixels,
				  units * mn_screenshot_unit(reader->picture.format)) == 0);
	else
		for (size_t i = 0; i < units; i++)
			FUZZ_CHECK(memcmp(bytes + 3 * i, (const uint32_t *)pixels + i, 3) == 0);
}

static void read_again(struct mn_screenshot_reader *reader, uint8_t what, const uint8_t *data,
		       size_t len)
{
	struct mn_screenshot_message message = {.id = reader->id, .picture = picture_of(what, len)};
	struct mn_screenshot_part part = {.format = message.picture.format,
					  .row = mn_screenshot_row(&message.picture),
					  .count = mn_screenshot_units(&message.picture)};
	uint8_t packed[MN_SCREENSHOT_PACKED_MAX], *pixels;
	uint32_t at = 0, crc = 0;

	if (part.count == 0 || part.count > UNITS_MAX)
		return;
	pixels = fuzz_alloc(len);
	memcpy(pixels, data, len);
	part.pixels = pixels;
	tell(reader, &message, &crc);
	message.kind = MN_SCREENSHOT_PIXELS;
	message.packed = packed;
	while (at < part.count) {
		message.at = at;
		message.packed_len =
			mn_screenshot_pack(packed, 8 + data[0], &part, &at, 1 + data[len - 1]);
		FUZZ_CHECK(message.packed_len > 0 && at > message.at);
		tell(reader, &message, &crc);
	}
	message.kind = MN_SCREENSHOT_END;
	tell(reader, &message, &crc);
	check_pixels(reader, pixels);
	free(pixels);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mn_screenshot_reader reader = {.id = 7};
	uint32_t crc = 0;

	if (len < 2)
		return 0;
	if (data[0] & 1) {
		read_again(&reader, data[0], data + 1, len - 1);
	} else {
		if (data[0] & 0xf8) /* 0 and the like leave also that to the input */
			tell(&reader,
			     &(struct mn_screenshot_message){.id = 7,
							     .picture = picture_of(data[0], 256)},
			     &crc);
		read_garbage(&reader, data + 1, len - 1);
	}
	free(reader.pixels);
	return 0;
}
