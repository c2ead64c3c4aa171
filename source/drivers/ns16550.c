/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Two sides change which interrupts are enabled, without a lock: tasks only ever enable all,
 * with plain stores; the handler, which no task can interrupt, alone finds out what is not
 * needed and disables it. So the worst that a race can do is one interrupt for nothing.
 *
 * The register numbers and bits are those of the National PC16550D data sheet.
 */
#include <string.h>
#include <mnemos/drivers/ns16550.h>

enum { /* registers */
       DATA = 0,
       DIVISOR_LOW = 0,  /* while LINE_CONTROL_DIVISOR is set */
       DIVISOR_HIGH = 1, /* as well */
       ENABLE = 1,
       FIFO_CONTROL = 2,
       LINE_CONTROL = 3,
       MODEM_CONTROL = 4,
       LINE_STATUS = 5
};

enum { /* ENABLE */
       ENABLE_RX = 1,
       ENABLE_TX = 2,
       ENABLE_STATUS = 4,
       ENABLE_ALL = ENABLE_RX | ENABLE_TX | ENABLE_STATUS
};

enum { /* FIFO_CONTROL: on, both emptied, interrupt at 8 bytes or when no more come */
       FIFO_ON = 0x87
};

enum { /* LINE_CONTROL */
       LINE_CONTROL_8N1 = 0x03,
       LINE_CONTROL_DIVISOR = 0x80
};

enum { /* MODEM_CONTROL: DTR, RTS, and OUT2, which on PCs lets interrupts out */
       MODEM_READY = 0x0b
};

enum { /* LINE_STATUS */
       STATUS_READY = 0x01,
       STATUS_OVERRUN = 0x02,
       STATUS_PARITY = 0x04,
       STATUS_FRAMING = 0x08,
       STATUS_BREAK = 0x10,
       STATUS_ERRORS = STATUS_OVERRUN | STATUS_PARITY | STATUS_FRAMING | STATUS_BREAK,
       STATUS_TX_EMPTY = 0x20
};

#define TX_FIFO_SIZE 16
#define LOOKS_MAX 1000000

static volatile uint8_t *at(const struct mn_ns16550 *uart, unsigned reg)
{
	return uart->base + reg * (size_t)uart->stride;
}

/* Noted first: a handler that comes between the two stores then leaves too much enabled. */
static void enable(struct mn_ns16550 *uart, uint8_t which)
{
	uart->enabled = which;
	*at(uart, ENABLE) = which;
}

static void count(_Atomic uint32_t *number, uint32_t by)
{
	atomic_store_explicit(number, atomic_load_explicit(number, memory_order_relaxed) + by,
			      memory_order_relaxed);
}

/* ---- The handler ------------------------------------------------------------------- */

/* The status is about the byte that is read next. */
static void note_errors(struct mn_ns16550 *uart, uint8_t status)
{
	if (status & STATUS_OVERRUN)
		count(&uart->overruns, 1);
	if (status & STATUS_BREAK)
		count(&uart->breaks, 1);
	else if (status & (STATUS_PARITY | STATUS_FRAMING))
		count(&uart->line_errors, 1);
}

/* Takes what is there and has room; returns whether there is room left. */
static bool receive(struct mn_ns16550 *uart)
{
	size_t room, used = 0;
	uint8_t *to = mn_bbq_irq_grant(&uart->rx, &room);

	while (used < room) {
		const uint8_t status = *at(uart, LINE_STATUS);

		if (MN_UNLIKELY(status & STATUS_ERRORS))
			note_errors(uart, status);
		if (!(status & STATUS_READY))
			break;
		const uint8_t byte = *at(uart, DATA);

		if (!(status & STATUS_BREAK)) /* a break comes with a zero that nobody sent */
			to[used++] = byte;
	}
	mn_bbq_irq_commit(&uart->rx, used);
	count(&uart->received, (uint32_t)used);
	return used < room || (mn_bbq_irq_grant(&uart->rx, &room), room > 0);
}

/* Fills the UART's FIFO if it is empty; returns whether there is more to send. */
static bool transmit(struct mn_ns16550 *uart)
{
	size_t ready, len;
	const uint8_t *bytes = mn_bbq_irq_peek(&uart->tx, &ready);

	if (ready == 0 || !(*at(uart, LINE_STATUS) & STATUS_TX_EMPTY))
		return ready > 0;
	len = ready < TX_FIFO_SIZE ? ready : TX_FIFO_SIZE;
	for (size_t i = 0; i < len; i++)
		*at(uart, DATA) = bytes[i];
	mn_bbq_irq_release(&uart->tx, len);
	count(&uart->sent, (uint32_t)len);
	return ready > len || (mn_bbq_irq_peek(&uart->tx, &ready), ready > 0);
}

