/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The serial line gets a zero, which ends a frame that may be cut short, the text, a zero, the
 * closing words, and a zero. The console gets the text alone.
 */
#include <string.h>
#include <mnemos/config.h>
#include <mnemos/drivers/cmsdk_uart.h>
#include "cortex_m.h"
#include "panic.h"

#define TERRIBLE_FATE "You've met with a terrible fate, haven't you?\r\n"

/* What the emulator or debugger is asked, and with what reason. */
#define SYS_EXIT_EXTENDED 0x20
#define ADP_STOPPED_APPLICATION_EXIT 0x20026
#define EXIT_CODE 70

static bool begun;

static void put_line(const char *text, size_t len)
{
	const struct mn_config_uart *uart = &mn_config_board.platform.uart;

	if (uart->enabled)
		mn_cmsdk_uart_put(uart->base, mn_config_board.platform.clock_hz / uart->baud, text,
				  len);
}

static void put_console(const char *text, size_t len)
{
	const struct mn_config_console *console = &mn_config_board.platform.console;

	if (console->enabled)
		mn_cmsdk_uart_put(console->base, mn_config_board.platform.clock_hz / console->baud,
				  text, len);
}

static void put_both(const char *text, size_t len)
{
	put_line(text, len);
	put_console(text, len);
}

/* Nothing else may come between from now on. */
static void begin(void)
{
	if (begun)
		return;
	begun = true;
	cpu_hold();
	put_line("", 1);
	put_both("\r\n", 2);
}

/* Line by line, each with CR LF. */
static void put_lines(const char *text, size_t len)
{
	while (len > 0) {
		const char *newline = memchr(text, '\n', len);
		const size_t n = newline ? (size_t)(newline - text) : len;

		put_both(text, n);
		if (!newline)
			return;
		put_both("\r\n", 2);
		text += n + 1;
		len -= n + 1;
	}
}

void panic_write(const char *text, size_t len)
{
	begin();
	put_lines(text, len);
}

static void put_piece(void *context, const char *text, size_t len)
{
	(void)context;
	put_lines(text, len);
}

void panic_beside(void (*tell)(const struct mn_kernel *kernel,
			       void (*write)(void *context, const char *text, size_t len),
			       void *context),
		  const struct mn_kernel *kernel)
{
	put_line("", 1);
	tell(kernel, put_piece, NULL);
	put_line("", 1);
}

void panic_put(const char *text)
{
	panic_write(text, strlen(text));
}

void panic_put_hex(uint32_t number)
{
	char text[] = "0x00000000";

	for (size_t at = sizeof text - 2; number; number /= 16)
		text[at--] = "0123456789abcdef"[number % 16];
	panic_put(text);
}

/* Not on the stack: QEMU reads no parameters from the kilobyte in which its guard lies. */
static void ask_to_end(void)
{
	static const uint32_t block[] = {ADP_STOPPED_APPLICATION_EXIT, EXIT_CODE};
	register uint32_t operation __asm("r0") = SYS_EXIT_EXTENDED;
	register const uint32_t *parameters __asm("r1") = block;

	__asm volatile("bkpt 0xab" : "+r"(operation) : "r"(parameters) : "memory");
}

void panic_end(void)
{
	begin();
	put_line("", 1);
	put_both(TERRIBLE_FATE, sizeof TERRIBLE_FATE - 1);
	put_line("", 1);
	if (mn_config_board.platform.semihosting)
		ask_to_end();
	for (;;)
		cpu_sleep();
}
