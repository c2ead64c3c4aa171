/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The sermux ports as people see them: TCP ports on 127.0.0.1 and, if asked for,
 * pseudo-terminals. Everything that attaches to one is a client of that port.
 *
 * Output of the target goes to all clients of its port. What clients send goes to the
 * line as they send it. While nobody is attached the newest PORT_HISTORY bytes are kept,
 * and the next client begins with them; what is older is dropped and counted.
 *
 * Back-pressure. Towards the target: clients are not read while the line is down. While it has
 * something that the target does not take yet, each is read once more, and little: so one that
 * floods the line neither keeps others from it nor makes them wait for long. Towards a client:
 * sermux has no flow control per port, so all that can be done for a client that falls behind is
 * to stop reading the line, which stops every port. That is done for a bounded time (client.h),
 * then the client loses its oldest output.
 */
#ifndef CROWTTY_PORT_H
#define CROWTTY_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "pty.h"

#define PORT_HISTORY 4096

struct client;

/* What the ports want from the line, or from a recording that plays its part. */
struct port_peer {
	void *context;
	void (*send)(void *context, uint16_t port, const void *data, size_t len);
	/* Stop (true) or go on (false) bringing output; strictly alternating. */
	void (*hold)(void *context, bool hold);
};

struct port {
	struct ports *ports;
	struct port *next;
	uint16_t number;
	uv_tcp_t listener;
	bool listening;
	struct pty *pty; /* NULL without --pty */
	struct client *clients;
	uint8_t *history; /* a ring: byte i of the stream is at i % PORT_HISTORY */
	uint64_t history_end;
	size_t history_len;
	uint64_t dropped; /* bytes that nobody was there for */
};

struct ports {
	uv_loop_t *loop;
	struct port_peer peer;
	unsigned tcp_base;
	size_t backlog;    /* bytes a client may fall behind */
	unsigned stall_ms; /* how long the line is held for it */
	const char *pty_dir;
	struct pty_watch *pty_watch;
	struct port *all;
	struct port *by_number[65536];
	struct client *dirty; /* got bytes since the last ports_flush() */
	unsigned client_count;
	unsigned refused; /* clients, for want of file descriptors */
	unsigned holds;
	bool reading;   /* clients may be read */
	bool congested; /* and each only once, until this is over */
	bool closing;
	void (*on_first_client)(void *context); /* NULL, or called once */
};

/* The configuration fields are filled in by the caller; the rest is zero. */

/* Opens a port for clients. Reports an error itself and returns false. */
bool ports_open(struct ports *ports, uint16_t number);

/* Closes all clients and listeners at once, removes symlinks. */
void ports_close(struct ports *ports);

/* Lets clients have the rest of their output and then closes them as they take it; those that do
 * not are given `stall_ms`. New ones are refused. */
void ports_finish(struct ports *ports);

/* Hands payload to the clients of a port; false if there is no such port. Nothing is
 * written before ports_flush(). */
bool ports_deliver(struct ports *ports, uint16_t number, const void *data, size_t len);
void ports_flush(struct ports *ports);

/* Clients may be read, or not. */
void ports_set_reading(struct ports *ports, bool reading);

/* The line has something that the target does not take yet, or no longer. */
void ports_set_congested(struct ports *ports, bool congested);

/* For client.c and the pty: a hold more or less; a client came or went. */
void ports_hold(struct ports *ports, int change);

/* Frees what ports_open() took, after the loop has closed all handles. */
void ports_free(struct ports *ports);

#endif
