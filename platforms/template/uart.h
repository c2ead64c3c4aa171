/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The serial line: two byte queues and one handler, which also may be called by a clock
 * instead of the device. Its peer is there for ever. While the ring for incoming bytes is full,
 * or nobody has accepted the line, bytes are left in the device.
 *
 * The device itself is behind the functions at the end, in device.c.
 */
#ifndef TEMPLATE_UART_H
#define TEMPLATE_UART_H

#include <mnemos/bbq_irq.h>
#include <mnemos/services/simple_serial.h>

struct uart {
	struct mn_serial_line line; /* first */
	struct mn_bbq_irq rx, tx;
	uintptr_t base;     /* of the device's registers */
	atomic_bool forget; /* drop what is to be sent: stored by tasks, then the handler */
};

/* Memory for bytes that have come, and that are to be sent. */
struct uart_rings {
	void *rx, *tx;
	size_t rx_size, tx_size;
};

/* Start-up: from now on last words can be sent. `divisor`: clock cycles a bit. */
void uart_open(struct uart *uart, uintptr_t base, uint32_t divisor);

/* Start-up: line and queues; interrupts are enabled later. All memory stays. */
void uart_start(struct uart *uart, struct mn_kernel *kernel, const struct uart_rings *rings);

/* Interrupt, or any context that holds interrupts back: sees to everything. */
void uart_interrupt(struct uart *uart);

/* Last words, by polling: a byte. Gives up on a device that does not get ready. */
void uart_put(struct uart *uart, uint8_t byte);

/* ---- The device: device.c ---------------------------------------------------------------- */

/* Sets speed and format, and enables both directions. No interrupts yet. */
void device_open(uintptr_t base, uint32_t divisor);

/* Whether a byte has come; takes it. */
bool device_has_byte(uintptr_t base);
uint8_t device_take(uintptr_t base);

/* Whether it takes a byte to be sent; gives it one. */
bool device_has_room(uintptr_t base);
void device_give(uintptr_t base, uint8_t byte);

/* Ends an interrupt, for a device that does not see by itself that it was served. */
void device_acknowledge(uintptr_t base);

/* What to interrupt for from now on: a byte has come, there is room. */
void device_ask(uintptr_t base, bool byte, bool room);

#endif
