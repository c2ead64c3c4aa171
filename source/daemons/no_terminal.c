/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Instead of terminal.c, where the build has not found libvterm's source. */
#include <mnemos/daemons/terminal.h>

#define MN_LOG_TARGET "daemons::terminal"

static mn_poll mn_terminal_daemon_run(struct mn_terminal_daemon *self)
{
	(void)self;
	mn_error("this build has no terminal; ./mn setup run fetches what it needs");
	return MN_ENOTSUP;
}

MN_TASK_AS(mn_terminal_daemon, struct mn_terminal_daemon, "terminal");

void mn_terminal_daemon_start(struct mn_terminal_daemon *daemon, struct mn_kernel *kernel,
			      uint16_t port)
{
	daemon->session.number = port;
	mn_spawn(kernel, &daemon->task, &mn_terminal_daemon_task);
}
