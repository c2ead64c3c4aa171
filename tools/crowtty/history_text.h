/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What an event or a new span says, for people. */
#ifndef CROWTTY_HISTORY_TEXT_H
#define CROWTTY_HISTORY_TEXT_H

#include "trace.h"

/*
 * "message, key=value, key=value" of an event, "name{key=value, key=value}" of a span. The
 * caller frees it.
 */
char *history_event_text(const struct trace_event *event);

#endif
