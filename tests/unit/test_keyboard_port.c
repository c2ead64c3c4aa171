/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: what the bytes of a terminal are as keys, however they are cut into frames; that after
 * bytes which mean nothing the next key is seen; and that the port outlives either mux.
 */
#include <stdio.h>
#include <string.h>
#include <mnemos/services/keyboard_mux.h>
#include "serial.h"

#define MOST 4096

/* Whoever sees the keys, as text: "C-a S-Left F5 ", and '?' for a press without its release. */
struct reader {
	struct mn_task task;
	struct mn_keyboard keyboard;
	struct mn_key_event event, pressed;
	char text[MOST];
	size_t len;
	bool down;
};

static void write_key(struct reader *reader, const struct mn_key_event *event)
{
	static const char *const names[] = {"Backspace", "Enter",   "Left",   "Right",   "Up",
					    "Down",      "Home",    "End",    "PageUp",  "PageDown",
					    "Tab",       "BackTab", "Delete", "Insert",  "F",
					    "",          "Null",    "Esc",    "NumLock", "Print",
					    "Pause",     "Menu",    "Begin",  "Media"};
	char *end = reader->text + reader->len;
	size_t room = sizeof reader->text - reader->len;
	int n = snprintf(end, room, "%s%s%s%s%s", event->modifiers & MN_KEY_SHIFT ? "S-" : "",
			 event->modifiers & MN_KEY_CTRL ? "C-" : "",
			 event->modifiers & MN_KEY_ALT ? "A-" : "",
			 event->modifiers & MN_KEY_META ? "M-" : "", names[event->code]);

	if (event->code == MN_KEY_CHAR && event->value < 0x80)
		n += snprintf(end + n, room - (size_t)n, "%c ", (char)event->value);
	else if (event->code == MN_KEY_CHAR)
		n += snprintf(end + n, room - (size_t)n, "U+%04x ", (unsigned)event->value);
	else if (event->code == MN_KEY_F)
		n += snprintf(end + n, room - (size_t)n, "%u ", (unsigned)event->value);
	else
		n += snprintf(end + n, room - (size_t)n, " ");
	reader->len += (size_t)n;
	assert_true(reader->len < sizeof reader->text);
}

/* Each press is followed by the same key's release. */
static void see(struct reader *reader, const struct mn_key_event *event)
{
	assert_int_equal(event->kind, reader->down ? MN_KEY_RELEASED : MN_KEY_PRESSED);
	if (reader->down) {
		assert_int_equal(event->code, reader->pressed.code);
		assert_int_equal(event->value, reader->pressed.value);
		assert_int_equal(event->modifiers, reader->pressed.modifiers);
	} else {
		write_key(reader, event);
	}
	reader->down = !reader->down;
	reader->pressed = *event;
}

static mn_poll reader_run(struct reader *self)
{
	MN_BEGIN(self);
	for (;;) {
		MN_AWAIT(self, mn_keyboard_open(&self->keyboard, 0));
		while (MN_RESULT(self) == MN_OK) {
			MN_AWAIT(self, mn_keyboard_next(&self->keyboard, &self->event));
			if (MN_RESULT(self) == MN_OK)
				see(self, &self->event);
		}
		mn_keyboard_close(&self->keyboard);
		if (MN_RESULT(self) == MN_ECANCELED)
			break;
	}
	MN_END(self);
}

MN_TASK(reader);

static struct sim *sim;
static struct serial *serial;
static struct mn_serial_mux serial_mux;
static struct mn_keyboard_mux mux;
static struct mn_keyboard_port port;
static struct reader reader;

static void start_serial_mux(void)
{
	mn_serial_mux_start(&serial_mux, &sim->kernel,
			    &(struct mn_serial_mux_config)MN_SERIAL_MUX_DEFAULTS);
}

static void start_mux(void)
{
	mn_keyboard_mux_start(&mux, &sim->kernel,
			      &(struct mn_keyboard_mux_config)MN_KEYBOARD_MUX_DEFAULTS);
}

static int set_up(void **state)
{
	memset(&serial_mux, 0, sizeof serial_mux);
	memset(&mux, 0, sizeof mux);
	memset(&port, 0, sizeof port);
	memset(&reader, 0, sizeof reader);
	sim_setup(state);
	sim = *state;
	serial = serial_new(sim, 4096, 4096, NULL);
	start_serial_mux();
	start_mux();
	mn_keyboard_port_start(&port, &sim->kernel, MN_KEYBOARD_PORT);
	mn_spawn(&sim->kernel, &reader.task, &reader_task);
	serial_attach(serial);
	return 0;
}

static int tear_down(void **state)
{
	sim_cancel_all(sim);
	serial_free(serial);
	return sim_teardown(state);
}

#define PORT_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static void send(const void *bytes, size_t len)
{
	assert_true(serial_feed_frame(serial, MN_KEYBOARD_PORT, bytes, len) > 0);
}

static void pass(uint64_t us)
{
	sim_run_for(sim, us);
	serial_settle(serial);
}

