/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The terminal widget: libvterm keeps the cells, this draws those that have changed.
 *
 * libvterm does not expect to run out of memory, so it never does: it allocates when it is made,
 * from an arena that is large enough for that, and later only to keep ever more combining
 * characters for one cell, which limit_combining prevents.
 */
#include <string.h>
#include <mnemos/gfx/terminal.h>
#include <vterm_internal.h>
#include "terminal_guard.h"

/* Bytes that are given to libvterm at a time: what it takes from the stack depends on it. */
#define PIECE 32

/* Combining characters that are kept for a cell, as many as a screen's cell can have. */
#define COMBINING VTERM_MAX_CHARS_PER_CELL

/* Cells of a row to be drawn: from `first` on, before `end`. */
struct dirty {
	int16_t first, end;
};

struct mn_terminal {
	struct mn_terminal_config config;
	VTerm *vterm;
	VTermScreen *screen;
	VTermState *state;
	char *arena, *arena_end; /* what is left */
	struct mn__guard guard;
	VTermPos cursor;
	bool cursor_visible;
	int cursor_shape;
	mn_color bold;        /* in place of the default colour */
	struct dirty dirty[]; /* rows */
};

/* ---- Memory ---------------------------------------------------------------------------- */

#define ALIGN _Alignof(max_align_t)

static size_t aligned(size_t size)
{
	return (size + ALIGN - 1) / ALIGN * ALIGN;
}

/* libvterm counts on zeros. The arena is as large as mn_terminal_size says, which a test checks. */
static void *take(size_t size, void *context)
{
	struct mn_terminal *terminal = context;
	char *block = terminal->arena;

	size = aligned(size);
	if (size > (size_t)(terminal->arena_end - block))
		return NULL;
	terminal->arena += size;
	return memset(block, 0, size);
}

/* Only what is replaced is given back: the buffer of combining characters, twice at most. */
static void give_back(void *block, void *context)
{
	(void)block, (void)context;
}

static VTermAllocatorFunctions allocator = {.malloc = take, .free = give_back};

size_t mn_terminal_size(int32_t rows, int32_t columns)
{
	const size_t buffers = 4096;                           /* of bytes, and of tab stops */
	const size_t combining = 1024;                         /* see limit_combining */
	const size_t line = sizeof(VTermLineInfo) + 2 * ALIGN; /* of each screen */
	/* A cell of either screen is not larger than what the outside sees of it. */
	const size_t cell = 2 * sizeof(VTermScreenCell);

	if (rows < 1 || rows > MN_TERMINAL_MAX || columns < 2 || columns > MN_TERMINAL_MAX)
		return 0;
	return aligned(sizeof(struct mn_terminal) + (size_t)rows * sizeof(struct dirty)) +
	       sizeof(VTerm) + sizeof(VTermState) + buffers + combining + (size_t)rows * line +
	       (size_t)columns * sizeof(VTermScreenCell) + (size_t)rows * (size_t)columns * cell;
}

/* ---- What has changed -------------------------------------------------------------------- */

static void touch(struct mn_terminal *terminal, int row, int first, int end)
{
	struct dirty *dirty;

	if (row < 0 || row >= terminal->config.rows)
		return;
	dirty = &terminal->dirty[row];
	if (dirty->first >= dirty->end)
		*dirty = (struct dirty){(int16_t)first, (int16_t)end};
	if (first < dirty->first)
		dirty->first = (int16_t)first;
	if (end > dirty->end)
		dirty->end = (int16_t)end;
}

void mn_terminal_redraw(struct mn_terminal *terminal)
{
	for (int row = 0; row < terminal->config.rows; row++)
		touch(terminal, row, 0, terminal->config.columns);
}

/* A combining character on no other has no width, and a cell nevertheless. */
static int on_damage(VTermRect rect, void *context)
{
	const int end = rect.end_col > rect.start_col ? rect.end_col : rect.start_col + 1;

	for (int row = rect.start_row; row < rect.end_row; row++)
		touch(context, row, rect.start_col, end);
	return 1;
}

