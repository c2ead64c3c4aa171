/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Text of the 8x16 font into RGB565, see gfx_text.h. */
#include <mnemos/gfx/draw.h>
#include "gfx_text.h"

static uint16_t pixels[WIDTH * HEIGHT];
static struct mn_bitmap screen;
static struct mn_target target;

static void start(void)
{
	mn_bitmap_init(&screen, MN_RGB565, MN_OPAQUE, WIDTH, HEIGHT, pixels, sizeof pixels);
	target = mn_target_of(&screen);
}

static void line(int number, int behind)
{
	const struct mn_text_style style = {.font = &mn_font_8x16,
					    .color = MN_WHITE,
					    .background = behind ? MN_BLUE : MN_CLEAR};

	mn_draw_text_of(&target, 0, number * mn_font_8x16.height, text, COLUMNS, &style);
}

int main(int argc, char **argv)
{
	return run_bench(&(struct text_bench){start, line}, argc, argv);
}
