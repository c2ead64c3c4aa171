/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Byte stuffing; the contract is in the header. Each group is one search and one copy; real
 * data has long runs of zeros, so an empty group costs neither.
 */
#include <stdbool.h>
#include <string.h>
#include <mnemos/proto/cobs.h>

/* The code of a full group: 254 literals and no implied zero. */
#define FULL 255

void mn_cobs_begin(struct mn_cobs_encoder *encoder, uint8_t *out)
{
	encoder->code = out;
	encoder->next = out + 1;
}

/* A full group is closed at once, so the open one always has room; that is also where the
 * final 01 comes from when the data ends with a full group. */
void mn_cobs_add(struct mn_cobs_encoder *encoder, const void *data, size_t len)
{
	const uint8_t *in = data;
	uint8_t *code = encoder->code;
	uint8_t *next = encoder->next;

	while (len > 0) {
		size_t room = FULL - (size_t)(next - code);
		size_t most = len < room ? len : room;
		const uint8_t *zero = *in ? memchr(in, 0, most) : in;
		size_t run = zero ? (size_t)(zero - in) : most;
		size_t taken = zero ? run + 1 : run;

		if (run > 0)
			memcpy(next, in, run);
		next += run;
		in += taken;
		len -= taken;
		if (zero || next - code == FULL) {
			*code = (uint8_t)(next - code);
			code = next++;
		}
	}
	encoder->code = code;
	encoder->next = next;
}

uint8_t *mn_cobs_end(struct mn_cobs_encoder *encoder)
{
	*encoder->code = (uint8_t)(encoder->next - encoder->code);
	return encoder->next;
}

size_t mn_cobs_encode(uint8_t *out, const void *data, size_t len)
{
	struct mn_cobs_encoder encoder;

	mn_cobs_begin(&encoder, out);
	mn_cobs_add(&encoder, data, len);
	return (size_t)(mn_cobs_end(&encoder) - out);
}

/* Each zero becomes the distance to the next. Only a full group needs a code of its own, for
 * which the rest moves up by one: rare, for messages are short. */
size_t mn_cobs_encode_in_place(uint8_t *frame, size_t cap, size_t len)
{
	size_t code = 0, end = len + 1;

	if (end > cap)
		return 0;
	for (size_t at = 1; at <= end; at++) {
		const bool full = at - code == FULL;

		if (full) {
			if (end == cap)
				return 0;
			memmove(frame + at + 1, frame + at, end - at);
			end++;
		}
		if (full || at == end || frame[at] == 0) {
			frame[code] = (uint8_t)(at - code);
			code = at;
		}
	}
	return end;
}

/* A code is also the distance to the next one, so the chain has to land on the end. */
static bool is_valid(const uint8_t *in, size_t len)
{
	size_t at = 0;

	if (len > 0 && memchr(in, 0, len))
		return false;
	while (at < len)
		at += in[at];
	return at == len;
}

/* Checked as a whole first: a decoder that fails half-way in place would have destroyed the
 * bytes that its caller wants to show. */
size_t mn_cobs_decode(uint8_t *out, const uint8_t *in, size_t len)
{
	uint8_t *next = out;

	if (!is_valid(in, len))
		return MN_COBS_INVALID;
	while (len > 0) {
		size_t code = *in++;

		if (code > 1)
			memmove(next, in, code - 1);
		next += code - 1;
		in += code - 1;
		len -= code;
		if (code != FULL && len > 0)
			*next++ = 0;
	}
	return (size_t)(next - out);
}
