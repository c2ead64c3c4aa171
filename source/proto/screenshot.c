/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Screenshots: sizes, and messages written. The contract is in the header. */
#include <mnemos/proto/crc32.h>
#include <mnemos/proto/screenshot.h>
#include "message_internal.h"

uint32_t mn_screenshot_unit(enum mn_screenshot_format format)
{
	static const uint8_t units[] = {1, 1, 2, 3};

	return (unsigned)format < sizeof units ? units[format] : 0;
}

uint32_t mn_screenshot_row(const struct mn_screenshot_picture *picture)
{
	return picture->format == MN_SCREENSHOT_MONO ? (picture->width + 7) / 8 : picture->width;
}

uint32_t mn_screenshot_units(const struct mn_screenshot_picture *picture)
{
	if (!mn_screenshot_unit(picture->format) || picture->width == 0 ||
	    picture->width > MN_SCREENSHOT_SIDE_MAX || picture->height > MN_SCREENSHOT_SIDE_MAX ||
	    picture->width * picture->height > MN_SCREENSHOT_PIXELS_MAX)
		return 0;
	return mn_screenshot_row(picture) * picture->height;
}

/* ---- Requests -------------------------------------------------------------------------- */

size_t mn_screenshot_encode_request(uint8_t *out, size_t cap,
				    const struct mn_screenshot_request *request)
{
	struct mn_postcard_writer w;

	mn__message_begin(&w, out, cap);
	mn_postcard_put_uint(&w, request->kind);
	if (request->kind == MN_SCREENSHOT_TAKE)
		mn_postcard_put_uint(&w, request->version);
	mn_postcard_put_uint(&w, request->id);
	return mn__message_end(&w, out, cap);
}

enum mn_error mn_screenshot_decode_request(struct mn_screenshot_request *request, uint8_t *bytes,
					   size_t len)
{
	struct mn_postcard_reader r;

	mn__message_open(&r, bytes, len);
	*request = (struct mn_screenshot_request){
		.kind = (enum mn_screenshot_request_kind)mn_postcard_get_variant(
			&r, MN_SCREENSHOT_CANCEL + 1),
	};
	if (request->kind == MN_SCREENSHOT_TAKE)
		request->version = mn_postcard_get_u32(&r);
	request->id = mn_postcard_get_u32(&r);
	return r.error;
}

/* ---- Messages -------------------------------------------------------------------------- */

static void put_picture(struct mn_postcard_writer *w, const struct mn_screenshot_picture *picture)
{
	mn_postcard_put_uint(w, picture->format);
	mn_postcard_put_uint(w, picture->width);
	mn_postcard_put_uint(w, picture->height);
	mn_postcard_put_bool(w, picture->is_mixed);
}

size_t mn_screenshot_encode(uint8_t *out, size_t cap, const struct mn_screenshot_message *message,
			    uint32_t *crc)
{
	struct mn_postcard_writer w;

	mn__message_begin(&w, out, cap);
	mn_postcard_put_uint(&w, message->kind);
	mn_postcard_put_uint(&w, message->id);
	switch (message->kind) {
	case MN_SCREENSHOT_PICTURE:
		put_picture(&w, &message->picture);
		break;
	case MN_SCREENSHOT_PIXELS:
		mn_postcard_put_uint(&w, message->at);
		mn_postcard_put_bytes(&w, message->packed, message->packed_len);
		break;
	case MN_SCREENSHOT_END:
		mn_postcard_put_uint(&w, message->crc);
		break;
	case MN_SCREENSHOT_REFUSED:
		mn_postcard_put_uint(&w, message->why);
		break;
	}
	if (message->kind <= MN_SCREENSHOT_PIXELS && !w.error)
		*crc = mn_crc32(*crc, w.data, w.len);
	return mn__message_end(&w, out, cap);
}
