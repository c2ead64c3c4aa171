/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <mnemos/proto/sermux.h>

#include "options.h"

enum key {
	KEY_PORT = 256,
	KEY_TCP_BASE,
	KEY_PTY,
	KEY_NO_KEYBOARD,
	KEY_RAW_KEYBOARD,
	KEY_WAIT,
	KEY_NO_RECONNECT,
	KEY_RECORD,
	KEY_BACKLOG,
	KEY_STALL,
	KEY_MAX_FRAME,
	KEY_DUMP,
	KEY_SPEED,
	KEY_FORMAT,
	KEY_DURATION,
	KEY_ONCE,
	KEY_JSON,
	KEY_INTERVAL,
	KEY_TIMEOUT,
};

#define LIVE (COMMAND_ATTACH | COMMAND_RECORD)
#define SERVING (LIVE | COMMAND_REPLAY)
#define TAPPING (COMMAND_TOP | COMMAND_SCREENSHOT)
#define ALL (SERVING | TAPPING | COMMAND_EXPORT | COMMAND_VIEW)

static const struct row {
	const char *name;
	int key; /* a character is also the short option */
	const char *argument;
	unsigned commands;
	const char *help;
} rows[] = {
	{"keyboard-port", 'k', "PORT", COMMAND_ATTACH, "sermux port for standard input (2)"},
	{"no-keyboard", KEY_NO_KEYBOARD, NULL, COMMAND_ATTACH, "do not read standard input"},
	{"raw-keyboard", KEY_RAW_KEYBOARD, NULL, COMMAND_ATTACH,
	 "send each key of a terminal at once; Ctrl-] ends"},
	{"trace", 't', "FILTER", COMMAND_RECORD,
	 "what to trace: LEVEL or TARGET=LEVEL, more with commas (trace)"},
	{"trace", 't', "FILTER", COMMAND_ATTACH | COMMAND_REPLAY,
	 "what to trace: LEVEL or TARGET=LEVEL, more with commas (info)"},
	{"duration", KEY_DURATION, "SECONDS", COMMAND_RECORD, "end by itself after so long"},
	{"once", KEY_ONCE, NULL, COMMAND_TOP, "print one table and end: 0 all well, 3 not"},
	{"json", KEY_JSON, NULL, COMMAND_TOP, "print one JSON object an interval"},
	{"interval", KEY_INTERVAL, "MS", COMMAND_TOP, "between two looks (1000)"},
	{"timeout", KEY_TIMEOUT, "SECONDS", COMMAND_SCREENSHOT,
	 "give up after so long without a sign of life (5)"},
	{"port", KEY_PORT, "PORT", SERVING,
	 "one more sermux port (0-5 and 10-13 are there); repeat"},
	{"tcp-port-base", KEY_TCP_BASE, "N", SERVING | TAPPING,
	 "TCP port = N + sermux port (10000)"},
	{"pty", KEY_PTY, "DIR", SERVING, "also make pseudo-terminals DIR/port-N"},
	{"wait", KEY_WAIT, NULL, LIVE | TAPPING, "wait for a target that is not there yet"},
	{"wait", KEY_WAIT, NULL, COMMAND_REPLAY, "begin when the first client connects"},
	{"no-reconnect", KEY_NO_RECONNECT, NULL, LIVE, "end when the target goes away"},
	{"record", KEY_RECORD, "FILE", COMMAND_ATTACH, "record everything on the line"},
	{"speed", KEY_SPEED, "N|max", COMMAND_REPLAY, "N times as fast as it was (1)"},
	{"dump", KEY_DUMP, NULL, COMMAND_REPLAY, "list the frames as text, and nothing else"},
	{"backlog", KEY_BACKLOG, "BYTES", SERVING, "how far a client may fall behind (1M)"},
	{"stall", KEY_STALL, "MS", SERVING, "how long the line waits for such a client (1000)"},
	{"max-frame", KEY_MAX_FRAME, "BYTES", LIVE | TAPPING, "longest frame for the target (512)"},
	{"format", KEY_FORMAT, "FORMAT", COMMAND_EXPORT, "perfetto (the default) or ctf"},
	{"verbose", 'v', NULL, SERVING, "log every piece moved"},
	{"quiet", 'q', NULL, SERVING, "only what the target says as text, and problems"},
	{"help", 'h', NULL, ALL, "this text"},
	{"version", 'V', NULL, ALL, "the version"},
};

#define ROWS (sizeof rows / sizeof rows[0])