void mn_ns16550_interrupt(struct mn_ns16550 *uart)
{
	uint8_t wanted = 0;

	if (mn_serial_line_flows(&uart->line)) {
		if (receive(uart))
			wanted |= ENABLE_RX | ENABLE_STATUS;
		else
			count(&uart->holds, 1);
		if (transmit(uart))
			wanted |= ENABLE_TX;
	}
	enable(uart, wanted);
}

/* ---- Task context ------------------------------------------------------------------ */

static void send_on(struct mn_bbq_irq *tx)
{
	struct mn_ns16550 *uart = MN_CONTAINER(tx, struct mn_ns16550, tx);

	if (!(uart->enabled & ENABLE_TX) && mn_serial_line_flows(&uart->line))
		enable(uart, ENABLE_ALL);
}

static void receive_on(struct mn_bbq_irq *rx)
{
	struct mn_ns16550 *uart = MN_CONTAINER(rx, struct mn_ns16550, rx);

	if (!(uart->enabled & ENABLE_RX) && mn_serial_line_flows(&uart->line))
		enable(uart, ENABLE_ALL);
}

/* The line has another owner, or none: what the last one wrote is dropped. */
static void accepted(struct mn_serial_line *line)
{
	struct mn_ns16550 *uart = MN_CONTAINER(line, struct mn_ns16550, line);
	size_t len;

	enable(uart, 0); /* from here on no handler is in the way */
	while (mn_bbq_irq_peek(&uart->tx, &len), len > 0)
		mn_bbq_irq_release(&uart->tx, len);
	if (mn_serial_line_flows(line))
		enable(uart, ENABLE_ALL);
}

/* ---- Start ------------------------------------------------------------------------- */

static void set_speed(struct mn_ns16550 *uart, uint32_t clock_hz, uint32_t baud)
{
	const uint32_t divisor = (clock_hz + 8 * baud) / (16 * baud);

	MN_ASSERT(divisor >= 1 && divisor <= UINT16_MAX);
	*at(uart, LINE_CONTROL) = LINE_CONTROL_8N1 | LINE_CONTROL_DIVISOR;
	*at(uart, DIVISOR_LOW) = (uint8_t)divisor;
	*at(uart, DIVISOR_HIGH) = (uint8_t)(divisor >> 8);
}

void mn_ns16550_open(struct mn_ns16550 *uart, const struct mn_ns16550_config *config)
{
	uart->base = config->base;
	uart->stride = config->stride;
	enable(uart, 0);
	if (config->clock_hz)
		set_speed(uart, config->clock_hz, config->baud);
	*at(uart, LINE_CONTROL) = LINE_CONTROL_8N1;
	*at(uart, FIFO_CONTROL) = FIFO_ON;
	*at(uart, MODEM_CONTROL) = MODEM_READY;
}

void mn_ns16550_start(struct mn_ns16550 *uart, struct mn_kernel *kernel,
		      const struct mn_ns16550_rings *rings, const char *instance)
{
	mn_bbq_irq_init(&uart->rx, kernel, rings->rx, rings->rx_size, MN_BBQ_IRQ_WRITES,
			receive_on);
	mn_bbq_irq_init(&uart->tx, kernel, rings->tx, rings->tx_size, MN_BBQ_IRQ_READS, send_on);
	mn_serial_line_init(&uart->line, kernel, &uart->rx.bbq, &uart->tx.bbq, accepted);
	mn_serial_line_attach(&uart->line);
	mn_simple_serial_start(&uart->server, kernel, &uart->line, instance);
}

/* ---- By polling -------------------------------------------------------------------- */

void mn_ns16550_write_polled(struct mn_ns16550 *uart, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	if (!uart->base)
		return;
	enable(uart, 0);
	for (size_t i = 0; i < len; i++) {
		for (int looks = 0; looks < LOOKS_MAX; looks++)
			if (*at(uart, LINE_STATUS) & STATUS_TX_EMPTY)
				break;
		*at(uart, DATA) = bytes[i];
	}
}
