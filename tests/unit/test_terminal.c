/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: that the terminal shows what a program writes and sends what is typed, draws no more
 * than what has changed, and stays within the memory that mn_terminal_size says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <mnemos/gfx/terminal.h>
#include "golden.h"

#define ROWS 4
#define COLUMNS 12
#define GUARD 64
#define FONT mn_font_8x16

/* A terminal and a bitmap of its size; what it replies. */
struct shown {
	char *memory;
	struct mn_terminal *terminal;
	struct mn_bitmap bitmap;
	struct mn_target target;
	struct mn_rect dirty;
	char replied[256];
	unsigned bells;
};

static void reply(void *context, const char *bytes, size_t len)
{
	struct shown *self = context;

	strncat(self->replied, bytes, len);
}

static void bell(void *context)
{
	((struct shown *)context)->bells++;
}

static void open_with(struct shown *self, int32_t rows, int32_t columns)
{
	const size_t size = mn_terminal_size(rows, columns);
	const int32_t width = columns * FONT.width, height = rows * FONT.height;
	const size_t pixels = mn_bitmap_size(MN_RGB565, MN_OPAQUE, width, height);

	*self = (struct shown){.memory = malloc(size + GUARD)};
	assert_non_null(self->memory);
	memset(self->memory + size, 0x5a, GUARD);
	self->terminal = mn_terminal_open(self->memory, size,
					  &(struct mn_terminal_config){.rows = rows,
								       .columns = columns,
								       .font = &FONT,
								       .reply = reply,
								       .bell = bell,
								       .context = self});
	assert_non_null(self->terminal);
	assert_true(mn_bitmap_init(&self->bitmap, MN_RGB565, MN_OPAQUE, width, height,
				   malloc(pixels), pixels));
	self->target = mn_target_of(&self->bitmap);
}

static void close_it(struct shown *self, int32_t rows, int32_t columns)
{
	const size_t size = mn_terminal_size(rows, columns);

	for (size_t i = 0; i < GUARD; i++)
		assert_int_equal(self->memory[size + i], 0x5a);
	free(self->memory);
	free(self->bitmap.pixels);
}

static int open_shown(void **state)
{
	*state = malloc(sizeof(struct shown));
	open_with(*state, ROWS, COLUMNS);
	return 0;
}

static int close_shown(void **state)
{
	close_it(*state, ROWS, COLUMNS);
	free(*state);
	return 0;
}

static void write_text(struct shown *self, const char *text)
{
	mn_terminal_write(self->terminal, text, strlen(text));
}

/* Draws, and says whether that was exactly the cells of a rectangle. */
static bool draws(struct shown *self, int32_t column, int32_t row, int32_t columns, int32_t rows)
{
	const struct mn_rect wanted = {column * FONT.width, row * FONT.height, columns * FONT.width,
				       rows * FONT.height};

	return mn_terminal_draw(self->terminal, &self->target, &self->dirty) &&
	       memcmp(&self->dirty, &wanted, sizeof wanted) == 0;
}

/* Whether a cell shows a character in a colour on another. */
static void assert_cell(struct shown *self, int32_t column, int32_t row, uint32_t character,
			mn_color color, mn_color background)
{
	const uint8_t *glyph = mn_font_glyph(&FONT, character);
	uint16_t pixels[4] = {0};
	struct mn_bitmap rounded; /* to what 16 bits can hold */

	mn_bitmap_init(&rounded, MN_RGB565, MN_OPAQUE, 2, 2, pixels, sizeof pixels);
	mn_bitmap_fill(&rounded, NULL, background);
	mn_bitmap_fill(&rounded, &(struct mn_rect){0, 0, 1, 1}, color);
	for (int32_t y = 0; y < FONT.height; y++)
		for (int32_t x = 0; x < FONT.width; x++)
			assert_int_equal(mn_bitmap_at(&self->bitmap, column * FONT.width + x,
						      row * FONT.height + y),
					 mn_bitmap_at(&rounded, glyph[y] & 0x80 >> x ? 0 : 1, 0));
}

#define FRONT MN_RGB(208, 208, 208)

