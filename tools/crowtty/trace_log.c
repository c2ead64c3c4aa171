/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <mnemos/proto/sermux.h>

#include "log.h"
#include "memory.h"
#include "trace_line.h"
#include "trace_link.h"
#include "trace_log.h"

#define PORT MN_SERMUX_TRACE

struct span {
	uint64_t id, parent;
	const struct trace_site *site;
	char *text; /* "name{key=value}" */
	uint64_t start_ns;
	uint64_t handles; /* the target's; it ends with the last one */
	bool shown;
};

static struct mn_trace_text text_of(const char *chars)
{
	return (struct mn_trace_text){chars, strlen(chars)};
}

/*
 * Names.
 */

static void forget_name(struct map *names, uint64_t id)
{
	free(map_remove(names, id));
}

static void remember_name(struct map *names, uint64_t id, struct mn_trace_text name)
{
	struct trace_line line = {0};
	if (names->count >= TRACE_LOG_MOST || name.len == 0)
		return;
	trace_line_add_plain(&line, name);
	free(map_put(names, id, memory_copy_text(line.data)));
}

/* "name #7" of who does something, "7 name" of a value; "#7" or "7" where the name is unknown. */
static void add_actor(struct trace_line *line, const struct map *names, uint64_t id)
{
	const char *name = map_get(names, id);
	trace_line_add(line, "%s%s#%" PRIu64, name ? name : "", name ? " " : "", id);
}

static void add_named(struct trace_line *line, const struct map *names, uint64_t id)
{
	const char *name = map_get(names, id);
	trace_line_add(line, "%" PRIu64 "%s%s", id, name ? " " : "", name ? name : "");
}

/* What the kernel's own events tell of names; of one that ended, afterwards. */
static void learn_names(struct trace_log *log, const struct trace_event *event)
{
	if (!event->site || event->kind != TRACE_EVENT)
		return;
	if (event->site->known == MN_TRACE_SPAWN)
		remember_name(&log->tasks, trace_event_number(event, 0),
			      trace_event_text(event, 1));
	else if (event->site->known == MN_TRACE_REGISTER)
		remember_name(&log->services, trace_event_number(event, 0),
			      trace_event_text(event, 1));
}

static void unlearn_names(struct trace_log *log, const struct trace_event *event)
{
	if (!event->site || event->kind != TRACE_EVENT)
		return;
	if (event->site->known == MN_TRACE_END)
		forget_name(&log->tasks, event->task);
	else if (event->site->known == MN_TRACE_CLOSE)
		forget_name(&log->services, trace_event_number(event, 0));
}

/*
 * Fields: by their names, but for the message, which is in front.
 */

static int compare_names(const void *left, const void *right)
{
	const struct mn_trace_field *a = *(const struct mn_trace_field *const *)left;
	const struct mn_trace_field *b = *(const struct mn_trace_field *const *)right;
	size_t len = a->name.len < b->name.len ? a->name.len : b->name.len;
	int order = memcmp(a->name.data, b->name.data, len);
	if (order == 0)
		order = (a->name.len > b->name.len) - (a->name.len < b->name.len);
	return order ? order : (a > b) - (a < b);
}

static bool is_called(const struct mn_trace_field *field, const char *name)
{
	return field->name.len == strlen(name) &&
	       memcmp(field->name.data, name, field->name.len) == 0;
}

static bool same_name(const struct mn_trace_field *a, const struct mn_trace_field *b)
{
	return a->name.len == b->name.len && memcmp(a->name.data, b->name.data, a->name.len) == 0;
}

/* Of several with one name the last one counts. Returns how many are left. */
static uint32_t sort(const struct trace_event *event, const struct mn_trace_field **sorted)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < event->field_count; i++)
		sorted[i] = &event->fields[i];
	qsort(sorted, event->field_count, sizeof(struct mn_trace_field *), compare_names);
	for (uint32_t i = 0; i < event->field_count; i++) {
		bool again = count > 0 && sorted[i]->name.len > 0 &&
			     same_name(sorted[count - 1], sorted[i]);
		count -= again;
		sorted[count++] = sorted[i];
	}
	return count;
}

/* The kernel's own are in the order in which they are best read. */
static uint32_t list(const struct trace_event *event, const struct mn_trace_field **listed)
{
	for (uint32_t i = 0; i < event->field_count; i++)
		listed[i] = &event->fields[i];
	return event->field_count;
}

