/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The benchmarks of tasks: calls, switches, starts and sleeps. */
#include <mnemos/operation.h>
#include "operations.h"
#include "virtual.h"

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

void bench_call(void)
{
	static struct adder adder;
	static struct caller caller = {.server = &adder};
	static struct connector connector = {.left = 1, .next = &caller};

	mn_spawn(&kernel, &adder.task, &adder_task);
	caller.until = (uint32_t)bench_count;
	mn_spawn(&kernel, &connector.task, &connector_task);
	virtual_run();
	MN_ASSERT(caller.response.sum == caller.until);
}

void bench_call_accounted(void)
{
	mn_kernel_account(&kernel, true, 0);
	bench_call();
}

void bench_connect(void)
{
	static struct adder adder;
	static struct connector connector = {.server = &adder};

	connector.left = bench_count;
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
	for (self->left = bench_count; self->left > 0; self->left--)
		MN_YIELD(self);
	MN_END(self);
}

MN_TASK(yielder);

void bench_yield(void)
{
	static struct yielder two[2];

	bench_count /= 2;
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

void bench_spawn(void)
{
	static struct nothing task;

	for (; bench_count > 0; bench_count--) {
		mn_spawn(&kernel, &task.task, &nothing_task);
		if ((bench_count & 31) == 0)
			virtual_run();
		else
			mn_kernel_run_once(&kernel);
	}
	virtual_run();
}

void bench_spawn_many(void)
{
	static struct nothing task[64];

	for (; bench_count > 0; bench_count -= 64) {
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

void bench_sleep(void)
{
	static struct sleeper one;

	one.left = bench_count;
	one.us = 1000;
	mn_spawn(&kernel, &one.task, &sleeper_task);
	virtual_run();
}

void bench_sleep_among(void)
{
	static struct sleeper one, others[1000];

	for (int i = 0; i < 1000; i++) {
		others[i].left = 1;
		others[i].us = 4000000000 + 7 * (uint64_t)i;
		mn_spawn(&kernel, &others[i].task, &sleeper_task);
	}
	one.left = bench_count;
	one.us = 1000;
	mn_spawn(&kernel, &one.task, &sleeper_task);
	virtual_run();
}
