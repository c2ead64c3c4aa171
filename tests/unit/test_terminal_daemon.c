/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: what a program writes to port 5 is on the screen, all of it, however fast it writes;
 * keys and answers go back, also to one that never stops; and the terminal outlives the mux, or
 * ends with a word and without a trace.
 */
#include <stdio.h>
#include "serial.h"
#include "tasks_display.h"
#include <mnemos/daemons/terminal.h>
#include <mnemos/services/keyboard_mux.h>

#define FONT mn_font_5x8 /* no other one is small enough for these */
#define ROWS 5
#define COLUMNS 16
#define LINE 2048

struct desk {
	struct sim *sim;
	struct serial *serial;
	struct mn_serial_mux mux;
	struct mn_keyboard_mux keyboards;
	struct mn_keyboard_port keys;
	struct mn_display_device device;
	struct mn_display display;
	struct mn_terminal_daemon daemon;
	uint32_t presents;

	/* What should be shown. */
	void *memory;
	struct mn_terminal *model;
	struct mn_bitmap picture;
};

static mn_poll count(struct mn_display_device *device, const struct mn_rect *dirty)
{
	(void)dirty;
	MN_CONTAINER(device, struct desk, device)->presents++;
	return MN_OK;
}

static void start_mux(struct desk *desk)
{
	mn_serial_mux_start(&desk->mux, &desk->sim->kernel,
			    &(struct mn_serial_mux_config)MN_SERIAL_MUX_DEFAULTS);
	serial_settle(desk->serial);
}

/* All but the terminal. */
static struct desk *desk_new(struct sim *sim)
{
	const struct mn_terminal_config config = {.rows = ROWS, .columns = COLUMNS, .font = &FONT};
	const size_t size = mn_terminal_size(ROWS, COLUMNS);
	struct desk *desk = calloc(1, sizeof *desk);

	assert_non_null(desk);
	desk->sim = sim;
	desk->serial = serial_new(sim, LINE, LINE, NULL);
	desk->device = (struct mn_display_device){
		.screen =
			bitmap_new(MN_RGB565, MN_OPAQUE, COLUMNS * FONT.width, ROWS * FONT.height),
		.frame_us = FRAME_US,
		.present = count,
	};
	mn_display_start(&desk->display, &sim->kernel, &desk->device, NULL);
	mn_keyboard_mux_start(&desk->keyboards, &sim->kernel,
			      &(struct mn_keyboard_mux_config)MN_KEYBOARD_MUX_DEFAULTS);
	mn_keyboard_port_start(&desk->keys, &sim->kernel, MN_KEYBOARD_PORT);
	start_mux(desk);
	serial_attach(desk->serial);
	desk->memory = malloc(size);
	desk->model = mn_terminal_open(desk->memory, size, &config);
	desk->picture = bitmap_new(MN_RGB565, MN_OPAQUE, COLUMNS * FONT.width, ROWS * FONT.height);
	assert_non_null(desk->model);
	return desk;
}

static void start_terminal(struct desk *desk)
{
	memset(&desk->daemon, 0, sizeof desk->daemon);
	mn_terminal_daemon_start(&desk->daemon, &desk->sim->kernel, MN_SERMUX_TERMINAL);
	serial_settle(desk->serial);
}

static struct desk *desk_with_terminal(struct sim *sim)
{
	struct desk *desk = desk_new(sim);

	start_terminal(desk);
	return desk;
}

/* The machine sees to it that nothing of it is left. */
static void desk_free(struct desk *desk)
{
	sim_cancel_all(desk->sim);
	serial_free(desk->serial);
	bitmap_free(&desk->device.screen);
	bitmap_free(&desk->picture);
	free(desk->memory);
	free(desk);
}

static void write_text(struct desk *desk, const char *text)
{
	assert_true(serial_feed_frame(desk->serial, MN_SERMUX_TERMINAL, text, strlen(text)) > 0);
	mn_terminal_write(desk->model, text, strlen(text));
}

