/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: every message of the trace port byte for byte, both ways; that a decoder refuses what
 * breaks a rule, ignores what it should, and reads nothing beyond its input; that an encoder
 * writes whole messages or nothing.
 */
#include "trace_vectors.h"
#include <mnemos/proto/cobs.h>
#include <mnemos/proto/postcard.h>

/* Longest vector, and room to see that no more is written. */
#define WIRE 512

/* Every field of a message is written, so what encodes to the same bytes is the same. */
static void messages_are_written_and_read(void **state)
{
	uint8_t want[WIRE], got[WIRE];
	union mn_trace_storage storage;
	struct mn_trace_message message;

	(void)state;
	for (size_t i = 0; i < COUNT(message_vectors); i++) {
		const struct message_vector *vector = &message_vectors[i];
		const size_t len = bytes_of_hex(want, sizeof want, vector->bytes);
		const size_t frame = len > 0 ? len - 1 : 0; /* without its terminator */
		uint8_t *exact = bytes_exact(want, frame);

		print_message("%s\n", vector->name);
		assert_bytes(got, mn_trace_encode(got, sizeof got, &vector->message), want, len);
		assert_int_equal(mn_trace_decode(&message, &storage, exact, frame), MN_OK);
		memset(got, 0, sizeof got);
		assert_bytes(got, mn_trace_encode(got, sizeof got, &message), want, len);
		free(exact);
	}
}

static void requests_are_written_and_read(void **state)
{
	uint8_t want[WIRE], got[WIRE];
	struct mn_trace_request request;

	(void)state;
	for (size_t i = 0; i < COUNT(request_vectors); i++) {
		const struct request_vector *vector = &request_vectors[i];
		const size_t len = bytes_of_hex(want, sizeof want, vector->bytes);
		const size_t frame = len > 0 ? len - 1 : 0; /* without its terminator */
		uint8_t *exact = bytes_exact(want, frame);

		print_message("%s\n", vector->name);
		assert_bytes(got, mn_trace_encode_request(got, sizeof got, &vector->request), want,
			     len);
		assert_int_equal(mn_trace_decode_request(&request, exact, frame), MN_OK);
		memset(got, 0, sizeof got);
		assert_bytes(got, mn_trace_encode_request(got, sizeof got, &request), want, len);
		free(exact);
	}
}

/* A message cut anywhere is refused, and a buffer that is too small by any amount is left alone
 * beyond its end. */
static void no_part_of_a_message_passes(void **state)
{
	uint8_t want[WIRE], card[WIRE], stuffed[WIRE];
	union mn_trace_storage storage;
	struct mn_trace_message message;

	(void)state;
	for (size_t i = 0; i < COUNT(message_vectors); i++) {
		const size_t len = bytes_of_hex(want, sizeof want, message_vectors[i].bytes);
		const size_t whole = mn_cobs_decode(card, want, len - 1);

		for (size_t cut = 0; cut < whole; cut++) {
			const size_t part = mn_cobs_encode(stuffed, card, cut);
			uint8_t *exact = bytes_exact(stuffed, part);

			assert_int_equal(mn_trace_decode(&message, &storage, exact, part),
					 MN_EBADMSG);
			free(exact);
		}
		for (size_t cap = 0; cap < len; cap++) {
			uint8_t *exact = malloc(cap > 0 ? cap : 1);

			assert_non_null(exact);
			assert_int_equal(mn_trace_encode(exact, cap, &message_vectors[i].message),
					 0);
			free(exact);
		}
		assert_int_equal(mn_trace_encode(stuffed, len, &message_vectors[i].message), len);
	}
}

/* What a decoder says to these bytes, before stuffing. */
static enum mn_error decoded(const char *card)
{
	uint8_t raw[WIRE], stuffed[WIRE];
	union mn_trace_storage storage;
	struct mn_trace_message message;
	const size_t len = mn_cobs_encode(stuffed, raw, bytes_of_hex(raw, sizeof raw, card));
	uint8_t *exact = bytes_exact(stuffed, len);
	const enum mn_error error = mn_trace_decode(&message, &storage, exact, len);

	free(exact);
	return error;
}

