/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Drawing: lines, shapes, text and images onto anything that takes pixels.
 *
 *     struct mn_target target = mn_target_of(&chunk);
 *
 *     mn_draw_clear(&target, MN_BLACK);
 *     mn_fill_circle(&target, 40, 30, 20, MN_ORANGE);
 *     mn_draw_line(&target, 0, 0, 79, 59, 3, MN_WHITE);
 *     mn_draw_text(&target, 4, 4, "hello", &(struct mn_text_style){
 *             .font = &mn_font_8x16, .color = MN_WHITE});
 *
 * A target is where drawing goes: a bitmap, or with mn_target_ops of one's own anything else, a
 * display that has no memory for instance. It has an origin, that is added to all coordinates, and
 * a clip, outside of which nothing is drawn; both may be changed at any time. Coordinates may be
 * any numbers whose sums fit int32_t. A line, circle or polygon with a place beyond +-MN_DRAW_MAX
 * is not drawn at all, nor is a line of such a width, or a round shape with a side above twice it.
 *
 * Shapes have a filled form (mn_fill_) and a stroked one (mn_stroke_) with a width in pixels, whose
 * outer edge is that of the filled form: a stroke never reaches outside of the shape. Only lines,
 * and so the sides of a stroked polygon, have their width around the ideal line. A width of 0 or
 * less, or an empty shape, draws nothing. No edge is smoothed. Each pixel of a shape is drawn once,
 * so that a translucent colour is blended once.
 *
 * Angles count clockwise from 12 o'clock in 65,536ths of a turn (MN_DEGREES makes them), so that
 * they wrap as uint16_t does.
 *
 * Integers only: the same picture on every machine. Any context; nothing waits or allocates.
 */
#ifndef MNEMOS_GFX_DRAW_H
#define MNEMOS_GFX_DRAW_H

#include <mnemos/gfx/bitmap.h>

#define MN_DRAW_MAX 16384

struct mn_target;

/* What a target must be able to do. All rectangles lie within its clip. */
struct mn_target_ops {
	/* Blends a colour over each pixel of a rectangle. */
	void (*fill)(struct mn_target *target, const struct mn_rect *rect, mn_color color);
	/* mn_bitmap_stencils, x and y with the origin added; here the clip may cut them. */
	void (*stencils)(struct mn_target *target, int32_t x, int32_t y,
			 const struct mn_stencils *stencils);
	/* mn_bitmap_blend, the same. */
	void (*image)(struct mn_target *target, int32_t x, int32_t y, const struct mn_bitmap *image,
		      const struct mn_rect *part);
};

struct mn_target {
	const struct mn_target_ops *ops;
	struct mn_bitmap *bitmap; /* of mn_target_of; else as the ops like */
	struct mn_rect clip;      /* in the target's own coordinates, without the origin */
	int32_t x, y;             /* origin */
};

/* Drawing into a bitmap: all of it, origin 0, 0. The bitmap must stay. */
struct mn_target mn_target_of(struct mn_bitmap *bitmap);

/* Draws only within `rect` (origin added) from now on, and within what was the clip before. */
void mn_target_clip(struct mn_target *target, const struct mn_rect *rect);

/* ---- Lines and shapes ---------------------------------------------------------------- */

/* A pixel. */
struct mn_point {
	int32_t x, y;
};

/*
 * Fills the whole clip; as all drawing it blends, so MN_CLEAR changes nothing. What makes a bitmap
 * with an alpha plane transparent again is mn_bitmap_fill(&bitmap, NULL, MN_CLEAR).
 */
void mn_draw_clear(struct mn_target *target, mn_color color);

/* From one point to another, both included; the ends of a wide one are cut off square. */
void mn_draw_line(struct mn_target *target, int32_t x0, int32_t y0, int32_t x1, int32_t y1,
		  int32_t width, mn_color color);

/* All of a rectangle, or its border. */
void mn_fill_rect(struct mn_target *target, const struct mn_rect *rect, mn_color color);
void mn_stroke_rect(struct mn_target *target, const struct mn_rect *rect, int32_t width,
		    mn_color color);

/* A rectangle of one pixel. */
static inline void mn_draw_pixel(struct mn_target *target, int32_t x, int32_t y, mn_color color)
{
	mn_fill_rect(target, &(struct mn_rect){x, y, 1, 1}, color);
}

