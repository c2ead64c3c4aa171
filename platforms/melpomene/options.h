/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The command line, read and checked; everything there is stands in the table of options.c. */
#ifndef MELPOMENE_OPTIONS_H
#define MELPOMENE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <mnemos/kernel.h>
#include "serial_address.h"

/* How the program ends. After a panic or a fatal signal it aborts; after SIGNAL: 128 + it. */
enum exit_code { EXIT_GOOD = 0, EXIT_TROUBLE = 1, EXIT_USAGE = 2 };

/* Screenshots that can be asked for. */
#define SCREENSHOTS 32

struct screenshot {
	const char *file;
	uint64_t at_us; /* MN_NEVER: at the end */
};

/* What the user wants. Strings are argv's. */
struct options {
	const char *config; /* a file, or NULL: what is built in */
	bool has_serial;    /* else the configuration's address */
	struct serial_address serial;
	bool virtual_time;
	bool has_seed;
	uint64_t seed;
	uint64_t exit_after_us; /* MN_NEVER: not at all */
	const char *trace_text;
	struct mn_log_filter trace;
	bool dump;               /* also at the end */
	bool account;            /* CPU time per task */
	uint32_t poll_budget_us; /* 0: none */
	bool no_window;          /* for the screen */
	struct screenshot screenshot[SCREENSHOTS];
	unsigned screenshots;
	const char *record_frames; /* a directory, or NULL */
};

/* Fills `options` and returns -1, or returns how to exit at once, having said why. */
int options_parse(struct options *options, int argc, char **argv);

#endif
