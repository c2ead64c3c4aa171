/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Input: the stream of port 3. Whatever it says, a page is made of it, and what the page relies on
 * holds: rows are in the order of their times, columns of a table are equally long, numbers refer
 * to what is there, and no message is caused by a later one.
 */
#include "fuzz.h"
#include "view_write.h"

static void check_track(const struct track *track)
{
	FUZZ_CHECK(track->start.count == track->states.count);
	FUZZ_CHECK(track->start.count == track->by_column.count);
}

static void check_message(const struct history *history, uint32_t at)
{
	const uint32_t tracks = HISTORY_COUNT(history->tracks, struct track *);
	const struct history_message *one =
		(const struct history_message *)(void *)history->messages.data + at;

	FUZZ_CHECK(one->cause == HISTORY_NONE || one->cause < at);
	FUZZ_CHECK(one->from == HISTORY_NONE || one->from < tracks);
	FUZZ_CHECK(one->to == HISTORY_NONE || one->to < tracks);
}

static void check_span(const struct history *history, uint32_t at)
{
	const struct history_span *one =
		(const struct history_span *)(void *)history->spans.data + at;

	FUZZ_CHECK(one->start_ns <= one->end_ns && one->lane < 16);
	FUZZ_CHECK(one->text < history->texts.count);
}

static void check(const struct history *history)
{
	struct track **tracks = (void *)history->tracks.data;

	FUZZ_CHECK(history->first_ns <= history->last_ns);
	for (uint32_t i = 0; i < HISTORY_COUNT(history->tracks, struct track *); i++)
		check_track(tracks[i]);
	for (uint32_t i = 0; i < HISTORY_COUNT(history->messages, struct history_message); i++)
		check_message(history, i);
	for (uint32_t i = 0; i < HISTORY_COUNT(history->spans, struct history_span); i++)
		check_span(history, i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct view_recording recording;
	static FILE *out;

	if (!out)
		out = fopen("/dev/null", "w");
	trace_stream_take(view_begin(&recording), data, len, 1000);
	view_end(&recording, 10000000000);
	check(&recording.history);
	FUZZ_CHECK(view_write(out, "a name", &recording));
	view_free(&recording);
	return 0;
}
