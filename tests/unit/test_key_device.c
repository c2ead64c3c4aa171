/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: what the keys of a keyboard mean, with modifiers and locks; that a key comes up as what
 * went down; and that no key stays down when events are lost.
 */
#include <string.h>
#include <mnemos/drivers/key_device.h>
#include <mnemos/services/keyboard_mux.h>
#include "sim.h"

enum { /* keys by Linux's numbers */
       ESC = 1,
       ONE = 2,
       TAB = 15,
       Q = 16,
       ENTER = 28,
       LEFT_CTRL = 29,
       A = 30,
       LEFT_SHIFT = 42,
       RIGHT_SHIFT = 54,
       PAD_STAR = 55,
       LEFT_ALT = 56,
       CAPS_LOCK = 58,
       NUM_LOCK = 69,
       SCROLL_LOCK = 70,
       PAD_7 = 71,
       PAD_5 = 76,
       PAD_DOT = 83,
       RIGHT_CTRL = 97,
       RIGHT_ALT = 100,
       LEFT_META = 125,
       RIGHT_META = 126
};

#define MOST 256

/* Whoever sees the keys. */
struct reader {
	struct mn_task task;
	struct mn_keyboard keyboard;
	struct mn_key_event event, got[MOST];
	unsigned count;
};

static mn_poll reader_run(struct reader *self)
{
	MN_BEGIN(self);
	MN_AWAIT(self, mn_keyboard_open(&self->keyboard, MOST));
	while (MN_RESULT(self) == MN_OK) {
		MN_AWAIT(self, mn_keyboard_next(&self->keyboard, &self->event));
		if (MN_RESULT(self) == MN_OK && self->count < MOST)
			self->got[self->count++] = self->event;
	}
	mn_keyboard_close(&self->keyboard);
	MN_END(self);
}

MN_TASK(reader);

static struct sim *sim;
static struct mn_keyboard_mux mux;
static struct mn_key_device device;
static struct reader reader;

static void start_mux(void)
{
	mn_keyboard_mux_start(&mux, &sim->kernel,
			      &(struct mn_keyboard_mux_config)MN_KEYBOARD_MUX_DEFAULTS);
}

static int set_up(void **state)
{
	memset(&mux, 0, sizeof mux);
	memset(&device, 0, sizeof device);
	memset(&reader, 0, sizeof reader);
	sim_setup(state);
	sim = *state;
	start_mux();
	mn_spawn(&sim->kernel, &reader.task, &reader_task);
	mn_key_device_start(&device, &sim->kernel, "keys");
	sim_settle(sim);
	return 0;
}

static int tear_down(void **state)
{
	sim_cancel_all(sim);
	return sim_teardown(state);
}

#define KEY_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static void press(uint16_t key)
{
	mn_key_device_put(&device, key, MN_KEY_PRESSED);
	sim_settle(sim);
}

static void release(uint16_t key)
{
	mn_key_device_put(&device, key, MN_KEY_RELEASED);
	sim_settle(sim);
}

static void hold(uint16_t key)
{
	mn_key_device_put(&device, key, MN_KEY_HELD);
	sim_settle(sim);
}

static void tap(uint16_t key)
{
	press(key);
	release(key);
}

/* The oldest event that was not yet looked at is this one. */
static void assert_event(unsigned line, enum mn_key_kind kind, unsigned modifiers,
			 enum mn_key_code code, uint32_t value)
{
	const struct mn_key_event *event = &reader.got[0];

	if (reader.count == 0)
		fail_msg("line %u: nothing came", line);
	if (event->kind != kind || event->modifiers != modifiers || event->code != code ||
	    event->value != value)
		fail_msg("line %u: kind %u, modifiers %u, code %u, value %u", line, event->kind,
			 event->modifiers, event->code, (unsigned)event->value);
	memmove(reader.got, reader.got + 1, --reader.count * sizeof *reader.got);
}

