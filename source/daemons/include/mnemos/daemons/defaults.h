/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What every platform starts, as its configuration says: the serial mux, loopback, hello.
 *
 *     static struct mn_default_services services;
 *
 *     mn_kernel_init(&kernel, ...);
 *     start_serial_driver();                     // the platform's own
 *     mn_start_default_services(&services, &kernel, &mn_config_board);
 *
 * They wait for one another, so the order among them and the drivers does not matter. What is
 * disabled is not started; that nothing lacks what it needs mnconfig has checked.
 */
#ifndef MNEMOS_DAEMONS_DEFAULTS_H
#define MNEMOS_DAEMONS_DEFAULTS_H

#include <mnemos/config.h>
#include <mnemos/daemons/hello.h>
#include <mnemos/daemons/loopback.h>

/* Their memory, for as long as the kernel lives. */
struct mn_default_services {
	struct mn_serial_mux serial_mux;
	struct mn_loopback loopback;
	struct mn_hello hello;
};

/* Start-up: spawns what is enabled. `services` is zeroed before. */
void mn_start_default_services(struct mn_default_services *services, struct mn_kernel *kernel,
			       const struct mn_config *config);

#endif
