/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <mnemos/timer.h>
#include "options.h"
#include "tell.h"

static bool take_config(struct options *options, const char *text);
static bool take_serial(struct options *options, const char *text);
static bool take_time(struct options *options, const char *text);
static bool take_seed(struct options *options, const char *text);
static bool take_exit_after(struct options *options, const char *text);
static bool take_trace(struct options *options, const char *text);
static bool take_account(struct options *options, const char *text);
static bool take_poll_budget(struct options *options, const char *text);
static bool take_dump(struct options *options, const char *text);
static bool take_no_window(struct options *options, const char *text);
static bool take_screenshot(struct options *options, const char *text);
static bool take_record_frames(struct options *options, const char *text);

/* `take` returns false after telling what is wrong; NULL: the option ends the program. */
static const struct row {
	const char *name;
	char letter; /* of the short form, or 0 */
	const char *argument;
	bool (*take)(struct options *options, const char *text);
	const char *help;
} rows[] = {
	{"config", 'c', "FILE", take_config,
	 "boot with this board file (TOML), not the built-in one"},
	{"serial", 's', "ADDRESS", take_serial,
	 "offer the serial line at HOST:PORT, [IPV6]:PORT, unix:PATH, or pty"},
	{"trace", 't', "FILTER", take_trace,
	 "what the log shows: a level, or \"info,kernel::bbq=trace\" (info)"},
	{"time", 0, "real|virtual", take_time,
	 "virtual: jump to the next deadline when idle (real)"},
	{"seed", 0, "N", take_seed, "of everything random (virtual time: 1, else a random one)"},
	{"exit-after", 0, "DURATION", take_exit_after, "end after so much of its time: 500ms, 10s"},
	{"no-window", 0, NULL, take_no_window, "open no window for the screen"},
	{"screenshot", 0, "FILE[@TIME]", take_screenshot,
	 "write what the screen shows to a FILE.png, at TIME (500ms) or the end"},
	{"record-frames", 0, "DIR", take_record_frames,
	 "write every frame as DIR/frame-000001.png"},
	{"account", 0, NULL, take_account, "measure the CPU time of each task"},
	{"poll-budget", 0, "DURATION", take_poll_budget,
	 "warn of a task that runs longer at a time"},
	{"dump", 0, NULL, take_dump, "print who waits for what at the end; SIGUSR1: at any time"},
	{"help", 'h', NULL, NULL, "this text"},
	{"version", 'V', NULL, NULL, "the version"},
};

#define ROWS (sizeof rows / sizeof rows[0])
/* getopt's value of the first option; the others follow. */
#define FIRST_KEY 256

static void print_help(void)
{
	puts("Usage: melpomene [OPTION...]\n"
	     "\n"
	     "Runs MnemOS as a simulated machine. Its serial line is a TCP server on\n"
	     "127.0.0.1:9999, for one client at a time: crowtty, the tool for its other end.\n");
	for (size_t i = 0; i < ROWS; i++) {
		char left[40], letter[5] = "    ";

		if (rows[i].letter)
			snprintf(letter, sizeof letter, "-%c, ", rows[i].letter);
		snprintf(left, sizeof left, "%s--%s%s%s", letter, rows[i].name,
			 rows[i].argument ? " " : "", rows[i].argument ? rows[i].argument : "");
		printf("  %-28s %s\n", left, rows[i].help);
	}
	puts("\nMELPOMENE_TRACE is the filter where --trace is not given.\n"
	     "Exit status: 0 done, 1 trouble, 2 usage, 130 interrupted, 143 terminated, 134 "
	     "panic.\n"
	     "More in melpomene(1).");
}

/* ---- Values -------------------------------------------------------------------------- */

static bool bad_value(const char *option, const char *text, const char *expected)
{
	tell("%s: \"%s\" is not %s", option, text, expected);
	return false;
}

