/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: the encoding of each type, known messages of the trace protocol built from it in all
 * three layers, that errors stick and keep their place, and that no input is read past its end.
 */
#include "bytes.h"
#include <math.h>
#include <mnemos/proto/postcard.h>
#include <mnemos/proto/sermux.h>

#define CALLSITE 0x80001234u

static struct mn_postcard_writer writer_of(uint8_t *out, size_t cap)
{
	struct mn_postcard_writer writer;

	mn_postcard_writer_init(&writer, out, cap);
	return writer;
}

static struct mn_postcard_reader reader_of(const void *data, size_t len)
{
	struct mn_postcard_reader reader;

	mn_postcard_reader_init(&reader, data, len);
	return reader;
}

static void put_text(struct mn_postcard_writer *w, const char *text)
{
	mn_postcard_put_str(w, text, strlen(text));
}

static void put_all(struct mn_postcard_writer *w, const uint64_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		mn_postcard_put_uint(w, numbers[i]);
}

/* A field of a record: its name and which kind of value follows. */
static void put_field(struct mn_postcard_writer *w, const char *name, unsigned kind)
{
	put_text(w, name);
	mn_postcard_put_uint(w, kind);
}

static void build_t5(struct mn_postcard_writer *w)
{
	put_all(w, (uint64_t[]){1, CALLSITE}, 2);
	put_text(w, "event src/main.rs:42");
	put_text(w, "kernel::services");
	mn_postcard_put_uint(w, 2);
	mn_postcard_put_bool(w, true);
	put_text(w, "kernel::services");
	mn_postcard_put_bool(w, true);
	put_text(w, "src/main.rs");
	mn_postcard_put_bool(w, true);
	mn_postcard_put_uint(w, 42);
	mn_postcard_put_uint(w, 2);
	put_text(w, "message");
	put_text(w, "len");
	mn_postcard_put_bool(w, false);
	mn_postcard_put_bool(w, true);
}

static void build_t6(struct mn_postcard_writer *w)
{
	put_all(w, (uint64_t[]){1, 1}, 2);
	put_text(w, "poll");
	put_text(w, "maitake");
	mn_postcard_put_uint(w, 0);
	for (int absent = 0; absent < 3; absent++)
		mn_postcard_put_bool(w, false);
	mn_postcard_put_uint(w, 0);
	mn_postcard_put_bool(w, true);
	mn_postcard_put_bool(w, false);
}

static void build_t7(struct mn_postcard_writer *w)
{
	put_all(w, (uint64_t[]){2, 0, 6}, 3);
	put_field(w, "bool", 5);
	mn_postcard_put_bool(w, true);
	put_field(w, "f64", 2);
	mn_postcard_put_f64(w, 1.5);
	put_field(w, "i64", 3);
	mn_postcard_put_int(w, -3);
	put_field(w, "message", 0);
	put_text(w, "hi there");
	put_field(w, "str", 1);
	put_text(w, "x");
	put_field(w, "u64", 4);
	mn_postcard_put_uint(w, 300);
	mn_postcard_put_uint(w, CALLSITE);
}

static void build_t8(struct mn_postcard_writer *w)
{
	put_all(w, (uint64_t[]){2, 1, 7, 1}, 4);
	put_field(w, "message", 0);
	put_text(w, "ok");
	mn_postcard_put_uint(w, 300);
}

static void build_t10(struct mn_postcard_writer *w)
{
	put_all(w, (uint64_t[]){3, 2, CALLSITE, 1, 1, 0, 1}, 7);
	put_field(w, "port", 4);
	mn_postcard_put_uint(w, 3);
}

/* T1 to T17 and H1 to H6: either numbers alone (an index, an option and a bool are the same
 * byte as a small number), or a builder. NULL in `muxed`: compared by the rule. */
