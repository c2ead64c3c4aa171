/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * An example: two services that call each other, and what the dump says about it. The whole
 * program is here, its platform too, which has a clock and does nothing else.
 * book/debugging.md and book/architecture.md explain it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <mnemos/kernel.h>

/* [platform] */
static uint64_t clock_us;

uint64_t mn_platform_now_us(const struct mn_kernel *kernel)
{
	(void)kernel;
	return clock_us;
}

mn_cpu_time mn_platform_cpu_time(const struct mn_kernel *kernel)
{
	(void)kernel;
	return 0; /* accounting is never switched on here */
}

void mn_platform_wait(struct mn_kernel *kernel, uint64_t deadline_us)
{
	(void)kernel;
	if (deadline_us != MN_NEVER && deadline_us > clock_us)
		clock_us = deadline_us; /* a virtual clock jumps */
}

void mn_platform_panic_write(const char *text, size_t len)
{
	fwrite(text, 1, len, stderr);
}

void mn_platform_halt(void)
{
	abort();
}
/* [end] */

struct nothing {
	uint8_t unused;
};
MN_SERVICE(disk, struct nothing, struct nothing);
MN_SERVICE(cache, struct nothing, struct nothing);
const struct mn_service disk_service =
	MN_SERVICE_INIT(disk, "1.0", MN_UUID(0x2b0f1c5e, 0x9a1d, 0x4b57, 0x8f0a, 0x5a0b1c2d3e4f));
const struct mn_service cache_service =
	MN_SERVICE_INIT(cache, "1.0", MN_UUID(0x7d9e0f1a, 0x2b3c, 0x4d5e, 0x9f60, 0x718293a4b5c6));

/* [tasks] */
/* Offers a service, and needs another to answer: disk asks cache, and cache asks disk. */
struct half {
	struct mn_task task;
	struct mn_server server;
	struct mn_serving serving;
	struct mn_connect connect;
	struct mn_client other;
	struct mn_call call;
	struct nothing request, response;
	const struct mn_service *offers, *needs;
};

static mn_poll half_run(struct half *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_register(&self->server, self->offers, NULL));
	MN_TRY(self, mn_connect(&self->connect, &self->other, self->needs, NULL, NULL));
	for (;;) {
		MN_TRY(self, mn_serve(&self->serving, &self->server));
		MN_AWAIT(self, mn_call(&self->call, &self->other, &self->request, &self->response));
		mn_reply(&self->serving, MN_RESULT(self));
	}
	MN_END(self);
}

MN_TASK_AS(half, struct half, "half");
/* [end] */

static mn_poll user_run(struct half *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_connect(&self->connect, &self->other, &disk_service, NULL, NULL));
	MN_TRY(self, mn_call(&self->call, &self->other, &self->request, &self->response));
	MN_END(self);
}

MN_TASK_AS(user, struct half, "user");

static void print(void *context, const char *text, size_t len)
{
	fwrite(text, 1, len, context);
}

/* [main] */
int main(void)
{
	static struct mn_kernel kernel;
	static struct mn_registry_slot services[4];
	static struct half disk = {.offers = &disk_service, .needs = &cache_service};
	static struct half cache = {.offers = &cache_service, .needs = &disk_service};
	static struct half user;

	mn_kernel_init(&kernel, &(struct mn_kernel_config){.name = "deadlock",
							   .services = services,
							   .max_services = 4});
	mn_spawn(&kernel, &disk.task, &half_task);
	mn_spawn(&kernel, &cache.task, &half_task);
	mn_spawn(&kernel, &user.task, &user_task);

	uint64_t next_us;

	while ((next_us = mn_kernel_run_once(&kernel)) != MN_NEVER)
		mn_platform_wait(&kernel, next_us);
	mn_kernel_dump(&kernel, print, stdout);
	return 0;
}
/* [end] */
