/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Calls. The states are drawn in call.h; here is one function per transition.
 *
 * Invariant: a call is in its server's queue exactly while QUEUED; exactly one slot holds
 * it while SERVING; nobody but its caller knows it otherwise. A call that finds its
 * server parked goes straight into the parked slot and is never queued.
 */
#include <mnemos/operation.h>
#include "internal.h"

/*
 * A slot whose call was taken back: bit 0 of mn_serving.call. The rest is the call itself
 * if the service is pinned (the caller waits for the reply), else nothing.
 */
static bool revoked(const struct mn_call *call)
{
	return (uintptr_t)call & 1;
}

static struct mn_call *with_revoked(struct mn_call *call)
{
	return (struct mn_call *)((uintptr_t)call | 1);
}

static struct mn_call *without_revoked(struct mn_call *call)
{
	return (struct mn_call *)((uintptr_t)call & ~(uintptr_t)1);
}

/* 1: idle -> queued, or straight -> serving. */
static inline mn_poll call_start(struct mn_kernel *kernel, struct mn_call *call,
				 struct mn_server *server)
{
	struct mn_serving *parked = server->parked;

	mn_wait_begin(&call->wait, MN_WAIT_CALL, server);
	call->id = kernel->message_id += 2;
	call->cause = kernel->cause;
	MN__EVENT(kernel, call, MN__EVENT_CALL, call);
	if (MN_LIKELY(parked != NULL)) {
		server->parked = NULL;
		parked->call = call;
		call->serving = parked;
		call->wait.state = MN_CALL_SERVING;
		mn__wake(kernel, server->task);
	} else {
		call->wait.state = MN_CALL_QUEUED;
		mn_list_push(&server->queue, &call->link);
	}
	return mn_wait_park(&call->wait);
}

static mn_poll call_leave(struct mn_call *call, mn_poll how)
{
	call->wait.state = MN_CALL_IDLE;
	mn_wait_end(&call->wait);
	return how;
}

/* 4: queued -> idle; 5: serving -> idle, or stays if pinned. */
static mn_poll call_cancel(struct mn_call *call)
{
	struct mn_serving *serving = call->serving;

	if (call->wait.state == MN_CALL_QUEUED) {
		mn_list_remove(&call->link);
		return call_leave(call, MN_ECANCELED);
	}
	mn_wake(serving->server->task);
	if (serving->server->service->pinned) {
		serving->call = with_revoked(call);
		return mn_wait_park(&call->wait);
	}
	serving->call = with_revoked(NULL);
	return call_leave(call, MN_ECANCELED);
}

static mn_poll call_waiting(struct mn_call *call)
{
	if (mn_wait_canceled())
		return call_cancel(call);
	return mn_wait_park(&call->wait);
}

mn_poll mn_call(struct mn_call *call, const struct mn_client *client, const void *request,
		void *response)
{
	struct mn_kernel *kernel = mn_running;
	const struct mn_registry_slot *slot = client->slot;

	if (call->wait.state == MN_CALL_DONE) {
		kernel->cause = call->cause;
		return call_leave(call, (mn_poll)call->result);
	}
	if (MN_UNLIKELY(call->wait.state != MN_CALL_IDLE))
		return call_waiting(call);
	if (MN_UNLIKELY(!slot || slot->generation != client->generation))
		return MN_EGONE;
	if (mn_wait_canceled())
		return MN_ECANCELED;
	call->client = client;
	call->request = request;
	call->response = response;
	return call_start(kernel, call, slot->server);
}

mn_poll mn__call_hello(struct mn_call *call, struct mn_server *server, const void *hello)
{
	call->client = NULL;
	call->request = hello;
	call->response = NULL;
	return call_start(mn_running, call, server);
}

mn_poll mn__call_hello_poll(struct mn_call *call)
{
	if (call->wait.state == MN_CALL_DONE) {
		mn_running->cause = call->cause;
		return call_leave(call, (mn_poll)call->result);
	}
	return call_waiting(call);
}

/* A slot's first use with a server: from now on the server's end reaches it. */
static void attach(struct mn_serving *serving, struct mn_server *server)
{
	serving->server = server;
	serving->next = server->slots;
	server->slots = serving;
}

