/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Calls at full trace level over TCP: `bench_trace_line RATE SECONDS`.
 *
 * A simulated machine, as it is shipped, with a server and a client that calls it RATE times a
 * second, in a process of its own; and a host at the other end of its line that asks for all there
 * is, decodes it and counts. Prints what came, what was lost, and what it cost the machine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <mnemos/proto/sermux.h>
#include <mnemos/proto/trace.h>
#include "machine.h"
#include "panic.h"

#define BATCH_US 1000
#define FRAME_MAX 65536

struct add_request {
	uint32_t a;
};
struct add_response {
	uint32_t sum;
};
MN_SERVICE(add, struct add_request, struct add_response);
const struct mn_service add_service =
	MN_SERVICE_INIT(add, "1.0", MN_UUID(0x6e1f3fc2, 0x5a0e, 0x4d57, 0x9f0c, 0x1b1f6a2f9d11));

static unsigned rate;
static unsigned seconds;
static struct machine machine;

/* ---- The machine ------------------------------------------------------------------- */

static struct adder {
	struct mn_task task;
	struct mn_server server;
	struct mn_serving serving;
} adder;

static mn_poll adder_run(struct adder *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_register(&self->server, &add_service, NULL));
	for (;;) {
		MN_TRY(self, mn_serve(&self->serving, &self->server));
		const struct add_request *request = mn_request(&self->serving);
		struct add_response *response = mn_response(&self->serving);

		response->sum = request->a + 1;
		mn_reply(&self->serving, MN_OK);
	}
	MN_END(self);
}

MN_TASK(adder);

/* Each millisecond as many calls as the rate says. */
static struct caller {
	struct mn_task task;
	struct mn_connect connect;
	struct add_client client;
	struct mn_call call;
	struct add_request request;
	struct add_response response;
	struct mn_sleep nap;
	uint64_t next_us, begin_us;
} caller;

static bool behind(const struct caller *self)
{
	return self->response.sum < (mn_now_us() - self->begin_us) / BATCH_US * rate / 1000;
}

static mn_poll caller_run(struct caller *self)
{
	MN_BEGIN(self);
	MN_TRY(self, add_connect(&self->connect, &self->client, NULL));
	self->next_us = self->begin_us = mn_now_us();
	for (;;) {
		self->next_us += BATCH_US;
		MN_TRY(self, mn_sleep_until(&self->nap, self->next_us));
		while (behind(self)) {
			self->request.a = self->response.sum;
			MN_TRY(self, add_call(&self->call, &self->client, &self->request,
					      &self->response));
		}
	}
	MN_END(self);
}

MN_TASK(caller);

_Noreturn static void run_machine(int listens)
{
	struct options options = {
		.has_serial = true,
		.exit_after_us = (seconds + 10) * UINT64_C(1000000),
		.trace = {.level = MN_LOG_OFF, .least = MN_LOG_OFF},
		.serial = {.kind = SERIAL_TCP, .host = "127.0.0.1", .port = "0"},
	};

	if (!machine_open(&machine, &options))
		_exit(1);
	mn_spawn(&machine.kernel, &adder.task, &adder_task);
	mn_spawn(&machine.kernel, &caller.task, &caller_task);
	dup2(listens, STDOUT_FILENO);
	machine_introduce(&machine);
	fflush(stdout);
	while (!machine.ending)
		mn_platform_wait(&machine.kernel, mn_kernel_run_once(&machine.kernel));
	_exit(0);
}

/* ---- The host ---------------------------------------------------------------------- */

struct heard {
	unsigned long calls, events, lost, bytes, bad;
	uint64_t call_meta;
};

static void note(struct heard *heard, const struct mn_trace_message *message)
{
	const struct mn_trace_meta *meta = &message->meta;

	if (message->kind == MN_TRACE_REGISTER_META && meta->name.len == 4 &&
	    memcmp(meta->name.data, "call", 4) == 0)
		heard->call_meta = meta->id;
	if (message->kind == MN_TRACE_DISCARDED)
		heard->lost += message->discarded.events + message->discarded.span_activity +
			       message->discarded.new_spans + message->discarded.metas;
	if (message->kind != MN_TRACE_TIMED_EVENT)
		return;
	heard->events++;
	heard->calls += message->timed_event.meta == heard->call_meta;
}

