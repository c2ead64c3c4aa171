/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Protects: the driver of book/write-a-driver.md answers each call once, whatever the chip does. */
#include <string.h>
#include "sim.h"
#include "thermometer.h"

/* [reader] */
/* Asks once. */
struct reader {
	struct mn_task task;
	struct mn_connect connect;
	struct thermometer_client thermometer;
	struct mn_call call;
	struct thermometer_request request;
	struct thermometer_response response;
	mn_poll result;
};

static mn_poll reader_run(struct reader *self)
{
	MN_BEGIN(self);
	self->result = MN_PENDING;
	MN_TRY(self, thermometer_connect(&self->connect, &self->thermometer, NULL));
	MN_AWAIT(self, thermometer_call(&self->call, &self->thermometer, &self->request,
					&self->response));
	self->result = MN_RESULT(self);
	MN_END(self);
}

MN_TASK(reader);
/* [end] */

/* [desk] */
/* The chip, and its driver: what the test plays, and what it tests. */
static struct thermometer_registers chip;
static struct thermometer driver;

static void chip_says(uint32_t status, int32_t value)
{
	chip.value = value;
	chip.status = status;
	thermometer_interrupt(&driver);
}

static void start(struct sim *sim)
{
	memset(&chip, 0, sizeof chip);
	memset(&driver, 0, sizeof driver);
	thermometer_start(&driver, &sim->kernel, &chip, NULL);
	sim_settle(sim);
}

static void ask(struct sim *sim, struct reader *reader, uint8_t sensor)
{
	reader->request.sensor = sensor;
	mn_spawn(&sim->kernel, &reader->task, &reader_task);
	sim_settle(sim);
	chip.status = 0; /* as the chip does when a measurement begins */
}
/* [end] */

/* [measures] */
static void a_call_measures(void **state)
{
	struct sim *sim = *state;
	struct reader reader = {0};

	start(sim);
	ask(sim, &reader, 3);
	assert_int_equal(chip.control, THERMOMETER_START + 3);
	assert_int_equal(reader.result, MN_PENDING);

	chip_says(THERMOMETER_DONE, 344); /* 21.5 degrees */
	sim_settle(sim);
	assert_int_equal(reader.result, MN_OK);
	assert_int_equal(reader.response.millidegrees, 21500);
	sim_cancel_all(sim);
}
/* [end] */

/* [silent] */
static void a_silent_chip_is_a_time_out_and_the_next_call_works(void **state)
{
	struct sim *sim = *state;
	struct reader first = {0}, second = {0};

	start(sim);
	ask(sim, &first, 0);
	sim_run_for(sim, 99999);
	assert_int_equal(first.result, MN_PENDING);
	sim_run_for(sim, 1);
	assert_int_equal(first.result, MN_ETIMEDOUT);
	assert_non_null(strstr(sim->log, "WARN drivers::thermometer: no temperature: timed out"));

	ask(sim, &second, 0);
	thermometer_interrupt(&driver); /* too late, and for the first call */
	sim_settle(sim);
	assert_int_equal(second.result, MN_PENDING);
	chip_says(THERMOMETER_DONE, -16);
	sim_settle(sim);
	assert_int_equal(second.response.millidegrees, -1000);
	sim_cancel_all(sim);
}
/* [end] */

static void what_the_chip_cannot_do_is_an_error(void **state)
{
	struct sim *sim = *state;
	struct reader wrong = {0}, faulty = {0};

	start(sim);
	ask(sim, &wrong, THERMOMETER_SENSORS);
	assert_int_equal(wrong.result, MN_EINVAL);
	assert_int_equal(chip.control, 0);
	ask(sim, &faulty, 1);
	chip_says(THERMOMETER_FAULT, 0);
	sim_settle(sim);
	assert_int_equal(faulty.result, MN_EIO);
	sim_cancel_all(sim);
}

static void a_caller_that_gives_up_leaves_a_driver_that_works(void **state)
{
	struct sim *sim = *state;
	struct reader first = {0}, second = {0};

	start(sim);
	ask(sim, &first, 0);
	sim_cancel(sim, &first.task);
	sim_settle(sim);
	assert_int_equal(first.result, MN_ECANCELED);
	ask(sim, &second, 1);
	assert_int_equal(chip.control, THERMOMETER_START);
	chip_says(THERMOMETER_DONE, 16); /* the first measurement: only now the second begins */
	sim_settle(sim);
	assert_int_equal(chip.control, THERMOMETER_START + 1);
	assert_int_equal(first.response.millidegrees, 0);
	chip_says(THERMOMETER_DONE, 32);
	sim_settle(sim);
	assert_int_equal(second.response.millidegrees, 2000);
	sim_cancel_all(sim);
}

static void a_driver_that_ends_leaves_no_caller_behind(void **state)
{
	struct sim *sim = *state;
	struct reader reader = {0};

	start(sim);
	ask(sim, &reader, 0);
	sim_cancel(sim, &driver.task);
	sim_settle(sim);
	assert_int_equal(reader.result, MN_EGONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(a_call_measures),
		SIM_TEST(a_silent_chip_is_a_time_out_and_the_next_call_works),
		SIM_TEST(what_the_chip_cannot_do_is_an_error),
		SIM_TEST(a_caller_that_gives_up_leaves_a_driver_that_works),
		SIM_TEST(a_driver_that_ends_leaves_no_caller_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
