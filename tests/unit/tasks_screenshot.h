/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* For tests of the screenshot daemon: one with a display and a line, and a host that asks it. */
#ifndef TESTS_TASKS_SCREENSHOT_H
#define TESTS_TASKS_SCREENSHOT_H

#include "bytes.h"
#include "serial.h"
#include "tasks_display.h"
#include <mnemos/daemons/screenshot.h>

#define WIDTH 60
#define HEIGHT 45
#define FRAME_US 16000
#define LINE 65536
#define SECOND UINT64_C(1000000)

/* Longest stream that a test looks at. */
#define STREAM_MAX (64 * 1024)

struct shot {
	struct sim *sim;
	struct serial *serial;
	struct mn_serial_mux mux;
	struct mn_display_device device;
	struct mn_display display;
	struct painter *painter;
	struct mn_screenshot_daemon daemon;
	struct mn_bitmap shown;
	uint8_t stream[STREAM_MAX]; /* of the port, so far */
	size_t len;
	struct mn_screenshot_reader reader;
};

static inline struct shot *shot_new(struct sim *sim, size_t line)
{
	struct shot *shot = calloc(1, sizeof *shot);

	assert_non_null(shot);
	shot->sim = sim;
	shot->serial = serial_new(sim, line, line, NULL);
	mn_serial_mux_start(&shot->mux, &sim->kernel,
			    &(struct mn_serial_mux_config)MN_SERIAL_MUX_DEFAULTS);
	mn_screenshot_daemon_start(&shot->daemon, &sim->kernel,
				   &(struct mn_screenshot_daemon_config)MN_SCREENSHOT_DEFAULTS);
	serial_attach(shot->serial);
	return shot;
}

/* A screen with nothing on it. */
static inline void start_display(struct shot *shot, enum mn_pixel_format format)
{
	uint64_t seed = 5;

	shot->device.screen = bitmap_new(format, MN_OPAQUE, WIDTH, HEIGHT);
	shot->device.frame_us = FRAME_US;
	mn_display_start(&shot->display, &shot->sim->kernel, &shot->device, NULL);
	shot->painter = painter_new(shot->sim);
	shot->shown = bitmap_new(format, MN_OPAQUE, WIDTH, HEIGHT);
	for (int32_t y = 0; y < HEIGHT; y++)
		for (int32_t x = 0; x < WIDTH; x++)
			if (y > 30 || (y > 10 && x % 7 == 0))
				mn_bitmap_fill(&shot->shown, &(struct mn_rect){x, y, 1, 1},
					       MN_RGB(chance(&seed), chance(&seed), y));
	sim_settle(shot->sim);
}

/* On all of it a layer with lines, letters and noise. */
static inline void draw_picture(struct shot *shot)
{
	const struct mn_layer_config config = {.format = shot->shown.format};

	assert_int_equal(paint_open(shot->painter, &config), MN_OK);
	assert_int_equal(paint_chunk(shot->painter, DRAW, &shot->shown, 0, 0), MN_OK);
}

static inline void show(struct shot *shot, enum mn_pixel_format format)
{
	start_display(shot, format);
	draw_picture(shot);
	sim_run_for(shot->sim, 2 * FRAME_US);
}

static inline mn_poll present_never(struct mn_display_device *device, const struct mn_rect *dirty)
{
	static struct mn_sleep nap;

	(void)device;
	(void)dirty;
	return mn_sleep(&nap, 1000 * SECOND);
}

static inline struct shot *shot_of(struct sim *sim, enum mn_pixel_format format)
{
	struct shot *shot = shot_new(sim, LINE);

	show(shot, format);
	return shot;
}

static inline void shot_free(struct shot *shot)
{
	sim_cancel_all(shot->sim);
	serial_free(shot->serial);
	free(shot->painter);
	bitmap_free(&shot->shown);
	bitmap_free(&shot->device.screen);
	free(shot);
}

static inline void ask(struct shot *shot, enum mn_screenshot_request_kind kind, uint32_t id)
{
	const struct mn_screenshot_request request = {kind, MN_SCREENSHOT_VERSION, id};
	uint8_t wire[MN_SCREENSHOT_REQUEST_MAX];
	const size_t len = mn_screenshot_encode_request(wire, sizeof wire, &request);

	assert_true(serial_feed_frame(shot->serial, MN_SERMUX_SCREENSHOT, wire, len) > 0);
}

