/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* MnemOS on QEMU's virt board. */
#include "board.h"
#include "report.h"

/*
 * Nothing that is started here ever ends. What has ended by the time the system first has
 * nothing to do could not start, and has said so in the log: most likely for want of memory.
 */
static void check_start(const struct mn_kernel *kernel)
{
	if (kernel->tasks_ended == 0)
		return;
	report("cannot start: ");
	report_number(kernel->tasks_ended);
	report(" of ");
	report_number(kernel->task_id);
	report(" tasks have ended; kernel.heap_size is ");
	report_number(board.config->kernel.heap_size);
	report(" bytes\n");
	report_end();
}

static void run(struct mn_kernel *kernel)
{
	uint64_t next_us;

	while ((next_us = mn_kernel_run_once(kernel)) == 0)
		;
	check_start(kernel);
	for (;;) {
		mn_platform_wait(kernel, next_us);
		next_us = mn_kernel_run_once(kernel);
	}
}

int main(void)
{
	board_open(&mn_config_board);
	mn_start_default_services(&board.services, &board.kernel, board.config);
	board_start_screen(board.config);
	board_start_extras(&board.kernel);
	run(&board.kernel);
}
