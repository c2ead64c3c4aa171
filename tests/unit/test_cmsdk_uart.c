/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: what the emulator's UART never does, because its wire waits. Bytes that are lost on
 * a real one are counted, a full ring leaves the byte in the device, and a device that is busy
 * gets nothing. Registers are memory here, and the test plays the device.
 */
#include "bytes.h"
#include "sim.h"
#include <mnemos/drivers/cmsdk_uart.h>

#define TX_FULL 1u
#define RX_FULL 2u
#define RX_OVERRUN 8u

struct device {
	uint32_t data, state, control, interrupts, divisor;
	struct mn_cmsdk_uart uart;
	uint8_t rx[4], tx[8];
	unsigned interrupted; /* by a task */
};

static void interrupt(void *context)
{
	struct device *device = context;

	device->interrupted++;
	mn_cmsdk_uart_interrupt(&device->uart);
}

static void device_open(struct device *device, struct sim *sim)
{
	mn_cmsdk_uart_init(&device->uart, &sim->kernel,
			   &(struct mn_cmsdk_uart_config){
				   .base = (uintptr_t)&device->data,
				   .divisor = 217,
				   .rx = device->rx,
				   .rx_size = sizeof device->rx,
				   .tx = device->tx,
				   .tx_size = sizeof device->tx,
				   .interrupt = interrupt,
				   .context = device,
			   });
	sim_enter(sim);
}

/* A byte comes; the device has it until somebody reads it, which memory does not notice. */
static void arrives(struct device *device, uint8_t byte)
{
	device->data = byte;
	device->state |= RX_FULL;
	mn_cmsdk_uart_interrupt(&device->uart);
	device->state &= ~RX_FULL;
}

static size_t received(struct device *device)
{
	return mn_bbq_used(&device->uart.rx.bbq);
}

static void take(struct device *device, size_t len)
{
	struct mn_bbq_read read = {0};

	assert_int_equal(mn_bbq_try_read(&read, &device->uart.rx.bbq), MN_OK);
	assert_true(read.len >= len);
	mn_bbq_release(&device->uart.rx.bbq, len);
}

static void put(struct device *device, uint8_t byte)
{
	struct mn_bbq_write write = {0};

	assert_int_equal(mn_bbq_try_write(&write, &device->uart.tx.bbq, 1), MN_OK);
	*write.data = byte;
	mn_bbq_commit(&device->uart.tx.bbq, 1);
}

static void counts_what_the_wire_lost(void **state)
{
	struct device device = {0};

	device_open(&device, *state);
	mn_serial_line_accept(&device.uart.line);
	arrives(&device, 1);
	assert_int_equal(device.uart.overruns, 0);
	device.state = RX_OVERRUN;
	mn_cmsdk_uart_interrupt(&device.uart);
	assert_int_equal(device.state, RX_OVERRUN); /* written back, which clears it */
	device.state = 0;
	arrives(&device, 2);
	assert_int_equal(device.uart.overruns, 1);
	assert_int_equal(received(&device), 2);
	sim_leave();
}

static void takes_nothing_before_somebody_owns_the_line(void **state)
{
	struct device device = {0};

	device_open(&device, *state);
	arrives(&device, 1);
	assert_int_equal(received(&device), 0);
	device.state |= RX_FULL; /* it still has the byte */
	mn_serial_line_accept(&device.uart.line);
	assert_int_equal(received(&device), 1);
	sim_leave();
}

static void leaves_bytes_in_the_device_while_the_ring_is_full(void **state)
{
	struct device device = {0};

	device_open(&device, *state);
	mn_serial_line_accept(&device.uart.line);
	device.interrupted = 0;
	for (uint8_t i = 0; i < sizeof device.rx; i++)
		arrives(&device, i);
	take(&device, 1);
	assert_int_equal(device.interrupted, 0); /* nothing was left */
	arrives(&device, 4);
	arrives(&device, 5);
	assert_int_equal(received(&device), sizeof device.rx);
	device.state |= RX_FULL;
	take(&device, 1);
	assert_int_equal(device.interrupted, 1);
	assert_int_equal(received(&device), sizeof device.rx);
	assert_int_equal(mn_bbq_irq_lost(&device.uart.rx), 0);
	sim_leave();
}

static void gives_nothing_to_a_busy_device(void **state)
{
	struct device device = {.state = TX_FULL};

	device_open(&device, *state);
	mn_serial_line_accept(&device.uart.line);
	put(&device, 7);
	put(&device, 8);
	assert_int_equal(device.data, 0);
	assert_int_equal(mn_bbq_used(&device.uart.tx.bbq), 2);
	device.state = 0; /* and its interrupt comes */
	mn_cmsdk_uart_interrupt(&device.uart);
	assert_int_equal(device.data, 8);
	assert_int_equal(mn_bbq_used(&device.uart.tx.bbq), 0);
	sim_leave();
}

static void a_new_owner_sends_nothing_of_the_last_one(void **state)
{
	struct device device = {.state = TX_FULL};

	device_open(&device, *state);
	mn_serial_line_accept(&device.uart.line);
	put(&device, 7);
	mn_serial_line_accept(&device.uart.line);
	device.state = 0;
	mn_cmsdk_uart_interrupt(&device.uart);
	assert_int_equal(device.data, 0);
	sim_leave();
}

static void last_words_do_not_wait_for_a_dead_device(void **state)
{
	struct device device = {.state = TX_FULL, .control = 0x2b};

	(void)state;
	mn_cmsdk_uart_put((uintptr_t)&device.data, 217, "x", 1);
	assert_int_equal(device.data, 0);
	assert_int_equal(device.control, 1); /* sends, and interrupts nobody */
	device.state = 0;
	mn_cmsdk_uart_put((uintptr_t)&device.data, 217, "xy", 2);
	assert_int_equal(device.data, 'y');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(counts_what_the_wire_lost),
		SIM_TEST(takes_nothing_before_somebody_owns_the_line),
		SIM_TEST(leaves_bytes_in_the_device_while_the_ring_is_full),
		SIM_TEST(gives_nothing_to_a_busy_device),
		SIM_TEST(a_new_owner_sends_nothing_of_the_last_one),
		SIM_TEST(last_words_do_not_wait_for_a_dead_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