static void touch_cursor(struct mn_terminal *terminal)
{
	touch(terminal, terminal->cursor.row, terminal->cursor.col, terminal->cursor.col + 1);
}

/* libvterm's call for it does not come each time. */
static void follow_cursor(struct mn_terminal *terminal)
{
	VTermPos now;

	vterm_state_get_cursorpos(terminal->state, &now);
	if (now.row == terminal->cursor.row && now.col == terminal->cursor.col)
		return;
	if (terminal->cursor_visible)
		touch_cursor(terminal);
	terminal->cursor = now;
	if (terminal->cursor_visible)
		touch_cursor(terminal);
}

static int on_property(VTermProp property, VTermValue *value, void *context)
{
	struct mn_terminal *terminal = context;

	switch (property) {
	case VTERM_PROP_CURSORVISIBLE:
		terminal->cursor_visible = value->boolean;
		break;
	case VTERM_PROP_CURSORSHAPE:
		terminal->cursor_shape = value->number;
		break;
	default:
		return 1;
	}
	touch_cursor(terminal);
	return 1;
}

static int on_bell(void *context)
{
	struct mn_terminal *terminal = context;

	if (terminal->config.bell)
		terminal->config.bell(terminal->config.context);
	return 1;
}

static void on_output(const char *bytes, size_t len, void *context)
{
	struct mn_terminal *terminal = context;

	if (terminal->config.reply)
		terminal->config.reply(terminal->config.context, bytes, len);
}

/* ---- Opening ----------------------------------------------------------------------------- */

static VTermColor vterm_color(mn_color color)
{
	VTermColor made;

	vterm_color_rgb(&made, (uint8_t)(color >> 16), (uint8_t)(color >> 8), (uint8_t)color);
	return made;
}

/* Blue and bright blue, in place of libvterm's, which can hardly be read on black. */
static void set_palette(VTermState *state)
{
	const VTermColor blue = vterm_color(MN_RGB(72, 108, 240));
	const VTermColor bright = vterm_color(MN_RGB(124, 152, 255));

	vterm_state_set_palette_color(state, 4, &blue);
	vterm_state_set_palette_color(state, 12, &bright);
}

static void open_screen(struct mn_terminal *terminal)
{
	static const VTermScreenCallbacks callbacks = {
		.damage = on_damage,
		.settermprop = on_property,
		.bell = on_bell,
	};
	const VTermColor color = vterm_color(terminal->config.color);
	const VTermColor background = vterm_color(terminal->config.background);

	vterm_set_utf8(terminal->vterm, 1);
	vterm_output_set_callback(terminal->vterm, on_output, terminal);
	terminal->state = vterm_obtain_state(terminal->vterm);
	vterm_state_set_default_colors(terminal->state, &color, &background);
	vterm_state_set_bold_highbright(terminal->state, 1);
	set_palette(terminal->state);
	terminal->screen = vterm_obtain_screen(terminal->vterm);
	vterm_screen_set_callbacks(terminal->screen, &callbacks, terminal);
	vterm_screen_enable_altscreen(terminal->screen, 1);
	vterm_screen_reset(terminal->screen, 1);
	vterm_input_write(terminal->vterm, "\x1b\x37", 2); /* DECRC without DECSC: to here */
}

