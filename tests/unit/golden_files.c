/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* GOLDEN_DIR is where the pictures are, DIFFERS_DIR where others are left; see meson.build. */
#include <png.h>
#include <sys/stat.h>
#include "bytes.h"
#include "golden.h"

/* Four bytes a pixel; PNG has no word order. */
static uint8_t *bytes_of(const struct mn_bitmap *bitmap)
{
	uint8_t *bytes = malloc((size_t)bitmap->width * (size_t)bitmap->height * 4 + 1);
	uint8_t *byte = bytes;

	assert_non_null(bytes);
	for (int32_t y = 0; y < bitmap->height; y++) {
		for (int32_t x = 0; x < bitmap->width; x++) {
			const mn_color color = mn_bitmap_at(bitmap, x, y);

			*byte++ = (uint8_t)(color >> 16);
			*byte++ = (uint8_t)(color >> 8);
			*byte++ = (uint8_t)color;
			*byte++ = (uint8_t)(color >> 24);
		}
	}
	return bytes;
}

bool golden_write(const char *name, const struct mn_bitmap *bitmap)
{
	const char *wish = getenv("MN_GOLDEN");
	const bool is_wanted = wish && strcmp(wish, "write") == 0;
	uint8_t *bytes = bytes_of(bitmap);
	png_image image = {
		.version = PNG_IMAGE_VERSION,
		.width = (png_uint_32)bitmap->width,
		.height = (png_uint_32)bitmap->height,
		.format = PNG_FORMAT_RGBA,
	};
	char path[512];

	mkdir(DIFFERS_DIR, 0777);
	snprintf(path, sizeof(path), "%s/%s.png", is_wanted ? GOLDEN_DIR : DIFFERS_DIR, name);
	if (!png_image_write_to_file(&image, path, 0, bytes, 0, NULL))
		fail_msg("cannot write %s: %s", path, image.message);
	free(bytes);
	print_error("%s: see %s\n", name, path);
	return is_wanted;
}
