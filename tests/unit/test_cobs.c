/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: the bytes on the wire (any deviation cuts us off from other tools), the promised
 * bound, decoding in place, and that no input makes the decoder leave its buffers.
 */
#include "bytes.h"
#include <mnemos/proto/cobs.h>

#define MOST 1300

/* The definition, one byte at a time, to compare with. */
static size_t plain_encode(uint8_t *out, const uint8_t *in, size_t len)
{
	size_t code = 0, next = 1;

	for (size_t i = 0; i < len; i++) {
		if (in[i] != 0)
			out[next++] = in[i];
		if (in[i] == 0 || next - code == 255) {
			out[code] = (uint8_t)(next - code);
			code = next++;
		}
	}
	out[code] = (uint8_t)(next - code);
	return next;
}

static size_t plain_decode(uint8_t *out, const uint8_t *in, size_t len)
{
	size_t at = 0, made = 0;

	while (at < len) {
		size_t code = in[at++];

		if (code == 0)
			return MN_COBS_INVALID;
		for (size_t i = 1; i < code; i++) {
			if (at == len || in[at] == 0)
				return MN_COBS_INVALID;
			out[made++] = in[at++];
		}
		if (code < 255 && at < len)
			out[made++] = 0;
	}
	return made;
}

static void encodes_known_vectors(void **state)
{
	static const struct {
		const char *data, *wire;
	} vectors[] = {
		{"", "01"},
		{"00", "01 01"},
		{"00 00", "01 01 01"},
		{"11 22 00 33", "03 11 22 02 33"},
		{"11 22 33 44", "05 11 22 33 44"},
		{"11 00 00 00", "02 11 01 01 01"},
		{"00 11", "01 02 11"},
	};
	uint8_t data[16], wire[16], out[MN_COBS_BOUND(16)];

	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		size_t data_len = bytes_of_hex(data, sizeof(data), vectors[i].data);
		size_t wire_len = bytes_of_hex(wire, sizeof(wire), vectors[i].wire);

		assert_bytes(out, mn_cobs_encode(out, data, data_len), wire, wire_len);
		assert_bytes(out, mn_cobs_decode(out, wire, wire_len), data, data_len);
	}
}

static void bound_is_reached_and_never_passed(void **state)
{
	static uint8_t data[MOST], out[MN_COBS_BOUND(MOST)];
	uint64_t seed = 1;

	(void)state;
	memset(data, 0x11, sizeof(data));
	for (size_t len = 0; len <= MOST; len++)
		assert_int_equal(mn_cobs_encode(out, data, len), MN_COBS_BOUND(len));
	for (size_t len = 0; len <= MOST; len++) {
		chance_fill(&seed, data, len);
		assert_true(mn_cobs_encode(out, data, len) <= MN_COBS_BOUND(len));
	}
}

static void round_trip_agrees_with_the_definition(void **state)
{
	static uint8_t data[MOST], out[MN_COBS_BOUND(MOST)], want[MN_COBS_BOUND(MOST)];
	uint64_t seed = 2;

	(void)state;
	for (size_t len = 0; len <= MOST; len++) {
		size_t wire_len, decoded_len;
		uint8_t *wire;

		chance_fill(&seed, data, len);
		wire_len = mn_cobs_encode(out, data, len);
		assert_bytes(out, wire_len, want, plain_encode(want, data, len));

		wire = bytes_exact(out, wire_len);
		assert_bytes(out, mn_cobs_decode(out, wire, wire_len), data, len);
		decoded_len = mn_cobs_decode(wire, wire, wire_len);
		assert_bytes(wire, decoded_len, data, len);
		free(wire);
	}
}

