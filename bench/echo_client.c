/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Measures an echo on a TCP port of 127.0.0.1:
 *
 *     bench_echo_client PORT raw|sermux rate BYTES      prints "X MB/s"
 *     bench_echo_client PORT raw|sermux latency COUNT   prints "X us median, Y us p99"
 *
 * raw: the bytes as they are. sermux: frames to the loopback port, of 506 bytes each, or
 * of one byte for latency. Every byte that comes back is compared with the one that was
 * sent; what is wrong, or does not come for ten seconds, is told and the exit code is 1.
 * MB are 10^6 bytes of payload, counted once although they travel both ways.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <mnemos/proto/sermux.h>

#define PATIENCE_MS 10000
#define PAYLOAD MN_SERMUX_MAX_PAYLOAD(MN_SERMUX_MAX_FRAME)
#define FRAMES 128
#define BUFFER 65536

/* The stream repeats after a prime number of bytes, so no lost block goes unnoticed. */
#define PERIOD 65521
static uint8_t pattern[PERIOD + BUFFER];

static int line;
static bool framed;

/* Payload: made, in `out` and not yet on the line, and come back. */
static uint64_t sent, received, total;
static uint8_t out[FRAMES * MN_SERMUX_BOUND(PAYLOAD)];
static size_t out_begin, out_end;

static uint8_t frame[MN_SERMUX_MAX_FRAME];
static struct mn_sermux_receiver receiver;

_Noreturn static void fail(const char *text, ...)
{
	va_list args;

	va_start(args, text);
	fprintf(stderr, "bench_echo_client: ");
	vfprintf(stderr, text, args);
	fprintf(stderr, "\n");
	va_end(args);
	exit(1);
}

static void make_pattern(void)
{
	uint32_t state = 1;

	for (size_t i = 0; i < PERIOD; i++) {
		state = state * 1664525 + 1013904223;
		pattern[i] = (uint8_t)(state >> 24);
	}
	for (size_t i = PERIOD; i < sizeof pattern; i++)
		pattern[i] = pattern[i - PERIOD];
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static size_t least(uint64_t a, size_t b)
{
	return a < b ? (size_t)a : b;
}

/* Puts the next payload, `most` bytes in all, into the empty `out`. */
static void make_more(size_t most)
{
	const size_t piece = framed ? PAYLOAD : BUFFER;

	out_begin = out_end = 0;
	while (most > 0 && sizeof out - out_end >= (framed ? MN_SERMUX_BOUND(PAYLOAD) : BUFFER)) {
		const uint8_t *const bytes = pattern + sent % PERIOD;
		const size_t len = least(most, piece);

		if (framed) {
			out_end += mn_sermux_encode(out + out_end, sizeof out - out_end,
						    MN_SERMUX_LOOPBACK, bytes, len);
		} else {
			memcpy(out + out_end, bytes, len);
			out_end += len;
		}
		sent += len;
		most -= len;
	}
}

static void check(const uint8_t *data, size_t len)
{
	if (received + len > sent)
		fail("%zu bytes too many came back", (size_t)(received + len - sent));
	if (memcmp(data, pattern + received % PERIOD, len) != 0)
		fail("wrong bytes came back after %llu good ones", (unsigned long long)received);
	received += len;
}

/* What else the target says on the line (a greeting on its own port) is none of ours. */
static void check_frames(const uint8_t *data, size_t len)
{
	struct mn_sermux_item item;

	while (len > 0) {
		const size_t taken = mn_sermux_receive(&receiver, data, len, &item);

		data += taken;
		len -= taken;
		if (item.kind == MN_SERMUX_FRAME && item.port == MN_SERMUX_LOOPBACK)
			check(item.data, item.len);
		else if (item.kind > MN_SERMUX_FLUSH)
			fail("a broken frame came back after %llu bytes",
			     (unsigned long long)received);
	}
}

static void write_some(void)
{
	const ssize_t n = send(line, out + out_begin, out_end - out_begin, MSG_NOSIGNAL);

	if (n > 0)
		out_begin += (size_t)n;
	else if (n < 0 && errno != EAGAIN)
		fail("send: %s", strerror(errno));
}

static void read_some(void)
{
	static uint8_t in[BUFFER];
	const ssize_t n = recv(line, in, sizeof in, 0);

	if (n == 0)
		fail("closed after %llu bytes", (unsigned long long)received);
	if (n < 0 && errno != EAGAIN)
		fail("recv: %s", strerror(errno));
	if (n > 0)
		(framed ? check_frames : check)(in, (size_t)n);
}

/* Waits until the line can be read, or written if there is something to write. */
static void wait_for_line(void)
{
	struct pollfd on = {.fd = line, .events = POLLIN};

	if (out_begin < out_end)
		on.events |= POLLOUT;
	if (poll(&on, 1, PATIENCE_MS) == 0)
		fail("%llu of %llu bytes did not come back", (unsigned long long)(sent - received),
		     (unsigned long long)sent);
	if (on.revents & POLLOUT)
		write_some();
	if (on.revents & (POLLIN | POLLERR | POLLHUP))
		read_some();
}

static void measure_rate(void)
{
	const uint64_t begin_ns = now_ns();

	while (received < total) {
		if (out_begin == out_end && sent < total)
			make_more(least(total - sent, sizeof out));
		wait_for_line();
	}
	printf("%.2f MB/s\n", (double)total * 1e3 / (double)(now_ns() - begin_ns));
}

static int by_value(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void measure_latency(void)
{
	uint64_t *const took_ns = calloc(total, sizeof *took_ns);

	if (!took_ns)
		fail("no memory");
	for (uint64_t i = 0; i < total; i++) {
		const uint64_t begin_ns = now_ns();

		make_more(1);
		write_some();
		while (received < sent)
			wait_for_line();
		took_ns[i] = now_ns() - begin_ns;
	}
	qsort(took_ns, total, sizeof *took_ns, by_value);
	printf("%.1f us median, %.1f us p99\n", (double)took_ns[total / 2] / 1e3,
	       (double)took_ns[total * 99 / 100] / 1e3);
}

static void connect_to(const char *port)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	line = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(line, (const struct sockaddr *)&address, sizeof address) != 0)
		fail("port %s: %s", port, strerror(errno));
	setsockopt(line, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	fcntl(line, F_SETFL, O_NONBLOCK);
}

int main(int argc, char **argv)
{
	if (argc != 5 || (strcmp(argv[2], "raw") != 0 && strcmp(argv[2], "sermux") != 0))
		fail("PORT raw|sermux rate|latency NUMBER");
	framed = strcmp(argv[2], "sermux") == 0;
	total = strtoull(argv[4], NULL, 10);
	make_pattern();
	mn_sermux_receiver_init(&receiver, frame, sizeof frame);
	connect_to(argv[1]);
	if (total == 0)
		fail("NUMBER is at least 1");
	if (strcmp(argv[3], "rate") == 0)
		measure_rate();
	else if (strcmp(argv[3], "latency") == 0)
		measure_latency();
	else
		fail("rate or latency, not %s", argv[3]);
	return 0;
}
