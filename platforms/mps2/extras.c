/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The usual image: nothing but the default services. */
#include "board.h"

void board_start_extras(struct mn_kernel *kernel)
{
	(void)kernel;
}
