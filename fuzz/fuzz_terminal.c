/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A program writes anything to a terminal of any small size: one row and data[0] more, two columns
 * and data[1] more, then pieces of the length in front of each. Half of the pieces of length 0 are
 * followed by a key. Nothing is touched beside its memory, and of the target no more than what it
 * says; what is drawn bit by bit is what is drawn at once.
 */
#include <mnemos/gfx/terminal.h>
#include "fuzz.h"

#define SIDE 10

static void discard(void *context, const char *bytes, size_t len)
{
	size_t *sum = context;

	for (size_t i = 0; i < len; i++)
		*sum += (unsigned char)bytes[i];
}

/* Draws what has changed, and says how much. */
static struct mn_rect draw(struct mn_terminal *terminal, struct mn_bitmap *bitmap)
{
	struct mn_target target = mn_target_of(bitmap);
	const struct mn_rect all = {0, 0, bitmap->width, bitmap->height};
	struct mn_rect dirty, inside, none;

	if (mn_terminal_draw(terminal, &target, &dirty)) {
		inside = mn_rect_intersect(&dirty, &all);
		FUZZ_CHECK(memcmp(&inside, &dirty, sizeof dirty) == 0);
	}
	FUZZ_CHECK(!mn_terminal_draw(terminal, &target, &none));
	return dirty;
}

/* The bitmap holds what was drawn before, `copy` the same. */
static void check_drawn(struct mn_terminal *terminal, struct mn_bitmap *bitmap,
			struct mn_bitmap *copy)
{
	const size_t size = bitmap->stride * (size_t)bitmap->height;
	const struct mn_rect changed = draw(terminal, bitmap);

	if (!mn_rect_is_empty(&changed)) /* it shows that alone */
		mn_bitmap_copy(copy, changed.x, changed.y, bitmap, &changed);
	FUZZ_CHECK(memcmp(copy->pixels, bitmap->pixels, size) == 0);
	mn_terminal_redraw(terminal);
	draw(terminal, bitmap);
	FUZZ_CHECK(memcmp(copy->pixels, bitmap->pixels, size) == 0);
}

/* Returns how many bytes it has taken. */
static size_t step(struct mn_terminal *terminal, const uint8_t *data, size_t len)
{
	const size_t piece = data[0] < len - 1 ? data[0] : len - 1;

	if (piece == 0 && len >= 4) {
		mn_terminal_key(terminal, &(struct mn_key_event){.kind = data[1] % 3,
								 .modifiers = data[2],
								 .code = data[3],
								 .value = data[2] * 7u});
		return 4;
	}
	mn_terminal_write(terminal, data + 1, piece);
	return 1 + piece;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len < 2)
		return 0;
	const struct mn_font *font = &mn_font_5x8;
	size_t sum = 0;
	const struct mn_terminal_config config = {.rows = 1 + data[0] % SIDE,
						  .columns = 2 + data[1] % SIDE,
						  .font = font,
						  .reply = discard,
						  .context = &sum};
	const int32_t width = config.columns * font->width, height = config.rows * font->height;
	const size_t size = mn_terminal_size(config.rows, config.columns);
	const size_t pixels_size = mn_bitmap_size(MN_RGB565, MN_OPAQUE, width, height);
	void *memory = fuzz_alloc(size), *pixels = fuzz_alloc(pixels_size);
	void *copied = fuzz_alloc(pixels_size);
	struct mn_terminal *terminal = mn_terminal_open(memory, size, &config);
	struct mn_bitmap bitmap, copy;

	FUZZ_CHECK(terminal);
	FUZZ_CHECK(
		mn_bitmap_init(&bitmap, MN_RGB565, MN_OPAQUE, width, height, pixels, pixels_size));
	FUZZ_CHECK(mn_bitmap_init(&copy, MN_RGB565, MN_OPAQUE, width, height, copied, pixels_size));
	memset(pixels, 0, pixels_size);
	memset(copied, 0, pixels_size);
	for (size_t at = 2; at < len;) {
		at += step(terminal, data + at, len - at);
		check_drawn(terminal, &bitmap, &copy);
	}
	FUZZ_CHECK(strlen(mn_terminal_title(terminal)) < 64);
	free(copied);
	free(pixels);
	free(memory);
	return 0;
}
