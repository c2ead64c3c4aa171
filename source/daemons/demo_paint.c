/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Painting with the keyboard. A key changes what is here and notes in `todo` what has to be drawn
 * because of it; the task's body draws that.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <mnemos/daemons/demo_paint.h>
#include "demo_internal.h"
#include "sprites.h"

#define MN_LOG_TARGET "daemons::demo_paint"

#define PAPER MN_RGB(252, 248, 238)

/* In `todo`. */
enum { CLEAR = 1, STROKE = 2, STATUS = 4, MOVE = 8 };

/* Of the keys 1 to 9, and 0: the eraser. */
static const mn_color colors[] = {
	MN_RGB(34, 32, 52),   MN_RGB(214, 48, 49),
	MN_RGB(240, 128, 40), MN_RGB(248, 206, 60),
	MN_RGB(58, 160, 82),  MN_RGB(40, 178, 190),
	MN_RGB(48, 98, 214),  MN_RGB(142, 72, 184),
	MN_RGB(134, 88, 58),  PAPER,
};

#define COLORS ((int32_t)(sizeof colors / sizeof colors[0]))

/* Radii, so that a stroke is 2 radius + 1 wide. */
static const uint8_t brushes[] = {0, 1, 2, 4, 7, 11, 16};

#define BRUSHES ((int32_t)(sizeof brushes / sizeof brushes[0]))

/* Pixels that an arrow key moves the pencil. */
enum { STEP_FIRST = 2, STEP_MAX = 12, STEP_LARGE = 16 };

/* The largest stroke: the longest step with the widest brush. */
#define STROKE_SIDE 64
_Static_assert((int)STEP_LARGE + 2 * 16 + 1 <= STROKE_SIDE, "a stroke fits");

/* ---- Keys ------------------------------------------------------------------------------- */

static int32_t between(int32_t value, int32_t low, int32_t high)
{
	return value < low ? low : value > high ? high : value;
}

/* How far an arrow key goes: it speeds up while it is held. */
static int32_t step_of(struct mn_demo_paint *self)
{
	if (self->key.modifiers & MN_KEY_SHIFT)
		return STEP_LARGE;
	self->step =
		self->key.kind == MN_KEY_HELD ? between(self->step + 1, 0, STEP_MAX) : STEP_FIRST;
	return self->step;
}

static void move(struct mn_demo_paint *self, int32_t right, int32_t down)
{
	const int32_t step = step_of(self);

	self->from = self->at;
	self->at.x = between(self->at.x + right * step, 0, self->width - 1);
	self->at.y = between(self->at.y + down * step, 0, self->height - 1);
	self->todo = STATUS | MOVE | (self->down ? STROKE : 0);
}

static void toggle_pencil(struct mn_demo_paint *self)
{
	self->down = !self->down;
	self->from = self->at;
	self->todo = STATUS | MOVE | (self->down ? STROKE : 0);
}

static void choose_brush(struct mn_demo_paint *self, int32_t by)
{
	self->brush = (uint8_t)between(self->brush + by, 0, BRUSHES - 1);
	self->todo = STATUS;
}

static void choose_color(struct mn_demo_paint *self, uint32_t digit)
{
	self->color = (uint8_t)((digit - '0' + 9) % 10);
	self->todo = STATUS;
}

static void type(struct mn_demo_paint *self, uint32_t character)
{
	if (character >= '0' && character <= '9')
		choose_color(self, character);
	else if (character == ' ' && self->key.kind == MN_KEY_PRESSED)
		toggle_pencil(self);
	else if (character == '+' || character == '=')
		choose_brush(self, 1);
	else if (character == '-')
		choose_brush(self, -1);
	else if (character == 'c' || character == 'C')
		self->todo = CLEAR;
}

static void act(struct mn_demo_paint *self)
{
	self->todo = 0;
	if (self->key.kind == MN_KEY_RELEASED)
		return;
	switch (self->key.code) {
	case MN_KEY_LEFT:
		move(self, -1, 0);
		break;
	case MN_KEY_RIGHT:
		move(self, 1, 0);
		break;
	case MN_KEY_UP:
		move(self, 0, -1);
		break;
	case MN_KEY_DOWN:
		move(self, 0, 1);
		break;
	case MN_KEY_CHAR:
		type(self, self->key.value);
	}
}

/* ---- Drawing ----------------------------------------------------------------------------- */

/* Makes the chunk a part of the paper, cut off at its edges; drawing then has its coordinates. */
static struct mn_target begin_chunk(struct mn_demo_paint *self, enum mn_alpha_format alpha_format,
				    const struct mn_rect *part)
{
	struct mn_target target;

	self->x = part->x;
	self->y = part->y;
	mn_bitmap_init(&self->chunk, MN_RGB565, alpha_format, part->width, part->height,
		       self->memory,
		       mn_bitmap_size(MN_RGB565, alpha_format, part->width, part->height));
	target = mn_target_of(&self->chunk);
	target.x = -part->x;
	target.y = -part->y;
	return target;
}

