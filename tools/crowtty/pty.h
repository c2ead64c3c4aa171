/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Pseudo-terminals that other programs open, and how to know when they do.
 *
 * The kernel says nothing to the master's side when somebody opens the other one, and
 * reports "hung up" without end while nobody has. So a pty is watched with inotify while it is
 * closed, and is a plain libuv stream from being opened until the last one closes it:
 *
 *     pty_new -> (opened: on_open, pty_take, ... stream ends, pty_released)* -> pty_free
 *
 * The terminal is raw each time it is opened, and begins empty.
 */
#ifndef CROWTTY_PTY_H
#define CROWTTY_PTY_H

#include <stdbool.h>
#include <uv.h>

struct pty;

/* One inotify for all. */
struct pty_watch {
	int fd;
	uv_poll_t poll;
	struct pty *all;
	bool is_open;
};

struct pty {
	struct pty_watch *watch;
	struct pty *next;
	int master;
	int descriptor; /* inotify's name for it */
	char path[64];
	char *link;  /* the symlink to it, or NULL */
	bool in_use; /* from on_open to pty_released() */
	bool hidden;
	void (*on_open)(struct pty *pty);
	void *data; /* the user's */
};

/* Returns false after reporting an error. */
bool pty_watch_open(uv_loop_t *loop, struct pty_watch *watch);
void pty_watch_close(struct pty_watch *watch);

/*
 * Makes a pty and, unless `link` is NULL, a symlink to it; one left by an earlier crowtty
 * is replaced, anything else is an error. on_open is called from the loop, never from
 * here. Returns NULL after reporting an error.
 */
struct pty *pty_new(struct pty_watch *watch, const char *link, void (*on_open)(struct pty *pty),
		    void *data);

/* A file descriptor to read and write it with: the caller's, to be closed before
 * pty_released(). */
int pty_take(struct pty *pty);

/* The stream has ended: throw away what was not read, and watch for the next one. */
void pty_released(struct pty *pty);

/* Removes the symlink and calls on_open no more. */
void pty_hide(struct pty *pty);

/* Also hides. */
void pty_free(struct pty *pty);

#endif
