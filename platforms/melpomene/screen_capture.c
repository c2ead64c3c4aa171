/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <mnemos/timer.h>
#include "screen_capture.h"
#include "screen_png.h"
#include "tell.h"

#define SECONDS "%" PRIu64 ".%06u"
#define SECONDS_OF(us) (uint64_t)(us) / 1000000, (unsigned)((us) % 1000000)

_Static_assert(SCREENSHOTS <= 32, "the bits of `taken`");

/* ---- Screenshots ----------------------------------------------------------------------- */

/* A mistake that can be seen now is better told than after an hour. */
static bool can_write(const char *file)
{
	char folder[PATH_MAX];
	struct stat is;

	snprintf(folder, sizeof folder, "%s", file);
	if (strlen(file) >= sizeof folder - 16)
		errno = ENAMETOOLONG;
	else if (stat(file, &is) == 0 && S_ISDIR(is.st_mode))
		errno = EISDIR;
	else if (screen_png_replaces(file) ? access(dirname(folder), W_OK | X_OK) == 0
					   : access(file, W_OK) == 0 || errno == ENOENT)
		return true; /* also a link to nothing, which then is something */
	tell("--screenshot: cannot write %s: %s", file, strerror(errno));
	return false;
}

static uint64_t next_due(const struct screen_capture *capture)
{
	const struct options *options = capture->options;
	uint64_t due_us = MN_NEVER;

	for (unsigned i = 0; i < options->screenshots; i++)
		if (!(capture->taken >> i & 1) && options->screenshot[i].at_us < due_us)
			due_us = options->screenshot[i].at_us;
	return due_us;
}

static void take(struct screen_capture *capture, unsigned i)
{
	capture->taken |= UINT32_C(1) << i;
	if (!screen_png_write(capture->options->screenshot[i].file, capture->shown))
		capture->failed = true;
}

void screen_capture_take(struct screen_capture *capture, uint64_t now_us)
{
	const struct options *options = capture->options;

	for (unsigned i = 0; i < options->screenshots; i++)
		if (!(capture->taken >> i & 1) && options->screenshot[i].at_us <= now_us)
			take(capture, i);
	capture->due_us = next_due(capture);
}

static void finish_screenshots(struct screen_capture *capture, uint64_t now_us)
{
	const struct options *options = capture->options;

	screen_capture_take(capture, now_us);
	for (unsigned i = 0; i < options->screenshots; i++) {
		if (capture->taken >> i & 1)
			continue;
		if (options->screenshot[i].at_us == MN_NEVER) {
			take(capture, i);
			continue;
		}
		tell("no screenshot %s: its time is " SECONDS " s, the machine ended at " SECONDS
		     " s",
		     options->screenshot[i].file, SECONDS_OF(options->screenshot[i].at_us),
		     SECONDS_OF(now_us));
		capture->failed = true;
	}
}

/* ---- Frames ------------------------------------------------------------------------------ */

/* The name of a file for frames; false, with errno, if it is too long. */
static bool name_in(char name[PATH_MAX], const char *folder, const char *file)
{
	errno = ENAMETOOLONG;
	return snprintf(name, PATH_MAX, "%s/%s", folder, file) < PATH_MAX;
}

/* The frames of two runs must not mix. Sets errno. */
static bool is_empty(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	if (!dir)
		return false;
	do
		entry = readdir(dir);
	while (entry && (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")));
	closedir(dir);
	errno = ENOTEMPTY;
	return !entry;
}

static bool open_frames(struct screen_capture *capture, const char *folder)
{
	char name[PATH_MAX];

	if ((mkdir(folder, 0777) == 0 || (errno == EEXIST && is_empty(folder))) &&
	    name_in(name, folder, "frames.ffconcat"))
		capture->index = fopen(name, "wxe");
	if (!capture->index) {
		tell("--record-frames: cannot use %s: %s", folder, strerror(errno));
		return false;
	}
	fputs("ffconcat version 1.0\n", capture->index);
	return true;
}

/* No more frames: one that is missing in between would be taken for one that was not shown. */
static void stop_recording(struct screen_capture *capture)
{
	tell("the recording ends after %u frames", (unsigned)capture->frames);
	capture->failed = true;
	fclose(capture->index);
	capture->index = NULL;
}

/* How long the last frame was shown. */
static void end_frame(struct screen_capture *capture, uint64_t now_us)
{
	if (capture->frames)
		fprintf(capture->index, "duration " SECONDS "\n",
			SECONDS_OF(now_us - capture->frame_us));
}

static bool index_is_good(struct screen_capture *capture)
{
	if (fflush(capture->index) == 0)
		return true;
	tell("cannot write %s/frames.ffconcat: %s", capture->options->record_frames,
	     strerror(errno));
	return false;
}

void screen_capture_frame(struct screen_capture *capture, uint64_t now_us)
{
	char file[32], name[PATH_MAX];

	if (!capture->index)
		return;
	end_frame(capture, now_us);
	capture->frame_us = now_us;
	snprintf(file, sizeof file, "frame-%06u.png", (unsigned)capture->frames + 1);
	if (!name_in(name, capture->options->record_frames, file) ||
	    !screen_png_write(name, capture->shown)) {
		stop_recording(capture);
		return;
	}
	fprintf(capture->index, "# at " SECONDS " s\nfile %s\n", SECONDS_OF(now_us), file);
	capture->frames++;
	if (!index_is_good(capture))
		stop_recording(capture);
}

static void finish_frames(struct screen_capture *capture, uint64_t now_us)
{
	if (!capture->index)
		return;
	end_frame(capture, now_us);
	if (!index_is_good(capture))
		stop_recording(capture);
}

/* ---- Both -------------------------------------------------------------------------------- */

bool screen_capture_open(struct screen_capture *capture, const struct options *options,
			 const struct mn_bitmap *shown)
{
	*capture = (struct screen_capture){.options = options, .shown = shown};
	capture->due_us = next_due(capture);
	for (unsigned i = 0; i < options->screenshots; i++)
		if (!can_write(options->screenshot[i].file))
			return false;
	return !options->record_frames || open_frames(capture, options->record_frames);
}

bool screen_capture_finish(struct screen_capture *capture, uint64_t now_us)
{
	finish_screenshots(capture, now_us);
	finish_frames(capture, now_us);
	return !capture->failed;
}

void screen_capture_close(struct screen_capture *capture)
{
	if (capture->index)
		fclose(capture->index);
	capture->index = NULL;
}
