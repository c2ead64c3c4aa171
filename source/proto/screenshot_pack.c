/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Screenshots: pixels packed. What screens are full of, areas of a colour and letters on them,
 * repeats along a row or from the row above; each token takes the longer of the two. No state
 * goes from one call to the next, so the caller stops wherever it likes.
 */
#include <mnemos/proto/postcard.h>
#include <mnemos/proto/screenshot.h>
#include "screenshot_internal.h"

/* A repetition that is shorter is cheaper as a literal: it would cut one in two. */
#define WORTH 3

/* Bytes for the count of a literal that fits a message. */
#define LITERAL_HEAD 2
#define LITERAL_MOST ((1U << (7 * LITERAL_HEAD - MN__SCREENSHOT_KIND_BITS)) - 1)

static uint32_t unit_at(const struct mn_screenshot_part *part, uint32_t at)
{
	const uint32_t index = at - part->first;

	switch (part->format) {
	case MN_SCREENSHOT_RGB565:
		return ((const uint16_t *)part->pixels)[index];
	case MN_SCREENSHOT_RGB888:
		return ((const uint32_t *)part->pixels)[index] & 0xffffff;
	default:
		return ((const uint8_t *)part->pixels)[index];
	}
}

/* How many units are as the one at `at`, up to `most`. */
static uint32_t run_at(const struct mn_screenshot_part *part, uint32_t at, uint32_t most)
{
	const uint32_t unit = unit_at(part, at);
	uint32_t count = 1;

	while (count < most && unit_at(part, at + count) == unit)
		count++;
	return count;
}

/* How many are as those above, where these are in memory. */
static uint32_t above_at(const struct mn_screenshot_part *part, uint32_t at, uint32_t most)
{
	uint32_t count = 0;

	if (at - part->first < part->row)
		return 0;
	while (count < most && unit_at(part, at + count) == unit_at(part, at + count - part->row))
		count++;
	return count;
}

static bool repeats_at(const struct mn_screenshot_part *part, uint32_t at, uint32_t most)
{
	return most >= WORTH &&
	       (run_at(part, at, WORTH) == WORTH || above_at(part, at, WORTH) == WORTH);
}

static void put_token(struct mn_postcard_writer *w, uint32_t count, unsigned kind)
{
	mn_postcard_put_uint(w, (uint64_t)count << MN__SCREENSHOT_KIND_BITS | kind);
}

static void put_unit(struct mn_postcard_writer *w, uint32_t unit, uint32_t bytes)
{
	for (; bytes > 0; bytes--, unit >>= 8)
		mn_postcard_put_u8(w, (uint8_t)unit);
}

/* Returns how many units were put. */
static uint32_t put_literal(struct mn_postcard_writer *w, const struct mn_screenshot_part *part,
			    uint32_t at, uint32_t most)
{
	const uint32_t bytes = mn_screenshot_unit(part->format);
	const size_t room = w->cap - w->len;
	uint32_t fits = room > LITERAL_HEAD ? (uint32_t)((room - LITERAL_HEAD) / bytes) : 0;
	uint32_t count = 0;

	fits = fits < most ? fits : most;
	fits = fits < LITERAL_MOST ? fits : LITERAL_MOST;
	while (count < fits && (count == 0 || !repeats_at(part, at + count, most - count)))
		count++;
	if (count > 0)
		put_token(w, count, MN__SCREENSHOT_LITERAL);
	for (uint32_t i = 0; i < count; i++)
		put_unit(w, unit_at(part, at + i), bytes);
	return count;
}

static uint32_t put_run(struct mn_postcard_writer *w, const struct mn_screenshot_part *part,
			uint32_t at, uint32_t count)
{
	put_token(w, count, MN__SCREENSHOT_RUN);
	put_unit(w, unit_at(part, at), mn_screenshot_unit(part->format));
	return w->error ? 0 : count;
}

static uint32_t put_above(struct mn_postcard_writer *w, uint32_t count)
{
	put_token(w, count, MN__SCREENSHOT_ABOVE);
	return w->error ? 0 : count;
}

static uint32_t put_next(struct mn_postcard_writer *w, const struct mn_screenshot_part *part,
			 uint32_t at, uint32_t most)
{
	const uint32_t above = above_at(part, at, most);
	const uint32_t run = above < most ? run_at(part, at, most) : 0;

	if (above >= WORTH && above >= run)
		return put_above(w, above);
	if (run >= WORTH)
		return put_run(w, part, at, run);
	return put_literal(w, part, at, most);
}

size_t mn_screenshot_pack(uint8_t *out, size_t cap, const struct mn_screenshot_part *part,
			  uint32_t *at, uint32_t most)
{
	const uint32_t left = part->first + part->count - *at;
	const uint32_t end = *at + (most < left ? most : left);
	struct mn_postcard_writer w;
	size_t whole = 0;
	uint32_t put = 1;

	mn_postcard_writer_init(&w, out, cap);
	while (*at < end && put > 0) {
		put = put_next(&w, part, *at, end - *at);
		*at += put;
		if (put > 0)
			whole = w.len; /* a token that did not fit is left out */
	}
	return whole;
}
