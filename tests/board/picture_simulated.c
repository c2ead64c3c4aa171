/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The simulator with the picture, and all of melpomene's options. */
#include "../../platforms/melpomene/program.h"
#include "picture.h"

static int start(struct mn_kernel *kernel)
{
	picture_start(kernel);
	return EXIT_GOOD;
}

int main(int argc, char **argv)
{
	return program_main(argc, argv, start);
}
