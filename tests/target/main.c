/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Around the main() of a unit test that runs on a board: the board's start-up comes here
 * (--wrap=main). What the test prints goes to the board's console; what a program finds in its
 * environment comes from QEMU's command line, by semihosting; what main() returns is QEMU's exit
 * code.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <semihost.h>
#include "target.h"

#define ENVIRONMENT_MAX 8

int __real_main(void);
int __wrap_main(void);

static int put_char(char c, FILE *file)
{
	(void)file;
	target_put(c);
	return c;
}

static FILE console = FDEV_SETUP_STREAM(put_char, NULL, NULL, _FDEV_SETUP_WRITE);
FILE *const stdin = &console;
FILE *const stdout = &console;
FILE *const stderr = &console;

/* NAME=VALUE words; the first word is not one of them, as it is where a program's name stands. */
static void take_environment(void)
{
	static char text[1024];
	static char *words[ENVIRONMENT_MAX + 1];
	size_t count = 0;

	if (sys_semihost_get_cmdline(text, sizeof text) != 0)
		text[0] = '\0';
	strtok(text, " ");
	while (count < ENVIRONMENT_MAX && (words[count] = strtok(NULL, " ")))
		count++;
	environ = words;
}

/* Also where abort() ends. */
void _exit(int code)
{
	target_save_coverage();
	sys_semihost_exit_extended((uintptr_t)code);
}

/* There is one process. The C library ends it so for a signal that nobody handles. */
pid_t getpid(void)
{
	return 1;
}

int kill(pid_t pid, int signal)
{
	(void)pid;
	printf("\nended by signal %d (%s)\n", signal, strsignal(signal));
	_exit(128 + signal);
}

int __wrap_main(void)
{
	target_open();
	take_environment();
	_exit(__real_main());
}
