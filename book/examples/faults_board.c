/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A board with faults on request: see faults.h. */
#include "faults.h"

void board_start_extras(struct mn_kernel *kernel);

void board_start_extras(struct mn_kernel *kernel)
{
	faults_listen(kernel);
}
