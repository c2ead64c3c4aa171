/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: what the virtio GPU's driver asks of the device, when, and what it makes of answers
 * that an emulator does not give. The test is the device. Real pictures:
 * tests/system/test_virtio.py.
 */
#include <stdio.h>
#include <mnemos/drivers/virtio_gpu.h>
#include "virtio.h"

#define WIDTH 100
#define HEIGHT 50
#define OUTPUT 1 /* the one that is there */

enum { /* commands */
       GET_DISPLAY_INFO = 0x100,
       RESOURCE_CREATE_2D = 0x101,
       SET_SCANOUT = 0x103,
       RESOURCE_FLUSH = 0x104,
       TRANSFER_TO_HOST_2D = 0x105,
       RESOURCE_ATTACH_BACKING = 0x106
};

#define OK 0x1100
#define OK_DISPLAY_INFO 0x1101
#define ERROR_OUT_OF_MEMORY 0x1201

struct world {
	struct sim *sim;
	struct fake fake;
	struct mn_virtio_gpu gpu;
};

static struct world world;

static void power_on(struct sim *sim, const struct mn_virtio_gpu_config *config)
{
	memset(&world, 0, sizeof world);
	world.sim = sim;
	fake_init(&world.fake, MN_VIRTIO_GPU);
	assert_int_equal(mn_virtio_open(&world.gpu.virtio, &sim->kernel, world.fake.registers),
			 MN_OK);
	assert_int_equal(mn_virtio_gpu_start(&world.gpu, &sim->kernel, config), MN_OK);
	assert_int_equal(world.fake.registers[FAKE_STATUS], FAKE_RUNS);
	fake_find_queue(&world.fake);
	sim_settle(sim);
}

/* The screen's memory is the driver's for ever; here the world ends. */
static void power_off(void)
{
	sim_cancel_all(world.sim);
	mn_heap_free(world.sim->kernel.heap, world.gpu.setup.memory);
}

/* Takes a command; checks its type and first words, and that it is fenced. */
#define EXPECT(type, ...)                                \
	expect(type, (const uint32_t[]){0, __VA_ARGS__}, \
	       sizeof((const uint32_t[]){0, __VA_ARGS__}) / sizeof(uint32_t) - 1)
static uint16_t expect(uint32_t type, const uint32_t *words, size_t count)
{
	const uint16_t head = fake_take(&world.fake);
	const uint32_t *request = fake_data(&world.fake, head);

	assert_int_equal(request[0], type);
	assert_int_equal(request[1], 1);
	assert_true(world.fake.descriptors[head].len >= (6 + count) * sizeof *request);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(request[6 + i], words[1 + i]);
	return head;
}

static uint32_t *answer_of(uint16_t head)
{
	return fake_data(&world.fake, world.fake.descriptors[head].next);
}

static void answer(uint16_t head, uint32_t type)
{
	answer_of(head)[0] = type;
	fake_use(&world.fake, head, 24);
}

static void interrupt(void)
{
	fake_interrupt(&world.fake, &world.gpu.virtio, 1);
	sim_settle(world.sim);
}

static void answer_size(uint32_t width, uint32_t height)
{
	const uint16_t head = EXPECT(GET_DISPLAY_INFO);
	uint32_t *words = answer_of(head) + 6 + 6 * OUTPUT;

	words[2] = width;
	words[3] = height;
	words[4] = 1;
	answer_of(head)[0] = OK_DISPLAY_INFO;
	fake_use(&world.fake, head, 24 + 16 * 24);
	interrupt();
}

/* Two commands of which the second is answered first: the driver goes on when both are. */
static void answer_both(uint16_t first, uint16_t second)
{
	answer(second, OK);
	interrupt();
	assert_int_equal(fake_waiting(&world.fake), 0);
	answer(first, OK);
	interrupt();
}

