/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The board: a kernel, its serial line, its console, and the default services. */
#ifndef MPS2_BOARD_H
#define MPS2_BOARD_H

#include <mnemos/config.h>
#include <mnemos/daemons/defaults.h>
#include <mnemos/drivers/cmsdk_uart.h>
#include <mnemos/drivers/storm.h>
#include "cortex_m.h"
#include <mnemos/watchdog.h>
#include "console.h"

/* There is one, `board`, for ever. */
struct board {
	struct mn_kernel kernel;
	const struct mn_config *config;
	struct mn_cmsdk_uart uart;
	struct mn_simple_serial serial;
	struct console console;
	struct mn_default_services services;
	struct mn_watchdog watchdog;
	struct mn_storm_source sources[IRQS];
	struct mn_storms storms;
	uint32_t masked; /* interrupts that have stormed */
	size_t taken;    /* bytes of the arena */
};

extern struct board board;

/* Powers the board on; services are not started yet. Panics if it cannot. */
void board_open(const struct mn_config *config);

/* Says in a line of the console what runs, once all services are there. */
void board_introduce(void);

/* Memory, for ever, with anything in it. Panics if there is none, naming the key that asks. */
void *board_take(size_t size, const char *key);

/* What an image has besides the default services, see extras.c. */
void board_start_extras(struct mn_kernel *kernel);

#endif
