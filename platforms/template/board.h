/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The board: a kernel, its serial line, and the default services. */
#ifndef TEMPLATE_BOARD_H
#define TEMPLATE_BOARD_H

#include <mnemos/config.h>
#include <mnemos/daemons/defaults.h>
#include <mnemos/platform.h>
#include <mnemos/watchdog.h>
#include "uart.h"

/* There is one, `board`, for ever. */
struct board {
	struct mn_kernel kernel;
	const struct mn_config *config;
	struct uart uart;
	struct mn_simple_serial serial;
	struct mn_default_services services;
	struct mn_watchdog watchdog;
	size_t taken; /* bytes of the arena */
};

extern struct board board;

/* Powers the board on; services are not started yet. Panics if it cannot. */
void board_open(const struct mn_config *config);

/* In the vectors: every interrupt of a device. Another for the clock's, see clock.h. */
void board_interrupt(void);

/* The watchdog looks: called at times by the clock. */
void board_look(void);

/* In the vectors: what should never come. */
_Noreturn void board_fault(void);

#endif
