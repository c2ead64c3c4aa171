/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The simulator with a program of book/draw-something.md, and all of melpomene's options. */
#include "../../platforms/melpomene/program.h"
#include "screen_program.h"

static int start(struct mn_kernel *kernel)
{
	start_program(kernel);
	return EXIT_GOOD;
}

int main(int argc, char **argv)
{
	return program_main(argc, argv, start);
}