/* What came is this; and it is forgotten. */
static void assert_keys(const char *expected)
{
	assert_string_equal(reader.text, expected);
	assert_false(reader.down);
	reader.len = 0;
	reader.text[0] = '\0';
}

/* ---- Bytes ------------------------------------------------------------------------- */

static const struct line {
	const char *bytes, *keys;
	uint32_t malformed;
} lines[] = {
	{"ok", "o k ", 0},
	{"A~ !", "A ~   ! ", 0},
	{"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "U+00e4 U+20ac U+1f600 ", 0},
	{"\x7f\b\t", "Backspace Backspace Tab ", 0},
	{"\ra\nb\r\nc\n\rd", "Enter a Enter b Enter c Enter Enter d ", 0},
	{"\1\3\32", "C-a C-c C-z ", 0},
	{"\34\35\36\37", "C-\\ C-] C-^ C-_ ", 0},
	/* Sequences. */
	{"\33[A\33[B\33[C\33[D\33[H\33[F\33[E", "Up Down Right Left Home End Begin ", 0},
	{"\33OA\33OB\33OC\33OD\33OH\33OF", "Up Down Right Left Home End ", 0},
	{"\33[1~\33[2~\33[3~\33[4~\33[5~\33[6~\33[7~\33[8~",
	 "Home Insert Delete End PageUp PageDown Home End ", 0},
	{"\33OP\33OQ\33OR\33OS\33[11~\33[14~\33[15~", "F1 F2 F3 F4 F1 F4 F5 ", 0},
	{"\33[17~\33[21~\33[23~\33[24~\33[25~\33[34~\33[29~", "F6 F10 F11 F12 F13 F20 Menu ", 0},
	{"\33[[A\33[[E", "F1 F5 ", 0}, /* the Linux console */
	{"\33[Z", "S-BackTab ", 0},
	{"\33OM\33OI\33OX\33Oj\33Op\33Oy", "Enter Tab = * 0 9 ", 0},
	{"\33[1;2A\33[1;3A\33[1;5A\33[1;9A\33[1;16A", "S-Up A-Up C-Up M-Up S-C-A-M-Up ", 0},
	{"\33[3;5~\33[15;2~\33[1;5P\33O5P\33[A;B", "C-Delete S-F5 C-F1 C-F1 Up ; B ", 0},
	/* Alt. */
	{"\33a\33A\33\xc3\xa4\33\r\33\x7f\33\1\33\t",
	 "A-a A-A A-U+00e4 A-Enter A-Backspace "
	 "C-A-a A-Tab ",
	 0},
	{"\33\33[A\33\33a", "Esc Up Esc A-a ", 0},
	/* What means nothing, and the next key. */
	{"\33[99~a\33[16~b\33[~c\33[1000000000~d", "a b c d ", 4},
	{"\33[?1h\33[>c\33[ q\33[1:2Aa\33[1;2;3Ab\33[5Ac", "a b c ", 6},
	{"\33[1;5\33[A", "Up ", 1},
	{"\33[1;5\ra\33O\x80"
	 "b\33[\xc3\xa4",
	 "Enter a b U+00e4 ", 4},
	{"\33[[Fa\33[[\33[B\33OZb", "a Down S-BackTab b ", 2},
	{"\x80"
	 "a\xff"
	 "b\xc0\x80"
	 "c\xc1\xbf"
	 "d",
	 "a b c d ", 6},
	{"\xc3"
	 "a\xe2\x82"
	 "b\xf0\x9f\x98"
	 "c\xc3\33[A",
	 "a b c Up ", 4},
	{"\xe0\x80\x80"
	 "a\xed\xa0\x80"
	 "b\xf4\x90\x80\x80"
	 "c\xf5"
	 "d",
	 "a b c d ", 4},
	{"\33\xc3"
	 "a\33\x80"
	 "b",
	 "a b ", 2}, /* nor has what follows an Alt */
};

static void sees_the_keys_of_a_terminal(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof lines / sizeof *lines; i++) {
		const uint32_t before = mn_keyboard_port_malformed(&port);

		send(lines[i].bytes, strlen(lines[i].bytes));
		assert_keys(lines[i].keys);
		assert_int_equal(mn_keyboard_port_malformed(&port) - before, lines[i].malformed);
	}
	send("\0", 1);
	assert_keys("Null ");
}

/* In frames of one byte, 49 ms apart: as slow as a line may be. */
static void waits_for_the_rest_of_a_key(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof lines / sizeof *lines; i++) {
		for (const char *byte = lines[i].bytes; *byte; byte++) {
			send(byte, 1);
			pass(49000);
		}
		assert_keys(lines[i].keys);
	}
}

