/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string.h>
#include <mnemos/panic.h>
#include <mnemos/trace.h>
#include "board.h"
#include "clock.h"
#include "cpu.h"

struct board board;

/* Of the linker script. */
extern uint8_t arena_start[], arena_end[];

/* ---- The platform's functions, see <mnemos/platform.h> --------------------------------- */

/* Any counter will do that never goes back and has an interrupt before it goes round. */
uint64_t mn_platform_now_us(const struct mn_kernel *kernel)
{
	(void)kernel;
	return clock_now_us();
}

/* FILL IN, if the processor counts cycles: that is finer. */
mn_cpu_time mn_platform_cpu_time(const struct mn_kernel *kernel)
{
	(void)kernel;
	return (mn_cpu_time)(clock_now_us() * (MN_CPU_HZ / 1000000));
}

/*
 * An interrupt that comes after the look at the inbox is pending, and so ends the sleep; it is
 * taken as soon as interrupts are let through.
 *
 * FILL IN, once all else works: an alarm at the deadline, so that the clock need not tick.
 */
void mn_platform_wait(struct mn_kernel *kernel, uint64_t deadline_us)
{
	uint32_t before;

	if (deadline_us <= clock_now_us())
		return;
	before = cpu_hold();
	if (!mn_kernel_interrupted(kernel))
		cpu_sleep();
	cpu_restore(before);
}

/* Line by line, each with CR LF. */
static void put_lines(void *context, const char *text, size_t len)
{
	(void)context;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n')
			uart_put(&board.uart, '\r');
		uart_put(&board.uart, (uint8_t)text[i]);
	}
}

/* A zero ends a frame that may be cut short. */
void mn_platform_panic_write(const char *text, size_t len)
{
	static bool begun;

	cpu_hold();
	if (!begun)
		uart_put(&board.uart, '\0');
	begun = true;
	put_lines(NULL, text, len);
}

/* FILL IN, if the board can: power off, a reset, a red light, the end of the emulator. */
void mn_platform_halt(void)
{
	mn_platform_panic_write("halted\n", 7);
	uart_put(&board.uart, '\0');
	for (;;)
		cpu_sleep();
}

/* ---- Interrupts ------------------------------------------------------------------------ */

/* All have the same priority: none interrupts another. */
void board_interrupt(void)
{
	struct mn_interrupt frame;

	mn_interrupt_enter(&frame, &board.kernel, cpu_irq());
	uart_interrupt(&board.uart);
	mn_interrupt_exit(&frame);
}

/* The line goes on behind the second zero. */
void board_look(void)
{
	if (!mn_watchdog_looks(&board.watchdog, &board.kernel))
		return;
	uart_put(&board.uart, '\0');
	mn_watchdog_tell(&board.kernel, put_lines, NULL);
	uart_put(&board.uart, '\0');
}

/* FILL IN, if you like: registers, the stack's guard; see platforms/mps2/fault.c. */
void board_fault(void)
{
	MN_PANIC("a fault of the processor");
}

/* ---- Memory ---------------------------------------------------------------------------- */

static void tell(const char *text)
{
	mn_platform_panic_write(text, strlen(text));
}

/* Zeroed, for ever. */
static void *take(size_t size, const char *key)
{
	const size_t align = _Alignof(max_align_t);
	uint8_t *memory = arena_start + board.taken;

	if (size > (size_t)(arena_end - memory) - align) {
		tell("no memory for ");
		tell(key);
		tell("\n");
		mn_platform_halt();
	}
	board.taken += (size + align - 1) / align * align;
	return memset(memory, 0, size);
}

/* ---- Power on -------------------------------------------------------------------------- */

static void open_kernel(const struct mn_config *config)
{
	const size_t slots = config->kernel.max_drivers * sizeof(struct mn_registry_slot);

	mn_kernel_init(&board.kernel,
		       &(struct mn_kernel_config){
			       .name = "template",
			       .services = take(slots, "kernel.max_drivers"),
			       .max_services = config->kernel.max_drivers,
			       .heap = take(config->kernel.heap_size, "kernel.heap_size"),
			       .heap_size = config->kernel.heap_size,
		       });
}

static void start_uart(const struct mn_config_uart *config)
{
	uart_start(&board.uart, &board.kernel,
		   &(struct uart_rings){
			   .rx = take(config->incoming_size, "platform.uart.incoming_size"),
			   .rx_size = config->incoming_size,
			   .tx = take(config->outgoing_size, "platform.uart.outgoing_size"),
			   .tx_size = config->outgoing_size,
		   });
	mn_simple_serial_start(&board.serial, &board.kernel, &board.uart.line, "uart");
	mn_trace_mute_interrupt(&board.kernel, config->irq);
	if (!config->polled)
		nvic_enable(config->irq);
}

void board_open(const struct mn_config *config)
{
	board.config = config;
	/* FILL IN: clocks and pins, if they are not right after reset. */
	uart_open(&board.uart, config->platform.uart.base,
		  config->platform.clock_hz / config->platform.uart.baud);
	open_kernel(config);
	if (config->platform.uart.enabled)
		start_uart(&config->platform.uart);
	clock_open(config->platform.clock_hz);
}
