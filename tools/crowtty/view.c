/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* crowtty trace view: a recording as a page. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "log.h"
#include "memory.h"
#include "options.h"
#include "view_write.h"

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* FILE.html, or what was asked for. */
static char *output_path(const struct options *options)
{
	if (options->output)
		return memory_copy_text(options->output);
	size_t len = strlen(options->operand);
	char *path = memory_get(len + sizeof ".html");
	memcpy(path, options->operand, len);
	memcpy(path + len, ".html", sizeof ".html");
	return path;
}

/* A page that is only half there is taken away again; one that was there before would be lost
 * with it, so the new one is written beside it and takes its place when it is whole. */
static bool write_file(const char *path, const char *name, const struct view_recording *recording)
{
	size_t len = strlen(path);
	char *part = memory_get(len + sizeof ".part");
	memcpy(part, path, len);
	memcpy(part + len, ".part", sizeof ".part");
	FILE *out = fopen(part, "wbe");
	bool good = out && view_write(out, name, recording);
	int error = errno;
	if (out && fclose(out) != 0 && good) {
		good = false;
		error = errno;
	}
	if (good && rename(part, path) != 0) {
		good = false;
		error = errno;
	}
	if (!good) {
		log_fatal("cannot write %s: %s", path, strerror(error));
		if (out)
			unlink(part);
	}
	free(part);
	return good;
}

static bool write_stdout(const char *name, const struct view_recording *recording)
{
	if (view_write(stdout, name, recording))
		return true;
	log_fatal("cannot write the page: %s", strerror(errno));
	return false;
}

static bool write_page(const struct options *options, const struct view_recording *recording)
{
	const char *name = base_name(options->operand);
	char *path = output_path(options);
	bool to_stdout = strcmp(path, "-") == 0;
	bool good = to_stdout ? write_stdout(name, recording) : write_file(path, name, recording);
	if (good && !to_stdout)
		printf("%s\n", path);
	free(path);
	return good;
}

int command_trace_view(int argc, char **argv)
{
	struct options options;
	int code = options_parse(&options, COMMAND_VIEW, argc, argv);
	if (code >= 0)
		return code;
	struct view_recording *recording = memory_get_zeroed(sizeof *recording);
	bool good = view_read(recording, options.operand) && write_page(&options, recording);
	good = good && !recording->end.damaged;
	view_free(recording);
	free(recording);
	return good ? EXIT_GOOD : EXIT_TROUBLE;
}