#define CAME(kind, modifiers, code, value) \
	assert_event(__LINE__, MN_KEY_##kind, (modifiers), MN_KEY_##code, (value))

static void assert_nothing_came(void)
{
	assert_int_equal(reader.count, 0);
}

/* ---- The layout -------------------------------------------------------------------- */

/* The characters of the keys from `first` on. */
static void assert_row(uint16_t first, const char *characters)
{
	for (uint16_t key = first; *characters; key++, characters++) {
		tap(key);
		assert_int_equal(reader.count, 2);
		for (unsigned i = 0; i < 2; i++) {
			assert_int_equal(reader.got[i].kind, i);
			assert_int_equal(reader.got[i].code, MN_KEY_CHAR);
			assert_int_equal(reader.got[i].value, *characters);
		}
		reader.count = 0;
	}
}

static void writes_what_is_on_the_keys(void **state)
{
	(void)state;
	assert_row(ONE, "1234567890-=");
	assert_row(Q, "qwertyuiop[]");
	assert_row(A, "asdfghjkl;'`");
	assert_row(43, "\\zxcvbnm,./");
	press(RIGHT_SHIFT);
	assert_row(ONE, "!@#$%^&*()_+");
	assert_row(Q, "QWERTYUIOP{}");
	assert_row(A, "ASDFGHJKL:\"~");
	assert_row(43, "|ZXCVBNM<>?");
	assert_row(57, " ");
	assert_row(86, "|");
}

/* And nothing else: 1 is no exclamation mark. */
static void caps_lock_turns_letters_over(void **state)
{
	(void)state;
	tap(CAPS_LOCK);
	assert_nothing_came();
	assert_row(ONE, "1234567890-=");
	assert_row(Q, "QWERTYUIOP[]");
	assert_row(A, "ASDFGHJKL;'`");
	press(LEFT_SHIFT);
	assert_row(ONE, "!@#$%^&*()_+");
	assert_row(Q, "qwertyuiop{}");
	press(A);
	CAME(PRESSED, MN_KEY_SHIFT | MN_KEY_CAPS_LOCK, CHAR, 'a');
	release(A);
	release(LEFT_SHIFT);
	tap(CAPS_LOCK);
	reader.count = 0;
	assert_row(Q, "qwertyuiop[]");
}

static void has_keys_without_characters(void **state)
{
	static const struct {
		uint16_t key;
		uint8_t code, value;
	} keys[] = {
		{ESC, MN_KEY_ESC, 0},
		{14, MN_KEY_BACKSPACE, 0},
		{TAB, MN_KEY_TAB, 0},
		{ENTER, MN_KEY_ENTER, 0},
		{96, MN_KEY_ENTER, 0}, /* the key pad's */
		{59, MN_KEY_F, 1},
		{68, MN_KEY_F, 10},
		{87, MN_KEY_F, 11},
		{88, MN_KEY_F, 12},
		{183, MN_KEY_F, 13},
		{194, MN_KEY_F, 24},
		{99, MN_KEY_PRINT_SCREEN, 0},
		{102, MN_KEY_HOME, 0},
		{103, MN_KEY_UP, 0},
		{104, MN_KEY_PAGE_UP, 0},
		{105, MN_KEY_LEFT, 0},
		{106, MN_KEY_RIGHT, 0},
		{107, MN_KEY_END, 0},
		{108, MN_KEY_DOWN, 0},
		{109, MN_KEY_PAGE_DOWN, 0},
		{110, MN_KEY_INSERT, 0},
		{111, MN_KEY_DELETE, 0},
		{119, MN_KEY_PAUSE, 0},
		{127, MN_KEY_MENU, 0},
		{113, MN_KEY_MEDIA, MN_MEDIA_MUTE_VOLUME},
		{114, MN_KEY_MEDIA, MN_MEDIA_LOWER_VOLUME},
		{115, MN_KEY_MEDIA, MN_MEDIA_RAISE_VOLUME},
		{128, MN_KEY_MEDIA, MN_MEDIA_STOP},
		{163, MN_KEY_MEDIA, MN_MEDIA_TRACK_NEXT},
		{164, MN_KEY_MEDIA, MN_MEDIA_PLAY_PAUSE},
		{165, MN_KEY_MEDIA, MN_MEDIA_TRACK_PREVIOUS},
		{167, MN_KEY_MEDIA, MN_MEDIA_RECORD},
		{168, MN_KEY_MEDIA, MN_MEDIA_REWIND},
		{201, MN_KEY_MEDIA, MN_MEDIA_PAUSE},
		{207, MN_KEY_MEDIA, MN_MEDIA_PLAY},
		{208, MN_KEY_MEDIA, MN_MEDIA_FAST_FORWARD},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++) {
		tap(keys[i].key);
		assert_event(i, MN_KEY_PRESSED, 0, keys[i].code, keys[i].value);
		assert_event(i, MN_KEY_RELEASED, 0, keys[i].code, keys[i].value);
	}
}

static void leaves_out_what_has_no_event(void **state)
{
	static const uint16_t keys[] = {0, SCROLL_LOCK, 84, 85, 255, 256, 0x110, 0xffff, A + 256};

	(void)state;
	for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++) {
		tap(keys[i]);
		hold(keys[i]);
	}
	release(A); /* it was not down */
	assert_nothing_came();
	for (unsigned key = 0; key < 65536; key += 63) /* the mux takes all that it is given */
		tap((uint16_t)key);
	reader.count = 0;
	assert_row(A, "a");
}

