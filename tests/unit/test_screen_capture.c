/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Pictures of the simulator's screen in files: what is in them, when they are taken, what fails. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include <png.h>
#include <mnemos/timer.h>
#include "screen_capture.h"
#include "screen_png.h"

#define WIDTH 5
#define HEIGHT 3

static uint32_t pixels[WIDTH * HEIGHT];
static struct mn_bitmap picture = {
	.format = MN_RGB888,
	.width = WIDTH,
	.height = HEIGHT,
	.stride = WIDTH * 4,
	.pixels = pixels,
};

/* Each test is in a directory of its own, which is empty again at its end. */
static char folder[] = "/tmp/test_screen_capture.XXXXXX";

static int enter(void **state)
{
	(void)state;
	strcpy(strrchr(folder, '.'), ".XXXXXX");
	for (uint32_t i = 0; i < WIDTH * HEIGHT; i++)
		pixels[i] = i * 0x0b1d2f;
	return !mkdtemp(folder) || chdir(folder);
}

static int leave(void **state)
{
	(void)state;
	return chdir("/") || rmdir(folder);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, enter, leave)

/* The file has the picture; it is removed. */
static void assert_is_picture(const char *file)
{
	png_image image = {.version = PNG_IMAGE_VERSION};
	uint8_t read[WIDTH * HEIGHT * 3];

	assert_true(png_image_begin_read_from_file(&image, file));
	image.format = PNG_FORMAT_RGB;
	assert_int_equal(image.width, WIDTH);
	assert_int_equal(image.height, HEIGHT);
	assert_true(png_image_finish_read(&image, NULL, read, 0, NULL));
	for (size_t i = 0; i < WIDTH * HEIGHT; i++) {
		const uint8_t *rgb = &read[3 * i];

		assert_int_equal(rgb[0] << 16 | rgb[1] << 8 | rgb[2], pixels[i] & 0xffffff);
	}
	assert_int_equal(unlink(file), 0);
}

static bool is_there(const char *file)
{
	return access(file, F_OK) == 0;
}

static void a_file_has_every_pixel(void **state)
{
	(void)state;
	assert_true(screen_png_write("a.png", &picture));
	assert_is_picture("a.png");
}

/* Neither a pipe nor a link becomes a file; what they lead to gets the picture. */
static void what_is_no_file_is_written_to_and_not_replaced(void **state)
{
	struct options options = {
		.screenshot = {{"pipe.png", MN_NEVER}, {"link.png", MN_NEVER}},
		.screenshots = 2,
	};
	struct screen_capture capture;
	struct stat is;
	char from[4096];

	(void)state;
	assert_int_equal(mkfifo("pipe.png", 0666) | symlink("linked.png", "link.png"), 0);

	const int pipe = open("pipe.png", O_RDWR | O_NONBLOCK); /* its buffer has room for it */

	assert_true(screen_capture_open(&capture, &options, &picture));
	assert_true(screen_capture_finish(&capture, 1));
	screen_capture_close(&capture);
	assert_true(read(pipe, from, sizeof from) > 8 && memcmp(from, "\x89PNG", 4) == 0);
	close(pipe);
	assert_int_equal(lstat("pipe.png", &is), 0);
	assert_true(S_ISFIFO(is.st_mode));
	assert_int_equal(lstat("link.png", &is), 0);
	assert_true(S_ISLNK(is.st_mode));
	assert_is_picture("linked.png");
	assert_int_equal(unlink("pipe.png") | unlink("link.png"), 0);
}

/* With the disk full of what was there before; leave() sees that no part of the new one is left. */
static void a_write_that_fails_leaves_the_old_file(void **state)
{
	struct rlimit full = {.rlim_cur = 20, .rlim_max = RLIM_INFINITY}, before;
	FILE *old = fopen("a.png", "w");

	(void)state;
	fputs("old", old);
	fclose(old);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	setrlimit(RLIMIT_FSIZE, &full);
	assert_false(screen_png_write("a.png", &picture));
	setrlimit(RLIMIT_FSIZE, &before);
	struct stat is;

	assert_int_equal(stat("a.png", &is), 0);
	assert_int_equal(is.st_size, 3);
	unlink("a.png");
}

