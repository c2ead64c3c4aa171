/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * An example: a watchdog as a service. Tasks promise to report at least so often; who does not
 * is named in the log. book/write-a-service.md explains this file, watchdog.c and their test.
 */
#ifndef WATCHDOG_H
#define WATCHDOG_H

#include <mnemos/kernel.h>

/* [contract] */
/* What a client may ask for. */
enum watchdog_what {
	WATCHDOG_WATCH, /* from now on, each period_us; the response has a ticket */
	WATCHDOG_REPORT,
	WATCHDOG_LEAVE
};

/* All clients send the same request. */
struct watchdog_request {
	enum watchdog_what what;
	uint32_t ticket;    /* to report and to leave */
	uint64_t period_us; /* to be watched; at least 1 */
	const char *name;   /* to be watched: for the log, must stay until LEAVE */
};

/* Of WATCH; never 0. */
struct watchdog_response {
	uint32_t ticket;
};

/*
 * Errors: MN_EFULL (no room for one more), MN_ENOTFOUND (no such ticket), MN_EINVAL.
 * UUID 8f1c5a52-6c0b-4e3f-8e62-1d0f4a1f7c1b.
 */
MN_SERVICE(watchdog, struct watchdog_request, struct watchdog_response);
/* [end] */

/* [server] */
/* Tasks that one watchdog can watch. */
#define WATCHDOG_MAX 8

/* One that is watched; free while its ticket is 0. */
struct watched {
	uint32_t ticket;
	uint64_t period_us;
	uint64_t due_us; /* when it has to report next */
	const char *name;
};

/* The server: all its memory. */
struct watchdog {
	struct mn_task task;
	struct mn_server server;
	struct mn_serving serving;
	struct mn_race race;
	struct mn_sleep nap;
	struct watched watched[WATCHDOG_MAX];
	uint32_t last_ticket;
};

/* Start-up: `watchdog` is zeroed and stays. */
void watchdog_start(struct watchdog *watchdog, struct mn_kernel *kernel);
/* [end] */

#endif
