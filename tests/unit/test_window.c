/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What melpomene makes of what its window says; the window is fake_window.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "window.h"

#define WIDTH 4
#define HEIGHT 3

static uint32_t pixels[WIDTH * HEIGHT];
static const struct mn_bitmap shown = {
	.format = MN_RGB888,
	.width = WIDTH,
	.height = HEIGHT,
	.stride = WIDTH * 4,
	.pixels = pixels,
};
static uv_loop_t loop;
static struct window window;
static unsigned closed; /* so often */

static void window_closed(void *context)
{
	(void)context;
	closed++;
}

/* Opens the fake window with what it shall do. */
static void start(const char *what)
{
	window = (struct window){0};
	closed = 0;
	uv_loop_init(&loop);
	assert_true(window_open(&window, &(struct window_config){
						 .loop = &loop,
						 .shown = &shown,
						 .scaling = 1,
						 .title = what,
						 .closed = window_closed,
					 }));
}

/* Nothing of it is left. */
static void finish(void)
{
	window_close(&window);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void a_window_that_talks_nonsense_is_ended(void **state)
{
	static const char *const all[] = {"short", "unasked", "unknown", "key"};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		start(all[i]);
		uv_run(&loop, UV_RUN_DEFAULT); /* until its process is no more */
		assert_false(window.open);
		assert_int_equal(closed, 0);
		window_show(&window, &(struct mn_rect){0, 0, 1, 1});
		finish();
	}
}

static void a_window_may_end_when_it_likes(void **state)
{
	(void)state;
	start("ends");
	while (window.open) {
		window_show(&window, &(struct mn_rect){0, 0, 1, 1});
		uv_run(&loop, UV_RUN_ONCE);
	}
	finish();
}

/* What comes while a window is busy is one frame, with the newest pixels. */
static void a_busy_window_gets_what_has_changed_meanwhile(void **state)
{
	(void)state;
	start("takes");
	pixels[WIDTH + 1] = 0x100;
	window_show(&window, &(struct mn_rect){1, 1, 2, 1});
	pixels[0] = 0xbad;
	window_show(&window, &(struct mn_rect){0, 0, 1, 1});
	assert_true(window_is_behind(&window));
	pixels[0] = 0x101;
	window_show(&window, &(struct mn_rect){3, 1, 1, 2});
	while (window.open && !closed)
		uv_run(&loop, UV_RUN_ONCE);
	assert_int_equal(closed, 1);
	assert_int_equal(window.taken, 2);
	assert_false(window_is_behind(&window));
	finish();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_window_that_talks_nonsense_is_ended),
		cmocka_unit_test(a_window_may_end_when_it_likes),
		cmocka_unit_test(a_busy_window_gets_what_has_changed_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
