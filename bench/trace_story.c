/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Writes recordings that nobody made: what a target would have said, at times that are known.
 *
 *     trace_story chain FILE            a shell reads a file; each time is in the tests of the page
 *     trace_story twice FILE          the same, and again after a restart of the target
 *     trace_story stuck FILE          two services that call each other, and nothing else any more
 *     trace_story original FILE       of a target that speaks the original protocol
 *     trace_story crowd FILE EVENTS     ten clients, a file system and a disk, for so many events
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <mnemos/proto/sermux.h>
#include <mnemos/proto/trace.h>
#include <mnemos/proto/trace_events.h>

#include "record.h"

#define MOST_TEXTS 64
#define TICK_HZ 10000000U /* ticks of 100 ns */

struct story {
	struct recorder recorder;
	uint64_t ticks;
	uint32_t task, cause; /* the running one, and what it works on */
	uint64_t events;
	const char *texts[MOST_TEXTS]; /* told so far; their ids are their places + 1 */
	size_t text_count;
	uint8_t stream[1024]; /* bytes of port 3 that are not in a frame yet */
	size_t stream_len;
};

static void flush(struct story *self)
{
	static uint8_t frame[2 * sizeof self->stream];
	const size_t len = mn_sermux_encode(frame, sizeof frame, MN_SERMUX_TRACE, self->stream,
					    self->stream_len);
	if (self->stream_len > 0)
		recorder_put(&self->recorder, RECORD_FROM_TARGET, frame, len);
	self->stream_len = 0;
}

static void say(struct story *self, const struct mn_trace_message *message)
{
	if (sizeof self->stream - self->stream_len < 512)
		flush(self);
	size_t len = mn_trace_encode(self->stream + self->stream_len,
				     sizeof self->stream - self->stream_len, message);
	if (len == 0) {
		fputs("trace_story: a message does not fit\n", stderr);
		exit(1);
	}
	self->stream_len += len;
}

static struct mn_trace_text text(const char *data)
{
	return (struct mn_trace_text){data, strlen(data)};
}

/*
 * Call sites: the kernel's own have the ids of their list, + 1; then one of the story's own for
 * each level, and two spans.
 */

enum { SITE_LOG = 100, SITE_SPAN = 110 };

static void announce(struct story *self, uint64_t id, const char *target, const char *name,
		     enum mn_trace_level level, const char *const *fields, uint32_t count,
		     bool span)
{
	struct mn_trace_text names[MN_TRACE_FIELDS_MAX];
	for (uint32_t i = 0; i < count; i++)
		names[i] = text(fields[i]);
	say(self, &(struct mn_trace_message){.kind = MN_TRACE_REGISTER_META,
					     .meta = {.id = id,
						      .name = text(name),
						      .target = text(target),
						      .level = level,
						      .field_count = count,
						      .fields = names,
						      .is_span = span,
						      .is_event = !span}});
}

static void announce_all(struct story *self)
{
#define ANNOUNCE(event, target, name, level, ...)                   \
	announce(self, (event) + 1, target, name, MN_TRACE_##level, \
		 (const char *const[]){__VA_ARGS__},                \
		 sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), false);
	MN_TRACE_EVENT_LIST(ANNOUNCE)
#undef ANNOUNCE
	static const char *const message[] = {"message"}, *const block[] = {"block"};
	for (unsigned level = MN_TRACE_TRACE; level <= MN_TRACE_ERROR; level++)
		announce(self, SITE_LOG + level, "drivers::disk", "event disk.c:1", level, message,
			 1, false);
	announce(self, SITE_SPAN, "services::fs", "read", MN_TRACE_DEBUG, block, 1, true);
	announce(self, SITE_SPAN + 1, "services::fs", "look_up", MN_TRACE_DEBUG, NULL, 0, true);
}

static void open_file(struct story *self, const char *path)
{
	remove(path);
	if (!recorder_open(&self->recorder, path))
		exit(1);
}

