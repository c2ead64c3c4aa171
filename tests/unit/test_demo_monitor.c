/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: that the monitor's bars are as long as what they stand for, with made-up tasks and
 * calls; that tasks scroll when there are many; and that it draws only what has changed.
 */
#include <mnemos/daemons/demo_monitor.h>
#include <stdio.h>
#include <string.h>
#include "demo_screen.h"
#include "golden.h"

#define WIDTH 400
#define HEIGHT 200
#define PERIOD_US 500000

/* A service whose server takes one call and never answers. */
struct nothing {
	uint8_t unused;
};
MN_SERVICE(store, struct nothing, struct nothing);
const struct mn_service store_service =
	MN_SERVICE_INIT(store, "1.0", MN_UUID(0x5d3f8a10, 0x8b1f, 0x4b8e, 0x9a51, 0x0c6d7e8f9a0b));

struct store {
	struct mn_task task;
	struct mn_server server;
	struct mn_serving serving;
	struct mn_sleep nap;
};

static mn_poll store_run(struct store *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_register(&self->server, &store_service, NULL));
	MN_TRY(self, mn_serve(&self->serving, &self->server));
	MN_TRY(self, mn_sleep_until(&self->nap, MN_NEVER));
	MN_END(self);
}

MN_TASK(store);

struct caller {
	struct mn_task task;
	struct mn_connect connect;
	struct store_client store;
	struct mn_call call;
	struct nothing request, response;
};

static mn_poll caller_run(struct caller *self)
{
	MN_BEGIN(self);
	MN_TRY(self, store_connect(&self->connect, &self->store, NULL));
	MN_TRY(self, store_call(&self->call, &self->store, &self->request, &self->response));
	MN_END(self);
}

MN_TASK(caller);

/* Sleeps; what it has used of the processor the test makes up. */
struct idler {
	struct mn_task task;
	struct mn_sleep nap;
};

static mn_poll idler_run(struct idler *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_sleep_until(&self->nap, MN_NEVER));
	MN_END(self);
}

MN_TASK(idler);

static mn_poll motor_run(struct idler *self)
{
	return idler_run(self);
}

static mn_poll sensors_run(struct idler *self)
{
	return idler_run(self);
}

static mn_poll radio_run(struct idler *self)
{
	return idler_run(self);
}

MN_TASK_AS(motor, struct idler, "motor");
MN_TASK_AS(sensors, struct idler, "sensors");
MN_TASK_AS(radio, struct idler, "radio");

static struct mn_demo_monitor monitor;
static struct idler idlers[MN_DEMO_MONITOR_TASKS + 10];

static struct demo_screen *start(struct sim *sim, int32_t width, int32_t height)
{
	struct demo_screen *screen = demo_screen_new(sim, width, height);

	memset(&monitor, 0, sizeof monitor);
	memset(idlers, 0, sizeof idlers);
	mn_demo_monitor_start(&monitor, &sim->kernel,
			      &(struct mn_demo_monitor_config){.rect = {0}});
	sim_run_for(sim, DEMO_FRAME_US);
	return screen;
}

static const struct mn__monitor_cell *line_of(const struct mn__monitor_cell *lines, uint32_t count,
					      const char *name)
{
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(lines[i].shown.name, name) == 0)
			return &lines[i];
	fail_msg("no line says %s", name);
	return NULL;
}

/* Pixels of one colour in the middle of a line. */
static int32_t pixels_of(const struct demo_screen *screen, const struct mn__monitor_cell *cell,
			 mn_color color)
{
	uint16_t pixel;
	struct mn_bitmap kept;
	int32_t count = 0;

	mn_bitmap_init(&kept, MN_RGB565, MN_OPAQUE, 1, 1, &pixel, sizeof pixel);
	mn_bitmap_fill(&kept, NULL, color);
	for (int32_t x = 0; x < cell->rect.width; x++)
		count += mn_bitmap_at(&screen->device.screen, cell->rect.x + x,
				      cell->rect.y + monitor.font->height / 2 + 1) ==
			 mn_bitmap_at(&kept, 0, 0);
	return count;
}

#define CALM MN_RGB(72, 196, 160)
#define BUSY MN_RGB(244, 180, 72)
#define FULL MN_RGB(236, 84, 84)
#define TRACK MN_RGB(42, 46, 74)

