/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What tasks and services of a trace are called, learnt as the stream goes by. */
#ifndef CROWTTY_TRACE_NAMES_H
#define CROWTTY_TRACE_NAMES_H

#include "map.h"
#include "trace.h"

/* Zeroed at first. */
struct trace_names {
	struct map tasks, services;
};

void trace_names_event(struct trace_names *names, const struct trace_event *event);
void trace_names_message(struct trace_names *names, const struct mn_trace_message *message);
void trace_names_free(struct trace_names *names);

/* The name; empty if it is not known. */
const char *trace_task_name(const struct trace_names *names, uint32_t id);

/* "name #7", "task #7", "service #7"; returns `out`. */
const char *trace_task_title(const struct trace_names *names, uint32_t id, char *out, size_t size);
const char *trace_service_title(const struct trace_names *names, uint32_t id, char *out,
				size_t size);

#endif
