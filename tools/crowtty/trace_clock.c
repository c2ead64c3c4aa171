/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "trace_clock.h"

#define NS_PER_S 1000000000u

/* How far a whole time may be from the one before, and an event from a whole time. */
#define MOST_AHEAD_S 10
#define MOST_BEHIND_S 1
#define EVENT_MOST_S 2

uint64_t trace_clock_ns(const struct trace_clock *clock, uint64_t ticks)
{
	if (!clock->running)
		return 0;
	uint64_t part = ticks % clock->hz * NS_PER_S / clock->hz;
	return clock->base_ns + ticks / clock->hz * NS_PER_S + part;
}

/* All times are later by as much as it takes for this one not to be before the latest. */
static void rebase(struct trace_clock *clock)
{
	uint64_t ns = trace_clock_ns(clock, clock->ticks);
	if (ns < clock->latest_ns)
		clock->base_ns += clock->latest_ns - ns;
}

static bool follows(const struct trace_clock *clock, uint64_t now, uint64_t before)
{
	int64_t ahead = (int64_t)(now - before);
	return ahead >= -(int64_t)clock->hz * MOST_BEHIND_S &&
	       ahead <= (int64_t)clock->hz * MOST_AHEAD_S;
}

void trace_clock_start(struct trace_clock *clock, uint32_t hz, uint64_t now)
{
	/* Asked a second time, the same target goes on where it was. */
	bool same = clock->running && clock->hz == hz && follows(clock, now, clock->ticks);
	clock->running = hz > 0;
	clock->doubting = false;
	clock->agreed &= same;
	clock->hz = hz;
	clock->ticks = now;
	if (!same)
		rebase(clock);
}

void trace_clock_stop(struct trace_clock *clock)
{
	clock->running = false;
}

void trace_clock_set(struct trace_clock *clock, uint64_t now)
{
	if (!clock->running)
		return;
	bool follows_last = follows(clock, now, clock->ticks);
	bool follows_doubted = clock->doubting && follows(clock, now, clock->doubted);
	if (follows_last || follows_doubted || !clock->agreed) {
		clock->doubting = false;
		clock->agreed = follows_last || follows_doubted;
		clock->ticks = now;
		if (!follows_last)
			rebase(clock);
	} else {
		clock->doubting = true;
		clock->doubted = now;
	}
}

static uint64_t give_out(struct trace_clock *clock, uint64_t ns)
{
	if (ns > clock->latest_ns)
		clock->latest_ns = ns;
	return clock->latest_ns;
}

uint64_t trace_clock_event(struct trace_clock *clock, uint32_t low)
{
	/* Before or after: what was recorded first may be sent behind a TIME. */
	int64_t ahead = (int32_t)(low - (uint32_t)clock->ticks);
	int64_t most = (int64_t)clock->hz * EVENT_MOST_S;
	if (ahead > most || ahead < -most)
		return clock->latest_ns;
	if (ahead < 0 && (uint64_t)-ahead > clock->ticks)
		return clock->latest_ns;
	return give_out(clock, trace_clock_ns(clock, clock->ticks + (uint64_t)ahead));
}

uint64_t trace_clock_host(struct trace_clock *clock, uint64_t host_ns)
{
	return give_out(clock, host_ns);
}