static void press(struct desk *desk, const char *key)
{
	assert_true(serial_feed_frame(desk->serial, MN_KEYBOARD_PORT, key, strlen(key)) > 0);
}

static void pass_frames(struct desk *desk, unsigned frames)
{
	for (unsigned i = 0; i < frames; i++) {
		sim_run_for(desk->sim, FRAME_US);
		serial_settle(desk->serial);
	}
}

static void assert_shown(struct desk *desk)
{
	struct mn_target target = mn_target_of(&desk->picture);
	struct mn_rect dirty;

	pass_frames(desk, 3);
	mn_terminal_draw(desk->model, &target, &dirty);
	assert_true(model_equal(&desk->device.screen, &desk->picture));
}

/* What the program has got is this, and is forgotten. */
static void assert_got(struct desk *desk, const char *expected)
{
	uint8_t got[4096];
	const size_t len = serial_payload(desk->serial, MN_SERMUX_TERMINAL, got, sizeof got);

	assert_int_equal(len, strlen(expected));
	assert_memory_equal(got, expected, len);
	serial_forget(desk->serial);
}

static bool is_running(const struct desk *desk)
{
	return desk->daemon.task.frame.flags & MN__TASK_ALIVE;
}

static void what_comes_is_shown(void **state)
{
	struct desk *desk = desk_with_terminal(*state);

	assert_shown(desk); /* empty, with the cursor */
	write_text(desk, "one\r\n\x1b[31mtwo");
	write_text(desk, "\x1b");
	write_text(desk, "[4mthree");
	assert_shown(desk);
	desk_free(desk);
}

static void an_idle_terminal_wakes_nobody(void **state)
{
	struct desk *desk = desk_with_terminal(*state);
	uint32_t presents, polls;

	write_text(desk, "a");
	pass_frames(desk, 3);
	presents = desk->presents;
	polls = desk->daemon.task.polls;
	sim_run_for(desk->sim, 3600 * UINT64_C(1000000));
	assert_int_equal(desk->presents, presents);
	assert_int_equal(desk->daemon.task.polls, polls);
	desk_free(desk);
}

static void keys_and_answers_go_to_the_program(void **state)
{
	struct desk *desk = desk_with_terminal(*state);

	press(desk, "a\x1b[A\r");
	pass_frames(desk, 6);
	assert_got(desk, "a\x1b[A\r");
	write_text(desk, "\x1b[999;999H\x1b[6n");
	pass_frames(desk, 3);
	assert_got(desk, "\x1b[5;16R");
	desk_free(desk);
}

/* More answers than there is room for. */
static void answers_that_are_too_many_are_dropped_whole(void **state)
{
	struct desk *desk = desk_with_terminal(*state);
	char questions[4 * 100 + 1] = "", answers[4 * 64 + 1] = "";

	for (size_t i = 0; i < 100; i++)
		memcpy(questions + 4 * i, "\x1b[5n", 5);
	for (size_t i = 0; i < 64; i++)
		memcpy(answers + 4 * i, "\x1b[0n", 5);
	pass_frames(desk, 3);
	write_text(desk, questions);
	pass_frames(desk, 3);
	assert_got(desk, answers);
	assert_int_equal(desk->daemon.session.lost, 36 * 4);
	press(desk, "x");
	pass_frames(desk, 3);
	assert_got(desk, "x");
	desk_free(desk);
}

/* ---- Much -------------------------------------------------------------------------------- */

/* What a program writes that numbers its lines, as frames. */
struct flood {
	uint8_t wire[64 * 1024];
	size_t len, sent;
};

static struct flood *flood_new(struct desk *desk, unsigned lines)
{
	struct flood *flood = calloc(1, sizeof *flood);
	char text[32];