static const struct message {
	void (*build)(struct mn_postcard_writer *w);
	size_t count;
	uint64_t numbers[8];
	const char *card, *cobs, *muxed;
} messages[] = {
	{NULL, 2, {0, 0}, "00 00", "01 01 01 00", "02 03 04 01 01 01 01 00"},
	{NULL, 3, {0, 1, 0}, "00 01 00", "01 02 01 01 00", "02 03 05 01 02 01 01 01 00"},
	{NULL, 3, {0, 1, 2}, "00 01 02", "01 03 01 02 00", "02 03 05 01 03 01 02 01 00"},
	{NULL, 3, {0, 1, 4}, "00 01 04", "01 03 01 04 00", "02 03 05 01 03 01 04 01 00"},
	{build_t5,
	 0,
	 {0},
	 "01 b4 a4 80 80 08 14 65 76 65 6e 74 20 73 72 63 2f 6d 61 69 6e 2e 72 73 3a 34 32 10 6b "
	 "65 72 6e 65 6c 3a 3a 73 65 72 76 69 63 65 73 02 01 10 6b 65 72 6e 65 6c 3a 3a 73 65 72 "
	 "76 69 63 65 73 01 0b 73 72 63 2f 6d 61 69 6e 2e 72 73 01 2a 02 07 6d 65 73 73 61 67 65 "
	 "03 6c 65 6e 00 01",
	 "5c 01 b4 a4 80 80 08 14 65 76 65 6e 74 20 73 72 63 2f 6d 61 69 6e 2e 72 73 3a 34 32 10 "
	 "6b 65 72 6e 65 6c 3a 3a 73 65 72 76 69 63 65 73 02 01 10 6b 65 72 6e 65 6c 3a 3a 73 65 "
	 "72 76 69 63 65 73 01 0b 73 72 63 2f 6d 61 69 6e 2e 72 73 01 2a 02 07 6d 65 73 73 61 67 "
	 "65 03 6c 65 6e 02 01 00",
	 NULL},
	{build_t6,
	 0,
	 {0},
	 "01 01 04 70 6f 6c 6c 07 6d 61 69 74 61 6b 65 00 00 00 00 00 01 00",
	 "10 01 01 04 70 6f 6c 6c 07 6d 61 69 74 61 6b 65 01 01 01 01 02 01 01 00",
	 "02 03 18 10 01 01 04 70 6f 6c 6c 07 6d 61 69 74 61 6b 65 01 01 01 01 02 01 01 01 00"},
	{build_t7,
	 0,
	 {0},
	 "02 00 06 04 62 6f 6f 6c 05 01 03 66 36 34 02 00 00 00 00 00 00 f8 3f 03 69 36 34 03 05 "
	 "07 6d 65 73 73 61 67 65 00 08 68 69 20 74 68 65 72 65 03 73 74 72 01 01 78 03 75 36 34 "
	 "04 ac 02 b4 a4 80 80 08",
	 "02 02 0e 06 04 62 6f 6f 6c 05 01 03 66 36 34 02 01 01 01 01 01 11 f8 3f 03 69 36 34 03 "
	 "05 07 6d 65 73 73 61 67 65 1d 08 68 69 20 74 68 65 72 65 03 73 74 72 01 01 78 03 75 36 "
	 "34 04 ac 02 b4 a4 80 80 08 00",
	 NULL},
	{build_t8,
	 0,
	 {0},
	 "02 01 07 01 07 6d 65 73 73 61 67 65 00 02 6f 6b ac 02",
	 "0d 02 01 07 01 07 6d 65 73 73 61 67 65 06 02 6f 6b ac 02 00",
	 "02 03 14 0d 02 01 07 01 07 6d 65 73 73 61 67 65 06 02 6f 6b ac 02 01 00"},
	{NULL,
	 6,
	 {3, 1, 1, 0, 1, 0},
	 "03 01 01 00 01 00",
	 "04 03 01 01 02 01 01 00",
	 "02 03 08 04 03 01 01 02 01 01 01 00"},
	{build_t10,
	 0,
	 {0},
	 "03 02 b4 a4 80 80 08 01 01 00 01 04 70 6f 72 74 04 03",
	 "0a 03 02 b4 a4 80 80 08 01 01 09 01 04 70 6f 72 74 04 03 00",
	 "02 03 14 0a 03 02 b4 a4 80 80 08 01 01 09 01 04 70 6f 72 74 04 03 01 00"},
	{NULL, 2, {4, 1}, "04 01", "03 04 01 00", "02 03 04 03 04 01 01 00"},
	{NULL, 2, {5, 1}, "05 01", "03 05 01 00", "02 03 04 03 05 01 01 00"},
	{NULL, 2, {6, 200}, "06 c8 01", "04 06 c8 01 00", "02 03 05 04 06 c8 01 01 00"},
	{NULL, 2, {7, 200}, "07 c8 01", "04 07 c8 01 00", "02 03 05 04 07 c8 01 01 00"},
	{NULL,
	 5,
	 {8, 0, 0, 0, 4},
	 "08 00 00 00 04",
	 "02 08 01 01 02 04 00",
	 "02 03 07 02 08 01 01 02 04 01 00"},
	{NULL,
	 5,
	 {8, 1, 2, 300, 70000},
	 "08 01 02 ac 02 f0 a2 04",
	 "09 08 01 02 ac 02 f0 a2 04 00",
	 "02 03 0a 09 08 01 02 ac 02 f0 a2 04 01 00"},
	{NULL,
	 2,
	 {4, UINT64_MAX},
	 "04 ff ff ff ff ff ff ff ff ff 01",
	 "0c 04 ff ff ff ff ff ff ff ff ff 01 00",
	 "02 03 0d 0c 04 ff ff ff ff ff ff ff ff ff 01 01 00"},
	{NULL, 2, {0, 0}, "00 00", "01 01 01 00", "02 03 04 01 01 01 01 00"},
	{NULL, 3, {0, 1, 0}, "00 01 00", "01 02 01 01 00", "02 03 05 01 02 01 01 01 00"},
	{NULL, 3, {0, 1, 1}, "00 01 01", "01 03 01 01 00", "02 03 05 01 03 01 01 01 00"},
	{NULL, 3, {0, 1, 2}, "00 01 02", "01 03 01 02 00", "02 03 05 01 03 01 02 01 00"},
	{NULL, 3, {0, 1, 3}, "00 01 03", "01 03 01 03 00", "02 03 05 01 03 01 03 01 00"},
	{NULL, 3, {0, 1, 4}, "00 01 04", "01 03 01 04 00", "02 03 05 01 03 01 04 01 00"},
};

