/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <termios.h>
#include <unistd.h>

#include "log.h"
#include "memory.h"
#include "pty.h"

/* Opened, or left bytes behind that were not read yet? */
static bool has_somebody(const struct pty *pty)
{
	struct pollfd master = {.fd = pty->master, .events = POLLIN};
	poll(&master, 1, 0);
	return (master.revents & POLLIN) || !(master.revents & POLLHUP);
}

static void check(struct pty *pty)
{
	if (pty->in_use || pty->hidden || !has_somebody(pty))
		return;
	pty->in_use = true;
	pty->on_open(pty);
}

static void something_opened(uv_poll_t *poll, int status, int events)
{
	struct pty_watch *watch = poll->data;
	(void)status;
	(void)events;
	_Alignas(struct inotify_event) char buffer[4096];
	while (read(watch->fd, buffer, sizeof buffer) > 0)
		;
	/* Which one it was is not looked up: events can be merged or lost, the state cannot. */
	for (struct pty *pty = watch->all; pty; pty = pty->next)
		check(pty);
}

bool pty_watch_open(uv_loop_t *loop, struct pty_watch *watch)
{
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd < 0) {
		log_fatal("cannot watch pseudo-terminals: %s", strerror(errno));
		return false;
	}
	uv_poll_init(loop, &watch->poll, watch->fd);
	watch->poll.data = watch;
	uv_poll_start(&watch->poll, UV_READABLE, something_opened);
	watch->is_open = true;
	return true;
}

static void watch_closed(uv_handle_t *poll)
{
	struct pty_watch *watch = poll->data;
	close(watch->fd);
}

void pty_watch_close(struct pty_watch *watch)
{
	if (watch->is_open)
		uv_close((uv_handle_t *)&watch->poll, watch_closed);
	watch->is_open = false;
}

static int make_raw(int slave)
{
	struct termios raw;
	if (tcgetattr(slave, &raw))
		return -1;
	cfmakeraw(&raw);
	return tcsetattr(slave, TCSANOW, &raw);
}

/*
 * Empty, and raw unless somebody is about to use it, who may have set it to what they like; they
 * have not been given anything yet. Closing it again is what makes the master report "hung up".
 */
static int prepare(struct pty *pty, bool raw)
{
	int slave = open(pty->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (slave < 0)
		return -1;
	int error = raw ? make_raw(slave) : 0;
	tcflush(slave, TCIFLUSH);
	close(slave);
	return error;
}

static bool open_pair(struct pty *pty)
{
	pty->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (pty->master < 0)
		return false;
	if (grantpt(pty->master) || unlockpt(pty->master) ||
	    ptsname_r(pty->master, pty->path, sizeof pty->path) || prepare(pty, true))
		return false;
	pty->descriptor = inotify_add_watch(pty->watch->fd, pty->path, IN_OPEN);
	return pty->descriptor >= 0;
}

static bool points_to_a_pty(const char *link)
{
	char target[PATH_MAX];
	ssize_t len = readlink(link, target, sizeof target - 1);
	return len > 0 && strncmp(target, "/dev/pts/", 9) == 0;
}

static bool make_link(struct pty *pty, const char *link)
{
	if (points_to_a_pty(link))
		unlink(link);
	if (symlink(pty->path, link)) {
		log_fatal("cannot make the symlink %s: %s", link, strerror(errno));
		return false;
	}
	pty->link = memory_copy_text(link);
	return true;
}

struct pty *pty_new(struct pty_watch *watch, const char *link, void (*on_open)(struct pty *pty),
		    void *data)
{
	struct pty *pty = memory_get_zeroed(sizeof *pty);
	pty->watch = watch;
	pty->on_open = on_open;
	pty->data = data;
	pty->next = watch->all;
	watch->all = pty;
	if (!open_pair(pty)) {
		log_fatal("cannot make a pseudo-terminal: %s", strerror(errno));
		pty_free(pty);
		return NULL;
	}
	if (link && !make_link(pty, link)) {
		pty_free(pty);
		return NULL;
	}
	return pty;
}

int pty_take(struct pty *pty)
{
	return fcntl(pty->master, F_DUPFD_CLOEXEC, 0);
}

void pty_released(struct pty *pty)
{
	pty->in_use = false;
	if (pty->hidden)
		return;
	prepare(pty, !has_somebody(pty));
	check(pty);
}

void pty_hide(struct pty *pty)
{
	pty->hidden = true;
	char target[PATH_MAX] = "";
	if (pty->link && readlink(pty->link, target, sizeof target - 1) > 0 &&
	    strcmp(target, pty->path) == 0)
		unlink(pty->link);
	free(pty->link);
	pty->link = NULL;
}

void pty_free(struct pty *pty)
{
	pty_hide(pty);
	struct pty **at = &pty->watch->all;
	while (*at != pty)
		at = &(*at)->next;
	*at = pty->next;
	if (pty->master >= 0)
		close(pty->master);
	free(pty);
}
