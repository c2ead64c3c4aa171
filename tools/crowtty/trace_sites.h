/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a trace stream has announced: call sites and texts by their ids.
 *
 * Announced again with the same content, one stays what it is; with another content the id means
 * that from then on, and what it meant stays valid too. So memory grows with the number of
 * different ones, up to TRACE_KEPT_MAX; then announcements are refused.
 */
#ifndef CROWTTY_TRACE_SITES_H
#define CROWTTY_TRACE_SITES_H

#include "map.h"
#include "trace.h"

/* Zeroed memory is empty. */
struct trace_sites {
	struct map sites, texts;     /* by id */
	void *all_sites, *all_texts; /* trees by content: tsearch(3) */
	size_t kept;
};

/* Both return NULL if there is no room for it. */
const struct trace_site *trace_sites_register(struct trace_sites *sites,
					      const struct mn_trace_meta *meta);
const char *trace_texts_register(struct trace_sites *sites,
				 const struct mn_trace_register_text *text);

/* NULL: never announced. */
const struct trace_site *trace_sites_get(const struct trace_sites *sites, uint64_t id);
const struct mn_trace_text *trace_texts_get(const struct trace_sites *sites, uint64_t id);

void trace_sites_clear(struct trace_sites *sites);

#endif