static void set_up(uint32_t width, uint32_t height)
{
	uint16_t first, second;
	const uint32_t *entry;

	first = EXPECT(RESOURCE_CREATE_2D, 1, 2, width, height);
	second = EXPECT(RESOURCE_ATTACH_BACKING, 1, 1);
	entry = (const uint32_t *)fake_data(&world.fake, second) + 8;
	assert_true((entry[0] | (uint64_t)entry[1] << 32) ==
		    (uintptr_t)world.gpu.display.screen.pixels);
	assert_int_equal(entry[2], width * height * 4);
	answer_both(first, second);
	first = EXPECT(TRANSFER_TO_HOST_2D, 0, 0, width, height, 0, 0, 1);
	second = EXPECT(SET_SCANOUT, 0, 0, width, height, OUTPUT, 1);
	answer_both(first, second);
}

/* The next present is of this rectangle. */
static void shows(uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
	const uint16_t first = EXPECT(TRANSFER_TO_HOST_2D, x, y, width, height, (y * WIDTH + x) * 4,
				      0, 1),
		       second = EXPECT(RESOURCE_FLUSH, x, y, width, height, 1);

	answer_both(first, second);
}

static void screen_is_as_large_as_the_device_prefers(void **state)
{
	power_on(*state, &(struct mn_virtio_gpu_config){.frame_us = 1000});
	answer_size(WIDTH, HEIGHT);
	set_up(WIDTH, HEIGHT);
	assert_int_equal(world.gpu.display.screen.width, WIDTH);
	shows(0, 0, WIDTH, HEIGHT); /* the display's first frame */
	assert_int_equal(fake_waiting(&world.fake), 0);
	power_off();
}

static void configured_size_comes_first_and_a_usual_one_last(void **state)
{
	power_on(*state, &(struct mn_virtio_gpu_config){.width = 20, .height = 10, .frame_us = 1});
	answer_size(WIDTH, HEIGHT);
	set_up(20, 10);
	power_off();
	power_on(*state, &(struct mn_virtio_gpu_config){.width = 1, .frame_us = 1});
	answer_size(0, UINT32_MAX);
	set_up(1, 768);
	power_off();
}

/* ---- Showing ----------------------------------------------------------------------------- */

static const struct mn_layer_config whole_screen = {.format = MN_RGB565};

struct client {
	struct mn_task task;
	struct mn_layer layer;
	struct mn_bitmap chunk;
	int32_t x, y;
	uint16_t pixels[12];
	int drawn;
};

static mn_poll client_run(struct client *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_layer_open(&self->layer, &whole_screen));
	MN_TRY(self, mn_layer_frame(&self->layer));
	self->drawn++;
	memset(self->pixels, 0xff, sizeof self->pixels);
	mn_bitmap_init(&self->chunk, MN_RGB565, MN_OPAQUE, 4, 3, self->pixels, sizeof self->pixels);
	MN_TRY(self, mn_layer_draw(&self->layer, &self->chunk, self->x, self->y));
	MN_TRY(self, mn_layer_frame(&self->layer));
	self->drawn++;
	MN_TRY(self, mn_layer_draw(&self->layer, &self->chunk, 0, 0));
	MN_TRY(self, mn_layer_frame(&self->layer));
	self->drawn++;
	MN_END(self);
}

MN_TASK(client);

/* A screen on which a client has its layer. */
static struct client *power_on_with_client(struct sim *sim)
{
	static struct client client;

	client = (struct client){.x = WIDTH - 4, .y = 7};
	power_on(sim, &(struct mn_virtio_gpu_config){.frame_us = 1000});
	answer_size(WIDTH, HEIGHT);
	set_up(WIDTH, HEIGHT);
	shows(0, 0, WIDTH, HEIGHT);
	mn_spawn(&sim->kernel, &client.task, &client_task);
	sim_run_for(sim, 1000);
	shows(0, 0, WIDTH, HEIGHT); /* of the layer */
	sim_run_for(sim, 1000);
	return &client;
}

