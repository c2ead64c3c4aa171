/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * For tests/system/test_riscv.py: echoes on more ports, answers about the machine, and on
 * request a task that breaks it. A request is one byte on PORT.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "../board.h"
#include "../cpu.h"
#include "../stack.h"

#define PORT 99
#define ECHOES 4

struct probe {
	struct mn_task task;
	struct mn_sermux_open open;
	struct mn_sermux_port port;
	struct mn_bbq_read rx;
	struct mn_sermux_write tx;
	char answer[128];
};

static struct probe probe;
static struct mn_loopback echoes[ECHOES];

/* Uses more stack with every call, in steps that no guard can miss. */
static __attribute__((noinline, noclone)) int recurse(volatile char *outer, int depth)
{
	volatile char own[256];

	own[0] = outer[0];
	if (outer[0] == '\0') /* never, but the compiler would see that it never ends */
		return 0;
	return recurse(own, depth + 1) + own[0];
}

static void answer(struct probe *self)
{
	snprintf(self->answer, sizeof self->answer,
		 "overruns %" PRIu32 " breaks %" PRIu32 " lost %" PRIu32 " holds %" PRIu32
		 " stack %u of %u instructions %lu",
		 board.uart.overruns, board.uart.breaks, mn_bbq_irq_lost(&board.uart.rx),
		 board.uart.holds, (unsigned)stack_high_water(), (unsigned)stack_size(),
		 (unsigned long)CPU_READ(minstret));
}

/* What is asked for; returns if the machine has survived it. */
static void act(char request)
{
	volatile uint32_t *nowhere = NULL;
	char start[] = "s";

	switch (request) {
	case 'h': /* no task runs until the UART's ring is full */
		while (board.uart.holds == 0)
			;
		break;
	case 'l':
		*(volatile char *)start = (char)*nowhere;
		break;
	case 'w':
		*nowhere = 1;
		break;
	case 'c': /* into code */
		*(volatile uint32_t *)(uintptr_t)board_start_extras = 0;
		break;
	case 'i':
		__asm__ volatile("unimp");
		break;
	case 'j':
		((void (*)(void))(uintptr_t)nowhere)();
		break;
	case 't': /* the next interrupt's handler jumps to nowhere */
		board.uart_source.handle = NULL;
		break;
	case 's':
		start[0] = (char)recurse(start, 0);
		break;
	case 'p':
		MN_PANIC("asked for");
	}
}

static mn_poll probe_run(struct probe *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_sermux_open(&self->open, PORT, 64, MN_SERMUX_WAIT, &self->port));
	for (;;) {
		MN_TRY(self, mn_bbq_read(&self->rx, self->port.rx));
		act((char)self->rx.data[0]);
		answer(self);
		mn_bbq_release(self->port.rx, self->rx.len);
		MN_TRY(self,
		       mn_sermux_write(&self->tx, &self->port, self->answer, strlen(self->answer)));
	}
	MN_END(self);
}

MN_TASK(probe);

void board_start_extras(struct mn_kernel *kernel)
{
	static const uint16_t ports[ECHOES] = {2, 3, 0x4269, 0xffff};

	for (int i = 0; i < ECHOES; i++)
		mn_loopback_start(&echoes[i], kernel,
				  &(struct mn_loopback_config){
					  .port = ports[i],
					  .buffer_size = 1024,
					  .when_full = MN_SERMUX_WAIT,
				  });
	mn_spawn(kernel, &probe.task, &probe_task);
}
