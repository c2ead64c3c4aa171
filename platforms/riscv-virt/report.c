/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <mnemos/heap.h>
#include "board.h"
#include "cpu.h"
#include "report.h"
#include "stack.h"

/* A longer record is cut. */
#define TEXT_MAX 256

static bool begun;

/* Lines end with CR LF. */
static void write_text(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n')
			mn_ns16550_write_polled(&board.uart, "\r", 1);
		mn_ns16550_write_polled(&board.uart, text + i, 1);
	}
}

static void write_string(const char *text)
{
	write_text(text, strlen(text));
}

void report_text(const char *text, size_t len)
{
	if (!begun) {
		begun = true;
		CPU_CLEAR(mstatus, MSTATUS_MIE);
		mn_ns16550_write_polled(&board.uart, "\0\r\n", 3);
	}
	write_text(text, len);
}

void report(const char *text)
{
	report_text(text, strlen(text));
}

void report_number(uint64_t number)
{
	char digits[20];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	report_text(digits + at, sizeof digits - at);
}

void report_hex(uintptr_t number)
{
	char digits[2 * sizeof number];

	for (size_t i = sizeof digits; i-- > 0; number >>= 4)
		digits[i] = "0123456789abcdef"[number & 15];
	report("0x");
	report_text(digits, sizeof digits);
}

static void report_memory(void)
{
	struct mn_heap_stats heap;

	report("stack: at most ");
	report_number(stack_high_water());
	report(" of ");
	report_number(stack_size());
	report(" bytes used\n");
	if (!board.kernel.heap)
		return;
	mn_heap_stats(board.kernel.heap, &heap);
	report("heap: ");
	report_number(heap.used);
	report(" of ");
	report_number(heap.size);
	report(" bytes used, at most ");
	report_number(heap.high_water);
	report("\n");
}

void report_end(void)
{
	static const char fate[] = "You've met with a terrible fate, haven't you?\r\n";

	report_memory();
	mn_ns16550_write_polled(&board.uart, "\0", 1);
	mn_ns16550_write_polled(&board.uart, fate, sizeof fate);
	board_exit(BOARD_EXIT_FAILED);
}

static void write_piece(void *context, const char *text, size_t len)
{
	(void)context;
	write_text(text, len);
}

void report_beside(void (*tell)(const struct mn_kernel *kernel,
				void (*write)(void *context, const char *text, size_t len),
				void *context))
{
	mn_ns16550_write_polled(&board.uart, "\0", 1);
	tell(&board.kernel, write_piece, NULL);
	mn_ns16550_write_polled(&board.uart, "\0", 1);
}

void report_log(void *context, const struct mn_log_site *site, va_list args)
{
	char text[TEXT_MAX];

	(void)context;
	if (mn_serial_line_flows(&board.uart.line))
		return;
	vsnprintf(text, sizeof text, site->format, args);
	mn_ns16550_write_polled(&board.uart, "\0", 1);
	write_string(mn_log_level_name((enum mn_log_level)site->level));
	write_string(" ");
	write_string(site->target);
	write_string(": ");
	write_string(text);
	write_string("\n");
	mn_ns16550_write_polled(&board.uart, "\0", 1);
}
