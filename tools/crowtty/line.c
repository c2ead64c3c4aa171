/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <mnemos/proto/sermux.h>

#include "line.h"
#include "log.h"

#define READ_SIZE 65536

static void connect_now(struct line *line);

/*
 * Down.
 */

static void retry_is_due(uv_timer_t *timer)
{
	connect_now(timer->data);
}

static void wait_for_retry(struct line *line)
{
	line->state = LINE_WAITING;
	if (line->pty)
		return; /* it tells when it is opened */
	if (line->has_another_address) {
		line->has_another_address = false;
		uv_timer_start(&line->retry, retry_is_due, 0, 0);
		return;
	}
	uv_timer_start(&line->retry, retry_is_due, line->delay_ms, 0);
	line->delay_ms *= 2;
	if (line->delay_ms > LINE_RETRY_MOST_MS)
		line->delay_ms = LINE_RETRY_MOST_MS;
}

static void end(struct line *line)
{
	line->state = LINE_CLOSED;
	uv_close((uv_handle_t *)&line->retry, NULL);
}

static void handle_closed(uv_handle_t *handle)
{
	struct line *line = handle->data;
	outbox_clear(&line->outbox);
	if (line->ending) {
		end(line);
		return;
	}
	wait_for_retry(line);
	if (line->pty)
		pty_released(line->pty);
}

static void close_handle(struct line *line)
{
	line->state = LINE_CLOSING;
	uv_close(&line->handle, handle_closed);
}

static const char *reason(int error)
{
	return error == UV_EOF || error == UV_EIO ? "the other end closed it" : uv_strerror(error);
}

/* Whether to try again after a failure; if not, reports it. */
static bool may_retry(struct line *line, int error)
{
	const char *name = line->target->name;
	if (line->was_up ? line->reconnect : line->wait)
		return true;
	if (line->was_up)
		log_fatal("lost %s: %s", name, reason(error));
	else
		log_fatal("cannot connect to %s: %s (with --wait, crowtty waits for the target)",
			  name, uv_strerror(error));
	return false;
}

static void give_up(struct line *line)
{
	line->events.on_failed(line->events.context);
}

static void connect_failed(struct line *line, int error)
{
	bool retry = may_retry(line, error);
	if (retry && !line->waiting_said && !line->was_up) {
		line->waiting_said = true;
		log_line(LOG_INFO, LOG_NO_PORT, "LINE", "waiting for %s: %s", line->target->name,
			 uv_strerror(error));
	}
	if (!retry)
		give_up(line);
}

static void set_congested(struct line *line, bool congested)
{
	if (line->congested == congested)
		return;
	line->congested = congested;
	if (line->events.on_congested)
		line->events.on_congested(line->events.context, congested);
}

static void lost(struct line *line, int error)
{
	if (line->state != LINE_UP)
		return;
	recorder_put(line->recorder, RECORD_DOWN, NULL, 0);
	line->events.on_down(line->events.context);
	set_congested(line, false);
	size_t unsent = line->outbox.len;
	outbox_clear(&line->outbox);
	close_handle(line);
	if (!may_retry(line, error)) {
		give_up(line);
		return;
	}
	log_line(LOG_NOTE, LOG_NO_PORT, "LINE", "lost %s: %s; waiting for it to come back",
		 line->target->name, reason(error));
	if (unsent > 0)
		log_line(LOG_NOTE, LOG_NO_PORT, "LINE", "%zuB were not sent", unsent);
}

/*
 * Up: writing.
 */

static void send_now(struct line *line)
{
	int error = outbox_send(&line->outbox);
	if (error)
		lost(line, error);
	else
		set_congested(line, line->outbox.len > 0);
}

static void written(struct outbox *outbox, int status)
{
	struct line *line = outbox->request.handle->data;
	if (line->state != LINE_UP)
		return;
	if (status < 0)
		lost(line, status);
	else
		send_now(line);
}

void line_send(struct line *line, uint16_t port, const void *data, size_t len)
{
	const uint8_t *from = data;
	size_t most = MN_SERMUX_MAX_PAYLOAD(line->max_frame);
	size_t read_len = len, wire_len = 0;
	if (line->state != LINE_UP)
		return;
	while (len > 0) {
		size_t part = len < most ? len : most;
		size_t room = MN_SERMUX_BOUND(part);
		uint8_t *frame = outbox_space(&line->outbox, room);
		size_t frame_len = mn_sermux_encode(frame, room, port, from, part);
		recorder_put(line->recorder, RECORD_TO_TARGET, frame, frame_len);
		outbox_commit(&line->outbox, frame_len);
		wire_len += frame_len;
		from += part;
		len -= part;
	}
	log_line(LOG_DEBUG, port, " MUX", "%zuB <- :%u (%zuB on the line)", read_len, port,
		 wire_len);
	send_now(line);
}

void line_send_raw(struct line *line, const void *data, size_t len)
{
	if (line->state != LINE_UP)
		return;
	recorder_put(line->recorder, RECORD_TO_TARGET, data, len);
	outbox_add(&line->outbox, data, len);
	send_now(line);
}

/*
 * Up: reading.
 */

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	static char buffer[READ_SIZE];
	(void)handle;
	(void)suggested;
	*buf = uv_buf_init(buffer, sizeof buffer);
}

static void have_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct line *line = stream->data;
	if (n < 0) {
		lost(line, (int)n);
	} else if (n > 0) {
		line->delay_ms = LINE_RETRY_FIRST_MS;
		recorder_put(line->recorder, RECORD_FROM_TARGET, buf->base, (size_t)n);
		line->events.on_data(line->events.context, (const uint8_t *)buf->base, (size_t)n);
	}
}

