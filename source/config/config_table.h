/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The wire table: one entry for each key, in the order in which a blob holds them. mnconfig
 * generates it from the schema; config.c walks along it, so there is no code for any
 * single key.
 */
#ifndef MNEMOS_CONFIG_TABLE_H
#define MNEMOS_CONFIG_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <mnemos/config.h>

enum mn__config_kind {
	MN__CONFIG_KIND_BOOL,
	MN__CONFIG_KIND_UINT,  /* a number, a duration or the index of a choice */
	MN__CONFIG_KIND_TEXT,  /* char array; `size` counts the NUL */
	MN__CONFIG_KIND_BYTES, /* uint8_t array, its length in the uint8_t at `len_offset` */
};

struct mn__config_field {
	const char *key;
	uint64_t min; /* of the value, for text and bytes of the length */
	uint64_t max;
	uint16_t offset; /* in struct mn_config */
	uint16_t size;
	uint16_t len_offset;
	uint8_t kind; /* enum mn__config_kind */
};

#define MN__CONFIG_SIZE(member) sizeof(((struct mn_config *)0)->member)

#define MN__CONFIG_FIELD(name, member, least, most, length, what)                              \
	{                                                                                      \
		.key = (name), .min = (least), .max = (most),                                  \
		.offset = offsetof(struct mn_config, member), .size = MN__CONFIG_SIZE(member), \
		.len_offset = (length), .kind = (what),                                        \
	}
#define MN__CONFIG_BOOL(name, member) MN__CONFIG_FIELD(name, member, 0, 1, 0, MN__CONFIG_KIND_BOOL)
#define MN__CONFIG_UINT(name, member, min, max) \
	MN__CONFIG_FIELD(name, member, min, max, 0, MN__CONFIG_KIND_UINT)
#define MN__CONFIG_TEXT(name, member, min) \
	MN__CONFIG_FIELD(name, member, min, MN__CONFIG_SIZE(member) - 1, 0, MN__CONFIG_KIND_TEXT)
#define MN__CONFIG_BYTES(name, member, min)                          \
	MN__CONFIG_FIELD(name, member, min, MN__CONFIG_SIZE(member), \
			 offsetof(struct mn_config, member##_len), MN__CONFIG_KIND_BYTES)

extern const uint32_t mn__config_fingerprint;
extern const struct mn__config_field mn__config_fields[];
extern const size_t mn__config_field_count;

#endif
