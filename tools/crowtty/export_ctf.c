/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The Common Trace Format, written by babeltrace2's own sink: here is the source that feeds it.
 *
 * One stream. Each call site is an event class, one more for each combination of value types it
 * was seen with, because CTF fixes the types of a class. Every event says its task and cause.
 */
#include <babeltrace2/babeltrace.h>
#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "export.h"
#include "log.h"
#include "memory.h"

/* Event classes are found by hash. A power of two. */
#define CLASS_SLOTS 1024

/* Messages that one record of the line may hold, at least. */
#define QUEUE_STEP 4096

struct event_class {
	const struct trace_site *site;
	enum trace_event_kind kind;
	uint64_t signature; /* the types of its values, two bits each */
	bt_event_class *class;
	struct event_class *next;
};

struct ctf {
	const struct export_source *source;
	struct trace_recording *recording;
	bt_self_message_iterator *iterator;
	bt_clock_class *clock;
	bt_trace_class *trace_class;
	bt_stream_class *stream_class;
	bt_trace *trace;
	bt_stream *stream;
	struct event_class *classes[CLASS_SLOTS];
	bt_message **queue; /* made and not taken yet */
	size_t queued, taken, room;
	uint64_t last_ns;
	size_t records; /* read so far */
	bool begun, read, failed;
};

/* Sites of what is not an event of the target. */
static const char *const span_fields[] = {"span"};
static const struct trace_site span_sites[] = {
	[TRACE_SPAN_ENTER] = {.target = "span", .name = "enter", .fields = span_fields},
	[TRACE_SPAN_EXIT] = {.target = "span", .name = "exit", .fields = span_fields},
	[TRACE_SPAN_CLONE] = {.target = "span", .name = "clone", .fields = span_fields},
	[TRACE_SPAN_DROP] = {.target = "span", .name = "end", .fields = span_fields},
};
static const struct trace_site unknown_site = {.target = "unknown", .name = "event"};
static const struct trace_site lost_site = {.target = "trace", .name = "lost"};
static const struct trace_site task_site = {.target = "snapshot", .name = "task"};
static const struct trace_site service_site = {.target = "snapshot", .name = "service"};
static const struct trace_site heap_site = {.target = "snapshot", .name = "heap"};
static const struct trace_site counter_site = {.target = "snapshot", .name = "counter"};

/*
 * Classes.
 */

/* CTF has integers with and without sign, reals and strings. */
enum { TYPE_UNSIGNED, TYPE_SIGNED, TYPE_REAL, TYPE_STRING };

static unsigned type_of(const struct mn_trace_value *value)
{
	switch (value->kind) {
	case MN_TRACE_U64:
	case MN_TRACE_BOOL:
	case MN_TRACE_TEXT_ID:
		return TYPE_UNSIGNED;
	case MN_TRACE_I64:
		return TYPE_SIGNED;
	case MN_TRACE_F64:
		return TYPE_REAL;
	default:
		return TYPE_STRING;
	}
}

static bt_field_class *new_type(bt_trace_class *trace, unsigned type)
{
	if (type == TYPE_UNSIGNED)
		return bt_field_class_integer_unsigned_create(trace);
	if (type == TYPE_SIGNED)
		return bt_field_class_integer_signed_create(trace);
	return type == TYPE_REAL ? bt_field_class_real_double_precision_create(trace)
				 : bt_field_class_string_create(trace);
}

/* Member names are identifiers, each once; `at` makes the second of a kind different. */
static void member_name(char *out, size_t size, struct mn_trace_text name, uint32_t at, bool again)
{
	size_t len = 0;

	for (size_t i = 0; i < name.len && len < size - 12; i++) {
		const char c = name.data[i];
		const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		const bool digit = c >= '0' && c <= '9';

		out[len] = letter || (digit && len) ? c : '_';
		len++;
	}
	out[len] = '\0';
	if (len == 0 || again)
		snprintf(out + len, size - len, "_%" PRIu32, at);
}

