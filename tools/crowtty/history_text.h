/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What an event or a new span says, for people. */
#ifndef CROWTTY_HISTORY_TEXT_H
#define CROWTTY_HISTORY_TEXT_H

#include "trace.h"
#include "trace_line.h"

/* Adds "message, key=value, key=value" of an event, "name{key=value, key=value}" of a span. */
void history_event_text(struct trace_line *line, const struct trace_event *event);

#endif