static void builds_trace_messages_in_all_three_layers(void **state)
{
	uint8_t card[128], cobs[256], muxed[256], want[256];

	(void)state;
	for (size_t i = 0; i < COUNT(messages); i++) {
		const struct message *m = &messages[i];
		struct mn_postcard_writer w = writer_of(card, sizeof(card));
		size_t cobs_len, muxed_len;

		if (m->build)
			m->build(&w);
		put_all(&w, m->numbers, m->count);
		assert_int_equal(w.error, MN_OK);
		assert_bytes(card, w.len, want, bytes_of_hex(want, sizeof(want), m->card));

		cobs_len = mn_cobs_encode(cobs, card, w.len);
		cobs[cobs_len++] = 0;
		assert_bytes(cobs, cobs_len, want, bytes_of_hex(want, sizeof(want), m->cobs));

		muxed_len = mn_sermux_encode(muxed, sizeof(muxed), MN_SERMUX_TRACE, cobs, cobs_len);
		if (m->muxed) {
			size_t want_len = bytes_of_hex(want, sizeof(want), m->muxed);

			assert_bytes(muxed, muxed_len, want, want_len);
		} else { /* one zero, the last byte of the payload */
			assert_int_equal(muxed_len, cobs_len + 4);
			assert_memory_equal(muxed, ((uint8_t[]){2, 3, (uint8_t)cobs_len}), 3);
			assert_memory_equal(muxed + 3, cobs, cobs_len - 1);
			assert_memory_equal(muxed + 2 + cobs_len, ((uint8_t[]){1, 0}), 2);
		}
	}
}

