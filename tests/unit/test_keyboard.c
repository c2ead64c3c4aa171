/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: that each subscriber gets each event or knows that it did not; that none stops another,
 * and no key seems to stay down; and what keys write.
 */
#include "tasks_keyboard.h"

/* ---- Delivery ---------------------------------------------------------------------- */

static void gives_each_event_to_everybody(void **state)
{
	const struct mn_key_event event = {.kind = MN_KEY_PRESSED,
					   .modifiers = MN_KEY_CTRL | MN_KEY_CAPS_LOCK,
					   .code = MN_KEY_CHAR,
					   .value = 0x1f600};

	subscribe(*state, 0, 4);
	subscribe(*state, 1, 2);
	assert_int_equal(publish(*state, &event, 1), MN_OK);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(readers[i].count, 1);
		assert_memory_equal(&readers[i].got[0], &event, sizeof event);
	}
	subscribe(*state, 2, 4);
	type(*state, MN_KEY_RELEASED, MN_KEY_CHAR, 0x1f600);
	assert_int_equal(readers[1].count, 2);
	assert_int_equal(readers[2].count, 0); /* it has not seen the press */
}

static void one_that_does_not_read_stops_nobody(void **state)
{
	struct reader *slow = subscribe(*state, 0, 8), *quick = subscribe(*state, 1, 8);

	stop_reading(*state, slow);
	type_char(*state, MN_KEY_PRESSED, '.'); /* it still waits for this one */
	type_char(*state, MN_KEY_RELEASED, '.');
	for (char c = 'a'; c <= 'z'; c++) {
		assert_int_equal(type_char(*state, MN_KEY_PRESSED, c), MN_OK);
		assert_int_equal(type_char(*state, MN_KEY_RELEASED, c), MN_OK);
	}
	assert_int_equal(quick->count, 54);
	assert_int_equal(mn_keyboard_lost(&quick->keyboard), 0);
	assert_int_equal(mn_keyboard_lost(&slow->keyboard), 23);
	go_on(*state, slow);
	assert_string_equal(story(slow), "+.-.+a-a+b-b+c-c");
	type_char(*state, MN_KEY_PRESSED, 'x'); /* and it gets what comes now */
	assert_string_equal(story(slow), "+.-.+a-a+b-b+c-c+x");
}

/* With one event of room: the press needs two. With two it is owed its release. */
static void keeps_room_for_the_release(void **state)
{
	struct reader *reader = subscribe(*state, 0, 3);

	stop_reading(*state, reader);
	type_char(*state, MN_KEY_PRESSED, '.');
	type_char(*state, MN_KEY_PRESSED, 'a'); /* and its release, and that of the dot */
	type_char(*state, MN_KEY_HELD, 'a');
	type_char(*state, MN_KEY_PRESSED, 'b');
	type_char(*state, MN_KEY_RELEASED, 'b');
	assert_int_equal(mn_keyboard_lost(&reader->keyboard), 2);
	type_char(*state, MN_KEY_RELEASED, 'a');
	type_char(*state, MN_KEY_RELEASED, '.');
	go_on(*state, reader);
	assert_string_equal(story(reader), "+.+a-a-.");
	assert_int_equal(mn_keyboard_lost(&reader->keyboard), 2);
}

/* One that comes while a key is down learns of it by its repeats. */
static void gets_repeats_and_then_the_release(void **state)
{
	struct reader *reader;

	type_char(*state, MN_KEY_PRESSED, 'a');
	type_char(*state, MN_KEY_PRESSED, 'b');
	reader = subscribe(*state, 0, 4);
	type_char(*state, MN_KEY_HELD, 'a');
	type_char(*state, MN_KEY_HELD, 'a');
	type_char(*state, MN_KEY_RELEASED, 'b');
	type_char(*state, MN_KEY_RELEASED, 'a');
	assert_string_equal(story(reader), "*a*a-a");
}

/* ---- Against a model: keys that are down, whatever is lost ----------------------------- */

/* Each key's events make sense on their own; returns how many keys are down at the end. */
static unsigned check_story(const struct reader *reader)
{
	bool down[128] = {false};
	unsigned count = 0;

	for (unsigned i = 0; i < reader->count; i++) {
		const struct mn_key_event *event = &reader->got[i];

		assert_true(down[event->value] || event->kind != MN_KEY_RELEASED);
		down[event->value] = event->kind != MN_KEY_RELEASED;
	}
	for (unsigned i = 0; i < sizeof down; i++)
		count += down[i];
	return count;
}

