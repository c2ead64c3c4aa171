/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Trace: what a target says of itself on virtual port 3, and what the host asks for.
 *
 *     message --postcard--> bytes --COBS--> bytes 00 --> a byte stream, cut into frames anywhere
 *
 * The first nine messages to the host and the first one to the target are those of the
 * original implementation, byte for byte. The rest, from number 16, is the extension: a target
 * sends it only after the host asked with EXTEND, so an original host never sees it, and an
 * original target skips what it does not know. book/reference/trace-format.md says the same
 * with test vectors.
 *
 * Pure functions, no state, no allocation, any context. A message to be encoded points to the
 * caller's memory; a decoded one into the bytes it was decoded from and into `storage`.
 *
 * Times are ticks since the target started: 1 / tick_hz s, see WELCOME. An event carries the
 * low 32 bits; TIME, sent with each heartbeat, and the snapshots carry all 64.
 */
#ifndef MNEMOS_PROTO_TRACE_H
#define MNEMOS_PROTO_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <mnemos/error.h>

/* Version of the extension that is described here. */
#define MN_TRACE_VERSION 1

/* Most fields of an event, span or call site, and most waits of a task, that a decoder takes, as
 * in the original. A message with more is refused (MN_ETOOBIG). */
#define MN_TRACE_FIELDS_MAX 32

/* Levels; MN_TRACE_OFF is None on the wire. */
enum mn_trace_level {
	MN_TRACE_TRACE,
	MN_TRACE_DEBUG,
	MN_TRACE_INFO,
	MN_TRACE_WARN,
	MN_TRACE_ERROR,
	MN_TRACE_OFF
};

/* Text of `len` bytes without a terminator, UTF-8. An optional text that is absent: data NULL. */
struct mn_trace_text {
	const char *data;
	size_t len;
};

/* A value of a field. The numbers are those of the wire. */
enum mn_trace_value_kind {
	MN_TRACE_DEBUG_TEXT, /* text, shown as it is */
	MN_TRACE_STR,        /* text, shown quoted */
	MN_TRACE_F64,
	MN_TRACE_I64,
	MN_TRACE_U64,
	MN_TRACE_BOOL,
	MN_TRACE_TEXT_ID, /* extension: a text sent before with REGISTER_TEXT, shown as it is */
};

struct mn_trace_value {
	enum mn_trace_value_kind kind;
	union {
		struct mn_trace_text text;
		double f64;
		int64_t i64;
		uint64_t u64; /* also of TEXT_ID */
		bool boolean;
	};
};

/* A field by name: of the original's events and spans. */
struct mn_trace_field {
	struct mn_trace_text name;
	struct mn_trace_value value;
};

/* Messages to the host; the numbers are those of the wire. */
enum mn_trace_kind {
	MN_TRACE_HEARTBEAT,
	MN_TRACE_REGISTER_META,
	MN_TRACE_EVENT,
	MN_TRACE_NEW_SPAN,
	MN_TRACE_ENTER,
	MN_TRACE_EXIT,
	MN_TRACE_CLONE_SPAN,
	MN_TRACE_DROP_SPAN,
	MN_TRACE_DISCARDED,
	/* The extension. */
	MN_TRACE_WELCOME = 16,   /* the answer to EXTEND: who is speaking */
	MN_TRACE_TIME,           /* the whole clock */
	MN_TRACE_REGISTER_TEXT,  /* a text that values refer to from now on */
	MN_TRACE_TIMED_EVENT,    /* instead of EVENT */
	MN_TRACE_TIMED_SPAN,     /* instead of NEW_SPAN */
	MN_TRACE_TIMED_ACTIVITY, /* instead of ENTER, EXIT and DROP_SPAN */
	MN_TRACE_SNAPSHOT_BEGIN, /* the answer to SNAPSHOT: then tasks, services, heap, counters */
	MN_TRACE_TASK,
	MN_TRACE_SERVICE,
	MN_TRACE_HEAP,
	MN_TRACE_COUNTER,
	MN_TRACE_SNAPSHOT_END,
};

