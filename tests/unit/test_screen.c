/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Protects: that a board with a screen starts what its configuration says, as it says. */
#include <string.h>
#include <mnemos/daemons/screen.h>
#include "serial.h"

static struct mn_screen_services services;
static struct mn_serial_mux serial_mux;

static bool runs(struct sim *sim, const char *name)
{
	struct mn_list *const tasks = &sim->kernel.tasks;

	for (struct mn_list *node = tasks->next; node != tasks; node = node->next)
		if (strcmp(MN_CONTAINER(node, struct mn_task, all)->type->name, name) == 0)
			return true;
	return false;
}

static void start(struct sim *sim, const struct mn_config *config)
{
	memset(&services, 0, sizeof services);
	mn_start_screen_services(&services, &sim->kernel, config);
	sim_settle(sim);
}

static void starts_nothing_that_is_disabled(void **state)
{
	struct sim *sim = *state;
	static const struct mn_config nothing;

	start(sim, &nothing);
	assert_true(mn_list_empty(&sim->kernel.tasks));
}

/* A keyboard on the serial line only where there is one: it would wait for ever. */
static void starts_the_keyboard(void **state)
{
	struct sim *sim = *state;
	const struct mn_config config = {
		.services.keyboard_mux = {.enabled = true,
					  .max_keyboards = 3,
					  .buffer_capacity = 5,
					  .sermux_port = 7},
	};

	start(sim, &config);
	assert_true(runs(sim, "keyboard_mux"));
	assert_false(runs(sim, "keyboard_port"));
	assert_int_equal(services.keyboard_mux.config.max_keyboards, 3);
	assert_int_equal(services.keyboard_mux.config.buffer_capacity, 5);
	sim_cancel_all(sim);
}

static void starts_the_keyboard_on_its_port(void **state)
{
	struct sim *sim = *state;
	struct serial *serial = serial_new(sim, 256, 256, NULL);
	const struct mn_config config = {
		.services.serial_mux.enabled = true,
		.services.keyboard_mux = {.enabled = true,
					  .max_keyboards = 1,
					  .buffer_capacity = 2,
					  .sermux_port = 7},
	};

	memset(&serial_mux, 0, sizeof serial_mux);
	mn_serial_mux_start(&serial_mux, &sim->kernel,
			    &(struct mn_serial_mux_config)MN_SERIAL_MUX_DEFAULTS);
	start(sim, &config);
	assert_true(runs(sim, "keyboard_port"));
	serial_attach(serial);
	serial_feed_frame(serial, 2, "\xff", 1);
	assert_int_equal(mn_keyboard_port_malformed(&services.keyboard_port), 0);
	serial_feed_frame(serial, 7, "\xff", 1);
	assert_int_equal(mn_keyboard_port_malformed(&services.keyboard_port), 1);
	sim_cancel_all(sim);
	serial_free(serial);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(starts_nothing_that_is_disabled),
		SIM_TEST(starts_the_keyboard),
		SIM_TEST(starts_the_keyboard_on_its_port),
	};

	return cmocka_run_group_tests_name("screen", tests, NULL, NULL);
}
