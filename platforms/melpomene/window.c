/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <mnemos/trace.h>
#include "tell.h"
#include "window.h"
#include "window_message.h"

#define PROGRAM "melpomene-window"

/* So much of what it says is heard before the machine has a turn again: a part of what the ring of
 * keys holds. After a time in which the machine stood still there may be much more. */
#define HEARD_MOST 8

const char *window_impossible(void)
{
	static const char *const places[] = {"DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"};

	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		const char *place = getenv(places[i]);

		if (place && *place)
			return NULL;
	}
	return "no display server ($DISPLAY, $WAYLAND_DISPLAY)";
}

/* ---- Its end --------------------------------------------------------------------------- */

/* No more is said to it or heard from it. Keys that are down in it will not be released there. */
static void hang_up(struct window *window)
{
	if (!window->open)
		return;
	window->open = false;
	uv_close((uv_handle_t *)&window->poll, NULL);
	close(window->socket);
	munmap(window->shared.pixels, window->shared.stride * (size_t)window->shared.height);
	if (window->config.keys)
		mn_key_device_release_all(window->config.keys);
}

static void ended(uv_process_t *process, int64_t code, int by)
{
	struct window *window = process->data;

	hang_up(window);
	if (by)
		tell("the window was ended by SIG%s; the machine goes on without",
		     sigabbrev_np(by));
	else if (code != WINDOW_TOLD)
		tell("the window has ended with %d; the machine goes on without", (int)code);
	uv_close((uv_handle_t *)process, NULL);
}

void window_close(struct window *window)
{
	hang_up(window);
	if (window->process.data && !uv_is_closing((uv_handle_t *)&window->process))
		uv_close((uv_handle_t *)&window->process, NULL);
}

/* ---- Frames ---------------------------------------------------------------------------- */

