/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The device has room for one byte in each direction and raises an interrupt at an event, not
 * while a state lasts. So the handler clears the events first and then looks at the states:
 * what happens in between calls it again. A task that has made room, or has something to send,
 * has the handler called, and so everything happens in one context.
 */
#include <mnemos/drivers/cmsdk_uart.h>

struct mn_cmsdk_uart_registers {
	volatile uint32_t data, state, control, interrupts, divisor;
};

/* In `state`; writing 1 clears an overrun. */
#define TX_FULL (1u << 0)
#define RX_FULL (1u << 1)
#define RX_OVERRUN (1u << 3)

/* In `control`. */
#define TX_ENABLE (1u << 0)
#define RX_ENABLE (1u << 1)
#define TX_INTERRUPT (1u << 2)
#define RX_INTERRUPT (1u << 3)
#define RX_OVERRUN_INTERRUPT (1u << 5)

/* In `interrupts`: all that there are. */
#define ALL_INTERRUPTS 15u

/* Looks at a device that is to send a byte; at the slowest rate it needs a tenth of them. */
#define PATIENCE 10000000

static struct mn_cmsdk_uart *uart_of(void *part, size_t offset)
{
	return (struct mn_cmsdk_uart *)(void *)((char *)part - offset);
}

/* ---- Tasks -------------------------------------------------------------------------------- */

/* There is room again. */
static void rx_kick(struct mn_bbq_irq *rx)
{
	struct mn_cmsdk_uart *uart = uart_of(rx, offsetof(struct mn_cmsdk_uart, rx));

	if (atomic_load_explicit(&uart->held, memory_order_relaxed))
		uart->interrupt(uart->context);
}

/* There is something to send; if the device is busy, its interrupt will come anyway. */
static void tx_kick(struct mn_bbq_irq *tx)
{
	struct mn_cmsdk_uart *uart = uart_of(tx, offsetof(struct mn_cmsdk_uart, tx));

	if (!(uart->registers->state & TX_FULL))
		uart->interrupt(uart->context);
}

static void accepted(struct mn_serial_line *line)
{
	struct mn_cmsdk_uart *uart = uart_of(line, offsetof(struct mn_cmsdk_uart, line));

	atomic_store_explicit(&uart->forget, true, memory_order_relaxed);
	uart->interrupt(uart->context);
}

void mn_cmsdk_uart_init(struct mn_cmsdk_uart *uart, struct mn_kernel *kernel,
			const struct mn_cmsdk_uart_config *config)
{
	struct mn_cmsdk_uart_registers *registers = (void *)config->base;

	*uart = (struct mn_cmsdk_uart){
		.registers = registers,
		.interrupt = config->interrupt,
		.context = config->context,
	};
	mn_bbq_irq_init(&uart->rx, kernel, config->rx, config->rx_size, MN_BBQ_IRQ_WRITES, rx_kick);
	mn_bbq_irq_init(&uart->tx, kernel, config->tx, config->tx_size, MN_BBQ_IRQ_READS, tx_kick);
	mn_serial_line_init(&uart->line, kernel, &uart->rx.bbq, &uart->tx.bbq, accepted);
	mn_serial_line_attach(&uart->line);
	registers->divisor = config->divisor;
	registers->control =
		TX_ENABLE | RX_ENABLE | TX_INTERRUPT | RX_INTERRUPT | RX_OVERRUN_INTERRUPT;
}

/* ---- Interrupt ---------------------------------------------------------------------------- */

static void count_overrun(struct mn_cmsdk_uart *uart)
{
	if (!(uart->registers->state & RX_OVERRUN))
		return;
	uart->registers->state = RX_OVERRUN;
	atomic_fetch_add_explicit(&uart->overruns, 1, memory_order_relaxed);
}

static void receive(struct mn_cmsdk_uart *uart, bool flows)
{
	const bool waits = uart->registers->state & RX_FULL;
	size_t room;
	uint8_t *free = mn_bbq_irq_grant(&uart->rx, &room);
	const bool takes = waits && flows && room > 0;

	if (takes) {
		*free = (uint8_t)uart->registers->data;
		mn_bbq_irq_commit(&uart->rx, 1);
	}
	atomic_store_explicit(&uart->held, waits && !takes, memory_order_relaxed);
}

static void send(struct mn_cmsdk_uart *uart)
{
	size_t ready;

	while (!(uart->registers->state & TX_FULL)) {
		const uint8_t *bytes = mn_bbq_irq_peek(&uart->tx, &ready);

		if (ready == 0)
			return;
		uart->registers->data = *bytes;
		mn_bbq_irq_release(&uart->tx, 1);
	}
}

static void forget(struct mn_cmsdk_uart *uart)
{
	size_t old;

	if (!atomic_exchange_explicit(&uart->forget, false, memory_order_relaxed))
		return;
	while (mn_bbq_irq_peek(&uart->tx, &old), old > 0)
		mn_bbq_irq_release(&uart->tx, old);
}

void mn_cmsdk_uart_interrupt(struct mn_cmsdk_uart *uart)
{
	const bool flows = mn_serial_line_flows(&uart->line);

	uart->registers->interrupts = ALL_INTERRUPTS;
	count_overrun(uart);
	receive(uart, flows);
	forget(uart);
	if (flows)
		send(uart);
}

/* ---- Last words --------------------------------------------------------------------------- */

static bool wait_until_ready(const struct mn_cmsdk_uart_registers *registers)
{
	for (int looks = 0; looks < PATIENCE; looks++)
		if (!(registers->state & TX_FULL))
			return true;
	return false;
}

void mn_cmsdk_uart_put(uintptr_t base, uint32_t divisor, const char *text, size_t len)
{
	struct mn_cmsdk_uart_registers *registers = (void *)base;

	registers->divisor = divisor;
	registers->control = TX_ENABLE;
	for (size_t i = 0; i < len && wait_until_ready(registers); i++)
		registers->data = (uint8_t)text[i];
}