static void first_all_is_drawn_then_what_changes(void **state)
{
	struct shown *self = *state;

	assert_true(draws(self, 0, 0, COLUMNS, ROWS));
	assert_false(mn_terminal_draw(self->terminal, &self->target, &self->dirty));
	write_text(self, "\x1b[3;5Hab");
	assert_true(mn_terminal_draw(self->terminal, &self->target, &self->dirty));
	write_text(self, "c");
	assert_true(draws(self, 6, 2, 2, 1)); /* the cursor moved on */
	write_text(self, "\x1b[?25l");
	assert_true(draws(self, 7, 2, 1, 1));
	write_text(self, "\x1b[1;1H");
	assert_false(mn_terminal_draw(self->terminal, &self->target, &self->dirty));
	mn_terminal_redraw(self->terminal);
	assert_true(draws(self, 0, 0, COLUMNS, ROWS));
}

static void text_is_shown_in_its_colours(void **state)
{
	struct shown *self = *state;

	write_text(self, "a\x1b[38;2;255;0;0;48;2;0;0;248mb\x1b[7mc\x1b[m\r\n\xc3\xa4\xe2\x94\x80");
	mn_terminal_draw(self->terminal, &self->target, &self->dirty);
	assert_cell(self, 0, 0, 'a', FRONT, MN_BLACK);
	assert_cell(self, 1, 0, 'b', MN_RED, MN_RGB(0, 0, 248));
	assert_cell(self, 2, 0, 'c', MN_RGB(0, 0, 248), MN_RED);
	assert_cell(self, 0, 1, 0xe4, FRONT, MN_BLACK);
	assert_cell(self, 1, 1, 0x2500, FRONT, MN_BLACK);
	assert_cell(self, 2, 1, ' ', MN_BLACK, FRONT); /* the cursor */
	assert_cell(self, 3, 1, ' ', FRONT, MN_BLACK);
}

static void bold_is_bright(void **state)
{
	struct shown *self = *state;

	write_text(self, "\x1b[1ma\x1b[31mb\x1b[91;40mc\x1b[m\r\n");
	mn_terminal_draw(self->terminal, &self->target, &self->dirty);
	assert_cell(self, 0, 0, 'a', MN_WHITE, MN_BLACK);
	assert_cell(self, 1, 0, 'b', MN_RGB(255, 64, 64), MN_BLACK);
	assert_cell(self, 2, 0, 'c', MN_RGB(255, 64, 64), MN_BLACK);
}

static void the_screen_may_be_reversed(void **state)
{
	struct shown *self = *state;

	write_text(self, "a\x1b[7mb");
	mn_terminal_draw(self->terminal, &self->target, &self->dirty);
	write_text(self, "\x1b[?5h");
	assert_true(draws(self, 0, 0, COLUMNS, ROWS));
	assert_cell(self, 0, 0, 'a', MN_BLACK, FRONT);
	assert_cell(self, 1, 0, 'b', FRONT, MN_BLACK);
	assert_cell(self, 3, 3, ' ', MN_BLACK, FRONT);
}

/* What a program that was killed leaves behind, and `reset` ends. */
static void a_reset_makes_it_as_new(void **state)
{
	static const char *const left[] = {
		"\x1b[?5h",         "\x1b[?1049hx\x1b[2;3r", "\x1b[4h\x1b[20h\x1b[?6h\x1b[?7l",
		"\x1b(0\x1b)0\x0e", "\x1b[1;31;47;4;9m",     "\x1b[?25l\x1b[3 q",
		"\x1b[3gx\x1bH",    "\x1b[?69h\x1b[3;5s",    "\x1bP1;2q\x1b[38;5",
		"\xe2\x94",         "\x1b]2;title",          "\x1b=\x1b[?1h",
	};
	static const char text[] = "a\tb\x1b[1mlq\xc3\xa4\x1b[m0123456789012345\n\x1b[Dend";
	const size_t size =
		mn_bitmap_size(MN_RGB565, MN_OPAQUE, COLUMNS * FONT.width, ROWS * FONT.height);
	struct shown *self = *state, other;

	write_text(self, text);
	mn_terminal_draw(self->terminal, &self->target, &self->dirty);
	for (size_t i = 0; i < sizeof left / sizeof left[0]; i++) {
		open_with(&other, ROWS, COLUMNS);
		write_text(&other, "was here\r\nwas here");
		write_text(&other, left[i]);
		write_text(&other, "\x1b"
				   "c");
		write_text(&other, text);
		mn_terminal_draw(other.terminal, &other.target, &other.dirty);
		if (memcmp(self->bitmap.pixels, other.bitmap.pixels, size) != 0)
			fail_msg("what %zu has left is still there", i);
		mn_terminal_key(other.terminal,
				&(struct mn_key_event){.code = MN_KEY_UP, .kind = MN_KEY_PRESSED});
		assert_string_equal(other.replied, "\x1b[A");
		close_it(&other, ROWS, COLUMNS);
	}
}

