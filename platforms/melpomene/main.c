/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* melpomene: MnemOS as a program, its devices played by the host. */
#include <stddef.h>
#include "program.h"

int main(int argc, char **argv)
{
	return program_main(argc, argv, NULL);
}
