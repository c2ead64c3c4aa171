/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* crowtty replay: a recording in place of a target. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "log.h"
#include "memory.h"
#include "record.h"
#include "session.h"
#include "text.h"
#include "trace_log.h"

/* At full speed other events get their turn after this many records. */
#define RECORDS_PER_TURN 64

struct replay {
	struct session session; /* first: on_end gets it */
	struct recording recording;
	struct record next; /* the one to play */
	uv_timer_t timer;
	uint64_t begin_ms; /* of the loop's clock: when time 0 of the recording was */
	bool has_timer, held;
	struct trace_log trace_log;
	struct trace_stream *trace;
};

static void play(uv_timer_t *timer);

/*
 * Playing.
 */

static uint64_t due_ms(const struct replay *self)
{
	double speed = self->session.options->speed;
	if (speed == 0)
		return 0;
	return self->begin_ms + (uint64_t)((double)self->next.time_ns / 1e6 / speed);
}

/* Sets the timer for the next record. */
static void schedule(struct replay *self)
{
	uint64_t now = uv_now(&self->session.loop);
	uint64_t due = due_ms(self);
	if (!self->held && !log_is_behind() && !self->session.ending)
		uv_timer_start(&self->timer, play, due > now ? due - now : 0, 0);
}

static void play_one(struct replay *self)
{
	struct record *record = &self->next;
	struct demux *demux = &self->session.demux;
	log_set_time_ns(record->time_ns);
	switch (record->kind) {
	case RECORD_FROM_TARGET:
		demux_take(demux, record->data, record->len);
		break;
	case RECORD_UP:
		demux_start(demux);
		trace_log_start(&self->trace_log);
		trace_stream_restart(self->trace);
		log_line(LOG_INFO, LOG_NO_PORT, "LINE", "connected to %.*s", (int)record->len,
			 (const char *)record->data);
		break;
	case RECORD_DOWN:
		demux_stop(demux);
		log_line(LOG_INFO, LOG_NO_PORT, "LINE", "the line was lost");
		break;
	case RECORD_TO_TARGET:
		break;
	}
}

static void on_frame(void *context, uint16_t port, const uint8_t *data, size_t len)
{
	struct replay *self = context;
	if (port == MN_SERMUX_TRACE)
		trace_stream_take(self->trace, data, len, self->next.time_ns);
}

/* Reads the next record; at the end or at damage, the session ends. */
static bool advance(struct replay *self)
{
	enum record_result result = recording_next(&self->recording, &self->next);
	if (result == RECORD_GOOD)
		return true;
	demux_stop(&self->session.demux);
	session_finish(&self->session, result == RECORD_END ? EXIT_GOOD : EXIT_TROUBLE);
	return false;
}

static void play(uv_timer_t *timer)
{
	struct replay *self = timer->data;
	for (int i = 0; i < RECORDS_PER_TURN; i++) {
		if (self->held || log_is_behind() || self->session.ending)
			return;
		if (due_ms(self) > uv_now(&self->session.loop))
			break;
		play_one(self);
		if (!advance(self))
			return;
	}
	schedule(self);
}

static void go_on(void *context)
{
	schedule(context);
}

static void begin(void *context)
{
	struct replay *self = context;
	uv_update_time(&self->session.loop);
	self->begin_ms = uv_now(&self->session.loop);
	if (advance(self))
		schedule(self);
}

/*
 * The other side of the ports.
 */

/* Nobody is there to be told. */
static void send_input(void *context, uint16_t port, const void *data, size_t len)
{
	(void)context;
	(void)port;
	(void)data;
	(void)len;
}

static void hold(void *context, bool hold)
{
	struct replay *self = context;
	self->held = hold;
	if (!hold)
		schedule(self);
}

static void on_end(struct session *session)
{
	struct replay *self = (struct replay *)session;
	trace_log_close(&self->trace_log);
	if (self->has_timer)
		uv_close((uv_handle_t *)&self->timer, NULL);
}

static void open_trace(struct replay *self, const struct options *options)
{
	trace_log_open(&self->trace_log, &options->trace);
	self->trace = trace_stream_new(&self->trace_log.sink);
	self->session.demux.on_frame = on_frame;
	self->session.demux.context = self;
}