/* What the brush does not touch stays transparent. */
static void draw_stroke(struct mn_demo_paint *self)
{
	const struct mn_point *a = &self->from, *b = &self->at;
	const int32_t radius = brushes[self->brush];
	const struct mn_rect begin = {a->x - radius, a->y - radius, 2 * radius + 1, 2 * radius + 1};
	const struct mn_rect end = {b->x - radius, b->y - radius, 2 * radius + 1, 2 * radius + 1};
	const struct mn_rect both = mn_rect_unite(&begin, &end);
	const struct mn_rect paper = {0, 0, self->width, self->height};
	const struct mn_rect visible = mn_rect_intersect(&both, &paper);
	struct mn_target target = begin_chunk(self, MN_MASK, &visible);

	mn_bitmap_fill(&self->chunk, NULL, MN_CLEAR);
	if (a->x != b->x || a->y != b->y)
		mn_draw_line(&target, a->x, a->y, b->x, b->y, 2 * radius + 1, colors[self->color]);
	mn_fill_circle(&target, a->x, a->y, radius, colors[self->color]);
	mn_fill_circle(&target, b->x, b->y, radius, colors[self->color]);
}

/* A strip of empty paper at self->y, as high as the status. */
static void draw_strip(struct mn_demo_paint *self)
{
	struct mn_rect strip = {0, self->y, self->width, self->bar};
	struct mn_target target;

	if (strip.height > self->height - strip.y)
		strip.height = self->height - strip.y;
	target = begin_chunk(self, MN_OPAQUE, &strip);
	mn_draw_clear(&target, PAPER);
}

static void draw_palette(struct mn_target *target, const struct mn_demo_paint *self, int32_t side)
{
	for (int32_t i = 0; i < COLORS; i++) {
		const struct mn_rect box = {i * side + 3, self->height + 4, side - 3, side - 3};
		const struct mn_rect frame = {box.x - 2, box.y - 2, side + 1, side + 1};
		const bool light = i == 3 || i == COLORS - 1;
		const char digit[] = {(char)('0' + (i + 1) % 10), '\0'};

		if (i == self->color)
			mn_fill_round_rect(target, &frame, 4, MN_WHITE);
		mn_fill_round_rect(target, &box, 3, colors[i]);
		mn_draw_text(
			target, box.x + box.width / 2, box.y + box.height / 2, digit,
			&(struct mn_text_style){.font = side < 24 ? &mn_font_6x12 : &mn_font_8x16,
						.color = light ? MN_BLACK : MN_WHITE,
						.align = MN_ALIGN_CENTER,
						.valign = MN_ALIGN_CENTER});
	}
}

/* The brush, as it will paint. */
static void draw_brush(struct mn_target *target, const struct mn_demo_paint *self, int32_t x,
		       int32_t side)
{
	const struct mn_rect box = {x, self->height + 3, side * 2, side - 1};
	struct mn_target part = *target;

	mn_fill_round_rect(target, &box, 4, PAPER);
	mn_target_clip(&part, &box);
	mn_fill_circle(&part, x + side, self->height + 2 + side / 2, brushes[self->brush],
		       colors[self->color]);
	if (self->color == COLORS - 1)
		mn_stroke_circle(&part, x + side, self->height + 2 + side / 2, brushes[self->brush],
				 1, MN_GRAY);
}

#define HELP "arrows move  space pen  0-9 colour  + - size  c clear"
#define SHORT_HELP "arrows move  space pen  0-9 + -  c clear" /* where that does not fit */
#define STATE_CHARS 19 /* "pen down" and where, with some space */

/* Behind the palette, if there is room: whether it paints, and where it is. */
static void draw_state(struct mn_target *target, const struct mn_demo_paint *self,
		       const struct mn_font *font, int32_t x, int32_t middle)
{
	struct mn_text_style style = {
		.font = font, .color = MN_RGB(226, 226, 240), .valign = MN_ALIGN_CENTER};
	char text[32];

	if (font->width * STATE_CHARS > self->width - x)
		return;
	mn_draw_text(target, x, middle, self->down ? "pen down" : "pen up", &style);
	snprintf(text, sizeof text, "%" PRId32 ",%" PRId32, self->at.x, self->at.y);
	style.align = MN_ALIGN_END;
	mn_draw_text(target, self->width - 4, middle, text, &style);
}

static void draw_status(struct mn_demo_paint *self)
{
	const struct mn_rect bar = {0, self->height, self->width, self->bar};
	const struct mn_font *font = mn__demo_font(self->width, sizeof HELP);
	const int32_t side = self->bar - font->height - 4;
	const char *help = font->width * (int32_t)sizeof HELP <= self->width ? HELP : SHORT_HELP;
	const int32_t room = self->width - (int32_t)strlen(help) * font->width;
	struct mn_target target = begin_chunk(self, MN_OPAQUE, &bar);

	mn_draw_clear(&target, MN_RGB(40, 40, 66));
	draw_palette(&target, self, side);
	draw_brush(&target, self, COLORS * side + 10, side);
	draw_state(&target, self, font, (COLORS + 2) * side + 18, self->height + 2 + side / 2);
	mn_draw_text(&target, room > 4 ? room / 2 : 2, self->height + self->bar - font->height - 1,
		     help, &(struct mn_text_style){.font = font, .color = MN_RGB(150, 150, 186)});
}

