/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Angles without floating point. */
#include <mnemos/gfx/draw.h>

#define ONE 32767

/*
 * The sine of `z` quarters of a turn, z from 0 to 1 in 2^-14: its series, whose terms are here in
 * 2^-30. What is left out is below 2^-24.
 */
static int32_t quarter(int32_t z)
{
	static const int32_t terms[] = {1686629713, -693598664, 85569302, -5026995, 172272, -3864};
	const int32_t square = z * z;
	int32_t sum = 0;

	for (int i = sizeof terms / sizeof *terms - 1; i >= 0; i--)
		sum = terms[i] + (int32_t)((int64_t)sum * square >> 28);
	sum = (int32_t)((int64_t)sum * z >> 14);
	return (int32_t)(((int64_t)sum * ONE + (1 << 29)) >> 30);
}

int32_t mn_sin(uint16_t angle)
{
	const int32_t within = angle & 0x3fff;
	const int32_t value = quarter(angle & 0x4000 ? 0x4000 - within : within);

	return angle & 0x8000 ? -value : value;
}

static __attribute__((noinline)) int32_t scaled(int32_t value, int32_t distance)
{
	const int64_t product = (int64_t)value * distance;

	return (int32_t)((product + (product < 0 ? -ONE / 2 : ONE / 2)) / ONE);
}

struct mn_point mn_polar(int32_t x, int32_t y, uint16_t angle, int32_t distance)
{
	return (struct mn_point){x + scaled(mn_sin(angle), distance),
				 y - scaled(mn_cos(angle), distance)};
}
