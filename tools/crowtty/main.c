/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* crowtty: the other end of the serial line of a MnemOS target. */
#include <string.h>

#include "commands.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"replay", command_replay},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (argc > 1 && strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	return command_attach(argc, argv);
}