/* Until the monitor has looked again; answers the time since it looked last. */
static uint64_t next_look_us(struct sim *sim)
{
	const uint64_t last_us = monitor.sample.at_us;

	while (monitor.sample.at_us == last_us)
		sim_run_for(sim, DEMO_FRAME_US / 2);
	return monitor.sample.at_us - last_us;
}

/* A task uses `us` of the time from one look to the next; what is said of it, and how? */
static void check_bar(struct demo_screen *screen, uint32_t us, uint32_t scale, mn_color color)
{
	const struct mn__monitor_cell *cell;
	uint32_t share;
	int32_t bar, rest;
	char text[16];

	idlers[0].task.cpu += (mn_cpu_time)us * (MN_CPU_HZ / 1000000);
	share = (uint32_t)(us * UINT64_C(1000) / next_look_us(screen->sim));
	share = share < 1000 ? share : 1000;
	sim_run_for(screen->sim, DEMO_FRAME_US); /* until it is shown */

	cell = line_of(monitor.left, monitor.left_count, "idler");
	assert_int_equal(cell->shown.value, share);
	snprintf(text, sizeof text, "%u.%u%%", (unsigned)(share / 10), (unsigned)(share % 10));
	assert_string_equal(cell->shown.text, text);
	bar = pixels_of(screen, cell, color);
	rest = pixels_of(screen, cell, TRACK);
	assert_int_equal(bar, (bar + rest) * (int32_t)share / (int32_t)scale);
}

static void bars_are_shares(void **state)
{
	struct sim *sim = *state;
	struct demo_screen *screen = start(sim, WIDTH, HEIGHT);

	mn_spawn(&sim->kernel, &idlers[0].task, &idler_task);
	next_look_us(sim);
	check_bar(screen, 3000, 10, CALM);
	check_bar(screen, 30000, 100, CALM);
	check_bar(screen, 100000, 1000, CALM);
	check_bar(screen, 300000, 1000, BUSY);
	check_bar(screen, 480000, 1000, FULL);
	check_bar(screen, 600000, 1000, FULL); /* nobody uses more than there is */
	check_bar(screen, 0, 10, CALM);
	demo_screen_free(screen);
}

/* One call is served and two wait. */
static void start_calls(struct sim *sim)
{
	static struct store store;
	static struct caller callers[3];

	memset(&store, 0, sizeof store);
	memset(callers, 0, sizeof callers);
	mn_spawn(&sim->kernel, &store.task, &store_task);
	for (int i = 0; i < 3; i++)
		mn_spawn(&sim->kernel, &callers[i].task, &caller_task);
}

/* A minute of three tasks: one is steady, one comes and goes, one is busy now and then. */
static void it_shows_a_minute(void **state)
{
	static const struct mn_task_type *const types[] = {&motor_task, &sensors_task, &radio_task};
	struct sim *sim = *state;
	struct demo_screen *screen;

	sim_in_order(sim); /* of their start, in which tasks are listed */
	screen = start(sim, WIDTH, HEIGHT);
	for (int i = 0; i < 3; i++)
		mn_spawn(&sim->kernel, &idlers[i].task, types[i]);
	start_calls(sim);
	for (int i = 0; i < MN_DEMO_MONITOR_POINTS; i++) {
		const int32_t wave = mn_sin((uint16_t)(i * 2000)) + 32767;
		const mn_cpu_time us[] = {60000, (mn_cpu_time)wave * 2,
					  i % 40 > 30 ? 180000 : 9000};

		for (int task = 0; task < 3; task++)
			idlers[task].task.cpu += us[task] * (MN_CPU_HZ / 1000000);
		next_look_us(sim);
	}
	sim_run_for(sim, DEMO_FRAME_US);
	golden_check("demo-monitor", &screen->device.screen);
	demo_screen_free(screen);
}

static void boxes_are_calls(void **state)
{
	struct sim *sim = *state;
	struct demo_screen *screen = start(sim, WIDTH, HEIGHT);
	const struct mn__monitor_cell *cell;

	start_calls(sim);
	sim_run_for(sim, 2 * PERIOD_US);
	cell = line_of(monitor.right, monitor.right_count, "store");
	assert_int_equal(cell->shown.value, 1);
	assert_int_equal(cell->shown.more, 2);
	assert_string_equal(cell->shown.text, "1+2");
	assert_int_equal(pixels_of(screen, cell, BUSY), 2 * pixels_of(screen, cell, CALM));
	demo_screen_free(screen);
}

