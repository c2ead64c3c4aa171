/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Postcard; the contract and the table of encodings are in the header. */
#include <string.h>
#include <mnemos/proto/postcard.h>

/* Length of the character that starts here, 0 if it is not one (Unicode 15, table 3-7). */
static size_t utf8_character(const uint8_t *in, size_t len)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t size = in[0] < 0x80 ? 1 : in[0] < 0xc0 ? 0 : in[0] < 0xe0 ? 2 : in[0] < 0xf0 ? 3 : 4;
	uint32_t point;

	if (size <= 1)
		return size;
	if (size > len || in[0] >= 0xf8)
		return 0;
	point = in[0] & (0x7fu >> size);
	for (size_t i = 1; i < size; i++) {
		if ((in[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (in[i] & 0x3f);
	}
	if (point < least[size] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return 0;
	return size;
}

static bool is_utf8(const uint8_t *in, size_t len)
{
	size_t at = 0, size = 1;

	while (at < len && size > 0) {
		size = utf8_character(in + at, len - at);
		at += size;
	}
	return size > 0;
}

void mn_postcard_writer_init(struct mn_postcard_writer *writer, void *data, size_t cap)
{
	*writer = (struct mn_postcard_writer){.data = data, .cap = cap};
}

/* One item, in two parts so that a length and what it counts are written together. */
static void put(struct mn_postcard_writer *writer, const void *head, size_t head_len,
		const void *body, size_t body_len)
{
	size_t room = writer->cap - writer->len;

	if (writer->error)
		return;
	if (head_len > room || body_len > room - head_len) {
		writer->error = MN_EFULL;
		return;
	}
	memcpy(writer->data + writer->len, head, head_len);
	writer->len += head_len;
	if (body_len > 0)
		memcpy(writer->data + writer->len, body, body_len);
	writer->len += body_len;
}

static size_t varint(uint8_t *out, uint64_t value)
{
	size_t len = 0;

	for (; value > 0x7f; value >>= 7)
		out[len++] = (uint8_t)(value | 0x80);
	out[len++] = (uint8_t)value;
	return len;
}

static void put_counted(struct mn_postcard_writer *writer, const void *bytes, size_t len)
{
	uint8_t head[MN_POSTCARD_VARINT_MAX];

	put(writer, head, varint(head, len), bytes, len);
}

static void put_little_endian(struct mn_postcard_writer *writer, uint64_t bits, size_t len)
{
	uint8_t bytes[sizeof(bits)];

	for (size_t i = 0; i < len; i++, bits >>= 8)
		bytes[i] = (uint8_t)bits;
	put(writer, bytes, len, NULL, 0);
}

void mn_postcard_put_bool(struct mn_postcard_writer *writer, bool value)
{
	mn_postcard_put_u8(writer, value);
}

void mn_postcard_put_u8(struct mn_postcard_writer *writer, uint8_t value)
{
	put(writer, &value, 1, NULL, 0);
}

void mn_postcard_put_i8(struct mn_postcard_writer *writer, int8_t value)
{
	mn_postcard_put_u8(writer, (uint8_t)value);
}

void mn_postcard_put_uint(struct mn_postcard_writer *writer, uint64_t value)
{
	uint8_t bytes[MN_POSTCARD_VARINT_MAX];

	put(writer, bytes, varint(bytes, value), NULL, 0);
}

void mn_postcard_put_int(struct mn_postcard_writer *writer, int64_t value)
{
	uint64_t doubled = (uint64_t)value << 1;

	mn_postcard_put_uint(writer, value < 0 ? ~doubled : doubled);
}

void mn_postcard_put_f32(struct mn_postcard_writer *writer, float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof(bits));
	put_little_endian(writer, bits, sizeof(bits));
}

void mn_postcard_put_f64(struct mn_postcard_writer *writer, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	put_little_endian(writer, bits, sizeof(bits));
}

void mn_postcard_put_str(struct mn_postcard_writer *writer, const char *text, size_t len)
{
	if (!writer->error && !is_utf8((const uint8_t *)text, len))
		writer->error = MN_EINVAL;
	put_counted(writer, text, len);
}

void mn_postcard_put_bytes(struct mn_postcard_writer *writer, const void *bytes, size_t len)
{
	put_counted(writer, bytes, len);
}

void mn_postcard_reader_init(struct mn_postcard_reader *reader, const void *data, size_t len)
{
	*reader = (struct mn_postcard_reader){.data = data, .len = len};
}

void mn_postcard_refuse(struct mn_postcard_reader *reader, enum mn_error error)
{
	if (!reader->error)
		reader->error = error;
}

/* Fails the item that began at `start`; after an earlier error that is where we still are. */
static void refuse_from(struct mn_postcard_reader *reader, size_t start, enum mn_error error)
{
	reader->at = start;
	mn_postcard_refuse(reader, error);
}

/* The next `len` bytes, or NULL. A 64-bit length, because one from the wire may not fit size_t. */
static const uint8_t *take(struct mn_postcard_reader *reader, size_t start, uint64_t len)
{
	size_t at = reader->at;

	if (len > reader->len - at)
		refuse_from(reader, start, MN_EBADMSG);
	if (reader->error)
		return NULL;
	reader->at += (size_t)len;
	return reader->data + at;
}

static uint64_t get_varint(struct mn_postcard_reader *reader, unsigned bits)
{
	size_t start = reader->at;
	uint64_t value = 0;

	for (unsigned shift = 0;; shift += 7) {
		const uint8_t *byte = take(reader, start, 1);

		if (!byte)
			return 0;
		/* The last byte has no bit beyond the width, not even "more". */
		if (shift + 7 > bits && *byte >> (bits - shift) != 0) {
			refuse_from(reader, start, MN_EOVERFLOW);
			return 0;
		}
		value |= (uint64_t)(*byte & 0x7f) << shift;
		if (*byte < 0x80)
			return value;
	}
}

static int64_t get_zigzag(struct mn_postcard_reader *reader, unsigned bits)
{
	uint64_t value = get_varint(reader, bits);

	return (int64_t)(value & 1 ? ~(value >> 1) : value >> 1);
}

static uint64_t get_little_endian(struct mn_postcard_reader *reader, size_t len)
{
	const uint8_t *bytes = take(reader, reader->at, len);
	uint64_t bits = 0;

	for (size_t i = len; bytes && i-- > 0;)
		bits = bits << 8 | bytes[i];
	return bits;
}

static const uint8_t *get_counted(struct mn_postcard_reader *reader, size_t *len)
{
	size_t start = reader->at;
	uint64_t count = get_varint(reader, 64);
	const uint8_t *bytes = take(reader, start, count);

	*len = bytes ? (size_t)count : 0;
	return bytes ? bytes : (const uint8_t *)"";
}

bool mn_postcard_get_bool(struct mn_postcard_reader *reader)
{
	size_t start = reader->at;
	uint8_t value = mn_postcard_get_u8(reader);

	if (value > 1)
		refuse_from(reader, start, MN_EBADMSG);
	return value == 1;
}

uint8_t mn_postcard_get_u8(struct mn_postcard_reader *reader)
{
	const uint8_t *byte = take(reader, reader->at, 1);

	return byte ? *byte : 0;
}

int8_t mn_postcard_get_i8(struct mn_postcard_reader *reader)
{
	return (int8_t)mn_postcard_get_u8(reader);
}

uint16_t mn_postcard_get_u16(struct mn_postcard_reader *reader)
{
	return (uint16_t)get_varint(reader, 16);
}

uint32_t mn_postcard_get_u32(struct mn_postcard_reader *reader)
{
	return (uint32_t)get_varint(reader, 32);
}

uint64_t mn_postcard_get_u64(struct mn_postcard_reader *reader)
{
	return get_varint(reader, 64);
}

int16_t mn_postcard_get_i16(struct mn_postcard_reader *reader)
{
	return (int16_t)get_zigzag(reader, 16);
}

int32_t mn_postcard_get_i32(struct mn_postcard_reader *reader)
{
	return (int32_t)get_zigzag(reader, 32);
}

int64_t mn_postcard_get_i64(struct mn_postcard_reader *reader)
{
	return get_zigzag(reader, 64);
}

float mn_postcard_get_f32(struct mn_postcard_reader *reader)
{
	uint32_t bits = (uint32_t)get_little_endian(reader, sizeof(bits));
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

double mn_postcard_get_f64(struct mn_postcard_reader *reader)
{
	uint64_t bits = get_little_endian(reader, sizeof(bits));
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

const char *mn_postcard_get_str(struct mn_postcard_reader *reader, size_t *len)
{
	size_t start = reader->at;
	const uint8_t *text = get_counted(reader, len);

	if (!is_utf8(text, *len)) {
		refuse_from(reader, start, MN_EBADMSG);
		*len = 0;
		return "";
	}
	return (const char *)text;
}

const uint8_t *mn_postcard_get_bytes(struct mn_postcard_reader *reader, size_t *len)
{
	return get_counted(reader, len);
}

size_t mn_postcard_get_count(struct mn_postcard_reader *reader)
{
	size_t start = reader->at;
	uint64_t count = get_varint(reader, 64);

	if (count > reader->len - reader->at) {
		refuse_from(reader, start, MN_EBADMSG);
		return 0;
	}
	return (size_t)count;
}

uint32_t mn_postcard_get_variant(struct mn_postcard_reader *reader, uint32_t variants)
{
	size_t start = reader->at;
	uint32_t index = mn_postcard_get_u32(reader);

	if (index >= variants) {
		refuse_from(reader, start, MN_EBADMSG);
		return 0;
	}
	return index;
}
