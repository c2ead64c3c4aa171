/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "history_inner.h"
#include "history_text.h"

static struct history_span *span_at(const struct history *self, uint32_t number)
{
	return (struct history_span *)(void *)self->spans.data + number;
}

static struct history_span *find_span(const struct history *self, uint64_t id)
{
	uint32_t at = history_get(&self->span_of, id);
	return at == HISTORY_NONE ? NULL : span_at(self, at);
}

/* Below its parent, and beside the spans that are open there. */
static uint32_t free_lane(const struct history *self, uint32_t track, uint32_t least)
{
	uint64_t taken = 0;
	uint32_t count = HISTORY_COUNT(self->spans, struct history_span), seen = 0;
	/* Those that are open were made lately; a look at the last ones is enough for a picture. */
	for (uint32_t i = count; i > 0 && seen < 64; i--, seen++) {
		const struct history_span *span = span_at(self, i - 1);
		if (span->open && span->track == track)
			taken |= UINT64_C(1) << span->lane;
	}
	uint32_t lane = least;
	while (lane < 15 && taken >> lane & 1)
		lane++;
	return lane;
}

static void take_new_span(struct history *self, const struct trace_event *event)
{
	const struct history_span *parent = find_span(self, event->parent);
	uint32_t track = history_track(self, TRACK_TASK, event->task);
	uint32_t above = parent && parent->track == track && parent->open ? parent->lane + 1 : 0;
	struct trace_line line = {.len = 0};
	history_event_text(&line, event);
	const struct history_span span = {
		.start_ns = self->last_ns,
		.end_ns = self->last_ns,
		.id = event->span,
		.track = track,
		.text = pool_add(&self->texts, line.data, line.len),
		.lane = free_lane(self, track, above < 15 ? above : 15),
		.open = true,
	};
	history_set(&self->span_of, span.id, HISTORY_COUNT(self->spans, span));
	bytes_put(&self->spans, &span, sizeof span);
}

void history_take_span(struct history *self, const struct trace_event *event)
{
	if (event->kind == TRACE_SPAN_NEW) {
		take_new_span(self, event);
		return;
	}
	struct history_span *span = find_span(self, event->span);
	if (!span)
		return;
	span->end_ns = self->last_ns;
	if (event->kind == TRACE_SPAN_DROP)
		span->open = false;
}

void history_restart_spans(struct history *self)
{
	for (uint32_t i = 0; i < HISTORY_COUNT(self->spans, struct history_span); i++)
		span_at(self, i)->open = false;
	map_clear(&self->span_of);
}

void history_end_spans(struct history *self)
{
	for (uint32_t i = 0; i < HISTORY_COUNT(self->spans, struct history_span); i++)
		if (span_at(self, i)->open)
			span_at(self, i)->end_ns = self->last_ns;
}
