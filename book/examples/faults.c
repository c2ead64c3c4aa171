/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string.h>
#include <mnemos/channel.h>
#include <mnemos/kernel.h>
#include <mnemos/services/serial_mux.h>
#include <mnemos/trace.h>
#include "faults.h"

#define MN_LOG_TARGET "faults::disk"

struct nothing {
	uint8_t unused;
};
MN_SERVICE(ping, struct nothing, struct nothing);
MN_SERVICE(pong, struct nothing, struct nothing);
MN_SERVICE(mute, struct nothing, struct nothing);
MN_SERVICE(disk, struct nothing, struct nothing);
const struct mn_service ping_service =
	MN_SERVICE_INIT(ping, "1.0", MN_UUID(0x5b1c0a52, 0x64f8, 0x4f0e, 0x9a4e, 0x1d6a3f27c801));
const struct mn_service pong_service =
	MN_SERVICE_INIT(pong, "1.0", MN_UUID(0x0d7e3b96, 0x2c1f, 0x4a8b, 0xb5d3, 0x7e90c4f1a602));
const struct mn_service mute_service =
	MN_SERVICE_INIT(mute, "1.0", MN_UUID(0xc83f51ae, 0x9b07, 0x4d62, 0x8e1c, 0x32b5d0e7f903));
const struct mn_service disk_service =
	MN_SERVICE_INIT(disk, "1.0", MN_UUID(0xa94d7c10, 0x385e, 0x41f7, 0xa2b6, 0x58f1e3c09d04));

/* ---- A client of any of them --------------------------------------------------------- */

struct client {
	struct mn_task task;
	struct mn_connect connect;
	struct mn_client to;
	struct mn_call call;
	struct nothing request, response;
	const struct mn_service *service;
};

static mn_poll client_run(struct client *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_connect(&self->connect, &self->to, self->service, NULL, NULL));
	for (;;)
		MN_TRY(self, mn_call(&self->call, &self->to, &self->request, &self->response));
	MN_END(self);
}

MN_TASK(client);

static void start_client(struct mn_kernel *kernel, struct client *client,
			 const struct mn_service *service)
{
	client->service = service;
	mn_spawn(kernel, &client->task, &client_task);
}

/* ---- Two services that call each other ------------------------------------------------ */

/* [cycle] */
/* Offers a service, and asks the other one before it answers. */
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
/* [end] */

static mn_poll ping_run(struct half *self)
{
	return half_run(self);
}

MN_TASK_AS(ping, struct half, "ping");

static mn_poll pong_run(struct half *self)
{
	return half_run(self);
}

MN_TASK_AS(pong, struct half, "pong");

static void plant_cycle(struct mn_kernel *kernel)
{
	static struct half ping = {.offers = &ping_service, .needs = &pong_service};
	static struct half pong = {.offers = &pong_service, .needs = &ping_service};
	static struct client user;

	mn_spawn(kernel, &ping.task, &ping_task);
	mn_spawn(kernel, &pong.task, &pong_task);
	start_client(kernel, &user, &ping_service);
}

/* ---- A server that never replies ----------------------------------------------------- */

/* It can work on two calls at a time, and forgets the first. */
struct mute {
	struct mn_task task;
	struct mn_server server;
	struct mn_serving first, second;
};

static mn_poll mute_run(struct mute *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_register(&self->server, &mute_service, NULL));
	MN_TRY(self, mn_serve(&self->first, &self->server));
	for (;;) {
		MN_TRY(self, mn_serve(&self->second, &self->server));
		mn_reply(&self->second, MN_OK);
	}
	MN_END(self);
}

MN_TASK(mute);

static void plant_no_reply(struct mn_kernel *kernel)
{
	static struct mute mute;
	static struct client client;

	mn_spawn(kernel, &mute.task, &mute_task);
	start_client(kernel, &client, &mute_service);
}

/* ---- A lost wake --------------------------------------------------------------------- */

/* A queue with its reader, and a driver that fills it. */
struct pipe {
	struct mn_task task; /* the reader */
	struct mn_bbq queue;
	struct mn_bbq_read rx;
	uint8_t storage[16];
};

struct filler {
	struct mn_task task;
	struct mn_sleep nap;
	struct mn_bbq_write tx;
	struct mn_bbq *queue;
};

