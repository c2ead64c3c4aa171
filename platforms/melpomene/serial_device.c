/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>
#include <mnemos/trace.h>
#include "serial_device.h"

#define TARGET "melpomene::serial"

/* A system that never gets idle counts as quiet after so many looks at its line. */
#define QUIET_AFTER_MAX 100

#define LAST_WORDS_MS 1000

/* ---- Output ------------------------------------------------------------------------ */

/* Drops all that is there to be sent. */
static void discard(struct serial_device *device)
{
	size_t len;

	while (mn_bbq_irq_peek(&device->tx, &len), len > 0) {
		device->discarded += len;
		mn_bbq_irq_release(&device->tx, len);
	}
}

static void let_go(struct serial_device *device);

/* What is there, in one piece or in two: the second begins where the ring's storage does. */
static size_t pieces_of(struct mn_bbq_irq *ring, struct iovec pieces[2])
{
	const size_t all = mn_bbq_used(&ring->bbq);
	const uint8_t *first = mn_bbq_irq_peek(ring, &pieces[0].iov_len);

	pieces[0].iov_base = (void *)(uintptr_t)first;
	pieces[1] = (struct iovec){ring->bbq.storage, all - pieces[0].iov_len};
	return all;
}

static void release(struct mn_bbq_irq *ring, const struct iovec pieces[2], size_t used)
{
	const size_t first = used < pieces[0].iov_len ? used : pieces[0].iov_len;

	mn_bbq_irq_release(ring, first);
	mn_bbq_irq_release(ring, used - first);
}

/* Sends what is there, unless the peer takes no more for now. */
static void transmit(struct serial_device *device)
{
	struct iovec pieces[2];
	const size_t all = device->stuck ? 0 : pieces_of(&device->tx, pieces);
	const ssize_t sent = all ? writev(device->fd, pieces, 2) : 0;

	if (sent < 0 && errno != EAGAIN && errno != EINTR) {
		let_go(device);
	} else if (all) {
		device->stuck = sent < (ssize_t)all;
		device->sent += sent > 0 ? (uint64_t)sent : 0;
		release(&device->tx, pieces, sent > 0 ? (size_t)sent : 0);
	}
}

/* ---- Input ------------------------------------------------------------------------- */

/* The peer has ended its sending (3), or there is an error (4); false to try again. */
static bool receive_ended(struct serial_device *device, ssize_t n)
{
	if (n < 0 && errno == EINTR)
		return false;
	if (n == 0) {
		device->state = SERIAL_DRAINING;
		device->looks = 0;
	} else if (errno != EAGAIN) {
		let_go(device);
	}
	return true;
}

/* Reads into the ring until there is no more, or no room: then `look` stays set. */
static void receive(struct serial_device *device)
{
	size_t room;
	uint8_t *to;

	while (to = mn_bbq_irq_grant(&device->rx, &room), room > 0) {
		const ssize_t n = read(device->fd, to, room);

		device->look = false;
		if (n <= 0) {
			if (receive_ended(device, n))
				return;
			continue;
		}
		device->received += (uint64_t)n;
		mn_bbq_irq_commit(&device->rx, (size_t)n);
		if ((size_t)n < room) /* that was all; if not, an event will tell */
			return;
	}
	device->look = true;
}

/* ---- The peer ---------------------------------------------------------------------- */

static void changed(uv_poll_t *poll, int status, int events);

/* Tells the loop what to wait for; no system call if that is what it was. */
static void watch(struct serial_device *device, int events)
{
	if (events == device->watched)
		return;
	device->watched = events;
	if (events)
		uv_poll_start(&device->poll, events, changed);
	else
		uv_poll_stop(&device->poll);
}

static void closed(uv_handle_t *poll)
{
	struct serial_device *device = poll->data;

	device->closing = false;
}

/* 4: the peer has gone, or has had all its answers. */
static void let_go(struct serial_device *device)
{
	uv_close((uv_handle_t *)&device->poll, closed);
	close(device->fd);
	device->closing = true;
	device->fd = -1;
	device->watched = 0;
	device->state = SERIAL_SETTLING;
	device->looks = 0;
	mn_serial_line_detach(&device->line);
	serial_peers_released(&device->peers);
	log_sink_say(device->log, MN_LOG_DEBUG, TARGET,
		     "client gone; %" PRIu64 " bytes in, %" PRIu64 " out, %" PRIu64
		     " discarded so far",
		     device->received, device->sent, device->discarded);
}

/* 1 */
static void somebody_is_there(void *context)
{
	struct serial_device *device = context;

	device->fd = serial_peers_take(&device->peers);
	if (device->fd < 0)
		return;
	uv_poll_init(device->loop, &device->poll, device->fd);
	device->poll.data = device;
	device->state = SERIAL_ATTACHED;
	log_sink_say(device->log, MN_LOG_DEBUG, TARGET, "client connected");
	mn_serial_line_attach(&device->line);
}

/* 2, in task context. */
static void accepted(struct mn_serial_line *line)
{
	struct serial_device *device = MN_CONTAINER(line, struct serial_device, line);

	if (device->state != SERIAL_ATTACHED || !mn_serial_line_flows(line))
		return;
	discard(device);
	device->state = SERIAL_FLOWING;
	device->look = true;
	device->stuck = false;
}