/* How the values of the kernel's own events are best read. */
static bool add_known_value(struct trace_log *log, struct trace_line *line,
			    const struct mn_trace_field *field)
{
	if (field->value.kind != MN_TRACE_U64)
		return false;
	if (is_called(field, "task") || is_called(field, "holder"))
		add_named(line, &log->tasks, field->value.u64);
	else if (is_called(field, "service"))
		add_named(line, &log->services, field->value.u64);
	else if (is_called(field, "on") || is_called(field, "queue") || is_called(field, "address"))
		trace_line_add(line, "%#" PRIx64, field->value.u64);
	else
		return false;
	return true;
}

/* Nothing that is waited for, nobody that holds it. */
static bool says_nothing(const struct mn_trace_field *field)
{
	const struct mn_trace_value *value = &field->value;
	if (value->kind == MN_TRACE_U64)
		return value->u64 == 0 && (is_called(field, "holder") || is_called(field, "on") ||
					   is_called(field, "cause") ||
					   is_called(field, "service") || is_called(field, "task"));
	return value->kind == MN_TRACE_DEBUG_TEXT && value->text.len == 0;
}

static void add_fields(struct trace_log *log, struct trace_line *line,
		       const struct trace_event *event, const char *before)
{
	const struct mn_trace_field *sorted[MN_TRACE_FIELDS_MAX];
	bool known = event->site && event->site->known != MN_TRACE_KNOWN_COUNT;
	uint32_t count = known ? list(event, sorted) : sort(event, sorted);
	for (uint32_t i = 0; i < count; i++) {
		if (is_called(sorted[i], "message") || (known && says_nothing(sorted[i])))
			continue;
		trace_line_add(line, "%s", before);
		before = ", ";
		trace_line_add_plain(line, sorted[i]->name);
		trace_line_add(line, "=");
		if (!known || !add_known_value(log, line, sorted[i]))
			trace_line_add_value(line, &sorted[i]->value);
	}
}

/* The kernel's own have no message: their name says what happened; before it, who did it. */
static void add_known_message(struct trace_log *log, struct trace_line *line,
			      const struct trace_event *event)
{
	if (event->task != 0) {
		add_actor(line, &log->tasks, event->task);
		trace_line_add(line, ": ");
	}
	trace_line_add(line, "%s", event->site->name);
}

/* Returns what separates the message from the fields. */
static const char *add_message(struct trace_log *log, struct trace_line *line,
			       const struct trace_event *event)
{
	const struct mn_trace_field *message = NULL;
	if (event->site->known != MN_TRACE_KNOWN_COUNT) {
		add_known_message(log, line, event);
		return ", ";
	}
	for (uint32_t i = 0; i < event->field_count; i++)
		if (is_called(&event->fields[i], "message"))
			message = &event->fields[i];
	/* The original's sites have places for names, which say nothing. */
	bool has_name = strncmp(event->site->name, "event ", 6) != 0;
	if (message)
		trace_line_add_value(line, &message->value);
	else if (has_name)
		trace_line_add_plain(line, text_of(event->site->name));
	return message || has_name ? ", " : "";
}

/*
 * Lines.
 */

static const char *level_word(enum mn_trace_level level)
{
	static const char *const coloured[] = {
		"\033[35mTRCE", "\033[34mDBUG", "\033[32mINFO",
		"\033[33mWARN", "\033[31mERR",  "OFF",
	};
	return log_has_colour() ? coloured[level] : trace_level_word(level);
}

static void put(const struct trace_event *event, enum mn_trace_level level,
		const struct trace_line *line)
{
	log_line_at(event->timed ? event->time_ns : log_time_ns(),
		    level >= MN_TRACE_WARN ? LOG_NOTE : LOG_INFO, PORT, level_word(level), "%s",
		    line->data);
}

/* "target: ", less bright than what is said. */
static void add_target(struct trace_line *line, const struct trace_site *site)
{
	trace_line_add(line, "%s", log_has_colour() ? "\033[2m" : "");
	trace_line_add_plain(line, text_of(site->target));
	trace_line_add(line, ":%s ", log_has_colour() ? "\033[0m" : "");
}

static void add_span(struct trace_line *line, const struct span *span)
{
	if (span && span->shown)
		trace_line_add(line, "%s:", span->text);
}

/* The spans around, outermost first: from this one up, or all that were entered. Not `but`. */
static void add_context(struct trace_log *log, struct trace_line *line, bool timed, uint64_t from,
			uint64_t but)
{
	struct span *around[TRACE_LOG_DEPTH];
	size_t count = 0, before = line->len;
	while (timed && from && count < TRACE_LOG_DEPTH) {
		struct span *span = map_get(&log->spans, from);
		if (!span)
			break;
		around[count++] = span;
		from = span->parent;
	}
	while (count > 0)
		add_span(line, around[--count]);
	for (size_t i = 0; !timed && i < log->entered_count && i < TRACE_LOG_DEPTH; i++)
		if (log->entered[i] != but)
			add_span(line, map_get(&log->spans, log->entered[i]));
	if (line->len > before)
		trace_line_add(line, " ");
}

