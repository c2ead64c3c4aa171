/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Pixels from one bitmap to another. How is chosen once for all rows. */
#include "internal.h"

struct job {
	const struct mn_bitmap *to, *from;
	struct mn_rect part; /* of `from` */
	int32_t x, y;        /* in `to` */
};

static bool begin(struct job *job, const struct mn_rect *part)
{
	const struct mn_rect to = mn__bounds(job->to), from = mn__bounds(job->from);

	return mn__clip_move(&to, &job->x, &job->y, &from, part ? part : &from, &job->part);
}

/* Any format to any other, run by run. */
static void convert(const struct job *job, void (*put)(const struct mn_bitmap *, int32_t, int32_t,
						       const mn_color *, int32_t))
{
	mn_color run[MN__RUN];

	for (int32_t row = 0; row < job->part.height; row++) {
		for (int32_t at = 0, n; at < job->part.width; at += n) {
			n = job->part.width - at < MN__RUN ? job->part.width - at : MN__RUN;
			mn__load(run, job->from, job->part.x + at, job->part.y + row, n);
			put(job->to, job->x + at, job->y + row, run, n);
		}
	}
}

static void move(const struct job *job)
{
	const struct mn__plane pixels[] = {mn__pixel_plane(job->to), mn__pixel_plane(job->from)};
	const struct mn__plane alphas[] = {mn__alpha_plane(job->to), mn__alpha_plane(job->from)};

	mn__move_plane(&pixels[0], job->x, job->y, &pixels[1], &job->part);
	if (alphas[0].bytes)
		mn__move_plane(&alphas[0], job->x, job->y, &alphas[1], &job->part);
}

static void widen(const struct job *job)
{
	const struct mn__plane to = mn__pixel_plane(job->to), from = mn__pixel_plane(job->from);

	for (int32_t row = 0; row < job->part.height; row++)
		mn__widen_row((uint32_t *)mn__row(&to, job->y + row) + job->x,
			      (const uint16_t *)mn__row(&from, job->part.y + row) + job->part.x,
			      (size_t)job->part.width);
}

static void copy(const struct job *job)
{
	const struct mn_bitmap *to = job->to, *from = job->from;

	if (to->alpha && to->alpha_format != from->alpha_format)
		convert(job, mn__store);
	else if (to->format == from->format)
		move(job);
	else if (to->format == MN_RGB888 && from->format == MN_RGB565 && !to->alpha)
		widen(job);
	else
		convert(job, mn__store);
}

static void blend_rgb565(const struct job *job)
{
	const struct mn__plane pixels = mn__pixel_plane(job->from);
	const struct mn__plane alpha = mn__alpha_plane(job->from), to = mn__pixel_plane(job->to);

	for (int32_t row = 0; row < job->part.height; row++) {
		const int32_t x = job->part.x, y = job->part.y + row;
		uint16_t *into = (uint16_t *)mn__row(&to, job->y + row) + job->x;
		const uint16_t *out_of = (const uint16_t *)mn__row(&pixels, y) + x;
		const uint8_t *alphas = mn__row(&alpha, y);

		if (job->from->alpha_format == MN_MASK)
			mn__blend_mask_row(into, out_of, alphas, x, (size_t)job->part.width);
		else
			mn__blend_alpha8_row(into, out_of, alphas + x, (size_t)job->part.width);
	}
}

void mn_bitmap_copy(struct mn_bitmap *to, int32_t x, int32_t y, const struct mn_bitmap *source,
		    const struct mn_rect *part)
{
	struct job job = {.to = to, .from = source, .x = x, .y = y};

	if (begin(&job, part))
		copy(&job);
}

void mn_bitmap_blend(struct mn_bitmap *to, int32_t x, int32_t y, const struct mn_bitmap *source,
		     const struct mn_rect *part)
{
	struct job job = {.to = to, .from = source, .x = x, .y = y};

	if (!begin(&job, part))
		return;
	if (!source->alpha)
		copy(&job);
	else if (to->format == MN_RGB565 && source->format == MN_RGB565 && !to->alpha)
		blend_rgb565(&job);
	else
		convert(&job, mn__mix);
}