/* Takes what has come on the port, to what came before. */
static inline void hear(struct shot *shot)
{
	shot->len += serial_payload(shot->serial, MN_SERMUX_SCREENSHOT, shot->stream + shot->len,
				    STREAM_MAX - shot->len);
	serial_forget(shot->serial);
}

/* What becomes of the answer to `id` in all that was heard; and how many other messages there are,
 * if anybody wants to know. */
static inline enum mn_screenshot_news answer_to(struct shot *shot, uint32_t id, unsigned *others)
{
	enum mn_screenshot_news news = MN_SCREENSHOT_NOTHING;
	struct mn_screenshot_reader *reader = &shot->reader;

	free(reader->pixels);
	*reader = (struct mn_screenshot_reader){.id = id};
	hear(shot);
	for (size_t at = 0; at < shot->len && news <= MN_SCREENSHOT_MORE;) {
		const uint8_t *end = memchr(shot->stream + at, 0, shot->len - at);
		const size_t len = end ? (size_t)(end - shot->stream) - at : shot->len - at;
		uint8_t *copy = bytes_exact(shot->stream + at, len);

		news = end ? mn_screenshot_take(reader, copy, len) : news;
		free(copy);
		at += len + 1;
		if (news == MN_SCREENSHOT_BEGUN)
			reader->pixels = malloc((size_t)mn_screenshot_units(&reader->picture) *
						mn_screenshot_unit(reader->picture.format));
		else if (news == MN_SCREENSHOT_NOTHING && others)
			++*others;
	}
	return news;
}

/* A colour of the picture, as mn_bitmap_at would say it. */
static inline mn_color color_at(const struct shot *shot, int32_t x, int32_t y)
{
	const struct mn_screenshot_picture *picture = &shot->reader.picture;
	const uint32_t bytes = mn_screenshot_unit(picture->format);
	const uint32_t row = mn_screenshot_row(picture);
	const uint8_t *pixels = shot->reader.pixels;
	uint8_t memory[WIDTH * 4];
	uint32_t *words = (uint32_t *)(void *)memory;
	struct mn_bitmap bitmap;

	assert_true(mn_bitmap_init(&bitmap, (enum mn_pixel_format)picture->format, MN_OPAQUE, WIDTH,
				   1, words, sizeof memory));
	memcpy(memory, pixels + (size_t)y * row * bytes, (size_t)row * bytes);
	if (picture->format == MN_SCREENSHOT_RGB888)
		for (uint32_t i = row; i-- > 0;)
			words[i] = (uint32_t)(memory[3 * i + 2] << 16 | memory[3 * i + 1] << 8 |
					      memory[3 * i]);
	return mn_bitmap_at(&bitmap, x, 0);
}

static inline void assert_is_what_is_shown(const struct shot *shot)
{
	assert_int_equal(shot->reader.picture.format, shot->shown.format);
	assert_int_equal(shot->reader.picture.width, WIDTH);
	assert_int_equal(shot->reader.picture.height, HEIGHT);
	for (int32_t y = 0; y < HEIGHT; y++)
		for (int32_t x = 0; x < WIDTH; x++)
			assert_int_equal(color_at(shot, x, y), mn_bitmap_at(&shot->shown, x, y));
}

static inline void forget(struct shot *shot)
{
	free(shot->reader.pixels);
	shot->reader = (struct mn_screenshot_reader){0};
	shot->len = 0;
	serial_forget(shot->serial);
}

static inline void finish(struct shot *shot)
{
	forget(shot);
	shot_free(shot);
}

static inline void assert_refused(struct shot *shot, uint32_t id, enum mn_error why)
{
	assert_int_equal(answer_to(shot, id, NULL), MN_SCREENSHOT_NOT);
	assert_int_equal(shot->reader.why, why);
}

static inline void assert_sent(struct shot *shot, uint32_t id)
{
	assert_int_equal(answer_to(shot, id, NULL), MN_SCREENSHOT_DONE);
	assert_is_what_is_shown(shot);
}

#endif