static void add_member(struct ctf *self, bt_field_class *structure, struct mn_trace_text name,
		       uint32_t at, unsigned type)
{
	bt_field_class *member = new_type(self->trace_class, type);
	char text[128];

	member_name(text, sizeof text, name, at, false);
	if (bt_field_class_structure_borrow_member_by_name(structure, text))
		member_name(text, sizeof text, name, at, true);
	if (bt_field_class_structure_append_member(structure, text, member))
		self->failed = true;
	bt_field_class_put_ref(member);
}

static bt_event_class *new_class(struct ctf *self, const struct trace_event *event)
{
	bt_event_class *class = bt_event_class_create(self->stream_class);
	bt_field_class *payload = bt_field_class_structure_create(self->trace_class);
	char name[512];

	snprintf(name, sizeof name, "%s:%s%s", event->site->target, event->site->name,
		 event->kind == TRACE_SPAN_NEW ? ":begin" : "");
	if (bt_event_class_set_name(class, name))
		self->failed = true;
	for (uint32_t i = 0; i < event->field_count; i++)
		add_member(self, payload, event->fields[i].name, i,
			   type_of(&event->fields[i].value));
	if (event->field_count && bt_event_class_set_payload_field_class(class, payload))
		self->failed = true;
	bt_field_class_put_ref(payload);
	return class;
}

static uint64_t signature_of(const struct trace_event *event)
{
	uint64_t signature = event->field_count;

	for (uint32_t i = 0; i < event->field_count; i++)
		signature = signature * 4 + type_of(&event->fields[i].value);
	return signature;
}

static bt_event_class *class_of(struct ctf *self, const struct trace_event *event)
{
	const uint64_t signature = signature_of(event);
	struct event_class **link =
		&self->classes[((uintptr_t)event->site / 16 + signature) % CLASS_SLOTS];

	for (; *link; link = &(*link)->next)
		if ((*link)->site == event->site && (*link)->signature == signature &&
		    (*link)->kind == event->kind)
			return (*link)->class;
	*link = memory_get_zeroed(sizeof **link);
	**link = (struct event_class){.site = event->site,
				      .kind = event->kind,
				      .signature = signature,
				      .class = new_class(self, event)};
	return (*link)->class;
}

/*
 * Events.
 */

static void set_string(bt_field *field, const char *text, size_t len)
{
	const char *zero = memchr(text, '\0', len);

	bt_field_string_clear(field);
	(void)bt_field_string_append_with_length(field, text, zero ? (size_t)(zero - text) : len);
}

static void set_field(bt_field *field, const struct mn_trace_value *value)
{
	switch (type_of(value)) {
	case TYPE_UNSIGNED:
		bt_field_integer_unsigned_set_value(
			field, value->kind == MN_TRACE_BOOL ? value->boolean : value->u64);
		break;
	case TYPE_SIGNED:
		bt_field_integer_signed_set_value(field, value->i64);
		break;
	case TYPE_REAL:
		bt_field_real_double_precision_set_value(field, value->f64);
		break;
	default:
		set_string(field, value->text.data, value->text.len);
	}
}

static void set_context(struct ctf *self, bt_field *context, const struct trace_event *event)
{
	const char *name = trace_task_name(&self->source->names, event->task);

	bt_field_integer_unsigned_set_value(
		bt_field_structure_borrow_member_field_by_index(context, 0), event->task);
	set_string(bt_field_structure_borrow_member_field_by_index(context, 1), name, strlen(name));
	bt_field_integer_unsigned_set_value(
		bt_field_structure_borrow_member_field_by_index(context, 2), event->cause);
}

static void enqueue(struct ctf *self, bt_message *message)
{
	if (!message) {
		self->failed = true;
		return;
	}
	if (self->queued == self->room) {
		self->room += QUEUE_STEP;
		self->queue = memory_check(realloc(self->queue, self->room * sizeof(void *)));
	}
	self->queue[self->queued++] = message;
}

