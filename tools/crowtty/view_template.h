/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The page without its data, joined from view/ when this is built (view/join.py). */
#ifndef CROWTTY_VIEW_TEMPLATE_H
#define CROWTTY_VIEW_TEMPLATE_H

#include <stddef.h>

extern const unsigned char view_template_head[], view_template_tail[];
extern const size_t view_template_head_size, view_template_tail_size;

#endif
