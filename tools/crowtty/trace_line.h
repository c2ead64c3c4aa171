/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Values and times of a trace as text, in a buffer that never overflows: what does not fit is
 * left out. */
#ifndef CROWTTY_TRACE_LINE_H
#define CROWTTY_TRACE_LINE_H

#include <stddef.h>
#include <stdint.h>
#include <mnemos/proto/trace.h>

/* Ends with a zero at any time. */
struct trace_line {
	size_t len;
	char data[4096];
};

/* Empty: {0}. */
void trace_line_add(struct trace_line *line, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A text of the target as it is, but for control characters, which are escaped. */
void trace_line_add_plain(struct trace_line *line, struct mn_trace_text plain);

/* The same in quotes. */
void trace_line_add_quoted(struct trace_line *line, struct mn_trace_text plain);

/* A value as the original shows it. */
void trace_line_add_value(struct trace_line *line, const struct mn_trace_value *value);

/* "1.5ms", "2s", "340ns". */
void trace_line_add_duration(struct trace_line *line, uint64_t ns);

#endif
