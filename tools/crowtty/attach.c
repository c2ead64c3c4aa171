/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* crowtty [TARGET]: a target, its ports, and a keyboard. */
#include <mnemos/proto/sermux.h>

#include "commands.h"
#include "keyboard.h"
#include "line.h"
#include "log.h"
#include "memory.h"
#include "progress.h"
#include "session.h"
#include "trace_link.h"
#include "trace_log.h"

#define DEFAULT_TARGET "tcp:127.0.0.1:9999"

/* So often a recording has a picture of all tasks, services and waits. */
#define SNAPSHOT_MS 1000

struct attachment {
	struct session session; /* first: on_end gets it */
	struct target target;
	struct recorder recorder;
	struct line line;
	struct keyboard keyboard;
	struct trace_link trace;
	struct trace_log trace_log;
	struct progress progress; /* of trace record */
};

/*
 * From the ports and the keyboard to the line.
 */

static void send_input(void *context, uint16_t port, const void *data, size_t len)
{
	struct attachment *self = context;
	line_send(&self->line, port, data, len);
}

static void hold(void *context, bool hold)
{
	struct attachment *self = context;
	line_hold(&self->line, hold);
}

static void leave(void *context)
{
	struct attachment *self = context;
	session_end(&self->session, EXIT_GOOD);
}

/*
 * From the line to the ports.
 */

static void on_up(void *context)
{
	struct attachment *self = context;
	demux_start(&self->session.demux);
	trace_log_start(&self->trace_log);
	ports_set_reading(&self->session.ports, true);
	keyboard_set_reading(&self->keyboard, true);
	trace_link_up(&self->trace);
}

static void on_down(void *context)
{
	struct attachment *self = context;
	ports_set_reading(&self->session.ports, false);
	keyboard_set_reading(&self->keyboard, false);
	demux_stop(&self->session.demux);
	trace_link_down(&self->trace);
}

static void on_data(void *context, const uint8_t *data, size_t len)
{
	struct attachment *self = context;
	demux_take(&self->session.demux, data, len);
}

static void on_frame(void *context, uint16_t port, const uint8_t *data, size_t len)
{
	struct attachment *self = context;
	if (port == MN_SERMUX_TRACE)
		trace_link_take(&self->trace, data, len);
}

static void on_congested(void *context, bool congested)
{
	struct attachment *self = context;
	ports_set_congested(&self->session.ports, congested);
	keyboard_set_congested(&self->keyboard, congested);
}

static void on_failed(void *context)
{
	struct attachment *self = context;
	session_finish(&self->session, EXIT_TROUBLE);
}

static void on_end(struct session *session)
{
	struct attachment *self = (struct attachment *)session;
	line_close(&self->line);
	trace_link_close(&self->trace);
	trace_log_close(&self->trace_log);
	progress_close(&self->progress);
	keyboard_close(&self->keyboard);
}

/*
 * The trace.
 */

static void send_trace(void *context, const void *data, size_t len)
{
	send_input(context, MN_SERMUX_TRACE, data, len);
}

/* Who is attached to port 3 speaks with the target; two at a time would confuse it. */
static bool is_trace_taken(void *context)
{
	struct attachment *self = context;
	struct port *port = self->session.ports.by_number[MN_SERMUX_TRACE];
	return port && port->clients;
}

static void record_is_over(void *context, bool good)
{
	struct attachment *self = context;
	session_end(&self->session, good ? EXIT_GOOD : EXIT_TROUBLE);
}

/* Instead of what happens, the log says how much of it there is. */
static void open_progress(struct attachment *self, const struct options *options)
{
	struct progress *progress = &self->progress;
	progress->recorder = &self->recorder;
	progress->next = &self->trace_log.sink;
	progress->limit_s = options->duration_s;
	progress->context = self;
	progress->on_end = record_is_over;
	progress_open(progress, &self->session.loop);
	self->trace_log.silent = true;
	self->trace.sink = &progress->sink;
	self->trace.snapshot_ms = SNAPSHOT_MS;
	self->session.ends_by_interrupt = true;
}

static void open_trace(struct attachment *self, const struct options *options, bool is_record)
{
	struct trace_link *trace = &self->trace;
	trace_log_open(&self->trace_log, &options->trace);
	trace->context = self;
	trace->send = send_trace;
	trace->is_taken = is_trace_taken;
	trace->filter = &options->trace;
	trace->sink = &self->trace_log.sink;
	if (is_record)
		open_progress(self, options);
	trace_link_open(trace, &self->session.loop);
	self->session.demux.on_frame = on_frame;
	self->session.demux.context = self;
}

/*
 * Begin and end.
 */

static void open_keyboard(struct attachment *self, const struct options *options)
{
	uint16_t port = options->keyboard_port;
	self->keyboard.port = port;
	self->keyboard.context = self;
	self->keyboard.send = send_input;
	self->keyboard.leave = leave;
	self->keyboard.raw = options->raw_keyboard;
	if (options->keyboard)
		keyboard_open(&self->keyboard, &self->session.loop);
	else if (self->session.ports.by_number[port])
		log_line(LOG_INFO, port, "KEYB",
			 "pseudo-keyboard (SerMux port :%u) on localhost:%u", port,
			 options->tcp_base + port);
}

static bool open_line(struct attachment *self, const struct options *options)
{
	struct line *line = &self->line;
	line->loop = &self->session.loop;
	line->target = &self->target;
	line->events = (struct line_events){self, on_up, on_down, on_data, on_congested, on_failed};
	line->pty_watch = &self->session.pty_watch;
	line->recorder = &self->recorder;
	line->max_frame = options->max_frame;
	line->wait = options->wait;
	line->reconnect = options->reconnect;
	return line_open(line);
}

static int run(struct attachment *self, const struct options *options, bool is_record)
{
	struct port_peer peer = {self, send_input, hold};
	log_set_conn(target_conn(&self->target));
	if (session_open(&self->session, options, peer, on_end)) {
		open_keyboard(self, options);
		open_trace(self, options, is_record);
		if (!open_line(self, options))
			session_end(&self->session, EXIT_TROUBLE);
	}
	int code = session_run(&self->session);
	line_free(&self->line);
	trace_link_free(&self->trace);
	session_free(&self->session);
	return code;
}

static int attach(const struct options *options, bool is_record)
{
	struct attachment *self = memory_get_zeroed(sizeof *self);
	self->recorder.fd = -1;
	int code =
		target_parse(&self->target, options->operand ? options->operand : DEFAULT_TARGET);
	if (code < 0) {
		code = EXIT_TROUBLE;
		if (!options->record || recorder_open(&self->recorder, options->record))
			code = run(self, options, is_record);
	}
	recorder_close(&self->recorder);
	target_free(&self->target);
	free(self);
	return code;
}

int command_attach(int argc, char **argv)
{
	struct options options;
	int code = options_parse(&options, COMMAND_ATTACH, argc, argv);
	return code >= 0 ? code : attach(&options, false);
}

int command_trace_record(int argc, char **argv)
{
	struct options options;
	int code = options_parse(&options, COMMAND_RECORD, argc, argv);
	if (code >= 0)
		return code;
	options.record = options.operand;
	options.operand = options.output;
	options.keyboard = false;
	return attach(&options, true);
}
