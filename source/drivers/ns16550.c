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
       ENABLE_RECEIVE = ENABLE_RX | ENABLE_STATUS,
       ENABLE_ALL = ENABLE_RECEIVE | ENABLE_TX
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
       STATUS_TX_EMPTY = 0x20,
       STATUS_TX_IDLE = 0x40 /* the last bit has left, too */
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
	atomic_fetch_add_explicit(number, by, memory_order_relaxed);
}

/* ---- The handler ------------------------------------------------------------------- */

/* The status is about the byte that is read next. In line: a call would have registers saved. */
static inline __attribute__((always_inline)) void note_errors(struct mn_ns16550 *uart,
							      uint8_t status)
{
	if (status & STATUS_OVERRUN)
		count(&uart->overruns, 1);
	if (status & STATUS_BREAK)
		count(&uart->breaks, 1);
	else if (status & (STATUS_PARITY | STATUS_FRAMING))
		count(&uart->line_errors, 1);
}

/* Takes what is there and fits into `room` bytes at `to`; returns how many. */
static inline size_t take(struct mn_ns16550 *uart, uint8_t *to, size_t room)
{
	volatile uint8_t *const data = at(uart, DATA), *const line_status = at(uart, LINE_STATUS);
	uint8_t *next = to, *const end = to + room;

	while (next != end) {
		const uint8_t status = *line_status & (STATUS_READY | STATUS_ERRORS);

		if (status == 0)
			break;
		if (MN_UNLIKELY(status != STATUS_READY)) {
			note_errors(uart, status);
			if (!(status & STATUS_READY))
				break;
			if (status & STATUS_BREAK) {
				(void)*data; /* a zero that nobody sent */
				continue;
			}
		}
		*next++ = *data;
	}
	return (size_t)(next - to);
}

/* The bytes that were taken go to the reader. */
static inline void pass_on(struct mn_ns16550 *uart, size_t used)
{
	count(&uart->received, (uint32_t)used);
	mn_bbq_irq_commit(&uart->rx, used);
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

/* Of `room` bytes `used` have come: the other direction, and what is wanted from now on. */
static __attribute__((noinline)) void finish(struct mn_ns16550 *uart, size_t used, size_t room)
{
	uint8_t wanted = 0;

	pass_on(uart, used);
	if (used < room || (mn_bbq_irq_grant(&uart->rx, &room), room > 0))
		wanted |= ENABLE_RECEIVE;
	else
		count(&uart->holds, 1);
	if (transmit(uart))
		wanted |= ENABLE_TX;
	enable(uart, wanted);
}

/* The way that is always right. */
static __attribute__((noinline)) void serve(struct mn_ns16550 *uart)
{
	size_t room, used;
	uint8_t *to;

	if (!mn_serial_line_flows(&uart->line)) {
		enable(uart, 0);
		return;
	}
	to = mn_bbq_irq_grant(&uart->rx, &room);
	used = take(uart, to, room);
	finish(uart, used, room);
}

/*
 * Mostly a few bytes have come, and there is nothing to send. So it was when only receiving was
 * left enabled, and the line flows as long as it is: a task that has something to send enables all.
 * If no byte is there, more is enabled than noted.
 */
void mn_ns16550_interrupt(struct mn_ns16550 *uart)
{
	size_t room, used;
	uint8_t *to;

	if (uart->enabled != ENABLE_RECEIVE) {
		serve(uart);
		return;
	}
	to = mn_bbq_irq_grant(&uart->rx, &room);
	used = take(uart, to, room);
	if (MN_LIKELY(used != 0 && used != room))
		pass_on(uart, used);
	else
		finish(uart, used, room);
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

static void await_status(struct mn_ns16550 *uart, uint8_t status)
{
	for (int looks = 0; looks < LOOKS_MAX; looks++)
		if (*at(uart, LINE_STATUS) & status)
			break;
}

void mn_ns16550_write_polled(struct mn_ns16550 *uart, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	if (!uart->base)
		return;
	enable(uart, 0);
	for (size_t i = 0; i < len; i++) {
		await_status(uart, STATUS_TX_EMPTY);
		*at(uart, DATA) = bytes[i];
	}
	await_status(uart, STATUS_TX_IDLE);
}
