/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: what several programs see of a screen that they share. Each layer lies where it should,
 * with what was drawn into it and nothing else.
 */
#include <mnemos/gfx/draw.h>
#include "tasks_display.h"

static void is_black_without_layers(void **state)
{
	struct bench *bench = bench_new(*state);

	assert_int_equal(bench->presents, 1);
	assert_shows_model(bench);
	assert_int_equal(shown(bench, 39, 29), MN_BLACK);
	bench_free(bench);
}

static void shows_what_is_drawn(void **state)
{
	struct bench *bench = bench_new(*state);

	open_layer(bench, 0,
		   &(struct mn_layer_config){.rect = {5, 7, 20, 10}, .format = MN_RGB565});
	draw_rect(bench, 0, &(struct mn_rect){2, 3, 4, 5}, MN_RED);
	assert_shows_model(bench);
	assert_int_equal(shown(bench, 7, 10), MN_RED);
	assert_int_equal(shown(bench, 10, 14), MN_RED);
	assert_int_equal(shown(bench, 11, 14), MN_BLACK);
	assert_int_equal(shown(bench, 10, 15), MN_BLACK);
	assert_int_equal(bench->display.stats.draws, 1);
	bench_free(bench);
}

static void a_layer_can_be_all_of_the_screen(void **state)
{
	struct bench *bench = bench_new(*state);
	const struct mn_layer *layer = &bench->painters[0]->layer;

	open_layer(bench, 0, &(struct mn_layer_config){.format = MN_RGB888});
	assert_int_equal(layer->rect.width, 40);
	assert_int_equal(layer->rect.height, 30);
	assert_int_equal(layer->meta.format, MN_RGB565);
	assert_int_equal(layer->meta.frame_us, FRAME_US);
	draw_rect(bench, 0, &(struct mn_rect){0, 0, 40, 30}, MN_GREEN);
	assert_shows_model(bench);
	assert_int_equal(shown(bench, 39, 29), MN_GREEN);
	bench_free(bench);
}

static void nearer_layers_cover_those_behind(void **state)
{
	struct bench *bench = bench_new(*state);
	const struct mn_layer_config all = {.format = MN_RGB565};

	for (int who = 0; who < PAINTERS; who++) {
		open_layer(bench, who, &all);
		draw_rect(bench, who, &(struct mn_rect){0, 0, 40, 30},
			  (const mn_color[]){MN_RED, MN_GREEN, MN_BLUE}[who]);
	}
	assert_shows_model(bench);
	assert_int_equal(shown(bench, 9, 9), MN_BLUE); /* of equal ones the last */
	move(bench, 0, 0, 0, 7);
	assert_shows_model(bench);
	assert_int_equal(shown(bench, 9, 9), MN_RED);
	move(bench, 2, 0, 0, -7);
	assert_shows_model(bench);
	assert_int_equal(shown(bench, 9, 9), MN_RED);
	move(bench, 0, 0, 0, -7); /* equal again: opened earlier */
	assert_shows_model(bench);
	assert_int_equal(shown(bench, 9, 9), MN_GREEN);
	move(bench, 1, 20, 0, INT32_MIN);
	assert_shows_model(bench);
	assert_int_equal(shown(bench, 9, 9), MN_BLUE);
	bench_free(bench);
}

/* All formats of screen, layer and chunk, with and without transparency, over each other. */
static void layers_of_all_formats_lie_upon_each_other(void **state)
{
	static const enum mn_pixel_format formats[] = {MN_MONO, MN_GRAY8, MN_RGB565, MN_RGB888};
	static const enum mn_alpha_format alphas[] = {MN_OPAQUE, MN_MASK, MN_ALPHA8};
	struct bench *bench;

	for (size_t f = 0; f < COUNT(formats); f++) {
		bench = bench_of(*state, formats[f], 31, 17);
		open_layer(bench, 0, &(struct mn_layer_config){.format = MN_RGB888});
		for (size_t i = 0; i < COUNT(formats) * COUNT(alphas); i++) {
			struct mn_bitmap chunk = colorful(formats[i % 4], alphas[i / 4], 13, 11);

			open_layer(bench, 1,
				   &(struct mn_layer_config){.rect = {4, 2, 21, 12},
							     .format = formats[(i + f) % 4],
							     .alpha_format = alphas[i % 3]});
			draw(bench, 0, &chunk, (int32_t)i, 3);
			draw(bench, 1, &chunk, 1, 1);
			draw(bench, 1, &chunk, 6, 3);
			assert_shows_model(bench);
			replace(bench, 1, &chunk, 9, 5);
			assert_shows_model(bench);
			assert_int_equal(paint(bench->painters[1], CLOSE), MN_OK);
			bitmap_free(&chunk);
		}
		bench_free(bench);
	}
}