static bool number(const char *text, char **end, uint64_t *value)
{
	errno = 0;
	*value = strtoull(text, end, 0);
	return text[0] >= '0' && text[0] <= '9' && !errno;
}

#define DURATION_MAX_US UINT64_C(1000000000000000)

/* "10s", "500ms", "250us", "2m": at least one microsecond, at most `most_us`. */
static bool duration(const char *option, const char *text, uint64_t most_us, uint64_t *us)
{
	static const struct {
		const char *name;
		uint64_t us;
	} units[] = {{"us", 1}, {"ms", 1000}, {"s", 1000000}, {"m", 60000000}, {"h", 3600000000}};
	char *end, expected[64];
	uint64_t value;

	if (number(text, &end, &value))
		for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
			if (strcmp(end, units[i].name) == 0 && value > 0 &&
			    value <= most_us / units[i].us) {
				*us = value * units[i].us;
				return true;
			}
	snprintf(expected, sizeof expected, "a duration from 1us to %" PRIu64 "s, such as 500ms",
		 most_us / 1000000);
	return bad_value(option, text, expected);
}

static bool take_config(struct options *options, const char *text)
{
	options->config = text;
	return true;
}

static bool take_serial(struct options *options, const char *text)
{
	const char *why;

	options->has_serial = serial_address_parse(&options->serial, text, &why);
	if (!options->has_serial)
		tell("--serial: \"%s\": %s", text, why);
	return options->has_serial;
}

static bool take_time(struct options *options, const char *text)
{
	options->virtual_time = strcmp(text, "virtual") == 0;
	if (options->virtual_time || strcmp(text, "real") == 0)
		return true;
	return bad_value("--time", text, "\"real\" or \"virtual\"");
}

static bool take_seed(struct options *options, const char *text)
{
	char *end;

	options->has_seed = number(text, &end, &options->seed) && !*end;
	return options->has_seed ||
	       bad_value("--seed", text, "a number from 0 to 18446744073709551615");
}

static bool take_exit_after(struct options *options, const char *text)
{
	return duration("--exit-after", text, DURATION_MAX_US, &options->exit_after_us);
}

static bool take_trace(struct options *options, const char *text)
{
	options->trace_text = text;
	return true;
}

static bool take_account(struct options *options, const char *text)
{
	(void)text;
	return options->account = true;
}

static bool take_poll_budget(struct options *options, const char *text)
{
	uint64_t us;

	if (!duration("--poll-budget", text, UINT64_C(1000000000), &us))
		return false;
	options->poll_budget_us = (uint32_t)us;
	return true;
}

static bool take_dump(struct options *options, const char *text)
{
	(void)text;
	return options->dump = true;
}

static bool take_no_window(struct options *options, const char *text)
{
	(void)text;
	return options->no_window = true;
}

/* "NAME.png" or "NAME.png@TIME"; any other @ belongs to the name. */
static bool take_screenshot(struct options *options, const char *text)
{
	static const char suffix[] = ".png";
	struct screenshot *shot = &options->screenshot[options->screenshots];
	const char *at = strrchr(text, '@');
	size_t len = strlen(text);

	if (options->screenshots == SCREENSHOTS) {
		tell("--screenshot: more than %d of them", SCREENSHOTS);
		return false;
	}
	*shot = (struct screenshot){.file = text, .at_us = MN_NEVER};
	if (at && (size_t)(at - text) >= sizeof suffix && !strncmp(at - 4, suffix, 4)) {
		if (!duration("--screenshot: time", at + 1, DURATION_MAX_US, &shot->at_us))
			return false;
		len = (size_t)(at - text);
	}
	if (len < sizeof suffix || strncmp(text + len - 4, suffix, 4) != 0)
		return bad_value("--screenshot", text, "FILE.png or FILE.png@TIME");
	if (text[len])
		*(char *)(uintptr_t)(text + len) = '\0'; /* argv is the program's own */
	options->screenshots++;
	return true;
}

