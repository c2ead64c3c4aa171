/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: virtio's transport and queues, against devices that do as they should and devices that
 * do not: nothing that one writes makes the driver take what it did not put.
 */
#include "virtio.h"

#define BUFFERS 8
#define QUEUE 3

struct world {
	struct fake fake;
	struct mn_virtio device;
	struct mn_virtq queue;
	_Alignas(MN_VIRTQ_ALIGN) uint8_t memory[MN_VIRTQ_SIZE(BUFFERS) + 16];
};

/* A device that works, with one queue. */
static struct world *world_new(struct sim *sim)
{
	static struct world world;

	memset(&world, 0, sizeof world);
	memset(world.memory, 0x5a, sizeof world.memory);
	fake_init(&world.fake, MN_VIRTIO_BLOCK);
	assert_int_equal(mn_virtio_open(&world.device, &sim->kernel, world.fake.registers), MN_OK);
	assert_int_equal(mn_virtio_negotiate(&world.device, 0), MN_OK);
	assert_int_equal(mn_virtq_open(&world.queue, &world.device, QUEUE, world.memory, BUFFERS),
			 MN_OK);
	for (size_t i = MN_VIRTQ_SIZE(BUFFERS); i < sizeof world.memory; i++)
		assert_int_equal(world.memory[i], 0x5a);
	mn_virtio_run(&world.device);
	fake_find_queue(&world.fake);
	return &world;
}

static mn_poll put(struct world *world, unsigned out, unsigned in, uint32_t len, void *token)
{
	static uint8_t bytes[1024];
	struct mn_virtio_buffer buffers[BUFFERS + 1];

	for (unsigned i = 0; i < out + in; i++)
		buffers[i] = (struct mn_virtio_buffer){bytes + i, len};
	return mn_virtq_put(&world->queue, buffers, out, in, token);
}

/* ---- The device ---------------------------------------------------------------------- */

static void only_virtio_1_is_used(void **state)
{
	struct sim *sim = *state;
	struct mn_virtio device;
	struct fake fake;

	fake_init(&fake, MN_VIRTIO_NETWORK);
	assert_int_equal(mn_virtio_open(&device, &sim->kernel, fake.registers), MN_OK);
	assert_int_equal(device.id, MN_VIRTIO_NETWORK);
	fake.registers[FAKE_VERSION] = 1;
	assert_int_equal(mn_virtio_open(&device, &sim->kernel, fake.registers), MN_ENOTSUP);
	assert_int_equal(device.id, MN_VIRTIO_NETWORK);
	fake.registers[FAKE_ID] = 0;
	assert_int_equal(mn_virtio_open(&device, &sim->kernel, fake.registers), MN_ENOTFOUND);
	fake_init(&fake, MN_VIRTIO_NETWORK);
	fake.registers[FAKE_MAGIC]++;
	assert_int_equal(mn_virtio_open(&device, &sim->kernel, fake.registers), MN_ENOTFOUND);
}

static void features_are_those_that_both_want(void **state)
{
	struct sim *sim = *state;
	struct mn_virtio device;
	struct fake fake;

	fake_init(&fake, MN_VIRTIO_NETWORK);
	assert_int_equal(mn_virtio_open(&device, &sim->kernel, fake.registers), MN_OK);
	assert_int_equal(mn_virtio_negotiate(&device, 1u << 2 | 1u << 3), MN_OK);
	assert_true(device.features == (UINT64_C(1) << 32 | 1u << 2));
	assert_int_equal(fake.registers[FAKE_DRIVER_FEATURES], 1); /* the high half comes last */
	mn_virtio_run(&device);
	assert_int_equal(fake.registers[FAKE_STATUS], FAKE_RUNS);
	fake.registers[FAKE_DEVICE_FEATURES] = 4;
	assert_int_equal(mn_virtio_negotiate(&device, 1u << 2), MN_ENOTSUP);
}

