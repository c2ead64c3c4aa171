/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Screenshot: what a target's screen shows, on virtual port 4.
 *
 *     message --postcard--> bytes --COBS--> bytes 00 --> a byte stream, cut into frames anywhere
 *
 * The host sends TAKE with an id of its choice. The target answers with messages that carry this
 * id: PICTURE, PIXELS as often as it takes, END; or REFUSED, at any time, and nothing more. With
 * CANCEL the host says that it wants no more of it. Requests are answered one after the other;
 * one whose id is being answered or waits for its turn counts once, so a host may repeat it.
 * book/services/screenshot.md has the bytes.
 *
 * Pixels are packed: a sequence of tokens, each a varint `count << 2 | kind` with a count of 1 or
 * more, in units:
 *
 *     LITERAL  count units follow
 *     RUN      one unit follows, and is there count times
 *     ABOVE    count units as those one row above
 *
 *     format     units in a row          a unit
 *     MONO       width / 8, rounded up   1 byte: 8 pixels, the leftmost is the highest bit
 *     GRAY8      width                   1 byte
 *     RGB565     width                   2 bytes, little endian: 5 bits red (highest), 6, 5
 *     RGB888     width                   3 bytes: blue, green, red
 *
 * Units are counted from the upper left corner, row by row; tokens go on across rows. A screen
 * of 800 x 600 that is black takes 511 bytes.
 *
 * Pure functions over the caller's memory; any context.
 */
#ifndef MNEMOS_PROTO_SCREENSHOT_H
#define MNEMOS_PROTO_SCREENSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <mnemos/error.h>

/* Of what is described here. A target refuses a later one with MN_ENOTSUP. */
#define MN_SCREENSHOT_VERSION 1

/* Longest messages on the wire, terminator included; and most packed bytes in one. */
#define MN_SCREENSHOT_REQUEST_MAX 32
#define MN_SCREENSHOT_MESSAGE_MAX 512
#define MN_SCREENSHOT_PACKED_MAX 495

/* Largest picture. */
#define MN_SCREENSHOT_SIDE_MAX 16384
#define MN_SCREENSHOT_PIXELS_MAX (UINT32_C(1) << 26)

/* The numbers are those of the wire. */
enum mn_screenshot_format {
	MN_SCREENSHOT_MONO,
	MN_SCREENSHOT_GRAY8,
	MN_SCREENSHOT_RGB565,
	MN_SCREENSHOT_RGB888,
};

/* What is going to come. */
struct mn_screenshot_picture {
	enum mn_screenshot_format format;
	uint32_t width, height;
	bool is_mixed; /* read in several pieces, which may show different frames */
};

/* Bytes of a unit, units of a row and of all; 0 for what is no picture (a side of 0 or above
 * MN_SCREENSHOT_SIDE_MAX, too many pixels, an unknown format). */
uint32_t mn_screenshot_unit(enum mn_screenshot_format format);
uint32_t mn_screenshot_row(const struct mn_screenshot_picture *picture);
uint32_t mn_screenshot_units(const struct mn_screenshot_picture *picture);

/* ---- Requests -------------------------------------------------------------------------- */

/* The numbers are those of the wire. */
enum mn_screenshot_request_kind { MN_SCREENSHOT_TAKE, MN_SCREENSHOT_CANCEL };

/* A message to the target. */
struct mn_screenshot_request {
	enum mn_screenshot_request_kind kind;
	uint32_t version; /* of TAKE */
	uint32_t id;
};

/* Writes a request with its terminator; returns the length, or 0 if it does not fit. */
size_t mn_screenshot_encode_request(uint8_t *out, size_t cap,
				    const struct mn_screenshot_request *request);

/* Reads what stands between two terminators, in place. Errors: MN_EBADMSG, MN_EOVERFLOW. */
enum mn_error mn_screenshot_decode_request(struct mn_screenshot_request *request, uint8_t *bytes,
					   size_t len);

/* ---- The target's side ----------------------------------------------------------------- */

/* Messages to the host; the numbers are those of the wire. */
enum mn_screenshot_kind {
	MN_SCREENSHOT_PICTURE,
	MN_SCREENSHOT_PIXELS,
	MN_SCREENSHOT_END,
	MN_SCREENSHOT_REFUSED,
};

/* One of them; which fields count, its kind says. */
struct mn_screenshot_message {
	enum mn_screenshot_kind kind;
	uint32_t id;
	struct mn_screenshot_picture picture; /* of PICTURE */
	uint32_t at;                          /* of PIXELS: its first unit */
	const uint8_t *packed;
	size_t packed_len;
	uint32_t crc;      /* of END, see below */
	enum mn_error why; /* of REFUSED: MN_ENOTFOUND (no display), MN_ENOMEM, ... */
};

/*
 * Writes a message with its terminator; returns the length, or 0 if it does not fit. The CRC-32
 * of an answer is over its PICTURE and PIXELS as they are before stuffing: `crc`, 0 to begin with,
 * goes on for these.
 */
size_t mn_screenshot_encode(uint8_t *out, size_t cap, const struct mn_screenshot_message *message,
			    uint32_t *crc);

/* A part of a picture as it is in memory: the units from `first` on, without gaps. */
struct mn_screenshot_part {
	enum mn_screenshot_format format;
	const void *pixels; /* RGB565: uint16_t, RGB888: uint32_t of the machine */
	uint32_t row;       /* units of a row */
	uint32_t first, count;
};

/*
 * Packs units from `*at` on, at most `most`, and moves `*at` behind them. Returns the length; 0,
 * and nothing has changed, if `cap` is too small for one token of one unit (8 are always enough).
 * Cost: about 30 instructions a unit, so `most` says how long others wait.
 */
size_t mn_screenshot_pack(uint8_t *out, size_t cap, const struct mn_screenshot_part *part,
			  uint32_t *at, uint32_t most);

/* ---- The host's side ------------------------------------------------------------------- */

/* What a message was. */
enum mn_screenshot_news {
	MN_SCREENSHOT_NOTHING, /* a message for somebody else, or of a kind that is not known */
	MN_SCREENSHOT_BEGUN,   /* `picture` is known; `pixels` must now be set */
	MN_SCREENSHOT_MORE,    /* units before `at` are there */
	MN_SCREENSHOT_DONE,    /* all are there, and have arrived whole */
	MN_SCREENSHOT_NOT,     /* refused: `why` */
	MN_SCREENSHOT_DAMAGED, /* bytes were lost or changed on the way */
};

/* An answer that is being read. It begins all zero but for the id. */
struct mn_screenshot_reader {
	uint32_t id; /* of the request */
	struct mn_screenshot_picture picture;
	uint8_t *pixels; /* the caller's: units of the wire, mn_screenshot_units of them */
	uint32_t at;     /* units so far */
	uint32_t crc;
	enum mn_error why;
	bool has_begun;
};

/*
 * Takes what stands between two terminators, which is decoded in place. Whatever the bytes are,
 * it writes nothing beside the memory of the picture that it has announced, each unit once. After
 * DONE, NOT or DAMAGED the reader is used up.
 */
enum mn_screenshot_news mn_screenshot_take(struct mn_screenshot_reader *reader, uint8_t *bytes,
					   size_t len);

#endif
