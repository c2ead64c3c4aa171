/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The clock: what moves. A frame is made in three steps: `advance` finds where everything is now
 * and notes the places where something was or is, `compose` puts one of these places together in
 * the chunk, from the landscape up to the nearest crow, and the display shows it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <mnemos/daemons/demo_clock.h>
#include "demo_clock_internal.h"
#include "sprites.h"

#define MN_LOG_TARGET "daemons::demo_clock"

#define US_PER_S 1000000u
#define DAY_S 86400u

/* Characters of the text's lines, for which a font is chosen. */
#define TIME_CHARS 8
#define LINE_CHARS 19

/* ---- Where everything is -------------------------------------------------------------- */

static int32_t least(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

/* The dial on the left and text beside it; where that does not fit, text below the dial. */
static void lay_out(struct mn__clock_layout *layout, int32_t width, int32_t height)
{
	const bool wide = width * 4 >= height * 5;

	*layout = (struct mn__clock_layout){.width = width, .height = height};
	layout->horizon = height * 13 / 16 + 1;
	if (wide) {
		layout->radius = least(height * 45 / 100, width * 28 / 100);
		layout->center = (struct mn_point){width * 30 / 100, height / 2};
		layout->panel = (struct mn_rect){
			.x = width * 60 / 100, .y = height / 12, .width = width * 38 / 100};
	} else {
		layout->radius = least(width * 45 / 100, height * 34 / 100);
		layout->center = (struct mn_point){width / 2, height * 38 / 100};
		layout->panel = (struct mn_rect){
			.x = width / 20, .y = height * 76 / 100, .width = width * 18 / 20};
	}
	layout->panel.height = mn__demo_font(layout->panel.width, TIME_CHARS)->height +
			       2 * mn__demo_font(layout->panel.width, LINE_CHARS)->height + 1;
	if (!wide)
		layout->panel.y = height - layout->panel.height - height / 40;
}

/* The rectangle around points, with a margin. */
static struct mn_rect box_of(const struct mn_point *points, size_t count, int32_t margin)
{
	struct mn_rect box = {0};

	for (size_t i = 0; i < count; i++) {
		const struct mn_rect point = {points[i].x - margin, points[i].y - margin,
					      2 * margin + 1, 2 * margin + 1};

		box = mn_rect_unite(&box, &point);
	}
	return box;
}

/* Notes that what is shown there is no longer right. */
static void mark(struct mn_demo_clock *self, const struct mn_rect *rect)
{
	const struct mn_rect all = {0, 0, self->layout.width, self->layout.height};
	const struct mn_rect visible = mn_rect_intersect(rect, &all);

	if (!mn_rect_is_empty(&visible))
		self->dirty[self->dirty_count++] = visible;
}

/* Notes that something has gone from one place to another; often they overlap. */
static void mark_move(struct mn_demo_clock *self, const struct mn_rect *from,
		      const struct mn_rect *to)
{
	const struct mn_rect common = mn_rect_intersect(from, to);
	const struct mn_rect both = mn_rect_unite(from, to);

	if (!mn_rect_is_empty(&common)) {
		mark(self, &both);
		return;
	}
	mark(self, from);
	mark(self, to);
}

/* How far something that begins anew each `period_us` is, in 65,536ths. */
static uint16_t progress(uint64_t now_us, uint64_t period_us)
{
	return (uint16_t)(now_us % period_us * 65536 / period_us);
}

/* ---- Hands ------------------------------------------------------------------------------ */

/* Lengths in hundredths of the dial's radius, from the shortest hand to the one in front. */
static const struct hand {
	uint32_t turn_s; /* for one turn */
	uint8_t length, tail, width;
	mn_color color;
} hands[MN_DEMO_CLOCK_HANDS] = {
	{DAY_S / 2, 50, 12, 5, MN_RGB(44, 40, 80)},
	{3600, 76, 14, 4, MN_RGB(62, 56, 106)},
	{60, 84, 22, 1, MN_RGB(222, 60, 58)},
};

/* From its tip to the tail: a narrow kite. */
static struct mn__clock_hand place_hand(const struct mn__clock_layout *layout,
					const struct hand *hand, uint64_t now_us)
{
	const uint16_t angle = progress(now_us, hand->turn_s * (uint64_t)US_PER_S);
	const int32_t x = layout->center.x, y = layout->center.y, radius = layout->radius;
	const int32_t side = radius * hand->width / 100 + 1;
	struct mn__clock_hand placed = {
		.corners = {mn_polar(x, y, angle, radius * hand->length / 100),
			    mn_polar(x, y, (uint16_t)(angle + 16384), side),
			    mn_polar(x, y, (uint16_t)(angle + 32768), radius * hand->tail / 100),
			    mn_polar(x, y, (uint16_t)(angle + 49152), side)},
	};

	placed.box = box_of(placed.corners, 4, 2);
	return placed;
}

static void move_hands(struct mn_demo_clock *self)
{
	for (int i = 0; i < MN_DEMO_CLOCK_HANDS; i++) {
		struct mn__clock_hand *hand = &self->hands[i];
		const struct mn__clock_hand now =
			place_hand(&self->layout, &hands[i], self->now_us);

		if (memcmp(now.corners, hand->corners, sizeof now.corners) == 0)
			continue;
		mark_move(self, &hand->box, &now.box);
		*hand = now;
	}
}

static void draw_hands(struct mn_target *target, const struct mn_demo_clock *self)
{
	const struct mn_point c = self->layout.center;
	const int32_t hub = self->layout.radius / 18 + 1;

	for (int i = 0; i < MN_DEMO_CLOCK_HANDS; i++)
		mn_fill_polygon(target, self->hands[i].corners, 4, hands[i].color);
	mn_fill_circle(target, c.x, c.y, hub, MN_RGB(222, 60, 58));
	mn_fill_circle(target, c.x, c.y, hub / 3, MN_RGB(252, 246, 232));
}

/* ---- What flies ------------------------------------------------------------------------- */

/* The farthest first. A letter has the path of the crow that carries it. */
static const struct flyer {
	const struct mn_bitmap *image;
	uint8_t frames;  /* beside one another in the image */
	uint8_t cross_s; /* from the left to the right */
	uint8_t begin;   /* where it is then at midnight, in 256ths of the way */
	uint8_t height;  /* of its path, in 256ths of the layer's height */
	uint8_t swing;   /* up and down, in pixels */
	int8_t x, y;     /* beside the path, in pixels */
} flyers[MN_DEMO_CLOCK_FLYERS] = {
	{&mn_image_cloud, 1, 220, 36, 8, 0, 0, 0},
	{&mn_image_cloud, 1, 166, 158, 124, 0, 0, 0},
	{&mn_image_balloon, 1, 166, 200, 100, 5, 0, 0},
	{&mn_image_cloud, 1, 110, 214, 158, 0, 0, 0},
	{&mn_image_crow, 4, 22, 112, 6, 6, 0, 0},
	{&mn_image_letter, 1, 20, 176, 186, 8, 6, 21},
	{&mn_image_crow, 4, 20, 176, 186, 8, 0, 0},
	{&mn_image_letter, 1, 11, 138, 118, 10, 6, 21},
	{&mn_image_crow, 4, 11, 138, 118, 10, 0, 0},
};

/* Room beside the layer, so that nothing appears at once. */
#define BESIDE 80
#define WING_US 110000
#define SWING_US 4000000

static struct mn__clock_flyer place_flyer(const struct mn_demo_clock *self,
					  const struct flyer *flyer)
{
	const struct mn__clock_layout *layout = &self->layout;
	const uint32_t way = (uint32_t)(layout->width + 2 * BESIDE);
	const uint16_t crossed =
		(uint16_t)(progress(self->now_us, (uint64_t)flyer->cross_s * US_PER_S) +
			   flyer->begin * 256);
	const uint16_t angle = (uint16_t)(progress(self->now_us, SWING_US) + flyer->begin * 256);

	return (struct mn__clock_flyer){
		.box = {(int32_t)(way * crossed >> 16) - BESIDE + flyer->x,
			layout->height * flyer->height / 256 +
				flyer->swing * mn_sin(angle) / 32767 + flyer->y,
			flyer->image->width / flyer->frames, flyer->image->height},
		.frame = (uint32_t)(self->now_us / WING_US + flyer->begin) % flyer->frames,
	};
}

static void move_flyers(struct mn_demo_clock *self)
{
	for (int i = 0; i < MN_DEMO_CLOCK_FLYERS; i++) {
		struct mn__clock_flyer *flyer = &self->flyers[i];
		const struct mn__clock_flyer now = place_flyer(self, &flyers[i]);

		if (now.frame == flyer->frame && now.box.x == flyer->box.x &&
		    now.box.y == flyer->box.y)
			continue;
		mark_move(self, &flyer->box, &now.box);
		*flyer = now;
	}
}

static void draw_flyers(struct mn_target *target, const struct mn_demo_clock *self)
{
	for (int i = 0; i < MN_DEMO_CLOCK_FLYERS; i++) {
		const struct mn__clock_flyer *flyer = &self->flyers[i];
		const struct mn_rect part = {(int32_t)flyer->frame * flyer->box.width, 0,
					     flyer->box.width, flyer->box.height};

		mn_draw_image_part(target, flyer->box.x, flyer->box.y, flyers[i].image, &part);
	}
}

/* ---- Text -------------------------------------------------------------------------------- */

/* To the nearest. */
static uint32_t rate(uint32_t frames, uint64_t us)
{
	return (uint32_t)(((uint64_t)frames * US_PER_S + us / 2) / us);
}

static void tick(struct mn_demo_clock *self)
{
	const uint64_t second = self->now_us / US_PER_S;

	self->frames++;
	if (second == self->second)
		return;
	if (self->begun)
		self->rate = rate(self->frames, self->now_us - self->ticked_us);
	self->frames = 0;
	self->ticked_us = self->now_us;
	self->second = second;
	mark(self, &self->layout.panel);
}

static void draw_line_of_text(struct mn_target *target, const struct mn_rect *panel, int32_t *y,
			      int32_t chars, const char *text, mn_color color)
{
	struct mn_text_style style = {.font = mn__demo_font(panel->width, chars),
				      .color = MN_RGBA(10, 6, 40, 150),
				      .align = MN_ALIGN_CENTER};
	const int32_t x = panel->x + panel->width / 2;

	mn_draw_text(target, x + 1, *y + 1, text, &style);
	style.color = color;
	mn_draw_text(target, x, *y, text, &style);
	*y += style.font->height;
}

static void draw_panel(struct mn_target *target, const struct mn_demo_clock *self)
{
	const struct mn_rect *panel = &self->layout.panel;
	const uint32_t second = (uint32_t)(self->second % DAY_S);
	int32_t y = panel->y;
	char text[32];

	snprintf(text, sizeof text, "%02" PRIu32 ":%02" PRIu32 ":%02" PRIu32, second / 3600,
		 second / 60 % 60, second % 60);
	draw_line_of_text(target, panel, &y, TIME_CHARS, text, MN_WHITE);
	snprintf(text, sizeof text, "%" PRId32 " x %" PRId32, self->layout.width,
		 self->layout.height);
	draw_line_of_text(target, panel, &y, LINE_CHARS, text, MN_RGB(255, 226, 190));
	snprintf(text, sizeof text, "%" PRIu32 " frames/s", self->rate);
	if (self->rate)
		draw_line_of_text(target, panel, &y, LINE_CHARS, text, MN_RGB(255, 226, 190));
}

/* ---- Frames -------------------------------------------------------------------------------- */

static void advance(struct mn_demo_clock *self)
{
	self->now_us = self->config.time_us + mn_now_us();
	self->dirty_count = 0;
	move_hands(self);
	move_flyers(self);
	tick(self);
	if (!self->begun) {
		self->begun = true;
		self->dirty_count = 0;
		mark(self, &(struct mn_rect){0, 0, self->layout.width, self->layout.height});
	}
}

/* Cuts the upper part off the last dirty rectangle, as much as the chunk holds. */
static void take_part(struct mn_demo_clock *self)
{
	struct mn_rect *dirty = &self->dirty[self->dirty_count - 1];

	self->part = *dirty;
	self->part.height = least(dirty->height, MN_DEMO_CLOCK_CHUNK / dirty->width);
	dirty->y += self->part.height;
	dirty->height -= self->part.height;
	if (dirty->height == 0)
		self->dirty_count--;
}

/* Puts that part together in the chunk, whose origin is where the part is. */
static void compose(struct mn_demo_clock *self)
{
	const struct mn_rect *part = &self->part;
	const struct mn_rect text = mn_rect_intersect(part, &self->layout.panel);
	struct mn_target target;

	mn_bitmap_init(&self->chunk, MN_RGB565, MN_OPAQUE, part->width, part->height,
		       self->chunk_pixels, MN_DEMO_CLOCK_CHUNK * sizeof *self->chunk_pixels);
	mn_bitmap_copy(&self->chunk, 0, 0, &self->landscape, part);
	target = mn_target_of(&self->chunk);
	target.x = -part->x;
	target.y = -part->y;
	draw_hands(&target, self);
	if (!mn_rect_is_empty(&text))
		draw_panel(&target, self);
	draw_flyers(&target, self);
}

/* ---- The task ------------------------------------------------------------------------------ */

static mn_poll open_layer(struct mn_demo_clock *self)
{
	return mn_layer_open(&self->layer, &(struct mn_layer_config){.rect = self->config.rect,
								     .format = MN_RGB565});
}

static size_t landscape_size(const struct mn_demo_clock *self)
{
	return mn_bitmap_size(MN_RGB565, MN_OPAQUE, self->layer.rect.width,
			      self->layer.rect.height);
}

/* The chunk's pixels, and behind them the landscape's. */
static mn_poll alloc_pixels(struct mn_demo_clock *self)
{
	self->memory = mn_try_alloc(MN_DEMO_CLOCK_CHUNK * sizeof *self->chunk_pixels +
				    landscape_size(self));
	return self->memory ? MN_OK : MN_ENOMEM;
}

static void draw_landscape(struct mn_demo_clock *self)
{
	const struct mn_rect *rect = &self->layer.rect;

	self->chunk_pixels = self->memory;
	mn_bitmap_init(&self->landscape, MN_RGB565, MN_OPAQUE, rect->width, rect->height,
		       self->chunk_pixels + MN_DEMO_CLOCK_CHUNK, landscape_size(self));
	lay_out(&self->layout, rect->width, rect->height);
	mn__clock_draw_landscape(&self->landscape, &self->layout);
}

static mn_poll draw_part(struct mn_demo_clock *self)
{
	return mn_layer_draw(&self->layer, &self->chunk, self->part.x, self->part.y);
}

static mn_poll mn_demo_clock_run(struct mn_demo_clock *self)
{
	MN_BEGIN(self);
	MN_AWAIT(self, open_layer(self));
	if (MN_RESULT(self) == MN_OK)
		MN_AWAIT(self, alloc_pixels(self));
	if (MN_RESULT(self) == MN_OK)
		draw_landscape(self);
	while (MN_RESULT(self) == MN_OK) {
		advance(self);
		while (self->dirty_count > 0 && MN_RESULT(self) == MN_OK) {
			take_part(self);
			compose(self);
			MN_AWAIT(self, draw_part(self));
		}
		if (MN_RESULT(self) == MN_OK)
			MN_AWAIT(self, mn_layer_frame(&self->layer));
	}
	mn_free(self->memory);
	MN_RETURN(self, mn_log_end(MN_RESULT(self)));
	MN_END(self);
}

MN_TASK_AS(mn_demo_clock, struct mn_demo_clock, "demo_clock");

void mn_demo_clock_start(struct mn_demo_clock *clock, struct mn_kernel *kernel,
			 const struct mn_demo_clock_config *config)
{
	clock->config = *config;
	mn_spawn(kernel, &clock->task, &mn_demo_clock_task);
}
