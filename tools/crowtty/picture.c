/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <errno.h>
#include <png.h>

#include "memory.h"
#include "picture.h"

static uint8_t *expand_mono(const struct mn_screenshot_picture *picture, const uint8_t *pixels)
{
	uint8_t *gray = memory_get((size_t)picture->width * picture->height), *to = gray;
	for (uint32_t y = 0; y < picture->height; y++, pixels += mn_screenshot_row(picture))
		for (uint32_t x = 0; x < picture->width; x++)
			*to++ = pixels[x / 8] << x % 8 & 0x80 ? 255 : 0;
	return gray;
}

static uint8_t *expand_rgb565(const struct mn_screenshot_picture *picture, const uint8_t *pixels)
{
	size_t count = (size_t)picture->width * picture->height;
	uint8_t *rgb = memory_get(count * 3);
	for (size_t i = 0; i < count; i++) {
		unsigned word = (unsigned)(pixels[2 * i] | pixels[2 * i + 1] << 8);
		unsigned red = word >> 11, green = word >> 5 & 63, blue = word & 31;
		rgb[3 * i] = (uint8_t)(red << 3 | red >> 2);
		rgb[3 * i + 1] = (uint8_t)(green << 2 | green >> 4);
		rgb[3 * i + 2] = (uint8_t)(blue << 3 | blue >> 2);
	}
	return rgb;
}

bool picture_write(FILE *out, const struct mn_screenshot_picture *picture, const uint8_t *pixels)
{
	png_image image = {
		.version = PNG_IMAGE_VERSION,
		.width = picture->width,
		.height = picture->height,
		.format = PNG_FORMAT_GRAY,
	};
	uint8_t *expanded = NULL;
	if (picture->format == MN_SCREENSHOT_MONO) {
		expanded = expand_mono(picture, pixels);
	} else if (picture->format == MN_SCREENSHOT_RGB565) {
		expanded = expand_rgb565(picture, pixels);
		image.format = PNG_FORMAT_RGB;
	} else if (picture->format == MN_SCREENSHOT_RGB888) {
		image.format = PNG_FORMAT_BGR;
	}
	errno = 0;
	bool good = png_image_write_to_stdio(&image, out, 0, expanded ? expanded : pixels, 0, NULL);
	if (!good && errno == 0)
		errno = EIO;
	free(expanded);
	return good;
}