static void put_event(struct ctf *self, const struct trace_event *event)
{
	bt_message *message = bt_message_event_create_with_default_clock_snapshot(
		self->iterator, class_of(self, event), self->stream, event->time_ns);
	bt_event *made;

	if (message) {
		made = bt_message_event_borrow_event(message);
		set_context(self, bt_event_borrow_common_context_field(made), event);
		for (uint32_t i = 0; i < event->field_count; i++)
			set_field(bt_field_structure_borrow_member_field_by_index(
					  bt_event_borrow_payload_field(made), i),
				  &event->fields[i].value);
	}
	enqueue(self, message);
}

static struct mn_trace_field number_field(const char *name, uint64_t value)
{
	return (struct mn_trace_field){{name, strlen(name)}, {.kind = MN_TRACE_U64, .u64 = value}};
}

static struct mn_trace_field text_field(const char *name, struct mn_trace_text text)
{
	return (struct mn_trace_field){{name, strlen(name)}, {.kind = MN_TRACE_STR, .text = text}};
}

static void on_event(void *context, const struct trace_event *event)
{
	struct ctf *self = context;
	struct trace_event changed = *event;
	struct mn_trace_field span[MN_TRACE_FIELDS_MAX + 1];

	self->last_ns = event->time_ns;
	if (event->kind != TRACE_EVENT) { /* the fields of a span come behind its id */
		span[0] = number_field("span", event->span);
		for (uint32_t i = 0; i < event->field_count; i++)
			span[i + 1] = event->fields[i];
		changed.fields = span;
		changed.field_count++;
		if (event->kind != TRACE_SPAN_NEW)
			changed.site = &span_sites[event->kind];
	}
	if (!changed.site)
		changed.site = &unknown_site;
	put_event(self, &changed);
}

/* What a snapshot says of one thing. */
static void put_part(struct ctf *self, const struct trace_site *site,
		     const struct mn_trace_field *fields, uint32_t count)
{
	put_event(self, &(struct trace_event){.kind = TRACE_EVENT,
					      .time_ns = self->last_ns,
					      .site = site,
					      .field_count = count,
					      .fields = fields});
}

static void put_task(struct ctf *self, const struct mn_trace_task *task)
{
	static const char *const states[] = {"ready", "running", "waiting", "lost"};
	const char *state = states[task->state];
	const struct mn_trace_wait *wait = task->wait_count ? task->waits : NULL;
	const struct mn_trace_text none = {"", 0};
	const struct mn_trace_field fields[] = {
		number_field("id", task->id),
		text_field("name", task->name),
		text_field("state", (struct mn_trace_text){state, strlen(state)}),
		number_field("polls", task->polls),
		text_field("waits_for", wait ? wait->what : none),
		text_field("service", wait ? wait->name : none),
		number_field("holder", wait ? wait->holder : 0),
	};

	put_part(self, &task_site, fields, sizeof fields / sizeof *fields);
}

static void on_message(void *context, const struct mn_trace_message *message, uint64_t host_ns)
{
	struct ctf *self = context;

	(void)host_ns;
	if (message->kind == MN_TRACE_TASK) {
		put_task(self, &message->task);
	} else if (message->kind == MN_TRACE_SERVICE) {
		const struct mn_trace_field fields[] = {
			number_field("id", message->service.id),
			text_field("name", message->service.name),
			number_field("server", message->service.task),
			number_field("queued", message->service.queued),
		};
		put_part(self, &service_site, fields, 4);
	} else if (message->kind == MN_TRACE_HEAP) {
		const struct mn_trace_field fields[] = {
			number_field("size", message->heap.size),
			number_field("used", message->heap.used),
			number_field("high_water", message->heap.high_water),
		};
		put_part(self, &heap_site, fields, 3);
	} else if (message->kind == MN_TRACE_COUNTER) {
		const struct mn_trace_field fields[] = {
			text_field("counter", message->counter.name),
			number_field("value", message->counter.value),
		};
		put_part(self, &counter_site, fields, 2);
	} else if (message->kind == MN_TRACE_DISCARDED) {
		const struct mn_trace_field fields[] = {
			number_field("events", message->discarded.events),
			number_field("new_spans", message->discarded.new_spans),
			number_field("span_activity", message->discarded.span_activity),
		};
		put_part(self, &lost_site, fields, 3);
	}
}

