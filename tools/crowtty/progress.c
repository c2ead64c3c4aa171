/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "log.h"
#include "progress.h"

#define EACH_MS 250

/*
 * Counting.
 */

static void on_event(void *context, const struct trace_event *event)
{
	struct progress *progress = context;
	progress->events++;
	if (progress->next->event)
		progress->next->event(progress->next->context, event);
}

static void on_site(void *context, const struct trace_site *site)
{
	struct progress *progress = context;
	if (progress->next->site)
		progress->next->site(progress->next->context, site);
}

static void on_message(void *context, const struct mn_trace_message *message, uint64_t host_ns)
{
	struct progress *progress = context;
	const struct mn_trace_discarded *lost = &message->discarded;
	if (message->kind == MN_TRACE_DISCARDED)
		progress->lost +=
			lost->events + lost->new_spans + lost->span_activity + lost->metas;
	progress->is_welcome |= message->kind == MN_TRACE_WELCOME;
	if (progress->next->message)
		progress->next->message(progress->next->context, message, host_ns);
}

static void on_damage(void *context, size_t len)
{
	struct progress *progress = context;
	progress->damaged_bytes += len;
	if (progress->next->damage)
		progress->next->damage(progress->next->context, len);
}

/*
 * Telling.
 */

static const char *describe(const struct progress *progress, char *out, size_t size)
{
	uint64_t ms = uv_now(progress->timer.loop) - progress->start_ms;
	double kilobytes = (double)progress->recorder->size / 1e3;
	bool is_much = kilobytes >= 1000;
	int len = snprintf(out, size, "%" PRIu64 ".%" PRIu64 " s, %" PRIu64 " events, %.*f %s, ",
			   ms / 1000, ms % 1000 / 100, progress->events, is_much,
			   is_much ? kilobytes / 1e3 : kilobytes, is_much ? "MB" : "kB");
	if (progress->lost + progress->damaged_bytes == 0)
		snprintf(out + len, size - (size_t)len, "nothing lost");
	else
		snprintf(out + len, size - (size_t)len,
			 "%" PRIu64 " lost on the target, %" PRIu64 "B damaged on the line",
			 progress->lost, progress->damaged_bytes);
	return out;
}

static void tick(uv_timer_t *timer)
{
	struct progress *progress = timer->data;
	char text[150];
	log_status("recording: %s", describe(progress, text, sizeof text));
	if (progress->recorder->fd < 0)
		progress->on_end(progress->context, false);
	else if (progress->limit_s > 0 &&
		 uv_now(timer->loop) - progress->start_ms >= progress->limit_s * UINT64_C(1000))
		progress->on_end(progress->context, true);
}

void progress_open(struct progress *progress, uv_loop_t *loop)
{
	progress->sink = (struct trace_sink){progress, on_event, on_site, on_message, on_damage};
	progress->start_ms = uv_now(loop);
	progress->is_open = true;
	uv_timer_init(loop, &progress->timer);
	progress->timer.data = progress;
	uv_timer_start(&progress->timer, tick, EACH_MS, EACH_MS);
}

static void say_what_is_missing(const struct progress *progress)
{
	if (progress->events == 0)
		log_line(LOG_NOTE, LOG_NO_PORT, "RECO",
			 "no event came: does the target trace, and was it asked for any?");
	else if (!progress->is_welcome)
		log_line(
			LOG_NOTE, LOG_NO_PORT, "RECO",
			"the target speaks the original protocol, which has no tasks and no times");
}

void progress_close(struct progress *progress)
{
	char text[150];
	if (!progress->is_open)
		return;
	progress->is_open = false;
	log_status("%s", "");
	log_line(LOG_NOTE, LOG_NO_PORT, "RECO", "%s: %s", progress->recorder->path,
		 describe(progress, text, sizeof text));
	say_what_is_missing(progress);
	uv_close((uv_handle_t *)&progress->timer, NULL);
}
