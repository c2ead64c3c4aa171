/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What `top` shows, as lines of text: the target, the findings, the tasks, the services.
 *
 * For a terminal lines are cut to its width and some are coloured; without one they are whole
 * and plain.
 */
#ifndef CROWTTY_TOP_TEXT_H
#define CROWTTY_TOP_TEXT_H

#include "diagnose.h"
#include "model.h"

enum top_order {
	TOP_BY_ID,
	TOP_BY_CPU,
	TOP_BY_POLLS,
	TOP_BY_NAME,
	TOP_BY_WAIT, /* the longest first */
};

/* How it is to be shown. */
struct top_style {
	unsigned width; /* columns; 0: no limit */
	bool colour;
	enum top_order order;
};

/* Of tasks in findings so many are coloured. */
#define TOP_MARKS 64

/* Lines, each with its end. Zeroed memory is none. */
struct top_text {
	char *text;
	size_t len, cap;
	size_t lines;
	const struct top_style *style;
	/* Tasks in findings, the severest first. */
	struct {
		uint32_t id;
		enum finding_severity severity;
	} marks[TOP_MARKS];
	size_t mark_count;
};

void top_text_free(struct top_text *text);

/* One line; `sgr` is what a terminal needs for its colour ("1;31"), or NULL. */
void top_text_line(struct top_text *text, const char *sgr, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Who it is, its heap, what was lost. */
void top_text_head(struct top_text *text, const struct model *model);

/* Returns how many are more than notes. Wrapped to the width. Tasks that are then shown have the
 * colour of the finding that they are in. */
size_t top_text_findings(struct top_text *text, const struct model *model);

/* The heading, and the rows from `first` on; at most `most`. */
void top_text_tasks(struct top_text *text, const struct model *model, size_t first, size_t most);
void top_text_services(struct top_text *text, const struct model *model);

#endif
