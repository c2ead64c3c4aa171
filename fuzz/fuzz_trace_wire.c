/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Input: a message of the trace port as it is before stuffing, read as one to the host and as one
 * to the target; and the same as it would come from the line. What can be read is written again,
 * and once more from there: the second and third are the same bytes, and never more than the
 * first.
 */
#include <mnemos/proto/cobs.h>
#include <mnemos/proto/trace.h>
#include "fuzz.h"

/* The text is there, and in the memory it should be in. */
static void check_text(const struct mn_trace_text *text)
{
	volatile char last;

	if (text->len > 0)
		last = text->data[text->len - 1];
	(void)last;
}

/* What stands in lists is what a reader looks at first. */
static void look_at(const struct mn_trace_message *message)
{
	if (message->kind == MN_TRACE_REGISTER_META)
		for (uint32_t i = 0; i < message->meta.field_count; i++)
			check_text(&message->meta.fields[i]);
	if (message->kind == MN_TRACE_EVENT)
		for (uint32_t i = 0; i < message->event.field_count; i++)
			check_text(&message->event.fields[i].name);
	if (message->kind == MN_TRACE_TASK)
		for (uint32_t i = 0; i < message->task.wait_count; i++)
			check_text(&message->task.waits[i].what);
}

/* Reads `wire`, which it owns, and writes it again; NULL if it is no message. */
static uint8_t *message_again(uint8_t *wire, size_t len, size_t *again_len)
{
	union mn_trace_storage storage;
	struct mn_trace_message message;
	uint8_t *again = NULL;

	if (mn_trace_decode(&message, &storage, wire, len) == MN_OK) {
		look_at(&message);
		again = fuzz_alloc(len + 2);
		*again_len = mn_trace_encode(again, len + 2, &message);
		FUZZ_CHECK(*again_len > 1);
	}
	free(wire);
	return again;
}

static uint8_t *request_again(uint8_t *wire, size_t len, size_t *again_len)
{
	struct mn_trace_request request;
	uint8_t *again = NULL;

	if (mn_trace_decode_request(&request, wire, len) == MN_OK &&
	    request.target.len < MN_TRACE_REQUEST_MAX / 2) {
		again = fuzz_alloc(len + 2);
		*again_len = mn_trace_encode_request(again, len + 2, &request);
		FUZZ_CHECK(*again_len > 1);
	}
	free(wire);
	return again;
}

static uint8_t *copy_of(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = fuzz_alloc(len);

	memcpy(copy, bytes, len);
	return copy;
}

static void check(uint8_t *again_of(uint8_t *wire, size_t len, size_t *again_len), uint8_t *wire,
		  size_t len)
{
	size_t once_len, twice_len;
	uint8_t *once = again_of(wire, len, &once_len), *twice;

	if (!once)
		return;
	twice = again_of(copy_of(once, once_len - 1), once_len - 1, &twice_len);
	FUZZ_CHECK(twice && twice_len == once_len && memcmp(once, twice, once_len) == 0);
	free(once);
	free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t *stuffed = fuzz_alloc(MN_COBS_BOUND(len));
	const size_t stuffed_len = mn_cobs_encode(stuffed, data, len);

	check(message_again, copy_of(stuffed, stuffed_len), stuffed_len);
	check(request_again, copy_of(stuffed, stuffed_len), stuffed_len);
	check(message_again, copy_of(data, len), len);
	check(request_again, copy_of(data, len), len);
	free(stuffed);
	return 0;
}
