/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An example: a still picture. book/draw-something.md explains it. */
/* [task] */
#include <mnemos/gfx/draw.h>
#include <mnemos/services/display.h>
#include "screen_program.h"

#define WIDTH 240
#define HEIGHT 120

struct picture {
	struct mn_task task;
	struct mn_layer layer;
	struct mn_bitmap chunk;
	struct mn_sleep nap;
};

static uint16_t pixels[WIDTH * HEIGHT];
/* [end] */

/* [draw] */
static void draw(struct mn_bitmap *chunk)
{
	const struct mn_rect card = {10, 10, 220, 100};
	const struct mn_text_style style = {
		.font = &mn_font_12x24,
		.color = MN_WHITE,
		.align = MN_ALIGN_CENTER,
		.valign = MN_ALIGN_CENTER,
	};
	struct mn_target target = mn_target_of(chunk);

	mn_draw_clear(&target, MN_RGB(24, 28, 60));
	mn_fill_round_rect(&target, &card, 12, MN_RGB(190, 60, 70));
	mn_stroke_round_rect(&target, &card, 12, 3, MN_WHITE);
	mn_draw_text_box(&target, &card, "Hello,\nscreen!", &style);
}
/* [end] */

/* [body] */
static mn_poll open_layer(struct picture *self)
{
	return mn_layer_open(&self->layer, &(struct mn_layer_config){
						   .rect = {80, 60, WIDTH, HEIGHT},
						   .format = MN_RGB565,
					   });
}

static mn_poll picture_run(struct picture *self)
{
	MN_BEGIN(self);
	MN_TRY(self, open_layer(self));
	mn_bitmap_init(&self->chunk, MN_RGB565, MN_OPAQUE, WIDTH, HEIGHT, pixels, sizeof pixels);
	draw(&self->chunk);
	MN_TRY(self, mn_layer_draw(&self->layer, &self->chunk, 0, 0));
	MN_TRY(self, mn_sleep_until(&self->nap, MN_NEVER));
	MN_END(self);
}

MN_TASK(picture);

void start_program(struct mn_kernel *kernel)
{
	static struct picture picture;

	mn_spawn(kernel, &picture.task, &picture_task);
}
/* [end] */
