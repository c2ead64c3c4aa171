/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Where the serial line is offered, as written by the user: HOST:PORT, unix:PATH or pty. */
#ifndef MELPOMENE_SERIAL_ADDRESS_H
#define MELPOMENE_SERIAL_ADDRESS_H

#include <stdbool.h>

enum serial_kind { SERIAL_TCP, SERIAL_UNIX, SERIAL_PTY };

/* Room for the longest: a domain name and its port, or a path of a socket. */
#define SERIAL_TEXT_MAX 300

struct serial_address {
	enum serial_kind kind;
	char host[SERIAL_TEXT_MAX]; /* of TCP, without brackets; or the path */
	char port[6];               /* of TCP; "0": any free one */
};

/* Reads an address; if it is none, returns false and points *why at what is expected. */
bool serial_address_parse(struct serial_address *address, const char *text, const char **why);

#endif
