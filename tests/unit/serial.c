/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <mnemos/proto/sermux.h>
#include "serial.h"

static struct serial *serial_of(struct mn_serial_line *line)
{
	return MN_CONTAINER(line, struct serial, line);
}

/* The driver's part of the contract: a new peer gets nothing of an earlier one's. */
static void accepted(struct mn_serial_line *line)
{
	struct serial *serial = serial_of(line);
	size_t old;

	mn_bbq_irq_peek(&serial->tx, &old);
	while (old > 0) {
		mn_bbq_irq_release(&serial->tx, old);
		mn_bbq_irq_peek(&serial->tx, &old);
	}
}

struct serial *serial_new(struct sim *sim, size_t rx_size, size_t tx_size, const char *instance)
{
	struct serial *serial = calloc(1, sizeof *serial);

	assert_non_null(serial);
	serial->sim = sim;
	serial->storage = malloc(rx_size + tx_size);
	serial->out = malloc(SERIAL_OUT);
	assert_non_null(serial->storage);
	assert_non_null(serial->out);
	mn_bbq_irq_init(&serial->rx, &sim->kernel, serial->storage, rx_size, MN_BBQ_IRQ_WRITES,
			NULL);
	mn_bbq_irq_init(&serial->tx, &sim->kernel, serial->storage + rx_size, tx_size,
			MN_BBQ_IRQ_READS, NULL);
	mn_serial_line_init(&serial->line, &sim->kernel, &serial->rx.bbq, &serial->tx.bbq,
			    accepted);
	mn_simple_serial_start(&serial->server, &sim->kernel, &serial->line, instance);
	return serial;
}

void serial_free(struct serial *serial)
{
	free(serial->out);
	free(serial->storage);
	free(serial);
}

/* Returns whether something came. */
static bool collect(struct serial *serial)
{
	size_t n;

	if (serial->deaf || !mn_serial_line_flows(&serial->line))
		return false;
	n = mn_bbq_irq_pull(&serial->tx, serial->out + serial->out_len,
			    SERIAL_OUT - serial->out_len);
	serial->out_len += n;
	assert_true(serial->out_len < SERIAL_OUT);
	return n > 0;
}

void serial_settle(struct serial *serial)
{
	do {
		sim_settle(serial->sim);
	} while (collect(serial));
}

void serial_attach(struct serial *serial)
{
	mn_serial_line_attach(&serial->line);
	serial_settle(serial);
}

void serial_detach(struct serial *serial)
{
	mn_serial_line_detach(&serial->line);
	serial_settle(serial);
}

size_t serial_feed(struct serial *serial, const void *data, size_t len)
{
	const uint8_t *bytes = data;
	size_t fed = 0, room;

	while (fed < len && mn_serial_line_flows(&serial->line)) {
		uint8_t *free = mn_bbq_irq_grant(&serial->rx, &room);
		const size_t n = len - fed < room ? len - fed : room;

		if (n == 0)
			break;
		memcpy(free, bytes + fed, n);
		mn_bbq_irq_commit(&serial->rx, n);
		fed += n;
		serial_settle(serial);
	}
	return fed;
}

size_t serial_feed_frame(struct serial *serial, uint16_t port, const void *data, size_t len)
{
	uint8_t wire[2048];
	const size_t n = mn_sermux_encode(wire, sizeof wire, port, data, len);

	assert_true(n > 0);
	return serial_feed(serial, wire, n);
}

size_t serial_payload(const struct serial *serial, uint16_t port, uint8_t *data, size_t cap)
{
	static uint8_t frame[65536];
	struct mn_sermux_receiver receiver;
	struct mn_sermux_item item;
	size_t at = 0, len = 0;

	mn_sermux_receiver_init(&receiver, frame, sizeof frame);
	while (at < serial->out_len) {
		at += mn_sermux_receive(&receiver, serial->out + at, serial->out_len - at, &item);
		assert_int_equal(item.kind, MN_SERMUX_FRAME);
		if (item.port != port)
			continue;
		assert_true(len + item.len <= cap);
		memcpy(data + len, item.data, item.len);
		len += item.len;
	}
	return len;
}
