/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string.h>
#include <mnemos/proto/sermux.h>

#include "line_text.h"

/* A target numbers its call sites from 1. */
#define SITE_ID UINT64_MAX
#define SITE_TARGET "crowtty::line"
#define FIELD "message"

/* Of a long text its beginning says what it is about. */
#define TEXT_MAX 1024

static const struct mn_trace_text field_name = {FIELD, sizeof FIELD - 1};

static size_t encode(uint8_t *out, size_t cap, const uint8_t *text, size_t len)
{
	const struct mn_trace_message site = {
		.kind = MN_TRACE_REGISTER_META,
		.meta = {.id = SITE_ID,
			 .name = {"text", 4},
			 .target = {SITE_TARGET, sizeof SITE_TARGET - 1},
			 .level = MN_TRACE_WARN,
			 .field_count = 1,
			 .fields = &field_name,
			 .is_event = true},
	};
	const struct mn_trace_field field = {
		.name = field_name,
		.value = {.kind = MN_TRACE_DEBUG_TEXT, .text = {(const char *)text, len}},
	};
	const struct mn_trace_message event = {
		.kind = MN_TRACE_EVENT,
		.event = {.meta = SITE_ID, .field_count = 1, .fields = &field},
	};
	size_t first = mn_trace_encode(out, cap, &site);
	size_t second = mn_trace_encode(out + first, cap - first, &event);
	return second ? first + second : 0;
}

void line_text_deliver(struct ports *ports, const uint8_t *data, size_t len)
{
	uint8_t out[TEXT_MAX + 512];
	out[0] = 0; /* ends what is unfinished */
	size_t used = encode(out + 1, sizeof out - 1, data, len < TEXT_MAX ? len : TEXT_MAX);
	if (used > 0)
		ports_deliver(ports, MN_SERMUX_TRACE, out, 1 + used);
}

bool line_text_is(const struct trace_event *event, struct mn_trace_text *text)
{
	if (event->kind != TRACE_EVENT || !event->site ||
	    strcmp(event->site->target, SITE_TARGET) != 0)
		return false;
	*text = trace_event_text(event, 0);
	return true;
}
