/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The kernel's own events: their call sites, and their values out of the kernel's state. */
#include "trace_internal.h"

/* The names in the list say what the values are. */
#define IS(name, text) (__builtin_strcmp(name, text) == 0)
#define IS_TEXT(name) (IS(name, "name") || IS(name, "file") || IS(name, "what") || IS(name, "kind"))
#define IS_ADDRESS(name) (IS(name, "on") || IS(name, "queue") || IS(name, "address"))
#define TYPE(name)                                 \
	(IS_TEXT(name)          ? MN_FIELD_TEXT    \
	 : IS_ADDRESS(name)     ? MN_FIELD_POINTER \
	 : IS(name, "instance") ? MN_FIELD_COPY    \
				: MN_FIELD_UNSIGNED)
#define FIELD(name) {name, TYPE(name)},
#define COPIES(name) (TYPE(name) == MN_FIELD_COPY) ||
#define ONE(name) 1 +

#define SITE(event, target_text, name, lvl, ...)             \
	static const struct mn_log_site event##_site = {     \
		.target = target_text,                       \
		.file = __FILE__,                            \
		.format = name,                              \
		.level = MN_LOG_##lvl,                       \
		.kind = MN_SITE_EVENT,                       \
		.copies = MN__EACH(COPIES, __VA_ARGS__) 0,   \
		.field_count = MN__EACH(ONE, __VA_ARGS__) 0, \
		.fields = {MN__EACH(FIELD, __VA_ARGS__)},    \
	};
MN_TRACE_EVENT_LIST(SITE)

_Static_assert(MN_TRACE_KNOWN_COUNT <= 32, "the sets of events shown are words");

const struct mn_log_site *const mn__trace_sites[MN_TRACE_KNOWN_COUNT] = {
#define ADDRESS(event, ...) [event] = &event##_site,
	MN_TRACE_EVENT_LIST(ADDRESS)};

static void record(struct mn_kernel *kernel, const struct mn_log_site *site, const uint64_t *values)
{
	if (MN_LIKELY(mn__trace_is_plain(kernel, site)))
		mn__trace_put_numbers(kernel->trace, site, values, mn__trace_who(kernel->current));
	else
		mn__trace_put(kernel->trace, MN_RECORD_EVENT, site, mn__trace_context(kernel),
			      values);
}

/* To whoever shows it. `muted`: not to the ring. */
static void emit(struct mn_kernel *kernel, enum mn_trace_known event, bool muted,
		 const uint64_t *values)
{
	const struct mn_log_site *site = mn__trace_sites[event];
	struct mn_trace *trace = kernel->trace;

	if (trace && trace->shown >> event & 1 && !muted)
		record(kernel, site, values);
	if (kernel->events_logged >> event & 1 && !kernel->interrupt)
		mn__trace_print(kernel, site, values, true);
}

#define EMIT(kernel, event, muted, ...) emit(kernel, event, muted, (const uint64_t[]){__VA_ARGS__})

static uint64_t address(const void *pointer)
{
	return (uintptr_t)pointer;
}

static bool is_muted(const struct mn_task *task)
{
	return task->frame.flags & MN__TASK_MUTED;
}

void mn__event_spawn(struct mn_kernel *kernel, const struct mn_task *task)
{
	EMIT(kernel, MN_TRACE_SPAWN, mn__trace_is_muted(kernel), task->id,
	     address(task->type->name), address(task->type->file), task->type->size);
}

/* Nobody runs any more, in the kernel's eyes; but it is the task's event. */
void mn__event_end(struct mn_kernel *kernel, struct mn_task *task, unsigned flags, mn_poll result)
{
	kernel->current = task;
	EMIT(kernel, MN_TRACE_END, flags & MN__TASK_MUTED, (uint64_t)result, task->polls);
	kernel->current = NULL;
}

void mn__event_poll(struct mn_kernel *kernel, const struct mn_task *task)
{
	EMIT(kernel, MN_TRACE_POLL, is_muted(task), task->polls);
}

static uint32_t service_id(const struct mn_kernel *kernel, const struct mn_wait *wait)
{
	const struct mn_registry_slot *slot = NULL;

	if (!wait->on)
		return 0;
	if (wait->kind == MN_WAIT_CALL || wait->kind == MN_WAIT_QUEUED)
		slot = mn__slot(kernel, wait->on);
	if (wait->kind == MN_WAIT_SERVE)
		slot = ((const struct mn_server *)wait->on)->slot;
	return slot ? slot->id : 0;
}

void mn__event_waits(struct mn_kernel *kernel, struct mn_task *task)
{
	const struct mn_wait *wait;

	kernel->current = NULL; /* of a running task the list of waits means nothing */
	wait = mn_task_waits(kernel, task);
	kernel->current = task;

	if (!wait) {
		EMIT(kernel, MN_TRACE_READY, is_muted(task), task->polls);
		return;
	}
	for (; wait; wait = wait->more) {
		const struct mn_task *holder = mn_wait_holder(kernel, wait);

		EMIT(kernel, MN_TRACE_WAIT, is_muted(task), address(mn_wait_text(wait)),
		     address(wait->on), service_id(kernel, wait), holder ? holder->id : 0);
	}
}

void mn__event_wake(struct mn_kernel *kernel, const struct mn_task *task)
{
	EMIT(kernel, MN_TRACE_WAKE, is_muted(task), task->id);
}

void mn__event_call(struct mn_kernel *kernel, enum mn_trace_known event, const struct mn_call *call,
		    uint32_t last)
{
	const struct mn_client *client = call->wait.on;

	EMIT(kernel, event, mn__trace_is_muted(kernel), mn__slot(kernel, client)->id, client->id,
	     call->id, last);
}

void mn__event_value(struct mn_kernel *kernel, enum mn_trace_known event, uint64_t value)
{
	EMIT(kernel, event, mn__trace_is_muted(kernel), value);
}

void mn__event_values(struct mn_kernel *kernel, enum mn_trace_known event, uint64_t first,
		      uint64_t second)
{
	EMIT(kernel, event, mn__trace_is_muted(kernel), first, second);
}

void mn__event_register(struct mn_kernel *kernel, const struct mn_registry_slot *slot)
{
	EMIT(kernel, MN_TRACE_REGISTER, mn__trace_is_muted(kernel), slot->id,
	     address(slot->service->name), address(slot->instance));
}

void mn__event_queue(struct mn_kernel *kernel, enum mn_trace_known event, const void *storage,
		     const char *kind)
{
	EMIT(kernel, event, mn__trace_is_muted(kernel), address(storage), address(kind));
}
