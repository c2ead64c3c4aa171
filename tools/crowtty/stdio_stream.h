/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Standard input and output as libuv streams.
 *
 * A stream wants its file non-blocking, but that setting belongs to the open file,
 * which the shell and other programs share. So pipes and terminals are opened a second
 * time, for us alone.
 */
#ifndef CROWTTY_STDIO_STREAM_H
#define CROWTTY_STDIO_STREAM_H

#include <uv.h>

/* Returns 0 with `stream` open on what `fd` (0 or 1) is, or libuv's error: UV_ENOTSUP
 * for files and devices that cannot be waited for, to be read or written directly. */
int stdio_stream_open(uv_loop_t *loop, uv_pipe_t *stream, int fd);

#endif