static mn_poll reader_run(struct pipe *self)
{
	MN_BEGIN(self);
	for (;;) {
		MN_TRY(self, mn_bbq_read(&self->rx, &self->queue));
		mn_bbq_release(&self->queue, self->rx.len);
	}
	MN_END(self);
}

/* What a driver does that shares a queue with an interrupt handler, or another thread, but
 * not as bbq_irq.h says: who reads begins to wait, and it does not see that. */
static void fill_and_wake_nobody(struct filler *self)
{
	self->queue->reader = NULL;
	if (mn_bbq_try_write(&self->tx, self->queue, 1) != MN_OK)
		return;
	self->tx.data[0] = 'x';
	mn_bbq_commit(self->queue, 1);
}

static mn_poll filler_run(struct filler *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_sleep(&self->nap, 10000));
	fill_and_wake_nobody(self);
	MN_END(self);
}

MN_TASK_AS(reader, struct pipe, "reader");
MN_TASK(filler);

static void plant_lost_wake(struct mn_kernel *kernel)
{
	static struct pipe pipe;
	static struct filler filler = {.queue = &pipe.queue};

	mn_bbq_init(&pipe.queue, pipe.storage, sizeof pipe.storage);
	mn_spawn(kernel, &pipe.task, &reader_task);
	mn_spawn(kernel, &filler.task, &filler_task);
}

/* ---- A task that never waits, and one that never stops -------------------------------- */

/* [spin] */
struct spin {
	struct mn_task task;
	const volatile bool *ready;
};

static mn_poll spin_run(struct spin *self)
{
	MN_BEGIN(self);
	while (!*self->ready)
		MN_YIELD(self);
	MN_END(self);
}

MN_TASK(spin);
/* [end] */

static void plant_spin(struct mn_kernel *kernel)
{
	static volatile bool ready;
	static struct spin spin = {.ready = &ready};

	mn_spawn(kernel, &spin.task, &spin_task);
}

struct hog {
	struct mn_task task;
	struct mn_sleep nap;
	volatile unsigned long long sum;
};

static mn_poll hog_run(struct hog *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_sleep(&self->nap, 3000000));
	for (;;)
		self->sum++;
	MN_END(self);
}

MN_TASK(hog);

static void plant_hog(struct mn_kernel *kernel)
{
	static struct hog hog;

	mn_spawn(kernel, &hog.task, &hog_task);
}

/* ---- A full channel whose consumer has ended ------------------------------------------- */

struct line {
	struct mn_channel channel;
	uint32_t slots[4];
};

struct consumer {
	struct mn_task task;
	struct line *line;
	uint32_t got;
};

struct producer {
	struct mn_task task;
	struct mn_send send;
	struct line *line;
	uint32_t next;
};

/* Ends after the third, and does not close the channel. */
static mn_poll consumer_run(struct consumer *self)
{
	MN_BEGIN(self);
	do
		MN_TRY(self, mn_channel_receive(&self->line->channel, &self->got));
	while (self->got < 3);
	MN_END(self);
}

MN_TASK(consumer);

static mn_poll producer_run(struct producer *self)
{
	MN_BEGIN(self);
	for (;;) {
		self->next++;
		MN_TRY(self, mn_channel_send(&self->send, &self->line->channel, &self->next));
	}
	MN_END(self);
}

MN_TASK(producer);

static void plant_dead_reader(struct mn_kernel *kernel)
{
	static struct line line;
	static struct consumer consumer = {.line = &line};
	static struct producer producer = {.line = &line};

	mn_channel_init(&line.channel, line.slots, sizeof line.slots[0], 4);
	mn_spawn(kernel, &consumer.task, &consumer_task);
	mn_spawn(kernel, &producer.task, &producer_task);
}

/* ---- A mutex whose owner has ended ----------------------------------------------------- */

struct locker {
	struct mn_task task;
	struct mn_waiter waiter;
	struct mn_sleep nap;
	struct mn_mutex *mutex;
};

/* The way out that was forgotten: it ends with the mutex locked, and others wait for that. */
static mn_poll locker_run(struct locker *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_mutex_lock(&self->waiter, self->mutex));
	MN_TRY(self, mn_sleep(&self->nap, 10000));
	MN_END(self);
}

