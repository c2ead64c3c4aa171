/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Calls. The states are drawn in call.h; here is one function per transition.
 *
 * Invariant: a call is in its server's queue exactly while QUEUED; exactly one slot holds
 * it while SERVING; nobody but its caller knows it otherwise. A call that finds its
 * server parked goes straight into the parked slot and is never queued.
 *
 * The hot half of mn_call, mn_serve and mn_reply is in fast.h; here is the rest.
 */
#include <mnemos/operation.h>
#include "internal.h"

const struct mn_serving mn__nobody;

static mn_poll call_leave(struct mn_call *call, mn_poll how)
{
	call->wait.kind = MN_CALL_IDLE;
	return how;
}

/* 4: queued -> idle; 5: serving -> idle, or stays if pinned. */
static mn_poll call_cancel(struct mn_call *call)
{
	struct mn_serving *serving = call->serving;

	MN__EVENT(mn_running, call, MN_TRACE_REVOKE, call, 0);
	if (call->wait.kind == MN_CALL_QUEUED) {
		mn_list_remove(&call->link);
		return call_leave(call, MN_ECANCELED);
	}
	mn_wake(serving->server->task);
	if (serving->wait.state == MN_SERVING_HANDED) {
		serving->wait.state = MN_SERVING_PARKED;
		serving->server->task->cause = 0;
		return call_leave(call, MN_ECANCELED);
	}
	serving->wait.state = MN_SERVING_REVOKED;
	if (serving->server->service->pinned)
		return mn_wait_park(&call->wait);
	serving->call = NULL;
	return call_leave(call, MN_ECANCELED);
}

/* Polled again: answered with an error, or not answered yet. */
mn_poll mn__call_waiting(struct mn_call *call)
{
	if (call->wait.kind >= MN_CALL_DONE)
		return call_leave(call, (mn_poll)(call->wait.kind - MN_CALL_DONE));
	if (mn_wait_canceled())
		return call_cancel(call);
	return mn_wait_park(&call->wait);
}

/* The handle is stale or the task is to be cancelled. */
mn_poll mn__call_refused(const struct mn_client *client)
{
	if (mn__slot(mn_running, client)->generation != client->generation)
		return MN_EGONE;
	(void)mn_wait_canceled();
	return MN_ECANCELED;
}

static bool waits_for_calls(const struct mn_server *server)
{
	const struct mn_serving *slot = server->slots;

	while (slot && slot->wait.state != MN_SERVING_PARKED)
		slot = slot->next;
	return slot;
}

/* 1: idle -> queued. */
mn_poll mn__call_queue(struct mn_call *call, struct mn_server *server)
{
	call->wait.kind = MN_CALL_QUEUED;
	mn_list_push(&server->queue, &call->link);
	server->parked = MN__NOBODY; /* it has to look at the queue next time */
	MN__EVENT(mn_running, call, MN_TRACE_CALL, call, call->cause);
	if (waits_for_calls(server)) /* in the slow way, because somebody watches or did */
		mn_wake(server->task);
	return MN_PENDING;
}

/* A slot's first use with a server: from now on the server's end reaches it. */
static void attach(struct mn_serving *serving, struct mn_server *server)
{
	MN_ASSERT(mn_self() == server->task);
	MN_ASSERT(!serving->server); /* is in another's list of slots */
	mn_wait_begin(&serving->wait, MN_WAIT_SERVE, server);
	serving->server = server;
	serving->next = server->slots;
	server->slots = serving;
}

/* 2: queued -> serving. */
static mn_poll take_queued(struct mn_serving *serving, struct mn_server *server)
{
	struct mn_call *call = MN_CONTAINER(server->queue.next, struct mn_call, link);

	mn_list_remove(&call->link);
	call->serving = serving;
	call->wait.kind = MN_CALL_SERVING;
	serving->call = call;
	serving->wait.state =
		mn_running->watch & MN__WATCH_EVENTS ? MN_SERVING_WATCHED : MN_SERVING_BUSY;
	server->task->cause = call->id;
	MN__EVENT(mn_running, call, MN_TRACE_SERVE, call, call->cause);
	return MN_OK;
}

