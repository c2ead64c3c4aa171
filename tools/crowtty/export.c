/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* crowtty trace export: a recording for the tools of others. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "export.h"
#include "log.h"
#include "options.h"

static void learn_event(void *context, const struct trace_event *event)
{
	trace_names_event(context, event);
}

static void learn_message(void *context, const struct mn_trace_message *message, uint64_t host_ns)
{
	(void)host_ns;
	trace_names_message(context, message);
}

/* The first pass: what is called how is often told behind what was done. */
static bool read_once(struct export_source *source, struct trace_recording_end *end)
{
	const struct trace_sink sink = {
		.context = &source->names, .event = learn_event, .message = learn_message};
	struct trace_stream *stream = trace_stream_new(&sink);
	struct trace_recording *recording = trace_recording_open(source->path, stream, NULL, NULL);

	if (recording) {
		while (trace_recording_step(recording))
			source->records++;
		trace_recording_close(recording, end);
	}
	trace_stream_free(stream);
	return recording;
}

static bool is_free(const char *path)
{
	struct stat stat;

	if (lstat(path, &stat) != 0)
		return true;
	log_fatal("%s exists already; it is not overwritten", path);
	return false;
}

static int tell(const char *out, const struct trace_recording_end *end)
{
	fprintf(stderr, "crowtty: %s: %" PRIu64 " events\n", out, end->events);
	if (end->events == 0)
		fprintf(stderr, "crowtty: nothing was traced; record with crowtty trace record\n");
	if (end->skipped_bytes)
		fprintf(stderr, "crowtty: %" PRIu64 " bytes in it were no message\n",
			end->skipped_bytes);
	return end->damaged ? EXIT_TROUBLE : EXIT_GOOD;
}

int command_trace_export(int argc, char **argv)
{
	struct options options;
	struct trace_recording_end end;
	int code = options_parse(&options, COMMAND_EXPORT, argc, argv);
	if (code >= 0)
		return code;
	struct export_source source = {.path = options.operand};
	code = EXIT_TROUBLE;
	if (is_free(options.output) && read_once(&source, &end) &&
	    (options.ctf ? export_ctf : export_perfetto)(&source, options.output))
		code = tell(options.output, &end);
	trace_names_free(&source.names);
	return code;
}
