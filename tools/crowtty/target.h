/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Where the line goes: the TARGET argument. */
#ifndef CROWTTY_TARGET_H
#define CROWTTY_TARGET_H

#include <netdb.h>
#include <stdbool.h>

enum target_kind {
	TARGET_TCP,
	TARGET_UNIX,
	TARGET_SERIAL,
	TARGET_PTY,
};

struct target {
	enum target_kind kind;
	const char *name; /* for people: HOST:PORT or the path */
	const char *path; /* UNIX, SERIAL; PTY: the symlink to make, or NULL */
	unsigned baud;
	struct addrinfo *addresses; /* TCP: all that the host name stands for */
};

/*
 * Reads tcp:HOST:PORT, unix:PATH, serial:PATH[@BAUD] or pty:[LINK]. Looks the host up, which may
 * take a while. Returns -1 to go on, or the exit code after an error, which it has reported.
 */
int target_parse(struct target *target, const char *text);
void target_free(struct target *target);

/* Opens the serial line, raw. Returns a non-blocking file descriptor or -errno. */
int target_open_serial(const struct target *target);

/* The four characters that stand for it in the log. */
const char *target_conn(const struct target *target);

#endif
