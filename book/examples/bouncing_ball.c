/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An example: a ball that bounces, and keys that move it. book/draw-something.md explains it. */
/* [task] */
#include <mnemos/gfx/draw.h>
#include <mnemos/services/display.h>
#include <mnemos/services/keyboard.h>
#include "screen_program.h"

#define WIDTH 400
#define HEIGHT 240
#define FLOOR 200

struct bouncing_ball {
	struct mn_task task;
	struct mn_layer stage, ball;
	struct mn_bitmap chunk;
	struct mn_keyboard keyboard;
	struct mn_key_event key;
	struct mn_race race;
	int32_t x, y;        /* of the ball's upper left corner, in 256ths of a pixel */
	int32_t right, down; /* its speed, in 256ths of a pixel each frame */
};
/* [end] */

/* [sprite] */
/* Made from sprites/ball.png when this is built. */
extern const struct mn_bitmap ball_image;
/* [end] */

/* [stage] */
static uint16_t pixels[WIDTH * HEIGHT]; /* of the chunk */

static void draw_stage(struct mn_bitmap *chunk)
{
	const struct mn_rect floor = {0, FLOOR, WIDTH, HEIGHT - FLOOR};
	struct mn_target target = mn_target_of(chunk);

	mn_draw_clear(&target, MN_RGB(28, 34, 76));
	mn_fill_rect(&target, &floor, MN_RGB(150, 96, 74));
	mn_draw_text(&target, WIDTH / 2, 24, "space kicks, arrows push",
		     &(struct mn_text_style){
			     .font = &mn_font_8x16, .color = MN_WHITE, .align = MN_ALIGN_CENTER});
}
/* [end] */

/* [layers] */
static mn_poll open_stage(struct bouncing_ball *self)
{
	return mn_layer_open(&self->stage, &(struct mn_layer_config){
						   .rect = {0, 0, WIDTH, HEIGHT},
						   .format = MN_RGB565,
					   });
}

static mn_poll open_ball(struct bouncing_ball *self)
{
	return mn_layer_open(&self->ball,
			     &(struct mn_layer_config){
				     .rect = {0, 0, ball_image.width, ball_image.height},
				     .z = 1,
				     .format = MN_RGB565,
				     .alpha_format = MN_ALPHA8,
			     });
}

static mn_poll move_ball(struct bouncing_ball *self)
{
	return mn_layer_move(&self->ball, self->x / 256, self->y / 256, 1);
}
/* [end] */

/* [step] */
#define GRAVITY 60

/* One frame: turns at the walls, and loses an eighth of its speed on the floor. */
static void step(struct bouncing_ball *self)
{
	const int32_t x_max = (WIDTH - ball_image.width) * 256;
	const int32_t y_max = (FLOOR - ball_image.height) * 256;

	self->down += GRAVITY;
	self->x += self->right;
	self->y += self->down;
	if (self->x < 0 || self->x > x_max) {
		self->x = self->x < 0 ? 0 : x_max;
		self->right = -self->right;
	}
	if (self->y > y_max) {
		self->y = y_max;
		self->down = -self->down * 7 / 8;
	}
}
/* [end] */

/* [react] */
static void react(struct bouncing_ball *self)
{
	if (self->key.kind == MN_KEY_RELEASED)
		return;
	if (mn_key_text(&self->key) == ' ')
		self->down = -7 * 256;
	else if (self->key.code == MN_KEY_LEFT)
		self->right -= 128;
	else if (self->key.code == MN_KEY_RIGHT)
		self->right += 128;
}
/* [end] */

/* [body] */
static mn_poll frame_or_key(struct bouncing_ball *self)
{
	return mn_race(&self->race, mn_layer_frame(&self->ball),
		       mn_keyboard_next(&self->keyboard, &self->key));
}

static mn_poll bouncing_ball_run(struct bouncing_ball *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_keyboard_open(&self->keyboard, MN_KEYBOARD_CAPACITY));
	MN_TRY(self, open_stage(self));
	mn_bitmap_init(&self->chunk, MN_RGB565, MN_OPAQUE, WIDTH, HEIGHT, pixels, sizeof pixels);
	draw_stage(&self->chunk);
	MN_TRY(self, mn_layer_draw(&self->stage, &self->chunk, 0, 0));

	MN_TRY(self, open_ball(self));
	MN_TRY(self, mn_layer_draw(&self->ball, &ball_image, 0, 0));
	self->right = 2 * 256;
	for (;;) {
		MN_TRY(self, move_ball(self));
		MN_TRY(self, frame_or_key(self));
		if (self->race.result[0] == MN_OK)
			step(self);
		if (self->race.result[1] == MN_OK)
			react(self);
	}
	MN_END(self);
}

MN_TASK(bouncing_ball);

void start_program(struct mn_kernel *kernel)
{
	static struct bouncing_ball ball;

	mn_spawn(kernel, &ball.task, &bouncing_ball_task);
}
/* [end] */
