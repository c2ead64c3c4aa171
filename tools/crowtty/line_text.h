/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Text beside the frames of a line, such as a panic or "has not yielded", for those who are
 * attached to port 3 of a crowtty: as an event among the target's own, of a call site that no
 * target has.
 */
#ifndef CROWTTY_LINE_TEXT_H
#define CROWTTY_LINE_TEXT_H

#include "port.h"
#include "trace.h"

/* Hands text to the clients of port 3, or keeps it for the next one. A message of the target that
 * is unfinished at this moment is lost: it may never be finished. */
void line_text_deliver(struct ports *ports, const uint8_t *data, size_t len);

/* Whether an event is such a text, which is then in `text`. */
bool line_text_is(const struct trace_event *event, struct mn_trace_text *text);

#endif
