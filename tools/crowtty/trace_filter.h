/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Which events are of interest: a level, or a list such as "info,kernel::bbq=trace". A target
 * covers its own name and all below it ("kernel" covers "kernel::bbq"); the longest match
 * counts. The same as a MnemOS target itself understands (mnemos/log.h).
 */
#ifndef CROWTTY_TRACE_FILTER_H
#define CROWTTY_TRACE_FILTER_H

#include <stdbool.h>
#include <mnemos/proto/trace.h>

/* What a target can hold too. */
#define TRACE_FILTER_DIRECTIVES 8
#define TRACE_FILTER_TARGET_MAX 32

struct trace_filter {
	enum mn_trace_level level; /* of what no directive covers */
	enum mn_trace_level least; /* the most verbose of all levels here; OFF: wants nothing */
	unsigned count;
	struct {
		char target[TRACE_FILTER_TARGET_MAX];
		enum mn_trace_level level;
	} directives[TRACE_FILTER_DIRECTIVES];
};

/* Reads a filter; blanks around its parts are ignored, an empty text is "info". Returns false
 * after reporting an error, and leaves `filter` as it is. */
bool trace_filter_parse(struct trace_filter *filter, const char *text);

/* Whether something of this target and level is of interest. */
bool trace_filter_shows(const struct trace_filter *filter, const char *target,
			enum mn_trace_level level);

#endif