static void reads_a_message_back(void **state)
{
	static const struct {
		const char *name;
		uint32_t kind;
	} fields[] = {{"bool", 5}, {"f64", 2}, {"i64", 3}, {"message", 0}, {"str", 1}, {"u64", 4}};
	uint8_t card[128];
	struct mn_postcard_writer w = writer_of(card, sizeof(card));
	struct mn_postcard_reader r;
	size_t len;

	(void)state;
	build_t7(&w);
	r = reader_of(card, w.len);
	assert_int_equal(mn_postcard_get_variant(&r, 9), 2);
	assert_false(mn_postcard_get_bool(&r));
	assert_int_equal(mn_postcard_get_count(&r), COUNT(fields));
	for (size_t i = 0; i < COUNT(fields); i++) {
		const char *text = mn_postcard_get_str(&r, &len);

		assert_bytes(text, len, fields[i].name, strlen(fields[i].name));
		assert_int_equal(mn_postcard_get_variant(&r, 6), fields[i].kind);
		switch (fields[i].kind) {
		case 0:
			text = mn_postcard_get_str(&r, &len);
			assert_bytes(text, len, "hi there", 8);
			break;
		case 1:
			text = mn_postcard_get_str(&r, &len);
			assert_bytes(text, len, "x", 1);
			break;
		case 2:
			assert_true(mn_postcard_get_f64(&r) == 1.5);
			break;
		case 3:
			assert_int_equal(mn_postcard_get_i64(&r), -3);
			break;
		case 4:
			assert_int_equal(mn_postcard_get_u64(&r), 300);
			break;
		case 5:
			assert_true(mn_postcard_get_bool(&r));
			break;
		}
	}
	assert_int_equal(mn_postcard_get_u64(&r), CALLSITE);
	assert_int_equal(r.error, MN_OK);
	assert_int_equal(r.at, r.len);
}

/* One getter for each width, so that tables can name it. */
static int64_t read_u16(struct mn_postcard_reader *r)
{
	return mn_postcard_get_u16(r);
}
static int64_t read_u32(struct mn_postcard_reader *r)
{
	return mn_postcard_get_u32(r);
}
static int64_t read_u64(struct mn_postcard_reader *r)
{
	return (int64_t)mn_postcard_get_u64(r);
}
static int64_t read_i16(struct mn_postcard_reader *r)
{
	return mn_postcard_get_i16(r);
}
static int64_t read_i32(struct mn_postcard_reader *r)
{
	return mn_postcard_get_i32(r);
}
static int64_t read_i64(struct mn_postcard_reader *r)
{
	return mn_postcard_get_i64(r);
}

static void reads_integers_up_to_their_width(void **state)
{
	static const struct {
		const char *bytes;
		int64_t (*read)(struct mn_postcard_reader *r);
		int64_t value;
		enum mn_error error;
	} cases[] = {
		{"00", read_u16, 0, MN_OK},
		{"7f", read_u16, 127, MN_OK},
		{"80 01", read_u16, 128, MN_OK},
		{"ff ff 03", read_u16, 65535, MN_OK},
		{"80 00", read_u16, 0, MN_OK}, /* longer than needed */
		{"80 80 00", read_u16, 0, MN_OK},
		{"ff ff 04", read_u16, 0, MN_EOVERFLOW},
		{"80 80 80 00", read_u16, 0, MN_EOVERFLOW},
		{"ff ff ff ff 0f", read_u32, 0xffffffff, MN_OK},
		{"80 80 80 80 00", read_u32, 0, MN_OK},
		{"ff ff ff ff 10", read_u32, 0, MN_EOVERFLOW},
		{"80 80 80 80 80 00", read_u32, 0, MN_EOVERFLOW},
		{"ff ff ff ff ff ff ff ff ff 01", read_u64, -1, MN_OK},
		{"80 80 80 80 80 80 80 80 80 00", read_u64, 0, MN_OK},
		{"ff ff ff ff ff ff ff ff ff 02", read_u64, 0, MN_EOVERFLOW},
		{"80 80 80 80 80 80 80 80 80 80 00", read_u64, 0, MN_EOVERFLOW},
		{"01", read_i16, -1, MN_OK},
		{"02", read_i16, 1, MN_OK},
		{"03", read_i64, -2, MN_OK},
		{"fe ff 03", read_i16, INT16_MAX, MN_OK},
		{"ff ff 03", read_i16, INT16_MIN, MN_OK},
		{"ff ff ff ff 0f", read_i32, INT32_MIN, MN_OK},
		{"fe ff ff ff 0f", read_i32, INT32_MAX, MN_OK},
		{"ff ff ff ff ff ff ff ff ff 01", read_i64, INT64_MIN, MN_OK},
		{"fe ff ff ff ff ff ff ff ff 01", read_i64, INT64_MAX, MN_OK},
		{"80", read_u64, 0, MN_EBADMSG}, /* cut short */
		{"", read_u16, 0, MN_EBADMSG},
		{"ff ff", read_i32, 0, MN_EBADMSG},
	};
	uint8_t bytes[16];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t len = bytes_of_hex(bytes, sizeof(bytes), cases[i].bytes);
		uint8_t *exact = bytes_exact(bytes, len);
		struct mn_postcard_reader r = reader_of(exact, len);

		assert_true(cases[i].read(&r) == cases[i].value);
		assert_int_equal(r.error, cases[i].error);
		assert_int_equal(r.at, cases[i].error ? 0 : len);
		free(exact);
	}
}

