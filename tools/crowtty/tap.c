/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tap.h"
#include "log.h"
#include "options.h"

#define SIMULATOR "tcp:127.0.0.1:9999"

/*
 * From the line.
 */

static bool expects(void *context, uint16_t port)
{
	(void)context;
	(void)port;
	return true;
}

static void frame(void *context, uint16_t port, const uint8_t *data, size_t len)
{
	struct tap *tap = context;
	if (port == tap->port)
		tap->events.on_bytes(tap->events.context, data, len);
}

static void text(void *context, const uint8_t *data, size_t len)
{
	struct tap *tap = context;
	if (tap->events.on_text)
		tap->events.on_text(tap->events.context, data, len);
}

static void bad(void *context, enum unframe_bad kind, const uint8_t *data, size_t len)
{
	(void)context;
	(void)kind;
	(void)data;
	(void)len;
}

static void quiet_for_long(uv_timer_t *timer)
{
	struct tap *tap = timer->data;
	unframe_flush(&tap->unframe);
}

static void on_data(void *context, const uint8_t *data, size_t len)
{
	struct tap *tap = context;
	tap->received += len;
	if (tap->is_port) {
		tap->events.on_bytes(tap->events.context, data, len);
		return;
	}
	unframe_take(&tap->unframe, data, len);
	if (unframe_is_unfinished(&tap->unframe))
		uv_timer_start(&tap->quiet, quiet_for_long, UNFRAME_QUIET_MS, 0);
	else
		uv_timer_stop(&tap->quiet);
}

static void on_up(void *context)
{
	struct tap *tap = context;
	unframe_start(&tap->unframe);
	tap->events.on_up(tap->events.context, true);
}

static void on_down(void *context)
{
	struct tap *tap = context;
	tap->events.on_up(tap->events.context, false);
}

static void on_failed(void *context)
{
	struct tap *tap = context;
	tap->events.on_failed(tap->events.context);
}

/*
 * Where to.
 */

/* Without connecting, which its log would show. */
static bool is_listened_on(unsigned port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int yes = 1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	bool taken = bind(fd, (struct sockaddr *)&address, sizeof address) && errno == EADDRINUSE;
	close(fd);
	return taken;
}

static int choose(struct tap *tap, const char *target, unsigned tcp_base)
{
	char port[32];
	unsigned number = tcp_base + tap->port;
	tap->is_port = !target && number <= 65535 && is_listened_on(number);
	if (!tap->is_port)
		return target_parse(&tap->target, target ? target : SIMULATOR);
	snprintf(port, sizeof port, "tcp:127.0.0.1:%u", number);
	return target_parse(&tap->target, port);
}

/*
 * Life.
 */

static void set_up_line(struct tap *tap)
{
	struct line *line = &tap->line;
	line->loop = tap->loop;
	line->target = &tap->target;
	line->events = (struct line_events){tap, on_up, on_down, on_data, NULL, on_failed};
	line->pty_watch = &tap->pty_watch;
	line->recorder = &tap->recorder;
	line->max_frame = tap->max_frame;
	line->wait = tap->wait;
	line->reconnect = tap->reconnect;
}

int tap_open(struct tap *tap, const char *target, unsigned tcp_base)
{
	int code = choose(tap, target, tcp_base);
	if (code >= 0)
		return code;
	tap->recorder.fd = -1;
	tap->unframe.sink = (struct unframe_sink){tap, expects, frame, text, bad};
	unframe_start(&tap->unframe);
	uv_timer_init(tap->loop, &tap->quiet);
	tap->quiet.data = tap;
	set_up_line(tap);
	if (pty_watch_open(tap->loop, &tap->pty_watch) && line_open(&tap->line))
		return -1;
	tap_close(tap);
	uv_run(tap->loop, UV_RUN_DEFAULT);
	tap_free(tap);
	return EXIT_TROUBLE;
}

const char *tap_name(const struct tap *tap)
{
	return tap->target.name;
}

void tap_send(struct tap *tap, const void *data, size_t len)
{
	if (tap->is_port)
		line_send_raw(&tap->line, data, len);
	else
		line_send(&tap->line, tap->port, data, len);
}

void tap_close(struct tap *tap)
{
	if (uv_is_closing((uv_handle_t *)&tap->quiet))
		return;
	uv_close((uv_handle_t *)&tap->quiet, NULL);
	line_close(&tap->line);
	pty_watch_close(&tap->pty_watch);
}

void tap_free(struct tap *tap)
{
	line_free(&tap->line);
	target_free(&tap->target);
}
