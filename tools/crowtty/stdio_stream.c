/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "stdio_stream.h"

static int open_again(int fd)
{
	char path[32];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	int access = fcntl(fd, F_GETFL) & O_ACCMODE;
	int again = open(path, access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	/* Sockets cannot be opened again, nor terminals of another user. */
	return again >= 0 ? again : fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

int stdio_stream_open(uv_loop_t *loop, uv_pipe_t *stream, int fd)
{
	switch (uv_guess_handle(fd)) {
	case UV_TTY:
	case UV_NAMED_PIPE:
	case UV_TCP:
		break;
	default:
		return UV_ENOTSUP;
	}
	int again = open_again(fd);
	if (again < 0)
		return UV_EBADF;
	uv_pipe_init(loop, stream, 0);
	int error = uv_pipe_open(stream, again);
	if (error)
		close(again);
	return error;
}
