/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "client.h"
#include "log.h"
#include "memory.h"
#include "port.h"

#define LISTEN_BACKLOG 16

/* File descriptors that clients leave alone: for the line, when it comes back, and a recording. */
#define RESERVED 4

/*
 * History: the newest bytes of a port that nobody is attached to.
 */

static void keep(struct port *port, const uint8_t *data, size_t len)
{
	if (!port->history)
		port->history = memory_get(PORT_HISTORY);
	size_t total = port->history_len + len;
	if (total > PORT_HISTORY)
		port->dropped += total - PORT_HISTORY;
	if (len > PORT_HISTORY) {
		data += len - PORT_HISTORY;
		port->history_end += len - PORT_HISTORY;
		len = PORT_HISTORY;
	}
	size_t at = port->history_end % PORT_HISTORY;
	size_t first = len < PORT_HISTORY - at ? len : PORT_HISTORY - at;
	memcpy(port->history + at, data, first);
	memcpy(port->history, data + first, len - first);
	port->history_end += len;
	port->history_len = total < PORT_HISTORY ? total : PORT_HISTORY;
}

static void give_history(struct port *port, struct client *client)
{
	if (port->history_len == 0)
		return;
	size_t at = (port->history_end - port->history_len) % PORT_HISTORY;
	size_t to_edge = PORT_HISTORY - at;
	size_t first = port->history_len < to_edge ? port->history_len : to_edge;
	client_deliver(client, port->history + at, first);
	client_deliver(client, port->history, port->history_len - first);
	port->history_len = 0;
	ports_flush(port->ports);
}

/*
 * Clients come.
 */

static void welcome(struct port *port, struct client *client)
{
	struct ports *ports = port->ports;
	client_start(client);
	if (!client->is_closing)
		give_history(port, client);
	if (ports->on_first_client) {
		void (*on_first_client)(void *) = ports->on_first_client;
		ports->on_first_client = NULL;
		on_first_client(ports->peer.context);
	}
}

/* The lowest number is taken, so this tells how many are in use. When none is left, libuv closes
 * new connections without a word. */
static bool takes_a_reserved_one(const struct client *client)
{
	struct rlimit limit;
	int fd;
	return uv_fileno(&client->handle, &fd) == 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	       (rlim_t)fd + RESERVED >= limit.rlim_cur;
}

/* Told once: there will be many. */
static void refuse(struct client *client)
{
	struct ports *ports = client->port->ports;
	if (ports->refused++ == 0)
		log_line(LOG_NOTE, LOG_NO_PORT, "CONN",
			 "no file descriptors for more than %u clients (ulimit -n); refusing",
			 ports->client_count - 1);
	client_close(client);
}

static void connected(uv_stream_t *listener, int status)
{
	struct port *port = listener->data;
	if (status < 0 || port->ports->closing)
		return;
	struct client *client = client_new(port, false);
	if (uv_accept(listener, &client->stream)) {
		client_close(client);
		return;
	}
	if (takes_a_reserved_one(client)) {
		refuse(client);
		return;
	}
	log_line(LOG_INFO, port->number, "CONN", "host connected to port %u (:%u)",
		 port->ports->tcp_base + port->number, port->number);
	welcome(port, client);
}

static void pty_opened(struct pty *pty)
{
	struct port *port = pty->data;
	struct client *client = client_new(port, true);
	int fd = pty_take(pty);
	if (uv_pipe_open(&client->pipe, fd)) {
		close(fd);
		client_close(client);
		return;
	}
	log_line(LOG_INFO, port->number, "CONN", "host opened %s (:%u)", pty->path, port->number);
	welcome(port, client);
}

/*
 * Opening and closing.
 */

