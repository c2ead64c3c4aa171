/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "keyboard.h"
#include "log.h"
#include "stdio_stream.h"
#include "terminal.h"
#include "text.h"

static char buffer[4096];

static void update_reading(struct keyboard *keyboard);

static void typed(struct keyboard *keyboard, const char *data, size_t len)
{
	char quoted[256];
	if (log_wants(LOG_DEBUG))
		log_line(LOG_DEBUG, keyboard->port, "KEYB", "%zuB <- \"%s\"", len,
			 text_quote(quoted, sizeof quoted, data, len));
	keyboard->send(keyboard->context, keyboard->port, data, len);
	keyboard->has_had_turn = keyboard->is_congested && !terminal_is_raw();
	update_reading(keyboard);
}

static void typed_raw(struct keyboard *keyboard, const char *data, size_t len)
{
	const char *leave = memchr(data, KEYBOARD_LEAVE, len);
	if (leave)
		len = (size_t)(leave - data);
	if (len > 0)
		typed(keyboard, data, len);
	if (leave)
		keyboard->leave(keyboard->context);
}

static void over(struct keyboard *keyboard, ssize_t status)
{
	log_line(LOG_INFO, keyboard->port, "KEYB", "STDIN has ended%s%s: no more keyboard input",
		 status == UV_EOF ? "" : ": ", status == UV_EOF ? "" : uv_strerror((int)status));
	keyboard_close(keyboard);
}

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	(void)handle;
	(void)suggested;
	*buf = uv_buf_init(buffer, sizeof buffer);
}

static void have_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct keyboard *keyboard = stream->data;
	if (n < 0)
		over(keyboard, n);
	else if (n > 0 && terminal_is_raw())
		typed_raw(keyboard, buf->base, (size_t)n);
	else if (n > 0)
		typed(keyboard, buf->base, (size_t)n);
}

static void read_file(uv_idle_t *idle)
{
	struct keyboard *keyboard = idle->data;
	ssize_t n = read(STDIN_FILENO, buffer, sizeof buffer);
	if (n > 0)
		typed(keyboard, buffer, (size_t)n);
	else if (n == 0 || errno != EINTR)
		over(keyboard, n == 0 ? UV_EOF : uv_translate_sys_error(errno));
}

void keyboard_open(struct keyboard *keyboard, uv_loop_t *loop)
{
	int error = stdio_stream_open(loop, &keyboard->stream, STDIN_FILENO);
	if (error == UV_EBADF)
		return; /* started without standard input */
	if (error) {
		uv_idle_init(loop, &keyboard->file);
		keyboard->file.data = keyboard;
		keyboard->kind = KEYBOARD_FILE;
	} else {
		keyboard->stream.data = keyboard;
		keyboard->kind = KEYBOARD_STREAM;
	}
	log_line(LOG_INFO, keyboard->port, "KEYB",
		 "pseudo-keyboard (SerMux port :%u) reading from STDIN%s", keyboard->port,
		 keyboard->raw && isatty(STDIN_FILENO) ? ", key by key; Ctrl-] ends" : "");
}

static void update_reading(struct keyboard *keyboard)
{
	bool reading = keyboard->is_wanted && !keyboard->has_had_turn;
	if (keyboard->kind == KEYBOARD_STREAM) {
		if (keyboard->raw)
			terminal_set_raw(reading);
		if (reading)
			uv_read_start((uv_stream_t *)&keyboard->stream, give_buffer, have_read);
		else
			uv_read_stop((uv_stream_t *)&keyboard->stream);
	} else if (keyboard->kind == KEYBOARD_FILE) {
		if (reading)
			uv_idle_start(&keyboard->file, read_file);
		else
			uv_idle_stop(&keyboard->file);
	}
}

void keyboard_set_reading(struct keyboard *keyboard, bool reading)
{
	keyboard->is_wanted = reading;
	update_reading(keyboard);
}

void keyboard_set_congested(struct keyboard *keyboard, bool congested)
{
	keyboard->is_congested = congested;
	keyboard->has_had_turn = false;
	update_reading(keyboard);
}

void keyboard_close(struct keyboard *keyboard)
{
	terminal_set_raw(false);
	if (keyboard->kind == KEYBOARD_STREAM)
		uv_close((uv_handle_t *)&keyboard->stream, NULL);
	else if (keyboard->kind == KEYBOARD_FILE)
		uv_close((uv_handle_t *)&keyboard->file, NULL);
	keyboard->kind = KEYBOARD_CLOSED;
}
