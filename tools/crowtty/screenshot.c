/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * crowtty screenshot FILE [TARGET]: what the target's screen shows.
 *
 * Asks each second until an answer begins, for what comes while a target starts is lost. Who ends
 * before the answer does tells the target so: through another crowtty it would not notice.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include <mnemos/proto/screenshot.h>
#include <mnemos/proto/sermux.h>

#include "commands.h"
#include "exit_guard.h"
#include "log.h"
#include "memory.h"
#include "options.h"
#include "picture.h"
#include "tap.h"
#include "whole_file.h"

#define ASK_EVERY_MS 1000

/* What is over sooner needs no progress. */
#define PROGRESS_AFTER_MS 500
#define PROGRESS_EVERY_MS 100

#define MOST_SIGNALS 3

struct screenshot {
	uv_loop_t loop;
	const struct options *options;
	struct tap tap;
	struct mn_screenshot_reader reader;
	uint8_t message[MN_SCREENSHOT_MESSAGE_MAX];
	size_t message_len; /* more than there is room for: too long to be one */
	uv_timer_t ask, silence, progress;
	uv_signal_t signals[MOST_SIGNALS];
	uint64_t asked_ns;
	uint64_t bytes; /* of the port */
	bool asked, ending, on_terminal;
	int code;
};

/*
 * The end.
 */

static void send_request(struct screenshot *self, enum mn_screenshot_request_kind kind)
{
	/* The zero ends what another host may have left unfinished. */
	uint8_t bytes[1 + MN_SCREENSHOT_REQUEST_MAX] = {0};
	size_t len = mn_screenshot_encode_request(bytes + 1, MN_SCREENSHOT_REQUEST_MAX,
						  &(struct mn_screenshot_request){
							  .kind = kind,
							  .version = MN_SCREENSHOT_VERSION,
							  .id = self->reader.id,
						  });
	tap_send(&self->tap, bytes, 1 + len);
}

static void clear_progress(struct screenshot *self)
{
	if (self->on_terminal)
		fputs("\r\033[K", stderr);
	self->on_terminal = false;
}

static void finish(struct screenshot *self, int code)
{
	if (self->ending)
		return;
	self->ending = true;
	self->code = code;
	clear_progress(self);
	tap_close(&self->tap);
	uv_close((uv_handle_t *)&self->ask, NULL);
	uv_close((uv_handle_t *)&self->silence, NULL);
	uv_close((uv_handle_t *)&self->progress, NULL);
	for (int i = 0; i < MOST_SIGNALS; i++)
		uv_close((uv_handle_t *)&self->signals[i], NULL);
}

/* Before the answer has ended. */
static void give_up(struct screenshot *self, int code)
{
	if (self->asked && !self->ending)
		send_request(self, MN_SCREENSHOT_CANCEL);
	finish(self, code);
}

static void fail(struct screenshot *self, const char *why)
{
	clear_progress(self);
	log_fatal("%s: %s", tap_name(&self->tap), why);
	give_up(self, EXIT_TROUBLE);
}

static void signalled(uv_signal_t *handle, int number)
{
	give_up(handle->data, 128 + number);
}

/*
 * Telling.
 */

static unsigned percent(const struct screenshot *self)
{
	return (unsigned)(self->reader.at * UINT64_C(100) /
			  mn_screenshot_units(&self->reader.picture));
}

static void show_progress(uv_timer_t *timer)
{
	struct screenshot *self = timer->data;
	const struct mn_screenshot_picture *picture = &self->reader.picture;
	if (self->reader.has_begun)
		fprintf(stderr, "\r\033[K%u x %u pixels: %u %%", picture->width, picture->height,
			percent(self));
	else
		fputs("\r\033[Kasking ...", stderr);
	fflush(stderr);
	self->on_terminal = true;
}

static void tell(const struct screenshot *self)
{
	const struct mn_screenshot_picture *picture = &self->reader.picture;
	double seconds = (double)(uv_hrtime() - self->asked_ns) / 1e9;
	if (picture->is_mixed)
		fputs("crowtty: the target has not the memory for a whole picture; its parts may "
		      "show different moments\n",
		      stderr);
	if (strcmp(self->options->operand, "-") != 0)
		printf("%s: %u x %u pixels, %llu bytes in %.2f s\n", self->options->operand,
		       picture->width, picture->height, (unsigned long long)self->bytes, seconds);
}

static bool write_picture(FILE *out, void *context)
{
	const struct screenshot *self = context;
	return picture_write(out, &self->reader.picture, self->reader.pixels);
}

static void keep(struct screenshot *self)
{
	clear_progress(self);
	bool good = whole_file_write(self->options->operand, write_picture, self);
	if (good)
		tell(self);
	finish(self, good ? EXIT_GOOD : EXIT_TROUBLE);
}

static void refused(struct screenshot *self)
{
	char text[80];
	switch (self->reader.why) {
	case MN_ENOTFOUND:
		fail(self, "the target has no screen");
		return;
	case MN_ENOMEM:
		fail(self, "the target has not the memory for a row of its screen");
		return;
	case MN_ENOTSUP:
		fail(self, "the target speaks an earlier version of this protocol");
		return;
	default:
		snprintf(text, sizeof text, "the target cannot read its screen: %s",
			 mn_error_text(self->reader.why));
		fail(self, text);
	}
}

