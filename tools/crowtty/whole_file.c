/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "memory.h"
#include "whole_file.h"

/* What errno said where it first went wrong is kept. */
struct outcome {
	bool good;
	int error;
};

static void note(struct outcome *outcome, bool good)
{
	if (outcome->good && !good)
		*outcome = (struct outcome){false, errno};
}

static bool is_written_in_place(const char *path)
{
	struct stat there;
	return lstat(path, &there) == 0 && !S_ISREG(there.st_mode);
}

/* Returns an error number. */
static int why_not(const char *path)
{
	struct stat there;
	char folder[PATH_MAX];
	if (stat(path, &there) == 0 && S_ISDIR(there.st_mode))
		return EISDIR;
	if (strlen(path) >= sizeof folder)
		return ENAMETOOLONG;
	memcpy(folder, path, strlen(path) + 1);
	/* In place also through a link to nothing, which then is something. */
	bool good = is_written_in_place(path) ? access(path, W_OK) == 0 || errno == ENOENT
					      : access(dirname(folder), W_OK | X_OK) == 0;
	return good ? 0 : errno;
}

bool whole_file_is_possible(const char *path)
{
	int error = strcmp(path, "-") == 0 ? 0 : why_not(path);
	if (error)
		log_fatal("cannot write %s: %s", path, strerror(error));
	return !error;
}

/* Writes to one path and then gives it another name, which may be the same. */
static struct outcome write_to(const char *part, const char *path,
			       bool (*write)(FILE *out, void *context), void *context)
{
	struct outcome outcome = {true, 0};
	FILE *out = fopen(part, "wbe");
	note(&outcome, out);
	if (!out)
		return outcome;
	note(&outcome, write(out, context));
	note(&outcome, fclose(out) == 0);
	if (part == path)
		return outcome;
	if (outcome.good)
		note(&outcome, rename(part, path) == 0);
	if (!outcome.good)
		unlink(part);
	return outcome;
}

/* Under a name of our own: another may write the same file now. */
static struct outcome write_beside(const char *path, bool (*write)(FILE *out, void *context),
				   void *context)
{
	char *part;
	if (asprintf(&part, "%s.%d.part", path, (int)getpid()) < 0)
		part = memory_check(NULL);
	struct outcome outcome = write_to(part, path, write, context);
	free(part);
	return outcome;
}

bool whole_file_write(const char *path, bool (*write)(FILE *out, void *context), void *context)
{
	struct outcome outcome = {true, 0};
	if (strcmp(path, "-") == 0) {
		note(&outcome, write(stdout, context) && fflush(stdout) == 0);
		path = "standard output";
	} else if (is_written_in_place(path)) {
		outcome = write_to(path, path, write, context);
	} else {
		outcome = write_beside(path, write, context);
	}
	if (!outcome.good)
		log_fatal("cannot write %s: %s", path, strerror(outcome.error));
	return outcome.good;
}
