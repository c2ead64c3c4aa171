/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "history_text.h"

static bool is_message(const struct mn_trace_field *field)
{
	return field->name.len == 7 && memcmp(field->name.data, "message", 7) == 0;
}

/* An event without a message is known by its name; those made from a place in a file are not
 * worth one. */
static bool add_head(struct trace_line *line, const struct trace_event *event)
{
	for (uint32_t i = 0; i < event->field_count; i++) {
		if (!is_message(&event->fields[i]))
			continue;
		trace_line_add_value(line, &event->fields[i].value);
		return true;
	}
	if (!event->site)
		trace_line_add(line, "unknown call site %" PRIu64, event->meta_id);
	else if (strncmp(event->site->name, "event ", 6) != 0)
		trace_line_add(line, "%s", event->site->name);
	else
		return false;
	return true;
}

void history_event_text(struct trace_line *line, const struct trace_event *event)
{
	bool span = event->kind == TRACE_SPAN_NEW;
	const char *before = add_head(line, event) ? ", " : "";
	uint32_t shown = 0;

	for (uint32_t i = 0; i < event->field_count; i++) {
		const struct mn_trace_field *field = &event->fields[i];
		if (is_message(field))
			continue;
		trace_line_add(line, "%s", shown++ ? ", " : span ? "{" : before);
		trace_line_add_plain(line, field->name);
		trace_line_add(line, "=");
		trace_line_add_value(line, &field->value);
	}
	if (span && shown)
		trace_line_add(line, "}");
}
