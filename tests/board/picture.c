/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <mnemos/services/display.h>
#include <mnemos/services/keyboard.h>
#include <mnemos/services/serial_mux.h>
#include "picture.h"

#define PORT 99
#define WIDTH_MAX 1280
#define MARK 8 /* pixels, each way */

struct picture {
	struct mn_task task;
	struct mn_sermux_open open;
	struct mn_sermux_port port;
	struct mn_sermux_write tx;
	struct mn_layer layer;
	struct mn_bitmap chunk;
	struct mn_keyboard keyboard;
	struct mn_key_event key;
	int32_t row;
	int32_t marks;
	char text[80];
	uint16_t pixels[WIDTH_MAX];
};

static struct picture picture;
static const struct mn_layer_config whole_screen = {.format = MN_RGB565};

/* One row of the picture. */
static struct mn_bitmap *paint_row(struct picture *self)
{
	const uint32_t y = (uint32_t)self->row;

	mn_bitmap_init(&self->chunk, MN_RGB565, MN_OPAQUE, self->layer.meta.width, 1, self->pixels,
		       sizeof self->pixels);
	for (uint32_t x = 0; x < (uint32_t)self->layer.meta.width; x++)
		self->pixels[x] = (uint16_t)(x << 11 | (y & 63) << 5 | ((x + y) / 8 & 31));
	return &self->chunk;
}

static struct mn_bitmap *paint_mark(struct picture *self)
{
	mn_bitmap_init(&self->chunk, MN_RGB565, MN_OPAQUE, MARK, MARK, self->pixels,
		       sizeof self->pixels);
	memset(self->pixels, 0xff, sizeof self->pixels);
	return &self->chunk;
}

static mn_poll say(struct picture *self)
{
	return mn_sermux_write(&self->tx, &self->port, self->text, strlen(self->text));
}

static mn_poll draw_picture(struct picture *self)
{
	return mn_layer_draw(&self->layer, &self->chunk, 0, self->row);
}

static mn_poll picture_run(struct picture *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_sermux_open(&self->open, PORT, 64, MN_SERMUX_WAIT, &self->port));
	MN_TRY(self, mn_keyboard_open(&self->keyboard, MN_KEYBOARD_CAPACITY));
	MN_TRY(self, mn_layer_open(&self->layer, &whole_screen));
	for (self->row = 0; self->row < self->layer.meta.height; self->row++) {
		paint_row(self);
		MN_TRY(self, draw_picture(self));
	}
	snprintf(self->text, sizeof self->text, "shown %d x %d\n", (int)self->layer.meta.width,
		 (int)self->layer.meta.height);
	for (;;) {
		MN_TRY(self, mn_layer_frame(&self->layer));
		MN_TRY(self, say(self));
		MN_TRY(self, mn_keyboard_next(&self->keyboard, &self->key));
		snprintf(self->text, sizeof self->text, "key %d %d %d %" PRIu32 "\n",
			 self->key.kind, self->key.modifiers, self->key.code, self->key.value);
		paint_mark(self);
		self->marks++;
		MN_TRY(self, mn_layer_draw(&self->layer, &self->chunk, 2 * MARK * self->marks,
					   MARK * self->marks));
	}
	MN_END(self);
}

MN_TASK(picture);

void picture_start(struct mn_kernel *kernel)
{
	mn_spawn(kernel, &picture.task, &picture_task);
}