/* As ncurses does for xterm; not of a character that is none or wide. */
static void characters_are_repeated(void **state)
{
	struct shown *self = *state;

	write_text(self, "\x1b[3bx\x1b[2b|\xe4\xb8\x80\x1b[2b!\x1b[99b");
	mn_terminal_draw(self->terminal, &self->target, &self->dirty);
	assert_cell(self, 0, 0, 'x', FRONT, MN_BLACK);
	assert_cell(self, 2, 0, 'x', FRONT, MN_BLACK);
	assert_cell(self, 3, 0, '|', FRONT, MN_BLACK);
	assert_cell(self, 6, 0, '!', FRONT, MN_BLACK);
	assert_cell(self, 10, 0, '!', FRONT, MN_BLACK);
	assert_cell(self, 0, 1, ' ', FRONT, MN_BLACK);
}

/* A wide character over the first half of another: the second half that is left is drawn anew. */
static void halves_of_wide_characters_are_drawn_as_by_a_redraw(void **state)
{
	struct shown *self = *state;
	const size_t size = self->bitmap.stride * (size_t)self->bitmap.height;
	uint8_t *drawn = malloc(size);

	write_text(self, "\x1b[?25l\x1b[1;4H\x1b[41m\xe4\xb8\x80");
	mn_terminal_draw(self->terminal, &self->target, &self->dirty);
	write_text(self, "\x1b[1;3H\x1b[44m\xe4\xb8\x80");
	assert_true(draws(self, 2, 0, 3, 1));
	memcpy(drawn, self->bitmap.pixels, size);
	mn_terminal_redraw(self->terminal);
	mn_terminal_draw(self->terminal, &self->target, &self->dirty);
	assert_memory_equal(drawn, self->bitmap.pixels, size);
	free(drawn);
}

/* Also where a sequence sets more than one mode: cvvis of xterm. */
static void the_cursor_comes_back(void **state)
{
	struct shown *self = *state;

	write_text(self, "\x1b[?25l");
	mn_terminal_draw(self->terminal, &self->target, &self->dirty);
	write_text(self, "\x1b[?12;25h");
	assert_true(draws(self, 0, 0, 1, 1));
	write_text(self, "\x1b[1;31mx\x1b[m\x1b\x38y"); /* to where nothing was saved */
	mn_terminal_draw(self->terminal, &self->target, &self->dirty);
	assert_cell(self, 0, 0, 'y', FRONT, MN_BLACK);
}

/* libvterm forgets to tell of these. */
static void all_that_changes_is_drawn(void **state)
{
	struct shown *self = *state;

	write_text(self, "abc\x1b[1;2H");
	mn_terminal_draw(self->terminal, &self->target, &self->dirty);
	write_text(self, "\x1b[1J");
	assert_true(draws(self, 0, 0, 2, 1) || draws(self, 0, 0, COLUMNS, 1));
	assert_cell(self, 0, 0, ' ', FRONT, MN_BLACK);
	write_text(self, "\x1b[3;3H");
	mn_terminal_draw(self->terminal, &self->target, &self->dirty);
	write_text(self, "\xcc\x81");
	assert_true(draws(self, 2, 2, 1, 1));
	write_text(self, "\x1b[?6h\x1b[2;4r"); /* DECRC to outside of that */
	mn_terminal_draw(self->terminal, &self->target, &self->dirty);
	write_text(self, "\x1b[?1049l");
	mn_terminal_draw(self->terminal, &self->target, &self->dirty);
	assert_cell(self, 0, 1, ' ', MN_BLACK, FRONT);
}

