/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Terminal: what programs for a VT220 or xterm write, as text on a target.
 *
 *     size = mn_terminal_size(25, 80);
 *     terminal = mn_terminal_open(memory, size, &(struct mn_terminal_config){
 *             .rows = 25, .columns = 80, .font = &mn_font_8x16, .reply = send, .context = self});
 *
 *     mn_terminal_write(terminal, bytes, len);          // from the program
 *     mn_terminal_key(terminal, &event);                // from the keyboard; answers by `reply`
 *     if (mn_terminal_draw(terminal, &target, &dirty))
 *             show `dirty` of what the target draws on
 *
 * libvterm does the emulation: UTF-8, 256 and true colours, scrolling regions, the alternate
 * screen, titles, keypad modes; there is no scroll-back. Bold is bright. Characters that the font
 * does not have show as in text.h; of combined ones the first is shown.
 *
 * Memory: one block of the caller's, from open on, which holds it all; to end, or to have another
 * size, just take it back. Some 80 bytes a cell. Nothing is global, nothing waits. Any bytes may be
 * written; what is not understood is left out.
 *
 * Cost: drawing touches only the cells that have changed since the last time.
 */
#ifndef MNEMOS_GFX_TERMINAL_H
#define MNEMOS_GFX_TERMINAL_H

#include <mnemos/gfx/draw.h>
#include <mnemos/key.h>

/* Most rows, and most columns; least are 1 and 2, the width of a wide character. */
#define MN_TERMINAL_MAX 1024

struct mn_terminal;

/* What a terminal is to be. */
struct mn_terminal_config {
	int32_t rows, columns; /* up to MN_TERMINAL_MAX */
	const struct mn_font *font;
	mn_color color, background; /* where the program sets none; both 0: light gray on black */
	/* What goes to the program: keys and answers. Called in write and key. NULL: nowhere. */
	void (*reply)(void *context, const char *bytes, size_t len);
	/* The program rings. NULL: silence. */
	void (*bell)(void *context);
	void *context;
};

/* Bytes that a terminal of a size needs; 0 if there is no terminal of that size. */
size_t mn_terminal_size(int32_t rows, int32_t columns);

/*
 * Makes a terminal in `memory`, aligned for any object; all of it is to be drawn. NULL if `size` is
 * less than mn_terminal_size says.
 */
struct mn_terminal *mn_terminal_open(void *memory, size_t size,
				     const struct mn_terminal_config *config);

/* Takes what the program writes. */
void mn_terminal_write(struct mn_terminal *terminal, const void *bytes, size_t len);

/* Takes a key event: replies with what the key sends, if it is no release. */
void mn_terminal_key(struct mn_terminal *terminal, const struct mn_key_event *event);

/* The window title that the program has set, cut to 63 bytes; "" at first. */
const char *mn_terminal_title(const struct mn_terminal *terminal);

/*
 * Draws what has changed since the last time, the cursor too, the first cell at the target's 0, 0.
 * Puts into `dirty` the rectangle that holds it, in pixels from there; false if nothing has
 * changed.
 */
bool mn_terminal_draw(struct mn_terminal *terminal, struct mn_target *target,
		      struct mn_rect *dirty);

/* All is to be drawn again. */
void mn_terminal_redraw(struct mn_terminal *terminal);

#endif