static void frame_lasts_until_the_device_has_shown_it(void **state)
{
	struct sim *sim = *state;
	struct client *client = power_on_with_client(sim);
	const uint32_t *pixels = world.gpu.display.screen.pixels;
	const int drawn = client->drawn;
	uint32_t turns;

	assert_int_equal(pixels[8 * WIDTH - 1], 0xffffff);
	turns = sim->turns;
	sim_run_for(sim, 100000); /* a device that takes its time: nobody runs */
	assert_true(sim->turns - turns < 3);
	assert_int_equal(client->drawn, drawn);
	shows(WIDTH - 4, 7, 4, 3);
	sim_run_for(sim, 1000);
	assert_int_equal(client->drawn, drawn + 1);
	power_off();
}

static void refused_present_is_logged_and_the_next_one_tried(void **state)
{
	struct sim *sim = *state;
	struct client *client = power_on_with_client(sim);
	uint16_t first = EXPECT(TRANSFER_TO_HOST_2D, WIDTH - 4, 7), second = EXPECT(RESOURCE_FLUSH);

	answer(first, OK);
	answer(second, 0x1205);
	interrupt();
	assert_non_null(strstr(sim->log, "ERROR drivers::virtio_gpu: the device answers command "
					 "0x104 with 0x1205, 24 bytes\n"));
	assert_int_equal(world.gpu.server.stats.failures, 1);
	sim_run_for(sim, 1000);
	shows(0, 0, 4, 3);
	sim_run_for(sim, 1000);
	assert_int_equal(client->drawn, 3);
	power_off();
}

/* The display server has no patience for ever, but nothing is asked before all is answered. */
static void late_answer_delays_what_comes_next(void **state)
{
	struct sim *sim = *state;
	struct client *client = power_on_with_client(sim);
	uint16_t first = EXPECT(TRANSFER_TO_HOST_2D, WIDTH - 4, 7), second = EXPECT(RESOURCE_FLUSH);

	sim_run_for(sim, 1500000);
	assert_int_equal(world.gpu.server.stats.failures, 1);
	assert_int_equal(client->drawn, 2);
	assert_int_equal(fake_waiting(&world.fake), 0);
	answer_both(first, second);
	shows(0, 0, 4, 3);
	sim_run_for(sim, 1000);
	assert_int_equal(client->drawn, 3);
	power_off();
}

static void device_that_breaks_leaves_the_system_running(void **state)
{
	struct sim *sim = *state;
	struct client *client = power_on_with_client(sim);

	world.fake.registers[FAKE_STATUS] |= FAKE_NEEDS_RESET;
	fake_interrupt(&world.fake, &world.gpu.virtio, 2);
	sim_run_for(sim, 10000);
	assert_non_null(strstr(sim->log,
			       "ERROR drivers::virtio_gpu: the screen stays as it is: the "
			       "device asks to be reset\n"));
	assert_int_equal(client->drawn, 3);
	power_off();
}

static unsigned said(const struct sim *sim, const char *text)
{
	unsigned times = 0;

	for (const char *at = sim->log; (at = strstr(at, text)); at++)
		times++;
	return times;
}

/* Clients go on to draw, and each of their frames fails. */
static void what_is_wrong_is_said_once(void **state)
{
	struct sim *sim = *state;

	power_on_with_client(sim);
	for (int frame = 0; frame < 2; frame++) {
		const uint16_t first = EXPECT(TRANSFER_TO_HOST_2D), second = EXPECT(RESOURCE_FLUSH);

		answer(first, OK);
		answer(second, 0x1205);
		interrupt();
		sim_run_for(sim, 1000);
	}
	assert_int_equal(world.gpu.server.stats.failures, 2);
	assert_int_equal(said(sim, "the device answers"), 1);
	power_off();
}

static void broken_device_is_asked_nothing(void **state)
{
	struct sim *sim = *state;
	struct client *client = power_on_with_client(sim);

	shows(WIDTH - 4, 7, 4, 3);
	world.fake.registers[FAKE_STATUS] |= FAKE_NEEDS_RESET;
	fake_interrupt(&world.fake, &world.gpu.virtio, 2);
	sim_run_for(sim, 10000);
	assert_int_equal(client->drawn, 3);
	assert_int_equal(fake_waiting(&world.fake), 0);
	assert_int_equal(said(sim, "the device answers"), 0);
	assert_int_equal(said(sim, "the screen stays as it is"), 1);
	power_off();
}

