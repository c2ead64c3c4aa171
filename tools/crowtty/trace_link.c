/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string.h>
#include <mnemos/proto/sermux.h>

#include "log.h"
#include "trace_link.h"

/* Often enough for MN_TRACE_KEEP_MS, with one that is lost. */
#define KEEP_MS 2000

/* The original has a heartbeat only where it listens for a new host: after so long, it does. */
#define BEAT_GAP_NS 3000000000u

/* So long an answer may take. */
#define HUSH_NS 300000000u

/* What does not help after so many times will not. */
#define MOST_TRIES 3

/* Call sites are asked for this often; so many ticks a snapshot may take. */
#define ASK_AGAIN_NS 1000000000u
#define SNAPSHOT_TICKS 2

const char *trace_level_word(enum mn_trace_level level)
{
	static const char *const words[] = {"TRCE", "DBUG", "INFO", "WARN", "ERR", "OFF"};
	return words[level];
}

const char *trace_level_option(enum mn_trace_level level)
{
	static const char *const options[] = {"Some(TRCE)", "Some(DBUG)", "Some(INFO)",
					      "Some(WARN)", "Some(ERR)",  "None"};
	return options[level];
}

/*
 * Asking.
 */

static void request(struct trace_link *link, const struct mn_trace_request *what)
{
	uint8_t wire[MN_TRACE_REQUEST_MAX];
	size_t len = mn_trace_encode_request(wire, sizeof wire, what);
	link->send(link->context, wire, len);
}

static void ask_to_extend(struct trace_link *link)
{
	request(link,
		&(struct mn_trace_request){.kind = MN_TRACE_EXTEND, .number = MN_TRACE_VERSION});
}

static void ask_for_targets(struct trace_link *link)
{
	const struct trace_filter *filter = link->filter;
	for (unsigned i = 0; i < filter->count; i++) {
		const char *target = filter->directives[i].target;
		request(link, &(struct mn_trace_request){
				      .kind = MN_TRACE_SET_TARGET_LEVEL,
				      .level = filter->directives[i].level,
				      .target = {target, strlen(target)},
			      });
	}
}

/* An original target knows one level only, so it gets the most verbose one. */
static void ask_for_level(struct trace_link *link)
{
	bool extended = link->state == TRACE_LINK_EXTENDED;
	enum mn_trace_level level = extended ? link->filter->level : link->filter->least;
	link->asked_ns = link->host_ns;
	link->misses = false;
	request(link, &(struct mn_trace_request){.kind = MN_TRACE_SET_MAX_LEVEL, .level = level});
	if (extended)
		ask_for_targets(link);
	log_line(LOG_DEBUG, MN_SERMUX_TRACE, "BEAT", "Sent request for %s",
		 trace_level_option(link->filter->least));
}

static bool wants_any(const struct trace_link *link)
{
	return link->filter->least != MN_TRACE_OFF;
}

/* The target is new to us, or we are to it. */
static void begin(struct trace_link *link)
{
	link->state = TRACE_LINK_ASKED;
	link->had_beat = link->has_names = false;
	link->extend_tries = link->level_tries = 0;
	if (!wants_any(link))
		return;
	ask_to_extend(link);
	ask_for_level(link);
}

bool trace_link_snapshot(struct trace_link *link)
{
	if (link->state != TRACE_LINK_EXTENDED || link->was_taken)
		return false;
	link->snapshot_waits = 1;
	link->snapshot_damaged = false;
	link->snapshot++;
	request(link,
		&(struct mn_trace_request){.kind = MN_TRACE_SNAPSHOT, .number = link->snapshot});
	return true;
}

/* Whether we have the word. Who gets it back doesn't know what was said meanwhile. */
static bool may_speak(struct trace_link *link)
{
	bool was_taken = link->was_taken;
	link->was_taken = link->is_taken && link->is_taken(link->context);
	if (was_taken && !link->was_taken)
		begin(link);
	return !link->was_taken;
}

/* Something was lost on the way: a new level makes the target announce everything again. What
 * was asked for just now may be on its way. */
static void ask_for_missing(struct trace_link *link)
{
	if (link->misses && link->host_ns - link->asked_ns > ASK_AGAIN_NS &&
	    link->state != TRACE_LINK_DOWN && wants_any(link) && may_speak(link))
		ask_for_level(link);
}

static void tick(uv_timer_t *timer)
{
	struct trace_link *link = timer->data;
	link->host_ns = uv_hrtime();
	ask_for_missing(link);
	if (!may_speak(link) || link->state != TRACE_LINK_EXTENDED)
		return;
	/* One that is on its way for long was lost. */
	if (link->snapshot_waits > 0 && link->snapshot_waits++ > SNAPSHOT_TICKS)
		link->snapshot_waits = 0;
	bool is_enough = link->snapshot_ms == 0 && link->has_names;
	if (is_enough || link->snapshot_waits > 0)
		request(link, &(struct mn_trace_request){.kind = MN_TRACE_KEEP});
	else
		trace_link_snapshot(link);
}