static void begin(struct story *self, bool extended)
{
	recorder_put(&self->recorder, RECORD_UP, "a story", 7);
	self->text_count = 0;
	if (extended)
		say(self, &(struct mn_trace_message){.kind = MN_TRACE_WELCOME,
						     .welcome = {.version = MN_TRACE_VERSION,
								 .tick_hz = TICK_HZ,
								 .cpu_hz = TICK_HZ,
								 .system = text("story"),
								 .release = text("0.1.0"),
								 .build = text("none"),
								 .machine = text("paper")}});
	announce_all(self);
}

enum { FS = 1, DISK }; /* services */

/*
 * Values, by letters: u a number, t a text.
 */

static uint64_t text_id(struct story *self, const char *known)
{
	for (size_t i = 0; i < self->text_count; i++)
		if (strcmp(self->texts[i], known) == 0)
			return i + 1;
	if (self->text_count == MOST_TEXTS)
		abort();
	self->texts[self->text_count++] = known;
	say(self, &(struct mn_trace_message){.kind = MN_TRACE_REGISTER_TEXT,
					     .text = {self->text_count, text(known)}});
	return self->text_count;
}

static uint32_t take_values(struct story *self, struct mn_trace_value *values, const char *kinds,
			    va_list args)
{
	uint32_t count = 0;
	for (; kinds[count]; count++) {
		bool is_text = kinds[count] == 't';
		values[count].kind = is_text ? MN_TRACE_TEXT_ID : MN_TRACE_U64;
		values[count].u64 = is_text ? text_id(self, va_arg(args, const char *))
					    : va_arg(args, unsigned);
	}
	return count;
}

static void event(struct story *self, unsigned site, const char *kinds, ...)
{
	struct mn_trace_value values[MN_TRACE_FIELDS_MAX];
	va_list args;
	va_start(args, kinds);
	uint32_t count = take_values(self, values, kinds, args);
	va_end(args);
	self->events++;
	say(self, &(struct mn_trace_message){.kind = MN_TRACE_TIMED_EVENT,
					     .timed_event = {.meta = site,
							     .time = (uint32_t)self->ticks,
							     .task = self->task,
							     .cause = self->cause,
							     .value_count = count,
							     .values = values}});
}

static void at(struct story *self, double us)
{
	self->ticks = (uint64_t)(us * (TICK_HZ / 1e6));
}

static void spawn(struct story *self, unsigned task, const char *name, const char *file)
{
	event(self, MN_TRACE_SPAWN + 1, "uttu", task, name, file, 64 + 8 * task);
}

static void poll_task(struct story *self, uint32_t task, uint32_t cause)
{
	self->task = task;
	self->cause = cause;
	event(self, MN_TRACE_POLL + 1, "u", 1);
}

static void wait_for(struct story *self, const char *what, unsigned on, unsigned service,
		     unsigned holder)
{
	event(self, MN_TRACE_WAIT + 1, "tuuu", what, on, service, holder);
	self->task = self->cause = 0;
}

static void wake(struct story *self, unsigned task)
{
	event(self, MN_TRACE_WAKE + 1, "u", task);
}

static void call(struct story *self, unsigned service, unsigned request, unsigned cause)
{
	event(self, MN_TRACE_CALL + 1, "uuuu", service, 10 + self->task, request, cause);
}

static void serve(struct story *self, unsigned service, unsigned request)
{
	event(self, MN_TRACE_SERVE + 1, "uuuu", service, 0, request, 0);
	self->cause = request;
}

static void reply(struct story *self, unsigned service, unsigned request)
{
	event(self, MN_TRACE_REPLY + 1, "uuuu", service, 0, request, 0);
	self->cause = 0;
}

static void log_text(struct story *self, enum mn_trace_level level, const char *message)
{
	event(self, SITE_LOG + level, "t", message);
}