/* A call site. `id` is unique among those of the stream until registered anew; never 0. */
struct mn_trace_meta {
	uint64_t id;
	struct mn_trace_text name, target;
	enum mn_trace_level level;
	struct mn_trace_text module_path, file; /* optional */
	bool has_line;
	uint32_t line;
	uint32_t field_count;
	const struct mn_trace_text *fields; /* names, in the order of TIMED values */
	bool is_span, is_event;
};

/* EVENT; `parent` 0 is None. */
struct mn_trace_event {
	uint64_t parent;
	uint32_t field_count;
	const struct mn_trace_field *fields;
	uint64_t meta;
};

struct mn_trace_span {
	uint64_t id;
	uint64_t meta;
	uint64_t parent; /* 0 is None */
	bool is_root;
	uint32_t field_count;
	const struct mn_trace_field *fields;
};

/* What could not be sent, since the last of these. */
struct mn_trace_discarded {
	uint64_t new_spans, span_activity, events, metas;
};

/* Who is speaking. */
struct mn_trace_welcome {
	uint32_t version; /* of the extension that is spoken: the lower of both sides' */
	uint32_t tick_hz; /* of all times */
	uint64_t cpu_hz;  /* of tasks' CPU times; 0: they are not measured */
	uint64_t now;
	struct mn_trace_text system;  /* the kernel's name */
	struct mn_trace_text release; /* "0.1.0" */
	struct mn_trace_text build;   /* identifies the build, such as a commit */
	struct mn_trace_text machine; /* "riscv64", ... */
};

struct mn_trace_register_text {
	uint64_t id; /* a space of its own; never 0 */
	struct mn_trace_text text;
};

/* An event with what the original lacks. Values are in the order of the call site's fields. */
struct mn_trace_timed_event {
	uint64_t meta;
	uint32_t time;   /* low 32 bits */
	uint32_t task;   /* that was running; 0: none, or an interrupt handler */
	uint32_t cause;  /* the message that task was handling; 0: none */
	uint64_t parent; /* innermost span of that task; 0: none */
	uint32_t value_count;
	const struct mn_trace_value *values;
};

struct mn_trace_timed_span {
	uint64_t id; /* never 0 */
	uint64_t meta;
	uint32_t time, task, cause;
	uint64_t parent; /* 0: none */
	uint32_t value_count;
	const struct mn_trace_value *values;
};

enum mn_trace_activity { MN_TRACE_ENTERED, MN_TRACE_EXITED, MN_TRACE_DROPPED };

struct mn_trace_timed_activity {
	enum mn_trace_activity what;
	uint64_t id; /* of the span */
	uint32_t time, task;
};

struct mn_trace_snapshot {
	uint32_t id;   /* that of the request */
	uint64_t time; /* begin and end have each their own: the system goes on meanwhile */
};

/* What a task waits for. */
struct mn_trace_wait {
	struct mn_trace_text what; /* "a reply from", "bytes in bbq", ... : mn_wait_text */
	struct mn_trace_text name; /* of a service; empty if it is not one */
	uint64_t on;               /* address of the object; 0: none */
	uint64_t since;            /* time */
	uint32_t holder;           /* id of the task that can end it; 0: none in particular */
	bool holder_ended;         /* nobody can end it any more: the holder is no more */
	bool over;                 /* what it waits for is there: its wake was lost */
};

enum mn_trace_task_state {
	MN_TRACE_TASK_READY,
	MN_TRACE_TASK_RUNNING,
	MN_TRACE_TASK_WAITING,
	MN_TRACE_TASK_LOST, /* waits for nothing the kernel knows of */
};

struct mn_trace_task {
	uint32_t id;
	struct mn_trace_text name, file;
	uint32_t line; /* of the wait it stands at */
	enum mn_trace_task_state state;
	uint32_t size;  /* bytes of its struct */
	uint32_t polls; /* modulo 2^32 */
	uint64_t cpu;   /* in 1 / cpu_hz s; wraps on 32-bit machines */
	uint32_t cause; /* message on whose behalf it works; 0: none */
	uint64_t limit; /* time at which a time-out ends its wait; 0: never */
	bool carrier;   /* carries this very stream; its events are not traced */
	uint32_t wait_count;
	const struct mn_trace_wait *waits;
};