/* ---- The task ------------------------------------------------------------------------------ */

static mn_poll open_paper(struct mn_demo_paint *self)
{
	return mn_layer_open(&self->paper, &(struct mn_layer_config){.rect = self->config.rect,
								     .format = MN_RGB565});
}

/* In front of the paper, and drawn once. */
static mn_poll open_pencil(struct mn_demo_paint *self)
{
	return mn_layer_open(&self->pencil,
			     &(struct mn_layer_config){
				     .rect = {0, 0, mn_image_pencil.width, mn_image_pencil.height},
				     .z = 1,
				     .format = MN_RGB565,
				     .alpha_format = MN_ALPHA8});
}

static void lay_out(struct mn_demo_paint *self)
{
	const struct mn_rect *rect = &self->paper.rect;
	const struct mn_font *help = mn__demo_font(rect->width, sizeof HELP);

	self->bar = help->height * 2 + 12;
	if (self->bar > rect->height / 2)
		self->bar = rect->height / 2;
	self->width = rect->width;
	self->height = rect->height - self->bar;
	self->at = (struct mn_point){self->width / 2, self->height / 2};
	self->from = self->at;
	self->brush = 2;
	self->todo = CLEAR | STATUS | MOVE;
}

static mn_poll alloc_chunk(struct mn_demo_paint *self)
{
	const size_t strip = mn_bitmap_size(MN_RGB565, MN_OPAQUE, self->width, self->bar);
	const size_t stroke = mn_bitmap_size(MN_RGB565, MN_MASK, STROKE_SIDE, STROKE_SIDE);

	if (self->bar == 0)
		return MN_EINVAL; /* of a single row nothing is left for paper */
	self->memory = mn_try_alloc(strip > stroke ? strip : stroke);
	return self->memory ? MN_OK : MN_ENOMEM;
}

static mn_poll show_chunk(struct mn_demo_paint *self)
{
	return mn_layer_draw(&self->paper, &self->chunk, self->x, self->y);
}

/* Its tip is at the lower left; a lifted one is a little higher. */
static mn_poll move_pencil(struct mn_demo_paint *self)
{
	const int32_t lift = self->down ? 0 : 3;

	return mn_layer_move(&self->pencil, self->paper.rect.x + self->at.x - 1 + lift,
			     self->paper.rect.y + self->at.y - mn_image_pencil.height + 2 - lift,
			     1);
}

/* Whether to go on with what the last key has changed. */
static bool has_to(const struct mn_demo_paint *self, uint8_t what)
{
	return MN_RESULT(self) == MN_OK && self->todo & what;
}

static mn_poll mn_demo_paint_run(struct mn_demo_paint *self)
{
	MN_BEGIN(self);
	MN_AWAIT(self, mn_keyboard_open(&self->keyboard, MN_KEYBOARD_CAPACITY));
	if (MN_RESULT(self) == MN_OK)
		MN_AWAIT(self, open_paper(self));
	if (MN_RESULT(self) == MN_OK)
		MN_AWAIT(self, open_pencil(self));
	if (MN_RESULT(self) == MN_OK)
		MN_AWAIT(self, mn_layer_draw(&self->pencil, &mn_image_pencil, 0, 0));
	lay_out(self);
	if (MN_RESULT(self) == MN_OK)
		MN_AWAIT(self, alloc_chunk(self));
	while (MN_RESULT(self) == MN_OK) {
		for (self->y = 0; has_to(self, CLEAR) && self->y < self->height;
		     self->y += self->bar) {
			draw_strip(self);
			MN_AWAIT(self, show_chunk(self));
		}
		if (has_to(self, STROKE)) {
			draw_stroke(self);
			MN_AWAIT(self, show_chunk(self));
		}
		if (has_to(self, STATUS)) {
			draw_status(self);
			MN_AWAIT(self, show_chunk(self));
		}
		if (has_to(self, MOVE))
			MN_AWAIT(self, move_pencil(self));
		if (MN_RESULT(self) == MN_OK)
			MN_AWAIT(self, mn_keyboard_next(&self->keyboard, &self->key));
		act(self);
	}
	mn_free(self->memory);
	MN_RETURN(self, mn_log_end(MN_RESULT(self)));
	MN_END(self);
}

MN_TASK_AS(mn_demo_paint, struct mn_demo_paint, "demo_paint");

void mn_demo_paint_start(struct mn_demo_paint *paint, struct mn_kernel *kernel,
			 const struct mn_demo_paint_config *config)
{
	paint->config = *config;
	mn_spawn(kernel, &paint->task, &mn_demo_paint_task);
}
