/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include "clock.h"
#include "console.h"

void console_open(struct console *console)
{
	mn_serial_line_accept(&console->uart.line);
	console->open = true;
}

static void copy(struct mn_bbq *q, const char *text, size_t len)
{
	struct mn_bbq_write op = {0};

	while (len > 0 && mn_bbq_try_write(&op, q, len) == MN_OK) {
		memcpy(op.data, text, op.len);
		text += op.len;
		len -= op.len;
		mn_bbq_commit(q, op.len);
	}
}

static bool put(struct console *console, const char *text, size_t len)
{
	struct mn_bbq *q = &console->uart.tx.bbq;

	if (len > mn_bbq_capacity(q) - mn_bbq_used(q))
		return false;
	console->busy = true;
	copy(q, text, len);
	console->busy = false;
	return true;
}

struct line {
	size_t len;
	char text[CONSOLE_LINE];
};

/* Room is left for the line end. */
static void add_args(struct line *line, const char *format, va_list args)
{
	const size_t room = sizeof line->text - 2 - line->len;
	const int n = vsnprintf(line->text + line->len, room, format, args);

	if (n > 0)
		line->len += (size_t)n < room ? (size_t)n : room - 1;
}

__attribute__((format(printf, 2, 3))) static void add(struct line *line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_args(line, format, args);
	va_end(args);
}

static bool finish(struct console *console, struct line *line)
{
	memcpy(line->text + line->len, "\r\n", 2);
	return put(console, line->text, line->len + 2);
}

static void tell_dropped(struct console *console)
{
	struct line line = {.len = 0};

	add(&line, "(%u lines dropped)", console->dropped);
	if (finish(console, &line))
		console->dropped = 0;
}

/* Whole seconds, bit by bit, and the rest: a 64-bit division would be 790 bytes of code. */
static unsigned divide(uint64_t *us)
{
	unsigned seconds = 0;

	for (unsigned bit = 1u << 31; bit; bit >>= 1) {
		const uint64_t part_us = (uint64_t)bit * 1000000;

		if (*us >= part_us) {
			*us -= part_us;
			seconds |= bit;
		}
	}
	return seconds;
}

static void add_time(struct line *line)
{
	uint64_t us = clock_now_us();
	const unsigned seconds = divide(&us);

	add(line, "[%5u.%06u] ", seconds, (unsigned)us);
}

void console_say(struct console *console, const char *format, ...)
{
	struct line line = {.len = 0};
	va_list args;

	va_start(args, format);
	add_args(&line, format, args);
	va_end(args);
	if (console->open && !finish(console, &line))
		console->dropped++;
}

void console_log(void *context, const struct mn_log_site *site, va_list args)
{
	struct console *console = context;
	struct line line = {.len = 0};

	if (!console->open || console->busy)
		return;
	if (console->dropped)
		tell_dropped(console);
	add_time(&line);
	add(&line, "%-5s %s: ", mn_log_level_name((enum mn_log_level)site->level), site->target);
	add_args(&line, site->format, args);
	if (console->dropped || !finish(console, &line)) /* in order, or not at all */
		console->dropped++;
}