static void configuration_is_read_in_its_widths(void **state)
{
	struct sim *sim = *state;
	struct mn_virtio device;
	struct fake fake;

	fake_init(&fake, MN_VIRTIO_BLOCK);
	assert_int_equal(mn_virtio_open(&device, &sim->kernel, fake.registers), MN_OK);
	fake.registers[FAKE_CONFIG + 2] = 0x44332211;
	fake.registers[FAKE_CONFIG + 3] = 0x88776655;
	assert_int_equal(mn_virtio_config_u8(&device, 9), 0x22);
	assert_int_equal(mn_virtio_config_u16(&device, 10), 0x4433);
	assert_int_equal(mn_virtio_config_u32(&device, 12), 0x88776655);
	assert_true(mn_virtio_config_u64(&device, 8) == UINT64_C(0x8877665544332211));
	mn_virtio_config_set_u8(&device, 13, 0xee);
	mn_virtio_config_set_u32(&device, 8, 7);
	assert_true(mn_virtio_config_u64(&device, 8) == UINT64_C(0x8877ee5500000007));
	fake.registers[FAKE_GENERATION] = 9;
	assert_int_equal(mn_virtio_config_generation(&device), 9);
}

static void queue_that_is_not_there_or_too_small_is_refused(void **state)
{
	struct world *world = world_new(*state);

	assert_int_equal(world->fake.registers[FAKE_QUEUE_READY], 1);
	assert_int_equal(world->fake.registers[FAKE_QUEUE_BUFFERS], BUFFERS);
	world->fake.registers[FAKE_QUEUE_BUFFERS_MAX] = BUFFERS / 2;
	assert_int_equal(mn_virtq_open(&world->queue, &world->device, 0, world->memory, BUFFERS),
			 MN_ETOOBIG);
	world->fake.registers[FAKE_QUEUE_BUFFERS_MAX] = 0;
	assert_int_equal(mn_virtq_open(&world->queue, &world->device, 0, world->memory, BUFFERS),
			 MN_ENOTFOUND);
}

/* ---- Queues -------------------------------------------------------------------------- */

static void chain_is_described_as_the_device_reads_it(void **state)
{
	struct world *world = world_new(*state);
	struct fake *fake = &world->fake;
	uint8_t request[3], data[7], status[1];
	const struct mn_virtio_buffer buffers[] = {{request, 3}, {data, 7}, {status, 1}};
	struct mn_virtq_used used;
	uint16_t at, head;

	assert_int_equal(mn_virtq_put(&world->queue, buffers, 1, 2, status), MN_OK);
	assert_int_equal(fake->registers[FAKE_NOTIFY], FAKE_NOTIFIED_NOTHING);
	mn_virtq_notify(&world->queue);
	assert_int_equal(fake->registers[FAKE_NOTIFY], QUEUE);
	assert_int_equal(fake_waiting(fake), 1);
	at = head = fake_take(fake);
	for (unsigned i = 0; i < 3; i++) {
		const struct mn__virtq_descriptor *descriptor = &fake->descriptors[at];

		assert_ptr_equal(fake_data(fake, at), buffers[i].data);
		assert_int_equal(descriptor->len, buffers[i].len);
		assert_int_equal(descriptor->flags & 2, i > 0 ? 2 : 0); /* to be written */
		assert_int_equal(descriptor->flags & 1, i < 2);         /* there is a next one */
		at = descriptor->next;
	}
	assert_int_equal(mn_virtq_take(&world->queue, &used), MN_EEMPTY);
	fake_use(fake, head, 8);
	assert_int_equal(mn_virtq_take(&world->queue, &used), MN_OK);
	assert_ptr_equal(used.token, status);
	assert_int_equal(used.len, 8);
	assert_int_equal(mn_virtq_take(&world->queue, &used), MN_EEMPTY);
}

static void device_that_looks_anyway_is_not_notified(void **state)
{
	struct world *world = world_new(*state);

	world->fake.used->flags = 1;
	assert_int_equal(put(world, 1, 0, 1, NULL), MN_OK);
	mn_virtq_notify(&world->queue);
	assert_int_equal(world->fake.registers[FAKE_NOTIFY], FAKE_NOTIFIED_NOTHING);
}

static void full_queue_takes_no_more(void **state)
{
	struct world *world = world_new(*state);
	struct mn_virtq_used used;

	assert_int_equal(put(world, 2, 2, 1, NULL), MN_OK);
	assert_int_equal(put(world, 2, 3, 1, NULL), MN_EFULL);
	assert_int_equal(put(world, 4, 0, 1, NULL), MN_OK);
	assert_int_equal(put(world, 0, 1, 1, NULL), MN_EFULL);
	assert_int_equal(mn_virtq_out(&world->queue), 2);
	fake_use(&world->fake, fake_take(&world->fake), 0);
	assert_int_equal(mn_virtq_take(&world->queue, &used), MN_OK);
	assert_int_equal(put(world, 0, 4, 1, NULL), MN_OK);
}

