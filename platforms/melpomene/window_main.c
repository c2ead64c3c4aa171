/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * melpomene-window: shows melpomene's screen and hears the keyboard, by SDL. melpomene starts it;
 * see window_message.h.
 *
 * The main thread sleeps in SDL until there is an event. Another thread reads the socket, and
 * makes SDL events of the frames; when the socket ends it ends the process, in whatever the main
 * thread may hang: so it is there before the display server is first spoken to.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <SDL.h>
#include "tell.h"
#include "window_message.h"

static struct view {
	int width, height; /* of the picture */
	const uint32_t *picture;
	SDL_Window *window;
	SDL_Renderer *renderer;
	SDL_Texture *texture;
	uint32_t frame_event;
	struct window_frame frame; /* under way: from the reader's push to the answer */
	atomic_bool busy;          /* there is one */
} view;

/* What its libraries hold goes with the process. */
_Noreturn static void end(int code)
{
	_Exit(code);
}

_Noreturn static void fail(const char *what, const char *why)
{
	tell("no window: %s: %s; the machine goes on without", what, why);
	end(WINDOW_TOLD);
}

/* ---- Frames ---------------------------------------------------------------------------- */

static bool is_within(const struct window_frame *frame)
{
	return frame->x >= 0 && frame->y >= 0 && frame->width > 0 && frame->height > 0 &&
	       frame->width <= view.width - frame->x && frame->height <= view.height - frame->y;
}

static int read_frames(void *nothing)
{
	SDL_Event event = {.type = view.frame_event};
	struct window_frame frame;
	ssize_t n;

	(void)nothing;
	while ((n = recv(WINDOW_SOCKET, &frame, sizeof frame, MSG_TRUNC)) > 0) {
		if (n != sizeof frame || !is_within(&frame) || atomic_exchange(&view.busy, true))
			fail("melpomene", "talks nonsense");
		view.frame = frame;
		if (SDL_PushEvent(&event) < 0)
			fail("no events", SDL_GetError());
	}
	end(0);
}

static void say(enum window_what what, uint16_t key)
{
	const struct window_event event = {(uint16_t)what, key};

	/* If nobody hears it the reader ends the process in a moment. */
	send(WINDOW_SOCKET, &event, sizeof event, MSG_NOSIGNAL);
}

/* What is beside the picture is dark gray, so that its edges show. */
static void draw(void)
{
	SDL_SetRenderDrawColor(view.renderer, 40, 40, 40, 255);
	SDL_RenderClear(view.renderer);
	SDL_RenderCopy(view.renderer, view.texture, NULL, NULL);
	SDL_RenderPresent(view.renderer);
}

static void take_frame(void)
{
	const SDL_Rect rect = {view.frame.x, view.frame.y, view.frame.width, view.frame.height};
	const uint32_t *first = view.picture + (ptrdiff_t)rect.y * view.width + rect.x;

	SDL_UpdateTexture(view.texture, &rect, first, view.width * WINDOW_PIXEL);
	atomic_store(&view.busy, false);
	say(WINDOW_TAKEN, 0);
	draw();
}

/* ---- The window --------------------------------------------------------------------------- */

/* Whole numbers of pixels for one, unless there is not even room for one. */
static void resized(void)
{
	int width, height;

	SDL_GetRendererOutputSize(view.renderer, &width, &height);
	SDL_RenderSetIntegerScale(view.renderer, width >= view.width && height >= view.height);
	draw();
}

/* They may have been locked before the window had the keyboard. SDL has turned them over already if
 * this is their key. */
static void say_locks(uint16_t modifiers)
{
	static uint16_t said;
	const uint16_t locks = (uint16_t)((modifiers & KMOD_CAPS ? WINDOW_CAPS_LOCK : 0) |
					  (modifiers & KMOD_NUM ? WINDOW_NUM_LOCK : 0));

	if (locks != said)
		say(WINDOW_LOCKS, locks);
	said = locks;
}

/* SDL itself releases what is down when the window loses the keyboard. */
static void key(const SDL_KeyboardEvent *event)
{
	if (event->keysym.scancode >= WINDOW_KEYS)
		return;
	say_locks(event->keysym.mod);
	say(event->type == SDL_KEYUP ? WINDOW_RELEASED
	    : event->repeat          ? WINDOW_HELD
				     : WINDOW_PRESSED,
	    (uint16_t)event->keysym.scancode);
}