static void the_screen_scrolls(void **state)
{
	struct shown *self = *state;

	write_text(self, "1\r\n2\r\n3\r\n4\r\n5");
	mn_terminal_draw(self->terminal, &self->target, &self->dirty);
	assert_cell(self, 0, 0, '2', FRONT, MN_BLACK);
	assert_cell(self, 0, 3, '5', FRONT, MN_BLACK);
}

static void the_alternate_screen_gives_the_first_back(void **state)
{
	struct shown *self = *state;

	write_text(self, "one\x1b[?1049h\x1b[2J\x1b[Htwo");
	mn_terminal_draw(self->terminal, &self->target, &self->dirty);
	assert_cell(self, 0, 0, 't', FRONT, MN_BLACK);
	write_text(self, "\x1b[?1049l");
	mn_terminal_draw(self->terminal, &self->target, &self->dirty);
	assert_cell(self, 0, 0, 'o', FRONT, MN_BLACK);
	assert_cell(self, 2, 0, 'e', FRONT, MN_BLACK);
}

/* What a key sends. */
static const char *sent(struct shown *self, uint8_t code, uint32_t value, uint8_t modifiers)
{
	self->replied[0] = 0;
	mn_terminal_key(self->terminal, &(struct mn_key_event){.kind = MN_KEY_PRESSED,
							       .modifiers = modifiers,
							       .code = code,
							       .value = value});
	return self->replied;
}

static void keys_send_what_xterm_sends(void **state)
{
	struct shown *self = *state;

	assert_string_equal(sent(self, MN_KEY_CHAR, 'a', 0), "a");
	assert_string_equal(sent(self, MN_KEY_CHAR, 'A', MN_KEY_SHIFT), "A");
	assert_string_equal(sent(self, MN_KEY_CHAR, 0xe4, 0), "\xc3\xa4");
	assert_string_equal(sent(self, MN_KEY_CHAR, 'c', MN_KEY_CTRL), "\x03");
	assert_string_equal(sent(self, MN_KEY_CHAR, 'M', MN_KEY_CTRL | MN_KEY_SHIFT), "\r");
	assert_string_equal(sent(self, MN_KEY_CHAR, '[', MN_KEY_CTRL), "\x1b");
	assert_string_equal(sent(self, MN_KEY_CHAR, '?', MN_KEY_CTRL), "\x7f");
	assert_string_equal(sent(self, MN_KEY_CHAR, '1', MN_KEY_CTRL), "1");
	assert_string_equal(sent(self, MN_KEY_CHAR, 0xe4, MN_KEY_CTRL), "\xc3\xa4");
	assert_string_equal(sent(self, MN_KEY_CHAR, 'x', MN_KEY_ALT), "\x1bx");
	assert_string_equal(sent(self, MN_KEY_CHAR, 'x', MN_KEY_CTRL | MN_KEY_ALT), "\x1b\x18");
	assert_string_equal(sent(self, MN_KEY_ENTER, 0, 0), "\r");
	assert_string_equal(sent(self, MN_KEY_ENTER, 0, MN_KEY_SHIFT), "\r");
	assert_string_equal(sent(self, MN_KEY_ENTER, 0, MN_KEY_META), "\x1b\r");
	assert_string_equal(sent(self, MN_KEY_BACKSPACE, 0, 0), "\x7f");
	assert_string_equal(sent(self, MN_KEY_TAB, 0, 0), "\t");
	assert_string_equal(sent(self, MN_KEY_BACK_TAB, 0, MN_KEY_SHIFT), "\x1b[Z");
	assert_string_equal(sent(self, MN_KEY_ESC, 0, 0), "\x1b");
	assert_string_equal(sent(self, MN_KEY_UP, 0, 0), "\x1b[A");
	assert_string_equal(sent(self, MN_KEY_LEFT, 0, MN_KEY_CTRL), "\x1b[1;5D");
	assert_string_equal(sent(self, MN_KEY_DELETE, 0, 0), "\x1b[3~");
	assert_string_equal(sent(self, MN_KEY_PAGE_DOWN, 0, 0), "\x1b[6~");
	assert_string_equal(sent(self, MN_KEY_F, 1, 0), "\x1bOP");
	assert_string_equal(sent(self, MN_KEY_F, 12, 0), "\x1b[24~");
	assert_string_equal(sent(self, MN_KEY_MENU, 0, 0), "");
	assert_string_equal(sent(self, MN_KEY_MEDIA, MN_MEDIA_PLAY, 0), "");
	write_text(self, "\x1b[?1h"); /* a program that asks for it */
	assert_string_equal(sent(self, MN_KEY_UP, 0, 0), "\x1bOA");
}

