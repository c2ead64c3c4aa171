/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Reading the trace and the texts in a recording, whole and damaged. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <mnemos/proto/sermux.h>
#include "bytes.h"
#include "record.h"
#include "trace.h"

static char path[] = "/tmp/mnemos-recording-XXXXXX";

/* What was heard, in order. */
static char heard[4096];

static void on_message(void *context, const struct mn_trace_message *message, uint64_t host_ns)
{
	(void)context;
	(void)host_ns;
	snprintf(heard + strlen(heard), sizeof(heard) - strlen(heard), "%d;", (int)message->kind);
}

static void on_text(void *context, const char *text, size_t len, uint64_t host_ns)
{
	(void)context;
	(void)host_ns;
	snprintf(heard + strlen(heard), sizeof(heard) - strlen(heard), "%.*s;", (int)len, text);
}

static void put(struct recorder *recorder, const void *data, size_t len)
{
	recorder_put(recorder, RECORD_FROM_TARGET, data, len);
}

/* A heartbeat in one frame of that port. */
static void put_heartbeat(struct recorder *recorder, uint16_t port)
{
	struct mn_trace_message message = {.kind = MN_TRACE_HEARTBEAT, .level = MN_TRACE_INFO};
	uint8_t wire[16], frame[32];
	const size_t len = mn_trace_encode(wire, sizeof(wire), &message);

	put(recorder, frame, mn_sermux_encode(frame, sizeof(frame), port, wire, len));
}

static int record(void **state)
{
	struct recorder recorder;

	(void)state;
	strcpy(path + sizeof(path) - 7, "XXXXXX");
	close(mkstemp(path));
	assert_true(recorder_open(&recorder, path));
	recorder_put(&recorder, RECORD_UP, "here", 4);
	put_heartbeat(&recorder, MN_SERMUX_TRACE);
	put(&recorder, "\0panic: no\nreason\n\0", 19);
	put_heartbeat(&recorder, MN_SERMUX_HELLO);
	put(&recorder, "boot", 4); /* a text, and a frame without a zero in between */
	put_heartbeat(&recorder, MN_SERMUX_TRACE);
	put(&recorder, "\x07\xff\xfe\0", 4);
	put_heartbeat(&recorder, MN_SERMUX_TRACE);
	put(&recorder, "last words", 10);
	recorder_close(&recorder);
	heard[0] = '\0';
	return 0;
}

static int forget(void **state)
{
	(void)state;
	return unlink(path);
}

static struct trace_recording_end read_it(void)
{
	const struct trace_sink sink = {.message = on_message};
	struct trace_stream *stream = trace_stream_new(&sink);
	struct trace_recording_end end;

	assert_true(trace_recording_read(path, stream, on_text, NULL, &end));
	trace_stream_free(stream);
	return end;
}

static long size_of_file(void)
{
	FILE *file = fopen(path, "rb");
	long size;

	assert_non_null(file);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	size = ftell(file);
	fclose(file);
	return size;
}

static void the_trace_and_all_texts_are_read(void **state)
{
	struct trace_recording_end end = read_it();

	(void)state;
	assert_string_equal(heard, "0;panic: no\nreason\n;boot;0;0;last words;");
	assert_false(end.damaged);
	assert_int_equal(end.skipped_bytes, 4);
}

static void a_recording_that_is_cut_off_is_read_up_to_there(void **state)
{
	struct trace_recording_end end;
	const long size = size_of_file();

	(void)state;
	/* In the middle of the last record: 20 bytes, and ten of text. */
	assert_int_equal(truncate(path, size - 5), 0);
	end = read_it();
	assert_string_equal(heard, "0;panic: no\nreason\n;boot;0;0;");
	assert_true(end.damaged);
	assert_int_equal(end.damaged_at, size - 30);
}

static void damage_ends_the_reading_and_its_place_is_told(void **state)
{
	FILE *file = fopen(path, "r+b");
	struct trace_recording_end end;

	(void)state;
	assert_non_null(file);
	assert_int_equal(fseek(file, -28, SEEK_END), 0);
	fputc('!', file);
	fclose(file);
	end = read_it();
	assert_string_equal(heard, "0;panic: no\nreason\n;boot;0;0;");
	assert_true(end.damaged);
	assert_int_equal(end.damaged_at, size_of_file() - 30);
}

static void what_is_no_recording_is_refused(void **state)
{
	const struct trace_sink sink = {0};
	struct trace_stream *stream = trace_stream_new(&sink);
	struct trace_recording_end end;

	(void)state;
	assert_int_equal(truncate(path, 7), 0);
	assert_false(trace_recording_read(path, stream, NULL, NULL, &end));
	assert_false(trace_recording_read("/nonexistent", stream, NULL, NULL, &end));
	trace_stream_free(stream);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, record, forget)
	const struct CMUnitTest tests[] = {
		TEST(the_trace_and_all_texts_are_read),
		TEST(a_recording_that_is_cut_off_is_read_up_to_there),
		TEST(damage_ends_the_reading_and_its_place_is_told),
		TEST(what_is_no_recording_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