	assert_non_null(flood);
	for (unsigned i = 0; i < lines; i++) {
		snprintf(text, sizeof text, "\x1b[3%um%u lines\r\n", i % 8, i);
		mn_terminal_write(desk->model, text, strlen(text));
		flood->len +=
			mn_sermux_encode(flood->wire + flood->len, sizeof flood->wire - flood->len,
					 MN_SERMUX_TERMINAL, text, strlen(text));
	}
	return flood;
}

/* As much as the line takes, all at the same time; whether there is more. */
static bool flows(struct desk *desk, struct flood *flood)
{
	const size_t taken =
		serial_feed(desk->serial, flood->wire + flood->sent, flood->len - flood->sent);

	assert_true(taken > 0);
	flood->sent += taken;
	serial_settle(desk->serial);
	return flood->sent < flood->len;
}

/* It is read while a frame is awaited, and no oftener drawn. */
static void a_flood_is_read_at_once_and_nothing_is_lost(void **state)
{
	struct desk *desk = desk_with_terminal(*state);
	struct flood *flood = flood_new(desk, 2000);
	const uint32_t presents = desk->presents;

	assert_true(flood->len > 8 * MN_TERMINAL_RING);
	while (flows(desk, flood))
		;
	assert_shown(desk);
	assert_true(desk->presents <= presents + 2);
	free(flood);
	desk_free(desk);
}

/* It comes on the same line, behind all of it. */
static void a_key_behind_a_flood_arrives(void **state)
{
	struct desk *desk = desk_with_terminal(*state);
	struct flood *flood = flood_new(desk, 2000);

	while (flows(desk, flood))
		;
	press(desk, "\x03");
	pass_frames(desk, 2);
	assert_got(desk, "\x03");
	free(flood);
	desk_free(desk);
}

/* What stands in front of a question is on the screen when the answer goes. */
static void an_answer_waits_for_what_is_shown(void **state)
{
	struct desk *desk = desk_with_terminal(*state);

	pass_frames(desk, 2);
	write_text(desk, "one");
	serial_settle(desk->serial);
	write_text(desk, "two\x1b[6n");
	serial_settle(desk->serial);
	assert_got(desk, "");
	pass_frames(desk, 2);
	assert_got(desk, "\x1b[1;7R");
	assert_shown(desk);
	desk_free(desk);
}

/* ---- Ends -------------------------------------------------------------------------------- */

static void it_outlives_the_mux(void **state)
{
	struct desk *desk = desk_with_terminal(*state);

	write_text(desk, "before");
	sim_cancel(desk->sim, &desk->mux.task);
	serial_settle(desk->serial);
	pass_frames(desk, 3);
	start_mux(desk);
	write_text(desk, ", after\x1b[6n");
	assert_shown(desk);
	serial_forget(desk->serial);
	press(desk, "k");
	pass_frames(desk, 3);
	assert_got(desk, "k");
	desk_free(desk);
}

static void assert_ends(struct desk *desk, mn_poll why, const char *said)
{
	pass_frames(desk, 2);
	assert_false(is_running(desk));
	assert_int_equal(desk->daemon.task.frame.result, why);
	assert_non_null(strstr(desk->sim->log, said));
	desk->sim->log[0] = 0;
	desk->sim->log_len = 0;
}

static void it_ends_with_the_keyboard_or_the_display(void **state)
{
	struct desk *desk = desk_with_terminal(*state);

	sim_cancel(desk->sim, &desk->keyboards.task);
	assert_ends(desk, MN_ECLOSED, "daemons::terminal: ends: ");
	mn_keyboard_mux_start(&desk->keyboards, &desk->sim->kernel,
			      &(struct mn_keyboard_mux_config)MN_KEYBOARD_MUX_DEFAULTS);
	start_terminal(desk);
	assert_shown(desk);
	sim_cancel(desk->sim, &desk->display.task);
	write_text(desk, "x");
	assert_ends(desk, MN_EGONE, "daemons::terminal: ends: ");
	desk_free(desk);
}

