/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: a host that asks gets what the screen shows, pixel by pixel, or hears why not, whatever
 * the display, the memory and the line do; nobody gets what another one asked for; and an answer
 * that nobody wants any more ends.
 */
#include "bytes.h"
#include "serial.h"
#include "tasks_display.h"
#include <mnemos/daemons/screenshot.h>

#define WIDTH 60
#define HEIGHT 45
#define FRAME_US 16000
#define LINE 65536
#define SECOND UINT64_C(1000000)

/* Longest stream that a test looks at. */
#define STREAM_MAX (64 * 1024)

struct shot {
	struct sim *sim;
	struct serial *serial;
	struct mn_serial_mux mux;
	struct mn_display_device device;
	struct mn_display display;
	struct painter *painter;
	struct mn_screenshot_daemon daemon;
	struct mn_bitmap shown;
	uint8_t stream[STREAM_MAX]; /* of the port, so far */
	size_t len;
	struct mn_screenshot_reader reader;
};

static struct shot *shot_new(struct sim *sim, size_t line)
{
	struct shot *shot = calloc(1, sizeof *shot);

	assert_non_null(shot);
	shot->sim = sim;
	shot->serial = serial_new(sim, line, line, NULL);
	mn_serial_mux_start(&shot->mux, &sim->kernel,
			    &(struct mn_serial_mux_config)MN_SERIAL_MUX_DEFAULTS);
	mn_screenshot_daemon_start(&shot->daemon, &sim->kernel,
				   &(struct mn_screenshot_daemon_config)MN_SCREENSHOT_DEFAULTS);
	serial_attach(shot->serial);
	return shot;
}

/* A screen with nothing on it. */
static void start_display(struct shot *shot, enum mn_pixel_format format)
{
	uint64_t seed = 5;

	shot->device.screen = bitmap_new(format, MN_OPAQUE, WIDTH, HEIGHT);
	shot->device.frame_us = FRAME_US;
	mn_display_start(&shot->display, &shot->sim->kernel, &shot->device, NULL);
	shot->painter = painter_new(shot->sim);
	shot->shown = bitmap_new(format, MN_OPAQUE, WIDTH, HEIGHT);
	for (int32_t y = 0; y < HEIGHT; y++)
		for (int32_t x = 0; x < WIDTH; x++)
			if (y > 30 || (y > 10 && x % 7 == 0))
				mn_bitmap_fill(&shot->shown, &(struct mn_rect){x, y, 1, 1},
					       MN_RGB(chance(&seed), chance(&seed), y));
	sim_settle(shot->sim);
}

/* On all of it a layer with lines, letters and noise. */
static void draw_picture(struct shot *shot)
{
	const struct mn_layer_config config = {.format = shot->shown.format};

	assert_int_equal(paint_open(shot->painter, &config), MN_OK);
	assert_int_equal(paint_chunk(shot->painter, DRAW, &shot->shown, 0, 0), MN_OK);
}

static void show(struct shot *shot, enum mn_pixel_format format)
{
	start_display(shot, format);
	draw_picture(shot);
	sim_run_for(shot->sim, 2 * FRAME_US);
}

static mn_poll present_never(struct mn_display_device *device, const struct mn_rect *dirty)
{
	static struct mn_sleep nap;

	(void)device;
	(void)dirty;
	return mn_sleep(&nap, 1000 * SECOND);
}

static struct shot *shot_of(struct sim *sim, enum mn_pixel_format format)
{
	struct shot *shot = shot_new(sim, LINE);

	show(shot, format);
	return shot;
}

static void shot_free(struct shot *shot)
{
	sim_cancel_all(shot->sim);
	serial_free(shot->serial);
	free(shot->painter);
	bitmap_free(&shot->shown);
	bitmap_free(&shot->device.screen);
	free(shot);
}

static void ask(struct shot *shot, enum mn_screenshot_request_kind kind, uint32_t id)
{
	const struct mn_screenshot_request request = {kind, MN_SCREENSHOT_VERSION, id};
	uint8_t wire[MN_SCREENSHOT_REQUEST_MAX];
	const size_t len = mn_screenshot_encode_request(wire, sizeof wire, &request);

	assert_true(serial_feed_frame(shot->serial, MN_SERMUX_SCREENSHOT, wire, len) > 0);
}

/* Takes what has come on the port, to what came before. */
static void hear(struct shot *shot)
{
	shot->len += serial_payload(shot->serial, MN_SERMUX_SCREENSHOT, shot->stream + shot->len,
				    STREAM_MAX - shot->len);
	serial_forget(shot->serial);
}