static void act(const SDL_Event *event)
{
	switch (event->type) {
	case SDL_KEYDOWN:
	case SDL_KEYUP:
		key(&event->key);
		break;
	case SDL_WINDOWEVENT:
		if (event->window.event == SDL_WINDOWEVENT_SIZE_CHANGED ||
		    event->window.event == SDL_WINDOWEVENT_EXPOSED)
			resized();
		break;
	case SDL_QUIT:
		say(WINDOW_CLOSED, 0);
		break;
	default:
		if (event->type == view.frame_event)
			take_frame();
	}
}

/* The scaling that was asked for, or what fits on the desktop. */
static int fitting(int scaling)
{
	SDL_Rect desktop;

	if (SDL_GetDisplayUsableBounds(0, &desktop) == 0)
		while (scaling > 1 &&
		       (view.width * scaling > desktop.w || view.height * scaling > desktop.h))
			scaling--;
	return scaling;
}

/*
 * A window among others, which does not take the desktop's screen saver or effects away. Without
 * OpenGL: to scale a small picture is no work, and where there is no graphics processor OpenGL
 * takes five times the CPU time and ten times the memory. The environment has the last word, see
 * SDL's documentation.
 */
static void set_hints(void)
{
	/* Or else SDL would go on with a window that nobody sees. */
	SDL_SetHint(SDL_HINT_VIDEODRIVER, !SDL_getenv("WAYLAND_DISPLAY") ? "x11"
					  : !SDL_getenv("DISPLAY")       ? "wayland"
									 : "x11,wayland");
	SDL_SetHint(SDL_HINT_RENDER_DRIVER, "software");
	SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
	SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
	SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
	SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
	SDL_SetHint(SDL_HINT_RENDER_SCALE_QUALITY, "nearest");
}

static void open_window(int scaling, const char *title)
{
	if (SDL_Init(SDL_INIT_VIDEO))
		fail("cannot use the display", SDL_GetError());
	/* Keys are wanted as they are, not what an input method makes of them. */
	SDL_StopTextInput();
	scaling = fitting(scaling);
	view.window = SDL_CreateWindow(title, SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED,
				       view.width * scaling, view.height * scaling,
				       SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
	if (view.window)
		view.renderer = SDL_CreateRenderer(view.window, -1, 0);
	if (view.renderer)
		view.texture =
			SDL_CreateTexture(view.renderer, SDL_PIXELFORMAT_RGB888,
					  SDL_TEXTUREACCESS_STREAMING, view.width, view.height);
	if (!view.texture || SDL_RenderSetLogicalSize(view.renderer, view.width, view.height))
		fail("cannot open it", SDL_GetError());
}

static void start_reader(void)
{
	if (SDL_Init(SDL_INIT_EVENTS))
		fail("no events", SDL_GetError());
	view.frame_event = SDL_RegisterEvents(1);
	if (!SDL_CreateThread(read_frames, "frames", NULL))
		fail("no thread", SDL_GetError());
}

static bool map_picture(void)
{
	const size_t size = (size_t)view.width * (size_t)view.height * WINDOW_PIXEL;
	struct stat stat;

	if (view.width <= 0 || view.height <= 0 || fstat(WINDOW_MEMORY, &stat) ||
	    stat.st_size != (off_t)size)
		return false;
	view.picture = mmap(NULL, size, PROT_READ, MAP_SHARED, WINDOW_MEMORY, 0);
	return view.picture != MAP_FAILED;
}

int main(int argc, char **argv)
{
	SDL_Event event;

	if (argc == 5) {
		view.width = atoi(argv[1]);
		view.height = atoi(argv[2]);
	}
	if (argc != 5 || !map_picture()) {
		fputs("melpomene-window: melpomene starts this, see melpomene(1)\n", stderr);
		return 2;
	}
	signal(SIGINT, SIG_IGN); /* they are for melpomene, with which it ends */
	signal(SIGHUP, SIG_IGN);
	set_hints();
	start_reader();
	open_window(atoi(argv[3]), argv[4]);
	while (SDL_WaitEvent(&event))
		act(&event);
	fail("no events", SDL_GetError());
}
