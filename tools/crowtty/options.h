/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The command line: one table for parsing and for --help. */
#ifndef CROWTTY_OPTIONS_H
#define CROWTTY_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log.h"
#include "trace_filter.h"

/* Exit codes; a signal ends crowtty with 128 + its number. */
enum {
	EXIT_GOOD = 0,
	EXIT_TROUBLE = 1,
	EXIT_USAGE = 2,
	EXIT_FOUND = 3, /* top: something is wrong with the target */
};

/* Which commands an option belongs to. */
enum command {
	COMMAND_ATTACH = 1,
	COMMAND_REPLAY = 2,
	COMMAND_EXPORT = 4,
	COMMAND_VIEW = 8,
	COMMAND_TOP = 16,
	COMMAND_RECORD = 32,
	COMMAND_SCREENSHOT = 64,
};

#define OPTIONS_MOST_PORTS 256

struct options {
	enum log_level level;
	unsigned tcp_base;
	uint16_t ports[OPTIONS_MOST_PORTS]; /* the well-known ones, then --port */
	size_t port_count;
	const char *pty_dir; /* or NULL */
	size_t backlog;
	unsigned stall_ms;
	bool wait;

	struct trace_filter trace;
	bool has_trace; /* by an option */

	bool keyboard, raw_keyboard;
	uint16_t keyboard_port;
	unsigned max_frame;
	bool reconnect;
	const char *record;  /* or NULL */
	unsigned duration_s; /* 0: no limit */

	bool dump;
	double speed; /* 0: as fast as it goes */

	bool ctf; /* of export: this format, else Perfetto's */

	bool once, json; /* of top */
	unsigned interval_ms;

	unsigned timeout_s; /* of screenshot: longest silence */

	const char *operand; /* TARGET or FILE, or NULL */
	const char *output;  /* of record, screenshot: TARGET or NULL; of export: OUT; of view: PAGE
				or NULL */
};

/*
 * Parses the arguments of a command, argv[0] excluded from it. Returns -1 to go on, or the exit
 * code after --help, --version or an error, which it has reported.
 */
int options_parse(struct options *options, enum command command, int argc, char **argv);

#endif