/* What a command is for, and its operands: some may be left out. */
static const struct usage {
	enum command command;
	int least, most;
	const char *missing; /* what to ask for when there are fewer */
	const char *text;
} usages[] = {
	{COMMAND_ATTACH, 0, 1, NULL,
	 "Usage: crowtty [OPTION...] [TARGET]\n"
	 "       crowtty replay [OPTION...] FILE\n"
	 "       crowtty top [OPTION...] [TARGET]\n"
	 "       crowtty screenshot [OPTION...] FILE [TARGET]\n"
	 "       crowtty trace record [OPTION...] FILE [TARGET]\n"
	 "       crowtty trace export [OPTION...] FILE OUT\n"
	 "       crowtty trace view [OPTION...] FILE [PAGE]\n"
	 "\n"
	 "The other end of a MnemOS target's serial line: each sermux port becomes a TCP\n"
	 "port on 127.0.0.1, standard input the keyboard.\n"
	 "\n"
	 "TARGET  tcp:HOST:PORT (tcp:127.0.0.1:9999 if none is given),\n"
	 "        serial:DEVICE[@BAUD] (115200), unix:PATH, or\n"
	 "        pty:[LINK] for a pseudo-terminal that the target opens\n"},
	{COMMAND_REPLAY, 1, 1, "replay: which FILE?",
	 "Usage: crowtty replay [OPTION...] FILE\n"
	 "\n"
	 "Plays what a target said in a recording, to the same ports and lines.\n"},
	{COMMAND_RECORD, 1, 2, "trace record: to which new FILE?",
	 "Usage: crowtty trace record [OPTION...] FILE [TARGET]\n"
	 "\n"
	 "Serves a target as crowtty TARGET does, traces everything in it, and records that with\n"
	 "all else on the line, until Ctrl-C. trace view and trace export show what happened.\n"},
	{COMMAND_TOP, 0, 1, NULL,
	 "Usage: crowtty top [OPTION...] [TARGET]\n"
	 "\n"
	 "Which task is stuck, and on whom? A live table of tasks and services, and what is\n"
	 "wrong, in words.\n"
	 "\n"
	 "TARGET  as of crowtty; if none is given, through the crowtty that runs, else\n"
	 "        tcp:127.0.0.1:9999\n"},
	{COMMAND_SCREENSHOT, 1, 2, "screenshot: to which FILE?",
	 "Usage: crowtty screenshot [OPTION...] FILE [TARGET]\n"
	 "\n"
	 "Writes what the target's screen shows to FILE, as a PNG; - is standard output.\n"
	 "\n"
	 "TARGET  as of crowtty; if none is given, through the crowtty that runs, else\n"
	 "        tcp:127.0.0.1:9999\n"},
	{COMMAND_EXPORT, 2, 2, "trace export: which FILE, and to which new OUT?",
	 "Usage: crowtty trace export [OPTION...] FILE OUT\n"
	 "\n"
	 "Writes the trace of a recording for other tools: a file for ui.perfetto.dev, or\n"
	 "with --format ctf a directory for babeltrace2.\n"},
	{COMMAND_VIEW, 1, 2, "trace view: which FILE?",
	 "Usage: crowtty trace view [OPTION...] FILE [PAGE]\n"
	 "\n"
	 "Makes a page of a recording for a web browser: what each task did and when, who\n"
	 "waited for whom, and what led to each message. It needs no network.\n"
	 "\n"
	 "PAGE  FILE.html if none is given, - for standard output\n"},
};

static const struct usage *usage_of(enum command command)
{
	const struct usage *usage = usages;
	while (usage->command != command)
		usage++;
	return usage;
}

static void print_help(enum command command)
{
	puts(usage_of(command)->text);
	for (size_t i = 0; i < ROWS; i++) {
		char left[40], letter[5] = "    ";
		if (!(rows[i].commands & command))
			continue;
		if (rows[i].key < 256)
			snprintf(letter, sizeof letter, "-%c, ", rows[i].key);
		snprintf(left, sizeof left, "%s--%s%s%s", letter, rows[i].name,
			 rows[i].argument ? " " : "", rows[i].argument ? rows[i].argument : "");
		printf("  %-26s %s\n", left, rows[i].help);
	}
	printf("\nExit status: 0 done, 1 trouble, 2 usage, %s130 interrupted, 143 terminated.\n"
	       "More in crowtty(1).\n",
	       command == COMMAND_TOP ? "3 found with --once, " : "");
}

