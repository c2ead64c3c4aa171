/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the screen has shown, in files: --screenshot and --record-frames.
 *
 * A screenshot of a time has what was shown once all that was to be done at that time was done.
 * Recorded frames are frame-000001.png and so on, and frames.ffconcat says when each was shown, in
 * a way that ffmpeg plays: `ffmpeg -i DIR/frames.ffconcat film.mp4`. What cannot be written is
 * told, the machine goes on, and its exit code says so.
 */
#ifndef MELPOMENE_SCREEN_CAPTURE_H
#define MELPOMENE_SCREEN_CAPTURE_H

#include <stdio.h>
#include <mnemos/gfx/bitmap.h>
#include "options.h"

/* From screen_capture_open to screen_capture_close, zeroed before. */
struct screen_capture {
	const struct options *options;
	const struct mn_bitmap *shown; /* MN_RGB888 */
	uint64_t due_us;               /* the next screenshot; MN_NEVER: none before the end */
	uint32_t taken;                /* screenshots, a bit each */
	FILE *index;                   /* of the frames; NULL: they are not recorded */
	uint32_t frames;
	uint64_t frame_us; /* when the last was shown */
	bool failed;       /* something could not be written */
};

/* False, after it was told, if it is plain now that something cannot be written. */
bool screen_capture_open(struct screen_capture *capture, const struct options *options,
			 const struct mn_bitmap *shown);

/* A frame is shown. */
void screen_capture_frame(struct screen_capture *capture, uint64_t now_us);

/* Takes the screenshots of `now_us` and before. */
void screen_capture_take(struct screen_capture *capture, uint64_t now_us);

/* The machine has ended: the other screenshots. False if something could not be written. */
bool screen_capture_finish(struct screen_capture *capture, uint64_t now_us);

/* Also after a failed open. */
void screen_capture_close(struct screen_capture *capture);

#endif