static void pieces_make_the_same_bytes(void **state)
{
	static uint8_t data[MOST], out[MN_COBS_BOUND(MOST)], want[MN_COBS_BOUND(MOST)];
	uint64_t seed = 3;

	(void)state;
	for (int round = 0; round < 500; round++) {
		struct mn_cobs_encoder encoder;
		size_t want_len;

		chance_fill(&seed, data, MOST);
		want_len = mn_cobs_encode(want, data, MOST);
		mn_cobs_begin(&encoder, out);
		for (size_t at = 0, n; at < MOST; at += n) {
			n = chance(&seed) % 300;
			n = n < MOST - at ? n : MOST - at;
			mn_cobs_add(&encoder, data + at, n);
		}
		assert_bytes(out, (size_t)(mn_cobs_end(&encoder) - out), want, want_len);
	}
}

/* In memory of exactly the size it needs; with one byte less nothing. */
static void in_place_makes_the_same_bytes(void **state)
{
	static uint8_t data[MOST], want[MN_COBS_BOUND(MOST)];
	uint64_t seed = 9;

	(void)state;
	for (size_t len = 0; len <= MOST; len++) {
		size_t want_len;
		uint8_t *frame;

		chance_fill(&seed, data, len);
		want_len = mn_cobs_encode(want, data, len);
		frame = malloc(want_len);
		assert_non_null(frame);
		memcpy(frame + 1, data, len);
		assert_bytes(frame, mn_cobs_encode_in_place(frame, want_len, len), want, want_len);
		memcpy(frame + 1, data, len);
		assert_int_equal(mn_cobs_encode_in_place(frame, want_len - 1, len), 0);
		free(frame);
	}
}

static void final_empty_group_is_written_but_not_needed(void **state)
{
	static uint8_t data[254 * 4], wire[MN_COBS_BOUND(254 * 4)], out[sizeof(wire)];

	(void)state;
	memset(data, 0x11, sizeof(data));
	for (size_t runs = 1; runs <= 4; runs++) {
		size_t len = mn_cobs_encode(wire, data, 254 * runs);

		assert_int_equal(len, 255 * runs + 1);
		assert_int_equal(wire[len - 1], 1);
		assert_bytes(out, mn_cobs_decode(out, wire, len), data, 254 * runs);
		assert_bytes(out, mn_cobs_decode(out, wire, len - 1), data, 254 * runs);
	}
}

static void invalid_input_is_refused_and_kept(void **state)
{
	static const char *const invalid[] = {"03",       "05 01 02", "00",         "02",
					      "01 03 11", "03 11 00", "02 11 05 01"};
	uint8_t wire[8], copy[8];

	(void)state;
	for (size_t i = 0; i < COUNT(invalid); i++) {
		size_t len = bytes_of_hex(wire, sizeof(wire), invalid[i]);

		memcpy(copy, wire, len);
		assert_true(mn_cobs_decode(wire, wire, len) == MN_COBS_INVALID);
		assert_memory_equal(wire, copy, len);
	}
}

/* All 19,531 strings of up to six bytes of 0 to 4: every way to be right or wrong, small. */
static void every_short_input_agrees_with_the_definition(void **state)
{
	uint8_t in[6], out[6], want[6];
	unsigned strings = 1;

	(void)state;
	for (size_t len = 0; len <= sizeof(in); len++, strings *= 5) {
		for (unsigned number = 0; number < strings; number++) {
			unsigned rest = number;
			uint8_t *wire;
			size_t got, wanted;

			for (size_t i = 0; i < len; i++, rest /= 5)
				in[i] = (uint8_t)(rest % 5);
			wire = bytes_exact(in, len);
			got = mn_cobs_decode(out, wire, len);
			wanted = plain_decode(want, wire, len);
			assert_true(got == wanted);
			if (wanted != MN_COBS_INVALID)
				assert_bytes(out, got, want, wanted);
			free(wire);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodes_known_vectors),
		cmocka_unit_test(bound_is_reached_and_never_passed),
		cmocka_unit_test(round_trip_agrees_with_the_definition),
		cmocka_unit_test(pieces_make_the_same_bytes),
		cmocka_unit_test(in_place_makes_the_same_bytes),
		cmocka_unit_test(final_empty_group_is_written_but_not_needed),
		cmocka_unit_test(invalid_input_is_refused_and_kept),
		cmocka_unit_test(every_short_input_agrees_with_the_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