static void moving_shows_what_was_behind(void **state)
{
	struct bench *bench = bench_new(*state);
	static const int32_t far[] = {0, 3, -5, 35, -20, 40, 100, INT32_MIN, INT32_MAX};

	open_layer(bench, 0, &(struct mn_layer_config){.format = MN_RGB565});
	draw_rect(bench, 0, &(struct mn_rect){0, 0, 40, 30}, MN_GRAY);
	open_layer(bench, 1,
		   &(struct mn_layer_config){
			   .rect = {1, 1, 20, 10}, .format = MN_RGB565, .alpha_format = MN_MASK});
	draw_rect(bench, 1, &(struct mn_rect){3, 3, 10, 6}, MN_YELLOW);
	for (size_t x = 0; x < COUNT(far); x++)
		for (size_t y = 0; y < COUNT(far); y++) {
			move(bench, 1, far[x], far[y], 0);
			assert_shows_model(bench);
		}
	bench_free(bench);
}

static void what_lies_outside_is_cut_off(void **state)
{
	struct bench *bench = bench_new(*state);
	static const int32_t at[] = {
		0, 7, -3, 19, 20, -13, -14, 21, INT32_MIN, INT32_MAX, INT32_MAX - 5, 1 << 30};
	struct mn_bitmap chunk = colorful(MN_RGB565, MN_ALPHA8, 13, 9);

	open_layer(bench, 0,
		   &(struct mn_layer_config){.rect = {30, 25, 20, 10}, .format = MN_RGB565});
	for (size_t x = 0; x < COUNT(at); x++)
		for (size_t y = 0; y < COUNT(at); y++)
			draw(bench, 0, &chunk, at[x], at[y]);
	assert_shows_model(bench);
	move(bench, 0, -5, -5, 0);
	assert_shows_model(bench);
	move(bench, 0, 5, 5, 0);
	assert_shows_model(bench);
	bitmap_free(&chunk);
	bench_free(bench);
}

/* A small change does not cost a whole screen; many do not cost more than that. */
static void only_what_has_changed_is_presented(void **state)
{
	struct bench *bench = bench_new(*state);

	open_layer(bench, 0,
		   &(struct mn_layer_config){.rect = {10, 10, 20, 10}, .format = MN_RGB565});
	next_frame(bench);
	bench->presents = 0;
	draw_rect(bench, 0, &(struct mn_rect){3, 4, 5, 2}, MN_RED);
	next_frame(bench);
	assert_int_equal(bench->presents, 1);
	assert_memory_equal(&bench->last, (&(struct mn_rect){13, 14, 5, 2}), sizeof bench->last);
	for (int32_t i = 0; i < 200; i++)
		draw_rect(bench, 0, &(struct mn_rect){i % 20, i / 20, 1, 1}, MN_BLUE);
	bench->presents = 0;
	assert_shows_model(bench);
	assert_in_range(bench->presents, 1, MN_DISPLAY_DIRTY);
	bench->presents = 0;
	draw_rect(bench, 0, &(struct mn_rect){20, 0, 5, 5}, MN_RED); /* beside the layer */
	move(bench, 0, 50, 50, 0);
	next_frame(bench);
	assert_int_equal(bench->presents, 1);
	bench->presents = 0;
	draw_rect(bench, 0, &(struct mn_rect){0, 0, 5, 5}, MN_RED); /* beside the screen */
	next_frame(bench);
	assert_int_equal(bench->presents, 0);
	bench_free(bench);
}

/* FNV-1a of the colours, as the order of their bytes in memory is the machine's. */
static uint32_t checksum(const struct mn_bitmap *bitmap)
{
	uint32_t sum = 0x811c9dc5;

	for (int32_t y = 0; y < bitmap->height; y++)
		for (int32_t x = 0; x < bitmap->width; x++)
			sum = (sum ^ mn_bitmap_at(bitmap, x, y)) * 0x01000193;
	return sum;
}

