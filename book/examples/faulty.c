/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The simulator with a fault in it: faulty [FAULT] [MELPOMENE'S OPTION...]. Without FAULT it
 * waits for names on virtual port 99. faults.h has the list.
 */
#include <stdio.h>
#include <unistd.h>
#include "../../platforms/melpomene/machine.h"
#include "../../platforms/melpomene/panic.h"
#include "faults.h"

static struct machine machine;

static int usage(const char *name)
{
	fprintf(stderr, "faulty: no fault \"%s\"; there is", name);
	for (size_t i = 0; faults_name(i); i++)
		fprintf(stderr, " %s", faults_name(i));
	fputs("\n", stderr);
	return EXIT_USAGE;
}

static void run(void)
{
	while (!machine.ending)
		mn_platform_wait(&machine.kernel, mn_kernel_run_once(&machine.kernel));
}

int main(int argc, char **argv)
{
	struct options options;
	const char *fault = argc > 1 && argv[1][0] != '-' ? argv[1] : NULL;

	if (fault) {
		argv[1] = argv[0];
		argc--;
		argv++;
	}
	const int code = options_parse(&options, argc, argv);

	if (code >= 0)
		return code;
	machine.exit_code = EXIT_TROUBLE;
	panic_watch(&machine);
	if (machine_open(&machine, &options)) {
		machine.exit_code = EXIT_GOOD;
		machine_introduce(&machine);
		if (!fault)
			faults_listen(&machine.kernel);
		else if (!faults_plant(&machine.kernel, fault))
			machine.exit_code = usage(fault);
		if (machine.exit_code == EXIT_GOOD)
			run();
	}
	panic_watch(NULL);
	machine_close(&machine);
	return machine.exit_code;
}
