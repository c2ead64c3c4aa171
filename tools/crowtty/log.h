/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What crowtty says on standard output: one line per event,
 *
 *     [P +SSSS.NNNNNNNNNs] CONN WORD text
 *
 * P is the sermux port or a blank, then the time since the start, CONN the kind of
 * line to the target, WORD four letters for the part that speaks.
 *
 * Lines never wait for their reader: a pipe or terminal that takes no more is given
 * a bounded backlog, then lines are dropped and counted. A reader that has gone
 * ends the output and nothing else. There is one log in a process.
 */
#ifndef CROWTTY_LOG_H
#define CROWTTY_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

enum log_level {
	LOG_NOTE,  /* what the target says and what went wrong; always shown */
	LOG_INFO,  /* comings and goings; not with --quiet */
	LOG_DEBUG, /* every piece moved; with --verbose */
};

#define LOG_NO_PORT (-1)

void log_open(uv_loop_t *loop, enum log_level most);

/* Hands over what is left, for at most a second, or however long it takes after
 * log_on_caught_up(); the loop must run on. Idempotent. */
void log_close(void);

/*
 * Who can wait may ask not to lose lines: log_is_behind() says that its reader is, and then
 * on_caught_up(context) is called once it is not. NULL takes the wish back.
 */
bool log_is_behind(void);
void log_on_caught_up(void (*on_caught_up)(void *context), void *context);

/* CONN: four characters; best set before log_open(). */
void log_set_conn(const char *conn);

/* Lines carry this time instead of the clock's, until it is set again. */
void log_set_time_ns(uint64_t time_ns);

/* True if lines of that level are shown: guards costly arguments. */
bool log_wants(enum log_level level);

void log_line(enum log_level level, int port, const char *word, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The same with another time than the clock's. */
void log_line_at(uint64_t time_ns, enum log_level level, int port, const char *word,
		 const char *format, ...) __attribute__((format(printf, 5, 6)));

/* What log_line() puts into a line if no time is given. */
uint64_t log_time_ns(void);

/* Whether lines are coloured; then `word` may be, with few escape sequences. */
bool log_has_colour(void);

/*
 * A line that stays below all others until it is said anew, or "" takes it away; on a terminal
 * only. It is cut to 150 bytes, and should fit the terminal.
 */
void log_status(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* An error that ends the program: "crowtty: text" on standard error, at once. */
void log_fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