/*
 * Listening.
 */

static void check_level(struct trace_link *link, enum mn_trace_level level)
{
	bool is_first = !link->had_beat || link->host_ns - link->beat_ns > BEAT_GAP_NS;
	bool is_new = !link->had_beat || link->beat_level != level;
	if (level == link->filter->least) {
		if (is_first && wants_any(link) && link->state == TRACE_LINK_ASKED)
			ask_for_level(link);
		return;
	}
	/* It may have been built without the level that is wanted: then asking does not help. */
	if (is_new)
		link->level_tries = 0;
	if (is_first || link->level_tries++ < MOST_TRIES)
		ask_for_level(link);
}

/* What was asked for just now is not answered by this one yet. */
static void check_heartbeat(struct trace_link *link, enum mn_trace_level level)
{
	if (link->asked_ns > 0 && link->host_ns - link->asked_ns < HUSH_NS)
		return;
	if (link->state == TRACE_LINK_ASKED && wants_any(link) && link->extend_tries < MOST_TRIES) {
		link->extend_tries++;
		ask_to_extend(link);
	}
	check_level(link, level);
	link->had_beat = true;
	link->beat_level = level;
}

static void on_heartbeat(struct trace_link *link, enum mn_trace_level level)
{
	bool extended = link->state == TRACE_LINK_EXTENDED;
	if (!may_speak(link))
		link->had_beat = false;
	else if (extended && ++link->beats_since_time >= TRACE_BEATS_WITHOUT_TIME)
		begin(link);
	else
		check_heartbeat(link, level);
	link->beat_ns = link->host_ns;
}

static void on_welcome(struct trace_link *link)
{
	link->beats_since_time = 0;
	if (link->state == TRACE_LINK_EXTENDED || !may_speak(link))
		return;
	link->state = TRACE_LINK_EXTENDED;
	link->level_tries = 0;
	if (link->filter->count > 0)
		ask_for_level(link);
	trace_link_snapshot(link);
}

static void on_message(void *context, const struct mn_trace_message *message, uint64_t host_ns)
{
	struct trace_link *link = context;
	switch (message->kind) {
	case MN_TRACE_HEARTBEAT:
		on_heartbeat(link, message->level);
		break;
	case MN_TRACE_WELCOME:
		on_welcome(link);
		break;
	case MN_TRACE_TIME:
		link->beats_since_time = 0;
		break;
	case MN_TRACE_SNAPSHOT_END:
		if (message->snapshot.id == link->snapshot) {
			link->snapshot_waits = 0;
			link->has_names |= !link->snapshot_damaged;
		}
		break;
	default:
		break;
	}
	if (link->sink->message)
		link->sink->message(link->sink->context, message, host_ns);
}

static void on_event(void *context, const struct trace_event *event)
{
	struct trace_link *link = context;
	link->misses |= event->incomplete;
	ask_for_missing(link);
	if (link->sink->event)
		link->sink->event(link->sink->context, event);
}

static void on_site(void *context, const struct trace_site *site)
{
	struct trace_link *link = context;
	if (link->sink->site)
		link->sink->site(link->sink->context, site);
}

static void on_damage(void *context, size_t len)
{
	struct trace_link *link = context;
	link->snapshot_damaged = true;
	link->misses = true; /* or has something wrong that can be read all the same */
	if (link->sink->damage)
		link->sink->damage(link->sink->context, len);
}

/* What has no time of the target gets one near to those: since the start, as in the log. */
void trace_link_take(struct trace_link *link, const void *bytes, size_t len)
{
	link->host_ns = uv_hrtime();
	trace_stream_take(link->stream, bytes, len, log_time_ns());
}

/*
 * Begin and end.
 */

void trace_link_open(struct trace_link *link, uv_loop_t *loop)
{
	link->tap = (struct trace_sink){link, on_event, on_site, on_message, on_damage};
	link->stream = trace_stream_new(&link->tap);
	uv_timer_init(loop, &link->timer);
	link->timer.data = link;
}

void trace_link_up(struct trace_link *link)
{
	unsigned ms = link->snapshot_ms ? link->snapshot_ms : KEEP_MS;
	trace_stream_restart(link->stream);
	link->host_ns = uv_hrtime();
	link->snapshot_waits = 0;
	link->state = TRACE_LINK_ASKED;
	if (wants_any(link))
		uv_timer_start(&link->timer, tick, ms, ms);
	link->was_taken = true; /* so that it begins now, or once it may */
	may_speak(link);
}

void trace_link_down(struct trace_link *link)
{
	link->state = TRACE_LINK_DOWN;
	uv_timer_stop(&link->timer);
}

void trace_link_close(struct trace_link *link)
{
	if (link->stream && !uv_is_closing((uv_handle_t *)&link->timer))
		uv_close((uv_handle_t *)&link->timer, NULL);
}

void trace_link_free(struct trace_link *link)
{
	if (link->stream)
		trace_stream_free(link->stream);
	link->stream = NULL;
}
