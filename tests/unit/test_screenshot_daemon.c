/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: a host that asks gets what the screen shows, pixel by pixel, or hears why not, whatever
 * the display and the line do; and nobody gets what another one asked for.
 */
#include "tasks_screenshot.h"

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
	assert_sent(shot, 7);
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
	assert_sent(shot, 7);
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
	assert_sent(shot, 7);
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
	assert_sent(shot, 7);
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
	assert_sent(shot, 7);
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
	assert_sent(shot, 2);
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
	};

	return cmocka_run_group_tests_name("screenshot_daemon", tests, NULL, NULL);
}