struct mn_trace_service {
	uint32_t id;
	struct mn_trace_text name, instance;
	uint8_t uuid[16];
	uint32_t task;    /* the server */
	uint32_t queued;  /* calls that wait for their turn */
	uint32_t serving; /* calls in service */
	uint32_t client;  /* task whose call is in service the longest; 0: none */
	uint64_t since;   /* and when it called */
};

/* Bytes; see heap.h. */
struct mn_trace_heap {
	uint64_t size, used, high_water, largest_free;
	uint32_t failures; /* allocations refused */
	uint32_t waiting;  /* tasks that wait for memory */
};

/* A number that only grows, such as of losses: "trace.events_lost". */
struct mn_trace_counter {
	struct mn_trace_text name;
	uint64_t value;
};

struct mn_trace_message {
	enum mn_trace_kind kind;
	union {
		enum mn_trace_level level; /* HEARTBEAT: the most verbose one in force */
		struct mn_trace_meta meta;
		struct mn_trace_event event;
		struct mn_trace_span span;
		uint64_t span_id; /* ENTER, EXIT, CLONE_SPAN, DROP_SPAN */
		struct mn_trace_discarded discarded;
		struct mn_trace_welcome welcome;
		uint64_t now; /* TIME */
		struct mn_trace_register_text text;
		struct mn_trace_timed_event timed_event;
		struct mn_trace_timed_span timed_span;
		struct mn_trace_timed_activity timed_activity;
		struct mn_trace_snapshot snapshot; /* SNAPSHOT_BEGIN, SNAPSHOT_END */
		struct mn_trace_task task;
		struct mn_trace_service service;
		struct mn_trace_heap heap;
		struct mn_trace_counter counter;
	};
};

/* Messages to the target. */
enum mn_trace_request_kind {
	MN_TRACE_SET_MAX_LEVEL, /* also forgets all SET_TARGET_LEVELs; the only one of the original
				 */
	/* The extension. */
	MN_TRACE_EXTEND = 16,      /* speak version `version` from now on; 0: the original again */
	MN_TRACE_SET_TARGET_LEVEL, /* for targets that `target` covers, as in log.h */
	MN_TRACE_SNAPSHOT,         /* send one, with this id */
	MN_TRACE_KEEP,             /* the host is still here: send it at least every 2 s */
};

/* How long a target that was asked to EXTEND stays active without a request. */
#define MN_TRACE_KEEP_MS 6000

/* A request; which fields count, its kind says. */
struct mn_trace_request {
	enum mn_trace_request_kind kind;
	uint32_t number;             /* version of EXTEND, id of SNAPSHOT */
	enum mn_trace_level level;   /* of SET_MAX_LEVEL and SET_TARGET_LEVEL */
	struct mn_trace_text target; /* of SET_TARGET_LEVEL */
};

/* Longest request on the wire that a target takes, terminator included. */
#define MN_TRACE_REQUEST_MAX 128

/*
 * Writes a message with its COBS and terminator. Returns the length, or 0 if it does not fit
 * into `cap` or a text is not UTF-8. The order of values in the struct is that of the wire
 * except where the original's is odd; every field is written.
 */
size_t mn_trace_encode(uint8_t *out, size_t cap, const struct mn_trace_message *message);
size_t mn_trace_encode_request(uint8_t *out, size_t cap, const struct mn_trace_request *request);

/* Where the decoder puts lists; good for one message at a time. */
union mn_trace_storage {
	struct mn_trace_text names[MN_TRACE_FIELDS_MAX];
	struct mn_trace_field fields[MN_TRACE_FIELDS_MAX];
	struct mn_trace_value values[MN_TRACE_FIELDS_MAX];
	struct mn_trace_wait waits[MN_TRACE_FIELDS_MAX];
};

/*
 * Reads one message: `len` bytes between two terminators. `bytes` is decoded in place, and
 * `message` points into it. Bytes behind a complete message are ignored. Errors: MN_EBADMSG,
 * MN_EOVERFLOW, MN_ETOOBIG; MN_ENOTSUP: a kind that this version does not know.
 */
enum mn_error mn_trace_decode(struct mn_trace_message *message, union mn_trace_storage *storage,
			      uint8_t *bytes, size_t len);
enum mn_error mn_trace_decode_request(struct mn_trace_request *request, uint8_t *bytes, size_t len);

#endif