/* What becomes of the answer to `id` in all that was heard; and how many other messages there are,
 * if anybody wants to know. */
static enum mn_screenshot_news answer_to(struct shot *shot, uint32_t id, unsigned *others)
{
	enum mn_screenshot_news news = MN_SCREENSHOT_NOTHING;
	struct mn_screenshot_reader *reader = &shot->reader;

	free(reader->pixels);
	*reader = (struct mn_screenshot_reader){.id = id};
	hear(shot);
	for (size_t at = 0; at < shot->len && news <= MN_SCREENSHOT_MORE;) {
		const uint8_t *end = memchr(shot->stream + at, 0, shot->len - at);
		const size_t len = end ? (size_t)(end - shot->stream) - at : shot->len - at;
		uint8_t *copy = bytes_exact(shot->stream + at, len);

		news = end ? mn_screenshot_take(reader, copy, len) : news;
		free(copy);
		at += len + 1;
		if (news == MN_SCREENSHOT_BEGUN)
			reader->pixels = malloc((size_t)mn_screenshot_units(&reader->picture) *
						mn_screenshot_unit(reader->picture.format));
		else if (news == MN_SCREENSHOT_NOTHING && others)
			++*others;
	}
	return news;
}

/* A colour of the picture, as mn_bitmap_at would say it. */
static mn_color color_at(const struct shot *shot, int32_t x, int32_t y)
{
	const struct mn_screenshot_picture *picture = &shot->reader.picture;
	const uint32_t bytes = mn_screenshot_unit(picture->format);
	const uint32_t row = mn_screenshot_row(picture);
	const uint8_t *pixels = shot->reader.pixels;
	uint8_t memory[WIDTH * 4];
	uint32_t *words = (uint32_t *)(void *)memory;
	struct mn_bitmap bitmap;

	assert_true(mn_bitmap_init(&bitmap, (enum mn_pixel_format)picture->format, MN_OPAQUE, WIDTH,
				   1, words, sizeof memory));
	memcpy(memory, pixels + (size_t)y * row * bytes, (size_t)row * bytes);
	if (picture->format == MN_SCREENSHOT_RGB888)
		for (uint32_t i = row; i-- > 0;)
			words[i] = (uint32_t)(memory[3 * i + 2] << 16 | memory[3 * i + 1] << 8 |
					      memory[3 * i]);
	return mn_bitmap_at(&bitmap, x, 0);
}

static void assert_is_what_is_shown(const struct shot *shot)
{
	assert_int_equal(shot->reader.picture.format, shot->shown.format);
	assert_int_equal(shot->reader.picture.width, WIDTH);
	assert_int_equal(shot->reader.picture.height, HEIGHT);
	for (int32_t y = 0; y < HEIGHT; y++)
		for (int32_t x = 0; x < WIDTH; x++)
			assert_int_equal(color_at(shot, x, y), mn_bitmap_at(&shot->shown, x, y));
}

static void forget(struct shot *shot)
{
	free(shot->reader.pixels);
	shot->reader = (struct mn_screenshot_reader){0};
	shot->len = 0;
	serial_forget(shot->serial);
}

static void finish(struct shot *shot)
{
	forget(shot);
	shot_free(shot);
}

static void assert_refused(struct shot *shot, uint32_t id, enum mn_error why)
{
	assert_int_equal(answer_to(shot, id, NULL), MN_SCREENSHOT_NOT);
	assert_int_equal(shot->reader.why, why);
}

/* ---- What is answered -------------------------------------------------------------- */

static void what_the_screen_shows_is_sent(void **state)
{
	for (unsigned format = MN_MONO; format <= MN_RGB888; format++) {
		struct shot *shot = shot_of(*state, (enum mn_pixel_format)format);

		ask(shot, MN_SCREENSHOT_TAKE, 7);
		assert_int_equal(answer_to(shot, 7, NULL), MN_SCREENSHOT_DONE);
		assert_false(shot->reader.picture.is_mixed);
		assert_is_what_is_shown(shot);
		finish(shot);
	}
}

