/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* crowtty: the other end of the serial line of a MnemOS target. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"replay", command_replay},
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
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (argc > 1 && strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	return command_attach(argc, argv);
}
