/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include "exit_guard.h"

static void (*put_right)(void);

static void put_right_and_die(int number)
{
	put_right();
	raise(number); /* as it would have ended us */
}

static bool is_ignored(int number)
{
	struct sigaction now;
	return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

static void watch(int number)
{
	const struct sigaction action = {.sa_handler = put_right_and_die,
					 .sa_flags = (int)SA_RESETHAND};
	if (!is_ignored(number))
		sigaction(number, &action, NULL);
}

void exit_signal_start(uv_signal_t *signal, uv_signal_cb act, int number)
{
	if (number != SIGHUP || !is_ignored(SIGHUP))
		uv_signal_start(signal, act, number);
}

void exit_guard(void (*act)(void))
{
	/* Besides SIGINT, SIGTERM and SIGHUP, which every command watches. */
	static const int deadly[] = {SIGQUIT, SIGABRT, SIGBUS,  SIGFPE,  SIGILL,    SIGSEGV,
				     SIGTRAP, SIGSYS,  SIGALRM, SIGUSR1, SIGUSR2,   SIGXCPU,
				     SIGXFSZ, SIGPROF, SIGPOLL, SIGPWR,  SIGVTALRM, SIGSTKFLT};
	if (put_right)
		return;
	put_right = act;
	atexit(act);
	for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
		watch(deadly[i]);
}