static int serve(struct replay *self, const struct options *options)
{
	struct port_peer peer = {self, send_input, hold};
	log_set_conn("PLAY");
	if (session_open(&self->session, options, peer, on_end)) {
		uv_timer_init(&self->session.loop, &self->timer);
		self->timer.data = self;
		self->has_timer = true;
		open_trace(self, options);
		log_on_caught_up(go_on, self);
		ports_set_reading(&self->session.ports, true);
		if (options->wait)
			self->session.ports.on_first_client = begin;
		else
			begin(self);
	}
	int code = session_run(&self->session);
	if (self->trace)
		trace_stream_free(self->trace);
	session_free(&self->session);
	return code;
}

/*
 * Listing.
 */

struct direction {
	const char *name;
	struct mn_sermux_receiver receiver;
	uint8_t buffer[65536];
};

static void dump_line(uint64_t time_ns, const char *name, const char *what, const uint8_t *data,
		      size_t len)
{
	char quoted[2048];
	printf("+%04u.%09us %s %-10s %5zuB \"%s\"\n", (unsigned)(time_ns / 1000000000),
	       (unsigned)(time_ns % 1000000000), name, what, len,
	       text_quote(quoted, sizeof quoted, data, len));
}

static void dump_item(uint64_t time_ns, const char *name, const struct mn_sermux_item *item)
{
	static const char *const kinds[] = {
		[MN_SERMUX_FLUSH] = "lone zero",
		[MN_SERMUX_BAD_COBS] = "not COBS",
		[MN_SERMUX_SHORT] = "too short",
		[MN_SERMUX_OVERLONG] = "too long",
	};
	char what[16];
	if (item->kind == MN_SERMUX_NONE)
		return;
	if (item->kind == MN_SERMUX_FRAME)
		snprintf(what, sizeof what, ":%u", item->port);
	else if (item->kind != MN_SERMUX_FLUSH && text_is(item->data, item->len))
		snprintf(what, sizeof what, "text");
	else
		snprintf(what, sizeof what, "%s", kinds[item->kind]);
	dump_line(time_ns, name, what, item->data, item->len);
}

static void dump_bytes(struct direction *direction, const struct record *record)
{
	size_t at = 0;
	while (at < record->len) {
		struct mn_sermux_item item;
		at += mn_sermux_receive(&direction->receiver, record->data + at, record->len - at,
					&item);
		dump_item(record->time_ns, direction->name, &item);
	}
}

static void dump_event(const struct record *record)
{
	printf("+%04u.%09us -- line %s %.*s\n", (unsigned)(record->time_ns / 1000000000),
	       (unsigned)(record->time_ns % 1000000000), record->kind == RECORD_UP ? "up" : "down",
	       (int)record->len, (const char *)record->data);
}

/* Bytes that no zero ended, when the line was lost or the recording is over. */
static void dump_rest(uint64_t time_ns, struct direction *direction)
{
	struct mn_sermux_receiver *receiver = &direction->receiver;
	if (receiver->len > 0)
		dump_line(time_ns, direction->name,
			  text_is(receiver->buffer, receiver->len) ? "text" : "unfinished",
			  receiver->buffer, receiver->len);
	mn_sermux_receiver_reset(receiver);
}

static int dump(struct recording *recording)
{
	static struct direction from = {.name = "->"}, to = {.name = "<-"};
	mn_sermux_receiver_init(&from.receiver, from.buffer, sizeof from.buffer);
	mn_sermux_receiver_init(&to.receiver, to.buffer, sizeof to.buffer);
	struct record record;
	enum record_result result;
	while ((result = recording_next(recording, &record)) == RECORD_GOOD) {
		if (record.kind == RECORD_FROM_TARGET) {
			dump_bytes(&from, &record);
		} else if (record.kind == RECORD_TO_TARGET) {
			dump_bytes(&to, &record);
		} else {
			dump_rest(record.time_ns, &from);
			dump_rest(record.time_ns, &to);
			dump_event(&record);
		}
	}
	dump_rest(recording->last_ns, &from);
	dump_rest(recording->last_ns, &to);
	if (fflush(stdout) || ferror(stdout)) {
		log_fatal("cannot list all of %s: %s", recording->path, strerror(errno));
		return EXIT_TROUBLE;
	}
	return result == RECORD_END ? EXIT_GOOD : EXIT_TROUBLE;
}

int command_replay(int argc, char **argv)
{
	struct options options;
	int code = options_parse(&options, COMMAND_REPLAY, argc, argv);
	if (code >= 0)
		return code;
	struct replay *self = memory_get_zeroed(sizeof *self);
	code = EXIT_TROUBLE;
	if (recording_open(&self->recording, options.operand))
		code = options.dump ? dump(&self->recording) : serve(self, &options);
	recording_close(&self->recording);
	free(self);
	return code;
}
