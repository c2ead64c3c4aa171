/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Recordings in the formats of other tools: Perfetto's (ui.perfetto.dev) and the Common
 * Trace Format (babeltrace2, Trace Compass).
 */
#ifndef CROWTTY_EXPORT_H
#define CROWTTY_EXPORT_H

#include "trace.h"
#include "trace_names.h"

/* A recording that has been read once, so that everything has a name from the beginning. */
struct export_source {
	const char *path;
	size_t records; /* good ones */
	struct trace_names names;
};

/* Write `out`, a file or for CTF a directory, which is not there yet. False after reporting an
 * error. */
bool export_perfetto(const struct export_source *source, const char *out);
bool export_ctf(const struct export_source *source, const char *out);

#endif