struct mn_terminal *mn_terminal_open(void *memory, size_t size,
				     const struct mn_terminal_config *config)
{
	const size_t needed = mn_terminal_size(config->rows, config->columns);
	const size_t own =
		aligned(sizeof(struct mn_terminal) + (size_t)config->rows * sizeof(struct dirty));
	struct mn_terminal *terminal = memory;

	if (needed == 0 || size < needed)
		return NULL;
	memset(terminal, 0, own);
	terminal->config = *config;
	terminal->bold = config->color;
	if (config->color == 0 && config->background == 0) {
		terminal->config.color = MN_RGB(208, 208, 208);
		terminal->config.background = MN_BLACK;
		terminal->bold = MN_WHITE;
	}
	terminal->arena = (char *)memory + own;
	terminal->arena_end = (char *)memory + size;
	terminal->cursor_visible = true;
	terminal->vterm =
		vterm_new_with_allocator(config->rows, config->columns, &allocator, terminal);
	open_screen(terminal);
	mn_terminal_redraw(terminal);
	return terminal;
}

/* ---- Bytes and keys ------------------------------------------------------------------------ */

/* They would be kept without end as long as the cursor stays where it is. */
static void limit_combining(VTermState *state)
{
	if (state->combine_chars_size > COMBINING)
		state->combine_chars[COMBINING] = 0;
}

void mn_terminal_write(struct mn_terminal *terminal, const void *bytes, size_t len)
{
	const char *at = bytes, *end = at + len;
	char passed[MN__GUARD_OUT(PIECE)];

	while (at < end) {
		const char *piece = end - at < PIECE ? end : at + PIECE;

		terminal->guard.may_repeat = terminal->state->combine_width == 1;
		vterm_input_write(terminal->vterm, passed,
				  mn__guard_pass(&terminal->guard, passed, &at, piece));
		limit_combining(terminal->state);
	}
	follow_cursor(terminal);
}

/* What Ctrl makes of a character. libvterm has sequences for what it makes nothing of. */
static uint32_t control_of(uint32_t character)
{
	if (character == ' ')
		return 0;
	if (character == '?')
		return 0x7f;
	return character >= 0x40 && character < 0x7f ? character & 0x1f : character;
}

static void send_character(struct mn_terminal *terminal, uint32_t character, uint8_t modifiers)
{
	if (modifiers & (MN_KEY_ALT | MN_KEY_META))
		on_output("\x1b", 1, terminal);
	vterm_keyboard_unichar(terminal->vterm,
			       modifiers & MN_KEY_CTRL ? control_of(character) : character,
			       VTERM_MOD_NONE);
}

/* The keys that have names, in the order of enum mn_key_code; 0: sends nothing. */
static VTermKey key_of(const struct mn_key_event *event)
{
	static const uint8_t keys[] = {
		[MN_KEY_BACKSPACE] = VTERM_KEY_BACKSPACE,
		[MN_KEY_ENTER] = VTERM_KEY_ENTER,
		[MN_KEY_LEFT] = VTERM_KEY_LEFT,
		[MN_KEY_RIGHT] = VTERM_KEY_RIGHT,
		[MN_KEY_UP] = VTERM_KEY_UP,
		[MN_KEY_DOWN] = VTERM_KEY_DOWN,
		[MN_KEY_HOME] = VTERM_KEY_HOME,
		[MN_KEY_END] = VTERM_KEY_END,
		[MN_KEY_PAGE_UP] = VTERM_KEY_PAGEUP,
		[MN_KEY_PAGE_DOWN] = VTERM_KEY_PAGEDOWN,
		[MN_KEY_TAB] = VTERM_KEY_TAB,
		[MN_KEY_BACK_TAB] = VTERM_KEY_TAB,
		[MN_KEY_DELETE] = VTERM_KEY_DEL,
		[MN_KEY_INSERT] = VTERM_KEY_INS,
		[MN_KEY_ESC] = VTERM_KEY_ESCAPE,
	};

	if (event->code == MN_KEY_F)
		return event->value <= 24 ? VTERM_KEY_FUNCTION(event->value) : VTERM_KEY_NONE;
	return event->code < sizeof keys ? keys[event->code] : VTERM_KEY_NONE;
}

/* Keys that are a character are that with Ctrl and Shift as well. */
static bool is_character(const struct mn_key_event *event)
{
	return event->code == MN_KEY_BACKSPACE || event->code == MN_KEY_ENTER ||
	       event->code == MN_KEY_TAB || event->code == MN_KEY_ESC;
}

