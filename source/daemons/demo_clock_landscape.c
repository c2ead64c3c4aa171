/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The clock's landscape and dial: what is drawn once. */
#include <stdio.h>
#include "demo_clock_internal.h"

/* ---- The sky ------------------------------------------------------------------------- */

/* Colours from the top of the sky to the horizon, at equal distances. */
static const uint8_t sky[][3] = {{18, 24, 66},    {44, 48, 110},   {104, 74, 146},
				 {190, 104, 138}, {246, 158, 118}, {255, 214, 148}};

#define SKY_STEPS ((int32_t)(sizeof sky / sizeof sky[0]) - 1)

static uint8_t mix(uint8_t from, uint8_t to, int32_t part, int32_t whole)
{
	return (uint8_t)(from + (to - from) * part / whole);
}

static mn_color sky_color(int32_t y, int32_t horizon)
{
	const int32_t step = y * SKY_STEPS / horizon, within = y * SKY_STEPS % horizon;
	const uint8_t *from = sky[step], *to = sky[step < SKY_STEPS ? step + 1 : step];

	return MN_RGB(mix(from[0], to[0], within, horizon), mix(from[1], to[1], within, horizon),
		      mix(from[2], to[2], within, horizon));
}

static void draw_sky(struct mn_target *target, const struct mn__clock_layout *layout)
{
	for (int32_t y = 0; y < layout->height; y++) {
		const int32_t height = y < layout->horizon ? y : layout->horizon;

		mn_fill_rect(target, &(struct mn_rect){0, y, layout->width, 1},
			     sky_color(height, layout->horizon));
	}
}

/* Always the same ones, fewer and fainter towards the horizon. */
static void draw_stars(struct mn_target *target, const struct mn__clock_layout *layout)
{
	const int32_t reach = layout->horizon * 2 / 3, count = layout->width * reach / 700;
	uint32_t random = 1;

	for (int32_t i = 0; i < count; i++) {
		random = random * 1664525 + 1013904223;
		const int32_t x = (int32_t)((random >> 16) * (uint32_t)layout->width >> 16);

		random = random * 1664525 + 1013904223;
		const int32_t y = (int32_t)((random >> 16) * (uint32_t)reach >> 16);
		const int32_t light = 230 - 210 * y / reach;

		mn_draw_pixel(target, x, y, MN_RGBA(255, 255, 255, light));
		if (i % 9 == 0)
			mn_fill_circle(target, x, y, 1, MN_RGBA(255, 255, 255, light / 2));
	}
}

static void draw_sun(struct mn_target *target, const struct mn__clock_layout *layout)
{
	const int32_t x = layout->width * 4 / 5, y = layout->horizon * 15 / 16;
	const int32_t radius = layout->horizon / 7 + 4;

	for (int32_t glow = 4; glow > 0; glow--)
		mn_fill_circle(target, x, y, radius + radius * glow / 4,
			       MN_RGBA(255, 226, 150, 26));
	mn_fill_circle(target, x, y, radius, MN_RGB(255, 240, 196));
}

/* ---- The hills ------------------------------------------------------------------------ */

/* A line of hills: the sum of two waves across the width, filled down to the bottom. */
struct hills {
	mn_color color;
	int32_t height; /* of the line, in 256ths of the layer's height from its bottom */
	int32_t swing;  /* of the first wave, the same; the second has half of it */
	int32_t waves;  /* of the first across the layer, in quarters */
	uint16_t phase;
};

static const struct hills hills[] = {
	{MN_RGB(112, 78, 134), 66, 14, 5, 9000},
	{MN_RGB(72, 58, 112), 48, 16, 7, 40000},
	{MN_RGB(42, 42, 86), 28, 12, 6, 22000},
	{MN_RGB(22, 26, 56), 14, 7, 9, 60000},
};

