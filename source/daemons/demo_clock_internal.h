/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Between the two files of the clock. */
#ifndef DAEMONS_DEMO_CLOCK_INTERNAL_H
#define DAEMONS_DEMO_CLOCK_INTERNAL_H

#include <mnemos/daemons/demo_clock.h>
#include "demo_internal.h"

/* Draws all that does not move. */
void mn__clock_draw_landscape(struct mn_bitmap *bitmap, const struct mn__clock_layout *layout);

#endif
