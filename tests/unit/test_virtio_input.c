/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: what a virtio keyboard's events become, and what happens with a device that does not do
 * as it should. The test is the device, and the keyboard mux. Real keys:
 * tests/system/test_virtio.py.
 */
#include <mnemos/drivers/virtio_input.h>
#include <mnemos/services/keyboard_mux.h>
#include "virtio.h"

#define TYPE_SYNC 0
#define TYPE_KEY 1
#define TYPE_RELATIVE 2
#define SYNC_DROPPED 3
#define KEY_A 30
#define KEY_B 48
#define BUTTON_LEFT 0x110

#define BITMAP (FAKE_CONFIG + 2)

/* Notes what comes. */
struct mux {
	struct mn_task task;
	struct mn_server server;
	struct mn_serving serving;
	struct mn_key_event events[16];
	uint32_t count;
};

static mn_poll mux_run(struct mux *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_register(&self->server, &mn_keyboard_mux_service, NULL));
	for (;;) {
		MN_TRY(self, mn_serve(&self->serving, &self->server));
		self->events[self->count++ % 16] =
			*(const struct mn_key_event *)mn_request(&self->serving);
		mn_reply(&self->serving, MN_OK);
	}
	MN_END(self);
}

MN_TASK(mux);

struct world {
	struct sim *sim;
	struct fake fake;
	struct mn_virtio_input input;
	struct mux mux;
};

static struct world world;

static struct mn_virtio *device_new(struct sim *sim)
{
	memset(&world, 0, sizeof world);
	world.sim = sim;
	fake_init(&world.fake, MN_VIRTIO_INPUT);
	assert_int_equal(mn_virtio_open(&world.input.virtio, &sim->kernel, world.fake.registers),
			 MN_OK);
	return &world.input.virtio;
}

static void start(struct sim *sim, uint32_t buffers_max)
{
	device_new(sim);
	world.fake.registers[FAKE_QUEUE_BUFFERS_MAX] = buffers_max;
	assert_int_equal(mn_virtio_input_start(&world.input, &sim->kernel), MN_OK);
	assert_int_equal(world.fake.registers[FAKE_STATUS], FAKE_RUNS);
	fake_find_queue(&world.fake);
	mn_spawn(&sim->kernel, &world.mux.task, &mux_task);
	sim_settle(sim);
}

static uint16_t send(uint16_t type, uint16_t code, uint32_t value)
{
	const uint16_t head = fake_take(&world.fake);

	*(struct mn__virtio_input_event *)fake_data(&world.fake, head) =
		(struct mn__virtio_input_event){type, code, value};
	fake_use(&world.fake, head, sizeof(struct mn__virtio_input_event));
	return head;
}

static void interrupt(void)
{
	fake_interrupt(&world.fake, &world.input.virtio, 1);
	sim_settle(world.sim);
}

static void expect(uint32_t at, enum mn_key_kind kind, char character)
{
	assert_int_equal(world.mux.events[at].kind, kind);
	assert_int_equal(world.mux.events[at].code, MN_KEY_CHAR);
	assert_int_equal(world.mux.events[at].value, character);
}

/* ---- Which devices ----------------------------------------------------------------------- */

static void keyboard_is_known_by_its_keys(void **state)
{
	struct mn_virtio *device = device_new(*state);
	volatile uint32_t *config = world.fake.registers;

	config[FAKE_CONFIG] = 0; /* the size is 0: it has none */
	config[BITMAP] = 0xffffffff;
	assert_false(mn_virtio_input_has_keys(device));
	assert_int_equal(config[FAKE_CONFIG], TYPE_KEY << 8 | 0x11); /* what was asked for */
	assert_int_equal(config[FAKE_STATUS], 11); /* asked of a device that is negotiated with */
	config[FAKE_CONFIG] = 1 << 16;
	config[BITMAP] = 1; /* which is no key */
	assert_false(mn_virtio_input_has_keys(device));
	config[BITMAP] = 2;
	assert_true(mn_virtio_input_has_keys(device));
}

