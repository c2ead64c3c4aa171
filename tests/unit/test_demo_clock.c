/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: what the clock shows at a given time, on screens of any size; that what it draws piece
 * by piece is what it would draw as a whole; and that it says why it ends.
 */
#include <mnemos/daemons/demo_clock.h>
#include <string.h>
#include "demo_screen.h"
#include "golden.h"

#define S 1000000u
#define MORNING_US ((10 * 3600 + 8 * 60 + 37) * (uint64_t)S)

/* One of them ticks alone, or both do, each in a machine of its own. */
static struct mn_demo_clock clocks[2];

/* A clock on a screen of its own, at a time of the day. */
static struct demo_screen *start_one(struct sim *sim, struct mn_demo_clock *ticking, int32_t width,
				     int32_t height, uint64_t time_us)
{
	struct demo_screen *screen = demo_screen_new(sim, width, height);

	memset(ticking, 0, sizeof *ticking);
	mn_demo_clock_start(ticking, &sim->kernel,
			    &(struct mn_demo_clock_config){.time_us = time_us});
	sim_settle(sim);
	return screen;
}

static struct demo_screen *start(struct sim *sim, int32_t width, int32_t height, uint64_t time_us)
{
	struct demo_screen *screen = start_one(sim, &clocks[0], width, height, time_us);

	sim_run_for(sim, DEMO_FRAME_US);
	return screen;
}

static void it_shows_the_time(void **state)
{
	struct sim *sim = *state;
	struct demo_screen *screen = start(sim, 240, 160, MORNING_US);

	golden_check("demo-clock", &screen->device.screen);
	sim_run_for(sim, 3 * S);
	golden_check("demo-clock-3s", &screen->device.screen);
	demo_screen_free(screen);
}

static void it_fits_a_tall_rectangle(void **state)
{
	struct sim *sim = *state;
	struct demo_screen *screen = start(sim, 120, 160, MORNING_US);

	golden_check("demo-clock-tall", &screen->device.screen);
	demo_screen_free(screen);
}

/* What the clock has drawn, if it has been shown or not. */
static const struct mn_bitmap *drawn(const struct demo_screen *screen)
{
	return &screen->display.layers[0].bitmap;
}

/* The text has the frames of the last second, which a clock that has just begun does not know. */
static void assert_equal_but_text(const struct mn_bitmap *a, const struct mn_bitmap *b)
{
	const struct mn_rect *text = &clocks[0].layout.panel;

	for (int32_t y = 0; y < a->height; y++)
		for (int32_t x = 0; x < a->width; x++)
			if (y < text->y || y >= text->y + text->height)
				assert_int_equal(mn_bitmap_at(a, x, y), mn_bitmap_at(b, x, y));
}

/* A clock that has been going for a time, and one that begins at that moment. */
static void check_pieces(struct sim *sim, int32_t width, int32_t height, uint64_t us)
{
	struct demo_screen *going = start(sim, width, height, MORNING_US);
	struct sim *other = sim_new(1);
	struct demo_screen *begins;

	sim_run_for(sim, us);
	begins = start_one(other, &clocks[1], width, height, clocks[0].now_us);
	assert_int_equal(clocks[1].now_us, clocks[0].now_us);
	assert_equal_but_text(drawn(going), drawn(begins));
	demo_screen_free(going);
	demo_screen_free(begins);
	sim_free(other);
}

static void pieces_make_the_whole(void **state)
{
	static const struct mn_point sizes[] = {{240, 160}, {100, 170}, {33, 21}, {1, 1}};

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
		check_pieces(*state, sizes[i].x, sizes[i].y, 200 * DEMO_FRAME_US);
}

static void it_says_why_it_ends(void **state)
{
	struct sim *sim = *state;
	struct demo_screen *screen = start(sim, 400, 400, 0);

	assert_non_null(strstr(sim->log, "WARN daemons::demo_clock: ends: out of memory"));
	demo_screen_free(screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(it_shows_the_time),
		SIM_TEST(it_fits_a_tall_rectangle),
		SIM_TEST(pieces_make_the_whole),
		SIM_TEST(it_says_why_it_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
