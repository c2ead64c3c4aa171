/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>

#include "client.h"
#include "log.h"
#include "memory.h"

/* What others send next is behind that much, so no more; less costs a fast line throughput. */
#define TURN_SIZE 16384

static void written(struct outbox *outbox, int status);

/* For everyone: a read callback is done with it before the next read begins. */
static char read_buffer[TURN_SIZE];

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	(void)handle;
	(void)suggested;
	*buf = uv_buf_init(read_buffer, sizeof read_buffer);
}

struct client *client_new(struct port *port, bool is_pty)
{
	uv_loop_t *loop = port->ports->loop;
	struct client *client = memory_get_zeroed(sizeof *client);
	client->port = port;
	client->is_pty = is_pty;
	if (is_pty)
		uv_pipe_init(loop, &client->pipe, 0);
	else
		uv_tcp_init(loop, &client->tcp);
	uv_timer_init(loop, &client->stall);
	uv_timer_init(loop, &client->linger);
	client->open_handles = 3;
	client->handle.data = client->stall.data = client->linger.data = client;
	outbox_open(&client->outbox, &client->stream, written);
	client->next = port->clients;
	port->clients = client;
	port->ports->client_count++;
	return client;
}

static void closed(uv_handle_t *handle)
{
	struct client *client = handle->data;
	if (--client->open_handles > 0)
		return;
	outbox_clear(&client->outbox);
	struct pty *pty = client->is_pty ? client->port->pty : NULL;
	free(client);
	if (pty)
		pty_released(pty);
}

static void unlink_client(struct client *client)
{
	struct client **at = &client->port->clients;
	while (*at != client)
		at = &(*at)->next;
	*at = client->next;
	if (!client->is_dirty)
		return;
	at = &client->port->ports->dirty;
	while (*at != client)
		at = &(*at)->next_dirty;
	*at = client->next_dirty;
}

static void report_loss(struct client *client)
{
	if (client->dropped > 0)
		log_line(LOG_NOTE, client->port->number, "CONN",
			 "%" PRIu64 "B dropped for a client that did not read them (:%u)",
			 client->dropped, client->port->number);
	client->dropped = 0;
}

void client_close(struct client *client)
{
	if (client->is_closing)
		return;
	client->is_closing = true;
	unlink_client(client);
	client->port->ports->client_count--;
	if (client->pace == CLIENT_HELD)
		ports_hold(client->port->ports, -1);
	report_loss(client);
	log_line(LOG_INFO, client->port->number, "CONN", "client left (:%u)", client->port->number);
	outbox_clear(&client->outbox);
	uv_close(&client->handle, closed);
	uv_close((uv_handle_t *)&client->stall, closed);
	uv_close((uv_handle_t *)&client->linger, closed);
}

/*
 * The paces.
 */

static void shed(struct client *client)
{
	client->dropped += outbox_trim(&client->outbox, client->port->ports->backlog);
}

static void stall_is_over(uv_timer_t *timer)
{
	struct client *client = timer->data;
	struct ports *ports = client->port->ports;
	if (ports->client_count == 1 && ++client->stalls < CLIENT_LONE_PATIENCE) {
		uv_timer_start(&client->stall, stall_is_over, ports->stall_ms, 0);
		return;
	}
	log_line(LOG_NOTE, client->port->number, "CONN",
		 "a client does not read: dropping its oldest output (:%u)", client->port->number);
	client->pace = CLIENT_SHEDDING;
	ports_hold(ports, -1);
	shed(client);
}

static void fall_behind(struct client *client)
{
	struct ports *ports = client->port->ports;
	client->pace = CLIENT_HELD;
	client->stalls = 0;
	uv_timer_start(&client->stall, stall_is_over, ports->stall_ms, 0);
	ports_hold(ports, +1);
}

static void catch_up(struct client *client)
{
	bool held = client->pace == CLIENT_HELD;
	client->pace = CLIENT_KEEPING_UP;
	uv_timer_stop(&client->stall);
	report_loss(client);
	if (held)
		ports_hold(client->port->ports, -1);
}

static void update_pace(struct client *client)
{
	size_t limit = client->port->ports->backlog;
	if (client->pace != CLIENT_KEEPING_UP && client->outbox.len <= limit / 2)
		catch_up(client);
	else if (client->pace == CLIENT_KEEPING_UP && client->outbox.len > limit)
		fall_behind(client);
	else if (client->pace == CLIENT_SHEDDING)
		shed(client);
}

/*
 * Output.
 */

static void linger_is_over(uv_timer_t *timer)
{
	struct client *client = timer->data;
	if (client->outbox.len == 0)
		client_close(client);
}

/* It has shut down its sending side: give the target this long to say more. */
static void linger(struct client *client)
{
	uv_timer_start(&client->linger, linger_is_over, CLIENT_LINGER_MS, 0);
}

void client_deliver(struct client *client, const void *data, size_t len)
{
	outbox_add(&client->outbox, data, len);
	if (client->is_dirty)
		return;
	client->is_dirty = true;
	client->next_dirty = client->port->ports->dirty;
	client->port->ports->dirty = client;
}

void client_flush(struct client *client)
{
	if (outbox_send(&client->outbox)) {
		client_close(client);
		return;
	}
	update_pace(client);
	if (client->outbox.len > 0)
		return;
	if (client->finishing)
		client_close(client);
	else if (client->has_ended)
		linger(client);
}

static void written(struct outbox *outbox, int status)
{
	struct client *client = outbox->request.handle->data;
	if (client->is_closing)
		return;
	client->stalls = 0;
	if (status < 0)
		client_close(client);
	else
		client_flush(client);
}

static void finish_is_over(uv_timer_t *timer)
{
	struct client *client = timer->data;
	client->dropped += client->outbox.len;
	client_close(client);
}

void client_finish(struct client *client)
{
	client->finishing = true;
	uv_timer_start(&client->linger, finish_is_over, client->port->ports->stall_ms, 0);
	client_flush(client);
}

/*
 * Input.
 */

static void input_ended(struct client *client, ssize_t status)
{
	/* A pseudo-terminal whose last reader has gone says EIO. */
	if (status != UV_EOF || client->is_pty) {
		client_close(client);
		return;
	}
	client->has_ended = true;
	client_update_reading(client);
	linger(client);
}

static void have_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct client *client = stream->data;
	struct ports *ports = client->port->ports;
	if (n < 0) {
		input_ended(client, n);
	} else if (n > 0) {
		log_line(LOG_DEBUG, client->port->number, " MUX", "%zdB <- :%u", n,
			 client->port->number);
		ports->peer.send(ports->peer.context, client->port->number, buf->base, (size_t)n);
		client->has_had_turn = ports->congested;
		client_update_reading(client);
	}
}

void client_update_reading(struct client *client)
{
	bool wanted = client->port->ports->reading && !client->has_ended && !client->has_had_turn;
	if (client->is_closing || wanted == client->is_reading)
		return;
	client->is_reading = wanted;
	if (!wanted)
		uv_read_stop(&client->stream);
	else if (uv_read_start(&client->stream, give_buffer, have_read))
		client_close(client);
}

void client_begin_turn(struct client *client)
{
	client->has_had_turn = false;
	client_update_reading(client);
}

void client_start(struct client *client)
{
	if (!client->is_pty)
		uv_tcp_nodelay(&client->tcp, 1);
	client_update_reading(client);
}