static void knows_the_keys_of_usb(void **state)
{
	static const uint16_t letters[26] = {30, 48, 46, 32, 18, 33, 34, 35, 23, 36, 37, 38, 50,
					     49, 24, 25, 16, 19, 31, 20, 22, 47, 17, 45, 21, 44};
	static const struct {
		uint16_t usage, key;
	} others[] = {
		{0x00, 0},         {0x03, 0},          {0x1e, ONE},        {0x27, 11},
		{0x28, ENTER},     {0x29, ESC},        {0x2c, 57},         {0x38, 53},
		{0x39, CAPS_LOCK}, {0x3a, 59},         {0x45, 88},         {0x52, 103},
		{0x53, NUM_LOCK},  {0x55, PAD_STAR},   {0x5f, PAD_7},      {0x63, PAD_DOT},
		{0x65, 127},       {0x68, 183},        {0x73, 194},        {0xe0, LEFT_CTRL},
		{0xe3, LEFT_META}, {0xe4, RIGHT_CTRL}, {0xe7, RIGHT_META}, {0xe8, 0},
		{0xffff, 0},
	};

	(void)state;
	for (unsigned i = 0; i < 26; i++)
		assert_int_equal(mn_key_from_usb((uint16_t)(4 + i)), letters[i]);
	for (unsigned i = 0; i < sizeof others / sizeof *others; i++)
		assert_int_equal(mn_key_from_usb(others[i].usage), others[i].key);
}

/* ---- Modifiers and locks ----------------------------------------------------------- */

static void keeps_modifiers_of_both_sides(void **state)
{
	static const struct {
		uint16_t left, right;
		uint8_t modifier;
	} pairs[] = {{LEFT_SHIFT, RIGHT_SHIFT, MN_KEY_SHIFT},
		     {LEFT_CTRL, RIGHT_CTRL, MN_KEY_CTRL},
		     {LEFT_ALT, RIGHT_ALT, MN_KEY_ALT},
		     {LEFT_META, RIGHT_META, MN_KEY_META}};

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		press(pairs[i].left);
		press(pairs[i].right);
		hold(pairs[i].right);
		release(pairs[i].left);
		press(ENTER);
		CAME(PRESSED, pairs[i].modifier, ENTER, 0);
		release(pairs[i].right);
		assert_nothing_came();
		release(ENTER);
		CAME(RELEASED, 0, ENTER, 0);
	}
	press(LEFT_CTRL);
	press(LEFT_ALT);
	tap(111);
	CAME(PRESSED, MN_KEY_CTRL | MN_KEY_ALT, DELETE, 0);
}

static void a_key_comes_up_as_it_went_down(void **state)
{
	(void)state;
	press(LEFT_SHIFT);
	press(A);
	CAME(PRESSED, MN_KEY_SHIFT, CHAR, 'A');
	release(LEFT_SHIFT);
	hold(A);
	CAME(HELD, 0, CHAR, 'A');
	release(A);
	CAME(RELEASED, 0, CHAR, 'A');
	press(TAB);
	CAME(PRESSED, 0, TAB, 0);
	press(LEFT_SHIFT);
	release(TAB);
	CAME(RELEASED, MN_KEY_SHIFT, TAB, 0);
	press(TAB);
	release(LEFT_SHIFT);
	release(TAB);
	CAME(PRESSED, MN_KEY_SHIFT, BACK_TAB, 0);
	CAME(RELEASED, 0, BACK_TAB, 0);
}