static void releases_send_nothing(void **state)
{
	struct shown *self = *state;

	mn_terminal_key(
		self->terminal,
		&(struct mn_key_event){.kind = MN_KEY_RELEASED, .code = MN_KEY_CHAR, .value = 'a'});
	assert_string_equal(self->replied, "");
	mn_terminal_key(
		self->terminal,
		&(struct mn_key_event){.kind = MN_KEY_HELD, .code = MN_KEY_CHAR, .value = 'a'});
	assert_string_equal(self->replied, "a");
}

/* As xterm's `resize` asks for the size. */
static void a_program_may_ask(void **state)
{
	struct shown *self = *state;

	write_text(self, "\x1b[999;999H\x1b[6n");
	assert_string_equal(self->replied, "\x1b[4;12R");
	write_text(self, "\a");
	assert_int_equal(self->bells, 1);
}

static void a_title_is_kept_and_cut(void **state)
{
	struct shown *self = *state;
	char longer[200];

	assert_string_equal(mn_terminal_title(self->terminal), "");
	write_text(self, "\x1b]2;report\a");
	assert_string_equal(mn_terminal_title(self->terminal), "report");
	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = 0;
	write_text(self, "\x1b]2;");
	write_text(self, longer);
	write_text(self, "\a");
	assert_int_equal(strlen(mn_terminal_title(self->terminal)), 63);
}

/* libvterm takes memory when it is made and for combining characters, and it may never get none. */
static void the_memory_is_enough_for_any_size(void **state)
{
	static const int32_t sides[][2] = {{1, 2}, {1, 200}, {100, 2}, {2, 3}, {25, 80}, {7, 129}};
	struct shown one;

	(void)state;
	for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
		open_with(&one, sides[i][0], sides[i][1]);
		write_text(&one, "\x1b[?1049h#\x1b[?1049l\x1b[?1049he");
		for (int n = 0; n < 500; n++)
			write_text(&one, "\xcc\x81");
		write_text(&one, "\x1b"
				 "c\x1b#8");
		close_it(&one, sides[i][0], sides[i][1]);
	}
}

static void impossible_sizes_are_refused(void **state)
{
	static char memory[64];
	const struct mn_terminal_config config = {.rows = 1, .columns = 2, .font = &FONT};

	(void)state;
	assert_int_equal(mn_terminal_size(0, 80), 0);
	assert_int_equal(mn_terminal_size(25, 1), 0);
	assert_int_equal(mn_terminal_size(25, -1), 0);
	assert_int_equal(mn_terminal_size(MN_TERMINAL_MAX + 1, 80), 0);
	assert_null(mn_terminal_open(memory, sizeof memory, &config));
}

/* ---- Pictures ------------------------------------------------------------------------------ */

/* Draws a screen of 40 x 12 characters and compares it. */
static void assert_sheet(const char *name, const char *text)
{
	struct shown one;

	open_with(&one, 12, 40);
	write_text(&one, text);
	mn_terminal_draw(one.terminal, &one.target, &one.dirty);
	golden_check(name, &one.bitmap);
	close_it(&one, 12, 40);
}