/*
 * The source, as babeltrace2 sees it.
 */

static bt_field_class *context_class(bt_trace_class *trace)
{
	static const char *const names[] = {"task_id", "task", "cause"};
	static const unsigned types[] = {TYPE_UNSIGNED, TYPE_STRING, TYPE_UNSIGNED};
	bt_field_class *context = bt_field_class_structure_create(trace);

	for (int i = 0; i < 3; i++) {
		bt_field_class *member = new_type(trace, types[i]);

		(void)bt_field_class_structure_append_member(context, names[i], member);
		bt_field_class_put_ref(member);
	}
	return context;
}

static bt_component_class_initialize_method_status
source_initialize(bt_self_component_source *component,
		  bt_self_component_source_configuration *configuration, const bt_value *params,
		  void *data)
{
	struct ctf *self = data;
	bt_self_component *common = bt_self_component_source_as_self_component(component);
	bt_field_class *context;

	(void)configuration;
	(void)params;
	bt_self_component_set_data(common, self);
	if (bt_self_component_source_add_output_port(component, "out", self, NULL))
		return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_ERROR;
	self->clock = bt_clock_class_create(common); /* nanoseconds unless told otherwise */
	bt_clock_class_set_origin_is_unix_epoch(self->clock, BT_FALSE);
	self->trace_class = bt_trace_class_create(common);
	self->stream_class = bt_stream_class_create(self->trace_class);
	(void)bt_stream_class_set_default_clock_class(self->stream_class, self->clock);
	context = context_class(self->trace_class);
	(void)bt_stream_class_set_event_common_context_field_class(self->stream_class, context);
	bt_field_class_put_ref(context);
	self->trace = bt_trace_create(self->trace_class);
	self->stream = bt_stream_create(self->stream_class, self->trace);
	return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_OK;
}

static bt_message_iterator_class_initialize_method_status
iterator_initialize(bt_self_message_iterator *iterator,
		    bt_self_message_iterator_configuration *configuration,
		    bt_self_component_port_output *port)
{
	struct ctf *self =
		bt_self_component_get_data(bt_self_message_iterator_borrow_component(iterator));

	(void)configuration;
	(void)port;
	bt_self_message_iterator_set_data(iterator, self);
	self->iterator = iterator;
	return BT_MESSAGE_ITERATOR_CLASS_INITIALIZE_METHOD_STATUS_OK;
}

/* Reads on until there is something to give, or the end. */
static void fill(struct ctf *self)
{
	self->queued = self->taken = 0;
	if (!self->begun)
		enqueue(self, bt_message_stream_beginning_create(self->iterator, self->stream));
	self->begun = true;
	while (self->queued == 0 && !self->read && !self->failed) {
		if (self->records < self->source->records) {
			trace_recording_step(self->recording);
			self->records++;
			continue;
		}
		self->read = true;
		enqueue(self, bt_message_stream_end_create(self->iterator, self->stream));
	}
}

static bt_message_iterator_class_next_method_status
iterator_next(bt_self_message_iterator *iterator, bt_message_array_const messages,
	      uint64_t capacity, uint64_t *count)
{
	struct ctf *self = bt_self_message_iterator_get_data(iterator);

	if (self->taken == self->queued)
		fill(self);
	if (self->failed)
		return BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_ERROR;
	for (*count = 0; *count < capacity && self->taken < self->queued; ++*count)
		messages[*count] = self->queue[self->taken++];
	return *count ? BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_OK
		      : BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_END;
}

