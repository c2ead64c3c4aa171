/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A terminal on the screen; the contract is in the header. */
#include <string.h>
#include <mnemos/daemons/terminal.h>

#define MN_LOG_TARGET "daemons::terminal"

static void reply(void *context, const char *bytes, size_t len)
{
	struct mn__terminal_session *self = context;

	if (len > sizeof self->reply - self->reply_len) {
		self->lost += (uint32_t)len;
		return;
	}
	memcpy(self->reply + self->reply_len, bytes, len);
	self->reply_len += len;
}

#define FONTS 4

static const struct mn_font *font_for(int32_t width, int32_t height)
{
	static const struct mn_font *const fonts[FONTS] = {&mn_font_16x32, &mn_font_12x24,
							   &mn_font_8x16, &mn_font_6x12};

	for (size_t i = 0; i < FONTS; i++)
		if (width / fonts[i]->width >= 80 && height / fonts[i]->height >= 24)
			return fonts[i];
	return &mn_font_5x8;
}

/* Makes the terminal, as large as the screen. */
static mn_poll make_terminal(struct mn__terminal_session *self)
{
	const struct mn_display_meta *screen = &self->layer.meta;
	const struct mn_font *font = self->font = font_for(screen->width, screen->height);
	const struct mn_terminal_config config = {
		.rows = screen->height / font->height,
		.columns = screen->width / font->width,
		.font = font,
		.reply = reply,
		.context = self,
	};
	const int32_t width = config.columns * font->width, height = config.rows * font->height;
	const size_t pixels_size = mn_bitmap_size(MN_RGB565, MN_OPAQUE, width, height);
	const size_t cells_size = mn_terminal_size(config.rows, config.columns);

	if (pixels_size == 0 || cells_size == 0)
		return MN_EINVAL; /* not a single character, or too many */
	self->pixels = mn_try_alloc(pixels_size);
	self->cells = mn_try_alloc(cells_size);
	if (!self->pixels || !self->cells)
		return MN_ENOMEM;
	mn_bitmap_init(&self->chunk, MN_RGB565, MN_OPAQUE, width, height, self->pixels,
		       pixels_size);
	self->terminal = mn_terminal_open(self->cells, cells_size, &config);
	return MN_OK;
}

/* Draws what has changed; false if nothing has. Leaves it in `part`, which is at `dirty`. */
static bool draw(struct mn__terminal_session *self)
{
	struct mn_target target = mn_target_of(&self->chunk);

	if (!mn_terminal_draw(self->terminal, &target, &self->dirty))
		return false;
	self->part = mn_bitmap_part(&self->chunk, &self->dirty);
	return true;
}

static mn_poll show(struct mn__terminal_session *self)
{
	return mn_layer_draw(&self->layer, &self->part, self->dirty.x, self->dirty.y);
}

enum { KEY, BYTES };

/* Keys come first: a program that never stops writing has to see Ctrl-C. Both may have come. */
static mn_poll take_input(struct mn__terminal_session *self)
{
	const mn_poll came = mn_race(&self->race, mn_keyboard_next(&self->keyboard, &self->key),
				     mn_bbq_read(&self->rx, self->port.rx));

	if (came == MN_PENDING)
		return came;
	if (self->race.result[KEY] == MN_OK)
		mn_terminal_key(self->terminal, &self->key);
	if (self->race.result[BYTES] == MN_OK) {
		mn_terminal_write(self->terminal, self->rx.data, self->rx.len);
		mn_bbq_release(self->port.rx, self->rx.len);
	}
	return came;
}

static mn_poll take_frame(struct mn__terminal_session *self)
{
	const mn_poll due = mn_layer_frame(&self->layer);

	if (due == MN_OK)
		self->is_shown = true;
	return due;
}

/*
 * The time until the next frame is for reading: the keys of port 2, for one, are behind what the
 * port has not taken from the line. But not with an answer at hand: there may be no room for more.
 */
static mn_poll go_on(struct mn__terminal_session *self)
{
	if (self->is_shown)
		return take_input(self);
	if (self->reply_len)
		return take_frame(self);
	return mn_race(&self->pace, take_frame(self), take_input(self));
}

static mn_poll send_reply(struct mn__terminal_session *self)
{
	return mn_sermux_write(&self->tx, &self->port, self->reply, self->reply_len);
}

/* From then on nothing is lost that the program writes; so it is told. */
static mn_poll open_port(struct mn__terminal_session *self)
{
	const mn_poll opened = mn_sermux_open(&self->open, self->number, MN_TERMINAL_RING,
					      MN_SERMUX_WAIT, &self->port);
	const struct mn_font *font = self->font;

	if (opened == MN_OK)
		mn_info("port %u: %u columns, %u rows", self->number,
			(unsigned)(self->chunk.width / font->width),
			(unsigned)(self->chunk.height / font->height));
	return opened;
}

/* The ends of the display and of the keyboard are told in the same way. */
static bool is_port_gone(const struct mn__terminal_session *self, mn_poll result)
{
	return self->layer.id &&
	       (result == MN_EGONE || (result == MN_ECLOSED && self->race.winner == BYTES));
}

static mn_poll open_layer(struct mn__terminal_session *self)
{
	return mn_layer_open(&self->layer, &(struct mn_layer_config){.format = MN_RGB565});
}

static mn_poll run_session(struct mn__terminal_session *self)
{
	MN_BEGIN(self);
	MN_TRY(self, open_layer(self));
	MN_TRY(self, make_terminal(self));
	MN_TRY(self, mn_keyboard_open(&self->keyboard, MN_KEYBOARD_CAPACITY));
	self->is_shown = true;
	for (;;) {
		MN_AWAIT(self, open_port(self));
		while (MN_RESULT(self) == MN_OK) {
			if (self->is_shown && draw(self)) {
				self->is_shown = false;
				MN_TRY(self, show(self));
			}
			if (self->is_shown && self->reply_len) {
				MN_AWAIT(self, send_reply(self));
				self->reply_len = 0;
				if (MN_RESULT(self) != MN_OK)
					break;
			}
			MN_AWAIT(self, go_on(self));
		}
		if (!is_port_gone(self, MN_RESULT(self)))
			break;
		mn_sermux_close(&self->port);
	}
	MN_RETURN(self, MN_RESULT(self));
	MN_END(self);
}

static mn_poll mn_terminal_daemon_run(struct mn_terminal_daemon *self)
{
	MN_BEGIN(self);
	MN_AWAIT(self, run_session(&self->session));
	mn_sermux_close(&self->session.port);
	mn_free(self->session.pixels);
	mn_free(self->session.cells);
	MN_RETURN(self, mn_log_end(MN_RESULT(self)));
	MN_END(self);
}

MN_TASK_AS(mn_terminal_daemon, struct mn_terminal_daemon, "terminal");

void mn_terminal_daemon_start(struct mn_terminal_daemon *daemon, struct mn_kernel *kernel,
			      uint16_t port)
{
	daemon->session.number = port;
	mn_spawn(kernel, &daemon->task, &mn_terminal_daemon_task);
}