static bool take_record_frames(struct options *options, const char *text)
{
	options->record_frames = text;
	return true;
}

/* ---- The command line ------------------------------------------------------------------ */

/* What getopt_long wants to know. */
struct getopt_tables {
	struct option longs[ROWS + 1];
	char shorts[2 * ROWS + 2];
};

static void make_tables(struct getopt_tables *tables)
{
	char *letter = tables->shorts;

	*letter++ = ':'; /* errors are told here */
	for (size_t i = 0; i < ROWS; i++) {
		const int has = rows[i].argument ? required_argument : no_argument;

		tables->longs[i] = (struct option){rows[i].name, has, NULL, FIRST_KEY + (int)i};
		if (!rows[i].letter)
			continue;
		*letter++ = rows[i].letter;
		if (rows[i].argument)
			*letter++ = ':';
	}
	tables->longs[ROWS] = (struct option){0};
	*letter = '\0';
}

static const struct row *find(int key)
{
	for (size_t i = 0; i < ROWS; i++)
		if (key == FIRST_KEY + (int)i || (key && key == rows[i].letter))
			return &rows[i];
	return NULL;
}

static int usage_error(int key, char **argv)
{
	const char *word = argv[optind - 1];
	const struct row *row = find(optopt);

	if (key == ':' && row)
		tell("--%s needs an argument: %s", row->name, row->argument);
	else if (word[0] == '-' && word[1] == '-')
		tell("unknown or ambiguous option, or one that takes no argument: %s", word);
	else
		tell("unknown option: -%c", optopt);
	fputs("melpomene: --help lists the options\n", stderr);
	return EXIT_USAGE;
}

/* An option that says something and ends the program. */
static int tell_and_end(const struct row *row)
{
	if (row->letter == 'h')
		print_help();
	else
		puts("melpomene " MELPOMENE_VERSION);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EXIT_GOOD;
	tell("cannot write: %s", strerror(errno));
	return EXIT_TROUBLE;
}

/* Each option, until one ends the program. */
static int take_all(struct options *options, int argc, char **argv)
{
	struct getopt_tables tables;
	int key;

	make_tables(&tables);
	opterr = 0;
	while ((key = getopt_long(argc, argv, tables.shorts, tables.longs, NULL)) != -1) {
		const struct row *row = key == '?' || key == ':' ? NULL : find(key);

		if (!row)
			return usage_error(key, argv);
		if (!row->take)
			return tell_and_end(row);
		if (!row->take(options, optarg))
			return EXIT_USAGE;
	}
	if (optind == argc)
		return -1;
	tell("unexpected argument: %s", argv[optind]);
	return EXIT_USAGE;
}

static bool set_trace(struct options *options, const char *source, const char *text)
{
	const char *where;

	if (mn_log_filter_parse(&options->trace, text, &where))
		return true;
	tell("%s: \"%.*s\" in \"%s\" is not a level (trace, debug, info, warn, error, off) or "
	     "target=level (at most %d targets, each at most %d characters)",
	     source, (int)strcspn(where, ","), where, text, MN_LOG_DIRECTIVES,
	     MN_LOG_TARGET_MAX - 1);
	return false;
}

/* What was not given. */
static bool take_defaults(struct options *options)
{
	const char *trace = getenv("MELPOMENE_TRACE");

	if (!options->has_seed && !options->virtual_time &&
	    getrandom(&options->seed, sizeof options->seed, 0) < 0)
		options->seed = 0;
	if (options->trace_text)
		return set_trace(options, "--trace", options->trace_text);
	return set_trace(options, "MELPOMENE_TRACE", trace ? trace : "");
}

int options_parse(struct options *options, int argc, char **argv)
{
	*options = (struct options){.exit_after_us = MN_NEVER, .seed = 1};
	const int code = take_all(options, argc, argv);

	if (code < 0 && !take_defaults(options))
		return EXIT_USAGE;
	return code;
}
