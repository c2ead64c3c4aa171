/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "bytes.h"
#include "golden.h"

/* More than there are. */
#define PICTURES_MAX 512

static bool checked[PICTURES_MAX];

static const struct golden *find(const char *name)
{
	const struct golden *golden = golden_pictures;

	while (golden->name && strcmp(golden->name, name) != 0)
		golden++;
	return golden->name ? golden : NULL;
}

/* Says what differs first. */
static bool is_same(const struct golden *golden, const struct mn_bitmap *bitmap)
{
	const struct golden_run *run = golden->runs;
	uint32_t left = run->count;

	if (bitmap->width != golden->width || bitmap->height != golden->height) {
		print_error("%s: %d x %d pixels instead of %d x %d\n", golden->name,
			    (int)bitmap->width, (int)bitmap->height, (int)golden->width,
			    (int)golden->height);
		return false;
	}
	for (int32_t y = 0; y < bitmap->height; y++) {
		for (int32_t x = 0; x < bitmap->width; x++) {
			const mn_color color = mn_bitmap_at(bitmap, x, y);

			if (left == 0)
				left = (++run)->count;
			left--;
			if (color != run->color) {
				print_error("%s: at %d, %d is %#x instead of %#x\n", golden->name,
					    (int)x, (int)y, (unsigned)color, (unsigned)run->color);
				return false;
			}
		}
	}
	return true;
}

void golden_check(const char *name, const struct mn_bitmap *bitmap)
{
	const struct golden *golden = find(name);

	if (golden) {
		assert_true(golden - golden_pictures < PICTURES_MAX);
		checked[golden - golden_pictures] = true;
	}
	if (golden && is_same(golden, bitmap))
		return;
	if (!golden)
		print_error("%s: there is no such picture\n", name);
	if (!golden_write(name, bitmap))
		fail();
}

struct mn_bitmap golden_blank(enum mn_pixel_format format, enum mn_alpha_format alpha,
			      int32_t width, int32_t height)
{
	const size_t size = mn_bitmap_size(format, alpha, width, height);
	struct mn_bitmap bitmap;

	assert_true(mn_bitmap_init(&bitmap, format, alpha, width, height, malloc(size), size));
	memset(bitmap.pixels, 0, size);
	return bitmap;
}

void golden_check_and_free(const char *name, struct mn_bitmap *bitmap)
{
	golden_check(name, bitmap);
	free(bitmap->pixels);
}

void golden_check_no_other(const char *prefix)
{
	bool others = false;

	for (size_t i = 0; golden_pictures[i].name; i++) {
		const char *name = golden_pictures[i].name;

		if (strncmp(name, prefix, strlen(prefix)) == 0 && !checked[i]) {
			print_error("no test checks %s.png\n", name);
			others = true;
		}
	}
	assert_false(others);
}
