/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What `top` knows, for programs: one JSON object on one line. */
#ifndef CROWTTY_TOP_JSON_H
#define CROWTTY_TOP_JSON_H

#include <stdio.h>

#include "diagnose.h"

/* Changes when a key is renamed, removed or has another meaning; not when one is added. */
#define TOP_JSON_SCHEMA 1

void top_json(FILE *out, const struct model *model);

#endif
