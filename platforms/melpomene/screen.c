/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include "screen.h"

_Static_assert((int)MN_CONFIG_FORMAT_MONO == MN_MONO && (int)MN_CONFIG_FORMAT_GRAY8 == MN_GRAY8 &&
		       (int)MN_CONFIG_FORMAT_RGB565 == MN_RGB565 &&
		       (int)MN_CONFIG_FORMAT_RGB888 == MN_RGB888,
	       "the configuration's formats are those of bitmaps");

static const char *const format_names[] = {"mono", "gray8", "rgb565", "rgb888"};

/* ---- Frames ---------------------------------------------------------------------------- */

/* Shows the frame of the last presents, if the server has counted it and it is not shown yet. */
static void end_frame(struct screen *screen)
{
	if (screen->frames == screen->server.stats.frames)
		return;
	screen->frames = screen->server.stats.frames;
	screen_capture_frame(&screen->capture, screen->presented_us);
	if (screen->window.open)
		window_show(&screen->window, &screen->dirty);
	screen->dirty = (struct mn_rect){0};
}

/* A part of a frame; the other parts follow before the machine gets to sleep. */
static mn_poll present(struct mn_display_device *device, const struct mn_rect *dirty)
{
	struct screen *screen = MN_CONTAINER(device, struct screen, device);

	end_frame(screen);
	mn_bitmap_copy(&screen->shown, dirty->x, dirty->y, &device->screen, dirty);
	screen->dirty = mn_rect_unite(&screen->dirty, dirty);
	screen->presented_us = mn_platform_now_us(screen->kernel);
	return MN_OK;
}

static size_t shown_size(const struct mn_config_display *config)
{
	return mn_bitmap_size(MN_RGB888, MN_OPAQUE, config->width, config->height);
}

static size_t pixels_size(const struct mn_config_display *config)
{
	return mn_bitmap_size((enum mn_pixel_format)config->format, MN_OPAQUE, config->width,
			      config->height);
}

size_t screen_memory(const struct mn_config_display *config)
{
	if (!config->enabled)
		return 0;
	return memory_for(pixels_size(config)) + memory_for(shown_size(config));
}

static void open_device(struct screen *screen, struct memory *memory,
			const struct mn_config_display *config)
{
	const size_t pixels = pixels_size(config), shown = shown_size(config);
	const unsigned rate = config->frames_per_second;

	screen->device.frame_us = (1000000 + rate - 1) / rate;
	screen->device.present = present;
	mn_bitmap_init(&screen->device.screen, (enum mn_pixel_format)config->format, MN_OPAQUE,
		       config->width, config->height, memory_take(memory, pixels), pixels);
	mn_bitmap_init(&screen->shown, MN_RGB888, MN_OPAQUE, config->width, config->height,
		       memory_take(memory, shown), shown);
}

/* ---- The window ------------------------------------------------------------------------ */

/* "MnemOS", and which: the name of the configuration's file, without what it ends with. */
static const char *title(const struct options *options, char *text, size_t cap)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s", options->config ? options->config : "melpomene");
	snprintf(text, cap, "MnemOS - %s", basename(path));
	char *const dot = strrchr(text, '.');

	if (dot)
		*dot = '\0';
	return text;
}

/* Without one the machine goes on: what it is for may be heard elsewhere. */
static void open_window(struct screen *screen, const struct screen_config *config)
{
	const bool has_keys = config->config->services.keyboard_mux.enabled;
	char text[80];

	screen->headless = config->options->no_window ? "" : window_impossible();
	if (screen->headless)
		return;
	const struct window_config window = {
		.kernel = config->kernel,
		.loop = config->loop,
		.shown = &screen->shown,
		.keys = has_keys ? &screen->keys : NULL,
		.scaling = config->config->platform.display.scaling,
		.title = title(config->options, text, sizeof text),
		.closed = config->closed,
		.context = config->context,
	};

	if (has_keys)
		mn_key_device_start(&screen->keys, config->kernel, "window");
	if (!window_open(&screen->window, &window))
		screen->headless = "it cannot be started";
}

/* ---- The screen ------------------------------------------------------------------------ */

bool screen_open(struct screen *screen, const struct screen_config *config)
{
	const struct mn_config_display *display = &config->config->platform.display;

	if (!display->enabled)
		return true;
	screen->kernel = config->kernel;
	open_device(screen, config->memory, display);
	if (!screen_capture_open(&screen->capture, config->options, &screen->shown))
		return false;
	open_window(screen, config);
	mn_display_start(&screen->server, config->kernel, &screen->device, NULL);
	return true;
}

/* A kernel that is never idle has a clock that goes on, and has had its time then. */
void screen_work(struct screen *screen, bool idle)
{
	const uint64_t due_us = screen_due_us(screen);

	if (!screen->kernel)
		return;
	end_frame(screen);
	if (due_us == MN_NEVER)
		return;
	const uint64_t now_us = mn_platform_now_us(screen->kernel);

	if (idle ? now_us >= due_us : now_us > due_us)
		screen_capture_take(&screen->capture, now_us);
}

bool screen_finish(struct screen *screen)
{
	if (!screen->kernel)
		return true;
	end_frame(screen);
	return screen_capture_finish(&screen->capture, mn_platform_now_us(screen->kernel));
}

void screen_introduce(const struct screen *screen)
{
	const struct mn_bitmap *bitmap = &screen->device.screen;

	if (!screen->kernel)
		return;
	printf("screen: %dx%d %s, ", (int)bitmap->width, (int)bitmap->height,
	       format_names[bitmap->format]);
	if (!screen->headless)
		puts("in a window");
	else if (*screen->headless)
		printf("without a window: %s\n", screen->headless);
	else
		puts("without a window");
}

void screen_print(const struct screen *screen)
{
	if (!screen->kernel)
		return;
	printf("screen: %u frames", (unsigned)screen->frames);
	if (screen->window.open)
		printf("; the window has taken %u, %s the last", (unsigned)screen->window.taken,
		       window_is_behind(&screen->window) ? "not yet" : "also");
	puts("");
}

void screen_close(struct screen *screen)
{
	window_close(&screen->window);
	screen_capture_close(&screen->capture);
}
