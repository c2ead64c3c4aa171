/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* MnemOS on a board that is still to be filled in. */
#include <mnemos/panic.h>
#include "board.h"

int main(void);

/*
 * Nothing that is started here ever ends. What has ended by the time the system first has
 * nothing to do could not start: most likely for want of memory.
 */
static void check_start(struct mn_kernel *kernel)
{
	if (kernel->tasks_ended == 0)
		return;
	mn_running = kernel; /* for the list of those that have not */
	MN_PANIC("a service could not start; is kernel.heap_size too small?");
}

int main(void)
{
	board_open(&mn_config_board);
	mn_start_default_services(&board.services, &board.kernel, board.config);
	while (mn_kernel_run_once(&board.kernel) == 0)
		;
	check_start(&board.kernel);
	for (;;)
		mn_platform_wait(&board.kernel, mn_kernel_run_once(&board.kernel));
}
