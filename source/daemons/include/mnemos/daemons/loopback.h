/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Loopback: sends back what arrives on a virtual port.
 *
 *     static struct mn_loopback loopback;
 *     mn_loopback_start(&loopback, &kernel, &(struct mn_loopback_config)MN_LOOPBACK_DEFAULTS);
 *
 * Bytes are echoed in order; the pieces in which they come back may be others than those in
 * which they came. If the mux ends, loopback opens its port again when there is one. It ends
 * when it is cancelled, or with the error with which its port could not be opened.
 */
#ifndef MNEMOS_DAEMONS_LOOPBACK_H
#define MNEMOS_DAEMONS_LOOPBACK_H

#include <mnemos/services/serial_mux.h>

/* What it can be told. */
struct mn_loopback_config {
	uint16_t port;
	uint32_t buffer_size; /* bytes of its ring */
	enum mn_sermux_when_full when_full;
};

/* The usual values, as an initializer. */
#define MN_LOOPBACK_DEFAULTS                                                                 \
	{                                                                                    \
		.port = MN_SERMUX_LOOPBACK, .buffer_size = 128, .when_full = MN_SERMUX_WAIT, \
	}

/* The daemon, the caller's memory. */
struct mn_loopback {
	struct mn_task task;
	struct mn_loopback_config config;
	struct mn_sermux_open open;
	struct mn_sermux_port port;
	struct mn_bbq_read rx;
	struct mn_sermux_write tx;
};

/* Start-up: spawns it, zeroed before. */
void mn_loopback_start(struct mn_loopback *loopback, struct mn_kernel *kernel,
		       const struct mn_loopback_config *config);

#endif
