/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A serial line for tests: the driver's side is the test itself, as its interrupt handler.
 *
 *     struct serial *serial = serial_new(sim, 4096, 4096);
 *     serial_attach(serial);
 *     serial_feed(serial, wire, len);           // as the peer sends
 *     assert_bytes(serial->out, ...);           // what the peer has received
 *
 * Between feeds the machine runs until nothing is ready; time stands still. What it sends is
 * collected at once, unless `deaf` says that the peer does not read.
 */
#ifndef TESTS_SERIAL_H
#define TESTS_SERIAL_H

#include <mnemos/bbq_irq.h>
#include <mnemos/services/simple_serial.h>
#include "sim.h"

#define SERIAL_OUT (1024 * 1024)

struct serial {
	struct sim *sim;
	struct mn_bbq_irq rx, tx; /* first of what the machine sees */
	struct mn_serial_line line;
	struct mn_simple_serial server;
	uint8_t *storage;
	bool deaf;
	uint8_t *out; /* received by the peer so far */
	size_t out_len;
};

/* A line with its server, named `instance` or NULL; nobody is there yet. */
struct serial *serial_new(struct sim *sim, size_t rx_size, size_t tx_size, const char *instance);

/* The test is over: the server has been cancelled. */
void serial_free(struct serial *serial);

/* A peer comes, or goes; the machine runs. */
void serial_attach(struct serial *serial);
void serial_detach(struct serial *serial);

/* Runs the machine, and collects what it sends. */
void serial_settle(struct serial *serial);

/* The peer sends; returns how many bytes the machine took. The rest was never sent. */
size_t serial_feed(struct serial *serial, const void *data, size_t len);

/* The peer forgets what it has received. */
static inline void serial_forget(struct serial *serial)
{
	serial->out_len = 0;
}

/* Sends one frame. */
size_t serial_feed_frame(struct serial *serial, uint16_t port, const void *data, size_t len);

/*
 * Decodes what the peer has received, all of it good frames, and appends the payloads of one
 * port to `data`; returns their length.
 */
size_t serial_payload(const struct serial *serial, uint16_t port, uint8_t *data, size_t cap);

#endif