/* The byte stream of the port, cut into messages. */
static void take(struct heard *heard, const uint8_t *data, size_t len)
{
	static uint8_t bytes[FRAME_MAX];
	static size_t used;
	union mn_trace_storage storage;
	struct mn_trace_message message;

	for (size_t i = 0; i < len; i++) {
		if (data[i]) {
			if (used < sizeof bytes)
				bytes[used++] = data[i];
			continue;
		}
		if (mn_trace_decode(&message, &storage, bytes, used) == MN_OK)
			note(heard, &message);
		else
			heard->bad++;
		used = 0;
	}
}

static void ask(int fd, const struct mn_trace_request *request)
{
	uint8_t inner[MN_TRACE_REQUEST_MAX], frame[MN_TRACE_REQUEST_MAX + 8];
	size_t len = mn_trace_encode_request(inner, sizeof inner, request);

	len = mn_sermux_encode(frame, sizeof frame, MN_SERMUX_TRACE, inner, len);
	if (write(fd, frame, len) != (ssize_t)len)
		exit(1);
}

static void listen_to(int fd, struct heard *heard)
{
	static uint8_t buffer[FRAME_MAX], data[FRAME_MAX];
	struct mn_sermux_receiver receiver;
	struct mn_sermux_item item;
	time_t now = time(NULL), kept = 0;
	const time_t end = now + (time_t)seconds;

	mn_sermux_receiver_init(&receiver, buffer, sizeof buffer);
	ask(fd, &(struct mn_trace_request){.kind = MN_TRACE_EXTEND, .number = 1});
	ask(fd,
	    &(struct mn_trace_request){.kind = MN_TRACE_SET_MAX_LEVEL, .level = MN_TRACE_TRACE});
	for (; now < end; now = time(NULL)) {
		const ssize_t n = read(fd, data, sizeof data);

		if (n <= 0)
			exit(1);
		heard->bytes += (unsigned long)n;
		for (size_t at = 0; at < (size_t)n;) {
			at += mn_sermux_receive(&receiver, data + at, (size_t)n - at, &item);
			if (item.kind == MN_SERMUX_FRAME && item.port == MN_SERMUX_TRACE)
				take(heard, item.data, item.len);
		}
		if (now != kept)
			ask(fd, &(struct mn_trace_request){.kind = MN_TRACE_KEEP});
		kept = now;
	}
}

static int connect_to(int told)
{
	char text[4096] = {0};
	size_t len = 0;
	const char *port;
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd;

	do {
		const ssize_t n = read(told, text + len, sizeof text - 1 - len);

		if (n <= 0)
			exit(1);
		len += (size_t)n;
		port = strstr(text, "127.0.0.1:");
	} while (!port || !strchr(port, '\n'));
	address.sin_port = htons((uint16_t)atoi(strchr(port, ':') + 1));
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
		exit(1);
	return fd;
}

static long milliseconds(struct timeval t)
{
	return t.tv_sec * 1000 + t.tv_usec / 1000;
}

int main(int argc, char **argv)
{
	struct heard heard = {0};
	struct rusage used;
	int ends[2], status, fd;
	pid_t child;

	if (argc != 3 || pipe(ends) != 0)
		return 2;
	rate = (unsigned)atoi(argv[1]);
	seconds = (unsigned)atoi(argv[2]);
	child = fork();
	if (child == 0)
		run_machine(ends[1]);
	fd = connect_to(ends[0]);
	listen_to(fd, &heard);
	kill(child, SIGKILL);
	if (wait4(child, &status, 0, &used) != child)
		return 1;
	printf("%lu calls, %lu events, %lu lost, %lu bad, %.1f MB/s, %ld ms of CPU\n", heard.calls,
	       heard.events, heard.lost, heard.bad, (double)heard.bytes / 1e6 / seconds,
	       milliseconds(used.ru_utime) + milliseconds(used.ru_stime));
	return 0;
}
