/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* For tests/system/test_mps2.py: what is done to this board, see tests/board/probe.h. */
#include <stdio.h>
#include <string.h>
#include "../../../tests/board/probe.h"
#include "../board.h"
#include "../clock.h"
#include "../cortex_m.h"
#include "../stack.h"

#define FLOOD 8000 /* lines: more than a socket of the host takes */

#define MN_LOG_TARGET "probe"

/* Timers that count down in cycles: one to compare the clock with, one to storm. */
#define TIMER_CONTROL REG32(0x40000000)
#define TIMER_VALUE REG32(0x40000004)
#define TIMER_RELOAD REG32(0x40000008)
#define STORM_CONTROL REG32(0x40001000)
#define STORM_RELOAD REG32(0x40001008)
#define STORM_IRQ 9
#define TIMER_ENABLE 1u
#define TIMER_INTERRUPT 8u

/* The line's UART. */
#define UART_DATA REG32(0x40004000)
#define UART_STATE REG32(0x40004004)
#define UART_RX_FULL 2u
#define STOLEN 17

static unsigned timer_start_us;

void probe_answer(char *text, size_t size)
{
	const uint64_t now_us = clock_now_us();
	const uint32_t cycles = UINT32_MAX - TIMER_VALUE;

	snprintf(text, size,
		 "time %u.%06u cycles %u since %u overruns %u lost %u task stack %u handler stack "
		 "%u storms %u",
		 (unsigned)(now_us / 1000000), (unsigned)(now_us % 1000000), (unsigned)cycles,
		 timer_start_us, (unsigned)board.uart.overruns,
		 (unsigned)mn_bbq_irq_lost(&board.uart.rx),
		 (unsigned)stack_high_water(task_stack, task_stack_end),
		 (unsigned)stack_high_water(handler_stack, handler_stack_end),
		 (unsigned)board.storms.count);
}

static void flood_console(void)
{
	for (unsigned i = 0; i < FLOOD; i++)
		mn_warn("line %u of many", i);
}

/* Nobody acknowledges it. */
static void storm(void)
{
	STORM_RELOAD = 1;
	STORM_CONTROL = TIMER_ENABLE | TIMER_INTERRUPT;
	nvic_enable(STORM_IRQ);
}

/* Loses bytes of the line, as its UART does where nobody takes them in time. */
static void lose(void)
{
	const uint32_t before = cpu_hold();

	for (int i = 0; i < STOLEN; i++) {
		while (!(UART_STATE & UART_RX_FULL))
			;
		(void)UART_DATA;
	}
	cpu_restore(before);
}

/* Addresses hidden from the compiler are of nothing, of code, and of a place where the board has
 * nothing. */
void probe_act(char request)
{
	static const uint16_t data_code[] = {0x4770}; /* bx lr */
	volatile uint32_t *volatile nowhere = NULL;
	volatile uint32_t *volatile code = (volatile uint32_t *)(uintptr_t)probe_act;
	volatile uint32_t *volatile gap = (volatile uint32_t *)0x60000000;
	volatile int zero = 0;
	uint16_t ram_code[2];

	switch (request) {
	case 'y': /* until it is told of */
		while (!*(volatile bool *)&board.watchdog.told)
			;
		break;
	case 'f':
		flood_console();
		break;
	case 'l':
		mn_warn("one more line");
		break;
	case 'm':
		storm();
		break;
	case 'q':
		STORM_CONTROL = 0;
		break;
	case 'o':
		lose();
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
	case 'S': /* too little is left for what the processor stores when an interrupt comes */
		__asm volatile("mov sp, %0\n\t"
			       "str %1, [%2]\n\t"
			       "dsb\n\t"
			       "isb" ::"r"(task_stack + 16),
			       "r"(1), "r"(&NVIC_ISPR));
	}
}

void board_start_extras(struct mn_kernel *kernel)
{
	TIMER_RELOAD = UINT32_MAX;
	TIMER_VALUE = UINT32_MAX;
	TIMER_CONTROL = TIMER_ENABLE;
	timer_start_us = (unsigned)clock_now_us();
	probe_start(kernel);
}
