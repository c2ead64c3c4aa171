/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The input is what clients of a display do. Its first bytes are what the screen is; then each step
 * is a byte for who and what, and numbers for where: small ones mostly, but all that are near the
 * ends of their types, too. A step may begin before those of other clients have ended, and its
 * client be killed some turns later.
 *
 * Whatever happens, the screen shows what a naive model says, a client reads what is shown, no byte
 * is written beside a picture, and in the end all tasks have ended and all memory is back.
 */
#include "../tests/unit/display_model.h"
#include "fuzz_kernel.h"

#define CLIENTS 4
#define FRAME_US 1000

enum step { OPEN, DRAW, REPLACE, MOVE, FRAME, READ, CLOSE, KILL, STEPS };

/* One with a layer, and the picture of what is in it. */
struct client {
	struct mn_task task;
	struct mn_queue told;
	struct mn_waiter waiter;
	struct mn_layer layer;
	enum step what;
	struct mn_layer_config config;
	struct mn_bitmap chunk;
	int32_t x, y, z;
	bool busy;
	mn_poll answer;
};

/* Cancels a client some turns later. */
struct killer {
	struct mn_task task;
	struct client *victim;
	unsigned turns;
};

static struct mn_kernel kernel;
static struct mn_registry_slot registry[2];
static _Alignas(16) uint8_t heap[98304];

static struct mn_display_device device;
static struct mn_display display;
static struct client clients[CLIENTS];
static struct picture pictures[CLIENTS];
static struct killer killer;

static const uint8_t *input, *input_end;

/* ---- Numbers of the input ------------------------------------------------------------ */

static uint8_t next_byte(void)
{
	return input < input_end ? *input++ : 0;
}

static int32_t next_coordinate(void)
{
	static const int32_t ends[] = {INT32_MIN, INT32_MIN + 1, INT32_MAX,          INT32_MAX - 7,
				       1 << 30,   -(1 << 30),    MN_BITMAP_SIDE_MAX, -9000};
	const uint8_t byte = next_byte();

	return byte >= 0xf8 ? ends[byte - 0xf8] : (int8_t)byte / 2;
}

/* A side of a layer; most can be. */
static int32_t next_side(void)
{
	static const int32_t ends[] = {0, -1, INT32_MIN, INT32_MAX, MN_BITMAP_SIDE_MAX + 1, 9000};
	const uint8_t byte = next_byte();

	return byte >= 0xfa ? ends[byte - 0xfa] : byte % 48;
}

/* Formats that are good, and one of each that is not. */
static enum mn_pixel_format next_format(enum mn_alpha_format *alpha)
{
	const uint8_t byte = next_byte();

	*alpha = byte == 0xff ? (enum mn_alpha_format)3 : (enum mn_alpha_format)(byte / 4 % 3);
	return byte == 0xfe ? (enum mn_pixel_format)4 : (enum mn_pixel_format)(byte % 4);
}

/* Memory of its own with pixels of any colours; now and then it says of itself what cannot be. */
static struct mn_bitmap next_chunk(void)
{
	enum mn_alpha_format alpha;
	const enum mn_pixel_format format = next_format(&alpha) % 4;
	const uint8_t sides = next_byte(), noise = next_byte();
	const int32_t width = sides == 0xff ? 9000 : 1 + sides % 16 * 2, height = 1 + sides / 16;
	const size_t size = mn_bitmap_size(format, alpha % 3, width, height);
	uint8_t *memory = fuzz_alloc(size);
	struct mn_bitmap chunk;

	for (size_t i = 0; i < size; i++)
		memory[i] = (uint8_t)((i * 167 + noise * 31) >> (noise & 3));
	FUZZ_CHECK(mn_bitmap_init(&chunk, format, alpha % 3, width, height, memory, size));
	if (format == MN_RGB888) /* the unused bits */
		for (size_t i = 0; i < (size_t)width * (size_t)height; i++)
			((uint32_t *)chunk.pixels)[i] &= 0xffffff;
	if (noise >= 0xfd)
		chunk.width = noise == 0xff ? INT32_MAX : -1;
	if (noise == 0xfc)
		chunk.stride = 0;
	return chunk;
}

/* ---- Clients ------------------------------------------------------------------------- */

static mn_poll do_step(struct client *client)
{
	switch (client->what) {
	case OPEN:
		return mn_layer_open(&client->layer, &client->config);
	case DRAW:
		return mn_layer_draw(&client->layer, &client->chunk, client->x, client->y);
	case REPLACE:
		return mn_layer_replace(&client->layer, &client->chunk, client->x, client->y);
	case MOVE:
		return mn_layer_move(&client->layer, client->x, client->y, client->z);
	case FRAME:
		return mn_layer_frame(&client->layer);
	case READ:
		return mn_display_read(&client->layer, NULL, &client->chunk, client->x, client->y);
	default:
		return mn_layer_close(&client->layer);
	}
}

