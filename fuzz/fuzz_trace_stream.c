/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Input: a byte that sets how the stream is cut, then the stream of port 3. It is heard whole and
 * in the cuts, and both must report the same; times never go back; every event of one of the
 * kernel's own sites has all its values; no byte is skipped twice.
 */
#include "fuzz.h"
#include "trace.h"

struct heard {
	uint64_t hash; /* FNV-1a over what was reported */
	uint64_t time_ns, skipped, events;
};

static void mix(struct heard *heard, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < len; i++)
		heard->hash = (heard->hash ^ bytes[i]) * 0x100000001b3u;
}

static void mix_field(struct heard *heard, const struct mn_trace_field *field)
{
	const struct mn_trace_text text = field->value.text;

	mix(heard, field->name.data, field->name.len);
	mix(heard, &field->value.kind, sizeof(field->value.kind));
	FUZZ_CHECK(field->value.kind != MN_TRACE_TEXT_ID);
	if (field->value.kind == MN_TRACE_DEBUG_TEXT || field->value.kind == MN_TRACE_STR)
		mix(heard, text.data, text.len);
}

static void mix_site(struct heard *heard, const struct trace_site *site)
{
	mix(heard, site->name, strlen(site->name));
	mix(heard, site->target, strlen(site->target));
	for (uint32_t i = 0; i < site->field_count; i++)
		mix(heard, site->fields[i], strlen(site->fields[i]));
}

static void on_event(void *context, const struct trace_event *event)
{
	struct heard *heard = context;

	FUZZ_CHECK(event->time_ns >= heard->time_ns);
	FUZZ_CHECK(event->field_count <= MN_TRACE_FIELDS_MAX);
	if (event->site && event->site->known != MN_TRACE_KNOWN_COUNT)
		FUZZ_CHECK(event->field_count >= event->site->field_count);
	heard->time_ns = event->time_ns;
	heard->events++;
	mix(heard, &event->kind, sizeof(event->kind));
	mix(heard, &event->time_ns, sizeof(event->time_ns));
	mix(heard, &event->span, sizeof(event->span));
	if (event->site)
		mix_site(heard, event->site);
	for (uint32_t i = 0; i < event->field_count; i++)
		mix_field(heard, &event->fields[i]);
}

static void on_message(void *context, const struct mn_trace_message *message, uint64_t host_ns)
{
	(void)host_ns;
	mix(context, &message->kind, sizeof(message->kind));
}

static void on_damage(void *context, size_t len)
{
	struct heard *heard = context;

	heard->skipped += len;
}

/* Pieces of 1 to `longest` bytes, each in memory of its own. */
static struct heard listen(const uint8_t *data, size_t len, size_t longest)
{
	struct heard heard = {0};
	const struct trace_sink sink = {
		.context = &heard, .event = on_event, .message = on_message, .damage = on_damage};
	struct trace_stream *stream = trace_stream_new(&sink);

	for (size_t at = 0, step; at < len; at += step) {
		step = longest < len - at ? longest : len - at;
		uint8_t *piece = fuzz_alloc(step);

		memcpy(piece, data + at, step);
		trace_stream_take(stream, piece, step, 0);
		free(piece);
	}
	FUZZ_CHECK(heard.skipped <= len);
	FUZZ_CHECK(heard.skipped == trace_stream_skipped(stream));
	FUZZ_CHECK(heard.events == trace_stream_events(stream));
	trace_stream_free(stream);
	return heard;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct heard whole, cut;

	if (len < 2)
		return 0;
	whole = listen(data + 1, len - 1, SIZE_MAX);
	cut = listen(data + 1, len - 1, 1 + data[0]);
	FUZZ_CHECK(whole.hash == cut.hash && whole.skipped == cut.skipped);
	return 0;
}
