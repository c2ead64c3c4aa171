/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Screenshots, read: the host's side. The contract is in the header.
 *
 * Nothing that comes is believed: a message is for us only with our id, a picture begins once,
 * units come in their order, a token fits what is left of the picture, and the sum agrees.
 */
#include <string.h>
#include <mnemos/proto/crc32.h>
#include <mnemos/proto/screenshot.h>
#include "message_internal.h"
#include "screenshot_internal.h"

static void unpack_literal(struct mn_screenshot_reader *reader, struct mn_postcard_reader *r,
			   uint32_t count)
{
	const size_t bytes = mn_screenshot_unit(reader->picture.format);

	if (count > (r->len - r->at) / bytes) {
		mn_postcard_refuse(r, MN_EBADMSG);
		return;
	}
	memcpy(reader->pixels + reader->at * bytes, r->data + r->at, count * bytes);
	r->at += count * bytes;
}

static void unpack_run(struct mn_screenshot_reader *reader, struct mn_postcard_reader *r,
		       uint32_t count)
{
	const size_t bytes = mn_screenshot_unit(reader->picture.format);
	uint8_t *to = reader->pixels + reader->at * bytes;

	if (bytes > r->len - r->at) {
		mn_postcard_refuse(r, MN_EBADMSG);
		return;
	}
	for (uint32_t i = 0; i < count; i++, to += bytes)
		memcpy(to, r->data + r->at, bytes);
	r->at += bytes;
}

/* Unit by unit: what is copied may itself be copied, as in an area that is higher than a row. */
static void unpack_above(struct mn_screenshot_reader *reader, struct mn_postcard_reader *r,
			 uint32_t count)
{
	const size_t bytes = mn_screenshot_unit(reader->picture.format);
	const uint32_t row = mn_screenshot_row(&reader->picture);
	uint8_t *to = reader->pixels + reader->at * bytes;

	if (reader->at < row) {
		mn_postcard_refuse(r, MN_EBADMSG);
		return;
	}
	for (uint32_t i = 0; i < count; i++, to += bytes)
		memcpy(to, to - row * bytes, bytes);
}

static void unpack_token(struct mn_screenshot_reader *reader, struct mn_postcard_reader *r)
{
	const uint32_t token = mn_postcard_get_u32(r);
	const uint32_t count = token >> MN__SCREENSHOT_KIND_BITS;

	if (count == 0 || count > mn_screenshot_units(&reader->picture) - reader->at)
		mn_postcard_refuse(r, MN_EBADMSG);
	if (r->error)
		return;
	switch (token & ((1U << MN__SCREENSHOT_KIND_BITS) - 1)) {
	case MN__SCREENSHOT_LITERAL:
		unpack_literal(reader, r, count);
		break;
	case MN__SCREENSHOT_RUN:
		unpack_run(reader, r, count);
		break;
	case MN__SCREENSHOT_ABOVE:
		unpack_above(reader, r, count);
		break;
	default:
		mn_postcard_refuse(r, MN_EBADMSG);
		break;
	}
	if (!r->error)
		reader->at += count;
}

/* Whether a message is whole, with nothing behind it. */
static bool is_whole(const struct mn_postcard_reader *r)
{
	return !r->error && r->at == r->len;
}

static enum mn_screenshot_news take_picture(struct mn_screenshot_reader *reader,
					    struct mn_postcard_reader *r)
{
	struct mn_screenshot_picture *picture = &reader->picture;

	if (reader->has_begun)
		return MN_SCREENSHOT_DAMAGED;
	picture->format = (enum mn_screenshot_format)mn_postcard_get_u32(r);
	picture->width = mn_postcard_get_u32(r);
	picture->height = mn_postcard_get_u32(r);
	picture->is_mixed = mn_postcard_get_bool(r);
	if (!is_whole(r) || mn_screenshot_units(picture) == 0)
		return MN_SCREENSHOT_DAMAGED;
	reader->crc = mn_crc32(0, r->data, r->len);
	reader->has_begun = true;
	return MN_SCREENSHOT_BEGUN;
}

static enum mn_screenshot_news take_pixels(struct mn_screenshot_reader *reader,
					   struct mn_postcard_reader *r)
{
	struct mn_postcard_reader packed;
	const uint32_t at = mn_postcard_get_u32(r);
	size_t len;
	const uint8_t *bytes = mn_postcard_get_bytes(r, &len);

	if (!reader->has_begun || !is_whole(r) || at != reader->at)
		return MN_SCREENSHOT_DAMAGED;
	mn_postcard_reader_init(&packed, bytes, len);
	while (packed.at < packed.len && !packed.error)
		unpack_token(reader, &packed);
	reader->crc = mn_crc32(reader->crc, r->data, r->len);
	return packed.error ? MN_SCREENSHOT_DAMAGED : MN_SCREENSHOT_MORE;
}

static enum mn_screenshot_news take_end(struct mn_screenshot_reader *reader,
					struct mn_postcard_reader *r)
{
	const uint32_t crc = mn_postcard_get_u32(r);

	if (!reader->has_begun || !is_whole(r) || crc != reader->crc ||
	    reader->at != mn_screenshot_units(&reader->picture))
		return MN_SCREENSHOT_DAMAGED;
	return MN_SCREENSHOT_DONE;
}

static enum mn_screenshot_news take_refusal(struct mn_screenshot_reader *reader,
					    struct mn_postcard_reader *r)
{
	reader->why = (enum mn_error)mn_postcard_get_u32(r);
	return is_whole(r) ? MN_SCREENSHOT_NOT : MN_SCREENSHOT_DAMAGED;
}

enum mn_screenshot_news mn_screenshot_take(struct mn_screenshot_reader *reader, uint8_t *bytes,
					   size_t len)
{
	struct mn_postcard_reader r;

	if (len == 0) /* a lone terminator */
		return MN_SCREENSHOT_NOTHING;
	mn__message_open(&r, bytes, len);
	const uint32_t kind = mn_postcard_get_u32(&r);
	const uint32_t id = mn_postcard_get_u32(&r);

	if (r.error) /* the tail of another answer, or damage to ours */
		return reader->has_begun ? MN_SCREENSHOT_DAMAGED : MN_SCREENSHOT_NOTHING;
	if (id != reader->id)
		return MN_SCREENSHOT_NOTHING;
	switch (kind) {
	case MN_SCREENSHOT_PICTURE:
		return take_picture(reader, &r);
	case MN_SCREENSHOT_PIXELS:
		return take_pixels(reader, &r);
	case MN_SCREENSHOT_END:
		return take_end(reader, &r);
	case MN_SCREENSHOT_REFUSED:
		return take_refusal(reader, &r);
	default:
		return MN_SCREENSHOT_NOTHING;
	}
}
