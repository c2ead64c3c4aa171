/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* crowtty trace view: a recording as a page. */
#include <string.h>

#include "commands.h"
#include "log.h"
#include "memory.h"
#include "options.h"
#include "view_write.h"
#include "whole_file.h"

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

struct page {
	const char *name;
	const struct view_recording *recording;
};

static bool write_one(FILE *out, void *context)
{
	const struct page *page = context;
	return view_write(out, page->name, page->recording);
}

static bool write_page(const struct options *options, const struct view_recording *recording)
{
	struct page page = {base_name(options->operand), recording};
	char *path = output_path(options);
	bool good = whole_file_write(path, write_one, &page);
	if (good && strcmp(path, "-") != 0)
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
