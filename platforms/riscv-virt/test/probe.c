/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* For tests/system/test_riscv.py: what is done to this board, see tests/board/probe.h. */
#include <inttypes.h>
#include <stdio.h>
#include "../../../tests/board/probe.h"
#include "../board.h"
#include "../cpu.h"
#include "../stack.h"

/* The UART's registers, as bytes: what is written comes back while its loop is closed. */
#define UART_DATA 0
#define UART_ENABLE 1
#define UART_MODEM_CONTROL 4
#define UART_LOOP 0x10
#define MORE_THAN_ITS_FIFO 40

/* A clock of the board (Goldfish RTC): an alarm that is set for the past comes at once. */
#define RTC ((uintptr_t)0x101000)
#define RTC_IRQ 11
#define RTC_ALARM_LOW 0x08
#define RTC_ALARM_HIGH 0x0c
#define RTC_IRQ_ENABLED 0x10
#define RTC_CLEAR_INTERRUPT 0x1c

static struct plic_source rtc_source;
static volatile uint32_t rtc_came, uart_ignored;
static volatile bool rtc_ends;

static void set_alarm(void)
{
	*cpu_register(RTC + RTC_ALARM_HIGH) = 0;
	*cpu_register(RTC + RTC_ALARM_LOW) = 0;
}

/* A driver's mistake: the next one comes at once, too. */
static void rtc_interrupt(void *context)
{
	(void)context;
	rtc_came++;
	*cpu_register(RTC + RTC_CLEAR_INTERRUPT) = 1;
	if (!rtc_ends)
		set_alarm();
}

static void storm(void)
{
	rtc_source = (struct plic_source){.irq = RTC_IRQ, .handle = rtc_interrupt};
	plic_connect(&board.plic, &rtc_source);
	*cpu_register(RTC + RTC_IRQ_ENABLED) = 1;
	set_alarm();
}

/*
 * Does nothing about what the UART asks for until it has stormed, twice, after it was excused for
 * what it had moved before. QEMU forgets a level that lasts when an interrupt is completed, unless
 * it comes anew.
 */
static void deaf(void *uart)
{
	if (uart_ignored == 3 * MN_STORM) {
		mn_ns16550_interrupt(uart);
	} else {
		uart_ignored++;
		board.uart.base[UART_ENABLE] = 0;
		board.uart.base[UART_ENABLE] = board.uart.enabled;
	}
}

/* More bytes than the UART holds come, and nobody takes them in time. */
static void overrun(void)
{
	volatile uint8_t *const uart = board.uart.base;
	const uint8_t before = uart[UART_MODEM_CONTROL];

	CPU_CLEAR(mstatus, MSTATUS_MIE);
	uart[UART_MODEM_CONTROL] = before | UART_LOOP;
	for (int i = 0; i < MORE_THAN_ITS_FIFO; i++)
		uart[UART_DATA] = 'x';
	uart[UART_MODEM_CONTROL] = before;
	CPU_SET(mstatus, MSTATUS_MIE);
}

void probe_answer(char *text, size_t size)
{
	snprintf(text, size,
		 "overruns %" PRIu32 " breaks %" PRIu32 " lost %" PRIu32 " holds %" PRIu32
		 " stack %u of %u instructions %lu storms %" PRIu32 " came %" PRIu32,
		 board.uart.overruns, board.uart.breaks, mn_bbq_irq_lost(&board.uart.rx),
		 board.uart.holds, (unsigned)stack_high_water(), (unsigned)stack_size(),
		 (unsigned long)CPU_READ(minstret), board.plic.storms.count, rtc_came);
}

void probe_act(char request)
{
	volatile uint32_t *nowhere = NULL;

	switch (request) {
	case 'y': /* until it is told of */
		while (!*(volatile bool *)&board.watchdog.told)
			;
		break;
	case 'h': /* no task runs until the UART's ring is full */
		while (board.uart.holds == 0)
			;
		break;
	case 'l':
		uart_ignored = *nowhere;
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
	case 'o':
		overrun();
		break;
	case 'm':
		storm();
		break;
	case 'q':
		rtc_ends = true;
		break;
	case 'u':
		board.uart_source.handle = deaf;
	}
}

void board_start_extras(struct mn_kernel *kernel)
{
	probe_start(kernel);
}