static void the_key_pad_follows_num_lock(void **state)
{
	static const uint8_t codes[] = {
		MN_KEY_HOME,   MN_KEY_UP,           MN_KEY_PAGE_UP,   0,
		MN_KEY_LEFT,   MN_KEY_KEYPAD_BEGIN, MN_KEY_RIGHT,     0,
		MN_KEY_END,    MN_KEY_DOWN,         MN_KEY_PAGE_DOWN, MN_KEY_INSERT,
		MN_KEY_DELETE,
	};

	(void)state;
	for (uint16_t i = 0; i < sizeof codes; i++) {
		if (codes[i] == 0)
			continue;
		tap(PAD_7 + i);
		assert_event(i, MN_KEY_PRESSED, 0, codes[i], 0);
		assert_event(i, MN_KEY_RELEASED, 0, codes[i], 0);
	}
	assert_row(PAD_STAR, "*");
	tap(NUM_LOCK);
	CAME(PRESSED, MN_KEY_NUM_LOCK, NUM_LOCK_KEY, 0);
	CAME(RELEASED, MN_KEY_NUM_LOCK, NUM_LOCK_KEY, 0);
	assert_row(PAD_7, "789-456+1230.");
	press(LEFT_SHIFT);
	press(PAD_7);
	CAME(PRESSED, MN_KEY_SHIFT | MN_KEY_NUM_LOCK, HOME, 0);
	press(NUM_LOCK);
	hold(NUM_LOCK); /* holding it does not turn it on again */
	CAME(PRESSED, MN_KEY_SHIFT, NUM_LOCK_KEY, 0);
	CAME(HELD, MN_KEY_SHIFT, NUM_LOCK_KEY, 0);
}

/* As some keyboards repeat: they say that it is pressed, again and again. */
static void holding_caps_lock_locks_it_once(void **state)
{
	(void)state;
	press(CAPS_LOCK);
	press(CAPS_LOCK);
	hold(CAPS_LOCK);
	press(A);
	CAME(PRESSED, MN_KEY_CAPS_LOCK, CHAR, 'A');
	release(CAPS_LOCK);
	tap(CAPS_LOCK);
	release(A);
	CAME(RELEASED, 0, CHAR, 'A');
	press(CAPS_LOCK);
	mn_key_device_release_all(&device); /* also what has no event */
	press(CAPS_LOCK);
	press(A);
	CAME(PRESSED, 0, CHAR, 'a');
}

static void is_told_how_the_locks_stand(void **state)
{
	(void)state;
	mn_key_device_set_locks(&device, 0xff);
	press(A);
	CAME(PRESSED, MN_KEY_CAPS_LOCK | MN_KEY_NUM_LOCK, CHAR, 'A');
	mn_key_device_set_locks(&device, 0);
	hold(A);
	CAME(HELD, 0, CHAR, 'A');
	release(A);
	CAME(RELEASED, 0, CHAR, 'A');
	mn_key_device_set_locks(&device,
				MN_KEY_NUM_LOCK); /* by this press, which must not undo it */
	tap(NUM_LOCK);
	CAME(PRESSED, MN_KEY_NUM_LOCK, NUM_LOCK_KEY, 0);
	CAME(RELEASED, MN_KEY_NUM_LOCK, NUM_LOCK_KEY, 0);
	tap(CAPS_LOCK);
	press(A);
	CAME(PRESSED, MN_KEY_NUM_LOCK, CHAR, 'a');
}

/* ---- Repeats and losses ------------------------------------------------------------ */

static void repeats_are_held(void **state)
{
	(void)state;
	press(A);
	press(A); /* as some keyboards repeat */
	hold(A);
	CAME(PRESSED, 0, CHAR, 'a');
	CAME(HELD, 0, CHAR, 'a');
	CAME(HELD, 0, CHAR, 'a');
	hold(A + 1); /* its press is lost */
	CAME(PRESSED, 0, CHAR, 's');
}

