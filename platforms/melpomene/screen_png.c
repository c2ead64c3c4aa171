/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <png.h>
#include <sys/stat.h>
#include <unistd.h>
#include "screen_png.h"
#include "tell.h"

/* Without the unused byte of each pixel. */
static uint8_t *pack(const struct mn_bitmap *picture)
{
	const size_t width = (size_t)picture->width, height = (size_t)picture->height;
	uint8_t *const packed = malloc(width * height * 3);
	uint8_t *to = packed;

	for (size_t y = 0; packed && y < height; y++) {
		const uint32_t *row = (const uint32_t *)picture->pixels + y * picture->stride / 4;

		for (size_t x = 0; x < width; x++) {
			*to++ = (uint8_t)(row[x] >> 16);
			*to++ = (uint8_t)(row[x] >> 8);
			*to++ = (uint8_t)row[x];
		}
	}
	return packed;
}

/* NULL, or why not. Frames are recorded while the machine runs, so quickly, not small. */
static const char *encode(FILE *out, const struct mn_bitmap *picture)
{
	static png_image image;
	uint8_t *packed = pack(picture);

	if (!packed)
		return strerror(ENOMEM);
	image = (png_image){
		.version = PNG_IMAGE_VERSION,
		.width = (png_uint_32)picture->width,
		.height = (png_uint_32)picture->height,
		.format = PNG_FORMAT_RGB,
		.flags = PNG_IMAGE_FLAG_FAST,
	};
	errno = 0;
	const bool done =
		png_image_write_to_stdio(&image, out, 0, packed, 0, NULL) && fflush(out) == 0;
	const int error = errno;

	free(packed);
	return done ? NULL : error ? strerror(error) : image.message;
}

bool screen_png_replaces(const char *file)
{
	struct stat is;

	return lstat(file, &is) != 0 || S_ISREG(is.st_mode);
}

/* Through a file beside one, so that nobody sees a part of it. */
bool screen_png_write(const char *file, const struct mn_bitmap *picture)
{
	const bool replaces = screen_png_replaces(file);
	char part[PATH_MAX];
	const char *why = NULL;
	FILE *out = NULL;

	if (snprintf(part, sizeof part, "%s.%d.part", file, (int)getpid()) >= (int)sizeof part)
		errno = ENAMETOOLONG;
	else
		out = fopen(replaces ? part : file, "we");
	if (!out) {
		tell("cannot write %s: %s", file, strerror(errno));
		return false;
	}
	why = encode(out, picture);
	if (fclose(out) && !why)
		why = strerror(errno);
	if (!why && replaces && rename(part, file))
		why = strerror(errno);
	if (why)
		tell("cannot write %s: %s", file, why);
	if (why && replaces)
		unlink(part);
	return !why;
}