static void screenshots_are_taken_once_their_time_has_come(void **state)
{
	struct options options = {
		.screenshot = {{"end.png", MN_NEVER}, {"late.png", 900}, {"soon.png", 100}},
		.screenshots = 3,
	};
	struct screen_capture capture;

	(void)state;
	assert_true(screen_capture_open(&capture, &options, &picture));
	assert_int_equal(capture.due_us, 100);
	screen_capture_take(&capture, 99);
	assert_false(is_there("soon.png"));
	screen_capture_take(&capture, 100);
	assert_is_picture("soon.png");
	assert_int_equal(capture.due_us, 900);
	screen_capture_take(&capture, 899);
	assert_false(is_there("soon.png") || is_there("late.png"));
	pixels[7] = 0x123456;
	assert_true(screen_capture_finish(&capture, 900));
	assert_is_picture("late.png");
	assert_is_picture("end.png");
	assert_true(capture.due_us == MN_NEVER);
	screen_capture_close(&capture);
}

static void a_screenshot_after_the_end_is_a_failure(void **state)
{
	struct options options = {.screenshot = {{"late.png", 900}}, .screenshots = 1};
	struct screen_capture capture;

	(void)state;
	assert_true(screen_capture_open(&capture, &options, &picture));
	assert_false(screen_capture_finish(&capture, 899));
	screen_capture_close(&capture);
}

static void assert_text(const char *file, const char *want)
{
	char text[512];
	FILE *in = fopen(file, "r");

	assert_non_null(in);
	text[fread(text, 1, sizeof text - 1, in)] = '\0';
	fclose(in);
	unlink(file);
	assert_string_equal(text, want);
}

static void frames_have_their_times(void **state)
{
	struct options options = {.record_frames = "film"};
	struct screen_capture capture;

	(void)state;
	assert_true(screen_capture_open(&capture, &options, &picture));
	screen_capture_frame(&capture, 5);
	assert_is_picture("film/frame-000001.png");
	pixels[3] = 0xffffff;
	screen_capture_frame(&capture, 2000016);
	assert_is_picture("film/frame-000002.png");
	assert_true(screen_capture_finish(&capture, 2500016));
	screen_capture_close(&capture);
	assert_text("film/frames.ffconcat", "ffconcat version 1.0\n"
					    "# at 0.000005 s\n"
					    "file frame-000001.png\n"
					    "duration 2.000011\n"
					    "# at 2.000016 s\n"
					    "file frame-000002.png\n"
					    "duration 0.500000\n");
	assert_int_equal(rmdir("film"), 0);
}

/* And does not go on with a hole when there is room again; its index has what there is. */
static void a_recording_ends_at_the_first_frame_that_fails(void **state)
{
	struct options options = {.record_frames = "film"};
	struct screen_capture capture;

	(void)state;
	assert_true(screen_capture_open(&capture, &options, &picture));
	screen_capture_frame(&capture, 10);
	assert_is_picture("film/frame-000001.png");
	mkdir("film/frame-000002.png", 0777);
	screen_capture_frame(&capture, 20);
	screen_capture_frame(&capture, 30);
	assert_false(is_there("film/frame-000003.png"));
	assert_false(screen_capture_finish(&capture, 40));
	screen_capture_close(&capture);
	assert_text("film/frames.ffconcat", "ffconcat version 1.0\n"
					    "# at 0.000010 s\n"
					    "file frame-000001.png\n"
					    "duration 0.000010\n");
	assert_int_equal(rmdir("film/frame-000002.png") | rmdir("film"), 0);
}

static void a_recording_takes_no_directory_with_files(void **state)
{
	struct options options = {.record_frames = "film"};
	struct screen_capture capture;

	(void)state;
	mkdir("film", 0777);
	mkdir("film/frame-000007.png", 0777);
	assert_false(screen_capture_open(&capture, &options, &picture));
	screen_capture_close(&capture);
	assert_int_equal(rmdir("film/frame-000007.png") | rmdir("film"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_has_every_pixel),
		TEST(what_is_no_file_is_written_to_and_not_replaced),
		TEST(a_write_that_fails_leaves_the_old_file),
		TEST(screenshots_are_taken_once_their_time_has_come),
		TEST(a_screenshot_after_the_end_is_a_failure),
		TEST(frames_have_their_times),
		TEST(a_recording_ends_at_the_first_frame_that_fails),
		TEST(a_recording_takes_no_directory_with_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