static const bt_component_source *add_source(struct ctf *self, bt_graph *graph)
{
	bt_message_iterator_class *iterator = bt_message_iterator_class_create(iterator_next);
	bt_component_class_source *class;
	const bt_component_source *source = NULL;

	(void)bt_message_iterator_class_set_initialize_method(iterator, iterator_initialize);
	class = bt_component_class_source_create("recording", iterator);
	(void)bt_component_class_source_set_initialize_method(class, source_initialize);
	(void)bt_graph_add_source_component_with_initialize_method_data(
		graph, class, "source", NULL, self, BT_LOGGING_LEVEL_NONE, &source);
	bt_component_class_source_put_ref(class);
	bt_message_iterator_class_put_ref(iterator);
	return source;
}

static const bt_component_sink *add_sink(bt_graph *graph, const char *out)
{
	const bt_plugin *plugin = NULL;
	const bt_component_sink *sink = NULL;
	bt_value *params = bt_value_map_create();

	(void)bt_value_map_insert_string_entry(params, "path", out);
	(void)bt_value_map_insert_bool_entry(params, "assume-single-trace", BT_TRUE);
	(void)bt_value_map_insert_bool_entry(params, "quiet", BT_TRUE);
	(void)bt_plugin_find("ctf", BT_TRUE, BT_TRUE, BT_TRUE, BT_TRUE, BT_FALSE, &plugin);
	if (plugin)
		(void)bt_graph_add_sink_component(
			graph, bt_plugin_borrow_sink_component_class_by_name_const(plugin, "fs"),
			"sink", params, BT_LOGGING_LEVEL_NONE, &sink);
	bt_plugin_put_ref(plugin);
	bt_value_put_ref(params);
	return sink;
}

/* babeltrace2 itself says little: that its sink failed. */
static bool complain(const char *out)
{
	bt_current_thread_clear_error();
	log_fatal("babeltrace2 cannot write all of %s; is there room?", out);
	return false;
}

static bool run(struct ctf *self, const char *out)
{
	bt_graph *graph = bt_graph_create(0);
	const bt_component_source *source = add_source(self, graph);
	const bt_component_sink *sink = add_sink(graph, out);
	bool good = source && sink &&
		    !bt_graph_connect_ports(
			    graph, bt_component_source_borrow_output_port_by_index_const(source, 0),
			    bt_component_sink_borrow_input_port_by_index_const(sink, 0), NULL) &&
		    !bt_graph_run(graph);

	bt_graph_put_ref(graph);
	return good || complain(out);
}

static void free_all(struct ctf *self)
{
	for (size_t i = 0; i < CLASS_SLOTS; i++) {
		struct event_class *class = self->classes[i];

		while (class) {
			struct event_class *next = class->next;

			bt_event_class_put_ref(class->class);
			free(class);
			class = next;
		}
	}
	while (self->taken < self->queued)
		bt_message_put_ref(self->queue[self->taken++]);
	free(self->queue);
	bt_stream_put_ref(self->stream);
	bt_trace_put_ref(self->trace);
	bt_stream_class_put_ref(self->stream_class);
	bt_trace_class_put_ref(self->trace_class);
	bt_clock_class_put_ref(self->clock);
	free(self);
}

/* The sink makes the directory; the reason why it could not is told here. */
static bool can_make(const char *out)
{
	if (mkdir(out, 0777) == 0 && rmdir(out) == 0)
		return true;
	log_fatal("cannot write %s: %s", out, strerror(errno));
	return false;
}

bool export_ctf(const struct export_source *source, const char *out)
{
	if (!can_make(out))
		return false;
	struct ctf *self = memory_get_zeroed(sizeof *self);
	const struct trace_sink sink = {.context = self, .event = on_event, .message = on_message};
	struct trace_stream *stream = trace_stream_new(&sink);
	bool good = false;

	self->source = source;
	self->recording = trace_recording_open(source->path, stream, NULL, NULL);
	if (self->recording) {
		good = run(self, out);
		trace_recording_close(self->recording, NULL);
	}
	trace_stream_free(stream);
	free_all(self);
	return good;
}
