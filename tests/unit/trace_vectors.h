/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Trace messages as they are in the byte stream of port 3, terminator included. T and H are taken
 * from the original implementation; X and R are the extension's, made by hand from its rules.
 * book/reference/trace-format.md shows the same, and a test compares.
 */
#ifndef TESTS_UNIT_TRACE_VECTORS_H
#define TESTS_UNIT_TRACE_VECTORS_H

#include <mnemos/proto/trace.h>
#include "bytes.h"

#define TEXT(literal)                        \
	{                                    \
		literal, sizeof(literal) - 1 \
	}

static const struct mn_trace_text t5_names[] = {TEXT("message"), TEXT("len")};

static const struct mn_trace_field t7_fields[] = {
	{TEXT("bool"), {MN_TRACE_BOOL, {.boolean = true}}},
	{TEXT("f64"), {MN_TRACE_F64, {.f64 = 1.5}}},
	{TEXT("i64"), {MN_TRACE_I64, {.i64 = -3}}},
	{TEXT("message"), {MN_TRACE_DEBUG_TEXT, {.text = TEXT("hi there")}}},
	{TEXT("str"), {MN_TRACE_STR, {.text = TEXT("x")}}},
	{TEXT("u64"), {MN_TRACE_U64, {.u64 = 300}}},
};

static const struct mn_trace_field t8_fields[] = {
	{TEXT("message"), {MN_TRACE_DEBUG_TEXT, {.text = TEXT("ok")}}},
};

static const struct mn_trace_field t10_fields[] = {
	{TEXT("port"), {MN_TRACE_U64, {.u64 = 3}}},
};

static const struct mn_trace_value x4_values[] = {
	{MN_TRACE_U64, {.u64 = 300}},
	{MN_TRACE_TEXT_ID, {.u64 = 9}},
};

static const struct mn_trace_value x5_values[] = {
	{MN_TRACE_DEBUG_TEXT, {.text = TEXT("hi")}},
	{MN_TRACE_STR, {.text = TEXT("x")}},
	{MN_TRACE_F64, {.f64 = 1.5}},
	{MN_TRACE_I64, {.i64 = -3}},
	{MN_TRACE_BOOL, {.boolean = true}},
	{MN_TRACE_TEXT_ID, {.u64 = 1}},
};

static const struct mn_trace_value x6_values[] = {{MN_TRACE_U64, {.u64 = 3}}};

static const struct mn_trace_wait x11_waits[] = {
	{.what = TEXT("a reply from"),
	 .name = TEXT("serial_mux"),
	 .on = 0x80001234,
	 .since = 4000,
	 .holder = 2},
	{.what = TEXT("the end of a time"),
	 .name = TEXT(""),
	 .since = 4000,
	 .holder_ended = true,
	 .over = true},
};

