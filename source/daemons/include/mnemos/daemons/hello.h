/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Hello: a sign of life, sent on a virtual port at regular intervals.
 *
 *     static struct mn_hello hello;
 *     mn_hello_start(&hello, &kernel, &(struct mn_hello_config)MN_HELLO_DEFAULTS);
 *
 * It sleeps first, so the first greeting comes after one interval. Greetings stay on a grid of
 * whole intervals from its start. One for nobody is discarded by the mux; one that has waited
 * for its turn on a full line for half an interval is skipped, so there is never a backlog. It
 * reads nothing: its port drops what does not fit its ring, and never holds up the line. If
 * the mux ends, hello opens its port again when there is one. It ends when it is cancelled, or
 * with the error with which its port could not be opened.
 */
#ifndef MNEMOS_DAEMONS_HELLO_H
#define MNEMOS_DAEMONS_HELLO_H

#include <mnemos/services/serial_mux.h>

/* Longest greeting. */
#define MN_HELLO_MESSAGE_MAX 32

/* What it can be told. */
struct mn_hello_config {
	uint16_t port;
	uint32_t buffer_size; /* bytes of its ring, which it does not read */
	uint64_t interval_us; /* at least 1 */
	uint8_t message_len;
	uint8_t message[MN_HELLO_MESSAGE_MAX]; /* sent as it is */
};

/* The usual values, as an initializer. */
#define MN_HELLO_DEFAULTS                                                           \
	{                                                                           \
		.port = MN_SERMUX_HELLO, .buffer_size = 32, .interval_us = 1000000, \
		.message_len = 7, .message = "hello\r\n",                           \
	}

/* The daemon, the caller's memory. */
struct mn_hello {
	struct mn_task task;
	struct mn_hello_config config;
	struct mn_sermux_open open;
	struct mn_sermux_port port;
	struct mn_sleep nap;
	struct mn_timeout limit;
	struct mn_sermux_write tx;
	uint64_t next_us;
	uint32_t skipped; /* greetings for which there was no room */
};

/* Start-up: spawns it, zeroed before. */
void mn_hello_start(struct mn_hello *hello, struct mn_kernel *kernel,
		    const struct mn_hello_config *config);

#endif
