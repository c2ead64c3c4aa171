/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "../../platforms/riscv-virt/board.h"
#include "../../platforms/riscv-virt/stack.h"
#include "target.h"

void target_open(void)
{
	const struct mn_config_uart *uart = &mn_config_board.platform.uart;

	stack_guard();
	mn_ns16550_open(&board.uart, &(struct mn_ns16550_config){
					     .base = (volatile uint8_t *)(uintptr_t)uart->base,
					     .stride = 1,
					     .clock_hz = uart->clock_hz,
					     .baud = uart->baud,
				     });
}

void target_put(char c)
{
	mn_ns16550_write_polled(&board.uart, &c, 1);
}
