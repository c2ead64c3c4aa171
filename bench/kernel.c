/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Kernel benchmarks: `bench_kernel NAME COUNT` does one thing COUNT times on a virtual
 * clock. The driver counts instructions as the difference of two counts, so that
 * start-up and end cancel out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <mnemos/bbq.h>
#include <mnemos/channel.h>
#include <mnemos/heap.h>
#include <mnemos/oneshot.h>
#include <mnemos/operation.h>
#include "virtual.h"

static long count;

/* ---- call ---- */

struct add_request {
	uint32_t a;
};
struct add_response {
	uint32_t sum;
};
MN_SERVICE(add, struct add_request, struct add_response);
const struct mn_service add_service =
	MN_SERVICE_INIT(add, "1.0", MN_UUID(0x05bcd4b7, 0xdd81, 0x434a, 0xa958, 0xf18ee84f8635));

struct adder {
	struct mn_task task;
	struct mn_server server;
	struct mn_serving serving;
};

static mn_poll adder_run(struct adder *self)
{
	MN_BEGIN(self);
	if (mn_register(&self->server, &add_service, NULL) != MN_OK)
		MN_RETURN(self, MN_EINVAL);
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

/* Is handed a connected client. */
struct caller {
	struct mn_task task;
	struct mn_call call;
	struct add_client client;
	struct add_request request;
	struct add_response response;
	uint32_t until; /* the sum to reach */
	struct adder *server;
};

static mn_poll caller_run(struct caller *self)
{
	MN_BEGIN(self);
	while (self->response.sum != self->until) {
		self->request.a = self->response.sum;
		MN_TRY(self, add_call(&self->call, &self->client, &self->request, &self->response));
	}
	mn_cancel(&self->server->task);
	MN_END(self);
}

MN_TASK(caller);

/* Connects `count` times, then spawns the caller with the last handle. */
struct connector {
	struct mn_task task;
	struct mn_connect connect;
	long left;
	struct caller *next;
	struct adder *server;
	struct add_client client;
};

static mn_poll connector_run(struct connector *self)
{
	MN_BEGIN(self);
	for (; self->left > 0; self->left--)
		MN_TRY(self, add_connect(&self->connect, &self->client, NULL));
	if (self->next) {
		self->next->client = self->client;
		mn_spawn(&kernel, &self->next->task, &caller_task);
	} else {
		mn_cancel(&self->server->task);
	}
	MN_END(self);
}

MN_TASK(connector);

static void bench_call(void)
{
	static struct adder adder;
	static struct caller caller = {.server = &adder};
	static struct connector connector = {.left = 1, .next = &caller};

	mn_spawn(&kernel, &adder.task, &adder_task);
	caller.until = (uint32_t)count;
	mn_spawn(&kernel, &connector.task, &connector_task);
	virtual_run();
	if (caller.response.sum != caller.until)
		abort();
}

static void bench_call_accounted(void)
{
	mn_kernel_account(&kernel, true, 0);
	bench_call();
}

static void drop(void *context, const struct mn_log_site *site, va_list args)
{
	(void)context, (void)site, (void)args;
}

/* Every event of the kernel goes to a log that drops it. */
static void bench_call_traced(void)
{
	kernel.log = drop;
	mn_log_set_filter(&kernel, &(struct mn_log_filter){.level = MN_LOG_TRACE});
	bench_call();
}

static void bench_connect(void)
{
	static struct adder adder;
	static struct connector connector = {.server = &adder};

	connector.left = count;
	mn_spawn(&kernel, &adder.task, &adder_task);
	mn_spawn(&kernel, &connector.task, &connector_task);
	virtual_run();
}

/* ---- yield ---- */

struct yielder {
	struct mn_task task;
	long left;
};

static mn_poll yielder_run(struct yielder *self)
{
	MN_BEGIN(self);
	for (self->left = count; self->left > 0; self->left--)
		MN_YIELD(self);
	MN_END(self);
}

MN_TASK(yielder);

static void bench_yield(void)
{
	static struct yielder two[2];

	count /= 2;
	mn_spawn(&kernel, &two[0].task, &yielder_task);
	mn_spawn(&kernel, &two[1].task, &yielder_task);
	virtual_run();
}

/* ---- spawn ---- */

struct nothing {
	struct mn_task task;
};

static mn_poll nothing_run(struct nothing *self)
{
	MN_BEGIN(self);
	MN_END(self);
}

MN_TASK(nothing);

static void bench_spawn(void)
{
	static struct nothing task;

	for (; count > 0; count--) {
		mn_spawn(&kernel, &task.task, &nothing_task);
		if ((count & 31) == 0)
			virtual_run();
		else
			mn_kernel_run_once(&kernel);
	}
	virtual_run();
}

static void bench_spawn_many(void)
{
	static struct nothing task[64];

	for (; count > 0; count -= 64) {
		for (int i = 0; i < 64; i++)
			mn_spawn(&kernel, &task[i].task, &nothing_task);
		mn_kernel_run_once(&kernel);
	}
}

/* ---- sleep ---- */

struct sleeper {
	struct mn_task task;
	struct mn_sleep nap;
	long left;
	uint64_t us;
};

static mn_poll sleeper_run(struct sleeper *self)
{
	MN_BEGIN(self);
	for (; self->left > 0; self->left--)
		MN_TRY(self, mn_sleep(&self->nap, self->us));
	MN_END(self);
}

MN_TASK(sleeper);

static void bench_sleep(void)
{
	static struct sleeper one;

	one.left = count;
	one.us = 1000;
	mn_spawn(&kernel, &one.task, &sleeper_task);
	virtual_run();
}

static void bench_sleep_among(void)
{
	static struct sleeper one, others[1000];

	for (int i = 0; i < 1000; i++) {
		others[i].left = 1;
		others[i].us = 4000000000 + 7 * (uint64_t)i;
		mn_spawn(&kernel, &others[i].task, &sleeper_task);
	}
	one.left = count;
	one.us = 1000;
	mn_spawn(&kernel, &one.task, &sleeper_task);
	virtual_run();
}

/* ---- channel: one message a count ---- */

struct ponger {
	struct mn_task task;
	struct mn_channel *from, *to;
	struct mn_send send;
	uint64_t message;
};

/* Two of these throw a message to and fro: each throw is one with a task switch. */
static mn_poll ponger_run(struct ponger *self)
{
	MN_BEGIN(self);
	while (self->message < (uint64_t)count) {
		MN_TRY(self, mn_channel_receive(self->from, &self->message));
		self->message++;
		MN_TRY(self, mn_channel_send(&self->send, self->to, &self->message));
	}
	MN_END(self);
}

MN_TASK(ponger);

static void bench_channel(void)
{
	static struct mn_channel channel[2];
	static uint64_t slots[2][4];
	static struct ponger two[2];

	for (int i = 0; i < 2; i++) {
		mn_channel_init(&channel[i], slots[i], sizeof slots[i][0], 4);
		two[i].from = &channel[i];
		two[i].to = &channel[!i];
		mn_spawn(&kernel, &two[i].task, &ponger_task);
	}
	mn_channel_try_send(&channel[0], &(uint64_t){0});
	virtual_run();
	if (two[0].message + two[1].message != (uint64_t)count * 2 + 1)
		abort();
}

struct producer {
	struct mn_task task;
	struct mn_channel *to;
	struct mn_send send;
	uint64_t message;
};

static mn_poll producer_run(struct producer *self)
{
	MN_BEGIN(self);
	for (; self->message < (uint64_t)count; self->message++)
		MN_TRY(self, mn_channel_send(&self->send, self->to, &self->message));
	mn_channel_close(self->to);
	MN_END(self);
}

MN_TASK(producer);

struct consumer {
	struct mn_task task;
	struct mn_channel *from;
	uint64_t message;
};

static mn_poll consumer_run(struct consumer *self)
{
	MN_BEGIN(self);
	for (;;)
		MN_TRY(self, mn_channel_receive(self->from, &self->message));
	MN_END(self);
}

MN_TASK(consumer);

/* One way, as fast as 64 slots let them. */
static void bench_channel_stream(void)
{
	static struct mn_channel channel;
	static uint64_t slots[64];
	static struct producer producer = {.to = &channel};
	static struct consumer consumer = {.from = &channel};

	mn_channel_init(&channel, slots, sizeof slots[0], 64);
	mn_spawn(&kernel, &consumer.task, &consumer_task);
	mn_spawn(&kernel, &producer.task, &producer_task);
	virtual_run();
	if (consumer.message != (uint64_t)count - 1)
		abort();
}

/* ---- oneshot: one value a count ---- */

struct shooter {
	struct mn_task task;
	struct mn_oneshot mine, *other;
	uint64_t value;
	bool begins;
};

/* Two of these throw a value to and fro. */
static mn_poll shooter_run(struct shooter *self)
{
	MN_BEGIN(self);
	mn_oneshot_arm(&self->mine);
	if (self->begins)
		mn_oneshot_send(self->other, &self->value);
	while (self->value < (uint64_t)count) {
		MN_TRY(self, mn_oneshot_receive(&self->mine));
		self->value++;
		mn_oneshot_arm(&self->mine);
		mn_oneshot_send(self->other, &self->value);
	}
	MN_END(self);
}

MN_TASK(shooter);

static void bench_oneshot(void)
{
	static struct shooter two[2];

	for (int i = 0; i < 2; i++) {
		mn_oneshot_init(&two[i].mine, &two[i].value, sizeof two[i].value);
		two[i].other = &two[!i].mine;
		mn_spawn(&kernel, &two[i].task, &shooter_task);
	}
	two[1].begins = true;
	virtual_run();
	if (two[0].value != (uint64_t)count + 1 || two[1].value != two[0].value)
		abort();
}

/* ---- alloc ---- */

static _Alignas(16) uint8_t arena[1 << 20];

static void bench_alloc(void)
{
	struct mn_heap *heap = mn_heap_create(arena, sizeof arena);

	for (; count > 0; count--)
		mn_heap_free(heap, mn_heap_alloc(heap, 64, 0));
}

/* One of 1000 blocks of random sizes is freed and another allocated. */
static void bench_alloc_among(void)
{
	static void *block[1000];
	struct mn_heap *heap = mn_heap_create(arena, sizeof arena);

	for (; count > 0; count--) {
		const uint64_t random = mn_random(&kernel);
		void **one = &block[random % 1000];

		mn_heap_free(heap, *one);
		*one = mn_heap_alloc(heap, (random >> 32) % 1000, 0);
	}
}

/* Two tasks hand all memory to each other. */
struct waster {
	struct mn_task task;
	struct mn_alloc memory;
	long left;
};

static mn_poll waster_run(struct waster *self)
{
	MN_BEGIN(self);
	for (; self->left > 0; self->left--) {
		MN_TRY(self, mn_alloc(&self->memory, sizeof arena / 2));
		MN_YIELD(self);
		mn_free(self->memory.block);
	}
	MN_END(self);
}

MN_TASK(waster);

static void bench_alloc_wait(void)
{
	static struct waster two[2];

	kernel.heap = mn_heap_create(arena, sizeof arena);
	for (int i = 0; i < 2; i++) {
		two[i].left = count / 2;
		mn_spawn(&kernel, &two[i].task, &waster_task);
	}
	virtual_run();
}

/* ---- bbq: 64 bytes granted, committed, read and released ---- */

static uint8_t bbq_storage[4096];
static struct mn_bbq bbq;

struct bbq_writer {
	struct mn_task task;
	struct mn_bbq_write tx;
	long left;
};

static mn_poll bbq_writer_run(struct bbq_writer *self)
{
	MN_BEGIN(self);
	for (self->left = count; self->left > 0; self->left--) {
		MN_TRY(self, mn_bbq_write_exact(&self->tx, &bbq, 64));
		mn_bbq_commit(&bbq, 64);
	}
	mn_bbq_close_write(&bbq);
	MN_END(self);
}

MN_TASK(bbq_writer);

struct bbq_reader {
	struct mn_task task;
	struct mn_bbq_read rx;
};

static mn_poll bbq_reader_run(struct bbq_reader *self)
{
	MN_BEGIN(self);
	for (;;) {
		MN_TRY(self, mn_bbq_read(&self->rx, &bbq));
		mn_bbq_release(&bbq, 64);
	}
	MN_END(self);
}

MN_TASK(bbq_reader);

static void bench_bbq_through(size_t capacity)
{
	static struct bbq_writer writer;
	static struct bbq_reader reader;

	mn_bbq_init(&bbq, bbq_storage, capacity);
	mn_spawn(&kernel, &reader.task, &bbq_reader_task);
	mn_spawn(&kernel, &writer.task, &bbq_writer_task);
	virtual_run();
}

/* Each round is a switch to the reader and one back. */
static void bench_bbq(void)
{
	bench_bbq_through(64);
}

/* A switch when the queue is full or empty. */
static void bench_bbq_stream(void)
{
	bench_bbq_through(4096);
}

struct bbq_both {
	struct mn_task task;
	struct mn_bbq_write tx;
	struct mn_bbq_read rx;
	long left;
};

static mn_poll bbq_both_run(struct bbq_both *self)
{
	MN_BEGIN(self);
	for (self->left = count; self->left > 0; self->left--) {
		MN_TRY(self, mn_bbq_write_exact(&self->tx, &bbq, 64));
		mn_bbq_commit(&bbq, 64);
		MN_TRY(self, mn_bbq_read(&self->rx, &bbq));
		mn_bbq_release(&bbq, 64);
	}
	MN_END(self);
}

MN_TASK(bbq_both);

/* One task at both ends: no switch. */
static void bench_bbq_alone(void)
{
	static struct bbq_both both;

	mn_bbq_init(&bbq, bbq_storage, sizeof bbq_storage);
	mn_spawn(&kernel, &both.task, &bbq_both_task);
	virtual_run();
}

static const struct {
	const char *name;
	void (*run)(void);
} benches[] = {
	{"call", bench_call},
	{"call_accounted", bench_call_accounted},
	{"call_traced", bench_call_traced},
	{"connect", bench_connect},
	{"yield", bench_yield},
	{"bbq", bench_bbq},
	{"bbq_stream", bench_bbq_stream},
	{"bbq_alone", bench_bbq_alone},
	{"spawn", bench_spawn},
	{"spawn_many", bench_spawn_many},
	{"sleep", bench_sleep},
	{"sleep_among", bench_sleep_among},
	{"channel", bench_channel},
	{"channel_stream", bench_channel_stream},
	{"oneshot", bench_oneshot},
	{"alloc", bench_alloc},
	{"alloc_among", bench_alloc_among},
	{"alloc_wait", bench_alloc_wait},
};

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	count = atol(argv[2]);
	virtual_init();
	for (size_t i = 0; i < sizeof benches / sizeof *benches; i++) {
		if (strcmp(benches[i].name, argv[1]) != 0)
			continue;
		const double n = (double)count, begin_ns = real_ns();
		benches[i].run();
		printf("%.1f ns each\n", (real_ns() - begin_ns) / n);
		return 0;
	}
	return 2;
}