static void releases_all(void **state)
{
	(void)state;
	press(LEFT_CTRL);
	for (uint16_t i = 0; i < 40; i++) /* more than it remembers */
		press(ONE + i);
	assert_int_equal(reader.count, MN_KEY_DEVICE_DOWN);
	reader.count = 0;
	mn_key_device_release_all(&device);
	mn_key_device_release_all(&device);
	mn_key_device_put(&device, A, MN_KEY_PRESSED);
	sim_settle(sim);
	assert_int_equal(reader.count, MN_KEY_DEVICE_DOWN + 1);
	for (unsigned i = 0; i < MN_KEY_DEVICE_DOWN; i++) {
		assert_int_equal(reader.got[i].kind, MN_KEY_RELEASED);
		assert_int_equal(reader.got[i].modifiers, 0);
	}
	assert_int_equal(reader.got[MN_KEY_DEVICE_DOWN].kind, MN_KEY_PRESSED);
}

/* The ring is full: what comes is lost, the keys come up, and then it goes on. */
static void loses_events_and_says_so(void **state)
{
	const unsigned fits = MN_KEY_DEVICE_RING - 1;

	(void)state;
	for (unsigned round = 0; round < 3; round++) { /* at other places of the ring */
		press(A);
		CAME(PRESSED, 0, CHAR, 'a');
		for (unsigned i = 0; i < fits + 5; i++)
			mn_key_device_put(&device, A, MN_KEY_HELD);
		if (round == 2) /* there is no room for more, and no need */
			mn_key_device_release_all(&device);
		assert_int_equal(mn_key_device_lost(&device), 5 * (round + 1));
		sim_settle(sim);
		for (unsigned i = 0; i < fits; i++)
			CAME(HELD, 0, CHAR, 'a');
		CAME(RELEASED, 0, CHAR, 'a');
		assert_nothing_came();
	}
}

/* The task may take from the ring between any two events of the handler. */
static void never_leaves_a_key_down(void **state)
{
	bool is_down[128] = {false};
	uint64_t chance = 1;

	(void)state;
	for (unsigned step = 0; step < 20000; step++) {
		chance = chance * 6364136223846793005U + 1442695040888963407U;
		mn_key_device_put(&device, (uint16_t)(A + (chance >> 40) % 9),
				  chance >> 50 & 1 ? MN_KEY_PRESSED : MN_KEY_RELEASED);
		if (chance >> 55 > 4)
			continue;
		sim_settle(sim);
		for (unsigned i = 0; i < reader.count; i++) {
			const struct mn_key_event *event = &reader.got[i];

			assert_int_equal(is_down[event->value], event->kind != MN_KEY_PRESSED);
			is_down[event->value] = event->kind != MN_KEY_RELEASED;
		}
		reader.count = 0;
	}
	assert_true(mn_key_device_lost(&device) > 100);
	mn_key_device_release_all(&device);
	sim_settle(sim);
	for (unsigned i = 0; i < reader.count; i++)
		is_down[reader.got[i].value] = reader.got[i].kind != MN_KEY_RELEASED;
	for (unsigned i = 0; i < sizeof is_down; i++)
		assert_false(is_down[i]);
}

static void waits_for_the_mux(void **state)
{
	(void)state;
	sim_cancel(sim, &mux.task);
	sim_settle(sim);
	tap(A);
	start_mux();
	sim_settle(sim);
	mn_spawn(&sim->kernel, &reader.task, &reader_task);
	sim_settle(sim);
	assert_row(A, "a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KEY_TEST(writes_what_is_on_the_keys),
		KEY_TEST(caps_lock_turns_letters_over),
		KEY_TEST(has_keys_without_characters),
		KEY_TEST(leaves_out_what_has_no_event),
		KEY_TEST(knows_the_keys_of_usb),
		KEY_TEST(keeps_modifiers_of_both_sides),
		KEY_TEST(a_key_comes_up_as_it_went_down),
		KEY_TEST(the_key_pad_follows_num_lock),
		KEY_TEST(holding_caps_lock_locks_it_once),
		KEY_TEST(is_told_how_the_locks_stand),
		KEY_TEST(repeats_are_held),
		KEY_TEST(releases_all),
		KEY_TEST(loses_events_and_says_so),
		KEY_TEST(never_leaves_a_key_down),
		KEY_TEST(waits_for_the_mux),
	};

	return cmocka_run_group_tests_name("key_device", tests, NULL, NULL);
}