static enum mn_error requested(const char *card)
{
	uint8_t raw[WIRE], stuffed[WIRE];
	struct mn_trace_request request;
	const size_t len = mn_cobs_encode(stuffed, raw, bytes_of_hex(raw, sizeof raw, card));
	uint8_t *exact = bytes_exact(stuffed, len);
	const enum mn_error error = mn_trace_decode_request(&request, exact, len);

	free(exact);
	return error;
}

static void decoders_refuse_and_ignore(void **state)
{
	static const struct {
		const char *card;
		enum mn_error error;
	} messages[] = {
		{"", MN_EBADMSG},
		{"00 01 02 ff ff", MN_OK},          /* more behind a whole message */
		{"80 00 01 82 80 80 80 00", MN_OK}, /* longer numbers than needed */
		{"00 01 05", MN_EBADMSG},           /* no such level */
		{"00 02 00", MN_EBADMSG},           /* an option is 0 or 1 */
		{"09", MN_ENOTSUP},                 /* kinds nobody knows */
		{"0f 00", MN_ENOTSUP},
		{"1c 00", MN_ENOTSUP},
		{"ff ff ff ff 0f", MN_ENOTSUP},
		{"ff ff ff ff 10", MN_EOVERFLOW},
		{"04 00", MN_EBADMSG}, /* ids are never 0 */
		{"02 01 00 00 01", MN_EBADMSG},
		{"02 00 00 00", MN_EBADMSG},
		{"03 00 01 00 01 00", MN_EBADMSG},
		{"03 01 00 00 01 00", MN_EBADMSG},
		{"12 00 00", MN_EBADMSG},
		{"13 00 00 00 00 00 00", MN_EBADMSG},
		{"13 01 00 00 00 00 01 06 00", MN_EBADMSG},         /* text 0 */
		{"13 01 00 00 00 00 01 07 00", MN_EBADMSG},         /* no such value */
		{"13 01 80 80 80 80 10 00 00 00 00", MN_EOVERFLOW}, /* 33 bits of time */
		{"02 00 01 01 61 06 01 01", MN_EBADMSG}, /* the original has no TEXT_ID */
		{"15 03 01 00 00", MN_EBADMSG},          /* no such activity */
		{"02 00 01 01 ff 05 01 01", MN_EBADMSG}, /* not UTF-8 */
		{"02 00 01 01 61 05 02 01", MN_EBADMSG}, /* a bool is 0 or 1 */
		/* The original's map of two pairs that has one, as it is and with more behind it.
		 */
		{"02 00 02 01 61 05 01 01", MN_EBADMSG},
		{"02 00 02 01 61 05 01 b4 a4 80 80 08", MN_EBADMSG},
		{"03 01 01 00 01 02 01 61 05 01", MN_EBADMSG},
		{"02 00 ff ff ff ff ff ff ff ff ff 01 01", MN_EBADMSG}, /* a count of 2^64-1 */
	};
	static const struct {
		const char *card;
		enum mn_error error;
	} requests[] = {
		{"", MN_EBADMSG},
		{"00 01 02 00", MN_OK},
		{"80 80 00 01 80 00", MN_OK},
		{"00 01 05", MN_EBADMSG},
		{"00 02", MN_EBADMSG},
		{"01", MN_ENOTSUP},
		{"0f", MN_ENOTSUP},
		{"14", MN_ENOTSUP},
		{"10", MN_EBADMSG},
		{"10 80 80 80 80 10", MN_EOVERFLOW},
		{"11 00", MN_EBADMSG},
		{"11 00 02 61", MN_EBADMSG},
		{"11 00 01 ff", MN_EBADMSG},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(messages); i++) {
		print_message("message %s\n", messages[i].card);
		assert_int_equal(decoded(messages[i].card), messages[i].error);
	}
	for (size_t i = 0; i < COUNT(requests); i++) {
		print_message("request %s\n", requests[i].card);
		assert_int_equal(requested(requests[i].card), requests[i].error);
	}
}

/* Not COBS: a code that points beyond the end, and a zero. */
static void what_is_not_cobs_is_refused(void **state)
{
	uint8_t beyond[] = {3, 4}, zero[] = {2, 0, 1};
	union mn_trace_storage storage;
	struct mn_trace_message message;
	struct mn_trace_request request;

	(void)state;
	assert_int_equal(mn_trace_decode(&message, &storage, beyond, sizeof beyond), MN_EBADMSG);
	assert_int_equal(mn_trace_decode(&message, &storage, zero, sizeof zero), MN_EBADMSG);
	assert_int_equal(mn_trace_decode_request(&request, beyond, sizeof beyond), MN_EBADMSG);
}

