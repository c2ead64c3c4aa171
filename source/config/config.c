/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Blobs: the schema's fingerprint, then the value of every key in the order of the table,
 * all as postcard. With the fingerprint first, no names or tags are needed: whoever has the
 * same fingerprint has the same table.
 */
#include <mnemos/config.h>

#include <string.h>
#include <mnemos/proto/postcard.h>
#include "config_table.h"

/* A number has the width of its member. */
static void store(void *member, size_t size, uint64_t value)
{
	switch (size) {
	case sizeof(uint8_t):
		*(uint8_t *)member = (uint8_t)value;
		return;
	case sizeof(uint16_t):
		*(uint16_t *)member = (uint16_t)value;
		return;
	case sizeof(uint32_t):
		*(uint32_t *)member = (uint32_t)value;
		return;
	default:
		*(uint64_t *)member = value;
		return;
	}
}

static uint64_t load(const void *member, size_t size)
{
	switch (size) {
	case sizeof(uint8_t):
		return *(const uint8_t *)member;
	case sizeof(uint16_t):
		return *(const uint16_t *)member;
	case sizeof(uint32_t):
		return *(const uint32_t *)member;
	default:
		return *(const uint64_t *)member;
	}
}

static bool within(const struct mn__config_field *field, uint64_t value)
{
	return value >= field->min && value <= field->max;
}

static void get_uint(struct mn_postcard_reader *reader, const struct mn__config_field *field,
		     uint8_t *base)
{
	uint64_t value = mn_postcard_get_u64(reader);

	if (!within(field, value))
		mn_postcard_refuse(reader, MN_EOVERFLOW);
	else
		store(base + field->offset, field->size, value);
}

static void get_text(struct mn_postcard_reader *reader, const struct mn__config_field *field,
		     uint8_t *base)
{
	size_t len;
	const char *text = mn_postcard_get_str(reader, &len);

	if (!within(field, len))
		mn_postcard_refuse(reader, MN_EOVERFLOW);
	else if (memchr(text, '\0', len)) /* would end the text early */
		mn_postcard_refuse(reader, MN_EBADMSG);
	else
		memcpy(base + field->offset, text,
		       len); /* the NUL is there: base starts as zeros */
}

static void get_bytes(struct mn_postcard_reader *reader, const struct mn__config_field *field,
		      uint8_t *base)
{
	size_t len;
	const uint8_t *bytes = mn_postcard_get_bytes(reader, &len);

	if (!within(field, len)) {
		mn_postcard_refuse(reader, MN_EOVERFLOW);
	} else {
		memcpy(base + field->offset, bytes, len);
		base[field->len_offset] = (uint8_t)len;
	}
}

static void get_field(struct mn_postcard_reader *reader, const struct mn__config_field *field,
		      uint8_t *base)
{
	switch ((enum mn__config_kind)field->kind) {
	case MN__CONFIG_KIND_BOOL:
		*(bool *)(base + field->offset) = mn_postcard_get_bool(reader);
		return;
	case MN__CONFIG_KIND_UINT:
		get_uint(reader, field, base);
		return;
	case MN__CONFIG_KIND_TEXT:
		get_text(reader, field, base);
		return;
	case MN__CONFIG_KIND_BYTES:
		get_bytes(reader, field, base);
		return;
	}
}

enum mn_error mn_config_decode(struct mn_config *config, const void *blob, size_t len,
			       const char **key)
{
	struct mn_postcard_reader reader;
	struct mn_config read;
	const char *ignored;

	key = key ? key : &ignored;
	*key = NULL;
	mn_postcard_reader_init(&reader, blob, len);
	if (mn_postcard_get_u32(&reader) != mn__config_fingerprint)
		return reader.error ? MN_EBADMSG : MN_ETYPE;
	memset(&read, 0, sizeof(read));
	for (size_t i = 0; i < mn__config_field_count; i++) {
		get_field(&reader, &mn__config_fields[i], (uint8_t *)&read);
		if (reader.error) {
			*key = mn__config_fields[i].key;
			return reader.error;
		}
	}
	if (reader.at != len)
		return MN_EBADMSG;
	*config = read;
	return MN_OK;
}

static void put_field(struct mn_postcard_writer *writer, const struct mn__config_field *field,
		      const uint8_t *base)
{
	const uint8_t *member = base + field->offset;

	switch ((enum mn__config_kind)field->kind) {
	case MN__CONFIG_KIND_BOOL:
		mn_postcard_put_bool(writer, *(const bool *)member);
		return;
	case MN__CONFIG_KIND_UINT:
		mn_postcard_put_uint(writer, load(member, field->size));
		return;
	case MN__CONFIG_KIND_TEXT:
		mn_postcard_put_str(writer, (const char *)member, strlen((const char *)member));
		return;
	case MN__CONFIG_KIND_BYTES:
		mn_postcard_put_bytes(writer, member, base[field->len_offset]);
		return;
	}
}

size_t mn_config_encode(const struct mn_config *config, void *blob, size_t cap)
{
	struct mn_postcard_writer writer;

	mn_postcard_writer_init(&writer, blob, cap);
	mn_postcard_put_uint(&writer, mn__config_fingerprint);
	for (size_t i = 0; i < mn__config_field_count; i++)
		put_field(&writer, &mn__config_fields[i], (const uint8_t *)config);
	return writer.error ? 0 : writer.len;
}