static int32_t hill_top(const struct hills *line, const struct mn__clock_layout *layout, int32_t x)
{
	const uint16_t angle =
		(uint16_t)((uint32_t)(x * line->waves) * (65536 / 4) / (uint32_t)layout->width +
			   line->phase);
	const int32_t wave = mn_sin(angle) + mn_sin((uint16_t)(angle * 2 + 7000)) / 2;

	return layout->height - layout->height * line->height / 256 -
	       layout->height * line->swing / 256 * wave / 32767;
}

static void draw_hills(struct mn_target *target, const struct mn__clock_layout *layout)
{
	for (size_t i = 0; i < sizeof hills / sizeof hills[0]; i++)
		for (int32_t x = 0; x < layout->width; x++) {
			const int32_t y = hill_top(&hills[i], layout, x);

			mn_fill_rect(target, &(struct mn_rect){x, y, 1, layout->height - y},
				     hills[i].color);
		}
}

/* ---- The dial -------------------------------------------------------------------------- */

static void draw_ticks(struct mn_target *target, const struct mn__clock_layout *layout)
{
	const struct mn_point c = layout->center;

	for (int32_t i = 0; i < 60; i++) {
		const uint16_t angle = (uint16_t)(i * 65536 / 60);
		const bool hour = i % 5 == 0;
		const int32_t outer = layout->radius * 92 / 100;
		const int32_t inner = layout->radius * (hour ? 83 : 88) / 100;
		const struct mn_point a = mn_polar(c.x, c.y, angle, outer);
		const struct mn_point b = mn_polar(c.x, c.y, angle, inner);

		if (!hour && layout->radius < 40)
			continue;
		mn_draw_line(target, a.x, a.y, b.x, b.y, hour ? 1 + layout->radius / 45 : 1,
			     hour ? MN_RGB(40, 36, 70) : MN_RGB(150, 138, 140));
	}
}

static void draw_numerals(struct mn_target *target, const struct mn__clock_layout *layout)
{
	const struct mn_text_style style = {
		.font = mn__demo_font(layout->radius * 3 / 10, 2),
		.color = MN_RGB(48, 42, 80),
		.align = MN_ALIGN_CENTER,
		.valign = MN_ALIGN_CENTER,
	};

	for (int32_t hour = 1; hour <= 12; hour++) {
		const struct mn_point at =
			mn_polar(layout->center.x, layout->center.y, (uint16_t)(hour * 65536 / 12),
				 layout->radius * 67 / 100);
		char text[12];

		snprintf(text, sizeof text, "%d", (int)hour);
		mn_draw_text(target, at.x, at.y, text, &style);
	}
}

static void draw_dial(struct mn_target *target, const struct mn__clock_layout *layout)
{
	const struct mn_point c = layout->center;
	const int32_t radius = layout->radius, rim = radius / 16 + 1;

	mn_fill_circle(target, c.x + rim, c.y + rim, radius, MN_RGBA(10, 6, 40, 90));
	mn_fill_circle(target, c.x, c.y, radius, MN_RGB(52, 44, 88));
	mn_stroke_circle(target, c.x, c.y, radius, 1, MN_RGB(150, 130, 180));
	mn_fill_circle(target, c.x, c.y, radius - rim, MN_RGB(252, 246, 232));
	mn_stroke_circle(target, c.x, c.y, radius - rim, 1, MN_RGB(214, 196, 180));
	draw_ticks(target, layout);
	draw_numerals(target, layout);
	mn_draw_text(target, c.x, c.y + radius * 36 / 100, "MnemOS",
		     &(struct mn_text_style){.font = mn__demo_font(radius * 6 / 10, 6),
					     .color = MN_RGB(196, 84, 76),
					     .align = MN_ALIGN_CENTER,
					     .valign = MN_ALIGN_CENTER});
}

void mn__clock_draw_landscape(struct mn_bitmap *bitmap, const struct mn__clock_layout *layout)
{
	struct mn_target target = mn_target_of(bitmap);

	draw_sky(&target, layout);
	draw_stars(&target, layout);
	draw_sun(&target, layout);
	draw_hills(&target, layout);
	draw_dial(&target, layout);
}