static VTermModifier modifiers_of(const struct mn_key_event *event)
{
	VTermModifier modifiers = VTERM_MOD_NONE;

	if (event->modifiers & (MN_KEY_ALT | MN_KEY_META))
		modifiers |= VTERM_MOD_ALT;
	if (is_character(event))
		return modifiers;
	if (event->modifiers & MN_KEY_SHIFT || event->code == MN_KEY_BACK_TAB)
		modifiers |= VTERM_MOD_SHIFT;
	if (event->modifiers & MN_KEY_CTRL)
		modifiers |= VTERM_MOD_CTRL;
	return modifiers;
}

void mn_terminal_key(struct mn_terminal *terminal, const struct mn_key_event *event)
{
	if (event->kind == MN_KEY_RELEASED)
		return;
	if (event->code == MN_KEY_CHAR || event->code == MN_KEY_NULL)
		send_character(terminal, event->value, event->modifiers);
	else
		vterm_keyboard_key(terminal->vterm, key_of(event), modifiers_of(event));
}

const char *mn_terminal_title(const struct mn_terminal *terminal)
{
	return terminal->guard.title;
}

/* ---- Drawing ------------------------------------------------------------------------------- */

static mn_color color_of(const struct mn_terminal *terminal, VTermColor color)
{
	vterm_screen_convert_color_to_rgb(terminal->screen, &color);
	return MN_RGB(color.rgb.red, color.rgb.green, color.rgb.blue);
}

/* There is no bold font, and a bright default colour. */
static mn_color front_of(const struct mn_terminal *terminal, const VTermScreenCell *cell)
{
	if (cell->attrs.bold && VTERM_COLOR_IS_DEFAULT_FG(&cell->fg))
		return terminal->bold;
	return color_of(terminal, cell->fg);
}

static void draw_cursor(const struct mn_terminal *terminal, struct mn_target *target,
			const struct mn_rect *cell, mn_color color)
{
	struct mn_rect bar = *cell;

	if (terminal->cursor_shape == VTERM_PROP_CURSORSHAPE_UNDERLINE) {
		bar.y += bar.height - 2;
		bar.height = 2;
	} else {
		bar.width = 2;
	}
	mn_fill_rect(target, &bar, color);
}

static bool has_cursor(const struct mn_terminal *terminal, VTermPos at)
{
	return terminal->cursor_visible && at.row == terminal->cursor.row &&
	       at.col == terminal->cursor.col;
}

/* Lines below and through the character. */
static void draw_lines(const struct mn_terminal *terminal, struct mn_target *target,
		       const struct mn_rect *cell, VTermScreenCellAttrs attributes, mn_color color)
{
	const int32_t below = terminal->config.font->baseline + 1, last = cell->height - 1;
	struct mn_rect line = {cell->x, cell->y + (below < last ? below : last), cell->width, 1};

	if (attributes.underline)
		mn_fill_rect(target, &line, color);
	if (attributes.strike) {
		line.y = cell->y + cell->height / 2;
		mn_fill_rect(target, &line, color);
	}
}

/* Characters side by side in the same colours, which are drawn together. */
#define RUN 32

struct run {
	VTermPos at;
	struct mn_stencils row;
	const uint8_t *glyphs[RUN];
};

static void draw_run(struct mn_target *target, struct run *run)
{
	if (run->row.count > 0)
		target->ops->stencils(target, run->at.col * run->row.width + target->x,
				      run->at.row * run->row.height + target->y, &run->row);
	run->row.count = 0;
}

