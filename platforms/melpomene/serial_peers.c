/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <unistd.h>
#include "serial_peers.h"

static void looked(uv_poll_t *poll, int status, int events)
{
	struct serial_peers *peers = poll->data;

	(void)status;
	(void)events;
	peers->arrived(peers->context);
}

bool serial_peers_open(struct serial_peers *peers, uv_loop_t *loop,
		       const struct serial_address *address, void (*arrived)(void *context),
		       void *context)
{
	*peers = (struct serial_peers){
		.address = *address,
		.master = -1,
		.arrived = arrived,
		.context = context,
	};
	peers->fd =
		address->kind == SERIAL_PTY ? serial_pty_open(peers) : serial_socket_open(peers);
	if (peers->fd < 0)
		return false;
	uv_poll_init(loop, &peers->poll, peers->fd);
	peers->poll.data = peers;
	return true;
}

void serial_peers_watch(struct serial_peers *peers)
{
	uv_poll_start(&peers->poll, UV_READABLE, looked);
}

int serial_peers_take(struct serial_peers *peers)
{
	const int fd = peers->address.kind == SERIAL_PTY ? serial_pty_take(peers)
							 : serial_socket_take(peers);

	if (fd >= 0)
		uv_poll_stop(&peers->poll);
	return fd;
}

void serial_peers_released(struct serial_peers *peers)
{
	if (peers->address.kind == SERIAL_PTY)
		serial_pty_released(peers);
}

void serial_peers_remove(const struct serial_peers *peers)
{
	if (peers->address.kind == SERIAL_UNIX && peers->fd >= 0)
		unlink(peers->address.host);
}

void serial_peers_close(struct serial_peers *peers)
{
	if (peers->fd < 0)
		return;
	serial_peers_remove(peers);
	uv_close((uv_handle_t *)&peers->poll, NULL);
	close(peers->fd);
	if (peers->master >= 0)
		close(peers->master);
	peers->fd = -1;
}