static void change_of_the_window_is_noted(void **state)
{
	power_on_with_client(*state);
	world.fake.registers[FAKE_CONFIG] = 1;
	world.fake.registers[FAKE_CONFIG + 1] = 0;
	fake_interrupt(&world.fake, &world.gpu.virtio, 2);
	sim_settle(*state);
	assert_int_equal(world.fake.registers[FAKE_CONFIG + 1], 1);
	power_off();
}

/* ---- No screen ------------------------------------------------------------------------- */

static void ends_with(struct sim *sim, const char *said)
{
	assert_non_null(strstr(sim->log, said));
	assert_int_equal(sim->kernel.tasks_ended, 1);
	assert_int_equal(world.fake.registers[FAKE_STATUS], 0); /* reset: it forgets our memory */
	sim_cancel_all(sim);
}

static void device_that_refuses_is_told_of(void **state)
{
	struct sim *sim = *state;
	uint16_t first, second;

	power_on(sim, &(struct mn_virtio_gpu_config){.frame_us = 1});
	answer_size(WIDTH, HEIGHT);
	first = EXPECT(RESOURCE_CREATE_2D);
	second = EXPECT(RESOURCE_ATTACH_BACKING);
	answer(first, ERROR_OUT_OF_MEMORY);
	answer(second, OK);
	interrupt();
	assert_non_null(strstr(sim->log, "the device answers command 0x101 with 0x1201"));
	ends_with(sim, "ERROR drivers::virtio_gpu: no screen: input/output error\n");
}

static void answer_that_is_too_short_is_none(void **state)
{
	power_on(*state, &(struct mn_virtio_gpu_config){.frame_us = 1});
	answer(EXPECT(GET_DISPLAY_INFO), OK_DISPLAY_INFO);
	interrupt();
	ends_with(*state, "no screen: input/output error\n");
}

static void device_that_lies_is_told_of(void **state)
{
	power_on(*state, &(struct mn_virtio_gpu_config){.frame_us = 1});
	fake_use(&world.fake, 77, 24);
	interrupt();
	ends_with(*state, "no screen: the device has used what it did not have\n");
}

static void screen_for_which_there_is_no_memory_is_told_of(void **state)
{
	power_on(*state, &(struct mn_virtio_gpu_config){.frame_us = 1});
	answer_size(16384, 16384);
	ends_with(*state, "kernel.heap_size leaves no 1073741824 bytes for a screen of 16384 x "
			  "16384\n");
}

static void device_that_says_nothing_is_waited_for(void **state)
{
	struct sim *sim = *state;
	uint32_t turns;

	power_on(sim, &(struct mn_virtio_gpu_config){.frame_us = 1});
	turns = sim->turns;
	sim_run_for(sim, 1000000);
	assert_true(sim->turns - turns < 3);
	assert_int_equal(sim->kernel.tasks_ended, 0);
	sim_cancel_all(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(screen_is_as_large_as_the_device_prefers),
		SIM_TEST(configured_size_comes_first_and_a_usual_one_last),
		SIM_TEST(frame_lasts_until_the_device_has_shown_it),
		SIM_TEST(refused_present_is_logged_and_the_next_one_tried),
		SIM_TEST(late_answer_delays_what_comes_next),
		SIM_TEST(device_that_breaks_leaves_the_system_running),
		SIM_TEST(what_is_wrong_is_said_once),
		SIM_TEST(broken_device_is_asked_nothing),
		SIM_TEST(change_of_the_window_is_noted),
		SIM_TEST(device_that_refuses_is_told_of),
		SIM_TEST(answer_that_is_too_short_is_none),
		SIM_TEST(device_that_lies_is_told_of),
		SIM_TEST(screen_for_which_there_is_no_memory_is_told_of),
		SIM_TEST(device_that_says_nothing_is_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