static void never_leaves_a_key_down(void **state)
{
	struct sim *sim = *state;
	bool down[6] = {false};
	unsigned sent = 0; /* besides releases */

	for (unsigned i = 0; i < 4; i++)
		subscribe(sim, i, 2 + i * 2);
	for (unsigned step = 0; step < 3000; step++) {
		const uint64_t chance = mn_random(&sim->kernel);
		struct reader *reader = &readers[chance >> 8 & 3];
		const unsigned key = chance % 6;

		if ((chance >> 16 & 7) == 0)
			(chance >> 20 & 3) ? stop_reading(sim, reader) : go_on(sim, reader);
		if (down[key] && chance >> 24 & 1) {
			type_char(sim, MN_KEY_HELD, (char)('a' + key));
			sent++;
			continue;
		}
		type_char(sim, down[key] ? MN_KEY_RELEASED : MN_KEY_PRESSED, (char)('a' + key));
		down[key] = !down[key];
		sent += down[key];
	}
	for (unsigned key = 0; key < 6; key++)
		if (down[key])
			type_char(sim, MN_KEY_RELEASED, (char)('a' + key));
	for (unsigned i = 0; i < 4; i++) {
		struct reader *reader = &readers[i];
		unsigned got = 0;

		go_on(sim, reader);
		assert_int_equal(check_story(reader), 0);
		for (unsigned e = 0; e < reader->count; e++)
			got += reader->got[e].kind != MN_KEY_RELEASED;
		assert_true(got > 100);
		assert_int_equal(got + mn_keyboard_lost(&reader->keyboard), sent);
	}
}

/* ---- Keys ---------------------------------------------------------------------------- */

static void refuses_keys_that_there_are_not(void **state)
{
	static const struct {
		uint8_t kind, code;
		uint32_t value;
		mn_poll result;
	} cases[] = {
		{MN_KEY_HELD, MN_KEY_BACKSPACE, 0, MN_OK},
		{MN_KEY_HELD + 1, MN_KEY_BACKSPACE, 0, MN_EINVAL},
		{MN_KEY_PRESSED, MN_KEY_BACKSPACE, 1, MN_EINVAL},
		{MN_KEY_PRESSED, MN_KEY_KEYPAD_BEGIN, 0, MN_OK},
		{MN_KEY_PRESSED, MN_KEY_F, 0, MN_EINVAL},
		{MN_KEY_PRESSED, MN_KEY_F, 24, MN_OK},
		{MN_KEY_PRESSED, MN_KEY_F, 25, MN_EINVAL},
		{MN_KEY_PRESSED, MN_KEY_CHAR, 0xd7ff, MN_OK},
		{MN_KEY_PRESSED, MN_KEY_CHAR, 0xd800, MN_EINVAL},
		{MN_KEY_PRESSED, MN_KEY_CHAR, 0xdfff, MN_EINVAL},
		{MN_KEY_PRESSED, MN_KEY_CHAR, 0x10ffff, MN_OK},
		{MN_KEY_PRESSED, MN_KEY_CHAR, 0x110000, MN_EINVAL},
		{MN_KEY_PRESSED, MN_KEY_MEDIA, MN_MEDIA_MUTE_VOLUME, MN_OK},
		{MN_KEY_PRESSED, MN_KEY_MEDIA, MN_MEDIA_MUTE_VOLUME + 1, MN_EINVAL},
		{MN_KEY_PRESSED, MN_KEY_MEDIA + 1, 0, MN_EINVAL},
	};

	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(type(*state, cases[i].kind, cases[i].code, cases[i].value),
				 cases[i].result);
}

/* They are what programs of the Rust implementation look for. */
static void has_the_uuids(void **state)
{
	static const struct mn_uuid keyboard = MN_UUID(0x524d77b1, 0x499c, 0x440b, 0xbd62,
						       0xe63c0918efb5),
				    all = MN_UUID(0x70861d1c, 0x9f01, 0x4e9b, 0x89e6,
						  0xede77d8f26d8);

	(void)state;
	assert_memory_equal(&mn_keyboard_service.uuid, &keyboard, sizeof keyboard);
	assert_memory_equal(&mn_keyboard_mux_service.uuid, &all, sizeof all);
}

