/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * crowtty top [TARGET]: which task is stuck, and on whom?
 *
 *     SILENT --1--> HEARD --2--> WELCOMED --3--> SHOWN
 *        ^            ^             |              |
 *        '-----4------+------4------+--------------'
 *
 *     1 a heartbeat, or anything else that the trace port says
 *     2 WELCOME: it speaks the extension
 *     3 a first snapshot is complete
 *     4 the line is gone, or heartbeats come without a time: the target was started anew
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <mnemos/proto/sermux.h>

#include "commands.h"
#include "exit_guard.h"
#include "line_text.h"
#include "log.h"
#include "memory.h"
#include "model.h"
#include "options.h"
#include "screen.h"
#include "stdio_stream.h"
#include "tap.h"
#include "top_json.h"
#include "top_text.h"

/* Without an answer for so long, something is wrong; said, and with --once the end. */
#define PATIENCE_MS 3000

/* --once looks so often, so that what passes is not taken for what lasts. */
#define ONCE_LOOKS 9
#define ONCE_INTERVAL_MS 100

/* So much more rarely than a snapshot is asked for, the target is told that we are here. */
#define KEEP_EVERY_MS 2000

/* An answer of which nothing more has come for so long was lost. */
#define LOST_NS 1000000000u

#define MOST_SIGNALS 5

enum state {
	SILENT,
	HEARD,
	WELCOMED,
	SHOWN,
};

struct top {
	uv_loop_t loop;
	const struct options *options;
	struct tap tap;
	struct model *model;
	struct trace_stream *stream;
	struct trace_sink sink, to_model; /* the first looks on */
	uv_timer_t ask, keep, patience;
	uv_signal_t signals[MOST_SIGNALS];
	uv_pipe_t keys;
	bool has_keys;

	enum state state;
	bool up, ending;
	bool answered; /* since it was last time to ask */
	int code;
	uint32_t snapshot; /* id of the last one asked for */
	enum { NOTHING, ASKED, BEGUN } awaits;
	uint64_t asked_ns, heard_ns; /* when it was, and when more of one came */
	unsigned looks; /* snapshots that came in answer; and that had when last checked */
	unsigned looks_before;
	unsigned beats_without_time; /* nor anything else of the extension */
	bool on_screen, paused, impatient;
	struct top_style style;
	size_t first; /* row of the tasks */
};

static const char not_answering[] =
	"no heartbeat within 3 s: is services.sermux_trace enabled, is this the line, or does a "
	"task not yield?";

/*
 * The end.
 */

static void finish(struct top *self, int code)
{
	if (self->ending)
		return;
	self->ending = true;
	self->code = code;
	screen_close();
	tap_close(&self->tap);
	uv_close((uv_handle_t *)&self->ask, NULL);
	uv_close((uv_handle_t *)&self->keep, NULL);
	uv_close((uv_handle_t *)&self->patience, NULL);
	for (int i = 0; i < MOST_SIGNALS; i++)
		uv_close((uv_handle_t *)&self->signals[i], NULL);
	if (self->has_keys)
		uv_close((uv_handle_t *)&self->keys, NULL);
}

/*
 * Showing.
 */

/* Why there is nothing to see, or NULL. */
static const char *trouble(const struct top *self)
{
	if (!self->up)
		return "waiting for the line";
	if (!self->impatient)
		return NULL;
	if (self->model->snapshots > 0) /* else that is a finding */
		return self->options->once ? "the target has stopped to answer" : NULL;
	if (self->state == SILENT && self->tap.received == 0 && !self->tap.is_port)
		return "nothing comes from there: is another crowtty attached to it? A line has "
		       "one host; top also works through that crowtty, without a TARGET";
	if (self->state == SILENT)
		return not_answering;
	if (self->state == HEARD)
		return "heartbeats come, but no answer to what top asks: the target has another "
		       "implementation, without this extension";
	return "the target sends no snapshot";
}

