/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * For tests/system/test_mps2.py: echoes on more ports, answers about the machine, and on
 * request a task that breaks it. A request is one byte on PORT.
 */
#include <stdio.h>
#include <string.h>
#include "../board.h"
#include "../clock.h"
#include "../cortex_m.h"
#include "../stack.h"

#define PORT 99
#define ECHOES 5
#define FLOOD 8000 /* lines: more than a socket of the host takes */

#define MN_LOG_TARGET "probe"

struct probe {
	struct mn_task task;
	struct mn_sermux_open open;
	struct mn_sermux_port port;
	struct mn_bbq_read rx;
	struct mn_sermux_write tx;
	char answer[160];
};

/* A second timer, which counts down in cycles, to compare the clock with. */
#define TIMER_CONTROL REG32(0x40000000)
#define TIMER_VALUE REG32(0x40000004)
#define TIMER_RELOAD REG32(0x40000008)

static struct probe probe;
static unsigned timer_start_us;
static struct mn_loopback echoes[ECHOES];

/* Uses more stack with every call, in steps that no guard can miss. */
static __attribute__((noinline, noclone)) int recurse(volatile char *outer, int left)
{
	volatile char own[256];

	own[left % 256] = outer[0];
	return left ? recurse(own, left - 1) + own[left % 256] : 0;
}

static void answer(struct probe *self)
{
	const uint64_t now_us = clock_now_us();
	const uint32_t cycles = UINT32_MAX - TIMER_VALUE;

	snprintf(self->answer, sizeof self->answer,
		 "time %u.%06u cycles %u since %u overruns %u lost %u task stack %u handler stack "
		 "%u",
		 (unsigned)(now_us / 1000000), (unsigned)(now_us % 1000000), (unsigned)cycles,
		 timer_start_us, (unsigned)board.uart.overruns,
		 (unsigned)mn_bbq_irq_lost(&board.uart.rx),
		 (unsigned)stack_high_water(task_stack, task_stack_end),
		 (unsigned)stack_high_water(handler_stack, handler_stack_end));
}

static void flood_console(void)
{
	for (unsigned i = 0; i < FLOOD; i++)
		mn_warn("line %u of many", i);
}

/* What is asked for; returns if the machine has survived it. Addresses hidden from the compiler
 * are of nothing, of code, and of a place where the board has nothing. */
static void act(struct probe *self, char request)
{
	static const uint16_t data_code[] = {0x4770}; /* bx lr */
	volatile uint32_t *volatile nowhere = NULL;
	volatile uint32_t *volatile code = (volatile uint32_t *)(uintptr_t)act;
	volatile uint32_t *volatile gap = (volatile uint32_t *)0x60000000;
	volatile int zero = 0;
	uint16_t ram_code[2];
	char start[] = "s";

	switch (request) {
	case '?':
		answer(self);
		break;
	case 'f':
		flood_console();
		answer(self);
		break;
	case 'l':
		mn_warn("one more line");
		answer(self);
		break;
	case 'n':
		zero = (int)*nowhere;
		break;
	case 'w':
		*code = 0;
		break;
	case 'b':
		zero = (int)*gap;
		break;
	case 'u':
		__asm volatile("udf #0");
		break;
	case 'x':
		memcpy(ram_code, data_code, sizeof data_code);
		((void (*)(void))((uintptr_t)ram_code | 1))();
		break;
	case 'd':
		zero = 100 / zero;
		break;
	case 's':
		start[0] = (char)recurse(start, 1000);
		break;
	case 'S': /* too little is left for what the processor stores when an interrupt comes */
		__asm volatile("mov sp, %0\n\t"
			       "str %1, [%2]\n\t"
			       "dsb\n\t"
			       "isb" ::"r"(task_stack + 16),
			       "r"(1), "r"(&NVIC_ISPR));
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
		act(self, (char)self->rx.data[0]);
		mn_bbq_release(self->port.rx, self->rx.len);
		MN_TRY(self,
		       mn_sermux_write(&self->tx, &self->port, self->answer, strlen(self->answer)));
	}
	MN_END(self);
}

MN_TASK(probe);

void board_start_extras(struct mn_kernel *kernel)
{
	static const uint16_t ports[ECHOES] = {2, 3, 10, 0x4269, 0xffff};

	for (int i = 0; i < ECHOES; i++)
		mn_loopback_start(&echoes[i], kernel,
				  &(struct mn_loopback_config){
					  .port = ports[i],
					  .buffer_size = 1024,
					  .when_full = MN_SERMUX_WAIT,
				  });
	TIMER_RELOAD = UINT32_MAX;
	TIMER_VALUE = UINT32_MAX;
	TIMER_CONTROL = 1;
	timer_start_us = (unsigned)clock_now_us();
	mn_spawn(kernel, &probe.task, &probe_task);
}
