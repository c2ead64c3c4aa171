/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What every platform starts, as its configuration says: the serial mux, loopback, hello,
 * the trace.
 *
 *     static struct mn_default_services services;
 *
 *     mn_kernel_init(&kernel, ...);
 *     start_serial_driver();                     // the platform's own
 *     mn_start_default_services(&services, &kernel, &mn_config_board);
 *
 * They wait for one another, so the order among them and the drivers does not matter. What is
 * disabled is not started; that nothing lacks what it needs mnconfig has checked. In a build with
 * -Dtrace=false there is no trace, whatever the configuration says.
 */
#ifndef MNEMOS_DAEMONS_DEFAULTS_H
#define MNEMOS_DAEMONS_DEFAULTS_H

#include <mnemos/config.h>
#include <mnemos/daemons/hello.h>
#include <mnemos/daemons/loopback.h>
#include <mnemos/daemons/trace.h>

/* Their memory, for as long as the kernel lives. */
struct mn_default_services {
	struct mn_serial_mux serial_mux;
	struct mn_loopback loopback;
	struct mn_hello hello;
#if MN_TRACE_COMPILED
	struct mn_trace_daemon trace;
#endif
};

/* Start-up: spawns what is enabled. `services` is zeroed before. */
void mn_start_default_services(struct mn_default_services *services, struct mn_kernel *kernel,
			       const struct mn_config *config);

#endif
