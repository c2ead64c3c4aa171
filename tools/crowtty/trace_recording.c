/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* From the records of a file to the line's frames, and those of port 3 to a trace stream. */
#include "memory.h"
#include "record.h"
#include "trace.h"
#include "unframe.h"

/* Well-known ports are below; what comes from a higher one and reads as text is text. */
#define PORTS_EXPECTED 64

struct trace_recording {
	struct recording file;
	struct trace_stream *stream;
	trace_text_fn *text;
	void *context;
	uint64_t time_ns; /* of the bytes that are passed on */
	uint64_t skipped;
	bool damaged;
	uint64_t damaged_at;
	struct unframe unframe;
};

static bool expects(void *context, uint16_t port)
{
	(void)context;
	return port < PORTS_EXPECTED;
}

static void frame(void *context, uint16_t port, const uint8_t *data, size_t len)
{
	struct trace_recording *self = context;
	if (port == MN_SERMUX_TRACE)
		trace_stream_take(self->stream, data, len, self->time_ns);
}

static void pass_text(void *context, const uint8_t *data, size_t len)
{
	struct trace_recording *self = context;
	if (self->text)
		self->text(self->context, (const char *)data, len, self->time_ns);
}

static void bad(void *context, enum unframe_bad kind, const uint8_t *data, size_t len)
{
	struct trace_recording *self = context;
	(void)kind;
	(void)data;
	self->skipped += len + 1;
}

struct trace_recording *trace_recording_open(const char *path, struct trace_stream *stream,
					     trace_text_fn *text, void *context)
{
	struct trace_recording *self = memory_get_zeroed(sizeof *self);
	if (!recording_open(&self->file, path)) {
		free(self);
		return NULL;
	}
	self->stream = stream;
	self->text = text;
	self->context = context;
	self->unframe.sink = (struct unframe_sink){self, expects, frame, pass_text, bad};
	unframe_start(&self->unframe);
	return self;
}

static void play(struct trace_recording *self, const struct record *record)
{
	/* A text that nothing ended belongs to the time before the silence. */
	if (record->time_ns - self->time_ns > UNFRAME_QUIET_MS * 1000000ull)
		unframe_flush(&self->unframe);
	self->time_ns = record->time_ns;
	switch (record->kind) {
	case RECORD_FROM_TARGET:
		unframe_take(&self->unframe, record->data, record->len);
		break;
	case RECORD_UP:
		unframe_flush(&self->unframe);
		unframe_start(&self->unframe);
		trace_stream_restart(self->stream);
		break;
	case RECORD_DOWN:
		unframe_flush(&self->unframe);
		break;
	case RECORD_TO_TARGET:
		break;
	}
}

bool trace_recording_step(struct trace_recording *self)
{
	struct record record;
	size_t at = self->file.at;
	enum record_result result = recording_next(&self->file, &record);
	if (result == RECORD_GOOD) {
		play(self, &record);
		return true;
	}
	if (result == RECORD_DAMAGED) {
		self->damaged = true;
		self->damaged_at = at;
	}
	unframe_flush(&self->unframe);
	return false;
}

void trace_recording_close(struct trace_recording *self, struct trace_recording_end *end)
{
	if (end) {
		*end = (struct trace_recording_end){
			.skipped_bytes = self->skipped + trace_stream_skipped(self->stream),
			.events = trace_stream_events(self->stream),
			.damaged = self->damaged,
			.damaged_at = self->damaged_at,
			.duration_ns = self->file.last_ns,
		};
	}
	recording_close(&self->file);
	free(self);
}

bool trace_recording_read(const char *path, struct trace_stream *stream, trace_text_fn *text,
			  void *context, struct trace_recording_end *end)
{
	struct trace_recording *self = trace_recording_open(path, stream, text, context);
	if (!self)
		return false;
	while (trace_recording_step(self))
		continue;
	trace_recording_close(self, end);
	return true;
}
