/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * For tests of the model: a target that is made up, row by row, as its snapshots and events say
 * it. Ticks are milliseconds; CPU time is in microseconds.
 */
#ifndef TESTS_TARGET_H
#define TESTS_TARGET_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "../../tools/crowtty/model.h"

#define MS UINT64_C(1000000)

static struct model *model;
static struct trace_sink sink;
static uint64_t host_ns;
static uint32_t look;

static inline struct mn_trace_text t(const char *text)
{
	return (struct mn_trace_text){text, text ? strlen(text) : 0};
}

static inline void say(struct mn_trace_message message)
{
	sink.message(sink.context, &message, host_ns);
}

static inline void welcome(uint64_t now)
{
	say((struct mn_trace_message){
		.kind = MN_TRACE_WELCOME,
		.welcome = {1, 1000, 1000000, now, t("made-up"), t("1"), t("b"), t("m")},
	});
}

static inline int setup(void **state)
{
	(void)state;
	host_ns = 1;
	look = 0;
	model = model_new();
	sink = model_sink(model);
	welcome(0);
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	model_free(model);
	return 0;
}

static inline void begin(uint64_t now)
{
	host_ns = now * MS;
	say((struct mn_trace_message){.kind = MN_TRACE_SNAPSHOT_BEGIN, .snapshot = {++look, now}});
}

static inline void end(uint64_t now)
{
	say((struct mn_trace_message){.kind = MN_TRACE_SNAPSHOT_END, .snapshot = {look, now}});
}

/* A task of a snapshot, whatever its waits. */
static inline void task(struct mn_trace_task task)
{
	if (!task.file.data)
		task.file = t("file.c");
	say((struct mn_trace_message){.kind = MN_TRACE_TASK, .task = task});
}

/* One that waits, for one thing. */
static inline void waits(uint32_t id, const char *name, struct mn_trace_wait wait)
{
	if (!wait.name.data)
		wait.name = t("");
	task((struct mn_trace_task){.id = id,
				    .name = t(name),
				    .line = 10,
				    .state = MN_TRACE_TASK_WAITING,
				    .wait_count = 1,
				    .waits = &wait});
}

static inline void service(struct mn_trace_service service)
{
	if (!service.instance.data)
		service.instance = t("");
	say((struct mn_trace_message){.kind = MN_TRACE_SERVICE, .service = service});
}

static inline void heap(struct mn_trace_heap heap)
{
	say((struct mn_trace_message){.kind = MN_TRACE_HEAP, .heap = heap});
}

/*
 * Events. `values` has a letter for each value: u for a number (uint64_t), s for a text.
 */
static inline void event(enum mn_trace_known known, uint64_t now_ms, uint32_t by,
			 const char *values, ...)
{
	struct mn_trace_field fields[8] = {{.name = {"x", 1}}};
	struct trace_site site = {.known = known, .name = "", .target = ""};
	uint32_t count = 0;
	va_list args;

	va_start(args, values);
	for (; values[count]; count++) {
		if (values[count] == 's')
			fields[count].value = (struct mn_trace_value){
				.kind = MN_TRACE_DEBUG_TEXT, .text = t(va_arg(args, const char *))};
		else
			fields[count].value = (struct mn_trace_value){
				.kind = MN_TRACE_U64, .u64 = va_arg(args, uint64_t)};
	}
	va_end(args);
	sink.event(sink.context, &(struct trace_event){.kind = TRACE_EVENT,
						       .timed = true,
						       .time_ns = now_ms * MS,
						       .task = by,
						       .site = &site,
						       .field_count = count,
						       .fields = fields});
}

#define U(number) ((uint64_t)(number))

#endif
