/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The 16550 UART and its many relatives, as one instance of simple serial.
 *
 *     static struct mn_ns16550 uart;
 *
 *     mn_ns16550_open(&uart, &(struct mn_ns16550_config){...});
 *     mn_ns16550_start(&uart, &kernel, &(struct mn_ns16550_rings){...}, NULL);
 *     connect mn_ns16550_interrupt(&uart) to the UART's interrupt
 *
 * Opening sets the line to 8 data bits, no parity, one stop bit. Bytes flow when the line has
 * an owner; until then the UART is silent and asks for no interrupt. There is one peer, for
 * ever: a UART does not know whether anybody is at the other end.
 *
 * When the ring for what arrives is full, bytes stay in the UART until the owner has made
 * room. Whoever sees that (automatic RTS, an emulator) waits, so nothing is lost; where
 * nobody does the UART overruns, which it tells and this counts.
 *
 * Cost: one interrupt for up to 16 bytes, either way; a byte costs a register access and a
 * copy into or out of the ring.
 */
#ifndef MNEMOS_DRIVERS_NS16550_H
#define MNEMOS_DRIVERS_NS16550_H

#include <mnemos/bbq_irq.h>
#include <mnemos/services/simple_serial.h>

/* Where a UART is and how fast. */
struct mn_ns16550_config {
	volatile uint8_t *base; /* of its registers */
	unsigned stride;        /* bytes from one register to the next, 1 or more */
	uint32_t clock_hz;      /* what it divides, or 0: leave the speed as it is */
	uint32_t baud;          /* bits per second, at most clock_hz / 16 */
};

/* Its rings, the caller's memory for as long as the kernel lives. */
struct mn_ns16550_rings {
	void *rx;       /* for what arrives */
	size_t rx_size; /* bytes, from 1 to MN_BBQ_CAPACITY_MAX */
	void *tx;       /* for what is to be sent */
	size_t tx_size; /* bytes, the same */
};

/* A UART, zeroed before its start. For readers: the numbers, modulo 2^32. */
struct mn_ns16550 {
	struct mn_serial_line line;
	struct mn_bbq_irq rx, tx;
	struct mn_simple_serial server;
	volatile uint8_t *base;
	unsigned stride;
	volatile uint8_t enabled;        /* what the interrupt enable register holds */
	_Atomic uint32_t received, sent; /* bytes */
	_Atomic uint32_t overruns;       /* events: each lost a byte or more */
	_Atomic uint32_t line_errors;    /* bytes that came with a framing or parity error */
	_Atomic uint32_t breaks;
	_Atomic uint32_t holds; /* times that the ring was full and bytes had to wait */
};

/* Start-up: sets the UART up; from now on mn_ns16550_write_polled works. */
void mn_ns16550_open(struct mn_ns16550 *uart, const struct mn_ns16550_config *config);

/* Start-up, once it is open: starts its service. `instance` may be NULL and must stay. */
void mn_ns16550_start(struct mn_ns16550 *uart, struct mn_kernel *kernel,
		      const struct mn_ns16550_rings *rings, const char *instance);

/* Handler: everything that the UART asks for. */
void mn_ns16550_interrupt(struct mn_ns16550 *uart);

/*
 * Sends past the ring, by polling, and disables the UART's interrupts: for text before the
 * line has an owner, who enables them, and for last words. A byte that is not taken within
 * about a million looks is given up. Returns when the last one has left: the machine may end then.
 * Does nothing before the UART is open.
 */
void mn_ns16550_write_polled(struct mn_ns16550 *uart, const void *data, size_t len);

#endif
