/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The plainest TCP echo on libuv, for comparison: what it reads it writes, and it does not
 * read on while its client takes nothing. `bench_echo_plain` listens on a free port of
 * 127.0.0.1, prints its number, and serves one client after the other.
 */
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#define CHUNK 65536

struct client {
	uv_tcp_t tcp;
	uv_write_t write;
	char buffer[CHUNK];
};

static void start_reading(struct client *client);

static void on_close(uv_handle_t *handle)
{
	free(handle->data);
}

static void end(struct client *client)
{
	if (!uv_is_closing((uv_handle_t *)&client->tcp))
		uv_close((uv_handle_t *)&client->tcp, on_close);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct client *const client = handle->data;

	(void)suggested;
	*buffer = uv_buf_init(client->buffer, CHUNK);
}

static void on_written(uv_write_t *write, int error)
{
	struct client *const client = write->data;

	if (error < 0)
		end(client);
	else
		start_reading(client);
}

/* Most echoes fit the socket at once; the rest of one that does not is waited for. */
static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
	struct client *const client = stream->data;

	if (len == 0)
		return;
	if (len < 0) {
		end(client);
		return;
	}

	uv_buf_t echo = uv_buf_init(buffer->base, (unsigned)len);
	const int written = uv_try_write(stream, &echo, 1);

	if (written == len)
		return;
	if (written > 0) {
		echo.base += written;
		echo.len -= (size_t)written;
	} else if (written != UV_EAGAIN) {
		end(client);
		return;
	}
	uv_read_stop(stream);
	client->write.data = client;
	if (uv_write(&client->write, stream, &echo, 1, on_written) != 0)
		end(client);
}

static void start_reading(struct client *client)
{
	if (uv_read_start((uv_stream_t *)&client->tcp, on_alloc, on_read) != 0)
		end(client);
}

static void on_connection(uv_stream_t *server, int error)
{
	struct client *const client = calloc(1, sizeof *client);

	if (error < 0 || !client || uv_tcp_init(server->loop, &client->tcp) != 0)
		abort();
	client->tcp.data = client;
	if (uv_accept(server, (uv_stream_t *)&client->tcp) != 0) {
		end(client);
		return;
	}
	uv_tcp_nodelay(&client->tcp, 1);
	start_reading(client);
}

int main(void)
{
	uv_loop_t *const loop = uv_default_loop();
	struct sockaddr_storage bound;
	int len = sizeof bound;
	struct sockaddr_in address;
	uv_tcp_t server;

	uv_ip4_addr("127.0.0.1", 0, &address);
	if (uv_tcp_init(loop, &server) != 0 ||
	    uv_tcp_bind(&server, (const struct sockaddr *)&address, 0) != 0 ||
	    uv_listen((uv_stream_t *)&server, 8, on_connection) != 0 ||
	    uv_tcp_getsockname(&server, (struct sockaddr *)&bound, &len) != 0)
		return 1;
	printf("%u\n", ntohs(((struct sockaddr_in *)&bound)->sin_port));
	fflush(stdout);
	return uv_run(loop, UV_RUN_DEFAULT);
}
