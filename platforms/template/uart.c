/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Nothing to fill in here. A task that has made room, or has something to send, calls the
 * handler itself, with interrupts held back: so the handler is one context.
 */
#include "cpu.h"
#include "uart.h"

/* Looks at a device that is to send a byte. */
#define PATIENCE 10000000

static struct uart *uart_of(void *part, size_t offset)
{
	return (struct uart *)(void *)((char *)part - offset);
}

/* ---- Tasks -------------------------------------------------------------------------------- */

static void see_to(struct uart *uart)
{
	const uint32_t before = cpu_hold();

	uart_interrupt(uart);
	cpu_restore(before);
}

static void rx_kick(struct mn_bbq_irq *rx)
{
	see_to(uart_of(rx, offsetof(struct uart, rx)));
}

static void tx_kick(struct mn_bbq_irq *tx)
{
	see_to(uart_of(tx, offsetof(struct uart, tx)));
}

static void accepted(struct mn_serial_line *line)
{
	struct uart *uart = uart_of(line, offsetof(struct uart, line));

	atomic_store_explicit(&uart->forget, true, memory_order_relaxed);
	see_to(uart);
}

void uart_open(struct uart *uart, uintptr_t base, uint32_t divisor)
{
	uart->base = base;
	device_open(base, divisor);
}

void uart_start(struct uart *uart, struct mn_kernel *kernel, const struct uart_rings *rings)
{
	mn_bbq_irq_init(&uart->rx, kernel, rings->rx, rings->rx_size, MN_BBQ_IRQ_WRITES, rx_kick);
	mn_bbq_irq_init(&uart->tx, kernel, rings->tx, rings->tx_size, MN_BBQ_IRQ_READS, tx_kick);
	mn_serial_line_init(&uart->line, kernel, &uart->rx.bbq, &uart->tx.bbq, accepted);
	mn_serial_line_attach(&uart->line);
}

/* ---- Interrupt ---------------------------------------------------------------------------- */

/* Whether there is room for more. */
static bool receive(struct uart *uart)
{
	size_t room;
	uint8_t *free;

	while (free = mn_bbq_irq_grant(&uart->rx, &room), room > 0) {
		if (!device_has_byte(uart->base))
			return true;
		*free = device_take(uart->base);
		mn_bbq_irq_commit(&uart->rx, 1);
	}
	return false;
}

/* Whether there is more to send. */
static bool send(struct uart *uart)
{
	size_t ready;
	const uint8_t *bytes;

	while (bytes = mn_bbq_irq_peek(&uart->tx, &ready), ready > 0) {
		if (!device_has_room(uart->base))
			return true;
		device_give(uart->base, *bytes);
		mn_bbq_irq_release(&uart->tx, 1);
	}
	return false;
}

static void forget(struct uart *uart)
{
	size_t old;

	if (!atomic_exchange_explicit(&uart->forget, false, memory_order_relaxed))
		return;
	while (mn_bbq_irq_peek(&uart->tx, &old), old > 0)
		mn_bbq_irq_release(&uart->tx, old);
}

/*
 * Acknowledged first: what happens from then on interrupts again. A device that interrupts as
 * long as a state lasts must not be asked about what cannot be dealt with now.
 */
void uart_interrupt(struct uart *uart)
{
	const bool flows = mn_serial_line_flows(&uart->line);
	bool byte, room;

	device_acknowledge(uart->base);
	forget(uart);
	byte = flows && receive(uart);
	room = flows && send(uart);
	device_ask(uart->base, byte, room);
}

/* ---- Last words --------------------------------------------------------------------------- */

void uart_put(struct uart *uart, uint8_t byte)
{
	for (int looks = 0; looks < PATIENCE && !device_has_room(uart->base); looks++)
		;
	device_give(uart->base, byte);
}
