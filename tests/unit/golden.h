/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Golden pictures, tests/golden/gfx/NAME.png, which tests compare what they draw with: colour by
 * colour, on the desk and on boards. tests/golden/README.md says how to make new ones.
 *
 *     golden_check("draw-circle", &bitmap);
 */
#ifndef TESTS_UNIT_GOLDEN_H
#define TESTS_UNIT_GOLDEN_H

#include <mnemos/gfx/bitmap.h>

struct golden_run {
	uint32_t count;
	mn_color color;
};

struct golden {
	const char *name;
	int32_t width, height;
	const struct golden_run *runs; /* row after row, also over their ends */
};

/* Baked from the files, with one without a name behind the last. */
extern const struct golden golden_pictures[];

/* Fails the test if the bitmap is not the picture, or there is none of that name. */
void golden_check(const char *name, const struct mn_bitmap *bitmap);

/* A bitmap of zeros to draw into; and the check, after which it is no more. */
struct mn_bitmap golden_blank(enum mn_pixel_format format, enum mn_alpha_format alpha,
			      int32_t width, int32_t height);
void golden_check_and_free(const char *name, struct mn_bitmap *bitmap);

/* Fails if there is a picture whose name begins so and which this program has not checked. Goes
 * last: a test in its own right. */
void golden_check_no_other(const char *prefix);

/* ---- golden_files.c on the desk, golden_no_files.c on boards ---- */

/* Whether MN_GOLDEN says that pictures are to be written, and this one has been; else leaves it
 * where a developer can look at it. */
bool golden_write(const char *name, const struct mn_bitmap *bitmap);

#endif