/* ---- Text -------------------------------------------------------------------------- */

static int32_t text(uint8_t code, uint32_t value, uint8_t modifiers)
{
	const struct mn_key_event event = {.modifiers = modifiers, .code = code, .value = value};

	return mn_key_text(&event);
}

static void writes_what_its_key_says(void **state)
{
	(void)state;
	assert_int_equal(text(MN_KEY_CHAR, 0xe4, 0), 0xe4);
	assert_int_equal(text(MN_KEY_CHAR, 'A', MN_KEY_SHIFT | MN_KEY_CAPS_LOCK), 'A');
	assert_int_equal(text(MN_KEY_ENTER, 0, 0), '\n');
	assert_int_equal(text(MN_KEY_TAB, 0, MN_KEY_NUM_LOCK), '\t');
	assert_int_equal(text(MN_KEY_NULL, 0, 0), 0);
	assert_int_equal(text(MN_KEY_BACKSPACE, 0, 0), 0x7f);
	for (uint8_t code = 0; code <= MN_KEY_MEDIA; code++)
		if (code != MN_KEY_CHAR && code != MN_KEY_ENTER && code != MN_KEY_TAB &&
		    code != MN_KEY_NULL && code != MN_KEY_BACKSPACE)
			assert_int_equal(text(code, 0, 0), -1);
	assert_int_equal(text(MN_KEY_CHAR, 'a', MN_KEY_ALT), -1);
	assert_int_equal(text(MN_KEY_ENTER, 0, MN_KEY_META), -1);
	assert_int_equal(text(MN_KEY_ENTER, 0, MN_KEY_CTRL), -1);
}

static void writes_control_characters(void **state)
{
	(void)state;
	for (uint32_t character = 0; character < 256; character++) {
		const bool has_one = (character >= '@' && character <= '_') ||
				     (character >= 'a' && character <= 'z') || character == ' ';

		assert_int_equal(text(MN_KEY_CHAR, character, MN_KEY_CTRL | MN_KEY_SHIFT),
				 has_one ? (int)(character & 0x1f) : -1);
	}
	assert_int_equal(text(MN_KEY_CHAR, 'c', MN_KEY_CTRL | MN_KEY_ALT), -1);
}

/* Presses and repeats write, releases do not. */
static void reads_text(void **state)
{
	static const struct mn_key_event line[] = {
		{MN_KEY_PRESSED, 0, MN_KEY_CHAR, 'o'}, {MN_KEY_RELEASED, 0, MN_KEY_CHAR, 'o'},
		{MN_KEY_PRESSED, 0, MN_KEY_LEFT, 0},   {MN_KEY_PRESSED, 0, MN_KEY_CHAR, 'k'},
		{MN_KEY_HELD, 0, MN_KEY_CHAR, 'k'},    {MN_KEY_PRESSED, 0, MN_KEY_ENTER, 0},
	};
	static const uint32_t expected[] = {'o', 'k', 'k', '\n'};
	struct reader *reader = subscribe(*state, 0, 16);
	struct mn_keyboard again = reader->keyboard;
	uint32_t character;

	stop_reading(*state, reader);
	publish(*state, line, sizeof line / sizeof *line);
	sim_enter(*state); /* its wait has taken the first; the others it has left */
	for (unsigned i = 1; i < 4; i++) {
		assert_int_equal(mn_keyboard_next_text(&again, &character), MN_OK);
		assert_int_equal(character, expected[i]);
	}
	sim_leave();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KEYBOARD_TEST(gives_each_event_to_everybody),
		KEYBOARD_TEST(one_that_does_not_read_stops_nobody),
		KEYBOARD_TEST(keeps_room_for_the_release),
		KEYBOARD_TEST(gets_repeats_and_then_the_release),
		KEYBOARD_TEST(never_leaves_a_key_down),
		KEYBOARD_TEST(refuses_keys_that_there_are_not),
		KEYBOARD_TEST(has_the_uuids),
		KEYBOARD_TEST(writes_what_its_key_says),
		KEYBOARD_TEST(writes_control_characters),
		KEYBOARD_TEST(reads_text),
	};

	return cmocka_run_group_tests_name("keyboard", tests, NULL, NULL);
}
