/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: the frames on the wire (vectors taken from the original implementation), and that
 * what a receiver reports depends on the bytes alone, never on how they were cut up.
 */
#include "bytes.h"
#include <mnemos/proto/sermux.h>
#include "sermux_vectors.h"

#define STREAM 4096
#define MOST_ITEMS STREAM

/* What a receiver said, kept beyond its next call. */
struct heard {
	size_t count;
	struct {
		enum mn_sermux_kind kind;
		uint16_t port;
		size_t at, len;
	} items[MOST_ITEMS];
	size_t used;
	uint8_t bytes[STREAM * 2];
};

/* Cheaper than zeros, and a board takes its time. */
static void forget(struct heard *heard)
{
	heard->count = 0;
	heard->used = 0;
}

static void hear(struct heard *heard, const struct mn_sermux_item *item)
{
	if (item->kind == MN_SERMUX_NONE)
		return;
	assert_true(heard->count < MOST_ITEMS);
	assert_true(heard->used + item->len <= sizeof(heard->bytes));
	heard->items[heard->count].kind = item->kind;
	heard->items[heard->count].port = item->port;
	heard->items[heard->count].at = heard->used;
	heard->items[heard->count].len = item->len;
	memcpy(heard->bytes + heard->used, item->data, item->len);
	heard->used += item->len;
	heard->count++;
}

static void feed(struct mn_sermux_receiver *receiver, const uint8_t *wire, size_t len,
		 struct heard *heard)
{
	uint8_t *exact = bytes_exact(wire, len);

	for (size_t at = 0; at < len;) {
		struct mn_sermux_item item;
		size_t taken = mn_sermux_receive(receiver, exact + at, len - at, &item);

		assert_true(taken > 0 && taken <= len - at);
		if (item.kind == MN_SERMUX_NONE)
			assert_int_equal(taken, len - at);
		at += taken;
		hear(heard, &item);
	}
	free(exact);
}

static void assert_same(const struct heard *a, const struct heard *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		assert_int_equal(a->items[i].kind, b->items[i].kind);
		assert_int_equal(a->items[i].port, b->items[i].port);
		assert_int_equal(a->items[i].len, b->items[i].len);
	}
	assert_bytes(a->bytes, a->used, b->bytes, b->used);
}

static void assert_heard(const struct heard *heard, size_t i, enum mn_sermux_kind kind,
			 uint16_t port, const void *data, size_t len)
{
	assert_true(i < heard->count);
	assert_int_equal(heard->items[i].kind, kind);
	assert_int_equal(heard->items[i].port, port);
	assert_bytes(heard->bytes + heard->items[i].at, heard->items[i].len, data, len);
}

/* Hears the stream in one piece, then in chunks of each size and in each pair of pieces. */
static void hear_in_every_chunking(const uint8_t *wire, size_t len, size_t cap, struct heard *whole)
{
	static struct heard cut;
	struct mn_sermux_receiver receiver;
	uint8_t *buffer = bytes_exact(wire, 0);

	buffer = realloc(buffer, cap);
	assert_non_null(buffer);
	forget(whole);
	mn_sermux_receiver_init(&receiver, buffer, cap);
	feed(&receiver, wire, len, whole);
	for (size_t step = 1; step < len; step++) {
		forget(&cut);
		mn_sermux_receiver_init(&receiver, buffer, cap);
		for (size_t at = 0; at < len; at += step)
			feed(&receiver, wire + at, step < len - at ? step : len - at, &cut);
		assert_same(&cut, whole);

		forget(&cut);
		mn_sermux_receiver_init(&receiver, buffer, cap);
		feed(&receiver, wire, step, &cut);
		feed(&receiver, wire + step, len - step, &cut);
		assert_same(&cut, whole);
	}
	free(buffer);
}

static void encodes_the_vectors(void **state)
{
	static uint8_t payload[512], wire[MN_SERMUX_BOUND(512)];
	uint8_t want[16];

	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		const struct vector *v = &vectors[i];
		size_t len = payload_of(v, payload, sizeof(payload));
		size_t got = mn_sermux_encode(wire, sizeof(wire), v->port, payload, len);
		size_t part = bytes_of_hex(want, sizeof(want), v->head);

		assert_int_equal(got, v->wire_len);
		assert_memory_equal(wire, want, part);
		part = bytes_of_hex(want, sizeof(want), v->tail);
		assert_memory_equal(wire + got - part, want, part);
	}
}

static void receives_the_vectors_in_every_chunking(void **state)
{
	static uint8_t payload[512], wire[MN_SERMUX_BOUND(512)];
	static struct heard heard;

	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		const struct vector *v = &vectors[i];
		size_t len = payload_of(v, payload, sizeof(payload));
		size_t wire_len = mn_sermux_encode(wire, sizeof(wire), v->port, payload, len);

		hear_in_every_chunking(wire, wire_len, sizeof(wire), &heard);
		assert_int_equal(heard.count, 1);
		if (len > 0)
			assert_heard(&heard, 0, MN_SERMUX_FRAME, v->port, payload, len);
		else
			assert_heard(&heard, 0, MN_SERMUX_SHORT, 0, wire, wire_len - 1);
	}
}

