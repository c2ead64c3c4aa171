/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "rows_wide.h"

const struct mn__rows *mn__pick_rows(void)
{
	return &mn__rows_8;
}
