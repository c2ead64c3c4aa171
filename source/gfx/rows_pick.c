/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rows by what the processor has, asked for each: that costs a load and a branch. */
#include "rows_wide.h"

void mn__blend_alpha8_row(uint16_t *to, const uint16_t *from, const uint8_t *alpha, size_t n)
{
	mn__pick_rows()->blend_alpha8(to, from, alpha, n);
}

void mn__blend_mask_row(uint16_t *to, const uint16_t *from, const uint8_t *bits, int32_t x,
			size_t n)
{
	mn__pick_rows()->blend_mask(to, from, bits, x, n);
}

void mn__widen_row(uint32_t *to, const uint16_t *from, size_t n)
{
	mn__pick_rows()->widen(to, from, n);
}
