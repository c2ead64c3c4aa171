/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the parts of the trace daemon share: trace.c, trace_send.c, trace_snapshot.c. */
#ifndef DAEMONS_TRACE_INTERNAL_H
#define DAEMONS_TRACE_INTERNAL_H

#include <string.h>
#include <mnemos/daemons/trace.h>

/* Bits of mn_trace_daemon.due, in the order in which they are sent. */
enum {
	MN__TRACE_DUE_WELCOME = 1,
	MN__TRACE_DUE_BEAT = 2,
	MN__TRACE_DUE_TIME = 4,
	MN__TRACE_DUE_HELLO = 8,
	MN__TRACE_DUE_LOST = 16,
};

/*
 * What sends answers whether the send buffer had room; if not, it has changed nothing and is
 * called again with an empty one.
 */

/* One message. */
bool mn__tracer_put_message(struct mn_trace_daemon *self, const struct mn_trace_message *message);

/* The record that self->record holds, behind what has to be announced for it. */
bool mn__tracer_put_record(struct mn_trace_daemon *self);

/* Makes self->record, which is free, the event with which a level is acknowledged. */
void mn__tracer_make_hello(struct mn_trace_daemon *self);

bool mn__tracer_put_welcome(struct mn_trace_daemon *self);

/* The whole clock, where the host speaks the extension. */
bool mn__tracer_put_time(struct mn_trace_daemon *self, uint64_t time);

/* The record does not fit even an empty buffer: it is counted instead. */
void mn__tracer_lose_record(struct mn_trace_daemon *self);

/* The next parts of a snapshot, if one is asked for. */
bool mn__tracer_put_snapshot(struct mn_trace_daemon *self);

/* What the daemon was built from. */
extern const char mn__tracer_release[], mn__tracer_build[], mn__tracer_target[],
	mn__tracer_machine[], mn__tracer_profile[];

static inline struct mn_trace_text mn__tracer_text(const char *text)
{
	return (struct mn_trace_text){text ? text : "", text ? strlen(text) : 0};
}

/* Time of trace records, now. */
static inline uint64_t mn__tracer_now(void)
{
	return mn_platform_trace_time(mn_running);
}

#endif