static void mouse_is_no_keyboard(void **state)
{
	struct mn_virtio *device = device_new(*state);

	world.fake.registers[FAKE_CONFIG] = 128 << 16;
	world.fake.registers[BITMAP + BUTTON_LEFT / 32] = 1u << BUTTON_LEFT % 32;
	assert_false(mn_virtio_input_has_keys(device));
	world.fake.registers[BITMAP + KEY_A / 32] = 1u << KEY_A % 32;
	assert_true(mn_virtio_input_has_keys(device));
}

/* ---- Events ------------------------------------------------------------------------------ */

static void keys_become_events_and_all_else_is_ignored(void **state)
{
	start(*state, 256);
	send(TYPE_KEY, KEY_A, 1);
	send(TYPE_SYNC, 0, 0);
	send(TYPE_KEY, KEY_A, 2);
	send(TYPE_RELATIVE, 0, 5);
	send(TYPE_KEY, BUTTON_LEFT, 1);
	send(TYPE_KEY, KEY_A, 0);
	interrupt();
	assert_int_equal(world.mux.count, 3);
	expect(0, MN_KEY_PRESSED, 'a');
	expect(1, MN_KEY_HELD, 'a');
	expect(2, MN_KEY_RELEASED, 'a');
	assert_int_equal(world.input.received, 3);
	assert_int_equal(world.input.ignored, 3);
	sim_cancel_all(*state);
}

/* Also if the device takes fewer than there are. */
static void buffers_are_lent_again_for_ever(void **state)
{
	start(*state, 4);
	assert_int_equal(world.fake.registers[FAKE_QUEUE_BUFFERS], 4);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(fake_waiting(&world.fake), 4);
		world.fake.registers[FAKE_NOTIFY] = FAKE_NOTIFIED_NOTHING;
		send(TYPE_KEY, KEY_A, 1);
		send(TYPE_KEY, KEY_A, 0);
		interrupt();
		assert_int_equal(world.fake.registers[FAKE_NOTIFY], 0);
	}
	assert_int_equal(world.mux.count, 2000);
	sim_cancel_all(*state);
}

static void event_of_another_length_is_none(void **state)
{
	uint16_t head;

	start(*state, 256);
	head = fake_take(&world.fake);
	memset(fake_data(&world.fake, head), TYPE_KEY, 8);
	fake_use(&world.fake, head, 7);
	interrupt();
	assert_int_equal(world.input.received + world.input.ignored, 0);
	assert_int_equal(mn_virtq_out(&world.input.events), MN_VIRTIO_INPUT_EVENTS);
	sim_cancel_all(*state);
}

static void lost_events_release_what_is_down(void **state)
{
	start(*state, 256);
	send(TYPE_KEY, KEY_A, 1);
	send(TYPE_SYNC, SYNC_DROPPED, 0);
	interrupt();
	assert_int_equal(world.mux.count, 2);
	expect(1, MN_KEY_RELEASED, 'a');
	sim_cancel_all(*state);
}

static void keys_are_released_when_the_device_lies(void **state)
{
	start(*state, 256);
	send(TYPE_KEY, KEY_B, 1);
	fake_use(&world.fake, 4711, 8);
	fake_interrupt(&world.fake, &world.input.virtio, 1);
	sim_settle(*state);
	assert_int_equal(world.mux.count, 2);
	expect(1, MN_KEY_RELEASED, 'b');
	sim_cancel_all(*state);
}

static void keys_are_released_when_the_device_asks_to_be_reset(void **state)
{
	start(*state, 256);
	send(TYPE_KEY, KEY_B, 1);
	interrupt();
	world.fake.registers[FAKE_STATUS] |= FAKE_NEEDS_RESET;
	fake_interrupt(&world.fake, &world.input.virtio, 2);
	sim_settle(*state);
	assert_int_equal(world.mux.count, 2);
	expect(1, MN_KEY_RELEASED, 'b');
	sim_cancel_all(*state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(keyboard_is_known_by_its_keys),
		SIM_TEST(mouse_is_no_keyboard),
		SIM_TEST(keys_become_events_and_all_else_is_ignored),
		SIM_TEST(buffers_are_lent_again_for_ever),
		SIM_TEST(event_of_another_length_is_none),
		SIM_TEST(lost_events_release_what_is_down),
		SIM_TEST(keys_are_released_when_the_device_lies),
		SIM_TEST(keys_are_released_when_the_device_asks_to_be_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
