/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Protects: that of an image just that part is drawn, and just there, which was asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <mnemos/gfx/draw.h>

/* Images are cut at the clip, wherever they are. */
static void images_stay_within_the_clip(void **state)
{
	uint8_t image_pixels[16], pixels[64], wanted[64];
	struct mn_bitmap image, bitmap;
	struct mn_target target;

	(void)state;
	mn_bitmap_init(&image, MN_GRAY8, MN_OPAQUE, 4, 4, image_pixels, sizeof image_pixels);
	mn_bitmap_init(&bitmap, MN_GRAY8, MN_OPAQUE, 8, 8, pixels, sizeof pixels);
	for (int i = 0; i < 16; i++)
		image_pixels[i] = (uint8_t)(1 + i);
	for (int32_t x = -6; x < 10; x++)
		for (int32_t y = -6; y < 10; y++)
			for (int32_t part = -2; part < 3; part++) {
				const struct mn_rect of = {part, 1, 3, 2};

				memset(pixels, 0, sizeof pixels);
				memset(wanted, 0, sizeof wanted);
				target = mn_target_of(&bitmap);
				target.x = 1;
				mn_target_clip(&target, &(struct mn_rect){1, 2, 4, 3});
				mn_draw_image_part(&target, x, y, &image, &of);
				for (int32_t i = 0; i < 3 * 2; i++) {
					const int32_t sx = part + i % 3, sy = 1 + i / 3;
					const int32_t dx = 1 + x + i % 3, dy = y + i / 3;

					if (sx >= 0 && sx < 4 && dx >= 2 && dx < 6 && dy >= 2 &&
					    dy < 5)
						wanted[8 * dy + dx] = (uint8_t)(1 + 4 * sy + sx);
				}
				assert_memory_equal(pixels, wanted, sizeof pixels);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(images_stay_within_the_clip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
