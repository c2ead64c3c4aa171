/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The trace daemon: from records to messages in the send buffer.
 *
 * Call sites and lasting texts are known to the host by number, which is their place in a small
 * table, plus 1. If the table's places for one are taken, one of them is given away: its number
 * is announced anew, with another meaning. Announcements stand in the buffer before what uses
 * them, each a step of its own; so a message that finds no room is simply tried again.
 */
#include <stdio.h>
#include "trace_internal.h"

/* Places where a pointer may be. */
#define WAYS 4

/* How far the time of a message may be from what the host was told: 32 bits tell less than half
 * of their range. */
#define TIME_STEP (UINT64_C(1) << 30)

/* "event FILE:LINE" */
#define SITE_NAME_MAX 96

bool mn__tracer_put_message(struct mn_trace_daemon *self, const struct mn_trace_message *message)
{
	const size_t len = mn_trace_encode(self->out + self->out_len,
					   self->config.sendbuf_capacity - self->out_len, message);

	self->out_len += len;
	return len > 0;
}

/* ---- Announcing -------------------------------------------------------------------- */

/* The number of a pointer; sets `*is_new` if the place has just become its own. */
static uint64_t number_of(struct mn__trace_announced *known, const void *pointer, bool *is_new)
{
	const uintptr_t hash = ((uintptr_t)pointer >> 3) * (uintptr_t)0x9e3779b97f4a7c15u;
	const unsigned home = (unsigned)(hash >> (sizeof hash * 8 - 8)) & ~(WAYS - 1U);
	const void **set = &known->of[home % MN_TRACE_ANNOUNCED];
	unsigned way = 0;

	while (way < WAYS && set[way] && set[way] != pointer)
		way++;
	if (way == WAYS)
		way = known->next++ % WAYS;
	*is_new = set[way] != pointer;
	set[way] = pointer;
	return (uint64_t)(&set[way] - known->of) + 1;
}

static void forget(struct mn__trace_announced *known, uint64_t number)
{
	known->of[number - 1] = NULL;
}

static enum mn_trace_level level_of(const struct mn_log_site *site)
{
	return (enum mn_trace_level)site->level;
}

/* As the original names the events of its log. */
static struct mn_trace_text name_of(const struct mn_log_site *site, char *text)
{
	if (site->kind != MN_SITE_LOG)
		return mn__tracer_text(site->format);
	snprintf(text, SITE_NAME_MAX, "event %s:%u", site->file, site->line);
	return mn__tracer_text(text);
}

/* An original host shows what is in `message` in front of the fields; it does not show names. */
static bool has_message(const struct mn_trace_daemon *self, const struct mn_log_site *site)
{
	return self->version == 0 && site->kind == MN_SITE_EVENT;
}

static bool put_meta(struct mn_trace_daemon *self, const struct mn_log_site *site, uint64_t id)
{
	struct mn_trace_text fields[MN_TRACE_FIELDS + 1];
	char name[SITE_NAME_MAX];
	unsigned count = mn_site_field_count(site);

	for (unsigned i = 0; i < count; i++)
		fields[i] = mn_site_field(site, i);
	if (has_message(self, site))
		fields[count++] = mn__tracer_text("message");
	return mn__tracer_put_message(self,
				      &(struct mn_trace_message){
					      .kind = MN_TRACE_REGISTER_META,
					      .meta = {.id = id,
						       .name = name_of(site, name),
						       .target = mn__tracer_text(site->target),
						       .level = level_of(site),
						       .module_path = mn__tracer_text(site->target),
						       .file = mn__tracer_text(site->file),
						       .has_line = site->line != 0,
						       .line = site->line,
						       .field_count = count,
						       .fields = fields,
						       .is_span = site->kind == MN_SITE_SPAN,
						       .is_event = site->kind != MN_SITE_SPAN},
				      });
}

/* The number of a call site, announced; 0: no room. */
static uint64_t announce_site(struct mn_trace_daemon *self, const struct mn_log_site *site)
{
	bool is_new;
	const uint64_t id = number_of(&self->sites, site, &is_new);

	if (!is_new || put_meta(self, site, id))
		return id;
	forget(&self->sites, id);
	return 0;
}

static uint64_t announce_text(struct mn_trace_daemon *self, const char *text)
{
	bool is_new;
	const uint64_t id = number_of(&self->texts, text, &is_new);
	const struct mn_trace_message message = {
		.kind = MN_TRACE_REGISTER_TEXT,
		.text = {.id = id, .text = mn__tracer_text(text)},
	};

	if (!is_new || mn__tracer_put_message(self, &message))
		return id;
	forget(&self->texts, id);
	return 0;
}