static uint32_t draw(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 16;
}

/* More chains than an index has numbers; used in any order, as a device may. */
static void chains_come_back_in_any_order_for_ever(void **state)
{
	struct world *world = world_new(*state);
	struct fake *fake = &world->fake;
	uint32_t seed = 1, out[BUFFERS][2], count = 0, made = 0;
	struct mn_virtq_used used;

	while (made < 70000 || count > 0) {
		const unsigned len = 1 + draw(&seed) % 3;

		if (made < 70000 && draw(&seed) % 2 &&
		    put(world, 1, len - 1, 10, (void *)(uintptr_t)made) == MN_OK) {
			out[count][0] = fake_take(fake);
			out[count++][1] = made++;
		} else if (count > 0) {
			const uint32_t which = draw(&seed) % count;

			fake_use(fake, out[which][0], 0);
			assert_int_equal(mn_virtq_take(&world->queue, &used), MN_OK);
			assert_int_equal((uintptr_t)used.token, out[which][1]);
			memmove(out[which], out[which + 1], (--count - which) * sizeof *out);
		}
	}
	assert_int_equal(put(world, BUFFERS, 0, 1, NULL), MN_OK); /* none is lost */
}

/* ---- Lies ------------------------------------------------------------------------------ */

static void use_more_than_there_was(struct world *world)
{
	atomic_store(&world->fake.used->index, 2);
}

static void use_more_than_fits_the_ring(struct world *world)
{
	atomic_store(&world->fake.used->index, 60000);
}

static void use_no_descriptor(struct world *world)
{
	fake_use(&world->fake, BUFFERS, 0);
}

static void use_no_number(struct world *world)
{
	fake_use(&world->fake, UINT32_MAX, 0);
}

static void use_the_middle_of_a_chain(struct world *world)
{
	fake_use(&world->fake, world->fake.descriptors[fake_take(&world->fake)].next, 0);
}

static void use_a_free_one(struct world *world)
{
	fake_use(&world->fake, BUFFERS - 1, 0);
}

static void write_more_than_there_is_room(struct world *world)
{
	fake_use(&world->fake, fake_take(&world->fake), 21);
}

static const struct {
	void (*tell)(struct world *world);
	const char *broken;
} lies[] = {
	{use_more_than_there_was, "has used more than there was"},
	{use_more_than_fits_the_ring, "has used more than there was"},
	{use_no_descriptor, "has used what it did not have"},
	{use_no_number, "has used what it did not have"},
	{use_the_middle_of_a_chain, "has used what it did not have"},
	{use_a_free_one, "has used what it did not have"},
	{write_more_than_there_is_room, "has written more than there was room"},
};

static void device_that_lies_is_not_used_any_more(void **state)
{
	struct mn_virtq_used used;

	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
		struct world *world = world_new(*state);

		assert_int_equal(put(world, 1, 2, 10, world), MN_OK);
		lies[i].tell(world);
		assert_int_equal(mn_virtq_take(&world->queue, &used), MN_EIO);
		assert_string_equal(atomic_load(&world->device.broken), lies[i].broken);
		assert_int_equal(mn_virtq_take(&world->queue, &used), MN_EIO);
		assert_int_equal(put(world, 1, 0, 1, NULL), MN_EIO);
		assert_int_equal(mn_virtio_negotiate(&world->device, 0), MN_OK);
		assert_null(atomic_load(&world->device.broken));
		sim_settle(*state);
	}
}

/* Whatever it has made of the descriptors, the driver goes by what it knows. */
static void descriptors_are_not_believed(void **state)
{
	struct world *world = world_new(*state);
	struct mn_virtq_used used;

	assert_int_equal(put(world, 1, 2, 10, world), MN_OK);
	memset(world->fake.descriptors, 0xff, BUFFERS * sizeof *world->fake.descriptors);
	fake_use(&world->fake, fake_take(&world->fake), 20);
	assert_int_equal(mn_virtq_take(&world->queue, &used), MN_OK);
	assert_int_equal(put(world, BUFFERS, 0, 1, NULL), MN_OK);
}

static void chain_is_used_once(void **state)
{
	struct world *world = world_new(*state);
	struct mn_virtq_used used;
	uint16_t head;

	assert_int_equal(put(world, 1, 0, 1, NULL), MN_OK);
	assert_int_equal(put(world, 1, 0, 1, NULL), MN_OK);
	head = fake_take(&world->fake);
	fake_use(&world->fake, head, 0);
	fake_use(&world->fake, head, 0);
	assert_int_equal(mn_virtq_take(&world->queue, &used), MN_OK);
	assert_int_equal(mn_virtq_take(&world->queue, &used), MN_EIO);
	sim_settle(*state);
}

