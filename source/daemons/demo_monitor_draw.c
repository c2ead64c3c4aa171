/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The monitor: where its cells are, and how each is drawn. */
#include <string.h>
#include "demo_monitor_internal.h"

#define GROUND MN_RGB(18, 20, 36)
#define HEAD MN_RGB(48, 44, 92)
#define TRACK MN_RGB(42, 46, 74)
#define TEXT MN_RGB(222, 226, 242)
#define FAINT MN_RGB(142, 148, 184)
#define CALM MN_RGB(72, 196, 160)
#define BUSY MN_RGB(244, 180, 72)
#define FULL MN_RGB(236, 84, 84)

/* From this much of 1000 on. */
enum { BUSY_FROM = 400, FULL_FROM = 800 };

/* ---- Layout ------------------------------------------------------------------------------ */

/* A column of lines; the last one reaches down to the end. */
static uint32_t place_lines(struct mn__monitor_cell *cells, const struct mn_rect *column,
			    int32_t height)
{
	int32_t count = column->height / height;

	count = count < 1 ? 1 : count > MN_DEMO_MONITOR_LINES ? MN_DEMO_MONITOR_LINES : count;
	for (int32_t i = 0; i < count; i++)
		cells[i].rect =
			(struct mn_rect){column->x, column->y + i * height, column->width, height};
	cells[count - 1].rect.height = column->y + column->height - cells[count - 1].rect.y;
	return (uint32_t)count;
}

/* Tasks on the left, the rest on the right; in a narrow or tall layer all below one another. */
void mn__monitor_lay_out(struct mn_demo_monitor *self)
{
	const int32_t width = self->layer.rect.width, height = self->layer.rect.height;
	const bool narrow = width < 300 || width < height;
	const int32_t columns = narrow ? width : width * 11 / 20;

	self->font = mn__demo_font(columns, width < 300 ? 26 : 36);
	if (self->font->height > 24)
		self->font = &mn_font_12x24;
	self->title_font = mn__demo_font(width, 34);

	const int32_t head = self->title_font->height + 6, line = self->font->height + 2;
	const int32_t curve = narrow ? 3 * line : 4 * line;
	const int32_t rest = height - head;
	const int32_t tasks = narrow ? (rest - curve) / 2 : rest;
	struct mn_rect left = {0, head, columns, tasks};
	struct mn_rect right = {columns, head + curve, width - columns, rest - curve};

	self->header.rect = (struct mn_rect){0, 0, width, head};
	self->curve.rect = (struct mn_rect){columns, head, width - columns, curve};
	if (narrow) {
		self->curve.rect = (struct mn_rect){0, head, width, curve};
		left.y = head + curve;
		right = (struct mn_rect){0, left.y + tasks, width, rest - curve - tasks};
	}
	self->left_count = place_lines(self->left, &left, line);
	self->right_count = place_lines(self->right, &right, line);
}

/* ---- Cells ------------------------------------------------------------------------------- */

