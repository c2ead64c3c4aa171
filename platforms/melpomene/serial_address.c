/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include "serial_address.h"

#define UNIX_PREFIX "unix:"
#define PATH_MOST (sizeof((struct sockaddr_un *)0)->sun_path - 1)

static bool parse_unix(struct serial_address *address, const char *path, const char **why)
{
	*why = "unix:PATH needs a path of 1 to 107 characters";
	if (!*path || strlen(path) > PATH_MOST)
		return false;
	address->kind = SERIAL_UNIX;
	memcpy(address->host, path, strlen(path) + 1);
	return true;
}

static bool is_port(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text) && strlen(text) <= 5 &&
	       strtoul(text, NULL, 10) <= 65535;
}

/* HOST:PORT, or [HOST]:PORT for the colons of IPv6. */
static bool parse_tcp(struct serial_address *address, const char *text, const char **why)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;

	*why = "expected HOST:PORT, [IPV6]:PORT, unix:PATH or pty";
	if (len == 0 || len >= sizeof address->host)
		return false;
	*why = "the port after the last ':' must be a number from 0 to 65535";
	if (!is_port(colon + 1))
		return false;
	*why = "an IPv6 address must stand in brackets: [::1]:9999";
	if (text[0] == '[' && text[len - 1] == ']' && len > 2) {
		text++;
		len -= 2;
	} else if (memchr(text, ':', len) || memchr(text, '[', len) || memchr(text, ']', len)) {
		return false;
	}
	address->kind = SERIAL_TCP;
	memcpy(address->host, text, len);
	memcpy(address->port, colon + 1, strlen(colon)); /* its NUL too */
	return true;
}

bool serial_address_parse(struct serial_address *address, const char *text, const char **why)
{
	*address = (struct serial_address){0};
	if (strcmp(text, "pty") == 0) {
		address->kind = SERIAL_PTY;
		return true;
	}
	if (strncmp(text, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0)
		return parse_unix(address, text + strlen(UNIX_PREFIX), why);
	return parse_tcp(address, text, why);
}
