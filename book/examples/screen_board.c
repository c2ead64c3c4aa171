/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A board with a program of book/draw-something.md. */
#include "screen_program.h"

void board_start_extras(struct mn_kernel *kernel);

void board_start_extras(struct mn_kernel *kernel)
{
	start_program(kernel);
}