/* A round shape is filled by a line of this width, which leaves nothing within. */
#define MN_FILLED MN_DRAW_MAX

/* Corners are quarters of circles, whose radius is at most half of the shorter side. */
void mn_stroke_round_rect(struct mn_target *target, const struct mn_rect *rect, int32_t radius,
			  int32_t width, mn_color color);

/* The same, filled. */
static inline void mn_fill_round_rect(struct mn_target *target, const struct mn_rect *rect,
				      int32_t radius, mn_color color)
{
	mn_stroke_round_rect(target, rect, radius, MN_FILLED, color);
}

/* The ellipse that touches the sides of `rect`; a circle in a square. */
void mn_stroke_ellipse(struct mn_target *target, const struct mn_rect *rect, int32_t width,
		       mn_color color);

/* The same, filled. */
static inline void mn_fill_ellipse(struct mn_target *target, const struct mn_rect *rect,
				   mn_color color)
{
	mn_stroke_ellipse(target, rect, MN_FILLED, color);
}

/* A circle around the pixel x, y: 2 radius + 1 pixels wide. */
void mn_stroke_circle(struct mn_target *target, int32_t x, int32_t y, int32_t radius, int32_t width,
		      mn_color color);

/* The same, filled. */
static inline void mn_fill_circle(struct mn_target *target, int32_t x, int32_t y, int32_t radius,
				  mn_color color)
{
	mn_stroke_circle(target, x, y, radius, MN_FILLED, color);
}

/*
 * The part of the ellipse in `rect` from an angle on, clockwise for `sweep` (65536 or more: all
 * of it; negative: the other way).
 */
void mn_stroke_arc(struct mn_target *target, const struct mn_rect *rect, uint16_t from,
		   int32_t sweep, int32_t width, mn_color color);

/* The same, filled: a piece of cake. */
static inline void mn_fill_sector(struct mn_target *target, const struct mn_rect *rect,
				  uint16_t from, int32_t sweep, mn_color color)
{
	mn_stroke_arc(target, rect, from, sweep, MN_FILLED, color);
}

/* Most corners of a filled polygon; one with more is not drawn. */
#define MN_POLYGON_MAX 64

/*
 * A polygon of 3 corners or more; where it crosses itself the even-odd rule says what is inside.
 * Pixels whose middle lies on a left or upper edge belong to it, those on a right or lower one do
 * not: 0, 0 to 10, 10 is 10 pixels wide, and polygons side by side do not overlap.
 */
void mn_fill_polygon(struct mn_target *target, const struct mn_point *points, size_t count,
		     mn_color color);

/*
 * Lines from point to point, as mn_draw_line draws them, so that all corners are included; closed:
 * and back to the first. Pixels at the joints may be blended twice. Joints are not rounded:
 * mn_fill_circle at each corner, of half the width, does that.
 */
void mn_stroke_polygon(struct mn_target *target, const struct mn_point *points, size_t count,
		       bool closed, int32_t width, mn_color color);

/* ---- Angles ---------------------------------------------------------------------------- */

/* Of whole degrees, also of variables, in integers; of a constant such as 22.5 when it is compiled.
 * Rounded towards 0. */
#define MN_DEGREES(degrees) ((int32_t)((degrees)*INT64_C(65536) / 360))

/* sin and cos of an angle, times 32767, rounded to the nearest. */
int32_t mn_sin(uint16_t angle);
static inline int32_t mn_cos(uint16_t angle)
{
	return mn_sin((uint16_t)(angle + 0x4000));
}

/* The point at an angle (clockwise from 12 o'clock) and a distance, rounded to the nearest. */
struct mn_point mn_polar(int32_t x, int32_t y, uint16_t angle, int32_t distance);

/* ---- Images ------------------------------------------------------------------------------ */

/* A part of a bitmap (NULL: all) at x, y, blended if it has an alpha plane. */
void mn_draw_image_part(struct mn_target *target, int32_t x, int32_t y,
			const struct mn_bitmap *image, const struct mn_rect *part);

/* All of a bitmap. */
static inline void mn_draw_image(struct mn_target *target, int32_t x, int32_t y,
				 const struct mn_bitmap *image)
{
	mn_draw_image_part(target, x, y, image, NULL);
}

/* ---- Text ---------------------------------------------------------------------------------- */

#include <mnemos/gfx/text.h>

#endif
