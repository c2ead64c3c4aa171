/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "../../../tests/board/picture.h"
#include "../board.h"

void board_start_extras(struct mn_kernel *kernel)
{
	picture_start(kernel);
}
