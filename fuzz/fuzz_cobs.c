/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The input is taken once as bytes from a line, once as data to send in pieces of 1 + data[0]. */
#include <mnemos/proto/cobs.h>
#include "fuzz.h"

static void check_decode(const uint8_t *wire, size_t len)
{
	uint8_t *out = fuzz_alloc(len);
	uint8_t *in_place = fuzz_alloc(len);
	size_t decoded = mn_cobs_decode(out, wire, len);

	memcpy(in_place, wire, len);
	FUZZ_CHECK(mn_cobs_decode(in_place, in_place, len) == decoded);
	if (decoded == MN_COBS_INVALID) {
		FUZZ_CHECK(memcmp(in_place, wire, len) == 0);
	} else {
		uint8_t *again = fuzz_alloc(MN_COBS_BOUND(decoded));
		size_t again_len = mn_cobs_encode(again, out, decoded);

		FUZZ_CHECK(decoded <= len);
		FUZZ_CHECK(memcmp(in_place, out, decoded) == 0);
		/* There is one encoding only, but for the empty group after a last full one. */
		if (again_len == len + 1)
			FUZZ_CHECK(again[len] == 1 && len >= 255);
		else
			FUZZ_CHECK(again_len == len);
		FUZZ_CHECK(memcmp(again, wire, len) == 0);
		free(again);
	}
	free(out);
	free(in_place);
}

static void check_encode(const uint8_t *data, size_t len)
{
	uint8_t *wire = fuzz_alloc(MN_COBS_BOUND(len));
	uint8_t *pieces = fuzz_alloc(MN_COBS_BOUND(len));
	size_t wire_len = mn_cobs_encode(wire, data, len);
	struct mn_cobs_encoder encoder;

	FUZZ_CHECK(wire_len <= MN_COBS_BOUND(len));
	FUZZ_CHECK(!memchr(wire, 0, wire_len));
	mn_cobs_begin(&encoder, pieces);
	for (size_t at = 0, step; at < len; at += step) {
		step = 1 + (size_t)data[0];
		step = step < len - at ? step : len - at;
		mn_cobs_add(&encoder, data + at, step);
	}
	FUZZ_CHECK((size_t)(mn_cobs_end(&encoder) - pieces) == wire_len);
	FUZZ_CHECK(memcmp(pieces, wire, wire_len) == 0);
	memcpy(pieces + 1, data, len);
	FUZZ_CHECK(mn_cobs_encode_in_place(pieces, MN_COBS_BOUND(len), len) == wire_len);
	FUZZ_CHECK(memcmp(pieces, wire, wire_len) == 0);
	FUZZ_CHECK(mn_cobs_decode(wire, wire, wire_len) == len);
	FUZZ_CHECK(memcmp(wire, data, len) == 0);
	free(wire);
	free(pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0)
		return 0;
	check_decode(data, len);
	check_encode(data, len);
	return 0;
}
