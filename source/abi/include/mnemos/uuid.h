/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* UUIDs: how services are named, for ever and everywhere. Bytes in the order written. */
#ifndef MNEMOS_UUID_H
#define MNEMOS_UUID_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Sixteen bytes, compared as they are. */
struct mn_uuid {
	uint8_t bytes[16];
};

/*
 * An initializer from the five groups of the usual notation:
 * 54c983fa-736f-4223-b90d-c4360a308647 is
 * MN_UUID(0x54c983fa, 0x736f, 0x4223, 0xb90d, 0xc4360a308647).
 */
#define MN_UUID(a, b, c, d, e)                                                                   \
	{                                                                                        \
		{                                                                                \
			MN__UUID_BYTE(a, 24), MN__UUID_BYTE(a, 16), MN__UUID_BYTE(a, 8),         \
				MN__UUID_BYTE(a, 0), MN__UUID_BYTE(b, 8), MN__UUID_BYTE(b, 0),   \
				MN__UUID_BYTE(c, 8), MN__UUID_BYTE(c, 0), MN__UUID_BYTE(d, 8),   \
				MN__UUID_BYTE(d, 0), MN__UUID_BYTE(e, 40), MN__UUID_BYTE(e, 32), \
				MN__UUID_BYTE(e, 24), MN__UUID_BYTE(e, 16), MN__UUID_BYTE(e, 8), \
				MN__UUID_BYTE(e, 0)                                              \
		}                                                                                \
	}
#define MN__UUID_BYTE(number, shift) ((uint8_t)((UINT64_C(0) + (number)) >> (shift)))

/* Whether both are the same UUID. */
static inline bool mn_uuid_equal(const struct mn_uuid *a, const struct mn_uuid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

#endif