static void draw(struct top *self)
{
	unsigned rows, columns;
	struct top_text text = {.style = &self->style};
	const char *problem = trouble(self);
	screen_size(&rows, &columns);
	self->style.width = columns;
	if (problem)
		top_text_line(&text, "1;33", "%s: %s", tap_name(&self->tap), problem);
	if (self->model->snapshots > 0)
		top_text_head(&text, self->model);
	top_text_findings(&text, self->model);
	if (self->model->snapshots > 0) {
		size_t below = self->model->service_count + 3;
		size_t left = rows > text.lines + 2 ? rows - text.lines - 2 : 1;
		top_text_tasks(&text, self->model, self->first,
			       left > below + 5 ? left - below : left);
		if (left > below + 5)
			top_text_services(&text, self->model);
	} else if (!problem) {
		top_text_line(&text, NULL, "%s: asking ...", tap_name(&self->tap));
	}
	while (text.lines + 1 < rows)
		top_text_line(&text, NULL, "%s", "");
	/* The last row, whatever is above. */
	top_text_line(&text, "2", "%s",
		      self->paused ? "paused; p goes on, q ends"
				   : "q ends, p pauses; order: i number, c CPU, r polls, n name, w "
				     "wait; arrows");
	screen_draw(text.text, text.len, rows);
	top_text_free(&text);
}

static void redraw(struct top *self)
{
	model_set_now(self->model, uv_hrtime());
	if (self->on_screen && !self->paused && !self->ending)
		draw(self);
}

/* Returns how many findings are more than notes. */
static size_t print_table(struct top *self)
{
	struct top_text text = {.style = &self->style};
	bool is_known = self->model->snapshots > 0;
	if (is_known)
		top_text_head(&text, self->model);
	size_t serious = top_text_findings(&text, self->model);
	if (is_known) {
		top_text_tasks(&text, self->model, 0, SIZE_MAX);
		top_text_services(&text, self->model);
	}
	fwrite(text.text, 1, text.len, stdout);
	fflush(stdout);
	top_text_free(&text);
	return serious;
}

static void count_serious(void *context, const struct finding *finding)
{
	size_t *serious = context;
	*serious += finding->severity > FINDING_NOTE;
}

static size_t print_json(struct top *self)
{
	size_t serious = 0;
	top_json(stdout, self->model);
	diagnose(self->model, count_serious, &serious);
	return serious;
}

static void print(struct top *self)
{
	size_t serious = self->options->json ? print_json(self) : print_table(self);
	if (ferror(stdout))
		finish(self, EXIT_TROUBLE); /* nobody reads any more */
	else if (self->options->once)
		finish(self, serious ? EXIT_FOUND : EXIT_GOOD);
}

/* A snapshot that was asked for is complete. */
static void look(struct top *self)
{
	self->awaits = NOTHING;
	self->state = SHOWN;
	self->looks++;
	self->answered = true;
	self->impatient = false;
	if (self->on_screen)
		redraw(self);
	else if (!self->options->once || self->looks >= ONCE_LOOKS)
		print(self);
}

/* No answer since the last time: what is known may still have become a finding. */
static void look_at_silence(struct top *self)
{
	model_set_now(self->model, uv_hrtime());
	if (self->on_screen)
		redraw(self);
	else if (self->options->json && !self->options->once)
		print(self);
}

/*
 * Asking.
 */

static void request(struct top *self, enum mn_trace_request_kind kind, uint32_t number)
{
	uint8_t bytes[MN_TRACE_REQUEST_MAX];
	tap_send(&self->tap, bytes,
		 mn_trace_encode_request(
			 bytes, sizeof bytes,
			 &(struct mn_trace_request){.kind = kind, .number = number}));
}

static unsigned interval_ms(const struct top *self)
{
	return self->options->once ? ONCE_INTERVAL_MS : self->options->interval_ms;
}

/* One at a time: a slow line would never be done with those that were asked for. */
static void ask_for_snapshot(struct top *self)
{
	uint64_t now = uv_hrtime();
	uint64_t last = self->heard_ns > self->asked_ns ? self->heard_ns : self->asked_ns;
	if (self->awaits != NOTHING && now - last < LOST_NS)
		return;
	self->awaits = ASKED;
	self->asked_ns = now;
	request(self, MN_TRACE_SNAPSHOT, ++self->snapshot);
}

static void ask(uv_timer_t *timer)
{
	struct top *self = timer->data;
	if (self->up && self->state < WELCOMED)
		request(self, MN_TRACE_EXTEND, MN_TRACE_VERSION);
	else if (self->up && !self->paused)
		ask_for_snapshot(self);
	if (!self->answered && self->snapshot > 1)
		look_at_silence(self);
	self->answered = false;
}

static void keep(uv_timer_t *timer)
{
	struct top *self = timer->data;
	if (self->up && self->state >= WELCOMED)
		request(self, MN_TRACE_KEEP, 0);
}

