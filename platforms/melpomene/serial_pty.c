/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Peers of a pseudo-terminal: whoever has its other side open.
 *
 * The system does not say when that side is opened, only that it is not open, so the opening
 * of its file is watched with inotify, and then looked at. All who have it open at the same
 * time are one peer, and so are two of which the second comes before the end of the first was
 * seen: only the bytes come in order.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <termios.h>
#include <unistd.h>
#include "serial_peers.h"
#include "tell.h"

/* Opened, or left bytes behind that were not read yet? */
static bool has_somebody(const struct serial_peers *peers)
{
	struct pollfd master = {.fd = peers->master, .events = POLLIN};

	poll(&master, 1, 0);
	return (master.revents & POLLIN) || !(master.revents & POLLHUP);
}

/* Raw and empty. That its other side was open once and is not is what has_somebody sees. */
static int prepare(const struct serial_peers *peers)
{
	struct termios raw;
	int slave = open(peers->name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC), error;

	if (slave < 0)
		return -1;
	error = tcgetattr(slave, &raw);
	cfmakeraw(&raw);
	if (!error)
		error = tcsetattr(slave, TCSANOW, &raw);
	tcflush(slave, TCIFLUSH);
	close(slave);
	return error;
}

static int open_pair(struct serial_peers *peers)
{
	int watch = -1;

	peers->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (peers->master < 0 || grantpt(peers->master) || unlockpt(peers->master) ||
	    ptsname_r(peers->master, peers->name, sizeof peers->name) || prepare(peers))
		return -1;
	watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch >= 0 && inotify_add_watch(watch, peers->name, IN_OPEN) < 0) {
		close(watch);
		return -1;
	}
	return watch;
}

int serial_pty_open(struct serial_peers *peers)
{
	const int watch = open_pair(peers);

	if (watch < 0) {
		tell("cannot make a pseudo-terminal: %s", strerror(errno));
		if (peers->master >= 0)
			close(peers->master);
	}
	return watch;
}

int serial_pty_take(struct serial_peers *peers)
{
	_Alignas(struct inotify_event) char events[4096];

	/* What happened is not looked at: events can be merged or lost, the state cannot. */
	while (read(peers->fd, events, sizeof events) > 0)
		;
	return has_somebody(peers) ? fcntl(peers->master, F_DUPFD_CLOEXEC, 0) : -1;
}

void serial_pty_released(struct serial_peers *peers)
{
	if (!has_somebody(peers))
		prepare(peers);
}