static void writes_integers_in_the_shortest_form(void **state)
{
	static const struct {
		int64_t value;
		const char *as_int, *as_uint;
	} cases[] = {
		{0, "00", "00"},
		{-1, "01", "ff ff ff ff ff ff ff ff ff 01"},
		{1, "02", "01"},
		{-2, "03", "fe ff ff ff ff ff ff ff ff 01"},
		{63, "7e", "3f"},
		{-64, "7f", "c0 ff ff ff ff ff ff ff ff 01"},
		{64, "80 01", "40"},
		{127, "fe 01", "7f"},
		{128, "80 02", "80 01"},
		{INT64_MAX, "fe ff ff ff ff ff ff ff ff 01", "ff ff ff ff ff ff ff ff 7f"},
		{INT64_MIN, "ff ff ff ff ff ff ff ff ff 01", "80 80 80 80 80 80 80 80 80 01"},
	};
	uint8_t card[16], want[16];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct mn_postcard_writer w = writer_of(card, sizeof(card));

		mn_postcard_put_int(&w, cases[i].value);
		assert_bytes(card, w.len, want, bytes_of_hex(want, sizeof(want), cases[i].as_int));
		w = writer_of(card, sizeof(card));
		mn_postcard_put_uint(&w, (uint64_t)cases[i].value);
		assert_bytes(card, w.len, want, bytes_of_hex(want, sizeof(want), cases[i].as_uint));
	}
}

static void text_must_be_utf8(void **state)
{
	static const struct {
		const char *bytes;
		bool good;
	} cases[] = {
		{"", true},
		{"00", true},
		{"7f", true},
		{"c2 80", true},       /* U+0080 */
		{"df bf", true},       /* U+07FF */
		{"e0 a0 80", true},    /* U+0800 */
		{"ed 9f bf", true},    /* U+D7FF */
		{"ee 80 80", true},    /* U+E000 */
		{"ef bf bf", true},    /* U+FFFF */
		{"f0 90 80 80", true}, /* U+10000 */
		{"f4 8f bf bf", true}, /* U+10FFFF */
		{"80", false},         /* continuation first */
		{"c0 80", false},      /* over-long */
		{"c1 bf", false},
		{"e0 9f bf", false},
		{"f0 8f bf bf", false},
		{"ed a0 80", false}, /* surrogates */
		{"ed bf bf", false},
		{"f4 90 80 80", false}, /* beyond the last */
		{"f8 88 80 80 80", false},
		{"f9 80 80 80", false},
		{"ff", false},
		{"c2", false}, /* cut short */
		{"e2 82", false},
		{"f0 9f 98", false},
		{"41 e2 82 41", false},
	};
	uint8_t bytes[8], card[16];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t len = bytes_of_hex(bytes, sizeof(bytes), cases[i].bytes), got;
		struct mn_postcard_writer w = writer_of(card, sizeof(card));
		struct mn_postcard_reader r;
		const char *text;

		mn_postcard_put_str(&w, (const char *)bytes, len);
		assert_int_equal(w.error, cases[i].good ? MN_OK : MN_EINVAL);
		assert_int_equal(w.len, cases[i].good ? len + 1 : 0);

		w = writer_of(card, sizeof(card)); /* bytes look the same and are not checked */
		mn_postcard_put_bytes(&w, bytes, len);
		r = reader_of(card, w.len);
		text = mn_postcard_get_str(&r, &got);
		assert_int_equal(r.error, cases[i].good ? MN_OK : MN_EBADMSG);
		assert_int_equal(r.at, cases[i].good ? w.len : 0);
		assert_bytes(text, got, bytes, cases[i].good ? len : 0);
	}
}