static bool is_shown(const struct trace_log *log, const struct trace_site *site)
{
	return !log->silent && trace_filter_shows(log->filter, site->target, site->level);
}

static void unknown(const struct trace_log *log, const struct trace_event *event)
{
	if (!log->silent)
		log_line(LOG_INFO, PORT, "META", "UNKNOWN: MetaId(%" PRIu64 ")", event->meta_id);
}

/*
 * Events and spans.
 */

static void show_event(struct trace_log *log, const struct trace_event *event)
{
	struct trace_line line = {0};
	if (!is_shown(log, event->site))
		return;
	add_context(log, &line, event->timed, event->span, 0);
	add_target(&line, event->site);
	add_fields(log, &line, event, add_message(log, &line, event));
	put(event, event->site->level, &line);
}

static void show_span(struct trace_log *log, const struct trace_event *event,
		      const struct span *span, bool ended)
{
	struct trace_line line = {0};
	if (!span->shown)
		return;
	add_context(log, &line, event->timed, span->parent, span->id);
	trace_line_add(&line, "%s: ", span->text);
	add_target(&line, span->site);
	trace_line_add(&line, "%s (%04" PRIu64 ")", ended ? " END" : "SPAN", span->id);
	if (ended) {
		trace_line_add(&line, ": ");
		trace_line_add_duration(&line, event->time_ns - span->start_ns);
	}
	put(event, span->site->level, &line);
}

static void free_span(struct span *span)
{
	if (span)
		free(span->text);
	free(span);
}

static char *text_of_span(struct trace_log *log, const struct trace_event *event)
{
	struct trace_line line = {0};
	trace_line_add_plain(&line, text_of(event->site->name));
	if (event->field_count > 0) {
		trace_line_add(&line, "{");
		add_fields(log, &line, event, "");
		trace_line_add(&line, "}");
	}
	return memory_copy_text(line.data);
}

static void new_span(struct trace_log *log, const struct trace_event *event)
{
	struct span *span = memory_get(sizeof *span);
	*span = (struct span){
		.id = event->span,
		.parent = event->parent,
		.site = event->site,
		.text = text_of_span(log, event),
		.start_ns = event->time_ns,
		.handles = 1,
		.shown = is_shown(log, event->site),
	};
	show_span(log, event, span, false);
	if (log->spans.count < TRACE_LOG_MOST)
		free_span(map_put(&log->spans, span->id, span));
	else
		free_span(span);
}

static void drop_span(struct trace_log *log, const struct trace_event *event)
{
	struct span *span = map_get(&log->spans, event->span);
	if (!span || --span->handles > 0)
		return;
	show_span(log, event, span, true);
	free_span(map_remove(&log->spans, span->id));
}

static void enter(struct trace_log *log, const struct trace_event *event)
{
	if (event->timed)
		return;
	if (log->entered_count < TRACE_LOG_DEPTH)
		log->entered[log->entered_count] = event->span;
	log->entered_count++;
}

/* An exit that was lost left spans above this one: they end with it. */
static void leave(struct trace_log *log, const struct trace_event *event)
{
	size_t at = log->entered_count < TRACE_LOG_DEPTH ? log->entered_count : TRACE_LOG_DEPTH;
	if (log->entered_count > TRACE_LOG_DEPTH) {
		log->entered_count--;
		return;
	}
	while (at > 0 && log->entered[at - 1] != event->span)
		at--;
	if (at > 0)
		log->entered_count = at - 1;
}

static void add_handle(struct trace_log *log, const struct trace_event *event)
{
	struct span *span = map_get(&log->spans, event->span);
	if (span)
		span->handles++;
}

static void on_event(void *context, const struct trace_event *event)
{
	struct trace_log *log = context;
	bool has_site = event->kind == TRACE_EVENT || event->kind == TRACE_SPAN_NEW;
	log->heard = true;
	if (has_site && !event->site) {
		unknown(log, event);
		return;
	}
	learn_names(log, event);
	switch (event->kind) {
	case TRACE_EVENT:
		show_event(log, event);
		break;
	case TRACE_SPAN_NEW:
		new_span(log, event);
		break;
	case TRACE_SPAN_ENTER:
		enter(log, event);
		break;
	case TRACE_SPAN_EXIT:
		leave(log, event);
		break;
	case TRACE_SPAN_CLONE:
		add_handle(log, event);
		break;
	case TRACE_SPAN_DROP:
		drop_span(log, event);
		break;
	}
	unlearn_names(log, event);
}

/*
 * Everything else.
 */

