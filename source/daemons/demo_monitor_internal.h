/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Between the files of the monitor. */
#ifndef DAEMONS_DEMO_MONITOR_INTERNAL_H
#define DAEMONS_DEMO_MONITOR_INTERNAL_H

#include <mnemos/daemons/demo_monitor.h>
#include "demo_internal.h"

/* ---- demo_monitor_sample.c ---- */

/* Looks at the running kernel: what its tasks have used since the last look. */
void mn__monitor_look(struct mn_demo_monitor *self);

/* Writes what was found into the cells. */
void mn__monitor_fill(struct mn_demo_monitor *self);

/* ---- demo_monitor_draw.c ---- */

/* Places the cells, so that they cover the layer. */
void mn__monitor_lay_out(struct mn_demo_monitor *self);

/* Draws a cell into a chunk of its size. */
void mn__monitor_draw(struct mn_bitmap *chunk, const struct mn_demo_monitor *self,
		      const struct mn__monitor_cell *cell);

#endif