/*
 * Values. Each returns false after reporting an error.
 */

static bool bad_value(const char *name, const char *text, const char *expected)
{
	log_fatal("--%s: \"%s\" is not %s", name, text, expected);
	return false;
}

static bool number(const char *name, const char *text, unsigned long least, unsigned long most,
		   unsigned long *out)
{
	char expected[64], *end;
	errno = 0;
	*out = strtoul(text, &end, 10);
	if (text[0] >= '0' && text[0] <= '9' && !*end && !errno && *out >= least && *out <= most)
		return true;
	snprintf(expected, sizeof expected, "a number from %lu to %lu", least, most);
	return bad_value(name, text, expected);
}

/* The same, for what is an unsigned. */
static bool setting(const struct row *row, const char *text, unsigned least, unsigned most,
		    unsigned *out)
{
	unsigned long value;
	if (!number(row->name, text, least, most, &value))
		return false;
	*out = (unsigned)value;
	return true;
}

static bool size(const char *name, const char *text, size_t *out)
{
	char *end;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	unsigned shift = *end == 'K' || *end == 'k' ? 10 : *end == 'M' || *end == 'm' ? 20 : 0;
	end += shift > 0;
	if (text[0] < '0' || text[0] > '9' || *end || errno || value > (1ull << 30 >> shift))
		return bad_value(name, text, "a size up to 1024M, such as 65536, 64K or 1M");
	*out = (size_t)value << shift;
	return true;
}

static bool speed(const char *name, const char *text, double *out)
{
	char *end;
	if (strcmp(text, "max") == 0) {
		*out = 0;
		return true;
	}
	*out = strtod(text, &end);
	if (end != text && !*end && *out >= 0.001 && *out <= 1e6)
		return true;
	return bad_value(name, text, "\"max\" or a number from 0.001 to 1000000");
}

static bool add_port(struct options *options, unsigned long value)
{
	if (options->port_count == OPTIONS_MOST_PORTS) {
		log_fatal("--port: more than %d ports", OPTIONS_MOST_PORTS);
		return false;
	}
	options->ports[options->port_count++] = (uint16_t)value;
	return true;
}

/* Takes one option with its argument. */
static bool take(struct options *options, const struct row *row, const char *text)
{
	unsigned long value = 0;
	switch (row->key) {
	case 't':
		options->has_trace = true;
		return trace_filter_parse(&options->trace, text);
	case 'v':
		options->level = LOG_DEBUG;
		return true;
	case 'q':
		options->level = LOG_NOTE;
		return true;
	case 'k':
		if (!number(row->name, text, 0, 65535, &value))
			return false;
		options->keyboard_port = (uint16_t)value;
		return true;
	case KEY_NO_KEYBOARD:
		options->keyboard = false;
		return true;
	case KEY_RAW_KEYBOARD:
		options->raw_keyboard = true;
		return true;
	case KEY_PORT:
		return number(row->name, text, 0, 65535, &value) && add_port(options, value);
	case KEY_TCP_BASE:
		return setting(row, text, 1, 65535, &options->tcp_base);
	case KEY_PTY:
		options->pty_dir = text;
		return true;
	case KEY_WAIT:
		options->wait = true;
		return true;
	case KEY_NO_RECONNECT:
		options->reconnect = false;
		return true;
	case KEY_RECORD:
		options->record = text;
		return true;
	case KEY_SPEED:
		return speed(row->name, text, &options->speed);
	case KEY_DURATION:
		return setting(row, text, 1, 1000000, &options->duration_s);
	case KEY_DUMP:
		options->dump = true;
		return true;
	case KEY_FORMAT:
		options->ctf = strcmp(text, "ctf") == 0;
		return options->ctf || strcmp(text, "perfetto") == 0 ||
		       bad_value(row->name, text, "perfetto or ctf");
	case KEY_ONCE:
		options->once = true;
		return true;
	case KEY_JSON:
		options->json = true;
		return true;
	case KEY_INTERVAL:
		return setting(row, text, 100, 3600000, &options->interval_ms);
	case KEY_TIMEOUT:
		return setting(row, text, 1, 3600, &options->timeout_s);
	case KEY_BACKLOG:
		return size(row->name, text, &options->backlog);
	case KEY_STALL:
		return setting(row, text, 0, 3600000, &options->stall_ms);
	case KEY_MAX_FRAME:
		return setting(row, text, 8, 32768, &options->max_frame);
	}
	return false;
}

