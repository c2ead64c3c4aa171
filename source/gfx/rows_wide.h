/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* rows_wide.c, for each width of vectors. */
#ifndef MNEMOS_GFX_ROWS_WIDE_H
#define MNEMOS_GFX_ROWS_WIDE_H

#include "internal.h"

struct mn__rows {
	void (*blend_alpha8)(uint16_t *to, const uint16_t *from, const uint8_t *alpha, size_t n);
	void (*blend_mask)(uint16_t *to, const uint16_t *from, const uint8_t *bits, int32_t x,
			   size_t n);
	void (*widen)(uint32_t *to, const uint16_t *from, size_t n);
};

/* For any processor with vectors, and for such that have more. */
extern const struct mn__rows mn__rows_8, mn__rows_16, mn__rows_32;

/* The widest that this processor has. rows_pick_x86.c, or rows_pick_any.c. */
const struct mn__rows *mn__pick_rows(void);

#endif