static void requests_are_answered_one_by_one_and_each_once(void **state)
{
	struct shot *shot = shot_new(*state, 256);
	unsigned others = 0;

	show(shot, MN_RGB565);
	shot->serial->deaf = true;
	for (uint32_t id = 1; id <= 1 + MN_SCREENSHOT_WAITING; id++)
		for (unsigned again = 0; again < 3; again++)
			ask(shot, MN_SCREENSHOT_TAKE, id);
	ask(shot, MN_SCREENSHOT_TAKE, 99); /* one too many */
	ask(shot, MN_SCREENSHOT_CANCEL, 3);
	shot->serial->deaf = false;
	serial_settle(shot->serial);
	for (uint32_t id = 1; id <= 1 + MN_SCREENSHOT_WAITING; id++)
		assert_int_equal(answer_to(shot, id, NULL),
				 id == 3 ? MN_SCREENSHOT_NOTHING : MN_SCREENSHOT_DONE);
	assert_int_equal(answer_to(shot, 99, &others), MN_SCREENSHOT_NOTHING);
	/* Each answer has as many messages, and the one behind all is heard. */
	assert_int_equal(others % MN_SCREENSHOT_WAITING, 0);
	ask(shot, MN_SCREENSHOT_TAKE, 99);
	assert_int_equal(answer_to(shot, 99, NULL), MN_SCREENSHOT_DONE);
	finish(shot);
}

static void garbage_is_survived(void **state)
{
	struct shot *shot = shot_of(*state, MN_GRAY8);
	uint8_t noise[64];
	uint64_t seed = 3;

	for (unsigned i = 0; i < 200; i++) {
		chance_fill(&seed, noise, sizeof noise);
		serial_feed_frame(shot->serial, MN_SERMUX_SCREENSHOT, noise,
				  1 + chance(&seed) % sizeof noise);
	}
	serial_feed_frame(shot->serial, MN_SERMUX_SCREENSHOT, "", 1);
	forget(shot);
	ask(shot, MN_SCREENSHOT_TAKE, 7);
	assert_int_equal(answer_to(shot, 7, NULL), MN_SCREENSHOT_DONE);
	assert_is_what_is_shown(shot);
	finish(shot);
}

static void wait_for_line(struct shot *shot, uint64_t us)
{
	sim_run_for(shot->sim, us);
	serial_settle(shot->serial);
}

static void what_was_drawn_just_now_is_in_it(void **state)
{
	struct shot *shot = shot_new(*state, LINE);

	start_display(shot, MN_RGB565);
	draw_picture(shot);
	ask(shot, MN_SCREENSHOT_TAKE, 7);
	wait_for_line(shot, 2 * FRAME_US);
	assert_int_equal(answer_to(shot, 7, NULL), MN_SCREENSHOT_DONE);
	assert_is_what_is_shown(shot);
	finish(shot);
}

/* A board that has just started: its programs have still to draw. */
static void the_first_picture_is_waited_for(void **state)
{
	struct shot *shot = shot_new(*state, LINE);

	start_display(shot, MN_RGB565);
	ask(shot, MN_SCREENSHOT_TAKE, 7);
	wait_for_line(shot, MN_SCREENSHOT_PATIENCE_US / 2);
	assert_int_equal(answer_to(shot, 7, NULL), MN_SCREENSHOT_NOTHING);
	draw_picture(shot);
	wait_for_line(shot, 2 * FRAME_US);
	assert_int_equal(answer_to(shot, 7, NULL), MN_SCREENSHOT_DONE);
	assert_is_what_is_shown(shot);
	finish(shot);
}

static void a_screen_that_stays_empty_is_sent_in_time(void **state)
{
	struct shot *shot = shot_new(*state, LINE);

	start_display(shot, MN_RGB565);
	mn_bitmap_fill(&shot->shown, NULL, MN_BLACK);
	ask(shot, MN_SCREENSHOT_TAKE, 7);
	wait_for_line(shot, MN_SCREENSHOT_PATIENCE_US - 1);
	assert_int_equal(answer_to(shot, 7, NULL), MN_SCREENSHOT_NOTHING);
	wait_for_line(shot, 1);
	assert_int_equal(answer_to(shot, 7, NULL), MN_SCREENSHOT_DONE);
	assert_is_what_is_shown(shot);
	finish(shot);
}

/* A screen that hangs: what is in memory is what there is. */
static void a_frame_that_does_not_come_is_not_waited_for_long(void **state)
{
	struct shot *shot = shot_of(*state, MN_RGB565);

	shot->device.present = present_never;
	assert_int_equal(paint_chunk(shot->painter, DRAW, &shot->shown, 1, 0), MN_OK);
	assert_int_equal(paint_chunk(shot->painter, DRAW, &shot->shown, 0, 0), MN_OK);
	ask(shot, MN_SCREENSHOT_TAKE, 7);
	wait_for_line(shot, MN_SCREENSHOT_PATIENCE_US);
	assert_int_equal(answer_to(shot, 7, NULL), MN_SCREENSHOT_DONE);
	assert_is_what_is_shown(shot);
	finish(shot);
}

