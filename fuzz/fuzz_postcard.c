/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Input: a byte n, n bytes that each name a type, then a message of these types. What can be
 * read is written again, and once more from there: the second and third are the same bytes, and
 * never more than the first.
 */
#include <mnemos/proto/postcard.h>
#include "fuzz.h"

static void copy_text(struct mn_postcard_reader *r, struct mn_postcard_writer *w)
{
	size_t len;
	const char *text = mn_postcard_get_str(r, &len);

	FUZZ_CHECK(text);
	if (!r->error)
		mn_postcard_put_str(w, text, len);
}

static void copy_bytes(struct mn_postcard_reader *r, struct mn_postcard_writer *w)
{
	size_t len;
	const uint8_t *bytes = mn_postcard_get_bytes(r, &len);

	FUZZ_CHECK(bytes);
	if (!r->error)
		mn_postcard_put_bytes(w, bytes, len);
}

/* A count that was accepted promises that elements of one byte are all there. */
static void copy_seq(struct mn_postcard_reader *r, struct mn_postcard_writer *w)
{
	size_t count = mn_postcard_get_count(r);

	if (r->error)
		return;
	mn_postcard_put_uint(w, count);
	for (size_t i = 0; i < count; i++)
		mn_postcard_put_u8(w, mn_postcard_get_u8(r));
	FUZZ_CHECK(!r->error);
}

static void copy_number(struct mn_postcard_reader *r, struct mn_postcard_writer *w, uint8_t type)
{
	uint8_t scratch[MN_POSTCARD_VARINT_MAX];
	struct mn_postcard_writer one;

	/* Written aside first: what could not be read must not be written. */
	mn_postcard_writer_init(&one, scratch, sizeof(scratch));
	switch (type) {
	case 0:
		mn_postcard_put_bool(&one, mn_postcard_get_bool(r));
		break;
	case 1:
		mn_postcard_put_u8(&one, mn_postcard_get_u8(r));
		break;
	case 2:
		mn_postcard_put_i8(&one, mn_postcard_get_i8(r));
		break;
	case 3:
		mn_postcard_put_uint(&one, mn_postcard_get_u16(r));
		break;
	case 4:
		mn_postcard_put_uint(&one, mn_postcard_get_u32(r));
		break;
	case 5:
		mn_postcard_put_uint(&one, mn_postcard_get_u64(r));
		break;
	case 6:
		mn_postcard_put_int(&one, mn_postcard_get_i16(r));
		break;
	case 7:
		mn_postcard_put_int(&one, mn_postcard_get_i32(r));
		break;
	case 8:
		mn_postcard_put_int(&one, mn_postcard_get_i64(r));
		break;
	case 9:
		mn_postcard_put_f32(&one, mn_postcard_get_f32(r));
		break;
	case 10:
		mn_postcard_put_f64(&one, mn_postcard_get_f64(r));
		break;
	default:
		mn_postcard_put_uint(&one, mn_postcard_get_variant(r, type));
		break;
	}
	FUZZ_CHECK(!one.error);
	for (size_t i = 0; i < one.len && !r->error; i++)
		mn_postcard_put_u8(w, scratch[i]);
}

static void copy(struct mn_postcard_reader *r, struct mn_postcard_writer *w, const uint8_t *types,
		 size_t count)
{
	for (size_t i = 0; i < count; i++) {
		enum mn_error error = r->error;
		size_t at = r->at;

		if (types[i] % 16 == 15)
			copy_text(r, w);
		else if (types[i] % 16 == 14)
			copy_bytes(r, w);
		else if (types[i] % 16 == 13)
			copy_seq(r, w);
		else
			copy_number(r, w, types[i] % 16);
		FUZZ_CHECK(r->at <= r->len);
		FUZZ_CHECK(!error || r->error == error);
		FUZZ_CHECK(r->error ? r->at == at : r->at > at);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mn_postcard_reader r;
	struct mn_postcard_writer first, second;
	size_t types, cap;
	uint8_t *once, *twice;

	if (len == 0)
		return 0;
	types = data[0] < len - 1 ? data[0] : len - 1;
	cap = len - 1 - types;
	once = fuzz_alloc(cap);
	twice = fuzz_alloc(cap);

	mn_postcard_reader_init(&r, data + 1 + types, cap);
	mn_postcard_writer_init(&first, once, cap);
	copy(&r, &first, data + 1, types);
	FUZZ_CHECK(!first.error);
	FUZZ_CHECK(first.len <= r.at);

	mn_postcard_reader_init(&r, once, first.len);
	mn_postcard_writer_init(&second, twice, first.len);
	copy(&r, &second, data + 1, types);
	FUZZ_CHECK(!second.error);
	FUZZ_CHECK(r.at == first.len && second.len == first.len);
	FUZZ_CHECK(memcmp(twice, once, first.len) == 0);
	free(once);
	free(twice);
	return 0;
}
