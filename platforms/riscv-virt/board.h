/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * QEMU's `virt` board as a machine for MnemOS: one hart in machine mode, with the kernel, all
 * tasks and all drivers. Devices are where the configuration says (riscv-virt.toml).
 */
#ifndef RISCV_VIRT_BOARD_H
#define RISCV_VIRT_BOARD_H

#include <mnemos/daemons/defaults.h>
#include <mnemos/drivers/ns16550.h>
#include <mnemos/kernel.h>
#include <mnemos/watchdog.h>
#include "clint.h"
#include "plic.h"

/* What the emulator ends with after a panic or a fault, or when the start fails. */
#define BOARD_EXIT_FAILED 70

struct board {
	struct plic plic; /* first: start.S hands it to the handler */
	struct mn_kernel kernel;
	const struct mn_config *config;
	struct clint clint;
	uint32_t watch_counts; /* of the clock, between two looks of the watchdog */
	struct mn_ns16550 uart;
	struct plic_source uart_source;
	struct mn_default_services services;
	struct mn_watchdog watchdog;
	size_t taken; /* bytes of free memory */
};

/* The one there is. */
extern struct board board;

/* Powers it on: clock, interrupts, kernel, serial line. Ends it, saying why, if that fails. */
void board_open(const struct mn_config *config);

/*
 * Memory for ever, not zeroed, for what the configuration sizes; `what` is the key that asks for
 * it. Ends the machine, saying so, if there is not enough.
 */
void *board_take(size_t size, const char *what);

/*
 * Starts screen and keyboard as the configuration says, in an image with screen.c; no_screen.c ends
 * the machine, saying why, if there should be one.
 */
void board_start_screen(const struct mn_config *config);

/* What else this image starts; extras.c has nothing. */
void board_start_extras(struct mn_kernel *kernel);

/* The timer interrupts when the watchdog is to look next; until mn_platform_wait changes that. */
static inline void board_watch(void)
{
	clint_arm_in(&board.clint, board.watch_counts);
}

/* It does. */
void board_look(void);

/* Ends the machine; the emulator ends with `code`. */
_Noreturn void board_exit(unsigned code);

#endif