static void new_span(struct story *self, unsigned site, uint64_t id, uint64_t parent)
{
	const struct mn_trace_value block = {.kind = MN_TRACE_U64, .u64 = 7};
	self->events++;
	say(self, &(struct mn_trace_message){.kind = MN_TRACE_TIMED_SPAN,
					     .timed_span = {.id = id,
							    .meta = site,
							    .time = (uint32_t)self->ticks,
							    .task = self->task,
							    .cause = self->cause,
							    .parent = parent,
							    .value_count = site == SITE_SPAN,
							    .values = &block}});
}

static void drop_span(struct story *self, uint64_t id)
{
	self->events++;
	say(self, &(struct mn_trace_message){.kind = MN_TRACE_TIMED_ACTIVITY,
					     .timed_activity = {.what = MN_TRACE_DROPPED,
								.id = id,
								.time = (uint32_t)self->ticks,
								.task = self->task}});
}

static void introduce(struct story *self)
{
	at(self, 100);
	spawn(self, 1, "shell", "shell.c");
	spawn(self, 2, "fs", "fs.c");
	spawn(self, 3, "disk", "disk.c");
	at(self, 200);
	poll_task(self, 2, 0);
	event(self, MN_TRACE_REGISTER + 1, "utt", FS, "fs", "");
	at(self, 220);
	wait_for(self, "a call to", 0x1000, FS, 0);
	at(self, 300);
	poll_task(self, 3, 0);
	event(self, MN_TRACE_REGISTER + 1, "utt", DISK, "disk", "");
	log_text(self, MN_TRACE_INFO, "64 blocks of 512 bytes");
	at(self, 340);
	wait_for(self, "a call to", 0x2000, DISK, 0);
}

/*
 * The chain. Request 101 of the shell leads the file system to 103 at the disk, which is queued
 * behind 105 of a logger, in service for 3,000 us.
 */

static void disk_works(struct story *self)
{
	poll_task(self, 3, 105);
	serve(self, DISK, 105);
	at(self, 980);
	wait_for(self, "interrupt", 10, 0, 0);
	self->task = 0;
}

static void disk_is_done(struct story *self)
{
	event(self, MN_TRACE_IRQ_ENTER + 1, "u", 10);
	wake(self, 3);
	at(self, 4000);
	event(self, MN_TRACE_IRQ_EXIT + 1, "u", 10);
}

static void shell_asks(struct story *self)
{
	poll_task(self, 1, 0);
	call(self, FS, 101, 0);
	wake(self, 2);
	at(self, 1100);
	wait_for(self, "a reply from", 0x1000, FS, 2);
	at(self, 1200);
	poll_task(self, 2, 101);
	serve(self, FS, 101);
	new_span(self, SITE_SPAN, 1, 0);
	at(self, 1210);
	new_span(self, SITE_SPAN + 1, 2, 1);
	at(self, 1240);
	drop_span(self, 2);
	at(self, 1250);
	call(self, DISK, 103, 101);
	at(self, 1260);
	wait_for(self, "its turn at", 0x2000, DISK, 3);
}

static void disk_answers(struct story *self)
{
	poll_task(self, 3, 105);
	log_text(self, MN_TRACE_WARN, "block 7 took 3 ms");
	at(self, 4100);
	reply(self, DISK, 105);
	wake(self, 4);
	at(self, 4150);
	serve(self, DISK, 103);
	at(self, 4350);
	reply(self, DISK, 103);
	wake(self, 2);
	at(self, 4360);
	wait_for(self, "a call to", 0x2000, DISK, 0);
}

static void fs_answers(struct story *self)
{
	poll_task(self, 2, 101);
	at(self, 4500);
	drop_span(self, 1);
	reply(self, FS, 101);
	wake(self, 1);
	wait_for(self, "a call to", 0x1000, FS, 0);
	at(self, 4550);
	poll_task(self, 1, 0);
	at(self, 4700);
	event(self, MN_TRACE_QUEUE_FULL + 1, "ut", 0x20001000, "bbq");
	wait_for(self, "room in bbq", 0x20001000, 0, 0);
}