static void update_reading(struct line *line)
{
	if (line->state != LINE_UP)
		return;
	if (line->held) {
		uv_read_stop(&line->stream);
		return;
	}
	int error = uv_read_start(&line->stream, give_buffer, have_read);
	if (error && error != UV_EALREADY)
		lost(line, error);
}

void line_hold(struct line *line, bool hold)
{
	line->held = hold;
	update_reading(line);
}

static void up(struct line *line)
{
	line->state = LINE_UP;
	log_line(line->was_up ? LOG_NOTE : LOG_INFO, LOG_NO_PORT, "LINE", "connected to %s%s",
		 line->target->name, line->was_up ? " again" : "");
	line->was_up = true;
	outbox_open(&line->outbox, &line->stream, written);
	recorder_put(line->recorder, RECORD_UP, line->target->name, strlen(line->target->name));
	update_reading(line);
	outbox_add(&line->outbox, "", 1);
	recorder_put(line->recorder, RECORD_TO_TARGET, "", 1);
	send_now(line);
	if (line->state == LINE_UP)
		line->events.on_up(line->events.context);
}

/*
 * Connecting.
 */

/* Trying a local port that nobody listens on can, once in a while, be given that very port to
 * connect from, and TCP then connects it to itself; worse, the target cannot have it. */
static bool is_own_echo(struct line *line)
{
	struct sockaddr_storage here = {0}, there = {0};
	int here_len = sizeof here, there_len = sizeof there;
	return line->target->kind == TARGET_TCP &&
	       uv_tcp_getsockname(&line->tcp, (struct sockaddr *)&here, &here_len) == 0 &&
	       uv_tcp_getpeername(&line->tcp, (struct sockaddr *)&there, &there_len) == 0 &&
	       here_len == there_len && memcmp(&here, &there, (size_t)here_len) == 0;
}

/* A buffer that is larger than asked for delays keys in a flood, and is no error. */
static void limit_kernel(struct line *line)
{
	int fd, most = LINE_IN_KERNEL;
	if (uv_fileno(&line->handle, &fd) != 0)
		return;
	if (line->target->kind == TARGET_TCP)
		setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most, sizeof most);
	else
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &most, sizeof most);
}

static void connected(uv_connect_t *request, int status)
{
	struct line *line = request->data;
	if (line->ending)
		return;
	if (status == 0 && is_own_echo(line))
		status = UV_ECONNREFUSED;
	if (status == 0) {
		if (line->target->kind == TARGET_TCP)
			uv_tcp_nodelay(&line->tcp, 1);
		limit_kernel(line);
		up(line);
		return;
	}
	close_handle(line);
	if (line->address && line->address->ai_next) {
		line->address = line->address->ai_next;
		line->has_another_address = true;
		return;
	}
	line->address = line->target->addresses;
	connect_failed(line, status);
}

static int connect_tcp(struct line *line)
{
	uv_tcp_init(line->loop, &line->tcp);
	return uv_tcp_connect(&line->connecting, &line->tcp, line->address->ai_addr, connected);
}

static int connect_unix(struct line *line)
{
	uv_pipe_init(line->loop, &line->pipe, 0);
	uv_pipe_connect(&line->connecting, &line->pipe, line->target->path, connected);
	return 0;
}

/* For what is open as soon as it is opened. */
static int adopt(struct line *line, int fd)
{
	uv_pipe_init(line->loop, &line->pipe, 0);
	int error = fd < 0 ? fd : uv_pipe_open(&line->pipe, fd);
	if (error && fd >= 0)
		close(fd);
	if (!error) {
		line->handle.data = line;
		up(line);
	}
	return error;
}

static int open_target(struct line *line)
{
	switch (line->target->kind) {
	case TARGET_TCP:
		return connect_tcp(line);
	case TARGET_UNIX:
		return connect_unix(line);
	case TARGET_SERIAL:
		return adopt(line, target_open_serial(line->target));
	case TARGET_PTY:
		return adopt(line, pty_take(line->pty));
	}
	return UV_EINVAL;
}

static void connect_now(struct line *line)
{
	line->state = LINE_CONNECTING;
	line->connecting.data = line;
	int error = open_target(line);
	line->handle.data = line;
	if (!error)
		return;
	close_handle(line);
	connect_failed(line, error);
}

static void pty_opened(struct pty *pty)
{
	connect_now(pty->data);
}

bool line_open(struct line *line)
{
	line->delay_ms = LINE_RETRY_FIRST_MS;
	uv_timer_init(line->loop, &line->retry);
	line->retry.data = line;
	line->address = line->target->addresses;
	line->state = LINE_WAITING;
	if (line->target->kind != TARGET_PTY) {
		uv_timer_start(&line->retry, retry_is_due, 0, 0);
		return true;
	}
	line->pty = pty_new(line->pty_watch, line->target->path, pty_opened, line);
	if (line->pty)
		log_line(LOG_NOTE, LOG_NO_PORT, "LINE", "waiting for the target on %s",
			 line->pty->path);
	return line->pty != NULL;
}

void line_close(struct line *line)
{
	if (line->ending)
		return;
	line->ending = true;
	if (line->pty)
		pty_hide(line->pty);
	if (line->state == LINE_WAITING)
		end(line);
	else if (line->state == LINE_CONNECTING || line->state == LINE_UP)
		close_handle(line);
}

void line_free(struct line *line)
{
	outbox_clear(&line->outbox);
	if (line->pty)
		pty_free(line->pty);
}