/* Sends what is there to be shown, if the window has taken what was before. */
static void send_frame(struct window *window)
{
	const struct mn_rect rect = window->unsent;
	const struct window_frame frame = {rect.x, rect.y, rect.width, rect.height};

	if (!window->open || window->busy || mn_rect_is_empty(&rect))
		return;
	mn_bitmap_copy(&window->shared, rect.x, rect.y, window->config.shown, &rect);
	window->unsent = (struct mn_rect){0};
	window->busy = true;
	/* There is room for one; where there is nobody, the end is heard of in a moment. */
	send(window->socket, &frame, sizeof frame, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void window_show(struct window *window, const struct mn_rect *dirty)
{
	window->unsent = mn_rect_unite(&window->unsent, dirty);
	send_frame(window);
}

/* ---- What it says ------------------------------------------------------------------------ */

static void key(struct window *window, uint16_t usage, enum mn_key_kind kind)
{
	const uint16_t number = mn_key_from_usb(usage);
	struct mn_interrupt frame;

	if (!window->config.keys || number == 0)
		return;
	mn_interrupt_enter(&frame, window->config.kernel, WINDOW_INTERRUPT);
	mn_key_device_put(window->config.keys, number, kind);
	mn_interrupt_exit(&frame);
}

static void set_locks(struct window *window, uint16_t locks)
{
	struct mn_interrupt frame;

	if (!window->config.keys)
		return;
	mn_interrupt_enter(&frame, window->config.kernel, WINDOW_INTERRUPT);
	mn_key_device_set_locks(window->config.keys,
				(uint8_t)((locks & WINDOW_CAPS_LOCK ? MN_KEY_CAPS_LOCK : 0) |
					  (locks & WINDOW_NUM_LOCK ? MN_KEY_NUM_LOCK : 0)));
	mn_interrupt_exit(&frame);
}

static void take_frame(struct window *window)
{
	window->taken++;
	window->busy = false;
	send_frame(window);
}

/* Whether it made sense. */
static bool act(struct window *window, const struct window_event *event)
{
	if (event->key >= WINDOW_KEYS)
		return false;
	switch (event->what) {
	case WINDOW_TAKEN:
		if (!window->busy)
			return false;
		take_frame(window);
		return true;
	case WINDOW_PRESSED:
		key(window, event->key, MN_KEY_PRESSED);
		return true;
	case WINDOW_HELD:
		key(window, event->key, MN_KEY_HELD);
		return true;
	case WINDOW_RELEASED:
		key(window, event->key, MN_KEY_RELEASED);
		return true;
	case WINDOW_LOCKS:
		set_locks(window, event->key);
		return true;
	case WINDOW_CLOSED:
		window->config.closed(window->config.context);
		return true;
	default:
		return false;
	}
}

static void said(uv_poll_t *poll, int status, int events)
{
	struct window *window = poll->data;
	struct window_event event;

	(void)status, (void)events;
	for (int heard = 0; window->open && heard < HEARD_MOST; heard++) {
		const ssize_t n =
			recv(window->socket, &event, sizeof event, MSG_DONTWAIT | MSG_TRUNC);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n == sizeof event && act(window, &event))
			continue;
		if (n > 0) {
			tell("the window talks nonsense");
			uv_process_kill(&window->process, SIGTERM);
		}
		hang_up(window);
	}
}

/* ---- Its start ----------------------------------------------------------------------------- */

/* Memory that can be shared, of a size that nobody can change; returns its file, or -1. */
static int open_memory(struct window *window)
{
	const struct mn_bitmap *shown = window->config.shown;
	const size_t size = (size_t)shown->width * (size_t)shown->height * WINDOW_PIXEL;
	const int fd = memfd_create("melpomene screen", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *memory = MAP_FAILED;

	if (fd >= 0 && ftruncate(fd, (off_t)size) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory != MAP_FAILED) {
		mn_bitmap_init(&window->shared, MN_RGB888, MN_OPAQUE, shown->width, shown->height,
			       memory, size);
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

/* The program beside this one. */
static int path_of_program(char path[PATH_MAX])
{
	size_t len = PATH_MAX - sizeof PROGRAM;
	const int error = uv_exepath(path, &len);

	if (!error)
		memcpy(strrchr(path, '/') + 1, PROGRAM, sizeof PROGRAM);
	return error;
}

/* With nothing open but its errors, its end of the socket, and the memory. */
static int spawn(struct window *window, int socket, int memory)
{
	const struct window_config *config = &window->config;
	char path[PATH_MAX], width[12], height[12], scaling[12];
	char *args[] = {path, width, height, scaling, (char *)(uintptr_t)config->title, NULL};
	uv_stdio_container_t files[] = {
		{.flags = UV_IGNORE},
		{.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
		{.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
		[WINDOW_SOCKET] = {.flags = UV_INHERIT_FD, .data.fd = socket},
		[WINDOW_MEMORY] = {.flags = UV_INHERIT_FD, .data.fd = memory},
	};
	const uv_process_options_t options = {
		.exit_cb = ended,
		.file = path,
		.args = args,
		.stdio = files,
		.stdio_count = sizeof files / sizeof files[0],
	};
	int error = path_of_program(path);

	snprintf(width, sizeof width, "%d", (int)config->shown->width);
	snprintf(height, sizeof height, "%d", (int)config->shown->height);
	snprintf(scaling, sizeof scaling, "%u", config->scaling);
	if (!error) {
		error = uv_spawn(config->loop, &window->process, &options);
		window->process.data = window; /* to be closed, also after an error */
	}
	if (error)
		tell("no window: cannot run " PROGRAM ": %s", uv_strerror(error));
	return error;
}

static bool start(struct window *window, int memory)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
		tell("no socket for a window: %s", strerror(errno));
		return false;
	}
	window->socket = ends[0];
	const int error = spawn(window, ends[1], memory);

	close(ends[1]);
	if (error)
		close(ends[0]);
	return !error;
}

bool window_open(struct window *window, const struct window_config *config)
{
	window->config = *config;
	const int memory = open_memory(window);

	if (memory < 0) {
		tell("no memory for a window: %s", strerror(errno));
		return false;
	}
	window->open = start(window, memory);
	close(memory);
	if (!window->open) {
		munmap(window->shared.pixels,
		       window->shared.stride * (size_t)window->shared.height);
		return false;
	}
	uv_poll_init(config->loop, &window->poll, window->socket);
	window->poll.data = window;
	uv_poll_start(&window->poll, UV_READABLE, said);
	return true;
}