static const struct message_vector {
	const char *name, *bytes;
	struct mn_trace_message message;
} message_vectors[] = {
	{"T1", "01 01 01 00", {.kind = MN_TRACE_HEARTBEAT, .level = MN_TRACE_OFF}},
	{"T2", "01 02 01 01 00", {.kind = MN_TRACE_HEARTBEAT, .level = MN_TRACE_TRACE}},
	{"T3", "01 03 01 02 00", {.kind = MN_TRACE_HEARTBEAT, .level = MN_TRACE_INFO}},
	{"T4", "01 03 01 04 00", {.kind = MN_TRACE_HEARTBEAT, .level = MN_TRACE_ERROR}},
	{"T5",
	 "5c 01 b4 a4 80 80 08 14 65 76 65 6e 74 20 73 72 63 2f 6d 61 69 6e 2e 72 73 "
	 "3a 34 32 10 6b 65 72 6e 65 6c 3a 3a 73 65 72 76 69 63 65 73 02 01 10 6b 65 "
	 "72 6e 65 6c 3a 3a 73 65 72 76 69 63 65 73 01 0b 73 72 63 2f 6d 61 69 6e 2e "
	 "72 73 01 2a 02 07 6d 65 73 73 61 67 65 03 6c 65 6e 02 01 00",
	 {.kind = MN_TRACE_REGISTER_META,
	  .meta = {.id = 0x80001234,
		   .name = TEXT("event src/main.rs:42"),
		   .target = TEXT("kernel::services"),
		   .level = MN_TRACE_INFO,
		   .module_path = TEXT("kernel::services"),
		   .file = TEXT("src/main.rs"),
		   .has_line = true,
		   .line = 42,
		   .field_count = 2,
		   .fields = t5_names,
		   .is_event = true}}},
	{"T6",
	 "10 01 01 04 70 6f 6c 6c 07 6d 61 69 74 61 6b 65 01 01 01 01 02 01 01 00",
	 {.kind = MN_TRACE_REGISTER_META,
	  .meta = {.id = 1,
		   .name = TEXT("poll"),
		   .target = TEXT("maitake"),
		   .level = MN_TRACE_TRACE,
		   .is_span = true}}},
	{"T7",
	 "02 02 0e 06 04 62 6f 6f 6c 05 01 03 66 36 34 02 01 01 01 01 01 11 f8 3f 03 "
	 "69 36 34 03 05 07 6d 65 73 73 61 67 65 1d 08 68 69 20 74 68 65 72 65 03 73 "
	 "74 72 01 01 78 03 75 36 34 04 ac 02 b4 a4 80 80 08 00",
	 {.kind = MN_TRACE_EVENT,
	  .event = {.field_count = 6, .fields = t7_fields, .meta = 0x80001234}}},
	{"T8",
	 "0d 02 01 07 01 07 6d 65 73 73 61 67 65 06 02 6f 6b ac 02 00",
	 {.kind = MN_TRACE_EVENT,
	  .event = {.parent = 7, .field_count = 1, .fields = t8_fields, .meta = 300}}},
	{"T9",
	 "04 03 01 01 02 01 01 00",
	 {.kind = MN_TRACE_NEW_SPAN, .span = {.id = 1, .meta = 1, .is_root = true}}},
	{"T10",
	 "0a 03 02 b4 a4 80 80 08 01 01 09 01 04 70 6f 72 74 04 03 00",
	 {.kind = MN_TRACE_NEW_SPAN,
	  .span = {.id = 2,
		   .meta = 0x80001234,
		   .parent = 1,
		   .field_count = 1,
		   .fields = t10_fields}}},
	{"T11", "03 04 01 00", {.kind = MN_TRACE_ENTER, .span_id = 1}},
	{"T12", "03 05 01 00", {.kind = MN_TRACE_EXIT, .span_id = 1}},
	{"T13", "04 06 c8 01 00", {.kind = MN_TRACE_CLONE_SPAN, .span_id = 200}},
	{"T14", "04 07 c8 01 00", {.kind = MN_TRACE_DROP_SPAN, .span_id = 200}},
	{"T15", "02 08 01 01 02 04 00", {.kind = MN_TRACE_DISCARDED, .discarded = {.metas = 4}}},
	{"T16",
	 "09 08 01 02 ac 02 f0 a2 04 00",
	 {.kind = MN_TRACE_DISCARDED, .discarded = {1, 2, 300, 70000}}},
	{"T17",
	 "0c 04 ff ff ff ff ff ff ff ff ff 01 00",
	 {.kind = MN_TRACE_ENTER, .span_id = UINT64_MAX}},
	{"X1",
	 "2d 10 01 80 ad e2 04 c0 84 3d 80 80 80 80 80 20 06 4d 6e 65 6d 4f 53 05 30 "
	 "2e 31 2e 30 07 34 66 32 61 39 31 63 07 72 69 73 63 76 36 34 00",
	 {.kind = MN_TRACE_WELCOME,
	  .welcome = {.version = 1,
		      .tick_hz = 10000000,
		      .cpu_hz = 1000000,
		      .now = UINT64_C(1) << 40,
		      .system = TEXT("MnemOS"),
		      .release = TEXT("0.1.0"),
		      .build = TEXT("4f2a91c"),
		      .machine = TEXT("riscv64")}}},
	{"X2",
	 "08 11 94 b4 e4 f4 cb 03 00",
	 {.kind = MN_TRACE_TIME, .now = UINT64_C(123456789012)}},
	{"X3",
	 "0c 12 09 08 6c 6f 6f 70 62 61 63 6b 00",
	 {.kind = MN_TRACE_REGISTER_TEXT, .text = {.id = 9, .text = TEXT("loopback")}}},
	{"X4",
	 "09 13 05 98 f5 f2 f6 0f 07 01 07 02 04 ac 02 06 09 00",
	 {.kind = MN_TRACE_TIMED_EVENT,
	  .timed_event = {.meta = 5,
			  .time = 0xfedcba98,
			  .task = 7,
			  .value_count = 2,
			  .values = x4_values}}},
	{"X5",
	 "09 13 b4 a4 80 80 08 e8 07 04 4d 04 06 08 02 68 69 01 01 78 02 01 01 01 01 "
	 "01 09 f8 3f 03 05 05 01 06 01 00",
	 {.kind = MN_TRACE_TIMED_EVENT,
	  .timed_event = {.meta = 0x80001234,
			  .time = 1000,
			  .cause = 77,
			  .parent = 4,
			  .value_count = 6,
			  .values = x5_values}}},
	{"X6",
	 "10 14 02 b4 a4 80 80 08 d0 0f 07 4d 01 01 04 03 00",
	 {.kind = MN_TRACE_TIMED_SPAN,
	  .timed_span = {.id = 2,
			 .meta = 0x80001234,
			 .time = 2000,
			 .task = 7,
			 .cause = 77,
			 .parent = 1,
			 .value_count = 1,
			 .values = x6_values}}},
	{"X7",
	 "02 15 05 02 d1 0f 07 00",
	 {.kind = MN_TRACE_TIMED_ACTIVITY, .timed_activity = {MN_TRACE_ENTERED, 2, 2001, 7}}},
	{"X8",
	 "07 15 01 02 d2 0f 07 00",
	 {.kind = MN_TRACE_TIMED_ACTIVITY, .timed_activity = {MN_TRACE_EXITED, 2, 2002, 7}}},
	{"X9",
	 "06 15 02 02 d3 0f 01 00",
	 {.kind = MN_TRACE_TIMED_ACTIVITY, .timed_activity = {MN_TRACE_DROPPED, 2, 2003, 0}}},
	{"X10", "05 16 03 88 27 00", {.kind = MN_TRACE_SNAPSHOT_BEGIN, .snapshot = {3, 5000}}},
	{"X11",
	 "1e 17 04 05 68 65 6c 6c 6f 07 68 65 6c 6c 6f 2e 63 3f 02 80 02 f0 a2 04 e0 "
	 "c6 5b 0c a8 46 22 02 0c 61 20 72 65 70 6c 79 20 66 72 6f 6d 0a 73 65 72 69 "
	 "61 6c 5f 6d 75 78 b4 a4 80 80 08 a0 1f 02 01 13 11 74 68 65 20 65 6e 64 20 "
	 "6f 66 20 61 20 74 69 6d 65 01 03 a0 1f 03 01 01 00",
	 {.kind = MN_TRACE_TASK,
	  .task = {.id = 4,
		   .name = TEXT("hello"),
		   .file = TEXT("hello.c"),
		   .line = 63,
		   .state = MN_TRACE_TASK_WAITING,
		   .size = 256,
		   .polls = 70000,
		   .cpu = 1500000,
		   .cause = 12,
		   .limit = 9000,
		   .wait_count = 2,
		   .waits = x11_waits}}},
	{"X12",
	 "11 17 09 05 74 72 61 63 65 07 74 72 61 63 65 2e 63 05 01 80 10 01 01 01 02 "
	 "01 01 00",
	 {.kind = MN_TRACE_TASK,
	  .task = {.id = 9,
		   .name = TEXT("trace"),
		   .file = TEXT("trace.c"),
		   .state = MN_TRACE_TASK_RUNNING,
		   .size = 2048,
		   .polls = 1,
		   .carrier = true}}},
	{"X13",
	 "2d 18 01 0d 73 69 6d 70 6c 65 5f 73 65 72 69 61 6c 05 75 61 72 74 30 f0 6a "
	 "ac 01 27 73 42 66 86 81 58 3f fe 75 65 54 02 03 01 05 a0 1f 00",
	 {.kind = MN_TRACE_SERVICE,
	  .service = {.id = 1,
		      .name = TEXT("simple_serial"),
		      .instance = TEXT("uart0"),
		      .uuid = {0xf0, 0x6a, 0xac, 0x01, 0x27, 0x73, 0x42, 0x66, 0x86, 0x81, 0x58,
			       0x3f, 0xfe, 0x75, 0x65, 0x54},
		      .task = 2,
		      .queued = 3,
		      .serving = 1,
		      .client = 5,
		      .since = 4000}}},
	{"X14",
	 "0e 19 80 80 02 80 08 80 10 80 f8 01 02 01 00",
	 {.kind = MN_TRACE_HEAP, .heap = {32768, 1024, 2048, 31744, 2, 1}}},
	{"X15",
	 "14 1a 11 74 72 61 63 65 2e 65 76 65 6e 74 73 5f 6c 6f 73 74 01 00",
	 {.kind = MN_TRACE_COUNTER, .counter = {TEXT("trace.events_lost"), 0}}},
	{"X16", "05 1b 03 89 27 00", {.kind = MN_TRACE_SNAPSHOT_END, .snapshot = {3, 5001}}},
};

