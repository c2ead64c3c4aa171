/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: what libvterm cannot bear does not come to it, however it is cut into pieces, and all
 * else does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "../../source/gfx/terminal_guard.h"

#define PIECE 32

static struct mn__guard guard;
static char out[1024];

/* What passes of a text, given in pieces of some size; ends the way it stops. */
static const char *passed_by(const char *text, size_t len, size_t step)
{
	const char *at = text, *end = text + len;
	size_t passed = 0;

	while (at < end) {
		char piece[MN__GUARD_OUT(PIECE)];
		const char *before = at;
		const size_t n = mn__guard_pass(&guard, piece, &at,
						(size_t)(end - at) < step ? end : at + step);

		assert_true(at > before && at <= end);
		assert_true(n <= sizeof piece && passed + n < sizeof out);
		memcpy(out + passed, piece, n);
		passed += n;
	}
	out[passed] = 0;
	return out;
}

static void assert_passes(const char *text, const char *expected)
{
	for (size_t step = 1; step <= PIECE; step++) {
		memset(&guard, 0, sizeof guard);
		assert_string_equal(passed_by(text, strlen(text), step), expected);
	}
}

static void assert_passes_as_it_is(const char *text)
{
	assert_passes(text, text);
}

static void what_is_understood_passes(void **state)
{
	(void)state;
	assert_passes_as_it_is(
		"text\r\n\x1b[1;31mred\x1b[m \x1b(0lqk\x1b(B\x1b[?25l\x1b[2;3r\x1bM\a");
	assert_passes_as_it_is("\x1b[38;2;1;2;3;48;2;1;2;3;0;1;4;7m\x1b[99999;99999H\x1b[4:3m");
	assert_passes_as_it_is("\xc3\xa4\xe2\x94\x80\xf0\x9f\x98\x80\xef\xbf\xbd\xc2\xa0");
	assert_passes_as_it_is("\x1b[>c\x1b[2 q\x1b[?1$p\x1b[1\x1b[2\x18;;\x1a;\x1b#8\x1b#5\x1b 3");
}

static void only_characters_pass(void **state)
{
	(void)state;
	assert_passes("\xc3|\xe2\x94|\xf0\x9f\x98|\x94|\xff|\xc0\x80|\xed\xa0\x80|",
		      "\xef\xbf\xbd|\xef\xbf\xbd|\xef\xbf\xbd|\xef\xbf\xbd|\xef\xbf\xbd|"
		      "\xef\xbf\xbd|\xef\xbf\xbd|");
	assert_passes("\xe2\x94\x1b[m\xc3\n", "\xef\xbf\xbd\x1b[m\xef\xbf\xbd\n");
	assert_passes("a\xc2\x80\xc2\x9b"
		      "b\xc2\x9f",
		      "ab");
}

/* They begin the next sequence anew, also behind a character that ended the one before. */
static void arguments_are_limited(void **state)
{
	(void)state;
	assert_passes("\x1b[1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17m",
		      "\x1b[1;2;3;4;5;6;7;8;9;10;11;12;13;14m");
	assert_passes("\x1b[;;;;;;;;:::::::::::::::m;", "\x1b[;;;;;;;;:::::m;");
	assert_passes("\x1b[123456789;987654321H1234567;", "\x1b[12345;98765H1234567;");
	assert_passes("\x1b[123456\xc3\xa4"
		      "1234567",
		      "\x1b[12345\xc3\xa4"
		      "1234567");
}

static void each_mode_has_its_sequence(void **state)
{
	(void)state;
	assert_passes("\x1b[?12;25h", "\x1b[?12h\x1b[?25h");
	assert_passes("\x1b[?1;;1000006;7l!", "\x1b[?1l\x1b[?10000l\x1b[?7l!");
	assert_passes("\x1b[?1;2J\x1b[4;20h\x1b[?7h", "\x1b[?1J\x1b[4;20h\x1b[?7h");
	assert_passes("\x1b[?1;2;3;4;5;6;7;8;9;10;11;12;13;12345;15h",
		      "\x1b[?1h\x1b[?2h\x1b[?3h\x1b[?4h\x1b[?5h\x1b[?6h\x1b[?7h\x1b[?8h\x1b[?9h"
		      "\x1b[?10h\x1b[?11h\x1b[?12h\x1b[?13h\x1b[?12345h");
}