/* A recording has everything. The environment says what is shown. */
static bool set_trace(struct options *options, enum command command)
{
	const char *usual = getenv("MNEMOS_TRACE");
	if (options->has_trace || !(command & SERVING))
		return true;
	if (command == COMMAND_RECORD)
		usual = "trace";
	return trace_filter_parse(&options->trace, usual ? usual : "info");
}

static void set_defaults(struct options *options)
{
	static const uint16_t well_known[] = {
		MN_SERMUX_LOOPBACK,   MN_SERMUX_HELLO,    MN_SERMUX_KEYBOARD, MN_SERMUX_TRACE,
		MN_SERMUX_SCREENSHOT, MN_SERMUX_TERMINAL, MN_SERMUX_FORTH0,   MN_SERMUX_FORTH1,
		MN_SERMUX_FORTH2,     MN_SERMUX_FORTH3,
	};
	*options = (struct options){
		.level = LOG_INFO,
		.tcp_base = 10000,
		.backlog = (size_t)1024 * 1024,
		.stall_ms = 1000,
		.keyboard = true,
		.keyboard_port = MN_SERMUX_KEYBOARD,
		.max_frame = MN_SERMUX_MAX_FRAME,
		.reconnect = true,
		.speed = 1,
		.interval_ms = 1000,
		.timeout_s = 5,
	};
	for (size_t i = 0; i < sizeof well_known / sizeof well_known[0]; i++)
		add_port(options, well_known[i]);
}

/* What getopt_long wants to know. */
struct getopt_tables {
	struct option longs[ROWS + 1];
	char shorts[2 * ROWS + 2];
};

static void make_tables(struct getopt_tables *tables, enum command command)
{
	struct option *one = tables->longs;
	char *letter = tables->shorts;
	*letter++ = ':'; /* errors are reported here */
	for (size_t i = 0; i < ROWS; i++) {
		if (!(rows[i].commands & command))
			continue;
		int has = rows[i].argument ? required_argument : no_argument;
		*one++ = (struct option){rows[i].name, has, NULL, rows[i].key};
		if (rows[i].key >= 256)
			continue;
		*letter++ = (char)rows[i].key;
		if (rows[i].argument)
			*letter++ = ':';
	}
	*one = (struct option){0};
	*letter = '\0';
}

static const struct row *find(int key)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].key == key)
			return &rows[i];
	return NULL;
}

static int usage_error(int key, char **argv)
{
	const char *word = argv[optind - 1];
	const struct row *row = find(optopt);
	if (key == ':' && row)
		log_fatal("--%s needs an argument: %s", row->name, row->argument);
	else if (word[0] == '-' && word[1] == '-')
		log_fatal("unknown or ambiguous option, or one that takes no argument: %s", word);
	else
		log_fatal("unknown option: -%c", optopt);
	fputs("crowtty: --help lists the options\n", stderr);
	return EXIT_USAGE;
}

static int take_operands(struct options *options, enum command command, int argc, char **argv)
{
	const struct usage *usage = usage_of(command);
	const int count = argc - optind;
	options->operand = count > 0 ? argv[optind] : NULL;
	options->output = count > 1 ? argv[optind + 1] : NULL;
	if (count > usage->most)
		log_fatal("unexpected argument: %s", argv[optind + usage->most]);
	else if (count < usage->least)
		log_fatal("%s", usage->missing);
	else
		return -1;
	return EXIT_USAGE;
}

/* An option that says something and ends the program. */
static int tell_and_end(int key, enum command command)
{
	if (key == 'h')
		print_help(command);
	else
		puts("crowtty " CROWTTY_VERSION);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EXIT_GOOD;
	log_fatal("cannot write: %s", strerror(errno));
	return EXIT_TROUBLE;
}

int options_parse(struct options *options, enum command command, int argc, char **argv)
{
	struct getopt_tables tables;
	make_tables(&tables, command);
	set_defaults(options);
	opterr = 0;
	optind = 1;
	int key;
	while ((key = getopt_long(argc, argv, tables.shorts, tables.longs, NULL)) != -1) {
		switch (key) {
		case 'h':
		case 'V':
			return tell_and_end(key, command);
		case '?':
		case ':':
			return usage_error(key, argv);
		default:
			if (!take(options, find(key), optarg))
				return EXIT_USAGE;
		}
	}
	return set_trace(options, command) ? take_operands(options, command, argc, argv)
					   : EXIT_USAGE;
}