static mn_poll client_run(struct client *self)
{
	MN_BEGIN(self);
	for (;;) {
		MN_TRY(self, mn_queue_wait(&self->waiter, &self->told));
		MN_TRY(self,
		       (self->answer = do_step(self)) == MN_PENDING || self->answer == MN_ECANCELED
			       ? self->answer
			       : MN_OK);
		self->busy = false;
	}
	MN_END(self);
}

MN_TASK(client);

static mn_poll killer_run(struct killer *self)
{
	MN_BEGIN(self);
	while (self->turns-- > 0)
		MN_YIELD(self);
	mn_cancel(&self->victim->task);
	MN_END(self);
}

MN_TASK(killer);

static void start_client(struct client *client)
{
	memset(client, 0, sizeof *client);
	client->answer = MN_PENDING;
	mn_queue_init(&client->told);
	mn_spawn(&kernel, &client->task, &client_task);
}

static void settle(void)
{
	while (mn_kernel_run_once(&kernel) <= now_us)
		;
}

static void pass(uint64_t us)
{
	const uint64_t end_us = now_us + us;
	uint64_t next_us;

	while ((next_us = mn_kernel_run_once(&kernel)) <= end_us)
		now_us = next_us > now_us ? next_us : now_us;
	now_us = end_us;
}

/* ---- The model ------------------------------------------------------------------------- */

static void forget(struct picture *picture)
{
	free(picture->bitmap.pixels);
	memset(picture, 0, sizeof *picture);
}

static void model_open(struct picture *picture, const struct mn_layer *layer,
		       const struct mn_layer_config *config)
{
	const size_t size = mn_bitmap_size(config->format, config->alpha_format, layer->rect.width,
					   layer->rect.height);

	FUZZ_CHECK(mn_bitmap_init(&picture->bitmap, config->format, config->alpha_format,
				  layer->rect.width, layer->rect.height, fuzz_alloc(size), size));
	mn_bitmap_fill(&picture->bitmap, NULL, MN_CLEAR);
	picture->x = layer->rect.x;
	picture->y = layer->rect.y;
	picture->z = config->z;
	picture->order = layer->id;
}

/* What a client has done, if it was done. */
static void model_step(const struct client *client, struct picture *picture)
{
	if (client->answer != MN_OK)
		return;
	if (client->what == OPEN)
		model_open(picture, &client->layer, &client->config);
	if (client->what == DRAW || client->what == REPLACE)
		model_draw(&picture->bitmap, &client->chunk, client->x, client->y,
			   client->what == REPLACE);
	if (client->what == MOVE) {
		picture->x = client->x;
		picture->y = client->y;
		picture->z = client->z;
	}
	if (client->what == CLOSE)
		forget(picture);
}

/* The errors that there have to be. */
static void check_answer(const struct client *client, bool was_open)
{
	const bool draws = client->what == DRAW || client->what == REPLACE;

	if ((draws || client->what == MOVE || client->what == FRAME) && !was_open)
		FUZZ_CHECK(client->answer == MN_EINVAL);
	else if (draws || client->what == READ)
		FUZZ_CHECK(client->answer ==
			   (mn_bitmap_is_valid(&client->chunk) ? MN_OK : MN_EINVAL));
	else if (client->what != OPEN)
		FUZZ_CHECK(client->answer == MN_OK);
	else
		FUZZ_CHECK(!was_open || client->answer == MN_EINVAL);
}

/* ---- Steps ------------------------------------------------------------------------------ */

/* Waits until a client has done what it does, or has been killed, and does the same. */
static void finish_step(struct client *client)
{
	struct picture *picture = &pictures[client - clients];

	settle();
	while (client->busy && client->task.frame.flags & MN__TASK_ALIVE)
		pass(FRAME_US);
	if (!(client->task.frame.flags & MN__TASK_ALIVE)) {
		forget(picture);
	} else if (client->answer != MN_PENDING) {
		check_answer(client, picture->order);
		model_step(client, picture);
	}
	free(client->chunk.pixels);
	if (!(client->task.frame.flags & MN__TASK_ALIVE))
		start_client(client);
	memset(&client->chunk, 0, sizeof client->chunk);
	client->answer = MN_PENDING;
}

static void begin_step(struct client *client, enum step what)
{
	client->what = what;
	if (what == OPEN) {
		client->config.rect = (struct mn_rect){next_coordinate(), next_coordinate(),
						       next_side(), next_side()};
		client->config.z = (int8_t)next_byte() / 32;
		client->config.format = next_format(&client->config.alpha_format);
	} else {
		client->x = next_coordinate();
		client->y = next_coordinate();
		client->z = what == MOVE ? (int8_t)next_byte() / 32 : 0;
	}
	if (what == DRAW || what == REPLACE || what == READ)
		client->chunk = next_chunk();
	client->busy = true;
	mn_running = &kernel;
	mn_queue_wake_one(&client->told);
	mn_running = MN__NOWHERE;
}