static void strings_point_into_the_input(void **state)
{
	static const uint8_t card[] = {3, 'a', 'b', 'c', 2, 0xff, 0x00, 0, 9, 'x'};
	struct mn_postcard_reader r = reader_of(card, sizeof(card));
	size_t len;

	(void)state;
	assert_ptr_equal(mn_postcard_get_str(&r, &len), card + 1);
	assert_int_equal(len, 3);
	assert_ptr_equal(mn_postcard_get_bytes(&r, &len), card + 5);
	assert_int_equal(len, 2);
	assert_non_null(mn_postcard_get_bytes(&r, &len));
	assert_int_equal(len, 0);
	assert_int_equal(r.error, MN_OK);
	assert_non_null(mn_postcard_get_bytes(&r, &len)); /* nine bytes, only one there */
	assert_int_equal(len, 0);
	assert_int_equal(r.error, MN_EBADMSG);
	assert_int_equal(r.at, 8);

	/* A length that would wrap round to before the end. */
	r = reader_of("\xff\xff\xff\xff\xff\xff\xff\xff\xff\1xyz", 13);
	assert_non_null(mn_postcard_get_bytes(&r, &len));
	assert_int_equal(len, 0);
	assert_int_equal(r.error, MN_EBADMSG);
}

static void floats_keep_their_bits(void **state)
{
	uint8_t card[32], want[32];
	struct mn_postcard_writer w = writer_of(card, sizeof(card));
	struct mn_postcard_reader r;

	(void)state;
	mn_postcard_put_f32(&w, -1.5f);
	mn_postcard_put_f64(&w, -0.0);
	mn_postcard_put_f64(&w, (double)INFINITY);
	assert_bytes(card, w.len, want,
		     bytes_of_hex(want, sizeof(want),
				  "00 00 c0 bf 00 00 00 00 00 00 00 80 00 00 00 00 00 00 f0 7f"));
	r = reader_of(card, w.len);
	assert_true(mn_postcard_get_f32(&r) == -1.5f);
	assert_true(signbit(mn_postcard_get_f64(&r)));
	assert_true(isinf(mn_postcard_get_f64(&r)));
	assert_int_equal(r.error, MN_OK);
}

static void values_a_type_does_not_have_are_refused(void **state)
{
	struct mn_postcard_reader r = reader_of("\2", 1);

	(void)state;
	assert_false(mn_postcard_get_bool(&r));
	assert_int_equal(r.error, MN_EBADMSG);
	r = reader_of("\11", 1);
	assert_int_equal(mn_postcard_get_variant(&r, 9), 0);
	assert_int_equal(r.error, MN_EBADMSG);
	r = reader_of("\10", 1);
	assert_int_equal(mn_postcard_get_variant(&r, 9), 8);
	assert_int_equal(r.error, MN_OK);
	r = reader_of("\3ab", 3); /* three elements cannot be in two bytes */
	assert_int_equal(mn_postcard_get_count(&r), 0);
	assert_int_equal(r.error, MN_EBADMSG);
	r = reader_of("\2ab", 3);
	assert_int_equal(mn_postcard_get_count(&r), 2);
	r = reader_of("\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", 10);
	assert_int_equal(mn_postcard_get_count(&r), 0);
	assert_int_equal(r.error, MN_EBADMSG);
}