static void lose_patience(uv_timer_t *timer)
{
	struct top *self = timer->data;
	bool is_coming = uv_hrtime() - self->heard_ns < PATIENCE_MS * UINT64_C(1000000);
	self->impatient = self->looks == self->looks_before && !is_coming;
	self->looks_before = self->looks;
	if (!self->impatient)
		return;
	const char *problem = trouble(self);
	if (!self->on_screen && (self->model->hog.task || self->model->panic[0])) {
		print(self); /* it has said itself why it does not answer */
	} else if (!self->on_screen && problem && self->up) {
		log_fatal("%s: %s", tap_name(&self->tap), problem);
		finish(self, EXIT_TROUBLE);
	}
	redraw(self);
}

/*
 * Hearing.
 */

/* One that speaks the extension has a time with each. */
static void on_heartbeat(struct top *self)
{
	if (self->state <= HEARD || ++self->beats_without_time < TRACE_BEATS_WITHOUT_TIME)
		return;
	self->state = HEARD;
	uv_timer_start(&self->ask, ask, 0, 1000);
}

/* What is known is of before, but for the text of a first one, which may have come early. */
static void on_welcome(struct top *self)
{
	if (self->model->snapshots > 0)
		model_reset(self->model);
	self->state = WELCOMED;
	self->awaits = NOTHING;
	self->answered = true;
	self->model->damaged_bytes = 0; /* the tail of what was under way for others */
	uv_timer_start(&self->ask, ask, 0, interval_ms(self));
}

/* Whoever has asked: the target takes one for all, with the number of who was last. Returns whether
 * one is complete that began after we asked. */
static bool hear_snapshot(struct top *self, enum mn_trace_kind kind)
{
	self->heard_ns = uv_hrtime();
	if (kind == MN_TRACE_SNAPSHOT_BEGIN && self->awaits == ASKED)
		self->awaits = BEGUN;
	return kind == MN_TRACE_SNAPSHOT_END && self->awaits == BEGUN;
}

static void on_message(void *context, const struct mn_trace_message *message, uint64_t host_ns)
{
	struct top *self = context;
	if (self->state == SILENT)
		self->state = HEARD;
	if (message->kind == MN_TRACE_HEARTBEAT)
		on_heartbeat(self);
	else if (message->kind >= MN_TRACE_WELCOME)
		self->beats_without_time = 0;
	if (message->kind == MN_TRACE_WELCOME && self->state < WELCOMED)
		on_welcome(self);
	self->to_model.message(self->to_model.context, message, host_ns);
	if (message->kind >= MN_TRACE_SNAPSHOT_BEGIN && hear_snapshot(self, message->kind) &&
	    !self->ending)
		look(self);
}

static void on_bytes(void *context, const uint8_t *data, size_t len)
{
	struct top *self = context;
	trace_stream_take(self->stream, data, len, uv_hrtime());
}

static void on_text(void *context, const uint8_t *data, size_t len)
{
	struct top *self = context;
	model_take_text(self->model, (const char *)data, len, uv_hrtime());
	redraw(self);
}

static void on_up(void *context, bool up)
{
	struct top *self = context;
	self->up = up;
	self->impatient = false;
	if (up) {
		self->state = SILENT;
		self->awaits = NOTHING;
		trace_stream_restart(self->stream);
		uv_timer_start(&self->ask, ask, 0, 1000);
		uv_timer_start(&self->patience, lose_patience, PATIENCE_MS, PATIENCE_MS);
	}
	redraw(self);
}

static void on_failed(void *context)
{
	struct top *self = context;
	finish(self, EXIT_TROUBLE);
}

/*
 * Keys and signals.
 */

static void move(struct top *self, long rows)
{
	long live = (long)(self->model->task_count - self->model->ended_count);
	long first = (long)self->first + rows;
	if (first > live - 1)
		first = live - 1;
	self->first = first > 0 ? (size_t)first : 0;
}

static void press(struct top *self, int key)
{
	static const struct {
		char key;
		enum top_order order;
	} orders[] = {{'i', TOP_BY_ID},
		      {'c', TOP_BY_CPU},
		      {'r', TOP_BY_POLLS},
		      {'n', TOP_BY_NAME},
		      {'w', TOP_BY_WAIT}};
	for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
		if (key == orders[i].key)
			self->style.order = orders[i].order;
	switch (key) {
	case 'q':
		finish(self, EXIT_GOOD);
		return;
	case 'p':
	case ' ':
		self->paused = !self->paused;
		break;
	case SCREEN_KEY_UP:
		move(self, -1);
		break;
	case SCREEN_KEY_DOWN:
		move(self, 1);
		break;
	case SCREEN_KEY_PAGE_UP:
		move(self, -10);
		break;
	case SCREEN_KEY_PAGE_DOWN:
		move(self, 10);
		break;
	case SCREEN_KEY_HOME:
		self->first = 0;
		break;
	case SCREEN_KEY_END:
		move(self, (long)self->model->task_count);
		break;
	}
	draw(self); /* also while it is paused */
}

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	static char buffer[256];
	(void)handle;
	(void)suggested;
	*buf = uv_buf_init(buffer, sizeof buffer);
}

