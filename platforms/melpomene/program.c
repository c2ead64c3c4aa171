/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <fcntl.h>
#include <unistd.h>
#include "machine.h"
#include "panic.h"
#include "program.h"

static struct machine machine;

/* Or the serial line would take the number of one that is closed, and get the log. */
static void fill_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	close(fd);
}

int program_main(int argc, char **argv, int (*start)(struct mn_kernel *kernel))
{
	struct options options;

	fill_standard_streams();
	const int code = options_parse(&options, argc, argv);

	if (code >= 0)
		return code;
	machine.exit_code = EXIT_TROUBLE;
	panic_watch(&machine);
	if (machine_open(&machine, &options)) {
		machine_introduce(&machine);
		machine.exit_code = start ? start(&machine.kernel) : EXIT_GOOD;
		machine.ending = machine.exit_code != EXIT_GOOD;
		while (!machine.ending)
			mn_platform_wait(&machine.kernel, mn_kernel_run_once(&machine.kernel));
		machine_finish(&machine);
	}
	panic_watch(NULL);
	machine_close(&machine);
	return machine.exit_code;
}
