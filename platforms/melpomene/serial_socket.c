/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Peers of a listening socket: TCP or Unix. */
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "serial_peers.h"
#include "tell.h"

static int fail(struct serial_peers *peers, int fd)
{
	const int error = errno;

	if (fd >= 0)
		close(fd);
	if (error == EADDRINUSE)
		tell("cannot listen on %s: it is in use, perhaps by another melpomene; "
		     "end that, or choose another with --serial%s",
		     peers->name,
		     peers->address.kind == SERIAL_TCP ? " (port 0: any free one)" : "");
	else
		tell("cannot listen on %s: %s", peers->name, strerror(error));
	return -1;
}

static int listen_at(struct serial_peers *peers, const struct sockaddr *address, socklen_t len)
{
	const int on = 1;
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return fail(peers, fd);
	if (address->sa_family != AF_UNIX) /* or the port stays in use for a minute after the end */
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, address, len) || listen(fd, SERIAL_BACKLOG))
		return fail(peers, fd);
	return fd;
}

/* The name with the port that it has got. */
static void name_tcp(struct serial_peers *peers, int fd)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof address;
	char host[NI_MAXHOST], port[NI_MAXSERV];

	if (getsockname(fd, (struct sockaddr *)&address, &len) ||
	    getnameinfo((struct sockaddr *)&address, len, host, sizeof host, port, sizeof port,
			NI_NUMERICHOST | NI_NUMERICSERV))
		return;
	snprintf(peers->name, sizeof peers->name,
		 strchr(host, ':') ? "[%.256s]:%.8s" : "%.256s:%.8s", host, port);
}

static int open_tcp(struct serial_peers *peers)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	const char *host = peers->address.host;
	struct addrinfo *found;

	snprintf(peers->name, sizeof peers->name, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host,
		 peers->address.port);
	const int error = getaddrinfo(host, peers->address.port, &hints, &found);

	if (error) {
		tell("cannot listen on %s: %s", peers->name, gai_strerror(error));
		return -1;
	}
	const int fd = listen_at(peers, found->ai_addr, found->ai_addrlen);

	freeaddrinfo(found);
	if (fd >= 0)
		name_tcp(peers, fd);
	return fd;
}

/* A socket that a killed process has left behind: nobody listens. */
static bool is_stale(const struct sockaddr_un *address)
{
	struct stat file;
	int fd, error;

	if (lstat(address->sun_path, &file) || !S_ISSOCK(file.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	error = connect(fd, (const struct sockaddr *)address, sizeof *address) ? errno : 0;
	close(fd);
	return error == ECONNREFUSED;
}

static int open_unix(struct serial_peers *peers)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memcpy(address.sun_path, peers->address.host, sizeof address.sun_path); /* it fits */
	snprintf(peers->name, sizeof peers->name, "unix:%s", address.sun_path);
	if (is_stale(&address))
		unlink(address.sun_path);
	return listen_at(peers, (const struct sockaddr *)&address, sizeof address);
}

int serial_socket_open(struct serial_peers *peers)
{
	return peers->address.kind == SERIAL_TCP ? open_tcp(peers) : open_unix(peers);
}

int serial_socket_take(struct serial_peers *peers)
{
	const int on = 1;
	const int fd = accept4(peers->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0 && peers->address.kind == SERIAL_TCP)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return fd;
}
