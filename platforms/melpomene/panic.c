/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Everything here may run in a signal handler, after anything: no allocation, and no stdio
 * but an attempt to write out what the log has collected.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>
#include <mnemos/platform.h>
#include <mnemos/watchdog.h>
#include "machine.h"
#include "panic.h"

#define TERRIBLE_FATE "You've met with a terrible fate, haven't you?\n"
#define STACK_SIZE 65536

static struct {
	struct machine *machine;
	size_t len;
	char text[32768]; /* for the serial line, which gets it at the end */
	uint8_t stack[STACK_SIZE];
} self;

#define FAULTS 4
static const int faults[FAULTS] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
static struct sigaction before[FAULTS]; /* their actions until panic_watch */

static void write_all(const char *text, size_t len)
{
	while (len > 0) {
		const ssize_t n = write(STDERR_FILENO, text, len);

		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

/* Lines of the serial line's text end with CR LF. */
static void keep(char c)
{
	if (self.len < sizeof self.text)
		self.text[self.len++] = c;
}

static void flush_log(void)
{
	if (ftrylockfile(stdout))
		return;
	fflush_unlocked(stdout);
	funlockfile(stdout);
}

void mn_platform_panic_write(const char *text, size_t len)
{
	if (self.len == 0)
		flush_log();
	write_all(text, len);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n')
			keep('\r');
		keep(text[i]);
	}
}

static void put(const char *text)
{
	mn_platform_panic_write(text, strlen(text));
}

static void put_piece(void *context, const char *text, size_t len)
{
	(void)context;
	mn_platform_panic_write(text, len);
}

/* The zero before it ends a frame that may be cut short, the one behind it the text. */
static void tell_peer(struct machine *machine)
{
	static const char fate[] = TERRIBLE_FATE;

	serial_device_last_words(&machine->serial, "\0\r\n", 3);
	serial_device_last_words(&machine->serial, self.text, self.len);
	serial_device_last_words(&machine->serial, "\0", 1);
	serial_device_last_words(&machine->serial, fate, sizeof fate);
}

static void finish(void)
{
	struct machine *machine = self.machine;

	self.machine = NULL; /* what goes wrong from here on does not come back */
	if (machine) {
		tell_peer(machine);
		serial_peers_remove(&machine->serial.peers);
	}
	write_all(TERRIBLE_FATE, strlen(TERRIBLE_FATE));
}

void mn_platform_halt(void)
{
	finish();
	abort();
}

static void restore(void)
{
	for (int i = 0; i < FAULTS; i++)
		sigaction(faults[i], &before[i], NULL);
}

/*
 * Returning runs into a fault once more, now with the action from before (the default, or
 * a sanitizer's), with all it says about the place; a signal that was sent is sent again.
 */
static void fault(int number, siginfo_t *info, void *context)
{
	struct machine *machine = self.machine;

	(void)context;
	put("fatal signal: SIG");
	put(sigabbrev_np(number));
	put("\n");
	if (machine && machine->kernel.current) {
		put("in task ");
		put(machine->kernel.current->type->name);
		put("\n");
	}
	if (machine)
		mn_kernel_dump(&machine->kernel, put_piece, NULL);
	finish();
	restore();
	if (info->si_code <= 0)
		raise(number);
}

/* ---- A task that does not yield ------------------------------------------------------- */

/* Where the pieces of the text go, and the zeros around it. */
static void warn(void *context, const char *piece, size_t len)
{
	struct machine *machine = context;

	write_all(piece, len);
	serial_device_last_words(&machine->serial, piece, len);
}

static void look(int number)
{
	static struct mn_watchdog watchdog;
	struct machine *machine = self.machine;
	const int error = errno;

	(void)number;
	if (machine && mn_watchdog_looks(&watchdog, &machine->kernel)) {
		serial_device_last_words(&machine->serial, "\0", 1);
		mn_watchdog_tell(&machine->kernel, warn, machine);
		serial_device_last_words(&machine->serial, "\r\0", 2);
	}
	errno = error;
}

/* Of the time that the process computes: an idle machine is not woken. */
static void watch_polls(bool on)
{
	const struct timeval period = {on ? MN_WATCHDOG_MS / 1000 : 0,
				       on ? MN_WATCHDOG_MS % 1000 * 1000 : 0};
	const struct sigaction action = {.sa_handler = look, .sa_flags = SA_RESTART};

	sigaction(SIGPROF, &action, NULL);
	setitimer(ITIMER_PROF, &(struct itimerval){period, period}, NULL);
}

/* On a stack of its own, for what has used up the usual one. */
void panic_watch(struct machine *machine)
{
	const stack_t stack = {.ss_sp = self.stack, .ss_size = STACK_SIZE};
	struct sigaction action = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};

	if (self.machine)
		restore();
	self.machine = machine;
	watch_polls(machine);
	if (!machine)
		return;
	sigaltstack(&stack, NULL);
	for (int i = 0; i < FAULTS; i++)
		sigaction(faults[i], &action, &before[i]);
}
