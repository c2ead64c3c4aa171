/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The same glyphs with SDL2: blitted one by one from a surface that has them all, of the screen's
 * format, which is what SDL is quickest at. Without a background a color key leaves it out.
 */
#include <SDL.h>
#include <mnemos/gfx/draw.h>
#include "gfx_text.h"

#define GLYPHS 95 /* ASCII */

static SDL_Surface *screen, *solid, *clear;

static SDL_Surface *surface(int width, int height)
{
	SDL_Surface *made =
		SDL_CreateRGBSurfaceWithFormat(0, width, height, 16, SDL_PIXELFORMAT_RGB565);

	if (!made) {
		fprintf(stderr, "SDL: %s\n", SDL_GetError());
		exit(1);
	}
	return made;
}

static SDL_Surface *atlas(void)
{
	const struct mn_font *font = &mn_font_8x16;
	SDL_Surface *made = surface(font->width, GLYPHS * font->height);

	for (int glyph = 0; glyph < GLYPHS; glyph++) {
		const uint8_t *rows = mn_font_glyph(font, (uint32_t)(' ' + glyph));

		for (int y = 0; y < font->height; y++) {
			const int line = glyph * font->height + y;
			uint16_t *row = (void *)((uint8_t *)made->pixels +
						 (size_t)line * (size_t)made->pitch);

			for (int x = 0; x < font->width; x++)
				row[x] = rows[y] & 0x80 >> x ? 0xffff : 0x001f;
		}
	}
	return made;
}

static void start(void)
{
	screen = surface(WIDTH, HEIGHT);
	solid = atlas();
	clear = atlas();
	SDL_SetColorKey(clear, SDL_TRUE, 0x001f);
}

static void line(int number, int behind)
{
	const int width = mn_font_8x16.width, height = mn_font_8x16.height;

	for (int column = 0; column < COLUMNS; column++) {
		SDL_Rect from = {0, (text[column] - ' ') * height, width, height};
		SDL_Rect to = {column * width, number * height, width, height};

		SDL_BlitSurface(behind ? solid : clear, &from, screen, &to);
	}
}

int main(int argc, char **argv)
{
	return run_bench(&(struct text_bench){start, line}, argc, argv);
}