/* ---- Time -------------------------------------------------------------------------- */

bool mn__tracer_put_time(struct mn_trace_daemon *self, uint64_t time)
{
	if (self->version == 0)
		return true;
	if (!mn__tracer_put_message(self,
				    &(struct mn_trace_message){.kind = MN_TRACE_TIME, .now = time}))
		return false;
	self->told_time = time;
	return true;
}

/* What the host takes a 32-bit time to be is near enough to this. */
static bool put_time_if_far(struct mn_trace_daemon *self, uint64_t time)
{
	if (time - self->told_time + TIME_STEP <= 2 * TIME_STEP) {
		self->told_time = time;
		return true;
	}
	return mn__tracer_put_time(self, time);
}

/* ---- Records ----------------------------------------------------------------------- */

/* A text that is not there is an empty one. */
static const char *lasting_text(const struct mn_trace_value *value)
{
	return value->u64 ? (const char *)(uintptr_t)value->u64 : "";
}

static struct mn_trace_value plain_text(const struct mn_trace_value *value)
{
	return (struct mn_trace_value){MN_TRACE_DEBUG_TEXT,
				       {.text = mn__tracer_text(lasting_text(value))}};
}

/*
 * Numbers in place of addresses. Announcing one may have given away the place of another of this
 * record; that is then sent as it is.
 */
static bool number_texts(struct mn_trace_daemon *self, struct mn_trace_value *values)
{
	const struct mn_record *record = &self->record;

	for (uint32_t i = 0; i < record->value_count; i++) {
		values[i] = record->values[i];
		if (values[i].kind != MN_TRACE_TEXT_ID)
			continue;
		values[i].u64 = announce_text(self, lasting_text(&record->values[i]));
		if (values[i].u64 == 0)
			return false;
	}
	for (uint32_t i = 0; i < record->value_count; i++)
		if (values[i].kind == MN_TRACE_TEXT_ID &&
		    self->texts.of[values[i].u64 - 1] != lasting_text(&record->values[i]))
			values[i] = plain_text(&record->values[i]);
	return true;
}

static bool put_extended(struct mn_trace_daemon *self, uint64_t site)
{
	const struct mn_record *record = &self->record;
	struct mn_trace_value values[MN_TRACE_FIELDS];
	struct mn_trace_message message;

	if (!number_texts(self, values) || !put_time_if_far(self, record->time))
		return false;
	if (record->kind == MN_RECORD_EVENT)
		message = (struct mn_trace_message){
			.kind = MN_TRACE_TIMED_EVENT,
			.timed_event = {.meta = site,
					.time = (uint32_t)record->time,
					.task = record->task,
					.cause = record->cause,
					.parent = record->parent,
					.value_count = record->value_count,
					.values = values},
		};
	else
		message = (struct mn_trace_message){
			.kind = MN_TRACE_TIMED_SPAN,
			.timed_span = {.id = record->span,
				       .meta = site,
				       .time = (uint32_t)record->time,
				       .task = record->task,
				       .cause = record->cause,
				       .parent = record->parent,
				       .value_count = record->value_count,
				       .values = values},
		};
	return mn__tracer_put_message(self, &message);
}

static bool put_original(struct mn_trace_daemon *self, uint64_t site)
{
	const struct mn_record *record = &self->record;
	struct mn_trace_field fields[MN_TRACE_FIELDS + 1];
	struct mn_trace_message message;
	uint32_t count = record->value_count;

	for (uint32_t i = 0; i < count; i++) {
		fields[i].name = mn_site_field(record->site, i);
		fields[i].value = record->values[i];
		if (record->values[i].kind == MN_TRACE_TEXT_ID)
			fields[i].value = plain_text(&record->values[i]);
	}
	if (has_message(self, record->site)) {
		fields[count].name = mn__tracer_text("message");
		fields[count].value.kind = MN_TRACE_DEBUG_TEXT;
		fields[count++].value.text = mn__tracer_text(record->site->format);
	}
	if (record->kind == MN_RECORD_EVENT)
		message = (struct mn_trace_message){
			.kind = MN_TRACE_EVENT,
			.event = {.parent = record->parent,
				  .field_count = count,
				  .fields = fields,
				  .meta = site},
		};
	else
		message = (struct mn_trace_message){
			.kind = MN_TRACE_NEW_SPAN,
			.span = {.id = record->span,
				 .meta = site,
				 .parent = record->parent,
				 .is_root = record->parent == 0,
				 .field_count = count,
				 .fields = fields},
		};
	return mn__tracer_put_message(self, &message);
}

