/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace_line.h"

void trace_line_add(struct trace_line *line, const char *format, ...)
{
	size_t room = sizeof line->data - line->len;
	va_list list;
	va_start(list, format);
	int len = vsnprintf(line->data + line->len, room, format, list);
	va_end(list);
	if (len > 0)
		line->len += (size_t)len < room ? (size_t)len : room - 1;
}

static void add_bytes(struct trace_line *line, const char *from, size_t len)
{
	size_t room = sizeof line->data - line->len - 1;
	len = len < room ? len : room;
	memcpy(line->data + line->len, from, len);
	line->len += len;
	line->data[line->len] = '\0';
}

/* Anything else could move the cursor, or end the line. Bytes from 0x80 are UTF-8, whose
 * control characters begin with 0xc2. */
static void add_escaped(struct trace_line *line, struct mn_trace_text plain, const char *also)
{
	for (size_t i = 0; i < plain.len; i++) {
		unsigned char c = (unsigned char)plain.data[i];
		if (c == '\n' || c == '\r' || c == '\t')
			trace_line_add(line, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
		else if (c < 0x20 || c == 0x7f)
			trace_line_add(line, "\\x%02x", c);
		else if (c == 0xc2 && i + 1 < plain.len && (unsigned char)plain.data[i + 1] < 0xa0)
			trace_line_add(line, "\\x%02x", (unsigned char)plain.data[++i]);
		else if (strchr(also, c))
			trace_line_add(line, "\\%c", c);
		else
			add_bytes(line, plain.data + i, 1);
	}
}

void trace_line_add_plain(struct trace_line *line, struct mn_trace_text plain)
{
	add_escaped(line, plain, "");
}

void trace_line_add_quoted(struct trace_line *line, struct mn_trace_text plain)
{
	trace_line_add(line, "\"");
	add_escaped(line, plain, "\"\\");
	trace_line_add(line, "\"");
}

/* The shortest one that is this number, with a point where it could be taken for an integer. */
static void add_double(struct trace_line *line, double number)
{
	char digits[40];
	int precision = 0;
	do
		snprintf(digits, sizeof digits, "%.*g", ++precision, number);
	while (precision < 17 && strtod(digits, NULL) != number);
	bool is_integer = isfinite(number) && !strpbrk(digits, ".e");
	trace_line_add(line, "%s%s", digits, is_integer ? ".0" : "");
}

void trace_line_add_value(struct trace_line *line, const struct mn_trace_value *value)
{
	switch (value->kind) {
	case MN_TRACE_DEBUG_TEXT:
		trace_line_add_plain(line, value->text);
		break;
	case MN_TRACE_STR:
		trace_line_add_quoted(line, value->text);
		break;
	case MN_TRACE_F64:
		add_double(line, value->f64);
		break;
	case MN_TRACE_I64:
		trace_line_add(line, "%" PRId64, value->i64);
		break;
	case MN_TRACE_U64:
		trace_line_add(line, "%" PRIu64, value->u64);
		break;
	case MN_TRACE_BOOL:
		trace_line_add(line, "%s", value->boolean ? "true" : "false");
		break;
	default:
		trace_line_add(line, "???");
	}
}

void trace_line_add_duration(struct trace_line *line, uint64_t ns)
{
	static const struct {
		uint64_t ns;
		int digits;
		const char *name;
	} units[] = {{1000000000, 9, "s"}, {1000000, 6, "ms"}, {1000, 3, "µs"}, {1, 0, "ns"}};
	size_t unit = 0;
	while (unit < 3 && ns < units[unit].ns)
		unit++;
	trace_line_add(line, "%" PRIu64, ns / units[unit].ns);
	uint64_t rest = ns % units[unit].ns;
	int digits = units[unit].digits;
	for (; rest > 0 && rest % 10 == 0; rest /= 10)
		digits--;
	if (rest > 0)
		trace_line_add(line, ".%0*" PRIu64, digits, rest);
	trace_line_add(line, "%s", units[unit].name);
}