/* Why there is nothing. */
static void lose_patience(uv_timer_t *timer)
{
	struct screenshot *self = timer->data;
	if (self->reader.has_begun)
		fail(self, "the target has stopped in the middle of the picture");
	else if (self->tap.received == 0 && !self->tap.is_port)
		fail(self,
		     "nothing comes from there: is another crowtty attached to it? A line has one "
		     "host; screenshot also works through that crowtty, without a TARGET");
	else
		fail(self, "no answer: is services.sermux_screenshot enabled, and the target "
			   "alive? --timeout says how long to wait");
}

/*
 * Asking and hearing.
 */

static void start_patience(struct screenshot *self)
{
	uv_timer_start(&self->silence, lose_patience, self->options->timeout_s * UINT64_C(1000), 0);
}

static void ask(uv_timer_t *timer)
{
	struct screenshot *self = timer->data;
	send_request(self, MN_SCREENSHOT_TAKE);
	self->asked = true;
}

static void begin_picture(struct screenshot *self)
{
	const struct mn_screenshot_picture *picture = &self->reader.picture;
	uv_timer_stop(&self->ask);
	self->reader.pixels = memory_get_zeroed((size_t)mn_screenshot_units(picture) *
						mn_screenshot_unit(picture->format));
}

static void end_message(struct screenshot *self)
{
	if (self->message_len > sizeof self->message)
		self->message_len = sizeof self->message; /* it is none, and taken as damaged */
	switch (mn_screenshot_take(&self->reader, self->message, self->message_len)) {
	case MN_SCREENSHOT_NOTHING:
	case MN_SCREENSHOT_MORE:
		break;
	case MN_SCREENSHOT_BEGUN:
		begin_picture(self);
		break;
	case MN_SCREENSHOT_DONE:
		keep(self);
		break;
	case MN_SCREENSHOT_NOT:
		refused(self);
		break;
	case MN_SCREENSHOT_DAMAGED:
		fail(self, "bytes were lost or changed on the line; try again");
		break;
	}
	self->message_len = 0;
}

static void on_bytes(void *context, const uint8_t *data, size_t len)
{
	struct screenshot *self = context;
	start_patience(self);
	self->bytes += len;
	for (size_t i = 0; i < len && !self->ending; i++) {
		if (data[i] == 0) {
			end_message(self);
			continue;
		}
		if (self->message_len < sizeof self->message)
			self->message[self->message_len] = data[i];
		self->message_len++;
	}
}

static void on_up(void *context, bool up)
{
	struct screenshot *self = context;
	if (!up)
		return;
	self->asked_ns = uv_hrtime();
	start_patience(self);
	uv_timer_start(&self->ask, ask, 0, ASK_EVERY_MS);
	if (isatty(STDERR_FILENO))
		uv_timer_start(&self->progress, show_progress, PROGRESS_AFTER_MS,
			       PROGRESS_EVERY_MS);
}

static void on_failed(void *context)
{
	finish(context, EXIT_TROUBLE);
}

/*
 * The beginning.
 */

static void start_handles(struct screenshot *self)
{
	static const int numbers[MOST_SIGNALS] = {SIGINT, SIGTERM, SIGHUP};
	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < MOST_SIGNALS; i++) {
		uv_signal_init(&self->loop, &self->signals[i]);
		self->signals[i].data = self;
		exit_signal_start(&self->signals[i], signalled, numbers[i]);
	}
	uv_timer_init(&self->loop, &self->ask);
	uv_timer_init(&self->loop, &self->silence);
	uv_timer_init(&self->loop, &self->progress);
	self->ask.data = self->silence.data = self->progress.data = self;
}

static int run(struct screenshot *self)
{
	uv_loop_init(&self->loop);
	self->tap.loop = &self->loop;
	self->tap.events = (struct tap_events){
		.context = self, .on_up = on_up, .on_bytes = on_bytes, .on_failed = on_failed};
	self->tap.port = MN_SERMUX_SCREENSHOT;
	self->tap.wait = self->options->wait;
	self->tap.max_frame = self->options->max_frame;
	int code = tap_open(&self->tap, self->options->output, self->options->tcp_base);
	if (code < 0) {
		start_handles(self);
		uv_run(&self->loop, UV_RUN_DEFAULT);
		tap_free(&self->tap);
		code = self->code;
	}
	uv_loop_close(&self->loop);
	return code;
}

static bool is_terminal(const char *path)
{
	if (strcmp(path, "-") != 0 || !isatty(STDOUT_FILENO))
		return false;
	log_fatal("screenshot: standard output is a terminal, which is no place for a PNG");
	return true;
}

int command_screenshot(int argc, char **argv)
{
	struct options options;
	int code = options_parse(&options, COMMAND_SCREENSHOT, argc, argv);
	if (code >= 0)
		return code;
	/* Better now than when the picture is here. */
	if (is_terminal(options.operand))
		return EXIT_USAGE;
	if (!whole_file_is_possible(options.operand))
		return EXIT_TROUBLE;
	struct screenshot *self = memory_get_zeroed(sizeof *self);
	self->options = &options;
	if (getrandom(&self->reader.id, sizeof self->reader.id, 0) < 0)
		self->reader.id = (uint32_t)uv_hrtime();
	code = run(self);
	free(self->reader.pixels);
	free(self);
	return code;
}
