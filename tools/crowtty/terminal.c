/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "terminal.h"

static struct {
	volatile sig_atomic_t is_raw;
	bool is_prepared;
	struct termios before;
} self;

/* Also from the background, where this would stop us otherwise. */
static void restore(void)
{
	sigset_t output, old;
	if (!self.is_raw)
		return;
	self.is_raw = false;
	sigemptyset(&output);
	sigaddset(&output, SIGTTOU);
	pthread_sigmask(SIG_BLOCK, &output, &old);
	tcsetattr(STDIN_FILENO, TCSANOW, &self.before);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void restore_and_die(int number)
{
	restore();
	raise(number); /* as it would have ended us */
}

/* The ways out besides those that the session knows. */
static void prepare(void)
{
	static const int deadly[] = {SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV};
	struct sigaction action = {.sa_handler = restore_and_die, .sa_flags = (int)SA_RESETHAND};
	if (self.is_prepared)
		return;
	self.is_prepared = true;
	atexit(restore);
	for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
		sigaction(deadly[i], &action, NULL);
}

static bool is_ours(void)
{
	return isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp() &&
	       tcgetattr(STDIN_FILENO, &self.before) == 0;
}

void terminal_set_raw(bool raw)
{
	if (!raw)
		restore();
	if (!raw || self.is_raw || !is_ours())
		return;
	prepare();
	struct termios keys = self.before;
	keys.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | IGNCR | INLCR | INPCK | ISTRIP | IXON);
	keys.c_lflag &= ~(tcflag_t)(ECHO | ICANON | IEXTEN | ISIG);
	keys.c_cc[VMIN] = 1;
	keys.c_cc[VTIME] = 0;
	self.is_raw = tcsetattr(STDIN_FILENO, TCSANOW, &keys) == 0;
}

bool terminal_is_raw(void)
{
	return self.is_raw;
}