/* The original host leaves the final 01 out of S17 and S20. */
static void receives_frames_without_the_final_empty_group(void **state)
{
	static uint8_t payload[506], wire[512];
	static struct heard heard;
	static const size_t lengths[] = {252, 506};

	(void)state;
	memset(payload, 0x11, sizeof(payload));
	for (size_t i = 0; i < COUNT(lengths); i++) {
		size_t len = mn_sermux_encode(wire, sizeof(wire), 0x4269, payload, lengths[i]);

		assert_int_equal(wire[len - 2], 1);
		wire[len - 2] = 0;
		hear_in_every_chunking(wire, len - 1, 512, &heard);
		assert_int_equal(heard.count, 1);
		assert_heard(&heard, 0, MN_SERMUX_FRAME, 0x4269, payload, lengths[i]);
	}
}

static void classifies_what_is_no_frame(void **state)
{
	static const struct {
		const char *wire;
		enum mn_sermux_kind kind;
	} cases[] = {
		{"00", MN_SERMUX_FLUSH},
		{"01 00", MN_SERMUX_SHORT},
		{"02 0a 00", MN_SERMUX_SHORT},
		{"02 0a 01 00", MN_SERMUX_SHORT},
		{"01 01 01 00", MN_SERMUX_SHORT},
		{"03 00", MN_SERMUX_BAD_COBS},
		{"01 03 00", MN_SERMUX_BAD_COBS},
		{"05 01 02 00", MN_SERMUX_BAD_COBS},
		{"02 11 02 22 02 33 09 44 00", MN_SERMUX_BAD_COBS},
	};
	static struct heard heard;
	uint8_t wire[16];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t len = bytes_of_hex(wire, sizeof(wire), cases[i].wire);

		hear_in_every_chunking(wire, len, 512, &heard);
		assert_int_equal(heard.count, 1);
		assert_heard(&heard, 0, cases[i].kind, 0, wire, len - 1);
	}
	/* The first zero ends a frame; the others are flushes. */
	hear_in_every_chunking((const uint8_t *)"\3\0\0", 4, 512, &heard);
	assert_int_equal(heard.count, 3);
	assert_heard(&heard, 0, MN_SERMUX_BAD_COBS, 0, "\3", 1);
	assert_heard(&heard, 1, MN_SERMUX_FLUSH, 0, NULL, 0);
	assert_heard(&heard, 2, MN_SERMUX_FLUSH, 0, NULL, 0);
}

/* Plain text on the line, as a panic handler writes it, arrives as it was sent. */
static void shows_text_between_zeros(void **state)
{
	static const char line[] = "\0\r\nyou've met with a terrible fate\r\n";
	static struct heard heard;

	(void)state;
	hear_in_every_chunking((const uint8_t *)line, sizeof(line), 512, &heard);
	assert_int_equal(heard.count, 2);
	assert_heard(&heard, 0, MN_SERMUX_FLUSH, 0, NULL, 0);
	assert_heard(&heard, 1, MN_SERMUX_BAD_COBS, 0, line + 1, sizeof(line) - 2);
}

static void frame_of_exactly_the_limit_fits(void **state)
{
	static uint8_t payload[507], wire[MN_SERMUX_BOUND(507)];
	static struct heard heard;
	size_t len;

	(void)state;
	memset(payload, 0x11, sizeof(payload));
	len = mn_sermux_encode(wire, sizeof(wire), 0x4269, payload, 506);
	assert_int_equal(len, MN_SERMUX_MAX_FRAME);
	hear_in_every_chunking(wire, len, MN_SERMUX_MAX_FRAME, &heard);
	assert_heard(&heard, 0, MN_SERMUX_FRAME, 0x4269, payload, 506);

	len = mn_sermux_encode(wire, sizeof(wire), 0x4269, payload, 507);
	hear_in_every_chunking(wire, len, MN_SERMUX_MAX_FRAME, &heard);
	assert_int_equal(heard.count, 1);
	assert_heard(&heard, 0, MN_SERMUX_OVERLONG, 0, wire, MN_SERMUX_MAX_FRAME);
}

/* The original took the rest of an over-long frame for a new one, on a random port. */
static void overlong_frame_is_skipped_to_its_end(void **state)
{
	static uint8_t wire[700];
	static struct heard heard;
	size_t len = 600;

	(void)state;
	memset(wire, 0x05, len);
	wire[len++] = 0;
	len += mn_sermux_encode(wire + len, sizeof(wire) - len, 10, "ok", 2);
	hear_in_every_chunking(wire, len, MN_SERMUX_MAX_FRAME, &heard);
	assert_int_equal(heard.count, 2);
	assert_heard(&heard, 0, MN_SERMUX_OVERLONG, 0, wire, MN_SERMUX_MAX_FRAME);
	assert_heard(&heard, 1, MN_SERMUX_FRAME, 10, "ok", 2);
}

