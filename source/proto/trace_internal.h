/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What both directions of the trace protocol share: levels and rules. */
#ifndef TRACE_INTERNAL_H
#define TRACE_INTERNAL_H

#include <mnemos/proto/trace.h>
#include "message_internal.h"

/* Rules of the message itself: what breaks them is not written. */
static inline void mn__trace_require(struct mn_postcard_writer *w, bool holds)
{
	if (!holds && !w->error)
		w->error = MN_EINVAL;
}

static inline void mn__trace_put_level(struct mn_postcard_writer *w, enum mn_trace_level level)
{
	mn__trace_require(w, level <= MN_TRACE_OFF);
	mn_postcard_put_bool(w, level != MN_TRACE_OFF);
	if (level != MN_TRACE_OFF)
		mn_postcard_put_uint(w, level);
}

static inline enum mn_trace_level mn__trace_get_level(struct mn_postcard_reader *r)
{
	return mn_postcard_get_bool(r)
		       ? (enum mn_trace_level)mn_postcard_get_variant(r, MN_TRACE_OFF)
		       : MN_TRACE_OFF;
}

#endif