static void who_takes_it_back_is_not_waited_for(void **state)
{
	struct shot *shot = shot_new(*state, LINE);

	start_display(shot, MN_RGB565);
	ask(shot, MN_SCREENSHOT_TAKE, 1);
	ask(shot, MN_SCREENSHOT_CANCEL, 1);
	ask(shot, MN_SCREENSHOT_TAKE, 2);
	draw_picture(shot);
	wait_for_line(shot, 3 * FRAME_US);
	assert_int_equal(answer_to(shot, 1, NULL), MN_SCREENSHOT_NOTHING);
	assert_int_equal(answer_to(shot, 2, NULL), MN_SCREENSHOT_DONE);
	finish(shot);
}

/* ---- What is not ------------------------------------------------------------------- */

static void a_host_that_takes_it_back_gets_no_more(void **state)
{
	struct shot *shot = shot_new(*state, 256);

	show(shot, MN_RGB888);
	shot->serial->deaf = true;
	ask(shot, MN_SCREENSHOT_TAKE, 1);
	ask(shot, MN_SCREENSHOT_CANCEL, 1);
	ask(shot, MN_SCREENSHOT_TAKE, 2);
	shot->serial->deaf = false;
	serial_settle(shot->serial);
	assert_int_equal(answer_to(shot, 1, NULL), MN_SCREENSHOT_NOTHING);
	assert_true(shot->reader.has_begun);
	assert_in_range(shot->reader.at, 0, WIDTH * HEIGHT - 1);
	assert_int_equal(answer_to(shot, 2, NULL), MN_SCREENSHOT_DONE);
	assert_is_what_is_shown(shot);
	finish(shot);
}

static void another_peer_gets_nothing_of_it(void **state)
{
	struct shot *shot = shot_new(*state, 256);
	unsigned others = 0;

	show(shot, MN_RGB888);
	shot->serial->deaf = true;
	ask(shot, MN_SCREENSHOT_TAKE, 1);
	ask(shot, MN_SCREENSHOT_TAKE, 2);
	serial_detach(shot->serial);
	serial_forget(shot->serial);
	serial_attach(shot->serial);
	shot->serial->deaf = false;
	serial_settle(shot->serial);
	sim_run_for(shot->sim, SECOND);
	serial_settle(shot->serial);
	assert_int_equal(answer_to(shot, 1, &others), MN_SCREENSHOT_NOTHING);
	assert_int_equal(others, 0);
	ask(shot, MN_SCREENSHOT_TAKE, 3);
	assert_int_equal(answer_to(shot, 3, NULL), MN_SCREENSHOT_DONE);
	finish(shot);
}

/* A display that never answers. */
struct mute {
	struct mn_task task;
	struct mn_server server;
	struct mn_sleep nap;
};

static mn_poll mute_run(struct mute *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_register(&self->server, &mn_display_service, NULL));
	MN_TRY(self, mn_sleep(&self->nap, 1000 * SECOND));
	MN_END(self);
}

MN_TASK(mute);

/* Neither the answer under way nor what waits in the port's ring. */
static void another_peer_hears_nothing_of_it(void **state)
{
	struct shot *shot = shot_new(*state, LINE);
	struct mute mute = {0};
	unsigned others = 0;

	mn_spawn(&shot->sim->kernel, &mute.task, &mute_task);
	ask(shot, MN_SCREENSHOT_TAKE, 1);
	ask(shot, MN_SCREENSHOT_TAKE, 2);
	serial_detach(shot->serial);
	serial_attach(shot->serial);
	sim_run_for(shot->sim, 3 * MN_SCREENSHOT_PATIENCE_US);
	serial_settle(shot->serial);
	answer_to(shot, 3, &others);
	assert_int_equal(others, 0);
	ask(shot, MN_SCREENSHOT_TAKE, 3);
	sim_run_for(shot->sim, MN_SCREENSHOT_PATIENCE_US);
	serial_settle(shot->serial);
	assert_refused(shot, 3, MN_ETIMEDOUT);
	finish(shot);
}

