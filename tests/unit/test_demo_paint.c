/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: what keys paint. They come through the keyboard mux, as from any keyboard.
 */
#include <mnemos/daemons/demo_paint.h>
#include <mnemos/services/keyboard_mux.h>
#include <string.h>
#include "demo_screen.h"
#include "golden.h"

#define WIDTH 240
#define HEIGHT 160

#define PAPER MN_RGB(252, 248, 238)

/* Types: arrows as < > ^ v, with Shift as L R U D, anything else as it is. */
struct typist {
	struct mn_task task;
	struct mn_keyboard_publish publish;
	struct mn_key_event event;
	const char *text;
	uint8_t kind;
};

static void next_event(struct typist *self)
{
	static const char arrows[] = "<>^vLRUD";
	static const uint8_t codes[] = {MN_KEY_LEFT, MN_KEY_RIGHT, MN_KEY_UP, MN_KEY_DOWN};
	const char *arrow = strchr(arrows, *self->text);

	self->event = (struct mn_key_event){
		.kind = self->kind, .code = MN_KEY_CHAR, .value = (uint32_t)*self->text++};
	if (!arrow)
		return;
	self->event.code = codes[(arrow - arrows) % 4];
	self->event.value = 0;
	if (arrow - arrows >= 4)
		self->event.modifiers = MN_KEY_SHIFT;
}

static mn_poll typist_run(struct typist *self)
{
	MN_BEGIN(self);
	while (*self->text) {
		next_event(self);
		MN_TRY(self, mn_keyboard_publish(&self->publish, &self->event));
		MN_YIELD(self);
	}
	MN_END(self);
}

MN_TASK(typist);

static struct mn_keyboard_mux mux;
static struct mn_demo_paint paint;
static struct typist typist;

static struct demo_screen *start(struct sim *sim)
{
	struct demo_screen *screen = demo_screen_new(sim, WIDTH, HEIGHT);

	memset(&mux, 0, sizeof mux);
	memset(&paint, 0, sizeof paint);
	memset(&typist, 0, sizeof typist);
	mn_keyboard_mux_start(
		&mux, &sim->kernel,
		&(struct mn_keyboard_mux_config){.max_keyboards = 2, .buffer_capacity = 32});
	mn_demo_paint_start(&paint, &sim->kernel, &(struct mn_demo_paint_config){.rect = {0}});
	sim_run_for(sim, DEMO_FRAME_US);
	return screen;
}

/* Fewer than the program's queue holds, at a time. */
static void type_as(struct sim *sim, uint8_t kind, const char *text)
{
	typist.text = text;
	typist.kind = kind;
	mn_spawn(&sim->kernel, &typist.task, &typist_task);
	sim_run_for(sim, DEMO_FRAME_US);
}

static void type(struct sim *sim, const char *text)
{
	type_as(sim, MN_KEY_PRESSED, text);
}

static void hold(struct sim *sim, char key, int times)
{
	char text[] = {key, '\0'};

	type(sim, text);
	while (times-- > 0)
		type_as(sim, MN_KEY_HELD, text);
	type_as(sim, MN_KEY_RELEASED, text);
}

static mn_color at(const struct demo_screen *screen, int32_t x, int32_t y)
{
	return mn_bitmap_at(&screen->device.screen, x, y);
}

/* As the screen keeps it. */
static mn_color paper(void)
{
	uint16_t pixel;
	struct mn_bitmap bitmap;

	mn_bitmap_init(&bitmap, MN_RGB565, MN_OPAQUE, 1, 1, &pixel, sizeof pixel);
	mn_bitmap_fill(&bitmap, NULL, PAPER);
	return mn_bitmap_at(&bitmap, 0, 0);
}

/* Moves the pencil with the arrows, in large steps as far as they go; both ways are even. */
static void go(struct sim *sim, int32_t x, int32_t y)
{
	while (paint.at.x != x)
		type(sim, x - paint.at.x >= 16   ? "R"
			  : x > paint.at.x       ? ">"
			  : paint.at.x - x >= 16 ? "L"
						 : "<");
	while (paint.at.y != y)
		type(sim, y - paint.at.y >= 16   ? "D"
			  : y > paint.at.y       ? "v"
			  : paint.at.y - y >= 16 ? "U"
						 : "^");
}

