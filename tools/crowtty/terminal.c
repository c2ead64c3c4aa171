/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "terminal.h"

static struct {
	volatile sig_atomic_t is_raw;
	bool is_prepared;
	struct termios before, keys;
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

static bool is_in_front(void)
{
	return isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

/* Signals. */

static void restore_and_die(int number)
{
	restore();
	raise(number); /* as it would have ended us */
}

static void watch_stops(void);

/* Stops as if we did nothing about it, which is not at all where nobody could go on with us. */
static void stopped(int number)
{
	const int error = errno;
	const bool was_raw = self.is_raw;
	sigset_t this;
	restore();
	signal(number, SIG_DFL);
	raise(number);
	sigemptyset(&this);
	sigaddset(&this, number);
	pthread_sigmask(SIG_UNBLOCK, &this, NULL); /* here */
	watch_stops();
	terminal_set_raw(was_raw);
	errno = error;
}

/* After SIGSTOP, which cannot be caught, the terminal is as another program has left it. */
static void continued(int number)
{
	const int error = errno;
	(void)number;
	if (self.is_raw && is_in_front())
		tcsetattr(STDIN_FILENO, TCSANOW, &self.keys);
	errno = error;
}

static void watch(int number, void (*act)(int number), int flags)
{
	struct sigaction action = {.sa_handler = act, .sa_flags = flags}, before;
	if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
		sigaction(number, &action, NULL);
}

static void watch_stops(void)
{
	watch(SIGTSTP, stopped, SA_RESTART);
	watch(SIGCONT, continued, SA_RESTART);
}

/* The ways out besides those that the session knows. */
static void prepare(void)
{
	static const int deadly[] = {SIGQUIT, SIGABRT, SIGBUS,  SIGFPE,  SIGILL,    SIGSEGV,
				     SIGTRAP, SIGSYS,  SIGALRM, SIGUSR1, SIGUSR2,   SIGXCPU,
				     SIGXFSZ, SIGPROF, SIGPOLL, SIGPWR,  SIGVTALRM, SIGSTKFLT};
	if (self.is_prepared)
		return;
	self.is_prepared = true;
	atexit(restore);
	for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
		watch(deadly[i], restore_and_die, (int)SA_RESETHAND);
	watch_stops();
}

/* The terminal's settings for single keys, made of those that it has. */
static bool make_keys(void)
{
	if (tcgetattr(STDIN_FILENO, &self.before))
		return false;
	self.keys = self.before;
	self.keys.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | IGNCR | INLCR | INPCK | ISTRIP | IXON);
	self.keys.c_lflag &= ~(tcflag_t)(ECHO | ICANON | IEXTEN | ISIG);
	self.keys.c_cc[VMIN] = 1;
	self.keys.c_cc[VTIME] = 0;
	return true;
}

void terminal_set_raw(bool raw)
{
	if (!raw)
		restore();
	if (!raw || self.is_raw || !is_in_front() || !make_keys())
		return;
	prepare();
	self.is_raw = true; /* before it is: a signal now must not leave it raw */
	self.is_raw = tcsetattr(STDIN_FILENO, TCSANOW, &self.keys) == 0;
}

bool terminal_is_raw(void)
{
	return self.is_raw;
}
