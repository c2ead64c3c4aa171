/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Trace requests, written: the host's side. The contract is in the header. */
#include "trace_internal.h"

size_t mn_trace_encode_request(uint8_t *out, size_t cap, const struct mn_trace_request *request)
{
	struct mn_postcard_writer w;

	mn__message_begin(&w, out, cap < MN_TRACE_REQUEST_MAX ? cap : MN_TRACE_REQUEST_MAX);
	mn_postcard_put_uint(&w, request->kind);
	switch (request->kind) {
	case MN_TRACE_SET_MAX_LEVEL:
		mn__trace_put_level(&w, request->level);
		break;
	case MN_TRACE_EXTEND:
	case MN_TRACE_SNAPSHOT:
		mn_postcard_put_uint(&w, request->number);
		break;
	case MN_TRACE_SET_TARGET_LEVEL:
		mn__trace_put_level(&w, request->level);
		mn_postcard_put_str(&w, request->target.data, request->target.len);
		break;
	case MN_TRACE_KEEP:
		break;
	}
	return mn__message_end(&w, out, cap < MN_TRACE_REQUEST_MAX ? cap : MN_TRACE_REQUEST_MAX);
}
