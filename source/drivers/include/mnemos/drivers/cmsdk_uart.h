/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Driver of the UART of Arm's Cortex-M System Design Kit (CMSDK): two byte queues, one
 * interrupt handler, no flow control. Registers: "APB UART" of its technical reference manual.
 *
 *     static struct mn_cmsdk_uart uart;
 *     static struct mn_simple_serial server;
 *
 *     mn_cmsdk_uart_init(&uart, kernel, &(struct mn_cmsdk_uart_config){.base = ..., ...});
 *     mn_simple_serial_start(&server, kernel, &uart.line, "uart0");   // a serial line,
 *     mn_serial_line_accept(&uart.line);                              // or for ourselves
 *     ...enable its interrupts, which all call mn_cmsdk_uart_interrupt(&uart)...
 *
 * The peer of the line is there for ever. Before anybody has accepted it, and while the ring for
 * incoming bytes is full, the device keeps the byte that it has and the driver takes none; bytes
 * that come after that one are lost on a real wire, and each loss the driver sees is counted in
 * `overruns`. An emulator's wire waits instead.
 *
 * Memory: all is the caller's, for as long as the kernel lives.
 */
#ifndef MNEMOS_DRIVERS_CMSDK_UART_H
#define MNEMOS_DRIVERS_CMSDK_UART_H

#include <mnemos/bbq_irq.h>
#include <mnemos/services/simple_serial.h>

/* What a UART is made of. */
struct mn_cmsdk_uart_config {
	uintptr_t base;   /* of its registers */
	uint32_t divisor; /* clock cycles a bit, from 16 to 0xfffff */
	void *rx;         /* ring for bytes that have come */
	size_t rx_size;
	void *tx; /* ring for bytes to be sent */
	size_t tx_size;
	/* Task context: makes the interrupt handler run, before this returns. */
	void (*interrupt)(void *context);
	void *context;
};

struct mn_cmsdk_uart {
	struct mn_serial_line line; /* first */
	struct mn_bbq_irq rx, tx;
	struct mn_cmsdk_uart_registers *registers;
	void (*interrupt)(void *context);
	void *context;
	atomic_bool held;   /* a byte was left in the device: stored by the handler */
	atomic_uint forget; /* bool: drop what is to be sent. RISC-V swaps words, not bytes */
	_Atomic uint32_t overruns; /* modulo 2^32; stored by the handler */
};

/* Start-up: sets device and line up, with its peer attached. Interrupts are enabled later. */
void mn_cmsdk_uart_init(struct mn_cmsdk_uart *uart, struct mn_kernel *kernel,
			const struct mn_cmsdk_uart_config *config);

/*
 * Interrupt: sees to everything. For all interrupts of the device, which must not interrupt
 * each other.
 */
void mn_cmsdk_uart_interrupt(struct mn_cmsdk_uart *uart);

/*
 * Last words, by polling: takes the device away from the driver, if there is one, and sends the
 * text. Gives up on a device that does not get ready. Any context.
 */
void mn_cmsdk_uart_put(uintptr_t base, uint32_t divisor, const char *text, size_t len);

#endif