static void first_error_of_a_reader_sticks(void **state)
{
	static const uint8_t card[] = {7, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
	struct mn_postcard_reader r = reader_of(card, sizeof(card));
	size_t len = 99;

	(void)state;
	assert_int_equal(mn_postcard_get_u8(&r), 7);
	assert_false(mn_postcard_get_bool(&r));
	assert_int_equal(r.at, 1);
	assert_int_equal(mn_postcard_get_u8(&r), 0);
	assert_int_equal(mn_postcard_get_i8(&r), 0);
	assert_false(mn_postcard_get_bool(&r));
	assert_int_equal(mn_postcard_get_u64(&r), 0);
	assert_int_equal(mn_postcard_get_i16(&r), 0);
	assert_true(mn_postcard_get_f32(&r) == 0);
	assert_true(mn_postcard_get_f64(&r) == 0);
	assert_int_equal(mn_postcard_get_count(&r), 0);
	assert_int_equal(mn_postcard_get_variant(&r, 2), 0);
	assert_non_null(mn_postcard_get_str(&r, &len));
	assert_int_equal(len, 0);
	mn_postcard_refuse(&r, MN_EOVERFLOW);
	assert_int_equal(r.error, MN_EBADMSG);
	assert_int_equal(r.at, 1);

	r = reader_of(card, sizeof(card));
	mn_postcard_refuse(&r, MN_EREFUSED);
	assert_int_equal(mn_postcard_get_u8(&r), 0);
	assert_int_equal(r.error, MN_EREFUSED);
}

/* In each smaller buffer T7 fails, writes whole items only and nothing beyond the end. */
static void full_writer_keeps_whole_items(void **state)
{
	uint8_t whole[128];
	struct mn_postcard_writer all = writer_of(whole, sizeof(whole));

	(void)state;
	build_t7(&all);
	for (size_t cap = 0; cap < all.len; cap++) {
		uint8_t *exact = bytes_exact(whole, cap);
		struct mn_postcard_writer w = writer_of(exact, cap);
		size_t len;

		memset(exact, 0xee, cap);
		build_t7(&w);
		assert_int_equal(w.error, MN_EFULL);
		assert_true(w.len <= cap);
		assert_memory_equal(exact, whole, w.len);
		for (size_t i = w.len; i < cap; i++)
			assert_int_equal(exact[i], 0xee);
		len = w.len;
		mn_postcard_put_bytes(&w, NULL, 0);
		assert_int_equal(w.len, len);
		free(exact);
	}
}

/* One value of each type in a random order. */
static void random_messages_come_back(void **state)
{
	static uint8_t card[4096];
	enum { VALUES = 64 };
	uint64_t seed = 5, values[VALUES];
	unsigned types[VALUES];

	(void)state;
	for (int round = 0; round < 1000; round++) {
		struct mn_postcard_writer w = writer_of(card, sizeof(card));
		struct mn_postcard_reader r;

		for (size_t i = 0; i < VALUES; i++) {
			/* All magnitudes alike, so that all lengths occur. */
			unsigned bits = (unsigned)(chance(&seed) % 64);
			uint64_t value = chance(&seed) >> bits;

			values[i] = value;
			types[i] = (unsigned)(chance(&seed) % 6);
			if (types[i] == 0)
				mn_postcard_put_u8(&w, (uint8_t)value);
			else if (types[i] == 1)
				mn_postcard_put_i8(&w, (int8_t)value);
			else if (types[i] == 2)
				mn_postcard_put_uint(&w, value);
			else if (types[i] == 3)
				mn_postcard_put_int(&w, (int64_t)value);
			else if (types[i] == 4)
				mn_postcard_put_bytes(&w, &values[i], value % 9);
			else
				mn_postcard_put_int(&w, (int32_t)value);
		}
		assert_int_equal(w.error, MN_OK);
		r = reader_of(card, w.len);
		for (size_t i = 0; i < VALUES; i++) {
			size_t len;
			const uint8_t *bytes;

			if (types[i] == 0) {
				assert_int_equal(mn_postcard_get_u8(&r), (uint8_t)values[i]);
			} else if (types[i] == 1) {
				assert_int_equal(mn_postcard_get_i8(&r), (int8_t)values[i]);
			} else if (types[i] == 2) {
				assert_true(mn_postcard_get_u64(&r) == values[i]);
			} else if (types[i] == 3) {
				assert_true(mn_postcard_get_i64(&r) == (int64_t)values[i]);
			} else if (types[i] == 4) {
				bytes = mn_postcard_get_bytes(&r, &len);
				assert_bytes(bytes, len, &values[i], values[i] % 9);
			} else {
				assert_int_equal(mn_postcard_get_i32(&r), (int32_t)values[i]);
			}
		}
		assert_int_equal(r.error, MN_OK);
		assert_int_equal(r.at, w.len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builds_trace_messages_in_all_three_layers),
		cmocka_unit_test(reads_a_message_back),
		cmocka_unit_test(reads_integers_up_to_their_width),
		cmocka_unit_test(writes_integers_in_the_shortest_form),
		cmocka_unit_test(text_must_be_utf8),
		cmocka_unit_test(strings_point_into_the_input),
		cmocka_unit_test(floats_keep_their_bits),
		cmocka_unit_test(values_a_type_does_not_have_are_refused),
		cmocka_unit_test(first_error_of_a_reader_sticks),
		cmocka_unit_test(full_writer_keeps_whole_items),
		cmocka_unit_test(random_messages_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