static void strings_are_taken_out(void **state)
{
	(void)state;
	assert_passes("a\x1bP$qm\x1b\\b", "a\x1b\x18\x1b\\b");
	assert_passes("a\x1bX \xc3\xa4\n\x1b\\b\x1b_c\x1b\\d\x1b^e\x1b\\f",
		      "a\x1b\x18\x1b\\b\x1b\x18\x1b\\d\x1b\x18\x1b\\f");
	assert_passes("a\x1b]52;c;?\ab\x1bPx\x18y\x1b]0;x\x1az", "a\x1b\x18"
								 "b\x1b\x18\x18y\x1b\x18\x1az");
}

static void assert_title(const char *text, const char *title)
{
	for (size_t step = 1; step <= PIECE; step++) {
		memset(&guard, 0, sizeof guard);
		passed_by(text, strlen(text), step);
		assert_string_equal(guard.title, title);
	}
}

static void the_title_is_read(void **state)
{
	(void)state;
	assert_title("\x1b]0;one\a\x1b]2;tw\xc3\xb6\x1b\\", "tw\xc3\xb6");
	assert_title("\x1b]2;one\a\x1b]1;icon\a\x1b]112\a\x1bP2;two\x1b\\\x1b]2", "one");
	assert_title("\x1b]2;one\a\x1b]2;two\x18", "one");
	assert_title("\x1b]2;one\a\x1b]2;\a", "");
	assert_title("\x1b]2;\x01\xc3:\x7f.\a", "\xef\xbf\xbd:.");
	assert_title("\x1b]2;123456789012345678901234567890123456789012345678901234567890123\a",
		     "123456789012345678901234567890123456789012345678901234567890123");
	assert_title("\x1b]2;12345678901234567890123456789012345678901234567890123456789012\xc3\xa4"
		     "x\a",
		     "12345678901234567890123456789012345678901234567890123456789012");
}

static void a_reset_resets(void **state)
{
	static const char many[] = "\x1b"
				   "c"
				   "\x1b"
				   "c"
				   "\x1b"
				   "c"
				   "\x1b"
				   "c"
				   "\x1b"
				   "c"
				   "\x1b"
				   "c";

	(void)state;
	assert_passes("a\x1b"
		      "cb",
		      "a\x1b[?5l\x1b[?47l\x1b"
		      "cb");
	assert_passes_as_it_is("c\x1b(c\x1b[c\x1b#c");
	memset(&guard, 0, sizeof guard);
	assert_int_equal(strlen(passed_by(many, sizeof many - 1, PIECE)), 6 * 13);
}

static void lines_stay_single(void **state)
{
	(void)state;
	assert_passes("\x1b#3a\x1b#4b\x1b#6c\x1b#5d", "\x1b#\x18"
						      "a\x1b#\x18"
						      "b\x1b#\x18"
						      "c\x1b#5d");
	assert_passes_as_it_is("\x1b 3\x1b 6");
}

/* The caller learns of the character before. */
static void repetition_stops_and_is_let_pass_or_not(void **state)
{
	const char *text = "a\x1b[3b", *at = text, *end = text + 5;
	char piece[MN__GUARD_OUT(5)];

	(void)state;
	memset(&guard, 0, sizeof guard);
	assert_int_equal(mn__guard_pass(&guard, piece, &at, end), 4);
	assert_ptr_equal(at, end - 1);
	guard.may_repeat = true;
	assert_int_equal(mn__guard_pass(&guard, piece, &at, end), 1);
	assert_int_equal(piece[0], 'b');
	guard.may_repeat = false;
	at = text;
	mn__guard_pass(&guard, piece, &at, end);
	assert_int_equal(mn__guard_pass(&guard, piece, &at, end), 1);
	assert_int_equal(piece[0], 0x18);
	assert_ptr_equal(at, end);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_understood_passes),
		cmocka_unit_test(only_characters_pass),
		cmocka_unit_test(arguments_are_limited),
		cmocka_unit_test(each_mode_has_its_sequence),
		cmocka_unit_test(strings_are_taken_out),
		cmocka_unit_test(the_title_is_read),
		cmocka_unit_test(a_reset_resets),
		cmocka_unit_test(lines_stay_single),
		cmocka_unit_test(repetition_stops_and_is_let_pass_or_not),
	};

	return cmocka_run_group_tests_name("terminal_guard", tests, NULL, NULL);
}