static const struct request_vector {
	const char *name, *bytes;
	struct mn_trace_request request;
} request_vectors[] = {
	{"H1", "01 01 01 00", {.kind = MN_TRACE_SET_MAX_LEVEL, .level = MN_TRACE_OFF}},
	{"H2", "01 02 01 01 00", {.kind = MN_TRACE_SET_MAX_LEVEL, .level = MN_TRACE_TRACE}},
	{"H3", "01 03 01 01 00", {.kind = MN_TRACE_SET_MAX_LEVEL, .level = MN_TRACE_DEBUG}},
	{"H4", "01 03 01 02 00", {.kind = MN_TRACE_SET_MAX_LEVEL, .level = MN_TRACE_INFO}},
	{"H5", "01 03 01 03 00", {.kind = MN_TRACE_SET_MAX_LEVEL, .level = MN_TRACE_WARN}},
	{"H6", "01 03 01 04 00", {.kind = MN_TRACE_SET_MAX_LEVEL, .level = MN_TRACE_ERROR}},
	{"R1", "03 10 01 00", {.kind = MN_TRACE_EXTEND, .number = 1}},
	{"R2", "02 10 01 00", {.kind = MN_TRACE_EXTEND, .number = 0}},
	{"R3",
	 "03 11 01 0d 0b 6b 65 72 6e 65 6c 3a 3a 62 62 71 00",
	 {.kind = MN_TRACE_SET_TARGET_LEVEL,
	  .level = MN_TRACE_TRACE,
	  .target = TEXT("kernel::bbq")}},
	{"R4",
	 "02 11 09 07 64 61 65 6d 6f 6e 73 00",
	 {.kind = MN_TRACE_SET_TARGET_LEVEL, .level = MN_TRACE_OFF, .target = TEXT("daemons")}},
	{"R5", "04 12 ac 02 00", {.kind = MN_TRACE_SNAPSHOT, .number = 300}},
	{"R6", "02 13 00", {.kind = MN_TRACE_KEEP}},
};

#endif
