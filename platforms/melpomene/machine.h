/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The simulated machine: a kernel, and the devices around it.
 *
 * Everything runs in one thread. Devices are sources of events of one libuv loop, and their
 * callbacks are the machine's interrupts: they run only inside mn_platform_wait, never
 * during a turn of the kernel.
 */
#ifndef MELPOMENE_MACHINE_H
#define MELPOMENE_MACHINE_H

#include <stdbool.h>
#include <uv.h>
#include <mnemos/config.h>
#include <mnemos/daemons/defaults.h>
#include <mnemos/daemons/screen.h>
#include <mnemos/kernel.h>
#include "clock.h"
#include "log_sink.h"
#include "memory.h"
#include "options.h"
#include "screen.h"
#include "serial_device.h"

/* What ends it from outside, and what asks how it is. */
#define MACHINE_SIGNALS 4

/* One, from machine_open to machine_close. */
struct machine {
	struct mn_kernel kernel; /* first: the platform's functions are given its address */
	const struct options *options;
	struct mn_config config;
	struct memory memory;
	uv_loop_t loop;
	struct clock clock;
	struct log_sink log;
	struct serial_device serial;
	struct mn_default_services services;
	struct screen screen;
	struct mn_screen_services screen_services;
	uv_signal_t signals[MACHINE_SIGNALS];
	uint64_t end_us; /* of --exit-after, or MN_NEVER */
	unsigned busy_turns;
	bool ending;   /* the main loop stops at its next look */
	int exit_code; /* and main returns this */
};

/* The machine of a kernel. */
static inline struct machine *machine_of(const struct mn_kernel *kernel)
{
	return (struct machine *)(uintptr_t)kernel;
}

/* Powers the machine on and starts what is configured. Says what is wrong if it cannot. */
bool machine_open(struct machine *machine, const struct options *options);

/* Says in a few lines what runs and what listens where. */
void machine_introduce(const struct machine *machine);

/* Prints who waits for what, what CPU time went where, and how the line is. */
void machine_dump(const struct machine *machine);

/* Does what is to be done at the end of its run; sets the exit code if that fails. */
void machine_finish(struct machine *machine);

/* Powers it off: what is open is closed, memory is given back. Also after a failed open. */
void machine_close(struct machine *machine);

#endif
