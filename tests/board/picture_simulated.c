/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The simulator with the picture, and all of melpomene's options. */
#include "../../platforms/melpomene/machine.h"
#include "../../platforms/melpomene/panic.h"
#include "picture.h"

static struct machine machine;

int main(int argc, char **argv)
{
	struct options options;
	const int code = options_parse(&options, argc, argv);

	if (code >= 0)
		return code;
	machine.exit_code = EXIT_TROUBLE;
	panic_watch(&machine);
	if (machine_open(&machine, &options)) {
		machine.exit_code = EXIT_GOOD;
		picture_start(&machine.kernel);
		while (!machine.ending)
			mn_platform_wait(&machine.kernel, mn_kernel_run_once(&machine.kernel));
		machine_finish(&machine);
	}
	panic_watch(NULL);
	machine_close(&machine);
	return machine.exit_code;
}