static bool listen_on(struct port *port)
{
	unsigned number = port->ports->tcp_base + port->number;
	if (number > 65535) {
		log_fatal("port :%u would be TCP port %u, and the highest is 65535; "
			  "choose a lower --tcp-port-base",
			  port->number, number);
		return false;
	}
	struct sockaddr_in address;
	uv_ip4_addr("127.0.0.1", (int)number, &address);
	uv_tcp_init(port->ports->loop, &port->listener);
	port->listener.data = port;
	port->listening = true;
	int error = uv_tcp_bind(&port->listener, (struct sockaddr *)&address, 0);
	if (!error)
		error = uv_listen((uv_stream_t *)&port->listener, LISTEN_BACKLOG, connected);
	if (error == UV_EADDRINUSE)
		log_fatal("TCP port %u (for :%u) is in use, perhaps by another crowtty; "
			  "end that, or choose other ports with --tcp-port-base",
			  number, port->number);
	else if (error)
		log_fatal("cannot listen on TCP port %u (for :%u): %s", number, port->number,
			  uv_strerror(error));
	return error == 0;
}

static bool make_pty(struct port *port)
{
	char link[4096];
	snprintf(link, sizeof link, "%s/port-%u", port->ports->pty_dir, port->number);
	port->pty = pty_new(port->ports->pty_watch, link, pty_opened, port);
	return port->pty != NULL;
}

bool ports_open(struct ports *ports, uint16_t number)
{
	if (ports->by_number[number])
		return true;
	struct port *port = memory_get_zeroed(sizeof *port);
	port->ports = ports;
	port->number = number;
	port->next = ports->all;
	ports->all = ports->by_number[number] = port;
	return listen_on(port) && (!ports->pty_dir || make_pty(port));
}

static void for_each_client(struct ports *ports, void (*act)(struct client *client))
{
	for (struct port *port = ports->all; port; port = port->next) {
		struct client *client = port->clients;
		while (client) {
			struct client *next = client->next;
			act(client);
			client = next;
		}
	}
}

static void stop_listening(struct ports *ports)
{
	ports->closing = true;
	for (struct port *port = ports->all; port; port = port->next) {
		if (port->listening)
			uv_close((uv_handle_t *)&port->listener, NULL);
		port->listening = false;
		if (port->pty)
			pty_hide(port->pty);
	}
}

void ports_close(struct ports *ports)
{
	stop_listening(ports);
	for_each_client(ports, client_close);
	if (ports->refused > 0)
		log_line(LOG_NOTE, LOG_NO_PORT, "CONN", "%u clients were refused", ports->refused);
	for (struct port *port = ports->all; port; port = port->next)
		if (port->dropped > 0)
			log_line(LOG_DEBUG, port->number, "CONN",
				 "%" PRIu64 "B dropped while nobody was attached (:%u)",
				 port->dropped, port->number);
}

void ports_finish(struct ports *ports)
{
	stop_listening(ports);
	for_each_client(ports, client_finish);
}

void ports_free(struct ports *ports)
{
	while (ports->all) {
		struct port *port = ports->all;
		ports->all = port->next;
		if (port->pty)
			pty_free(port->pty);
		free(port->history);
		free(port);
	}
}

/*
 * Traffic.
 */

bool ports_deliver(struct ports *ports, uint16_t number, const void *data, size_t len)
{
	struct port *port = ports->by_number[number];
	if (!port)
		return false;
	if (!port->clients)
		keep(port, data, len);
	for (struct client *client = port->clients; client; client = client->next)
		client_deliver(client, data, len);
	return true;
}

void ports_flush(struct ports *ports)
{
	while (ports->dirty) {
		struct client *client = ports->dirty;
		ports->dirty = client->next_dirty;
		client->is_dirty = false;
		client_flush(client);
	}
}

void ports_set_reading(struct ports *ports, bool reading)
{
	if (ports->reading == reading)
		return;
	ports->reading = reading;
	for_each_client(ports, client_update_reading);
}

void ports_set_congested(struct ports *ports, bool congested)
{
	ports->congested = congested;
	if (!congested)
		for_each_client(ports, client_begin_turn);
}

void ports_hold(struct ports *ports, int change)
{
	bool before = ports->holds > 0;
	ports->holds += (unsigned)change;
	bool now = ports->holds > 0;
	if (before != now)
		ports->peer.hold(ports->peer.context, now);
}