static void repeat(struct sim *sim, const char *keys, int times)
{
	while (times-- > 0)
		type(sim, keys);
}

/* A house on a meadow, and the sun. */
static void keys_paint_a_picture(void **state)
{
	struct sim *sim = *state;
	struct demo_screen *screen = start(sim);

	golden_check("demo-paint-empty", &screen->device.screen);
	go(sim, 0, 130);
	type(sim, "5+++++ ");
	go(sim, 238, 130);
	type(sim, " 9--");
	go(sim, 112, 108);
	type(sim, " ");
	go(sim, 64, 108);
	go(sim, 64, 94);
	go(sim, 112, 94);
	go(sim, 112, 80);
	go(sim, 64, 80);
	go(sim, 64, 66);
	go(sim, 112, 66);
	type(sim, " 2-");
	go(sim, 50, 58);
	type(sim, " ");
	repeat(sim, "^>>", 10);
	repeat(sim, "v>>", 10);
	go(sim, 58, 58);
	go(sim, 58, 54);
	go(sim, 118, 54);
	go(sim, 110, 48);
	go(sim, 70, 48);
	type(sim, " 1");
	go(sim, 98, 112);
	type(sim, " ");
	go(sim, 98, 92);
	type(sim, " 6+");
	go(sim, 74, 84);
	type(sim, "  4++");
	go(sim, 200, 30);
	type(sim, "  ");
	golden_check("demo-paint", &screen->device.screen);
	demo_screen_free(screen);
}

static void a_lifted_pencil_paints_nothing(void **state)
{
	struct sim *sim = *state;
	struct demo_screen *screen = start(sim);
	const struct mn_point began = paint.at;

	type(sim, "2");
	hold(sim, '>', 20);
	assert_true(paint.at.x > began.x + 100);
	assert_int_equal(at(screen, began.x + 10, began.y), paper());
	demo_screen_free(screen);
}

static void a_held_key_goes_faster(void **state)
{
	struct sim *sim = *state;
	struct demo_screen *screen = start(sim);
	int32_t x = paint.at.x, step;

	type(sim, ">");
	step = paint.at.x - x;
	x = paint.at.x;
	hold(sim, '>', 5);
	assert_true(paint.at.x - x > 6 * step);
	demo_screen_free(screen);
}

static void the_paper_ends_at_its_edges(void **state)
{
	struct sim *sim = *state;
	struct demo_screen *screen = start(sim);

	type(sim, "2++++++ ");
	hold(sim, '>', 40);
	assert_int_equal(paint.at.x, WIDTH - 1);
	hold(sim, 'v', 40);
	assert_int_equal(paint.at.y, paint.height - 1);
	golden_check("demo-paint-edge", &screen->device.screen);
	hold(sim, '<', 40);
	hold(sim, '^', 40);
	assert_int_equal(paint.at.x, 0);
	assert_int_equal(paint.at.y, 0);
	demo_screen_free(screen);
}

static void c_clears_and_0_erases(void **state)
{
	struct sim *sim = *state;
	struct demo_screen *screen = start(sim);
	const struct mn_point began = paint.at;

	type(sim, "2 ");
	hold(sim, '<', 8);
	assert_int_not_equal(at(screen, began.x - 1, began.y), paper());
	type(sim, "0");
	hold(sim, '>', 8);
	assert_int_equal(at(screen, began.x - 1, began.y), paper());

	type(sim, "2");
	hold(sim, '<', 8);
	assert_int_not_equal(at(screen, began.x - 1, began.y), paper());
	type(sim, "c");
	assert_int_equal(at(screen, began.x - 1, began.y), paper());
	demo_screen_free(screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(keys_paint_a_picture),   SIM_TEST(a_lifted_pencil_paints_nothing),
		SIM_TEST(a_held_key_goes_faster), SIM_TEST(the_paper_ends_at_its_edges),
		SIM_TEST(c_clears_and_0_erases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
