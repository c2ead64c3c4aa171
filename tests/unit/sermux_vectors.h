/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Frames as they are on the wire, taken from the original implementation. */
#ifndef TESTS_UNIT_SERMUX_VECTORS_H
#define TESTS_UNIT_SERMUX_VECTORS_H

#include "bytes.h"

/* S1 to S23. Long payloads are `count` times `fill`, or 01 02 .. ff for S23; of a long frame
 * the length and both ends are known. */
static const struct vector {
	uint16_t port;
	const char *payload;
	size_t count;
	uint8_t fill;
	size_t wire_len;
	const char *head, *tail;
} vectors[] = {
	{0, "21", 0, 0, 5, "01 01 02 21 00", ""},
	{0x4269, "01 02 03 04", 0, 0, 8, "07 69 42 01 02 03 04 00", ""},
	{1, "68 65 6c 6c 6f 0d 0a", 0, 0, 11, "02 01 08 68 65 6c 6c 6f 0d 0a 00", ""},
	{0, "11 00 22 00 00 33", 0, 0, 10, "01 01 02 11 02 22 01 02 33 00", ""},
	{3, "00 00 00", 0, 0, 7, "02 03 01 01 01 01 00", ""},
	{0, "", 0, 0, 4, "01 01 01 00", ""},
	{10, "", 0, 0, 4, "02 0a 01 00", ""},
	{2, "64 75 70 0a", 0, 0, 8, "02 02 05 64 75 70 0a 00", ""},
	{0xffff, "ff", 0, 0, 5, "04 ff ff ff 00", ""},
	{0, NULL, 251, 0x11, 255, "01 01 fc 11", "11 11 00"},
	{0, NULL, 252, 0x11, 256, "01 01 fd 11", "11 11 00"},
	{0, NULL, 253, 0x11, 257, "01 01 fe 11", "11 11 00"},
	{0, NULL, 254, 0x11, 259, "01 01 ff 11", "11 01 00"},
	{0, NULL, 255, 0x11, 260, "01 01 ff 11", "11 02 11 00"},
	{0, NULL, 256, 0x11, 261, "01 01 ff 11", "11 03 11 11 00"},
	{0x4269, NULL, 251, 0x11, 255, "fe 69 42 11", "11 11 00"},
	{0x4269, NULL, 252, 0x11, 257, "ff 69 42 11", "11 01 00"},
	{0x4269, NULL, 253, 0x11, 258, "ff 69 42 11", "11 02 11 00"},
	{0x4269, NULL, 254, 0x11, 259, "ff 69 42 11", "11 03 11 11 00"},
	{0x4269, NULL, 506, 0x11, 512, "ff 69 42 11", "11 01 00"},
	{0x4269, NULL, 507, 0x11, 513, "ff 69 42 11", "11 02 11 00"},
	{0, NULL, 256, 0x00, 260, "01 01 01 01", "01 01 00"},
	{0, "01..ff", 255, 0, 260, "01 01 ff 01 02 03 04 05", "fa fb fc fd fe 02 ff 00"},
};

static inline size_t payload_of(const struct vector *vector, uint8_t *out, size_t cap)
{
	assert_true(vector->count <= cap);
	if (vector->payload && vector->count == 0)
		return bytes_of_hex(out, cap, vector->payload);
	for (size_t i = 0; i < vector->count; i++)
		out[i] = vector->payload ? (uint8_t)(i + 1) : vector->fill;
	return vector->count;
}

#endif
