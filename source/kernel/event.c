/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The kernel's own events, as text: what happens, to which task, because of what. */
#include "internal.h"

#define MN_LOG_TARGET MN__EVENT_TARGET

void mn__event_task(struct mn_kernel *kernel, enum mn__event event, const struct mn_task *task)
{
	if (!mn_running) /* start-up code spawns before the first turn */
		return;
	if (event == MN__EVENT_SPAWN)
		mn_trace("spawn %s #%u, %u tasks", task->type->name, (unsigned)task->id,
			 (unsigned)mn_kernel_task_count(kernel));
	else
		mn_trace("end %s #%u after %u polls", task->type->name, (unsigned)task->id,
			 (unsigned)task->polls);
}

void mn__event_poll(struct mn_kernel *kernel, const struct mn_task *task)
{
	(void)kernel;
	mn_trace("poll %s #%u", task->type->name, (unsigned)task->id);
}

/* No addresses: the same seed gives the same trace in every process. */
static void trace_wait(const struct mn_kernel *kernel, const struct mn_task *task,
		       const struct mn_wait *wait)
{
	const struct mn_task *holder = mn_wait_holder(kernel, wait);
	const char *service = mn__wait_service(kernel, wait);

	if (holder)
		mn_trace("wait %s #%u for %s%s%s, held by %s #%u", task->type->name,
			 (unsigned)task->id, mn_wait_text(wait), service ? " " : "",
			 service ? service : "", holder->type->name, (unsigned)holder->id);
	else
		mn_trace("wait %s #%u for %s%s%s", task->type->name, (unsigned)task->id,
			 mn_wait_text(wait), service ? " " : "", service ? service : "");
}

void mn__event_waits(struct mn_kernel *kernel, const struct mn_task *task)
{
	for (const struct mn_wait *wait = task->waits; wait; wait = wait->more)
		trace_wait(kernel, task, wait);
}

void mn__event_wake(struct mn_kernel *kernel, const struct mn_task *task)
{
	const struct mn_task *by = kernel->current;

	mn_trace("wake %s #%u by %s #%u", task->type->name, (unsigned)task->id,
		 by ? by->type->name : "an event", by ? (unsigned)by->id : 0U);
}

void mn__event_call(struct mn_kernel *kernel, enum mn__event event, const struct mn_call *call)
{
	static const char *const names[] = {[MN__EVENT_CALL] = "call",
					    [MN__EVENT_SERVE] = "serve",
					    [MN__EVENT_REPLY] = "reply"};
	const struct mn_client *client = call->wait.on;

	mn_trace("%s %s: request %u of client %u, caused by %u", names[event],
		 mn__slot(kernel, client)->service->name, (unsigned)call->id, (unsigned)client->id,
		 (unsigned)call->cause);
}