static int32_t least(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static mn_color load_color(uint32_t share)
{
	return share >= FULL_FROM ? FULL : share >= BUSY_FROM ? BUSY : CALM;
}

static void draw_header(struct mn_target *target, const struct mn_demo_monitor *self,
			const struct mn__monitor_content *content, int32_t width)
{
	struct mn_text_style style = {.font = self->title_font, .color = MN_WHITE};

	mn_draw_clear(target, HEAD);
	mn_draw_text(target, 6, 3, "MnemOS", &style);
	style.color = MN_RGB(255, 210, 150);
	style.align = MN_ALIGN_CENTER;
	mn_draw_text(target, width / 2, 3, content->name, &style);
	style.color = MN_WHITE;
	style.align = MN_ALIGN_END;
	mn_draw_text(target, width - 6, 3, content->text, &style);
}

/* An area as high as the processor was busy, half a second a point, the newest on the right; its
   title above. */
static void draw_curve(struct mn_target *target, const struct mn_demo_monitor *self,
		       const struct mn__monitor_content *content, const struct mn_rect *rect)
{
	const struct mn_rect box = {5, 4, rect->width - 10, rect->height - 8};
	const int32_t bottom = box.y + box.height, height = box.height - self->font->height - 4;
	struct mn_text_style style = {.font = self->font, .color = FAINT};

	mn_fill_round_rect(target, &box, 4, MN_RGB(28, 31, 54));
	for (int32_t quarter = 1; quarter <= 4; quarter++)
		mn_fill_rect(target,
			     &(struct mn_rect){box.x, bottom - height * quarter / 4, box.width, 1},
			     TRACK);
	for (int32_t x = 0; x < box.width; x++) {
		const uint32_t busy = self->points[x * MN_DEMO_MONITOR_POINTS / box.width];
		const int32_t high = (int32_t)busy * (height - 1) / (int32_t)content->more + 1;

		mn_fill_rect(target, &(struct mn_rect){box.x + x, bottom - high, 1, high},
			     load_color(busy));
	}
	mn_draw_text(target, box.x + 4, box.y + 2, content->name, &style);
	style.color = TEXT;
	style.align = MN_ALIGN_END;
	mn_draw_text(target, box.x + box.width - 4, box.y + 2, content->text, &style);
}

static void draw_title(struct mn_target *target, const struct mn_demo_monitor *self,
		       const struct mn__monitor_content *content, const struct mn_rect *rect)
{
	struct mn_text_style style = {.font = self->font, .color = MN_RGB(255, 210, 150)};
	const int32_t begin = mn_draw_text(target, 6, 1, content->name, &style) + 6;
	const int32_t text = (int32_t)strlen(content->text) * self->font->width;
	const int32_t end = rect->width - 6 - text - (text ? 6 : 0);

	mn_fill_rect(target, &(struct mn_rect){begin, self->font->height / 2 + 1, end - begin, 1},
		     TRACK);
	style.align = MN_ALIGN_END;
	mn_draw_text(target, rect->width - 6, 1, content->text, &style);
}

/* Between the name and the text; what is at the end of the line. */
static struct mn_rect draw_line(struct mn_target *target, const struct mn_demo_monitor *self,
				const struct mn__monitor_content *content,
				const struct mn_rect *rect)
{
	const int32_t wide = self->font->width;
	const int32_t name = least(rect->width / 2, 17 * wide + 8), text = 6 * wide;
	struct mn_text_style style = {.font = self->font, .color = TEXT};
	struct mn_target part = *target;

	mn_target_clip(&part, &(struct mn_rect){0, 0, name - 2, rect->height});
	mn_draw_text(&part, 6, 1, content->name, &style);
	style.align = MN_ALIGN_END;
	style.color = FAINT;
	mn_draw_text(target, rect->width - 6, 1, content->text, &style);
	return (struct mn_rect){name, 3, rect->width - name - text - 12, self->font->height - 4};
}

static void draw_bar(struct mn_target *target, const struct mn__monitor_content *content,
		     const struct mn_rect *track)
{
	const bool calm = content->kind == MN__MONITOR_RATE;
	struct mn_rect bar = *track;

	mn_fill_round_rect(target, track, 2, TRACK);
	bar.width = (int32_t)((uint32_t)track->width * content->value / content->more);
	if (content->value > 0 && bar.width == 0)
		bar.width = 1;
	mn_fill_round_rect(target, &bar, 2, calm ? CALM : load_color(content->value));
}

static void draw_calls(struct mn_target *target, const struct mn__monitor_content *content,
		       const struct mn_rect *track)
{
	const int32_t side = track->height;
	struct mn_rect box = {track->x, track->y, side, side};

	for (uint32_t i = 0; box.x + side <= track->x + track->width; i++) {
		mn_fill_round_rect(target, &box, 2,
				   i < content->value                   ? CALM
				   : i < content->value + content->more ? BUSY
									: TRACK);
		box.x += side + 2;
	}
}

void mn__monitor_draw(struct mn_bitmap *chunk, const struct mn_demo_monitor *self,
		      const struct mn__monitor_cell *cell)
{
	const struct mn__monitor_content *content = &cell->now;
	struct mn_target target = mn_target_of(chunk);
	struct mn_rect track;

	mn_draw_clear(&target, GROUND);
	switch ((enum mn__monitor_kind)content->kind) {
	case MN__MONITOR_EMPTY:
		break;
	case MN__MONITOR_HEADER:
		draw_header(&target, self, content, cell->rect.width);
		break;
	case MN__MONITOR_CURVE:
		draw_curve(&target, self, content, &cell->rect);
		break;
	case MN__MONITOR_TITLE:
		draw_title(&target, self, content, &cell->rect);
		break;
	case MN__MONITOR_SHARE:
	case MN__MONITOR_RATE:
		track = draw_line(&target, self, content, &cell->rect);
		draw_bar(&target, content, &track);
		break;
	case MN__MONITOR_CALLS:
		track = draw_line(&target, self, content, &cell->rect);
		draw_calls(&target, content, &track);
		break;
	}
}
