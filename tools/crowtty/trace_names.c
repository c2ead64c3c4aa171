/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>

#include "memory.h"
#include "trace_names.h"

static void learn(struct map *names, uint64_t id, struct mn_trace_text text)
{
	char *name;

	if (text.len == 0)
		return;
	name = memory_get(text.len + 1);
	memcpy(name, text.data, text.len);
	name[text.len] = '\0';
	free(map_put(names, id, name));
}

void trace_names_event(struct trace_names *names, const struct trace_event *event)
{
	const enum mn_trace_known known = event->site ? event->site->known : MN_TRACE_KNOWN_COUNT;

	if (known == MN_TRACE_SPAWN)
		learn(&names->tasks, trace_event_number(event, 0), trace_event_text(event, 1));
	else if (known == MN_TRACE_REGISTER)
		learn(&names->services, trace_event_number(event, 0), trace_event_text(event, 1));
}

void trace_names_message(struct trace_names *names, const struct mn_trace_message *message)
{
	if (message->kind == MN_TRACE_TASK)
		learn(&names->tasks, message->task.id, message->task.name);
	else if (message->kind == MN_TRACE_SERVICE)
		learn(&names->services, message->service.id, message->service.name);
}

static void forget(struct map *names)
{
	for (struct map_entry *one = NULL; (one = map_next(names, one));)
		free(one->value);
	map_clear(names);
}

void trace_names_free(struct trace_names *names)
{
	forget(&names->tasks);
	forget(&names->services);
}

const char *trace_task_name(const struct trace_names *names, uint32_t id)
{
	const char *name = map_get(&names->tasks, id);

	return name ? name : "";
}

static const char *title(const char *name, const char *kind, uint32_t id, char *out, size_t size)
{
	snprintf(out, size, "%s #%" PRIu32, name ? name : kind, id);
	return out;
}

const char *trace_task_title(const struct trace_names *names, uint32_t id, char *out, size_t size)
{
	return title(map_get(&names->tasks, id), "task", id, out, size);
}

const char *trace_service_title(const struct trace_names *names, uint32_t id, char *out,
				size_t size)
{
	return title(map_get(&names->services, id), "service", id, out, size);
}