static mn_poll serve_leave(struct mn_serving *serving, mn_poll how)
{
	serving->wait.state = MN_SERVING_FREE;
	return how;
}

mn_poll mn__serve_slow(struct mn_serving *serving, struct mn_server *server)
{
	const mn_poll found = mn_try_serve(serving, server);

	if (found != MN_EEMPTY)
		return found;
	if (mn_wait_canceled())
		return serve_leave(serving, MN_ECANCELED);
	if (serving->wait.state == MN_SERVING_FREE) {
		serving->wait.since = mn_running->now_ticks;
		serving->wait.state = MN_SERVING_PARKED;
		server->task->cause = 0;
	}
	server->parked = mn_running->watch & MN__WATCH_EVENTS ? MN__NOBODY : serving;
	return mn_wait_park(&serving->wait);
}

mn_poll mn_try_serve(struct mn_serving *serving, struct mn_server *server)
{
	if (serving->wait.state == MN_SERVING_HANDED)
		return mn_serve(serving, server);
	MN_ASSERT(serving->wait.state <= MN_SERVING_PARKED); /* else a reply is owed */
	if (!server->slot)
		return serve_leave(serving, MN_ECLOSED);
	if (serving->server != server)
		attach(serving, server);
	return mn_list_empty(&server->queue) ? MN_EEMPTY : take_queued(serving, server);
}

/* A reply is owed to somebody who waits for it. */
static bool busy(const struct mn_serving *serving)
{
	return serving->wait.state == MN_SERVING_BUSY || serving->wait.state == MN_SERVING_WATCHED;
}

/* 3: serving -> done. */
static void finish(struct mn_call *call, mn_poll result)
{
	MN__EVENT(mn_running, call, MN_TRACE_REPLY, call, (uint32_t)result);
	call->wait.kind = (uint8_t)(MN_CALL_DONE + result);
	mn_wake(call->wait.task);
}

/* Somebody watches; or the caller has gone, or is pinned and waits for just this. */
void mn__reply_slow(struct mn_serving *serving, mn_poll result)
{
	const bool revoked = serving->wait.state == MN_SERVING_REVOKED;

	MN_ASSERT(result != MN_PENDING);
	MN_ASSERT(revoked || busy(serving)); /* else none is owed */
	serving->wait.state = MN_SERVING_FREE;
	if (serving->call)
		finish(serving->call, revoked ? MN_ECANCELED : result);
}

bool mn_serving_live(struct mn_serving *serving)
{
	if (!busy(serving))
		return false;
	mn_self()->cause = serving->call->id;
	return true;
}

/* Ends the calls that the slots of a server hold, and detaches the slots. */
static void drop_slots(struct mn_server *server)
{
	for (struct mn_serving *slot = server->slots; slot; slot = slot->next) {
		const bool holds = slot->wait.state == MN_SERVING_HANDED || busy(slot) ||
				   (slot->wait.state == MN_SERVING_REVOKED && slot->call);

		slot->server = NULL;
		if (holds)
			finish(slot->call, MN_EGONE);
		if (busy(slot))
			slot->wait.state = MN_SERVING_REVOKED; /* mn_reply is still to come */
		if (slot->wait.state == MN_SERVING_HANDED)
			slot->wait.state = MN_SERVING_PARKED;
		slot->call = NULL;
	}
	server->slots = NULL;
}

void mn__server_drop(struct mn_server *server)
{
	while (!mn_list_empty(&server->queue)) {
		struct mn_call *call = MN_CONTAINER(server->queue.next, struct mn_call, link);

		mn_list_remove(&call->link);
		finish(call, MN_EGONE);
	}
	if (server->task->frame.flags & MN__TASK_ALIVE && waits_for_calls(server))
		mn_wake(server->task);
	server->parked = MN__NOBODY;
	drop_slots(server);
}
