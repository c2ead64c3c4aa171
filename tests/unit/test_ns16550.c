/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: the 16550 driver's dealings with errors and with full rings, which an emulator does
 * not show. The registers are memory: what is read there is what the test has put there, and
 * stays; so each interrupt sees the same again. The traffic itself: tests/system/test_riscv.py.
 */
#include <string.h>
#include <mnemos/drivers/ns16550.h>
#include "sim.h"

#define RING 64

enum { DATA = 0, ENABLE = 1, FIFO_CONTROL = 2, LINE_CONTROL = 3, LINE_STATUS = 5, REGISTERS = 8 };
enum { READY = 0x01, OVERRUN = 0x02, PARITY = 0x04, FRAMING = 0x08, BREAK = 0x10, EMPTY = 0x20 };
enum { ENABLE_RX = 0x05, ENABLE_ALL = 0x07 };

struct board {
	struct mn_ns16550 uart;
	volatile uint8_t registers[REGISTERS];
	uint8_t rx[RING], tx[RING];
};

/* A UART whose line has an owner, the test. */
static struct board *board_new(struct sim *sim)
{
	static struct board board;

	memset(&board, 0, sizeof board);
	mn_ns16550_open(&board.uart, &(struct mn_ns16550_config){
					     .base = board.registers,
					     .stride = 1,
					     .clock_hz = 3686400,
					     .baud = 115200,
				     });
	assert_int_equal(board.registers[DATA], 2); /* the divisor's low half */
	assert_int_equal(board.registers[LINE_CONTROL], 3);
	mn_ns16550_start(&board.uart, &sim->kernel,
			 &(struct mn_ns16550_rings){board.rx, RING, board.tx, RING}, NULL);
	sim_settle(sim);
	assert_int_equal(board.registers[ENABLE], 0); /* silent until it has an owner */
	sim_enter(sim);
	mn_serial_line_accept(&board.uart.line);
	sim_leave();
	assert_int_equal(board.registers[ENABLE], ENABLE_ALL);
	return &board;
}

static void interrupt(struct board *board, uint8_t status)
{
	board->registers[LINE_STATUS] = status;
	mn_ns16550_interrupt(&board->uart);
}

static void errors_are_counted_by_kind(void **state)
{
	struct sim *sim = *state;
	struct board *board = board_new(sim);
	struct mn_ns16550 *uart = &board->uart;

	interrupt(board, OVERRUN);
	interrupt(board, OVERRUN | BREAK | FRAMING);
	assert_int_equal(uart->overruns, 2);
	assert_int_equal(uart->breaks, 1);
	assert_int_equal(uart->line_errors, 0); /* a break's framing error is none of its own */
	interrupt(board, PARITY);
	assert_int_equal(uart->line_errors, 1);
	assert_int_equal(uart->received, 0);
	sim_cancel_all(sim);
}

static void full_ring_leaves_bytes_in_the_uart_until_there_is_room(void **state)
{
	struct sim *sim = *state;
	struct board *board = board_new(sim);
	struct mn_bbq_read read = {0};

	board->registers[DATA] = 'x';
	interrupt(board, READY);
	assert_int_equal(board->uart.received, RING);
	assert_int_equal(board->uart.holds, 1);
	assert_int_equal(board->registers[ENABLE], 0);
	assert_int_equal(mn_bbq_irq_lost(&board->uart.rx), 0);
	sim_enter(sim);
	assert_int_equal(mn_bbq_try_read(&read, board->uart.line.rx), MN_OK);
	assert_int_equal(read.len, RING);
	mn_bbq_release(board->uart.line.rx, 1);
	sim_leave();
	assert_int_equal(board->registers[ENABLE], ENABLE_ALL);
	interrupt(board, 0);
	assert_int_equal(board->registers[ENABLE], ENABLE_RX); /* nothing to send */
	sim_cancel_all(sim);
}

static void no_byte_is_sent_while_the_uart_is_busy(void **state)
{
	struct sim *sim = *state;
	struct board *board = board_new(sim);
	struct mn_bbq_write write = {0};

	interrupt(board, 0);
	sim_enter(sim);
	assert_int_equal(mn_bbq_try_write(&write, board->uart.line.tx, 2), MN_OK);
	memcpy(write.data, "ab", 2);
	mn_bbq_commit(board->uart.line.tx, 2);
	sim_leave();
	assert_int_equal(board->registers[ENABLE], ENABLE_ALL);
	interrupt(board, 0);
	assert_int_equal(board->uart.sent, 0);
	assert_int_equal(board->registers[ENABLE], ENABLE_ALL); /* tells when it no longer is */
	interrupt(board, EMPTY);
	assert_int_equal(board->uart.sent, 2);
	assert_int_equal(board->registers[DATA], 'b');
	assert_int_equal(board->registers[ENABLE], ENABLE_RX);
	sim_cancel_all(sim);
}

static void who_has_no_line_hears_nothing(void **state)
{
	struct sim *sim = *state;
	struct board *board = board_new(sim);

	atomic_store(&board->uart.line.accepted, 0); /* the owner has let go */
	board->registers[DATA] = 'x';
	interrupt(board, READY | EMPTY);
	assert_int_equal(board->uart.received, 0);
	assert_int_equal(board->registers[ENABLE], 0);
	sim_cancel_all(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(errors_are_counted_by_kind),
		SIM_TEST(full_ring_leaves_bytes_in_the_uart_until_there_is_room),
		SIM_TEST(no_byte_is_sent_while_the_uart_is_busy),
		SIM_TEST(who_has_no_line_hears_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
