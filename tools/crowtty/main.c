/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* crowtty: the other end of the serial line of a MnemOS target. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "log.h"
#include "options.h"

struct command_name {
	const char *name;
	int (*run)(int argc, char **argv);
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Runs the command that argv[1] names; -1: there is none of that name. */
static int run_named(const struct command_name *names, size_t count, int argc, char **argv)
{
	for (size_t i = 0; i < count; i++)
		if (argc > 1 && strcmp(argv[1], names[i].name) == 0)
			return names[i].run(argc - 1, argv + 1);
	return -1;
}

static int command_trace(int argc, char **argv)
{
	static const struct command_name names[] = {
		{"record", command_trace_record},
		{"export", command_trace_export},
		{"view", command_trace_view},
	};
	int code = run_named(names, COUNT(names), argc, argv);
	if (code >= 0)
		return code;
	log_fatal("trace: what to do? record, export or view; crowtty --help says more");
	return EXIT_USAGE;
}

static const struct command_name commands[] = {
	{"replay", command_replay},
	{"screenshot", command_screenshot},
	{"top", command_top},
	{"trace", command_trace},
};

/* What is opened first would get the number of a standard stream that was closed. */
static void fill_standard_streams(void)
{
	int fd;
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	fill_standard_streams();
	int code = run_named(commands, COUNT(commands), argc, argv);
	return code >= 0 ? code : command_attach(argc, argv);
}
