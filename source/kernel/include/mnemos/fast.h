/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The inline parts of kernel.h, task.h, log.h and call.h: the system's most frequent
 * paths. Included by those headers; not by anybody else.
 *
 * They hold only what is needed when all goes well. Everything else is in functions of
 * the library that are called last, so that no register is saved for their sake.
 */
#ifndef MNEMOS_FAST_H
#define MNEMOS_FAST_H

#include <mnemos/kernel.h>

/* ---- Tasks ---- */

static inline struct mn_task *mn_self(void)
{
	return mn_running->current;
}

/* Puts a task at the end of the run queue, unless it is there. */
static inline void mn__push(struct mn_kernel *kernel, struct mn_task *task)
{
	if (MN_UNLIKELY(task->next != NULL))
		return;
	task->next = MN__QUEUE_END;
	*kernel->ready_end = task;
	kernel->ready_end = &task->next;
}

/* Whether somebody watches the kernel's events; known not to where tracing is not compiled in. */
#define MN__WATCHES_EVENTS(kernel) \
	(MN_TRACE_COMPILED && MN_UNLIKELY((kernel)->watch & MN__WATCH_EVENTS))

void mn__event_wake(struct mn_kernel *kernel, const struct mn_task *task);

static inline void mn__wake(struct mn_kernel *kernel, struct mn_task *task)
{
	if (MN__WATCHES_EVENTS(kernel))
		mn__event_wake(kernel, task);
	mn__push(kernel, task);
}

static inline void mn_wake(struct mn_task *task)
{
	mn__wake(mn_running, task);
}

static inline void mn_yield(void)
{
	mn__push(mn_running, mn_running->current);
}

/* ---- Log ---- */

static inline uint8_t mn__log_least(void)
{
	return mn_running->log_least;
}

/* ---- Sleeping ---- */

mn_poll mn__sleep_for(struct mn_sleep *sleep, uint64_t duration_us);
mn_poll mn__sleep_until(struct mn_sleep *sleep, uint64_t deadline_us);
mn_poll mn__sleep_again(struct mn_sleep *sleep);

/* A sleep that has begun: over if its timer has fired. */
static inline mn_poll mn__sleep_poll(struct mn_sleep *sleep)
{
	if (MN_UNLIKELY(mn_timer_armed(&sleep->timer)))
		return mn__sleep_again(sleep);
	sleep->wait.kind = MN_WAIT_NONE;
	return MN_OK;
}

static inline mn_poll mn_sleep(struct mn_sleep *sleep, uint64_t duration_us)
{
	if (sleep->wait.kind != MN_WAIT_NONE)
		return mn__sleep_poll(sleep);
	return mn__sleep_for(sleep, duration_us);
}

static inline mn_poll mn_sleep_until(struct mn_sleep *sleep, uint64_t deadline_us)
{
	if (sleep->wait.kind != MN_WAIT_NONE)
		return mn__sleep_poll(sleep);
	return mn__sleep_until(sleep, deadline_us);
}

/* ---- Calls ---- */

/*
 * server->parked is the one thing a call looks at to see whether all is well: it points to
 * the server's slot only while no call is queued and nobody watches the kernel's events,
 * else to mn__nobody, which is never PARKED. The slot it points to waits if its state is
 * PARKED. A server whose slot is not there goes the slow way, which puts it there again.
 */
extern const struct mn_serving mn__nobody;

mn_poll mn__call_waiting(struct mn_call *call);
mn_poll mn__call_refused(const struct mn_client *client);
mn_poll mn__call_queue(struct mn_call *call, struct mn_server *server);
mn_poll mn__serve_slow(struct mn_serving *serving, struct mn_server *server);
void mn__reply_slow(struct mn_serving *serving, mn_poll result);

/* The slot a handle leads to. It may serve somebody else by now: compare generations. */
static inline struct mn_registry_slot *mn__slot(const struct mn_kernel *kernel,
						const struct mn_client *client)
{
	return (struct mn_registry_slot *)(void *)((char *)kernel->services + client->slot);
}

static inline mn_poll mn_call(struct mn_call *call, const struct mn_client *client,
			      const void *request, void *response)
{
	const unsigned state = call->wait.kind;

	if (state == MN_CALL_DONE + MN_OK) {
		call->wait.kind = MN_CALL_IDLE;
		return MN_OK;
	}
	if (MN_UNLIKELY(state != MN_CALL_IDLE))
		return mn__call_waiting(call);

	struct mn_kernel *const kernel = mn_running;
	struct mn_task *const task = kernel->current;
	const struct mn_registry_slot *const slot = mn__slot(kernel, client);

	if (MN_UNLIKELY(slot->generation != client->generation ||
			task->frame.flags & MN__TASK_CANCEL))
		return mn__call_refused(client);

	struct mn_server *const server = slot->server;
	struct mn_serving *const parked = server->parked;

	call->wait.task = task;
	call->wait.on = client;
	call->wait.since = kernel->now_ticks;
	call->wait.kind = MN_CALL_SERVING;
	call->id = kernel->message_id += 2;
	call->cause = task->cause;
	call->request = request;
	call->response = response;
	task->waits = &call->wait;
	if (MN_UNLIKELY(parked->wait.state != MN_SERVING_PARKED))
		return mn__call_queue(call, server);
	call->serving = parked;
	parked->call = call;
	parked->wait.state = MN_SERVING_HANDED;
	server->task->cause = call->id;
	mn__push(kernel, server->task);
	return MN_PENDING;
}

static inline mn_poll mn_serve(struct mn_serving *serving, struct mn_server *server)
{
	if (serving->wait.state == MN_SERVING_HANDED) {
		serving->wait.state = MN_SERVING_BUSY;
		return MN_OK;
	}

	struct mn_kernel *const kernel = mn_running;
	struct mn_task *const task = kernel->current;

	if (MN_UNLIKELY(serving->wait.state != MN_SERVING_FREE || server->parked != serving ||
			task->frame.flags & MN__TASK_CANCEL))
		return mn__serve_slow(serving, server);
	serving->wait.since = kernel->now_ticks;
	serving->wait.state = MN_SERVING_PARKED;
	task->cause = 0;
	task->waits = &serving->wait;
	return MN_PENDING;
}

static inline void mn_reply(struct mn_serving *serving, mn_poll result)
{
	struct mn_call *const call = serving->call;

	MN_ASSERT(result != MN_PENDING);
	if (MN_UNLIKELY(serving->wait.state != MN_SERVING_BUSY)) {
		mn__reply_slow(serving, result);
		return;
	}
	serving->wait.state = MN_SERVING_FREE;
	call->wait.kind = (uint8_t)(MN_CALL_DONE + result);
	mn__push(mn_running, call->wait.task);
}

#endif