static void a_target_without_a_display_says_so_in_time(void **state)
{
	struct shot *shot = shot_new(*state, LINE);

	ask(shot, MN_SCREENSHOT_TAKE, 1);
	sim_run_for(shot->sim, MN_SCREENSHOT_PATIENCE_US - 1);
	serial_settle(shot->serial);
	assert_int_equal(answer_to(shot, 1, NULL), MN_SCREENSHOT_NOTHING);
	sim_run_for(shot->sim, 1);
	serial_settle(shot->serial);
	assert_refused(shot, 1, MN_ENOTFOUND);
	show(shot, MN_GRAY8);
	ask(shot, MN_SCREENSHOT_TAKE, 2);
	assert_int_equal(answer_to(shot, 2, NULL), MN_SCREENSHOT_DONE);
	finish(shot);
}

static void a_display_that_does_not_answer_is_told(void **state)
{
	struct shot *shot = shot_new(*state, LINE);
	struct mute mute = {0};

	mn_spawn(&shot->sim->kernel, &mute.task, &mute_task);
	ask(shot, MN_SCREENSHOT_TAKE, 1);
	sim_run_for(shot->sim, MN_SCREENSHOT_PATIENCE_US);
	serial_settle(shot->serial);
	assert_refused(shot, 1, MN_ETIMEDOUT);
	finish(shot);
}

static void a_version_that_is_not_known_is_told(void **state)
{
	const struct mn_screenshot_request request = {MN_SCREENSHOT_TAKE, 2, 1};
	struct shot *shot = shot_of(*state, MN_GRAY8);
	uint8_t wire[MN_SCREENSHOT_REQUEST_MAX];
	const size_t len = mn_screenshot_encode_request(wire, sizeof wire, &request);

	serial_feed_frame(shot->serial, MN_SERMUX_SCREENSHOT, wire, len);
	assert_refused(shot, 1, MN_ENOTSUP);
	finish(shot);
}

/* ---- Little memory ----------------------------------------------------------------- */

#define HOGS 64

/* Takes all memory but for one block of `left` bytes. */
static unsigned hog(struct sim *sim, void **hogs, size_t left)
{
	void *kept = left > 0 ? mn_heap_alloc(sim->kernel.heap, left, 0) : NULL;
	unsigned count = 0;

	for (size_t size = SIM_HEAP; size > 0; size /= 2)
		while (count < HOGS && (hogs[count] = mn_heap_alloc(sim->kernel.heap, size, 0)))
			count++;
	assert_true(count < HOGS);
	mn_heap_free(sim->kernel.heap, kept);
	return count;
}

static void give_back(struct sim *sim, void **hogs, unsigned count)
{
	while (count-- > 0)
		mn_heap_free(sim->kernel.heap, hogs[count]);
}

static void with_little_memory_it_comes_in_bands_and_says_so(void **state)
{
	struct shot *shot = shot_of(*state, MN_RGB565);
	void *hogs[HOGS];
	const unsigned count = hog(shot->sim, hogs, (size_t)WIDTH * 2 * 7);

	ask(shot, MN_SCREENSHOT_TAKE, 7);
	assert_int_equal(answer_to(shot, 7, NULL), MN_SCREENSHOT_DONE);
	assert_true(shot->reader.picture.is_mixed);
	assert_is_what_is_shown(shot);
	give_back(shot->sim, hogs, count);
	finish(shot);
}

static void without_any_it_is_refused(void **state)
{
	struct shot *shot = shot_of(*state, MN_RGB888);
	void *hogs[HOGS];
	const unsigned count = hog(shot->sim, hogs, 0);

	ask(shot, MN_SCREENSHOT_TAKE, 7);
	assert_refused(shot, 7, MN_ENOMEM);
	give_back(shot->sim, hogs, count);
	finish(shot);
}

/* ---- Ends -------------------------------------------------------------------------- */

static void a_display_that_ends_in_the_middle_is_told(void **state)
{
	struct shot *shot = shot_new(*state, 256);
	void *hogs[HOGS];
	unsigned count;

	show(shot, MN_RGB888);
	count = hog(shot->sim, hogs, (size_t)WIDTH * 4 * 7);
	shot->serial->deaf = true;
	ask(shot, MN_SCREENSHOT_TAKE, 7);
	sim_cancel(shot->sim, &shot->display.task);
	sim_settle(shot->sim);
	shot->serial->deaf = false;
	for (unsigned i = 0; i < 4; i++) { /* the connect of each read may wait */
		serial_settle(shot->serial);
		sim_run_for(shot->sim, MN_SCREENSHOT_PATIENCE_US);
	}
	serial_settle(shot->serial);
	assert_int_equal(answer_to(shot, 7, NULL), MN_SCREENSHOT_NOT);
	assert_true(shot->reader.has_begun);
	give_back(shot->sim, hogs, count);
	finish(shot);
}

