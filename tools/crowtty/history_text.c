/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "history_text.h"
#include "memory.h"

static void put_quoted(FILE *out, const struct mn_trace_text *text)
{
	fputc('"', out);
	for (size_t i = 0; i < text->len; i++) {
		unsigned char c = (unsigned char)text->data[i];
		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c == '\n')
			fputs("\\n", out);
		else if (c < 0x20)
			fprintf(out, "\\x%02x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void put_value(FILE *out, const struct mn_trace_value *value)
{
	switch (value->kind) {
	case MN_TRACE_DEBUG_TEXT:
		fwrite(value->text.data, 1, value->text.len, out);
		break;
	case MN_TRACE_STR:
		put_quoted(out, &value->text);
		break;
	case MN_TRACE_F64:
		fprintf(out, "%g", value->f64);
		break;
	case MN_TRACE_I64:
		fprintf(out, "%" PRId64, value->i64);
		break;
	case MN_TRACE_U64:
		fprintf(out, "%" PRIu64, value->u64);
		break;
	case MN_TRACE_BOOL:
		fputs(value->boolean ? "true" : "false", out);
		break;
	case MN_TRACE_TEXT_ID:
		fprintf(out, "text %" PRIu64, value->u64);
		break;
	}
}

static bool is_message(const struct mn_trace_field *field)
{
	return field->name.len == 7 && memcmp(field->name.data, "message", 7) == 0;
}

/* An event without a message is known by its name; those made from a place in a file are not
 * worth one. */
static bool put_head(FILE *out, const struct trace_event *event)
{
	for (uint32_t i = 0; i < event->field_count; i++) {
		if (!is_message(&event->fields[i]))
			continue;
		put_value(out, &event->fields[i].value);
		return true;
	}
	if (!event->site)
		fprintf(out, "unknown call site %" PRIu64, event->meta_id);
	else if (strncmp(event->site->name, "event ", 6) != 0)
		fputs(event->site->name, out);
	else
		return false;
	return true;
}

char *history_event_text(const struct trace_event *event)
{
	bool span = event->kind == TRACE_SPAN_NEW;
	char *line = NULL;
	size_t len = 0;
	FILE *out = memory_check(open_memstream(&line, &len));
	const char *comma = put_head(out, event) && !span ? ", " : "";
	uint32_t shown = 0;

	for (uint32_t i = 0; i < event->field_count; i++) {
		const struct mn_trace_field *field = &event->fields[i];
		if (is_message(field))
			continue;
		fputs(shown++ ? ", " : span ? "{" : comma, out);
		fprintf(out, "%.*s=", (int)field->name.len, field->name.data);
		put_value(out, &field->value);
	}
	if (span && shown)
		fputc('}', out);
	fclose(out);
	return memory_check(line);
}
