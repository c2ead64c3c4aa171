/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The monitor's task: look, fill the cells, and draw those that show something new. */
#include <string.h>
#include "demo_monitor_internal.h"

#define MN_LOG_TARGET "daemons::demo_monitor"

#define PERIOD_US 500000

static mn_poll open_layer(struct mn_demo_monitor *self)
{
	return mn_layer_open(&self->layer, &(struct mn_layer_config){.rect = self->config.rect,
								     .format = MN_RGB565});
}

/* All cells, one after the other; NULL behind the last. */
static struct mn__monitor_cell *cell_at(struct mn_demo_monitor *self, uint32_t index)
{
	if (index < 2)
		return index == 0 ? &self->header : &self->curve;
	index -= 2;
	if (index < self->left_count)
		return &self->left[index];
	index -= self->left_count;
	return index < self->right_count ? &self->right[index] : NULL;
}

static size_t cell_size(const struct mn__monitor_cell *cell)
{
	return mn_bitmap_size(MN_RGB565, MN_OPAQUE, cell->rect.width, cell->rect.height);
}

/* Enough for the largest cell. */
static mn_poll alloc_chunk(struct mn_demo_monitor *self)
{
	size_t most = 0;

	for (uint32_t i = 0; cell_at(self, i); i++)
		if (most < cell_size(cell_at(self, i)))
			most = cell_size(cell_at(self, i));
	self->memory = mn_try_alloc(most);
	return self->memory ? MN_OK : MN_ENOMEM;
}

/* Of a layer that is too small for anything some cells have no pixels. */
static bool is_to_be_drawn(const struct mn__monitor_cell *cell)
{
	return cell_size(cell) > 0 && memcmp(&cell->now, &cell->shown, sizeof cell->now) != 0;
}

/* Goes on to the next cell that shows something new, and draws it; false if there is none. */
static bool draw_next(struct mn_demo_monitor *self)
{
	struct mn__monitor_cell *cell;

	while ((cell = cell_at(self, self->cell++))) {
		if (!is_to_be_drawn(cell))
			continue;
		mn_bitmap_init(&self->chunk, MN_RGB565, MN_OPAQUE, cell->rect.width,
			       cell->rect.height, self->memory, cell_size(cell));
		mn__monitor_draw(&self->chunk, self, cell);
		cell->shown = cell->now;
		return true;
	}
	return false;
}

static mn_poll show_cell(struct mn_demo_monitor *self)
{
	const struct mn_rect *rect = &cell_at(self, self->cell - 1)->rect;

	return mn_layer_draw(&self->layer, &self->chunk, rect->x, rect->y);
}

/* At first no cell shows anything, not even that it is empty. */
static void begin(struct mn_demo_monitor *self)
{
	mn__monitor_lay_out(self);
	for (uint32_t i = 0; cell_at(self, i); i++)
		cell_at(self, i)->shown.kind = UINT8_MAX;
	mn__monitor_look(self);
}

/* The account anew each time: others may have turned it off, who had turned it on before. */
static void look(struct mn_demo_monitor *self)
{
	mn_kernel_account(mn_running, true, mn_running->budget_us);
	mn__monitor_look(self);
	mn__monitor_fill(self);
	self->cell = 0;
}

static mn_poll mn_demo_monitor_run(struct mn_demo_monitor *self)
{
	MN_BEGIN(self);
	MN_AWAIT(self, open_layer(self));
	if (MN_RESULT(self) == MN_OK) {
		begin(self);
		MN_AWAIT(self, alloc_chunk(self));
	}
	while (MN_RESULT(self) == MN_OK) {
		look(self);
		while (MN_RESULT(self) == MN_OK && draw_next(self))
			MN_AWAIT(self, show_cell(self));
		if (MN_RESULT(self) == MN_OK)
			MN_AWAIT(self, mn_layer_frame(&self->layer));
		if (MN_RESULT(self) == MN_OK)
			MN_AWAIT(self, mn_sleep(&self->nap, PERIOD_US));
	}
	mn_free(self->memory);
	MN_RETURN(self, mn_log_end(MN_RESULT(self)));
	MN_END(self);
}

MN_TASK_AS(mn_demo_monitor, struct mn_demo_monitor, "demo_monitor");

void mn_demo_monitor_start(struct mn_demo_monitor *monitor, struct mn_kernel *kernel,
			   const struct mn_demo_monitor_config *config)
{
	monitor->config = *config;
	mn_spawn(kernel, &monitor->task, &mn_demo_monitor_task);
}
