/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string.h>
#include <mnemos/trace.h>
#include "board.h"
#include "clock.h"
#include "cortex_m.h"
#include "interrupts.h"
#include "panic.h"
#include "stack.h"

struct board board;

/* Of the linker script. */
extern uint8_t arena_start[], arena_end[];

/* ---- Interrupts ------------------------------------------------------------------------ */

static void interrupt_clock(void)
{
	clock_interrupt();
	if (mn_watchdog_looks(&board.watchdog, &board.kernel))
		panic_beside(mn_watchdog_tell, &board.kernel);
}

/* All have the same priority: none interrupts another. */
void interrupt(void)
{
	const struct mn_config *config = board.config;
	const unsigned irq = cpu_exception() - FIRST_IRQ;
	struct mn_interrupt frame;

	mn_interrupt_enter(&frame, &board.kernel, irq);
	if (irq == config->platform.timer.irq)
		interrupt_clock();
	else if (irq == config->platform.console.tx_irq)
		mn_cmsdk_uart_interrupt(&board.console.uart);
	else
		mn_cmsdk_uart_interrupt(&board.uart);
	mn_interrupt_exit(&frame);
	if (mn_storm_comes(&board.storms, &board.sources[irq], irq)) {
		board.masked |= 1u << irq;
		NVIC_ICER = 1u << irq;
	}
}

/* The handler of a UART is called by its interrupt for what has gone. */
static void interrupt_uart(void *config)
{
	nvic_pend(((const struct mn_config_uart *)config)->tx_irq);
}

static void interrupt_console(void *config)
{
	nvic_pend(((const struct mn_config_console *)config)->tx_irq);
}

/* ---- Memory ---------------------------------------------------------------------------- */

void *board_take(size_t size, const char *key)
{
	const size_t align = _Alignof(max_align_t);
	uint8_t *memory = arena_start + board.taken;

	if (size > (size_t)(arena_end - memory) - align) {
		panic_put("no memory for ");
		panic_put(key);
		panic_put("\n");
		panic_end();
	}
	board.taken += (size + align - 1) / align * align;
	return memory;
}

/* ---- Power on -------------------------------------------------------------------------- */

static uint32_t divisor(const struct mn_config *config, uint32_t baud)
{
	const uint32_t cycles = config->platform.clock_hz / baud;

	return cycles < 16 ? 16 : cycles;
}

static void open_kernel(const struct mn_config *config)
{
	const size_t size = config->kernel.max_drivers * sizeof(struct mn_registry_slot);
	struct mn_registry_slot *services = board_take(size, "kernel.max_drivers");

	mn_kernel_init(&board.kernel,
		       &(struct mn_kernel_config){
			       .name = "mps2",
			       .services = memset(services, 0, size),
			       .max_services = config->kernel.max_drivers,
			       .heap = board_take(config->kernel.heap_size, "kernel.heap_size"),
			       .heap_size = config->kernel.heap_size,
			       .log = config->platform.console.enabled ? console_log : NULL,
			       .log_context = &board.console,
		       });
}

static void open_uart(const struct mn_config *config)
{
	const struct mn_config_uart *uart = &config->platform.uart;

	mn_cmsdk_uart_init(
		&board.uart, &board.kernel,
		&(struct mn_cmsdk_uart_config){
			.base = uart->base,
			.divisor = divisor(config, uart->baud),
			.rx = board_take(uart->incoming_size, "platform.uart.incoming_size"),
			.rx_size = uart->incoming_size,
			.tx = board_take(uart->outgoing_size, "platform.uart.outgoing_size"),
			.tx_size = uart->outgoing_size,
			.interrupt = interrupt_uart,
			.context = (void *)(uintptr_t)uart,
		});
	mn_simple_serial_start(&board.serial, &board.kernel, &board.uart.line, "uart");
	mn_trace_mute_interrupt(&board.kernel, uart->rx_irq);
	mn_trace_mute_interrupt(&board.kernel, uart->tx_irq);
	NVIC_ISER = 1u << uart->rx_irq | 1u << uart->tx_irq | 1u << uart->overrun_irq;
}

static void open_console(const struct mn_config *config)
{
	const struct mn_config_console *console = &config->platform.console;

	mn_cmsdk_uart_init(
		&board.console.uart, &board.kernel,
		&(struct mn_cmsdk_uart_config){
			.base = console->base,
			.divisor = divisor(config, console->baud),
			.rx = board.console.rx,
			.rx_size = sizeof board.console.rx,
			.tx = board_take(console->outgoing_size, "platform.console.outgoing_size"),
			.tx_size = console->outgoing_size,
			.interrupt = interrupt_console,
			.context = (void *)(uintptr_t)console,
		});
	nvic_enable(console->tx_irq);
	console_open(&board.console);
}

void board_open(const struct mn_config *config)
{
	board.config = config;
	clock_open(config->platform.timer.base, config->platform.clock_hz);
	nvic_enable(config->platform.timer.irq);
	open_kernel(config);
	if (config->platform.uart.enabled)
		open_uart(config);
	if (config->platform.console.enabled)
		open_console(config);
}

void board_introduce(void)
{
	const size_t used = (size_t)(arena_start - task_stack) + board.taken;

	console_say(&board.console, "mps2 " MNEMOS_VERSION ": %u bytes of memory, heap %u of them",
		    (unsigned)used, (unsigned)board.config->kernel.heap_size);
}