static void an_esc_is_a_key_after_a_while(void **state)
{
	(void)state;
	send("\33", 1);
	pass(49999);
	assert_keys("");
	pass(1);
	assert_keys("Esc ");
	send("[A", 2);
	assert_keys("[ A ");
	send("\33\33", 2);
	assert_keys("Esc ");
	pass(50000);
	assert_keys("Esc ");
	send("\33[", 2);
	pass(50000);
	assert_keys("A-[ ");
	send("\33O", 2);
	pass(50000);
	assert_keys("A-O ");
	assert_int_equal(mn_keyboard_port_malformed(&port), 0);
	send("\33[1", 3);
	pass(50000);
	send("a", 1);
	assert_keys("a ");
	assert_int_equal(mn_keyboard_port_malformed(&port), 1);
	send("\xc3", 1); /* no ESC: however slow */
	pass(1000000);
	send("\xa4", 1);
	assert_keys("U+00e4 ");
}

/* Nothing is waited for when nothing was begun: an idle line wakes nobody. */
static void sleeps_between_keys(void **state)
{
	uint32_t polls;

	(void)state;
	send("a\33[A", 4);
	polls = port.task.polls;
	assert_int_equal(sim->kernel.wheel.count, 0);
	pass(1000000);
	assert_int_equal(port.task.polls, polls);
}

/* More than its ring at once. */
static void takes_a_long_line(void **state)
{
	char line[600];

	(void)state;
	for (unsigned i = 0; i < sizeof line; i++)
		line[i] = (char)('a' + i % 26);
	for (unsigned at = 0; at < sizeof line; at += 200)
		send(line + at, 200);
	assert_int_equal(reader.len, 2 * sizeof line);
	for (unsigned i = 0; i < sizeof line; i++)
		assert_int_equal(reader.text[2 * i], line[i]);
}

/* ---- Whoever it waits for -------------------------------------------------------------- */

static void comes_back_with_the_serial_mux(void **state)
{
	(void)state;
	send("a", 1);
	sim_cancel(sim, &serial_mux.task);
	serial_settle(serial);
	start_serial_mux();
	serial_settle(serial);
	send("b", 1);
	assert_keys("a b ");
}

static void waits_for_the_keyboard_mux(void **state)
{
	(void)state;
	sim_cancel(sim, &mux.task);
	serial_settle(serial);
	send("a", 1);
	start_mux();
	serial_settle(serial);
	reader.len = 0;
	reader.down = false; /* whether it came in time for the first key is open */
	send("b", 1);
	assert_true(reader.len >= 2);
	assert_string_equal(reader.text + reader.len - 2, "b ");
}

static void a_cancelled_port_is_free_again(void **state)
{
	static const uint8_t rest[3] = {'a', 'b', 'c'};

	(void)state;
	sim_cancel(sim, &mux.task);
	serial_settle(serial);
	send(rest, 3); /* it waits for the mux, with bytes in its hand */
	sim_cancel(sim, &port.task);
	serial_settle(serial);
	assert_false(port.task.frame.flags & MN__TASK_ALIVE);
	start_mux();
	mn_keyboard_port_start(&port, &sim->kernel, MN_KEYBOARD_PORT);
	serial_settle(serial);
	reader.len = 0;
	send("d", 1);
	assert_keys("d ");
}

/* Also not in the moment between a press and its release. */
static void a_cancelled_port_leaves_no_key_down(void **state)
{
	(void)state;
	for (unsigned turns = 0; turns < 60; turns++) {
		struct sim_canceller canceller;

		sim_cancel_later(sim, &canceller, &port.task, turns % 30);
		send("abc", 3);
		serial_settle(serial);
		assert_false(port.task.frame.flags & MN__TASK_ALIVE);
		assert_false(reader.down);
		mn_keyboard_port_start(&port, &sim->kernel, MN_KEYBOARD_PORT);
		serial_settle(serial);
		reader.len = 0;
		send("d", 1);
		assert_keys("d ");
	}
}

static void ends_if_its_port_is_taken(void **state)
{
	static struct mn_keyboard_port second;

	(void)state;
	memset(&second, 0, sizeof second);
	mn_keyboard_port_start(&second, &sim->kernel, MN_KEYBOARD_PORT);
	serial_settle(serial);
	assert_false(second.task.frame.flags & MN__TASK_ALIVE);
	assert_int_equal(second.task.frame.result, MN_EEXIST);
	assert_non_null(strstr(sim->log, "keyboard_port: ends: exists already"));
	send("a", 1);
	assert_keys("a ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PORT_TEST(sees_the_keys_of_a_terminal),
		PORT_TEST(waits_for_the_rest_of_a_key),
		PORT_TEST(an_esc_is_a_key_after_a_while),
		PORT_TEST(sleeps_between_keys),
		PORT_TEST(takes_a_long_line),
		PORT_TEST(comes_back_with_the_serial_mux),
		PORT_TEST(waits_for_the_keyboard_mux),
		PORT_TEST(a_cancelled_port_is_free_again),
		PORT_TEST(a_cancelled_port_leaves_no_key_down),
		PORT_TEST(ends_if_its_port_is_taken),
	};

	return cmocka_run_group_tests_name("keyboard_port", tests, NULL, NULL);
}