/* ---- Interrupts ------------------------------------------------------------------------ */

struct waiter {
	struct mn_task task;
	struct mn_irq_wait wait;
	struct mn_virtq *queue;
	mn_poll waited;
};

static mn_poll waiter_run(struct waiter *self)
{
	MN_BEGIN(self);
	self->waited = MN_PENDING;
	MN_AWAIT(self, mn_virtq_wait(&self->wait, self->queue));
	self->waited = MN_RESULT(self);
	MN_END(self);
}

MN_TASK(waiter);

static struct waiter *wait_for(struct sim *sim, struct mn_virtq *queue)
{
	static struct waiter waiter;

	waiter = (struct waiter){.queue = queue};
	mn_spawn(&sim->kernel, &waiter.task, &waiter_task);
	sim_settle(sim);
	assert_int_equal(waiter.waited, MN_PENDING);
	return &waiter;
}

static void task_waits_for_what_is_used(void **state)
{
	struct sim *sim = *state;
	struct world *world = world_new(sim);
	struct waiter *waiter;
	struct mn_virtq_used used;

	assert_int_equal(put(world, 1, 0, 1, NULL), MN_OK);
	waiter = wait_for(sim, &world->queue);
	fake_interrupt(&world->fake, &world->device, 1); /* for nothing */
	sim_settle(sim);
	assert_int_equal(waiter->waited, MN_PENDING);
	fake_use(&world->fake, fake_take(&world->fake), 0);
	fake_interrupt(&world->fake, &world->device, 1);
	sim_settle(sim);
	assert_int_equal(waiter->waited, MN_OK);
	assert_int_equal(mn_virtq_take(&world->queue, &used), MN_OK);
	waiter = wait_for(sim, &world->queue); /* an interrupt that was seen to is no news */
	sim_cancel_all(sim);
	assert_int_equal(waiter->waited, MN_ECANCELED);
}

static void broken_device_ends_all_waits(void **state)
{
	struct sim *sim = *state;
	struct world *world = world_new(sim);
	struct waiter *waiter = wait_for(sim, &world->queue);

	fake_interrupt(&world->fake, &world->device, 2);
	sim_settle(sim);
	assert_int_equal(waiter->waited, MN_PENDING); /* a change of its configuration */
	assert_int_equal(world->device.config_changes, 1);
	world->fake.registers[FAKE_STATUS] |= FAKE_NEEDS_RESET;
	fake_interrupt(&world->fake, &world->device, 2);
	sim_settle(sim);
	assert_int_equal(waiter->waited, MN_EIO);
	assert_string_equal(atomic_load(&world->device.broken), "asks to be reset");
}

static int handled;

static void handle(struct mn_virtq *queue)
{
	struct mn_virtq_used used;

	handled++;
	while (mn_virtq_take(queue, &used) == MN_OK)
		;
}

static void handler_may_take_itself(void **state)
{
	struct world *world = world_new(*state);

	handled = 0;
	world->queue.used = handle;
	assert_int_equal(put(world, 1, 0, 1, NULL), MN_OK);
	fake_use(&world->fake, fake_take(&world->fake), 0);
	fake_interrupt(&world->fake, &world->device, 1);
	assert_int_equal(handled, 1);
	assert_int_equal(mn_virtq_out(&world->queue), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(only_virtio_1_is_used),
		SIM_TEST(features_are_those_that_both_want),
		SIM_TEST(configuration_is_read_in_its_widths),
		SIM_TEST(queue_that_is_not_there_or_too_small_is_refused),
		SIM_TEST(chain_is_described_as_the_device_reads_it),
		SIM_TEST(device_that_looks_anyway_is_not_notified),
		SIM_TEST(full_queue_takes_no_more),
		SIM_TEST(chains_come_back_in_any_order_for_ever),
		SIM_TEST(device_that_lies_is_not_used_any_more),
		SIM_TEST(descriptors_are_not_believed),
		SIM_TEST(chain_is_used_once),
		SIM_TEST(task_waits_for_what_is_used),
		SIM_TEST(broken_device_ends_all_waits),
		SIM_TEST(handler_may_take_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