static void a_sheet_of_attributes(void **state)
{
	(void)state;
	assert_sheet(
		"terminal-attributes",
		"plain \x1b[1mbold\x1b[m \x1b[4munder\x1b[m \x1b[9mstrike\x1b[m "
		"\x1b[7mreverse\x1b[m\r\n"
		"\x1b[30m0\x1b[31m1\x1b[32m2\x1b[33m3\x1b[34m4\x1b[35m5\x1b[36m6\x1b[37m7"
		"\x1b[90m8\x1b[91m9\x1b[92ma\x1b[93mb\x1b[94mc\x1b[95md\x1b[96me\x1b[97mf"
		"\x1b[0;1m \x1b[31m1\x1b[32m2\x1b[33m3\x1b[34m4\x1b[35m5\x1b[36m6\x1b[37m7"
		"\x1b[m\r\n"
		"\x1b[40m0\x1b[41m1\x1b[42m2\x1b[43m3\x1b[44m4\x1b[45m5\x1b[46m6\x1b[47m7"
		"\x1b[100m8\x1b[101m9\x1b[102ma\x1b[103mb\x1b[104mc\x1b[105md\x1b[106me"
		"\x1b[107mf\x1b[m\r\n"
		"\x1b[38;5;208morange\x1b[m \x1b[48;5;57m  57  \x1b[m \x1b[38;5;244mgray\x1b[m "
		"\x1b[38;2;255;128;200mpink\x1b[48;2;20;60;20mon green\x1b[m\r\n"
		"\x1b(0lqqwqqqk\x1b(B \xe2\x95\x94\xe2\x95\x90\xe2\x95\x97 "
		"\xe2\x94\x8f\xe2\x94\x81\xe2\x94\x93\r\n"
		"\x1b(0x\x1b(B1 \x1b(0x\x1b(B 2 \x1b(0x\x1b(B \xe2\x95\x91 \xe2\x95\x91 "
		"\xe2\x94\x83 \xe2\x94\x83 \xe2\x96\x91\xe2\x96\x92\xe2\x96\x93\xe2\x96\x88\r\n"
		"\x1b(0mqqvqqqj\x1b(B \xe2\x95\x9a\xe2\x95\x90\xe2\x95\x9d "
		"\xe2\x94\x97\xe2\x94\x81\xe2\x94\x9b\r\n"
		"\xc3\x84\xc3\xb6\xc3\xbc\xc3\x9f e\xcc\x81 \xe4\xb8\x80| \xff "
		"a\tb\tc\r\n"
		"\x1b[7;4mreverse, under \x1b[31mred\x1b[m \x1b[41mto the end\x1b[K\x1b[m\r\n");
}

/* A region that scrolls, insertion, deletion, and the cursor as a bar on a reversed screen. */
static void a_sheet_of_movements(void **state)
{
	(void)state;
	assert_sheet("terminal-movements",
		     "top\x1b[12;1Hbottom\x1b[2;11r\x1b[11;1H"
		     "1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8\r\n9\r\n10\r\n11\r\n12"
		     "\x1b[4;1H\x1b[2Linserted\x1b[8;1H\x1b[M\x1b[2;1H\x1bMabove"
		     "\x1b[10;5Habcdef\x1b[10;7H\x1b[2@\x1b[10;12H\x1b[2P\x1b[r"
		     "\x1b[1;36Hthis line is wrapped\x1b[3;20H\x1b[?7lthis line ends at the margin!"
		     "\x1b[?7h\x1b[7;20H\x1b[4mhere: \x1b[6 q\x1b[?5h");
}

static void no_other_sheet(void **state)
{
	(void)state;
	golden_check_no_other("terminal-");
}

#define SHOWN(test) cmocka_unit_test_setup_teardown(test, open_shown, close_shown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHOWN(first_all_is_drawn_then_what_changes),
		SHOWN(text_is_shown_in_its_colours),
		SHOWN(bold_is_bright),
		SHOWN(the_screen_may_be_reversed),
		SHOWN(a_reset_makes_it_as_new),
		SHOWN(characters_are_repeated),
		SHOWN(halves_of_wide_characters_are_drawn_as_by_a_redraw),
		SHOWN(the_cursor_comes_back),
		SHOWN(all_that_changes_is_drawn),
		SHOWN(the_screen_scrolls),
		SHOWN(the_alternate_screen_gives_the_first_back),
		SHOWN(keys_send_what_xterm_sends),
		SHOWN(releases_send_nothing),
		SHOWN(a_program_may_ask),
		SHOWN(a_title_is_kept_and_cut),
		cmocka_unit_test(the_memory_is_enough_for_any_size),
		cmocka_unit_test(impossible_sizes_are_refused),
		cmocka_unit_test(a_sheet_of_attributes),
		cmocka_unit_test(a_sheet_of_movements),
		cmocka_unit_test(no_other_sheet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