static void reset_forgets_half_a_frame_and_a_skip(void **state)
{
	static struct heard heard;
	struct mn_sermux_receiver receiver;
	uint8_t buffer[16], wire[16], noise[20];
	size_t len = mn_sermux_encode(wire, sizeof(wire), 7, "abc", 3);

	(void)state;
	memset(noise, 0x22, sizeof(noise));
	memset(&heard, 0, sizeof(heard));
	mn_sermux_receiver_init(&receiver, buffer, sizeof(buffer));
	feed(&receiver, wire, len - 1, &heard);
	assert_int_equal(heard.count, 0);
	mn_sermux_receiver_reset(&receiver);
	feed(&receiver, wire, len, &heard);
	assert_heard(&heard, 0, MN_SERMUX_FRAME, 7, "abc", 3);

	feed(&receiver, noise, sizeof(noise), &heard);
	assert_heard(&heard, 1, MN_SERMUX_OVERLONG, 0, noise, sizeof(buffer));
	mn_sermux_receiver_reset(&receiver);
	feed(&receiver, wire, len, &heard);
	assert_heard(&heard, 2, MN_SERMUX_FRAME, 7, "abc", 3);
	assert_int_equal(heard.count, 3);
}

/* A stream of good frames and noise; the same is heard in 200 random chunkings. */
static void random_streams_do_not_depend_on_chunks(void **state)
{
	static uint8_t stream[STREAM], payload[300], buffer[256];
	static struct heard whole, cut;
	struct mn_sermux_receiver receiver;
	uint64_t seed = 4;

	(void)state;
	for (int round = 0; round < 200; round++) {
		size_t len = 0;

		while (len + MN_SERMUX_BOUND(sizeof(payload)) <= sizeof(stream)) {
			size_t n = 1 + chance(&seed) % (sizeof(payload) - 1);

			chance_fill(&seed, payload, n);
			if (chance(&seed) % 4 == 0)
				memcpy(stream + len, payload, n);
			else
				n = mn_sermux_encode(stream + len, sizeof(stream) - len,
						     (uint16_t)chance(&seed), payload, n);
			len += n;
		}
		forget(&whole);
		mn_sermux_receiver_init(&receiver, buffer, sizeof(buffer));
		feed(&receiver, stream, len, &whole);
		forget(&cut);
		mn_sermux_receiver_init(&receiver, buffer, sizeof(buffer));
		for (size_t at = 0, n; at < len; at += n) {
			size_t longest = 1 + chance(&seed) % 600;

			n = 1 + chance(&seed) % longest;
			n = n < len - at ? n : len - at;
			feed(&receiver, stream + at, n, &cut);
		}
		assert_same(&cut, &whole);
		assert_true(whole.count > 0);
	}
}

static void largest_payload_is_exact(void **state)
{
	(void)state;
	assert_int_equal(MN_SERMUX_MAX_PAYLOAD(MN_SERMUX_MAX_FRAME), 506);
	for (size_t frame = MN_SERMUX_BOUND(1); frame < 3000; frame++) {
		assert_true(MN_SERMUX_BOUND(MN_SERMUX_MAX_PAYLOAD(frame)) <= frame);
		assert_true(MN_SERMUX_BOUND(MN_SERMUX_MAX_PAYLOAD(frame) + 1) > frame);
	}
}

static void encode_refuses_a_small_buffer(void **state)
{
	uint8_t out[MN_SERMUX_BOUND(4)];

	(void)state;
	memset(out, 0xee, sizeof(out));
	assert_int_equal(mn_sermux_encode(out, sizeof(out) - 1, 0, "abcd", 4), 0);
	assert_int_equal(mn_sermux_encode(out, sizeof(out), 0, "abcd", SIZE_MAX), 0);
	assert_int_equal(out[0], 0xee);
	assert_int_equal(mn_sermux_encode(out, sizeof(out), 0x101, "abcd", 4), sizeof(out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodes_the_vectors),
		cmocka_unit_test(receives_the_vectors_in_every_chunking),
		cmocka_unit_test(receives_frames_without_the_final_empty_group),
		cmocka_unit_test(classifies_what_is_no_frame),
		cmocka_unit_test(shows_text_between_zeros),
		cmocka_unit_test(frame_of_exactly_the_limit_fits),
		cmocka_unit_test(overlong_frame_is_skipped_to_its_end),
		cmocka_unit_test(reset_forgets_half_a_frame_and_a_skip),
		cmocka_unit_test(random_streams_do_not_depend_on_chunks),
		cmocka_unit_test(largest_payload_is_exact),
		cmocka_unit_test(encode_refuses_a_small_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
