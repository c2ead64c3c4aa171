/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The console: the log as plain text, on a UART of its own. Task context and start-up.
 *
 * A line that does not fit the ring is dropped as a whole; the next one that fits says how
 * many were.
 */
#ifndef MPS2_CONSOLE_H
#define MPS2_CONSOLE_H

#include <mnemos/drivers/cmsdk_uart.h>
#include <mnemos/log.h>

/* A longer line is cut. */
#define CONSOLE_LINE 120

struct console {
	struct mn_cmsdk_uart uart;
	bool open;
	bool busy;        /* in here already: the ring's own records are left out */
	unsigned dropped; /* lines */
	uint8_t rx[1];    /* what arrives, nobody reads */
};

/* Once its UART is set up. */
void console_open(struct console *console);

/* A line, as printf; the line end is added. */
__attribute__((format(printf, 2, 3))) void console_say(struct console *console, const char *format,
						       ...);

/* A mn_log_sink; the context is the console. */
void console_log(void *console, const struct mn_log_site *site, va_list args);

#endif
