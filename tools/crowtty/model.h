/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A model of the target: its tasks and their waits, services and calls, heap and counters, as
 * far as the trace stream has told.
 *
 * It is a trace_sink. Snapshots are exact: what they do not mention is gone. Between them, and
 * without them, the kernel's own events keep it up to date: a task is known from its spawn or
 * from the first event that it is in, a call from its request. diagnose.h says what is wrong.
 *
 *     struct model *model = model_new();
 *     struct trace_sink sink = model_sink(model);
 *     struct trace_stream *stream = trace_stream_new(&sink);   // or a sink that passes on to it
 *     model_set_stream(model, stream);
 *     ... trace_stream_take, trace_recording_step ...
 *     model_free(model);
 *
 * Times are nanoseconds since the target started; 0 while they are not known. Pointers into the
 * model stay good until the next call that feeds it; texts until model_free().
 */
#ifndef CROWTTY_MODEL_H
#define CROWTTY_MODEL_H

#include "trace.h"

/* Of ended tasks this many are remembered, the newest: others may still wait for them. */
#define MODEL_ENDED_MAX 1024

struct model_wait {
	const char *what; /* "a reply from", as in wait.h */
	const char *name; /* of a service; "" if it is not one */
	uint64_t on;      /* address of the object; 0: none */
	uint64_t since_ns;
	uint32_t holder; /* task that can end it; 0: none in particular */
	bool holder_ended;
	bool over;      /* what it waits for is there */
	unsigned looks; /* snapshots in a row that saw this very wait; and that saw it over: */
	unsigned over_looks;
};

struct model_task {
	uint32_t id;
	const char *name, *file; /* name: "?" until it is told; file: "" */
	uint32_t line;           /* 0: unknown */
	enum mn_trace_task_state state;
	uint64_t state_since_ns; /* by events; a wait has its own time */
	bool ended;
	uint64_t ended_ns;
	uint32_t size;   /* bytes; 0: unknown */
	uint64_t polls;  /* as far as it was counted */
	uint64_t cpu_ns; /* the same */
	uint32_t cause;
	uint64_t limit_ns; /* when a time-out ends its wait; 0: never */
	bool carrier;
	/* Between the last two snapshots; negative: unknown. A share is 0 to 1. */
	double polls_per_s, cpu_share;
	unsigned ready_looks; /* snapshots in a row that saw it ready */
	uint32_t wait_count;
	struct model_wait *waits;
	/* Of the model alone. */
	uint32_t seen; /* last snapshot it was in */
	uint32_t raw_polls;
	uint64_t raw_cpu;
	bool measured; /* the two above are of a snapshot */
	uint32_t wait_cap;
};

struct model_service {
	uint32_t id;
	const char *name, *instance; /* instance: "" for none */
	uint8_t uuid[16];            /* zero without snapshots */
	uint32_t task;               /* the server */
	bool ended;
	uint32_t queued, serving; /* calls */
	uint32_t client;          /* whose call is in service the longest; 0: none */
	uint64_t since_ns;        /* when that call was made */
	uint64_t held_ns;         /* the first snapshot that saw that same call in service */
	uint32_t seen;            /* of the model alone: last snapshot it was in */
};

struct model_counter {
	const char *name;
	uint64_t value;
};

/* A queue by its address, and who took from it last, as far as it was seen. */
struct model_queue {
	uint64_t on;
	uint32_t reader;
};

/* What the target said of a task in plain text. */
struct model_hog {
	uint32_t task;    /* "has not yielded"; 0: none so far */
	const char *text; /* the line */
	uint64_t host_ns;
};

struct model {
	/* Who speaks; empty texts before its WELCOME. */
	const char *system, *release, *build, *machine;
	uint32_t version; /* of the extension; 0: not welcomed */
	uint32_t tick_hz;
	uint64_t cpu_hz;
	enum mn_trace_level level;

	uint64_t now_ns;      /* the target's clock, as last told */
	uint64_t heard_ns;    /* host time of the last thing it said */
	uint64_t host_now_ns; /* host time now: model_set_now() */
	uint32_t snapshots;   /* complete ones */
	uint32_t snapshot_id; /* of the last complete one */
	uint64_t snapshot_ns; /* its time */
	uint64_t interval_ns; /* between the last two */

	/* Live ones and ended ones, in the order of their ids. */
	struct model_task **tasks;
	size_t task_count, ended_count;
	struct model_service *services;
	size_t service_count;
	struct model_counter *counters;
	size_t counter_count;
	struct model_queue *queues;
	size_t queue_count;
	bool has_heap;
	struct mn_trace_heap heap;
	struct mn_trace_discarded discarded; /* all that were told */
	uint64_t damaged_bytes;              /* on the way */
	struct model_hog hog;
	const char *panic; /* the line that says why; "" if there was none */
	struct model_inner *inner;
};

struct model *model_new(void);
void model_free(struct model *model);

/* To be given to a trace_stream. */
struct trace_sink model_sink(struct model *model);

/* The stream whose times it goes by. Without one it reckons itself, from the last start of the
 * target on, and must get no events. */
void model_set_stream(struct model *model, const struct trace_stream *stream);

/* Plain text from the line; any piece of it. Lines that name a task which does not yield and those
 * that say why of a panic are understood, others ignored. */
void model_take_text(struct model *model, const char *text, size_t len, uint64_t host_ns);

/* The host's time, by the clock of host_ns above: for silence. */
void model_set_now(struct model *model, uint64_t host_ns);

/* The target was restarted, or is another one: everything is forgotten but the settings. */
void model_reset(struct model *model);

/* A task by its id, also an ended one; NULL: not known. */
struct model_task *model_task(const struct model *model, uint32_t id);

/* A live task's waits, or none: it has them only while it waits. */
static inline uint32_t model_wait_count(const struct model_task *task)
{
	return task->state == MN_TRACE_TASK_WAITING && !task->ended ? task->wait_count : 0;
}

#endif