static void it_ends_in_the_middle_when_cancelled(void **state)
{
	struct shot *shot = shot_new(*state, 256);

	show(shot, MN_RGB888);
	shot->serial->deaf = true;
	ask(shot, MN_SCREENSHOT_TAKE, 7);
	assert_int_equal(shot->daemon.answering, true);
	finish(shot); /* and what it had is given back */
}

/* While it looks at the display, waits for a frame, reads, packs and sends. */
static void it_can_be_cancelled_at_any_moment(void **state)
{
	struct shot *shot = shot_new(*state, 256);
	struct mn_heap_stats before, now;

	show(shot, MN_RGB565);
	sim_cancel(shot->sim, &shot->daemon.task);
	sim_settle(shot->sim);
	mn_heap_stats(shot->sim->kernel.heap, &before);
	for (uint32_t turns = 0; turns < 100; turns++) {
		struct sim_canceller canceller;

		if (turns % 2)
			assert_int_equal(paint_chunk(shot->painter, DRAW, &shot->shown, 0, 0),
					 MN_OK);
		memset(&shot->daemon, 0, sizeof shot->daemon);
		mn_screenshot_daemon_start(
			&shot->daemon, &shot->sim->kernel,
			&(struct mn_screenshot_daemon_config)MN_SCREENSHOT_DEFAULTS);
		sim_settle(shot->sim);
		shot->serial->deaf = turns % 4 > 1;
		sim_cancel_later(shot->sim, &canceller, &shot->daemon.task, turns / 2);
		ask(shot, MN_SCREENSHOT_TAKE, turns);
		sim_run_for(shot->sim, turns % 3 * FRAME_US);
		assert_int_equal(shot->daemon.task.frame.flags & MN__TASK_ALIVE, 0);
		assert_int_equal(shot->daemon.task.frame.result, MN_ECANCELED);
		mn_heap_stats(shot->sim->kernel.heap, &now);
		assert_int_equal(now.used, before.used);
		shot->serial->deaf = false;
		serial_settle(shot->serial);
		forget(shot);
	}
	finish(shot);
}

static void it_outlives_the_mux(void **state)
{
	struct shot *shot = shot_new(*state, 256);

	show(shot, MN_RGB565);
	shot->serial->deaf = true;
	ask(shot, MN_SCREENSHOT_TAKE, 1);
	sim_cancel(shot->sim, &shot->mux.task);
	sim_settle(shot->sim);
	serial_detach(shot->serial);
	forget(shot);
	serial_attach(shot->serial);
	shot->serial->deaf = false;
	mn_serial_mux_start(&shot->mux, &shot->sim->kernel,
			    &(struct mn_serial_mux_config)MN_SERIAL_MUX_DEFAULTS);
	serial_settle(shot->serial);
	ask(shot, MN_SCREENSHOT_TAKE, 2);
	assert_int_equal(answer_to(shot, 2, NULL), MN_SCREENSHOT_DONE);
	finish(shot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(what_the_screen_shows_is_sent),
		SIM_TEST(requests_are_answered_one_by_one_and_each_once),
		SIM_TEST(garbage_is_survived),
		SIM_TEST(what_was_drawn_just_now_is_in_it),
		SIM_TEST(the_first_picture_is_waited_for),
		SIM_TEST(a_screen_that_stays_empty_is_sent_in_time),
		SIM_TEST(a_frame_that_does_not_come_is_not_waited_for_long),
		SIM_TEST(who_takes_it_back_is_not_waited_for),
		SIM_TEST(a_host_that_takes_it_back_gets_no_more),
		SIM_TEST(another_peer_gets_nothing_of_it),
		SIM_TEST(another_peer_hears_nothing_of_it),
		SIM_TEST(a_target_without_a_display_says_so_in_time),
		SIM_TEST(a_display_that_does_not_answer_is_told),
		SIM_TEST(a_version_that_is_not_known_is_told),
		SIM_TEST(with_little_memory_it_comes_in_bands_and_says_so),
		SIM_TEST(without_any_it_is_refused),
		SIM_TEST(a_display_that_ends_in_the_middle_is_told),
		SIM_TEST(it_ends_in_the_middle_when_cancelled),
		SIM_TEST(it_can_be_cancelled_at_any_moment),
		SIM_TEST(it_outlives_the_mux),
	};

	return cmocka_run_group_tests_name("screenshot_daemon", tests, NULL, NULL);
}
