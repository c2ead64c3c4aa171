/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Protects: that the ball of book/draw-something.md bounces on the floor, and does what keys say.
 */
#include <mnemos/services/keyboard_mux.h>
#include "demo_screen.h"
#include "screen_program.h"

#define FLOOR 200
#define BALL 32

struct typist {
	struct mn_task task;
	struct mn_keyboard_publish publish;
	struct mn_key_event event;
};

static mn_poll typist_run(struct typist *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_keyboard_publish(&self->publish, &self->event));
	MN_END(self);
}

MN_TASK(typist);

static void press(struct sim *sim, const struct mn_key_event *key)
{
	static struct typist typist;

	typist.event = *key;
	mn_spawn(&sim->kernel, &typist.task, &typist_task);
	sim_settle(sim);
}

/* Where the ball's layer is, the nearer of the two. */
static struct mn_rect ball(const struct demo_screen *screen)
{
	for (size_t i = 0; i < MN_DISPLAY_LAYERS; i++)
		if (screen->display.layers[i].owner && screen->display.layers[i].z == 1)
			return screen->display.layers[i].rect;
	fail_msg("there is no ball");
	return (struct mn_rect){0};
}

static void it_bounces_and_is_kicked(void **state)
{
	static const struct mn_key_event space = {.code = MN_KEY_CHAR, .value = ' '};
	static const struct mn_key_event left = {.code = MN_KEY_LEFT};
	static struct mn_keyboard_mux mux;
	struct sim *sim = *state;
	struct demo_screen *screen = demo_screen_new(sim, 400, 240);
	int32_t lowest = 0, x;

	mn_keyboard_mux_start(&mux, &sim->kernel,
			      &(struct mn_keyboard_mux_config)MN_KEYBOARD_MUX_DEFAULTS);
	start_program(&sim->kernel);
	for (int i = 0; i < 60; i++) {
		sim_run_for(sim, DEMO_FRAME_US);
		if (lowest < ball(screen).y)
			lowest = ball(screen).y;
	}
	assert_int_equal(lowest, FLOOR - BALL);
	assert_true(ball(screen).y < FLOOR - BALL);

	/* After a minute it lies, until it is kicked. */
	sim_run_for(sim, 60000000);
	assert_in_range(ball(screen).y, FLOOR - BALL - 1, FLOOR - BALL);
	press(sim, &space);
	sim_run_for(sim, 10 * DEMO_FRAME_US);
	assert_true(ball(screen).y < FLOOR - BALL - 40);

	/* It went two pixels a frame, to one side or the other; now it goes four less to the right.
	 */
	for (int i = 0; i < 8; i++)
		press(sim, &left);
	x = ball(screen).x;
	sim_run_for(sim, DEMO_FRAME_US);
	assert_true(ball(screen).x < x);
	demo_screen_free(screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {SIM_TEST(it_bounces_and_is_kicked)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
