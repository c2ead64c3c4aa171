/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Melpomene's machine with tasks in it that misbehave. It runs in a child process; the test
 * is the peer of its serial line.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "machine.h"
#include "panic.h"

#define DEADLINE_S 30

static const uint8_t ping[] = {1, 1, 2, '!', 0}; /* a frame for the loopback, and its answer */

static struct machine machine;

/* ---- Tasks that misbehave -------------------------------------------------------------- */

/* Panics once something has come over the line. */
struct doomed {
	struct mn_task task;
	struct mn_sleep nap;
};

static mn_poll doomed_run(struct doomed *self)
{
	MN_BEGIN(self);
	while (machine.serial.received == 0)
		MN_TRY(self, mn_sleep(&self->nap, 1000));
	MN_PANIC("on purpose");
	MN_END(self);
}

MN_TASK(doomed);

/* Is always ready. */
struct spinner {
	struct mn_task task;
};

static mn_poll spinner_run(struct spinner *self)
{
	MN_BEGIN(self);
	for (;;)
		MN_YIELD(self);
	MN_END(self);
}

MN_TASK(spinner);

static struct doomed doomed;
static struct spinner spinner;

/* ---- The machine and its peer ---------------------------------------------------------- */

struct child {
	pid_t pid;
	int errors; /* its standard error */
	struct sockaddr_un address;
};

/* The child's whole life. */
_Noreturn static void run(const struct sockaddr_un *address, struct mn_task *task,
			  const struct mn_task_type *type)
{
	struct options options = {
		.has_serial = true,
		.exit_after_us = DEADLINE_S * UINT64_C(1000000),
		.trace = {.level = MN_LOG_OFF, .least = MN_LOG_OFF},
		.serial.kind = SERIAL_UNIX,
	};

	memcpy(options.serial.host, address->sun_path, sizeof address->sun_path);
	panic_watch(&machine);
	if (!machine_open(&machine, &options))
		_exit(1);
	mn_spawn(&machine.kernel, task, type);
	kill(getppid(), SIGUSR1); /* it listens */
	while (!machine.ending)
		mn_platform_wait(&machine.kernel, mn_kernel_run_once(&machine.kernel));
	_exit(0);
}

static struct child start(struct mn_task *task, const struct mn_task_type *type)
{
	struct child child = {.address.sun_family = AF_UNIX};
	sigset_t listens;
	int ends[2], got;

	sigemptyset(&listens);
	sigaddset(&listens, SIGUSR1);
	sigprocmask(SIG_BLOCK, &listens, NULL);
	snprintf(child.address.sun_path, sizeof child.address.sun_path, "/tmp/test_melpomene.%d",
		 (int)getpid());
	assert_int_equal(pipe(ends), 0);
	fflush(NULL);
	child.pid = fork();
	if (child.pid == 0) {
		dup2(ends[1], STDERR_FILENO);
		run(&child.address, task, type);
	}
	close(ends[1]);
	child.errors = ends[0];
	assert_int_equal(sigwait(&listens, &got), 0);
	return child;
}

static int connect_to(const struct child *child)
{
	const struct timeval limit = {.tv_sec = DEADLINE_S};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	assert_int_equal(
		connect(fd, (const struct sockaddr *)&child->address, sizeof child->address), 0);
	return fd;
}

static void send_ping(int fd)
{
	assert_int_equal(write(fd, ping, sizeof ping), sizeof ping);
}

/* The answer to a ping, perhaps after a greeting: whoever is slow enough gets some. */
static void await_answer(int fd)
{
	uint8_t last[sizeof ping] = {0};

	while (memcmp(last, ping, sizeof ping) != 0) {
		memmove(last, last + 1, sizeof last - 1);
		assert_int_equal(read(fd, last + sizeof last - 1, 1), 1);
	}
}

/* Everything up to the end of the stream, as one string; its length. */
static size_t read_all(int fd, char *text, size_t cap)
{
	size_t len = 0;
	ssize_t n;

	while (len < cap - 1 && (n = read(fd, text + len, cap - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	return len;
}

/* ---- Tests ----------------------------------------------------------------------------- */

static void panics_are_told_here_and_on_the_line(void **state)
{
	static char here[16384], there[16384];
	struct child child = start(&doomed.task, &doomed_task);
	int fd = connect_to(&child), status;

	(void)state;
	send_ping(fd);
	const size_t len = read_all(fd, there, sizeof there);
	read_all(child.errors, here, sizeof here);
	waitpid(child.pid, &status, 0);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	assert_int_equal(access(child.address.sun_path, F_OK), -1);

	assert_non_null(strstr(here, "on purpose\nin task doomed #"));
	assert_non_null(strstr(here, "You've met with a terrible fate, haven't you?\n"));

	/* The answer to the ping may have gone before it, or not; and greetings, if it is slow. */
	const char *text = memmem(there, len, "\0\r\npanic at ", 12);
	assert_non_null(text);
	assert_non_null(strstr(text + 1, "on purpose\r\nin task doomed #"));
	assert_non_null(strstr(text + 1, "loopback #"));
	const char *fate = text + 1 + strlen(text + 1) + 1;
	assert_memory_equal(fate, "You've met with a terrible fate", 31);
	assert_ptr_equal(fate + strlen(fate) + 1, there + len);
	close(fd);
	close(child.errors);
}

/* The kernel is never idle; devices are served all the same, and so is the next client. */
static void a_busy_kernel_serves_its_devices(void **state)
{
	struct child child = start(&spinner.task, &spinner_task);

	(void)state;
	for (int i = 0; i < 3; i++) {
		int fd = connect_to(&child);

		send_ping(fd);
		await_answer(fd);
		close(fd);
	}
	kill(child.pid, SIGTERM);
	waitpid(child.pid, NULL, 0);
	close(child.errors);
	unlink(child.address.sun_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(panics_are_told_here_and_on_the_line),
		cmocka_unit_test(a_busy_kernel_serves_its_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