static void interrupt(struct serial_device *device, int status, int events)
{
	if (status < 0) {
		let_go(device);
		return;
	}
	if (events & UV_WRITABLE)
		device->stuck = false; /* serial_device_work, which is next, sends */
	if (events & UV_READABLE)
		receive(device);
}

static void changed(uv_poll_t *poll, int status, int events)
{
	struct serial_device *device = poll->data;
	struct mn_interrupt frame;

	mn_interrupt_enter(&frame, device->line.changed.kernel, SERIAL_INTERRUPT);
	interrupt(device, status, events);
	mn_interrupt_exit(&frame);
}

/* ---- After each turn of the kernel --------------------------------------------------- */

static bool is_empty(const struct mn_bbq_irq *ring)
{
	return mn_bbq_used(&ring->bbq) == 0;
}

/* Whether the system has done with the peer. */
static bool is_quiet(struct serial_device *device, bool idle)
{
	return (idle && !mn_kernel_interrupted(device->line.changed.kernel)) ||
	       ++device->looks >= QUIET_AFTER_MAX;
}

/* 5 */
static void settle(struct serial_device *device, bool idle)
{
	if (device->closing || !is_quiet(device, idle))
		return;
	device->state = SERIAL_EMPTY;
	serial_peers_watch(&device->peers);
}

static void flow(struct serial_device *device)
{
	transmit(device);
	if (device->state == SERIAL_FLOWING && device->look)
		receive(device);
	if (device->state == SERIAL_FLOWING)
		watch(device, (device->look ? 0 : UV_READABLE) | (device->stuck ? UV_WRITABLE : 0));
}

static void drain(struct serial_device *device, bool idle)
{
	transmit(device);
	if (device->state != SERIAL_DRAINING)
		return;
	watch(device, device->stuck ? UV_WRITABLE : 0);
	if (!is_empty(&device->rx) || !is_empty(&device->tx))
		device->looks = 0;
	else if (is_quiet(device, idle))
		let_go(device);
}

void serial_device_work(struct serial_device *device, bool idle)
{
	if (device->state == SERIAL_FLOWING)
		flow(device);
	if (device->state == SERIAL_DRAINING) /* perhaps only just now: no event may follow */
		drain(device, idle);
	else if (device->state != SERIAL_FLOWING && device->state != SERIAL_CLOSED)
		discard(device);
	if (device->state == SERIAL_SETTLING)
		settle(device, idle);
}

/* ---- Begin and end ------------------------------------------------------------------- */

size_t serial_device_memory(const struct mn_config_tcp_uart *config)
{
	return memory_for(config->incoming_size) + memory_for(config->outgoing_size);
}

bool serial_device_open(struct serial_device *device, struct mn_kernel *kernel, uv_loop_t *loop,
			struct memory *memory, struct log_sink *log,
			const struct serial_address *address,
			const struct mn_config_tcp_uart *config)
{
	device->loop = loop;
	device->log = log;
	device->fd = -1;
	if (!serial_peers_open(&device->peers, loop, address, somebody_is_there, device))
		return false;
	mn_bbq_irq_init(&device->rx, kernel, memory_take(memory, config->incoming_size),
			config->incoming_size, MN_BBQ_IRQ_WRITES, NULL);
	mn_bbq_irq_init(&device->tx, kernel, memory_take(memory, config->outgoing_size),
			config->outgoing_size, MN_BBQ_IRQ_READS, NULL);
	mn_serial_line_init(&device->line, kernel, &device->rx.bbq, &device->tx.bbq, accepted);
	mn_simple_serial_start(&device->server, kernel, &device->line, "tcp_uart");
	mn_trace_mute_interrupt(kernel, SERIAL_INTERRUPT);
	device->state = SERIAL_EMPTY;
	serial_peers_watch(&device->peers);
	return true;
}

void serial_device_print(const struct serial_device *device)
{
	static const char *const states[] = {
		[SERIAL_CLOSED] = "none",
		[SERIAL_EMPTY] = "nobody is connected",
		[SERIAL_ATTACHED] = "a client waits to be accepted",
		[SERIAL_FLOWING] = "a client is connected",
		[SERIAL_DRAINING] = "a client has ended its sending",
		[SERIAL_SETTLING] = "a client has just gone",
	};

	printf("serial line: %s", states[device->state]);
	if (device->state != SERIAL_CLOSED)
		printf("; in the rings %zu and %zu bytes; in all %" PRIu64 " in, %" PRIu64
		       " out, %" PRIu64 " discarded",
		       mn_bbq_used(&device->rx.bbq), mn_bbq_used(&device->tx.bbq), device->received,
		       device->sent, device->discarded);
	putchar('\n');
}

void serial_device_last_words(struct serial_device *device, const char *text, size_t len)
{
	struct pollfd peer = {.fd = device->fd, .events = POLLOUT};

	if (device->state != SERIAL_FLOWING && device->state != SERIAL_DRAINING)
		return;
	while (len > 0 && poll(&peer, 1, LAST_WORDS_MS) > 0) {
		const ssize_t n = write(device->fd, text, len);

		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

void serial_device_close(struct serial_device *device)
{
	if (device->state == SERIAL_CLOSED)
		return;
	if (device->fd >= 0) {
		uv_close((uv_handle_t *)&device->poll, NULL);
		close(device->fd);
	}
	serial_peers_close(&device->peers);
	device->state = SERIAL_CLOSED;
}
