/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the demonstrations share. */
#ifndef DAEMONS_DEMO_INTERNAL_H
#define DAEMONS_DEMO_INTERNAL_H

#include <mnemos/gfx/draw.h>

/* The largest of the fonts of which `chars` characters fit a width; if none does the smallest. */
const struct mn_font *mn__demo_font(int32_t width, int32_t chars);

#endif