static void tell_loss_and_panic(struct story *self)
{
	say(self,
	    &(struct mn_trace_message){.kind = MN_TRACE_DISCARDED, .discarded = {.events = 12}});
	flush(self);
	recorder_put(&self->recorder, RECORD_FROM_TARGET, "\0story: out of paper\n\0", 22);
}

static void tell_chain(struct story *self)
{
	introduce(self);
	at(self, 900);
	spawn(self, 4, "logger", "logger.c");
	at(self, 910);
	poll_task(self, 4, 0);
	call(self, DISK, 105, 0);
	wake(self, 3);
	at(self, 930);
	wait_for(self, "a reply from", 0x2000, DISK, 3);
	at(self, 950);
	disk_works(self);
	at(self, 1000);
	shell_asks(self);
	at(self, 3990);
	disk_is_done(self);
	at(self, 4010);
	disk_answers(self);
	at(self, 4400);
	fs_answers(self);
	at(self, 4800);
	poll_task(self, 4, 0);
	log_text(self, MN_TRACE_ERROR, "written too late </script><b>bold</b>");
	at(self, 4810);
	wait_for(self, "time", 0, 0, 0);
	at(self, 5000);
	tell_loss_and_panic(self);
	say(self, &(struct mn_trace_message){.kind = MN_TRACE_TIME, .now = self->ticks});
	poll_task(self, 2, 0);
	at(self, 5010);
	wait_for(self, "a call to", 0x1000, FS, 0);
}

static void tell_stuck_task(struct story *self, uint32_t id, const char *name, const char *what,
			    const char *service)
{
	const struct mn_trace_wait wait = {.what = text(what),
					   .name = text(service),
					   .on = 0x1000,
					   .since = TICK_HZ / 2,
					   .holder = 3 - id};
	say(self, &(struct mn_trace_message){.kind = MN_TRACE_TASK,
					     .task = {.id = id,
						      .name = text(name),
						      .file = text("pair.c"),
						      .state = MN_TRACE_TASK_WAITING,
						      .size = 64,
						      .wait_count = 1,
						      .waits = &wait}});
}

/* A picture each second, from the first to the fifth. */
static void tell_stuck(struct story *self)
{
	for (uint32_t i = 1; i <= 5; i++) {
		const struct mn_trace_snapshot snapshot = {i, (uint64_t)i * TICK_HZ};
		say(self, &(struct mn_trace_message){.kind = MN_TRACE_SNAPSHOT_BEGIN,
						     .snapshot = snapshot});
		tell_stuck_task(self, 1, "ping", "a reply from", "pong");
		tell_stuck_task(self, 2, "pong", "its turn at", "ping");
		say(self, &(struct mn_trace_message){.kind = MN_TRACE_SNAPSHOT_END,
						     .snapshot = snapshot});
	}
}

/* A span in another one, and a line. */
static void tell_original(struct story *self)
{
	const struct mn_trace_field block = {text("block"), {.kind = MN_TRACE_U64, .u64 = 7}};
	const struct mn_trace_field message = {
		text("message"), {.kind = MN_TRACE_DEBUG_TEXT, .text = text("found it")}};

	for (uint64_t id = 1; id <= 2; id++) {
		const struct mn_trace_span span = {.id = id,
						   .meta = id == 1 ? SITE_SPAN : SITE_SPAN + 1,
						   .parent = id - 1,
						   .field_count = id == 1,
						   .fields = &block};
		say(self, &(struct mn_trace_message){.kind = MN_TRACE_NEW_SPAN, .span = span});
		say(self, &(struct mn_trace_message){.kind = MN_TRACE_ENTER, .span_id = id});
	}
	say(self, &(struct mn_trace_message){.kind = MN_TRACE_EVENT,
					     .event = {.parent = 2,
						       .field_count = 1,
						       .fields = &message,
						       .meta = SITE_LOG + 2}});
	for (uint64_t id = 2; id >= 1; id--) {
		flush(self); /* ends at different times of the host */
		say(self, &(struct mn_trace_message){.kind = MN_TRACE_EXIT, .span_id = id});
		say(self, &(struct mn_trace_message){.kind = MN_TRACE_DROP_SPAN, .span_id = id});
	}
	self->events = 9;
}

