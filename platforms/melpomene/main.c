/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* melpomene: MnemOS as a program, its devices played by the host. */
#include <fcntl.h>
#include <unistd.h>
#include "machine.h"
#include "panic.h"

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

int main(int argc, char **argv)
{
	struct options options;

	fill_standard_streams();
	const int code = options_parse(&options, argc, argv);

	if (code >= 0)
		return code;
	machine.exit_code = EXIT_TROUBLE;
	panic_watch(&machine);
	if (machine_open(&machine, &options)) {
		machine.exit_code = EXIT_GOOD;
		machine_introduce(&machine);
		while (!machine.ending)
			mn_platform_wait(&machine.kernel, mn_kernel_run_once(&machine.kernel));
		machine_finish(&machine);
	}
	panic_watch(NULL);
	machine_close(&machine);
	return machine.exit_code;
}