/* Drawn into memory, as on a board without a screen; the numbers are those of any machine. */
static void is_the_same_on_every_machine(void **state)
{
	static const struct {
		enum mn_pixel_format format;
		uint32_t sum;
	} screens[] = {{MN_MONO, 0xcf3bd7c3},
		       {MN_GRAY8, 0x09918450},
		       {MN_RGB565, 0x0c1710f5},
		       {MN_RGB888, 0x5babfd3a}};
	struct mn_bitmap back = colorful(MN_RGB888, MN_OPAQUE, 160, 120);
	struct mn_bitmap front = colorful(MN_RGB565, MN_ALPHA8, 60, 50);
	struct mn_target target = mn_target_of(&front);

	mn_fill_rect(&target, &(struct mn_rect){5, 5, 30, 20}, MN_RGBA(200, 100, 50, 180));
	mn_stroke_rect(&target, &(struct mn_rect){10, 15, 45, 30}, 3, MN_YELLOW);
	for (size_t i = 0; i < COUNT(screens); i++) {
		struct bench *bench = bench_of(*state, screens[i].format, 160, 120);

		bench->device.present = NULL;
		open_layer(bench, 0, &(struct mn_layer_config){.format = MN_RGB565});
		open_layer(bench, 1,
			   &(struct mn_layer_config){.rect = {40, 30, 90, 70},
						     .format = MN_RGB888,
						     .alpha_format = MN_ALPHA8});
		draw(bench, 0, &back, 0, 0);
		draw(bench, 1, &front, -7, -9);
		draw(bench, 1, &front, 25, 30);
		move(bench, 1, 33, 22, 1);
		next_frame(bench);
		assert_int_equal(checksum(&bench->device.screen), screens[i].sum);
		bench_free(bench);
	}
	bitmap_free(&back);
	bitmap_free(&front);
}

static void reads_what_is_shown(void **state)
{
	struct bench *bench = bench_new(*state);
	struct mn_bitmap copy = bitmap_new(MN_RGB565, MN_OPAQUE, 40, 30);
	struct mn_bitmap part = bitmap_new(MN_RGB888, MN_ALPHA8, 10, 10);
	struct mn_bitmap chunk = colorful(MN_RGB888, MN_OPAQUE, 40, 30);

	open_layer(bench, 0, &(struct mn_layer_config){.format = MN_RGB565});
	draw(bench, 0, &chunk, 0, 0);
	next_frame(bench);
	assert_int_equal(paint_chunk(bench->painters[1], READ, &copy, 0, 0), MN_OK);
	assert_true(model_equal(&copy, &bench->device.screen));
	draw_rect(bench, 0, &(struct mn_rect){0, 0, 40, 30}, MN_RED); /* not shown yet */
	assert_int_equal(paint_chunk(bench->painters[0], READ, &part, 35, -4), MN_OK);
	for (int32_t y = 0; y < 10; y++)
		for (int32_t x = 0; x < 10; x++)
			assert_int_equal(mn_bitmap_at(&part, x, y),
					 mn_bitmap_at(&copy, 35 + x, y - 4));
	assert_int_equal(paint_chunk(bench->painters[1], READ, &part, INT32_MAX, INT32_MIN), MN_OK);
	assert_int_equal(bench->painters[1]->layer.meta.width, 40);
	bitmap_free(&copy);
	bitmap_free(&part);
	bitmap_free(&chunk);
	bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(is_black_without_layers),
		SIM_TEST(shows_what_is_drawn),
		SIM_TEST(a_layer_can_be_all_of_the_screen),
		SIM_TEST(nearer_layers_cover_those_behind),
		SIM_TEST(layers_of_all_formats_lie_upon_each_other),
		SIM_TEST(moving_shows_what_was_behind),
		SIM_TEST(what_lies_outside_is_cut_off),
		SIM_TEST(only_what_has_changed_is_presented),
		SIM_TEST(is_the_same_on_every_machine),
		SIM_TEST(reads_what_is_shown),
	};

	return cmocka_run_group_tests_name("display", tests, NULL, NULL);
}
