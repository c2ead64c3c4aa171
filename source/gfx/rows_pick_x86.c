/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "rows_wide.h"

const struct mn__rows *mn__pick_rows(void)
{
	if (__builtin_cpu_supports("avx512bw"))
		return &mn__rows_32;
	return __builtin_cpu_supports("avx2") ? &mn__rows_16 : &mn__rows_8;
}