MN_TASK(locker);

static void plant_dead_owner(struct mn_kernel *kernel)
{
	static struct mn_mutex mutex;
	static struct locker owner = {.mutex = &mutex};
	static struct locker next = {.mutex = &mutex};

	mn_mutex_init(&mutex);
	mn_spawn(kernel, &owner.task, &locker_task);
	mn_spawn(kernel, &next.task, &locker_task);
}

/* ---- A slow driver with many clients --------------------------------------------------- */

#define CLIENTS 10

struct disk {
	struct mn_task task;
	struct mn_server server;
	struct mn_serving serving;
	struct mn_sleep work;
	struct mn_span transfer;
	unsigned block;
};

static mn_poll disk_run(struct disk *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_register(&self->server, &disk_service, NULL));
	for (;;) {
		MN_TRY(self, mn_serve(&self->serving, &self->server));
		mn_span_begin(&self->transfer, MN_LOG_DEBUG, "transfer", self->block);
		MN_TRY(self, mn_sleep(&self->work, 200000));
		mn_event(MN_LOG_DEBUG, "block read", self->block);
		mn_span_end(&self->transfer);
		self->block++;
		mn_reply(&self->serving, MN_OK);
	}
	MN_END(self);
}

MN_TASK(disk);

static void plant_slow(struct mn_kernel *kernel)
{
	static struct disk disk;
	static struct client clients[CLIENTS];

	mn_spawn(kernel, &disk.task, &disk_task);
	for (int i = 0; i < CLIENTS; i++)
		start_client(kernel, &clients[i], &disk_service);
}

/* ---- By name --------------------------------------------------------------------------- */

static const struct {
	const char *name;
	void (*plant)(struct mn_kernel *kernel);
} faults[] = {
	{"cycle", plant_cycle},
	{"no-reply", plant_no_reply},
	{"lost-wake", plant_lost_wake},
	{"spin", plant_spin},
	{"hog", plant_hog},
	{"dead-reader", plant_dead_reader},
	{"dead-owner", plant_dead_owner},
	{"slow", plant_slow},
};

#define FAULTS (sizeof faults / sizeof faults[0])

const char *faults_name(size_t index)
{
	return index < FAULTS ? faults[index].name : NULL;
}

bool faults_plant(struct mn_kernel *kernel, const char *name)
{
	for (size_t i = 0; i < FAULTS; i++) {
		if (strcmp(faults[i].name, name) != 0)
			continue;
		faults[i].plant(kernel);
		return true;
	}
	return false;
}

/* ---- On request ------------------------------------------------------------------------ */

struct listener {
	struct mn_task task;
	struct mn_sermux_open open;
	struct mn_sermux_port port;
	struct mn_bbq_read rx;
	struct mn_sermux_write tx;
	char name[16];
	size_t len;
	const char *answer;
};

/* Takes what has come, up to the end of a line; true with an answer. */
static bool take(struct listener *self)
{
	size_t used = 0;

	self->answer = NULL;
	while (used < self->rx.len && !self->answer) {
		const char byte = (char)self->rx.data[used++];

		if (byte != '\n' && self->len < sizeof self->name - 1) {
			self->name[self->len++] = byte;
			continue;
		}
		self->name[self->len] = '\0';
		self->len = 0;
		self->answer =
			faults_plant(mn_running, self->name) ? "planted\n" : "no such fault\n";
	}
	mn_bbq_release(self->port.rx, used);
	return self->answer;
}

static mn_poll listener_run(struct listener *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_sermux_open(&self->open, FAULTS_PORT, 64, MN_SERMUX_WAIT, &self->port));
	for (;;) {
		MN_TRY(self, mn_bbq_read(&self->rx, self->port.rx));
		if (!take(self))
			continue;
		MN_TRY(self,
		       mn_sermux_write(&self->tx, &self->port, self->answer, strlen(self->answer)));
	}
	MN_END(self);
}

MN_TASK_AS(listener, struct listener, "faults");

void faults_listen(struct mn_kernel *kernel)
{
	static struct listener listener;

	mn_spawn(kernel, &listener.task, &listener_task);
}
