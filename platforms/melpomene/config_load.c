/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "config_load.h"
#include "tell.h"

/* Runs `mnconfig encode FILE` with its output to a pipe; returns 0 or an error number. */
static int start(const char *file, pid_t *pid, int *output)
{
	const char *const argv[] = {MELPOMENE_PYTHON,
				    MELPOMENE_MNCONFIG,
				    "--platform",
				    "melpomene",
				    "encode",
				    "--",
				    file,
				    NULL};
	posix_spawn_file_actions_t actions;
	int ends[2], error;

	if (pipe2(ends, O_CLOEXEC))
		return errno;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	error = posix_spawn(pid, argv[0], &actions, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	*output = ends[0];
	if (error)
		close(ends[0]);
	return error;
}

/* Reads to the end; returns how much there was, `cap` being too much. */
static size_t read_all(int fd, uint8_t *blob, size_t cap)
{
	size_t len = 0;
	ssize_t n;

	while (len < cap && (n = read(fd, blob + len, cap - len)) != 0) {
		if (n > 0)
			len += (size_t)n;
		else if (errno != EINTR)
			break;
	}
	close(fd);
	return len;
}

static bool decode(struct mn_config *config, const char *file, const uint8_t *blob, size_t len)
{
	const char *key = NULL;
	const enum mn_error error = mn_config_decode(config, blob, len, &key);

	if (error == MN_OK)
		return true;
	tell("%s: %s %s: %s; is " MELPOMENE_MNCONFIG " of another version?", file,
	     "mnconfig and melpomene disagree", key ? key : "on the format", mn_error_text(error));
	return false;
}

/* One that is installed may outlive the source tree that it was built in. */
static bool has_mnconfig(const char *file)
{
	if (access(MELPOMENE_MNCONFIG, R_OK) == 0)
		return true;
	tell("cannot read %s: that takes " MELPOMENE_MNCONFIG
	     ", of the source tree that melpomene was built in: %s; a melpomene that is built "
	     "with meson's -Dconfig=%s has that board without it",
	     file, strerror(errno), file);
	return false;
}

bool config_load(struct mn_config *config, const char *file)
{
	if (!has_mnconfig(file))
		return false;
	uint8_t blob[MN_CONFIG_BLOB_MAX + 1];
	int output = -1, status;
	pid_t pid = 0;
	const int error = start(file, &pid, &output);

	if (error) {
		tell("cannot run " MELPOMENE_PYTHON " to read %s: %s", file, strerror(error));
		return false;
	}
	const size_t len = read_all(output, blob, sizeof blob);

	if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return false; /* mnconfig has told what is wrong, on the same standard error */
	return decode(config, file, blob, len);
}
