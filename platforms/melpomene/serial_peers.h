/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Where the peers of the serial line come from: a listening socket, or a pseudo-terminal.
 *
 *     serial_peers_open      says on standard error what is wrong if it cannot
 *     serial_peers_watch     from now on `arrived` is called when somebody may be there
 *     serial_peers_take      the next peer's descriptor, or -1: nobody after all
 *     ...                    its user reads and writes, and closes the descriptor
 *     serial_peers_released  it has gone; watch again for the next
 *     serial_peers_close
 *
 * While nobody watches, peers of a socket wait in its backlog.
 */
#ifndef MELPOMENE_SERIAL_PEERS_H
#define MELPOMENE_SERIAL_PEERS_H

#include <uv.h>
#include "serial_address.h"

/* For clients that wait for their turn. */
#define SERIAL_BACKLOG 16

struct serial_peers {
	struct serial_address address;
	char name[SERIAL_TEXT_MAX + 16]; /* for people: "127.0.0.1:9999" */
	int fd;                          /* listens, or is told when the terminal is opened */
	int master;                      /* of the terminal */
	uv_poll_t poll;                  /* of fd */
	void (*arrived)(void *context);
	void *context;
};

/* Opens it; false after an error was told. Zeroed before; close it in both cases. */
bool serial_peers_open(struct serial_peers *peers, uv_loop_t *loop,
		       const struct serial_address *address, void (*arrived)(void *context),
		       void *context);

/* Starts to watch. Stops by itself when a peer was taken. */
void serial_peers_watch(struct serial_peers *peers);

/* Takes the next peer: a non-blocking descriptor that the caller closes. */
int serial_peers_take(struct serial_peers *peers);

/* The peer has gone, and its descriptor is closed. */
void serial_peers_released(struct serial_peers *peers);

/* Removes what a file system shows of it. Safe anywhere, also in a signal handler. */
void serial_peers_remove(const struct serial_peers *peers);

/* Stops all; the loop must run on until its handles are closed. */
void serial_peers_close(struct serial_peers *peers);

/* ---- For serial_peers.c: the two kinds --------------------------------------------- */

/* Returns the descriptor to watch, or -1 after an error was told. */
int serial_socket_open(struct serial_peers *peers);
int serial_socket_take(struct serial_peers *peers);
int serial_pty_open(struct serial_peers *peers);
int serial_pty_take(struct serial_peers *peers);
void serial_pty_released(struct serial_peers *peers);

#endif
