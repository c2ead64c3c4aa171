/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Pictures of the demonstrations, made from source/daemons/sprites/ when the system is built. */
#ifndef DAEMONS_SPRITES_H
#define DAEMONS_SPRITES_H

#include <mnemos/gfx/bitmap.h>

extern const struct mn_bitmap mn_image_balloon, mn_image_cloud, mn_image_crow, mn_image_letter,
	mn_image_pencil;

#endif
