/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "outbox.h"
#include "stdio_stream.h"

#define BACKLOG_LIMIT ((size_t)4 * 1024 * 1024)
#define BEHIND (BACKLOG_LIMIT / 4)
#define CLOSE_MS 1000
#define LINE_MAX_BYTES 8192

static struct {
	enum log_level most;
	char conn[5];
	bool is_terminal; /* that knows escape sequences */
	bool colour;
	char status[150];
	uint64_t start_ns;
	bool time_is_set;
	uint64_t time_ns;

	enum {
		NOT_OPEN,
		DIRECT, /* files: written to without waiting */
		STREAM, /* pipes and terminals: through the outbox */
		GONE,   /* nobody reads: lines go nowhere */
	} sink;
	uv_pipe_t stream;
	struct outbox outbox;
	uv_timer_t closing; /* from log_close() on */
	bool is_closing;
	size_t lost; /* lines dropped since the last one that was shown */
	bool is_behind;
	void (*on_caught_up)(void *context);
	void *context;
} self;

static void stop(void)
{
	if (self.sink != STREAM)
		return;
	self.sink = GONE;
	uv_close((uv_handle_t *)&self.stream, NULL);
	outbox_clear(&self.outbox);
	if (self.is_closing)
		uv_close((uv_handle_t *)&self.closing, NULL);
}

static void update_behind(void)
{
	bool was_behind = self.is_behind;
	self.is_behind = self.sink == STREAM && self.outbox.len > (was_behind ? 0 : BEHIND);
	if (was_behind && !self.is_behind && self.on_caught_up)
		self.on_caught_up(self.context);
}

static void send_now(void)
{
	if (outbox_send(&self.outbox) || (self.is_closing && self.outbox.len == 0))
		stop();
	update_behind();
}

static void written(struct outbox *outbox, int status)
{
	(void)outbox;
	if (self.sink != STREAM)
		return;
	if (status < 0) {
		stop();
		update_behind();
	} else {
		send_now();
	}
}

void log_open(uv_loop_t *loop, enum log_level most)
{
	self.most = most;
	self.start_ns = uv_hrtime();
	const char *term = getenv("TERM");
	self.is_terminal = isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0;
	self.colour = self.is_terminal && !getenv("NO_COLOR");
	uv_timer_init(loop, &self.closing);
	int error = stdio_stream_open(loop, &self.stream, STDOUT_FILENO);
	self.sink = error ? DIRECT : STREAM;
	if (!error)
		outbox_open(&self.outbox, (uv_stream_t *)&self.stream, written);
}

/* Space for this line is always there: the limit is for those before it. */
static void say_lost(void)
{
	char line[100];
	if (self.lost == 0)
		return;
	int len = snprintf(line, sizeof line,
			   "... %zu lines not shown: this output was not read fast enough\n",
			   self.lost);
	self.lost = 0;
	outbox_add(&self.outbox, line, (size_t)len);
}

static void close_late(uv_timer_t *timer)
{
	(void)timer;
	stop();
}

void log_close(void)
{
	if (self.is_closing || self.sink == NOT_OPEN)
		return;
	bool patient = self.on_caught_up != NULL;
	log_status("%s", "");
	self.on_caught_up = NULL;
	say_lost();
	self.is_closing = true;
	if (self.sink != STREAM) {
		uv_close((uv_handle_t *)&self.closing, NULL);
		return;
	}
	if (!patient)
		uv_timer_start(&self.closing, close_late, CLOSE_MS, 0);
	send_now();
}

void log_set_conn(const char *conn)
{
	snprintf(self.conn, sizeof self.conn, "%s", conn);
}

void log_set_time_ns(uint64_t time_ns)
{
	self.time_is_set = true;
	self.time_ns = time_ns;
}

bool log_is_behind(void)
{
	return self.is_behind;
}

void log_on_caught_up(void (*on_caught_up)(void *context), void *context)
{
	self.on_caught_up = on_caught_up;
	self.context = context;
}

bool log_wants(enum log_level level)
{
	return level <= self.most;
}

static void put(const char *line, size_t len)
{
	switch (self.sink) {
	case DIRECT:
		if (write(STDOUT_FILENO, line, len) < 0)
			self.sink = GONE;
		break;
	case STREAM:
		if (self.outbox.len > BACKLOG_LIMIT) {
			self.lost++;
			break;
		}
		outbox_add(&self.outbox, line, len);
		send_now();
		break;
	case NOT_OPEN:
	case GONE:
		break;
	}
}

static void hide_status(void)
{
	if (self.status[0])
		put("\r\033[K", 4);
}

static void show_status(void)
{
	put(self.status, strlen(self.status));
}

/* Puts a line of at most LINE_MAX_BYTES; a longer one is cut. */
static void put_format(const char *tag, const char *format, va_list list)
{
	char line[LINE_MAX_BYTES];
	int len = snprintf(line, sizeof line, "%s", tag);
	len += vsnprintf(line + len, sizeof line - (size_t)len, format, list);
	if (len > (int)sizeof line - 2)
		len = (int)sizeof line - 2;
	line[len++] = '\n';
	put(line, (size_t)len);
}

uint64_t log_time_ns(void)
{
	return self.time_is_set ? self.time_ns : uv_hrtime() - self.start_ns;
}

bool log_has_colour(void)
{
	return self.colour;
}

static void make_tag(char *tag, size_t size, uint64_t ns, int port, const char *word,
		     enum log_level level)
{
	char number[8] = " ";
	if (port != LOG_NO_PORT)
		snprintf(number, sizeof number, "%d", port);
	snprintf(tag, size, "%s[%s +%04u.%09us] %s %s%s%s ", self.colour ? "\033[2m" : "", number,
		 (unsigned)(ns / 1000000000), (unsigned)(ns % 1000000000), self.conn,
		 self.colour ? (level == LOG_NOTE ? "\033[0;1m" : "\033[0m") : "", word,
		 self.colour ? "\033[0m" : "");
}

static void say(uint64_t time_ns, enum log_level level, int port, const char *word,
		const char *format, va_list list)
{
	char tag[100];
	if (self.outbox.len < BACKLOG_LIMIT / 2)
		say_lost();
	make_tag(tag, sizeof tag, time_ns, port, word, level);
	hide_status();
	put_format(tag, format, list);
	show_status();
}

void log_line(enum log_level level, int port, const char *word, const char *format, ...)
{
	va_list list;
	if (!log_wants(level))
		return;
	va_start(list, format);
	say(log_time_ns(), level, port, word, format, list);
	va_end(list);
}

void log_line_at(uint64_t time_ns, enum log_level level, int port, const char *word,
		 const char *format, ...)
{
	va_list list;
	if (!log_wants(level))
		return;
	va_start(list, format);
	say(time_ns, level, port, word, format, list);
	va_end(list);
}

void log_status(const char *format, ...)
{
	va_list list;
	if (!self.is_terminal || self.is_closing)
		return;
	hide_status();
	va_start(list, format);
	vsnprintf(self.status, sizeof self.status, format, list);
	va_end(list);
	show_status();
}

void log_fatal(const char *format, ...)
{
	fputs("crowtty: ", stderr);
	va_list list;
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
}