static void typed(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct top *self = stream->data;
	const char *at = buf->base;
	size_t len = n > 0 ? (size_t)n : 0, took;
	int key;
	if (n < 0)
		uv_read_stop(stream);
	while (!self->ending && (took = screen_key(at, len, &key)) > 0) {
		at += took;
		len -= took;
		press(self, key);
	}
}

static void signalled(uv_signal_t *handle, int number)
{
	struct top *self = handle->data;
	switch (number) {
	case SIGWINCH:
		if (self->on_screen && !self->ending)
			draw(self);
		break;
	case SIGTSTP:
		screen_close();
		uv_signal_stop(handle); /* it acts as usual now */
		raise(number);
		uv_signal_start(handle, signalled, number);
		if (self->on_screen)
			screen_open();
		redraw(self);
		break;
	default:
		finish(self, 128 + number);
	}
}

/*
 * The beginning.
 */

static void watch_signals(struct top *self)
{
	static const int numbers[MOST_SIGNALS] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGWINCH};
	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < MOST_SIGNALS; i++) {
		uv_signal_init(&self->loop, &self->signals[i]);
		self->signals[i].data = self;
		exit_signal_start(&self->signals[i], signalled, numbers[i]);
	}
}

static void start_timers(struct top *self)
{
	uv_timer_init(&self->loop, &self->ask);
	uv_timer_init(&self->loop, &self->keep);
	uv_timer_init(&self->loop, &self->patience);
	self->ask.data = self->keep.data = self->patience.data = self;
	uv_timer_start(&self->keep, keep, KEEP_EVERY_MS, KEEP_EVERY_MS);
}

static void open_screen(struct top *self)
{
	self->on_screen = !self->options->once && !self->options->json;
	if (!self->on_screen)
		return;
	screen_open();
	self->style.colour = !getenv("NO_COLOR");
	self->has_keys = isatty(STDIN_FILENO) &&
			 stdio_stream_open(&self->loop, &self->keys, STDIN_FILENO) == 0;
	if (!self->has_keys)
		return;
	self->keys.data = self;
	uv_read_start((uv_stream_t *)&self->keys, give_buffer, typed);
}

static void on_event(void *context, const struct trace_event *event)
{
	struct top *self = context;
	struct mn_trace_text text;
	/* Others may have asked for events; what top shows comes from snapshots alone. */
	if (line_text_is(event, &text))
		on_text(self, (const uint8_t *)text.data, text.len);
}

static void on_damage(void *context, size_t len)
{
	struct top *self = context;
	self->to_model.damage(self->to_model.context, len);
}

static void make_model(struct top *self)
{
	self->model = model_new();
	self->to_model = model_sink(self->model);
	self->sink = (struct trace_sink){
		.context = self, .event = on_event, .message = on_message, .damage = on_damage};
	self->stream = trace_stream_new(&self->sink);
}

static int run(struct top *self)
{
	make_model(self);
	uv_loop_init(&self->loop);
	self->tap.loop = &self->loop;
	self->tap.events = (struct tap_events){self, on_up, on_bytes, on_text, on_failed};
	self->tap.port = MN_SERMUX_TRACE;
	self->tap.wait = self->options->wait;
	self->tap.reconnect = !self->options->once;
	self->tap.max_frame = self->options->max_frame;
	int code = tap_open(&self->tap, self->options->operand, self->options->tcp_base);
	if (code < 0) {
		watch_signals(self);
		start_timers(self);
		open_screen(self);
		uv_run(&self->loop, UV_RUN_DEFAULT);
		tap_free(&self->tap);
		code = self->code;
	}
	uv_loop_close(&self->loop);
	trace_stream_free(self->stream);
	model_free(self->model);
	return code;
}

int command_top(int argc, char **argv)
{
	struct options options;
	int code = options_parse(&options, COMMAND_TOP, argc, argv);
	if (code >= 0)
		return code;
	if (!options.once && !options.json && !screen_is_possible()) {
		log_fatal("top: standard output is no terminal; --once prints one table, --json "
			  "documents");
		return EXIT_USAGE;
	}
	struct top *self = memory_get_zeroed(sizeof *self);
	self->options = &options;
	code = run(self);
	free(self);
	return code;
}
