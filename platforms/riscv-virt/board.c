/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string.h>
#include <mnemos/trace.h>
#include "board.h"
#include "cpu.h"
#include "report.h"
#include "stack.h"

struct board board;

/* Of memory.ld. */
extern char mem_free[], mem_end[];

/* ---- Memory ---------------------------------------------------------------------------- */

void *board_take(size_t size, const char *what)
{
	const size_t align = _Alignof(max_align_t);
	const size_t left = (size_t)(mem_end - mem_free) - board.taken;
	char *memory = mem_free + board.taken;

	if (size > left - align) {
		report("cannot start: ");
		report(what);
		report(" asks for ");
		report_number(size);
		report(" bytes, and ");
		report_number(left - align);
		report(" of memory are left\n");
		report_end();
	}
	board.taken += (size + align - 1) / align * align;
	return memory;
}

/* ---- The watchdog ---------------------------------------------------------------------- */

void board_look(void)
{
	board_watch();
	if (mn_watchdog_looks(&board.watchdog, &board.kernel))
		report_beside(mn_watchdog_tell);
}

/* ---- Power on -------------------------------------------------------------------------- */

static void open_uart(const struct mn_config_uart *config)
{
	/* Also where it is disabled, it is what can still tell of a panic. */
	mn_ns16550_open(&board.uart, &(struct mn_ns16550_config){
					     .base = (volatile uint8_t *)(uintptr_t)config->base,
					     .stride = 1,
					     .clock_hz = config->clock_hz,
					     .baud = config->baud,
				     });
}

static void open_kernel(const struct mn_config *config)
{
	static const struct mn_log_filter warnings = {MN_LOG_WARN, MN_LOG_WARN, 0, {{{0}, 0}}};
	const size_t slots_size = config->kernel.max_drivers * sizeof(struct mn_registry_slot);
	struct mn_registry_slot *slots = board_take(slots_size, "kernel.max_drivers");

	mn_kernel_init(&board.kernel,
		       &(struct mn_kernel_config){
			       .name = "riscv-virt",
			       .services = memset(slots, 0, slots_size),
			       .max_services = config->kernel.max_drivers,
			       .heap = board_take(config->kernel.heap_size, "kernel.heap_size"),
			       .heap_size = config->kernel.heap_size,
			       .seed = clint_count(&board.clint),
			       .log = report_log,
		       });
	mn_log_set_filter(&board.kernel, &warnings);
}

static void uart_interrupt(void *uart)
{
	mn_ns16550_interrupt(uart);
}

static void start_uart(const struct mn_config_uart *config)
{
	mn_ns16550_start(
		&board.uart, &board.kernel,
		&(struct mn_ns16550_rings){
			.rx = board_take(config->incoming_size, "platform.uart.incoming_size"),
			.rx_size = config->incoming_size,
			.tx = board_take(config->outgoing_size, "platform.uart.outgoing_size"),
			.tx_size = config->outgoing_size,
		},
		"uart");
	board.uart_source = (struct plic_source){
		.irq = config->irq,
		.handle = uart_interrupt,
		.context = &board.uart,
		.moved = &board.uart.received,
	};
	plic_connect(&board.plic, &board.uart_source);
	mn_trace_mute_interrupt(&board.kernel, config->irq);
}

void board_open(const struct mn_config *config)
{
	board.config = config;
	stack_guard();
	open_uart(&config->platform.uart);
	clint_open(&board.clint, &config->platform.clint);
	plic_open(&board.plic, &board.kernel, &config->platform.plic);
	open_kernel(config);
	if (config->platform.uart.enabled)
		start_uart(&config->platform.uart);
	board.watch_counts = config->platform.clint.mhz * MN_WATCHDOG_MS * 1000;
	board_watch();
	CPU_WRITE(mie, MIE_EXTERNAL | MIE_TIMER);
	CPU_SET(mstatus, MSTATUS_MIE);
}

/* ---- Power off ------------------------------------------------------------------------- */

/* The codes of QEMU's "sifive,test" device. */
void board_exit(unsigned code)
{
	*cpu_register(mn_config_board.platform.finisher.base) = code ? code << 16 | 0x3333 : 0x5555;
	for (;;)
		__asm__ volatile("wfi");
}
