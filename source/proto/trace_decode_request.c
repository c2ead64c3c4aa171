/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Trace requests, read: the target's side. The contract is in the header. */
#include "trace_internal.h"

enum mn_error mn_trace_decode_request(struct mn_trace_request *request, uint8_t *bytes, size_t len)
{
	struct mn_postcard_reader r;

	*request = (struct mn_trace_request){.level = MN_TRACE_OFF};
	mn__message_open(&r, bytes, len);
	const uint32_t kind = mn_postcard_get_u32(&r);

	request->kind = (enum mn_trace_request_kind)kind;
	switch (kind) {
	case MN_TRACE_SET_MAX_LEVEL:
		request->level = mn__trace_get_level(&r);
		break;
	case MN_TRACE_EXTEND:
	case MN_TRACE_SNAPSHOT:
		request->number = mn_postcard_get_u32(&r);
		break;
	case MN_TRACE_SET_TARGET_LEVEL:
		request->level = mn__trace_get_level(&r);
		request->target.data = mn_postcard_get_str(&r, &request->target.len);
		break;
	case MN_TRACE_KEEP:
		break;
	default:
		mn_postcard_refuse(&r, MN_ENOTSUP);
		break;
	}
	return r.error;
}
