/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A screenshot as a PNG. */
#ifndef CROWTTY_PICTURE_H
#define CROWTTY_PICTURE_H

#include <stdbool.h>
#include <stdio.h>
#include <mnemos/proto/screenshot.h>

/* Writes it; `pixels` as a reader leaves them. Colours get 8 bits by repeating their highest ones.
 * Returns false with errno set. */
bool picture_write(FILE *out, const struct mn_screenshot_picture *picture, const uint8_t *pixels);

#endif