/* An event of `count` fields without a name that are true; one with values alike. */
static size_t event_of(uint8_t *out, uint32_t count, bool timed)
{
	static uint8_t card[4096];
	struct mn_postcard_writer w;

	mn_postcard_writer_init(&w, card, sizeof card);
	mn_postcard_put_uint(&w, timed ? MN_TRACE_TIMED_EVENT : MN_TRACE_EVENT);
	mn_postcard_put_uint(&w, timed ? 1 : 0);
	for (int i = 0; timed && i < 4; i++)
		mn_postcard_put_uint(&w, 0);
	mn_postcard_put_uint(&w, count);
	for (uint32_t i = 0; i < count; i++) {
		if (!timed)
			mn_postcard_put_uint(&w, 0);
		mn_postcard_put_uint(&w, MN_TRACE_BOOL);
		mn_postcard_put_uint(&w, 1);
	}
	if (!timed)
		mn_postcard_put_uint(&w, 1);
	assert_int_equal(w.error, MN_OK);
	return mn_cobs_encode(out, card, w.len);
}

static void lists_have_a_limit(void **state)
{
	static uint8_t wire[4096];
	static struct mn_trace_field fields[MN_TRACE_FIELDS_MAX + 1];
	union mn_trace_storage storage;
	struct mn_trace_message message;

	(void)state;
	for (int timed = 0; timed <= 1; timed++) {
		size_t len = event_of(wire, MN_TRACE_FIELDS_MAX, timed);

		assert_int_equal(mn_trace_decode(&message, &storage, wire, len), MN_OK);
		len = event_of(wire, MN_TRACE_FIELDS_MAX + 1, timed);
		assert_int_equal(mn_trace_decode(&message, &storage, wire, len), MN_ETOOBIG);
	}
	message = (struct mn_trace_message){.kind = MN_TRACE_EVENT,
					    .event = {.fields = fields, .meta = 1}};
	message.event.field_count = MN_TRACE_FIELDS_MAX;
	assert_int_not_equal(mn_trace_encode(wire, sizeof wire, &message), 0);
	message.event.field_count++;
	assert_int_equal(mn_trace_encode(wire, sizeof wire, &message), 0);
}

/* What no decoder would take is not sent. */
static void encoders_refuse(void **state)
{
	static const struct mn_trace_field named = {TEXT("name"), {MN_TRACE_TEXT_ID, {.u64 = 1}}};
	static const struct mn_trace_message messages[] = {
		{.kind = MN_TRACE_ENTER, .span_id = 0},
		{.kind = MN_TRACE_EVENT, .event = {.meta = 0}},
		{.kind = MN_TRACE_EVENT, .event = {.meta = 1, .field_count = 1, .fields = &named}},
		{.kind = MN_TRACE_REGISTER_META, .meta = {.id = 1, .level = MN_TRACE_OFF}},
		{.kind = MN_TRACE_COUNTER, .counter = {TEXT("\xff"), 1}},
	};
	static const struct mn_trace_request request = {
		.kind = MN_TRACE_SET_TARGET_LEVEL,
		.target = TEXT("a target that is far too long for the room that there is for a "
			       "request of the host in a target of ours: 128 bytes, and no more"),
	};
	uint8_t wire[WIRE];

	(void)state;
	for (size_t i = 0; i < COUNT(messages); i++)
		assert_int_equal(mn_trace_encode(wire, sizeof wire, &messages[i]), 0);
	assert_int_equal(mn_trace_encode_request(wire, sizeof wire, &request), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_written_and_read),
		cmocka_unit_test(requests_are_written_and_read),
		cmocka_unit_test(no_part_of_a_message_passes),
		cmocka_unit_test(decoders_refuse_and_ignore),
		cmocka_unit_test(what_is_not_cobs_is_refused),
		cmocka_unit_test(lists_have_a_limit),
		cmocka_unit_test(encoders_refuse),
	};

	return cmocka_run_group_tests_name("trace_wire", tests, NULL, NULL);
}