static bool put_activity(struct mn_trace_daemon *self)
{
	const struct mn_record *record = &self->record;
	const unsigned what = record->kind - MN_RECORD_ENTER;
	static const uint8_t kinds[] = {MN_TRACE_ENTER, MN_TRACE_EXIT, MN_TRACE_DROP_SPAN};
	struct mn_trace_message message;

	_Static_assert(MN_RECORD_EXIT - MN_RECORD_ENTER == MN_TRACE_EXITED, "the same order");
	_Static_assert(MN_RECORD_DROP - MN_RECORD_ENTER == MN_TRACE_DROPPED, "the same order");
	if (self->version == 0)
		message = (struct mn_trace_message){.kind = (enum mn_trace_kind)kinds[what],
						    .span_id = record->span};
	else if (!put_time_if_far(self, record->time))
		return false;
	else
		message = (struct mn_trace_message){
			.kind = MN_TRACE_TIMED_ACTIVITY,
			.timed_activity = {.what = (enum mn_trace_activity)what,
					   .id = record->span,
					   .time = (uint32_t)record->time,
					   .task = record->task},
		};
	return mn__tracer_put_message(self, &message);
}

bool mn__tracer_put_record(struct mn_trace_daemon *self)
{
	uint64_t site;

	if (self->record.kind != MN_RECORD_EVENT && self->record.kind != MN_RECORD_SPAN)
		return put_activity(self);
	site = announce_site(self, self->record.site);
	if (site == 0)
		return false;
	return self->version == 0 ? put_original(self, site) : put_extended(self, site);
}

void mn__tracer_lose_record(struct mn_trace_daemon *self)
{
	if (self->record.kind == MN_RECORD_EVENT)
		self->lost.events++;
	else if (self->record.kind == MN_RECORD_SPAN)
		self->lost.new_spans++;
	else
		self->lost.span_activity++;
}

/* ---- What the daemon says itself --------------------------------------------------- */

static const struct mn_log_site hello_site = {
	.target = "daemons::trace",
	.file = __FILE__,
	.format = "hello from mnemOS",
	.line = __LINE__,
	.level = MN_LOG_INFO,
	.kind = MN_SITE_EVENT,
	.field_count = 4,
	.fields = {{"version", MN_FIELD_TEXT},
		   {"git", MN_FIELD_TEXT},
		   {"target", MN_FIELD_TEXT},
		   {"profile", MN_FIELD_TEXT}},
};

/* It is muted, so this is the one event that does not come through the ring. */
void mn__tracer_make_hello(struct mn_trace_daemon *self)
{
	static const char *const texts[] = {mn__tracer_release, mn__tracer_build, mn__tracer_target,
					    mn__tracer_profile};
	struct mn_record *record = &self->record;

	self->have_record = mn_log_filter_shows(&self->filter, hello_site.target, MN_LOG_INFO);
	record->kind = MN_RECORD_EVENT;
	record->time = mn__tracer_now();
	record->task = self->task.id;
	record->cause = record->parent = 0;
	record->site = &hello_site;
	record->value_count = sizeof texts / sizeof texts[0];
	for (uint32_t i = 0; i < record->value_count; i++)
		record->values[i] =
			(struct mn_trace_value){MN_TRACE_TEXT_ID, {.u64 = (uintptr_t)texts[i]}};
}

bool mn__tracer_put_welcome(struct mn_trace_daemon *self)
{
	const uint64_t now = mn__tracer_now();

	if (!mn__tracer_put_message(
		    self, &(struct mn_trace_message){
				  .kind = MN_TRACE_WELCOME,
				  .welcome = {.version = self->version,
					      .tick_hz = mn_platform_trace_hz(mn_running),
					      .cpu_hz = MN_CPU_HZ,
					      .now = now,
					      .system = mn__tracer_text(mn_running->name),
					      .release = mn__tracer_text(mn__tracer_release),
					      .build = mn__tracer_text(mn__tracer_build),
					      .machine = mn__tracer_text(mn__tracer_machine)},
			  }))
		return false;
	self->told_time = now;
	return true;
}