static void many_tasks_scroll(void **state)
{
	struct sim *sim = *state;
	struct demo_screen *screen = start(sim, WIDTH, 100);
	uint32_t first;

	for (int i = 0; i < 60; i++)
		mn_spawn(&sim->kernel, &idlers[i].task, &idler_task);
	sim_run_for(sim, PERIOD_US + DEMO_FRAME_US);
	assert_true(monitor.sample.count > monitor.left_count);
	first = monitor.first;
	sim_run_for(sim, PERIOD_US + DEMO_FRAME_US);
	assert_int_equal(monitor.first, first + 1);
	sim_run_for(sim, monitor.sample.count * (uint64_t)(PERIOD_US + DEMO_FRAME_US));
	assert_true(monitor.first < monitor.sample.count);
	demo_screen_free(screen);
}

/* What is not listed has no share; nor has what takes the place of one that ended, at first. */
static void tasks_beyond_the_list_are_not_busy(void **state)
{
	struct sim *sim = *state;
	struct demo_screen *screen = start(sim, WIDTH, HEIGHT);

	for (size_t i = 0; i < sizeof idlers / sizeof idlers[0]; i++) {
		mn_spawn(&sim->kernel, &idlers[i].task, &idler_task);
		idlers[i].task.cpu = MN_CPU_HZ;
	}
	next_look_us(sim);
	next_look_us(sim);
	assert_int_equal(monitor.sample.count, MN_DEMO_MONITOR_TASKS);
	assert_true(monitor.sample.busy < 100);
	sim_cancel(sim, &idlers[0].task);
	next_look_us(sim);
	assert_true(monitor.sample.busy < 100);
	idlers[1].task.cpu += MN_CPU_HZ;
	next_look_us(sim);
	assert_int_equal(monitor.sample.busy, 1000);
	demo_screen_free(screen);
}

/* As a host's snapshots do when the host goes. */
static void who_turns_the_account_off_does_not_stop_it(void **state)
{
	struct sim *sim = *state;
	struct demo_screen *screen = start(sim, WIDTH, HEIGHT);

	mn_kernel_account(&sim->kernel, false, 0);
	next_look_us(sim);
	assert_true(sim->kernel.watch & MN__WATCH_CPU);
	demo_screen_free(screen);
}

static void only_changes_are_drawn(void **state)
{
	struct sim *sim = *state;
	struct demo_screen *screen = start(sim, WIDTH, HEIGHT);
	uint32_t draws;

	for (int i = 0; i < 10; i++)
		mn_spawn(&sim->kernel, &idlers[i].task, &idler_task);
	sim_run_for(sim, 4 * PERIOD_US);
	draws = screen->display.stats.draws;
	sim_run_for(sim, 10 * (uint64_t)(PERIOD_US + DEMO_FRAME_US));
	/* The header, the curve, the frames, the shares of the display and of the monitor. */
	assert_true(screen->display.stats.draws - draws <= 10 * 5);
	demo_screen_free(screen);
}

/* Half of a screen: two columns would be in the smallest letters, above nothing. */
static void a_tall_layer_has_one_column(void **state)
{
	struct demo_screen *screen = start(*state, 300, 301);

	sim_run_for(*state, PERIOD_US);
	assert_int_equal(monitor.left[0].rect.width, 300);
	assert_int_equal(monitor.right[0].rect.width, 300);
	assert_int_equal(monitor.font->height, 16);
	demo_screen_free(screen);
}

static void it_works_in_any_size(void **state)
{
	static const struct mn_point sizes[] = {{200, 160}, {64, 48}, {20, 200}, {300, 9}, {1, 1}};

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct demo_screen *screen = start(*state, sizes[i].x, sizes[i].y);

		sim_run_for(*state, 2 * PERIOD_US);
		assert_true(monitor.task.frame.flags & MN__TASK_ALIVE);
		demo_screen_free(screen);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(bars_are_shares),
		SIM_TEST(it_shows_a_minute),
		SIM_TEST(boxes_are_calls),
		SIM_TEST(many_tasks_scroll),
		SIM_TEST(tasks_beyond_the_list_are_not_busy),
		SIM_TEST(who_turns_the_account_off_does_not_stop_it),
		SIM_TEST(only_changes_are_drawn),
		SIM_TEST(a_tall_layer_has_one_column),
		SIM_TEST(it_works_in_any_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
