/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The image that boards are measured with: does NAME COUNT times, as QEMU's `-semihosting-config
 * arg=NAME,arg=COUNT` says, tells the microseconds it took, and ends. The board is started as in
 * every image, and its clock and interrupts are the real ones; no service runs. Instructions are
 * counted from outside (target.py); the clock, which QEMU moves by the instruction, is to check
 * that count with.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <mnemos/bbq.h>
#include "board.h"
#include "operations.h"
#include "semihosting.h"
#include "virtual.h"

long bench_count;

/* ---- The platform of the operations: a kernel of their own on the board's clock -------- */

struct mn_kernel kernel;
static struct mn_registry_slot services[4];

void virtual_init(void)
{
	mn_kernel_init(&kernel,
		       &(struct mn_kernel_config){.services = services, .max_services = 4});
}

bool virtual_turn(void)
{
	const uint64_t next_us = mn_kernel_run_once(&kernel);

	if (next_us == MN_NEVER)
		return false;
	mn_platform_wait(&kernel, next_us);
	return true;
}

void virtual_run(void)
{
	while (mn_kernel_task_count(&kernel) && virtual_turn())
		;
}

/* ---- A byte on the serial line to the task that waits for it --------------------------- */

struct listener {
	struct mn_task task;
	struct mn_bbq_read rx;
	long left;
};

/* Where the way of a byte ends: the first that the task does with it. */
static __attribute__((noinline)) void bench_heard(struct listener *self)
{
	self->left--;
}

/* Where target.py sends the next; the board is asleep long before it comes. */
static __attribute__((noinline)) void bench_ready(void)
{
	__asm__ volatile("");
}

static mn_poll listener_run(struct listener *self)
{
	MN_BEGIN(self);
	mn_serial_line_accept(&board.uart.line);
	for (self->left = bench_count; self->left > 0;) {
		bench_ready();
		MN_TRY(self, mn_bbq_read(&self->rx, board.uart.line.rx));
		bench_heard(self);
		mn_bbq_release(board.uart.line.rx, self->rx.len);
	}
	semihosting_exit(0);
	MN_END(self);
}

MN_TASK(listener);

/* With the board's own kernel, which its driver knows; main runs it. */
static void listen(struct mn_kernel *of_board)
{
	static struct listener listener;

	mn_spawn(of_board, &listener.task, &listener_task);
}

/* ---- What there is to do --------------------------------------------------------------- */

static const struct {
	const char *name;
	void (*run)(void);
} benches[] = {
	{"call", bench_call},       {"connect", bench_connect},
	{"yield", bench_yield},     {"spawn_many", bench_spawn_many},
	{"sleep", bench_sleep},     {"channel", bench_channel},
	{"oneshot", bench_oneshot}, {"bbq_stream", bench_bbq_stream},
	{"event", bench_event},
};

static void tell(unsigned long us)
{
	char text[32];

	snprintf(text, sizeof text, "%lu us\n", us);
	semihosting_write(text);
}

static void measure(const char *name)
{
	for (size_t i = 0; i < sizeof benches / sizeof *benches; i++) {
		if (strcmp(benches[i].name, name) != 0)
			continue;
		virtual_init();
		const uint64_t begin_us = mn_platform_now_us(&kernel);

		benches[i].run();
		tell((unsigned long)(mn_platform_now_us(&kernel) - begin_us));
		semihosting_exit(0);
	}
	semihosting_exit(2);
}

void board_start_extras(struct mn_kernel *of_board)
{
	static char words[64]; /* the image's name, NAME and COUNT */
	char *name, *count;

	semihosting_command_line(words, sizeof words);
	if (!(name = strchr(words, ' ')) || !(count = strchr(name + 1, ' ')))
		semihosting_exit(2);
	*name++ = *count++ = '\0';
	bench_count = atol(count);
	if (strcmp(name, "interrupt") == 0)
		listen(of_board);
	else
		measure(name);
}