/* A character of 0 is none; so is the second half of a wide one of which the first is gone. */
static void add(const struct mn_terminal *terminal, struct mn_target *target, struct run *run,
		VTermPos at, uint32_t character, mn_color color, mn_color background)
{
	const bool is_none = character == 0 || character == (uint32_t)-1;

	if (run->row.count == RUN || run->row.color != color || run->row.background != background)
		draw_run(target, run);
	if (run->row.count == 0) {
		run->at = at;
		run->row.color = color;
		run->row.background = background;
	}
	run->glyphs[run->row.count++] =
		mn_font_glyph(terminal->config.font, is_none ? ' ' : character);
}

/* Draws the cell at a place, or adds it to the run, and returns how many columns it has. */
static int draw_cell(const struct mn_terminal *terminal, struct mn_target *target, struct run *run,
		     VTermPos at)
{
	const struct mn_font *font = terminal->config.font;
	const bool is_block = terminal->cursor_shape <= VTERM_PROP_CURSORSHAPE_BLOCK;
	const bool cursor = has_cursor(terminal, at);
	VTermScreenCell cell;

	vterm_screen_get_cell(terminal->screen, at, &cell);
	const int width = cell.width > 1 ? cell.width : 1;
	const struct mn_rect rect = {at.col * font->width, at.row * font->height,
				     width * font->width, font->height};
	const bool swap = (cell.attrs.reverse != 0) != (is_block && cursor);
	const mn_color color = front_of(terminal, &cell), background = color_of(terminal, cell.bg);
	const mn_color front = swap ? background : color, back = swap ? color : background;

	add(terminal, target, run, at, cell.chars[0], front, back);
	if (width == 1 && !cell.attrs.underline && !cell.attrs.strike && (is_block || !cursor))
		return width;
	draw_run(target, run);
	for (int more = 1; more < width; more++)
		add(terminal, target, run, (VTermPos){at.row, at.col + more}, ' ', front, back);
	draw_run(target, run);
	draw_lines(terminal, target, &rect, cell.attrs, front);
	if (!is_block && cursor)
		draw_cursor(terminal, target, &rect, front);
	return width;
}

/* The second half of a wide character, whose first may be gone. */
static bool is_half(const struct mn_terminal *terminal, int row, int column)
{
	VTermScreenCell cell;

	vterm_screen_get_cell(terminal->screen, (VTermPos){row, column}, &cell);
	return cell.chars[0] == (uint32_t)-1;
}

/* A second half is drawn with the first. Where several follow one another, as wide characters
 * written over halves of others leave them, every other one is a first. */
static int start_of(const struct mn_terminal *terminal, int row, int column)
{
	int whole = column;

	while (whole > 0 && is_half(terminal, row, whole))
		whole--;
	return column - (column - whole) % 2;
}

/* A row's dirty cells, and the halves behind them, which may have lost what they belonged to. */
static struct mn_rect draw_row(const struct mn_terminal *terminal, struct mn_target *target,
			       int row, const struct dirty *dirty)
{
	const struct mn_font *font = terminal->config.font;
	const int first = start_of(terminal, row, dirty->first);
	struct run run;
	int column = first;

	run.row = (struct mn_stencils){
		.bits = run.glyphs,
		.stride = (font->width + 7u) / 8,
		.width = font->width,
		.height = font->height,
	};
	while (column < terminal->config.columns &&
	       (column < dirty->end || is_half(terminal, row, column)))
		column += draw_cell(terminal, target, &run, (VTermPos){row, column});
	draw_run(target, &run);
	return (struct mn_rect){first * font->width, row * font->height,
				(column - first) * font->width, font->height};
}

bool mn_terminal_draw(struct mn_terminal *terminal, struct mn_target *target, struct mn_rect *dirty)
{
	*dirty = (struct mn_rect){0};
	for (int row = 0; row < terminal->config.rows; row++) {
		struct dirty *cells = &terminal->dirty[row];

		if (cells->first < cells->end) {
			const struct mn_rect drawn = draw_row(terminal, target, row, cells);

			*dirty = mn_rect_unite(dirty, &drawn);
			*cells = (struct dirty){0};
		}
	}
	return !mn_rect_is_empty(dirty);
}
