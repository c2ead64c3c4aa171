/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The simulator with a fault in it: faulty [FAULT] [MELPOMENE'S OPTION...]. Without FAULT it
 * waits for names on virtual port 99. faults.h has the list.
 */
#include <stdio.h>
#include "../../platforms/melpomene/program.h"
#include "faults.h"

static const char *fault; /* or NULL */

static int usage(void)
{
	fprintf(stderr, "faulty: no fault \"%s\"; there is", fault);
	for (size_t i = 0; faults_name(i); i++)
		fprintf(stderr, " %s", faults_name(i));
	fputs("\n", stderr);
	return EXIT_USAGE;
}

static int start(struct mn_kernel *kernel)
{
	if (!fault)
		faults_listen(kernel);
	else if (!faults_plant(kernel, fault))
		return usage();
	return EXIT_GOOD;
}

int main(int argc, char **argv)
{
	if (argc > 1 && argv[1][0] != '-') {
		fault = argv[1];
		argv[1] = argv[0];
		argc--;
		argv++;
	}
	return program_main(argc, argv, start);
}
