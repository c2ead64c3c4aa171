/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* MnemOS on Arm's MPS2 board. */
#include "board.h"

int main(void);

/*
 * Nothing that is started here ever ends. What has ended by the time the system first has
 * nothing to do could not start, and has said in the log why: most likely for want of memory.
 */
static void check_start(struct mn_kernel *kernel)
{
	if (kernel->tasks_ended == 0)
		return;
	mn_running = kernel; /* for the list of those that have not */
	MN_PANIC("a service could not start; is kernel.heap_size too small?");
}

static _Noreturn void run(struct mn_kernel *kernel)
{
	uint64_t next_us;

	while ((next_us = mn_kernel_run_once(kernel)) == 0)
		;
	check_start(kernel);
	board_introduce();
	for (;;) {
		mn_platform_wait(kernel, next_us);
		next_us = mn_kernel_run_once(kernel);
	}
}

int main(void)
{
	board_open(&mn_config_board);
	mn_start_default_services(&board.services, &board.kernel, board.config);
	board_start_extras(&board.kernel);
	run(&board.kernel);
}