/* Up to 6.3 us more, in steps of a tick, the same each time. */
static double jitter(void)
{
	static uint32_t seed = 1;
	seed = seed * 1103515245U + 12345U;
	return (seed >> 24 & 63) / 10.0;
}

/*
 * The crowd: each client asks the file system, which asks the disk; 27 events a round.
 */

static void tell_round(struct story *self, unsigned round)
{
	const unsigned client = 4 + round % 10, first = 2 * round + 1,
		       cost = 5 + (unsigned)(4 * jitter());
	const double us = 1000 + round * 100.0 + jitter();
	at(self, us);
	if (round >= 10)
		wake(self, client);
	poll_task(self, client, 0);
	call(self, FS, first, 0);
	wake(self, 2);
	at(self, us + 2 + jitter() / 3);
	wait_for(self, "a reply from", 0x1000, FS, 2);
	at(self, us + 7);
	poll_task(self, 2, first);
	serve(self, FS, first);
	if (round % 3 == 0)
		new_span(self, SITE_SPAN, round + 1, 0);
	at(self, us + 10);
	call(self, DISK, first + 0x40000000, first);
	wake(self, 3);
	wait_for(self, "a reply from", 0x2000, DISK, 3);
	at(self, us + 12);
	poll_task(self, 3, first + 0x40000000);
	serve(self, DISK, first + 0x40000000);
	at(self, us + 12 + cost + jitter());
	if (round % 50 == 0)
		log_text(self, round % 1000 ? MN_TRACE_DEBUG : MN_TRACE_WARN, "a slow block");
	reply(self, DISK, first + 0x40000000);
	wake(self, 2);
	wait_for(self, "a call to", 0x2000, DISK, 0);
	at(self, us + 50 + jitter());
	poll_task(self, 2, first);
	at(self, us + 58 + jitter());
	if (round % 3 == 0)
		drop_span(self, round + 1);
	reply(self, FS, first);
	wake(self, client);
	wait_for(self, "a call to", 0x1000, FS, 0);
	at(self, us + 65 + jitter());
	poll_task(self, client, 0);
	at(self, us + 72 + jitter());
	wait_for(self, "time", 0, 0, 0);
}

static void tell_crowd(struct story *self, uint64_t events)
{
	introduce(self);
	for (unsigned i = 4; i < 14; i++)
		spawn(self, i, "client", "client.c");
	for (unsigned round = 0; self->events < events; round++) {
		if (round % 1000 == 0)
			say(self,
			    &(struct mn_trace_message){.kind = MN_TRACE_TIME, .now = self->ticks});
		tell_round(self, round);
	}
}

/* The target starts, and says who it is if it can. */
static bool tell(struct story *self, const char *name, const char *events)
{
	const bool original = strcmp(name, "original") == 0;
	begin(self, !original);
	if (original)
		tell_original(self);
	else if (strcmp(name, "stuck") == 0)
		tell_stuck(self);
	else if (strcmp(name, "crowd") == 0 && events)
		tell_crowd(self, strtoull(events, NULL, 10));
	else if (strcmp(name, "chain") == 0 || strcmp(name, "twice") == 0)
		tell_chain(self);
	else
		return false;
	flush(self);
	return true;
}

int main(int argc, char **argv)
{
	static struct story story;
	if (argc < 3) {
		fputs("usage: trace_story chain|twice|stuck|original FILE | crowd FILE EVENTS\n",
		      stderr);
		return 2;
	}
	open_file(&story, argv[2]);
	bool good = tell(&story, argv[1], argc > 3 ? argv[3] : NULL);
	if (good && strcmp(argv[1], "twice") == 0) {
		recorder_put(&story.recorder, RECORD_DOWN, "pulled", 6);
		tell(&story, argv[1], NULL);
	}
	recorder_close(&story.recorder);
	printf("%llu events\n", (unsigned long long)story.events);
	return good ? 0 : 2;
}