static void on_site(void *context, const struct trace_site *site)
{
	struct trace_line line = {0};
	(void)context;
	if (!log_wants(LOG_DEBUG))
		return;
	const char *file = site->file ? site->file : "<unknown>";
	trace_line_add(&line, "%s %s MetaId(%" PRIu64 "): ", trace_level_word(site->level),
		       site->is_span ? "SPAN" : "EVNT", site->id);
	trace_line_add_plain(&line, text_of(site->target));
	trace_line_add(&line, " ");
	trace_line_add_plain(&line, text_of(site->name));
	trace_line_add(&line, " [");
	trace_line_add_plain(&line, text_of(file));
	log_line(LOG_DEBUG, PORT, "META", "%s:%" PRIu32 "]", line.data, site->line);
}

static void heartbeat(struct trace_log *log, enum mn_trace_level level)
{
	enum mn_trace_level wanted = log->filter->least;
	log_line(LOG_DEBUG, PORT, "BEAT", "Found a heartbeat (level: %s; desired: %s)",
		 trace_level_option(level), trace_level_option(wanted));
	if (level == wanted && (log->level_said != (int)level || log_wants(LOG_DEBUG)))
		log_line(LOG_INFO, PORT, "BEAT", "Max level set to %s", trace_level_option(level));
	log->level_said = (int)level;
}

static void discarded(const struct mn_trace_discarded *lost)
{
	uint64_t all = lost->events + lost->new_spans + lost->span_activity + lost->metas;
	if (all == 0)
		return;
	log_line(LOG_NOTE, PORT, "LOSS",
		 "the target could not send %" PRIu64 " of its events, %" PRIu64
		 " new spans, %" PRIu64 " enters and exits of spans, %" PRIu64
		 " call sites (Discarded { new_spans: %" PRIu64 ", span_activity: %" PRIu64
		 ", events: %" PRIu64 ", metas: %" PRIu64 " })",
		 lost->events, lost->new_spans, lost->span_activity, lost->metas, lost->new_spans,
		 lost->span_activity, lost->events, lost->metas);
}

static void welcome(const struct mn_trace_welcome *from)
{
	struct trace_line line = {0};
	const struct mn_trace_text parts[] = {from->system, from->release, from->build,
					      from->machine};
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		trace_line_add(&line, " ");
		trace_line_add_plain(&line, parts[i]);
	}
	log_line(LOG_DEBUG, PORT, "BEAT", "Welcome, version %" PRIu32 " of the extension:%s",
		 from->version, line.data);
}

static void on_message(void *context, const struct mn_trace_message *message, uint64_t host_ns)
{
	struct trace_log *log = context;
	(void)host_ns;
	log->heard = true;
	switch (message->kind) {
	case MN_TRACE_HEARTBEAT:
		heartbeat(log, message->level);
		break;
	case MN_TRACE_DISCARDED:
		discarded(&message->discarded);
		break;
	case MN_TRACE_WELCOME:
		welcome(&message->welcome);
		break;
	case MN_TRACE_TASK:
		remember_name(&log->tasks, message->task.id, message->task.name);
		break;
	case MN_TRACE_SERVICE:
		remember_name(&log->services, message->service.id, message->service.name);
		break;
	default:
		break;
	}
}

static void on_damage(void *context, size_t len)
{
	struct trace_log *log = context;
	log->damaged_bytes += len;
	/* Who comes in the middle of a message sees its tail first: nobody's fault. */
	bool is_first = log->heard && !log->damage_said;
	log->damage_said |= log->heard;
	log_line(is_first ? LOG_NOTE : LOG_DEBUG, PORT, "LOSS", "%zuB of the trace were damaged%s",
		 len, log_wants(LOG_DEBUG) ? "" : " (more are only counted)");
}

void trace_log_open(struct trace_log *log, const struct trace_filter *filter)
{
	log->sink = (struct trace_sink){log, on_event, on_site, on_message, on_damage};
	log->filter = filter;
	log->level_said = -1;
}

void trace_log_start(struct trace_log *log)
{
	log->heard = log->damage_said = false;
	log->entered_count = 0;
	log->level_said = -1;
}

static void free_names(struct map *names)
{
	for (struct map_entry *one = NULL; (one = map_next(names, one));)
		free(one->value);
	map_clear(names);
}

void trace_log_close(struct trace_log *log)
{
	if (log->damaged_bytes > 0)
		log_line(LOG_INFO, PORT, "LOSS", "%" PRIu64 "B of the trace were damaged in all",
			 log->damaged_bytes);
	log->damaged_bytes = 0;
	for (struct map_entry *one = NULL; (one = map_next(&log->spans, one));)
		free_span(one->value);
	map_clear(&log->spans);
	free_names(&log->tasks);
	free_names(&log->services);
}