static size_t used(const struct desk *desk)
{
	struct mn_heap_stats stats;

	mn_heap_stats(desk->sim->kernel.heap, &stats);
	return stats.used;
}

/* Whichever of its allocations fails, those before it are given back. */
static void it_ends_for_want_of_memory(void **state)
{
	struct desk *desk = desk_new(*state);
	const size_t before = used(desk);
	unsigned n = 0;

	for (;;) {
		mn_heap_fail_after(desk->sim->kernel.heap, ++n);
		start_terminal(desk);
		if (is_running(desk))
			break;
		assert_ends(desk, MN_ENOMEM, "daemons::terminal: ends: ");
		assert_int_equal(used(desk), before);
	}
	assert_true(n > 4); /* the layer, picture, cells, keyboard and port */
	mn_heap_fail_after(desk->sim->kernel.heap, 0);
	write_text(desk, "at last");
	assert_shown(desk);
	desk_free(desk);
}

/* Nobody says anything then: who cancels it knows. */
static void cancelled_it_gives_all_back(void **state)
{
	struct desk *desk = desk_with_terminal(*state);

	write_text(desk, "x");
	sim_cancel(desk->sim, &desk->daemon.task);
	pass_frames(desk, 2);
	assert_false(is_running(desk));
	assert_null(strstr(desk->sim->log, "daemons::terminal: ends"));
	start_terminal(desk);
	assert_true(is_running(desk)); /* its port is free */
	desk_free(desk);
}

/* While it starts, draws, waits for a frame, answers. */
static void it_can_be_cancelled_at_any_moment(void **state)
{
	struct desk *desk = desk_new(*state);
	const size_t before = used(desk);

	for (uint32_t turns = 0; turns < 60; turns++) {
		struct sim_canceller canceller;

		memset(&desk->daemon, 0, sizeof desk->daemon);
		mn_terminal_daemon_start(&desk->daemon, &desk->sim->kernel, MN_SERMUX_TERMINAL);
		sim_cancel_later(desk->sim, &canceller, &desk->daemon.task, turns);
		write_text(desk, "a\x1b[6n");
		press(desk, "k");
		pass_frames(desk, 2);
		assert_false(is_running(desk));
		assert_int_equal(desk->daemon.task.frame.result, MN_ECANCELED);
		assert_int_equal(used(desk), before);
	}
	start_terminal(desk);
	serial_forget(desk->serial);
	write_text(desk, "still there\x1b[6n");
	pass_frames(desk, 2);
	assert_got(desk, "\x1b[1;12R");
	desk_free(desk);
}

static void a_screen_without_a_character_is_refused(void **state)
{
	struct desk *desk = desk_new(*state);

	desk->device.screen.height = FONT.height - 1;
	start_terminal(desk);
	assert_ends(desk, MN_EINVAL, "daemons::terminal: ends: ");
	desk_free(desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(what_comes_is_shown),
		SIM_TEST(an_idle_terminal_wakes_nobody),
		SIM_TEST(keys_and_answers_go_to_the_program),
		SIM_TEST(answers_that_are_too_many_are_dropped_whole),
		SIM_TEST(a_flood_is_read_at_once_and_nothing_is_lost),
		SIM_TEST(a_key_behind_a_flood_arrives),
		SIM_TEST(an_answer_waits_for_what_is_shown),
		SIM_TEST(it_outlives_the_mux),
		SIM_TEST(it_ends_with_the_keyboard_or_the_display),
		SIM_TEST(it_ends_for_want_of_memory),
		SIM_TEST(cancelled_it_gives_all_back),
		SIM_TEST(it_can_be_cancelled_at_any_moment),
		SIM_TEST(a_screen_without_a_character_is_refused),
	};

	return cmocka_run_group_tests_name("terminal_daemon", tests, NULL, NULL);
}