/* 2: queued -> serving. */
static void take(struct mn_serving *serving, struct mn_server *server)
{
	struct mn_call *call = MN_CONTAINER(server->queue.next, struct mn_call, link);

	mn_list_remove(&call->link);
	call->serving = serving;
	call->wait.state = MN_CALL_SERVING;
	serving->call = call;
}

static mn_poll serve_leave(struct mn_serving *serving, struct mn_server *server, mn_poll how)
{
	if (server->parked == serving)
		server->parked = NULL;
	mn_wait_end(&serving->wait);
	return how;
}

/* A call is in the slot: from here on the server works on its behalf. */
static inline mn_poll serve_found(struct mn_serving *serving)
{
	struct mn_kernel *kernel = mn_running;

	mn_wait_end(&serving->wait);
	kernel->cause = serving->call->id;
	MN__EVENT(kernel, call, MN__EVENT_SERVE, serving->call);
	return MN_OK;
}

mn_poll mn_try_serve(struct mn_serving *serving, struct mn_server *server)
{
	MN_ASSERT(!serving->call || mn_wait_active(&serving->wait));
	if (serving->call && !revoked(serving->call))
		return serve_found(serving);
	if (MN_UNLIKELY(serving->call != NULL))
		mn_reply(serving, MN_ECANCELED); /* put here and taken back before it was seen */
	if (MN_UNLIKELY(!server->slot))
		return serve_leave(serving, server, MN_ECLOSED);
	if (serving->server != server)
		attach(serving, server);
	if (mn_list_empty(&server->queue))
		return MN_EEMPTY;
	if (server->parked == serving)
		server->parked = NULL;
	take(serving, server);
	return serve_found(serving);
}

mn_poll mn_serve(struct mn_serving *serving, struct mn_server *server)
{
	const mn_poll found = mn_try_serve(serving, server);

	if (found != MN_EEMPTY)
		return found;
	if (mn_wait_canceled())
		return serve_leave(serving, server, MN_ECANCELED);
	MN_ASSERT(mn_self() == server->task);
	if (!mn_wait_active(&serving->wait))
		mn_wait_begin(&serving->wait, MN_WAIT_SERVE, server);
	server->parked = serving;
	return mn_wait_park(&serving->wait);
}

/* 3: serving -> done. */
static inline void finish(struct mn_kernel *kernel, struct mn_call *call, mn_poll result)
{
	call->result = (uint8_t)result;
	call->wait.state = MN_CALL_DONE;
	MN__EVENT(kernel, call, MN__EVENT_REPLY, call);
	mn__wake(kernel, call->wait.task);
}

void mn_reply(struct mn_serving *serving, mn_poll result)
{
	struct mn_kernel *kernel = mn_running;
	struct mn_call *call = serving->call;

	MN_ASSERT(call != NULL && result != MN_PENDING);
	serving->call = NULL;
	kernel->cause = 0;
	if (MN_UNLIKELY(revoked(call))) {
		call = without_revoked(call);
		result = MN_ECANCELED;
		if (!call)
			return;
	}
	finish(kernel, call, result);
}

bool mn_serving_live(struct mn_serving *serving)
{
	if (!serving->call || revoked(serving->call))
		return false;
	mn_running->cause = serving->call->id;
	return true;
}

/* The server is going: nothing may point to it or to its slots from here on. */
static void drop_call(struct mn_kernel *kernel, struct mn_call *call)
{
	call->wait.on = NULL;
	finish(kernel, call, MN_EGONE);
}

void mn__server_drop(struct mn_server *server)
{
	struct mn_kernel *kernel = mn_running;

	while (!mn_list_empty(&server->queue)) {
		struct mn_call *call = MN_CONTAINER(server->queue.next, struct mn_call, link);

		mn_list_remove(&call->link);
		drop_call(kernel, call);
	}
	for (struct mn_serving *slot = server->slots; slot; slot = slot->next) {
		struct mn_call *call = without_revoked(slot->call);

		slot->server = NULL; /* to be attached again if the server comes back */
		if (!slot->call)
			continue;
		slot->call = with_revoked(NULL); /* a late mn_reply finds nothing to do */
		if (call)
			drop_call(kernel, call);
	}
	if (server->parked)
		mn__wake(kernel, server->task);
	server->parked = NULL;
	server->slots = NULL;
}