static void kill(struct client *client)
{
	if (killer.task.frame.flags & MN__TASK_ALIVE)
		settle();
	killer.victim = client;
	killer.turns = next_byte() % 32;
	mn_spawn(&kernel, &killer.task, &killer_task);
}

/* All at rest: what is on the screen is what the model says. */
static void check(void)
{
	const size_t size = mn_bitmap_size(device.screen.format, MN_OPAQUE, device.screen.width,
					   device.screen.height);
	struct mn_bitmap model;

	for (int i = 0; i < CLIENTS; i++)
		finish_step(&clients[i]);
	pass(2 * FRAME_US);
	FUZZ_CHECK(mn_bitmap_init(&model, device.screen.format, MN_OPAQUE, device.screen.width,
				  device.screen.height, fuzz_alloc(size), size));
	model_screen(&model, pictures, CLIENTS);
	FUZZ_CHECK(model_equal(&model, &device.screen));
	free(model.pixels);
	FUZZ_CHECK(!mn_heap_check(kernel.heap));
	FUZZ_CHECK(kernel.wheel.count == 0);
}

/* The screen at x, y of a chunk, pixel by pixel. */
static void check_read(struct client *client)
{
	struct mn_bitmap expected = client->chunk;
	const size_t size = mn_bitmap_is_valid(&expected)
				    ? mn_bitmap_size(expected.format, expected.alpha_format,
						     expected.width, expected.height)
				    : 0;

	if (size > 0) {
		FUZZ_CHECK(mn_bitmap_init(&expected, expected.format, expected.alpha_format,
					  expected.width, expected.height, fuzz_alloc(size), size));
		memcpy(expected.pixels, client->chunk.pixels, size);
		for (int32_t y = 0; y < expected.height; y++)
			for (int32_t x = 0; x < expected.width; x++) {
				const int64_t at_x = (int64_t)client->x + x;
				const int64_t at_y = (int64_t)client->y + y;

				if (at_x >= 0 && at_x < device.screen.width && at_y >= 0 &&
				    at_y < device.screen.height)
					model_pixel(&expected, x, y,
						    mn_bitmap_at(&device.screen, (int32_t)at_x,
								 (int32_t)at_y),
						    true);
			}
	}
	settle();
	FUZZ_CHECK(size == 0 || memcmp(expected.pixels, client->chunk.pixels, size) == 0);
	if (size > 0)
		free(expected.pixels);
}

static void step(void)
{
	const uint8_t byte = next_byte();
	struct client *client = &clients[byte % CLIENTS];
	const enum step what = byte / CLIENTS % STEPS;
	const bool at_rest = byte & 0x80;

	if (what == KILL) {
		kill(client);
		if (at_rest)
			settle();
		return;
	}
	finish_step(client);
	if (at_rest)
		check();
	begin_step(client, what);
	if (at_rest && what == READ)
		check_read(client);
}

/* ---- The machine ------------------------------------------------------------------------- */

static void start(void)
{
	const uint8_t format = next_byte();
	const int32_t width = 1 + next_byte() % 40, height = 1 + next_byte() % 24;
	const size_t size = mn_bitmap_size(format % 4, MN_OPAQUE, width, height);

	now_us = 0;
	memset(registry, 0, sizeof registry);
	memset(&display, 0, sizeof display);
	mn_kernel_init(&kernel, &(struct mn_kernel_config){.services = registry,
							   .max_services = 2,
							   .heap = heap,
							   .heap_size = sizeof heap,
							   .seed = format});
	mn_kernel_shuffle(&kernel, format & 4);
	device = (struct mn_display_device){.frame_us = FRAME_US};
	FUZZ_CHECK(mn_bitmap_init(&device.screen, format % 4, MN_OPAQUE, width, height,
				  fuzz_alloc(size), size));
	memset(device.screen.pixels, 0, size);
	mn_display_start(&display, &kernel, &device, NULL);
	for (int i = 0; i < CLIENTS; i++)
		start_client(&clients[i]);
	settle();
}

static void finish(void)
{
	struct mn_heap_stats stats;

	check();
	mn_running = &kernel;
	for (struct mn_list *node = kernel.tasks.next; node != &kernel.tasks; node = node->next)
		mn_cancel(MN_CONTAINER(node, struct mn_task, all));
	mn_running = MN__NOWHERE;
	settle();
	FUZZ_CHECK(mn_list_empty(&kernel.tasks));
	FUZZ_CHECK(kernel.wheel.count == 0);
	mn_heap_stats(kernel.heap, &stats);
	FUZZ_CHECK(stats.blocks == 0 && !mn_heap_check(kernel.heap));
	for (int i = 0; i < CLIENTS; i++)
		forget(&pictures[i]);
	free(device.screen.pixels);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	input = data;
	input_end = data + len;
	start();
	while (input < input_end)
		step();
	finish();
	return 0;
}
