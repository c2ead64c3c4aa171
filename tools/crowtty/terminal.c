/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include "exit_guard.h"
#include "terminal.h"

static struct {
	volatile sig_atomic_t is_raw;
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

static void watch_stops(void)
{
	sigaction(SIGTSTP, &(struct sigaction){.sa_handler = stopped, .sa_flags = SA_RESTART},
		  NULL);
	sigaction(SIGCONT, &(struct sigaction){.sa_handler = continued, .sa_flags = SA_RESTART},
		  NULL);
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
	exit_guard(restore);
	watch_stops();
	self.is_raw = true; /* before it is: a signal now must not leave it raw */
	self.is_raw = tcsetattr(STDIN_FILENO, TCSANOW, &self.keys) == 0;
}

bool terminal_is_raw(void)
{
	return self.is_raw;
}
