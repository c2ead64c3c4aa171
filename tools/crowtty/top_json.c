/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The model as a JSON document; book/reference/top.md is its manual. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "top_json.h"

struct json {
	FILE *out;
	bool more; /* a comma comes before the next value */
};

static void text(struct json *json, const char *text)
{
	fputc('"', json->out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', json->out);
		fputc(*text, json->out); /* the model has no control characters */
	}
	fputc('"', json->out);
}

/* What comes before a value: a comma, and its name in an object. */
static void key(struct json *json, const char *name)
{
	if (json->more)
		fputc(',', json->out);
	json->more = true;
	if (!name)
		return;
	text(json, name);
	fputc(':', json->out);
}

static void begin(struct json *json, const char *name, char bracket)
{
	key(json, name);
	fputc(bracket, json->out);
	json->more = false;
}

static void end(struct json *json, char bracket)
{
	fputc(bracket, json->out);
	json->more = true;
}

static void string(struct json *json, const char *name, const char *value)
{
	key(json, name);
	text(json, value);
}

static void integer(struct json *json, const char *name, uint64_t value)
{
	key(json, name);
	fprintf(json->out, "%" PRIu64, value);
}

static void boolean(struct json *json, const char *name, bool value)
{
	key(json, name);
	fputs(value ? "true" : "false", json->out);
}

/* A negative number is one that is not known. */
static void number(struct json *json, const char *name, double value, int digits)
{
	key(json, name);
	if (value < 0)
		fputs("null", json->out);
	else
		fprintf(json->out, "%.*f", digits, value);
}

static void id_or_null(struct json *json, const char *name, uint64_t id)
{
	key(json, name);
	if (id == 0)
		fputs("null", json->out);
	else
		fprintf(json->out, "%" PRIu64, id);
}

static void finding(void *context, const struct finding *finding)
{
	struct json *json = context;
	begin(json, NULL, '{');
	string(json, "kind", finding_word(finding->kind));
	string(json, "severity", finding_severity_word(finding->severity));
	string(json, "text", finding->text);
	begin(json, "tasks", '[');
	for (size_t i = 0; i < finding->task_count; i++)
		integer(json, NULL, finding->tasks[i]);
	end(json, ']');
	id_or_null(json, "since_ns", finding->since_ns);
	end(json, '}');
}

static void target(struct json *json, const struct model *model)
{
	begin(json, "target", '{');
	string(json, "system", model->system);
	string(json, "release", model->release);
	string(json, "build", model->build);
	string(json, "machine", model->machine);
	end(json, '}');
}

static void wait(struct json *json, const struct model_wait *wait)
{
	char address[24];
	snprintf(address, sizeof address, "0x%" PRIx64, wait->on);
	begin(json, NULL, '{');
	string(json, "for", wait->what);
	string(json, "service", wait->name);
	string(json, "object", address);
	integer(json, "since_ns", wait->since_ns);
	id_or_null(json, "holder", wait->holder);
	boolean(json, "holder_ended", wait->holder_ended);
	boolean(json, "over", wait->over);
	end(json, '}');
}

static void task(struct json *json, const struct model_task *task)
{
	static const char *const states[] = {"ready", "running", "waiting", "lost"};
	begin(json, NULL, '{');
	integer(json, "id", task->id);
	string(json, "name", task->name);
	string(json, "file", task->file);
	integer(json, "line", task->line);
	string(json, "state", task->state <= MN_TRACE_TASK_LOST ? states[task->state] : "unknown");
	integer(json, "size", task->size);
	integer(json, "polls", task->polls);
	number(json, "polls_per_s", task->polls_per_s, 1);
	integer(json, "cpu_ns", task->cpu_ns);
	number(json, "cpu_share", task->cpu_share, 4);
	id_or_null(json, "cause", task->cause);
	id_or_null(json, "limit_ns", task->limit_ns);
	boolean(json, "carrier", task->carrier);
	begin(json, "waits", '[');
	for (uint32_t i = 0; i < model_wait_count(task); i++)
		wait(json, &task->waits[i]);
	end(json, ']');
	end(json, '}');
}

static void service(struct json *json, const struct model_service *service)
{
	char uuid[37];
	const uint8_t *u = service->uuid;
	snprintf(uuid, sizeof uuid,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0], u[1],
		 u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13], u[14],
		 u[15]);
	begin(json, NULL, '{');
	integer(json, "id", service->id);
	string(json, "name", service->name);
	string(json, "instance", service->instance);
	string(json, "uuid", uuid);
	id_or_null(json, "task", service->task);
	integer(json, "queued", service->queued);
	integer(json, "serving", service->serving);
	id_or_null(json, "client", service->client);
	id_or_null(json, "since_ns", service->since_ns);
	end(json, '}');
}

static void heap(struct json *json, const struct mn_trace_heap *heap)
{
	begin(json, "heap", '{');
	integer(json, "size", heap->size);
	integer(json, "used", heap->used);
	integer(json, "high_water", heap->high_water);
	integer(json, "largest_free", heap->largest_free);
	integer(json, "failures", heap->failures);
	integer(json, "waiting", heap->waiting);
	end(json, '}');
}

static void lost(struct json *json, const struct model *model)
{
	begin(json, "lost", '{');
	integer(json, "events", model->discarded.events);
	integer(json, "spans", model->discarded.new_spans);
	integer(json, "span_activity", model->discarded.span_activity);
	integer(json, "sites", model->discarded.metas);
	integer(json, "damaged_bytes", model->damaged_bytes);
	end(json, '}');
}

static void lists(struct json *json, const struct model *model)
{
	begin(json, "tasks", '[');
	for (size_t i = 0; i < model->task_count; i++)
		if (!model->tasks[i]->ended)
			task(json, model->tasks[i]);
	end(json, ']');
	begin(json, "services", '[');
	for (size_t i = 0; i < model->service_count; i++)
		if (!model->services[i].ended)
			service(json, &model->services[i]);
	end(json, ']');
	if (model->has_heap)
		heap(json, &model->heap);
	begin(json, "counters", '{');
	for (size_t i = 0; i < model->counter_count; i++)
		integer(json, model->counters[i].name, model->counters[i].value);
	end(json, '}');
}

void top_json(FILE *out, const struct model *model)
{
	struct json json = {.out = out};
	begin(&json, NULL, '{');
	integer(&json, "schema", TOP_JSON_SCHEMA);
	integer(&json, "time_ns", model->snapshot_ns);
	id_or_null(&json, "interval_ns", model->interval_ns);
	target(&json, model);
	begin(&json, "findings", '[');
	diagnose(model, finding, &json);
	end(&json, ']');
	lists(&json, model);
	lost(&json, model);
	end(&json, '}');
	fputc('\n', out);
	fflush(out);
}
