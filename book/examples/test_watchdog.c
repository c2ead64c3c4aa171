/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Protects: the watchdog of book/write-a-service.md names who is late, and nobody else. */
#include <string.h>
#include "sim.h"
#include "watchdog.h"

/* [motor] */
/* Reports each 100 ms, so many times, and then hangs. */
struct motor {
	struct mn_task task;
	struct mn_connect connect;
	struct watchdog_client watchdog;
	struct mn_call call;
	struct watchdog_request request;
	struct watchdog_response response;
	struct mn_sleep nap;
	int turns;
};

static mn_poll motor_run(struct motor *self)
{
	MN_BEGIN(self);
	MN_TRY(self, watchdog_connect(&self->connect, &self->watchdog, NULL));
	self->request = (struct watchdog_request){
		.what = WATCHDOG_WATCH, .period_us = 150000, .name = "motor"};
	MN_TRY(self, watchdog_call(&self->call, &self->watchdog, &self->request, &self->response));
	self->request.what = WATCHDOG_REPORT;
	self->request.ticket = self->response.ticket;
	for (; self->turns > 0; self->turns--) {
		MN_TRY(self, mn_sleep(&self->nap, 100000));
		MN_TRY(self, watchdog_call(&self->call, &self->watchdog, &self->request,
					   &self->response));
	}
	MN_TRY(self, mn_sleep(&self->nap, MN_NEVER));
	MN_END(self);
}

MN_TASK(motor);
/* [end] */

static struct watchdog watchdog;

static void start(struct sim *sim)
{
	memset(&watchdog, 0, sizeof watchdog);
	watchdog_start(&watchdog, &sim->kernel);
	sim_settle(sim);
}

/* [late] */
static void who_stops_reporting_is_named(void **state)
{
	struct sim *sim = *state;
	struct motor motor = {.turns = 10};

	start(sim);
	mn_spawn(&sim->kernel, &motor.task, &motor_task);
	sim_run_for(sim, 1149999); /* ten reports, and the watchdog's patience but 1 us */
	assert_string_equal(sim->log, "");
	sim_run_for(sim, 1);
	assert_string_equal(sim->log,
			    "WARN services::watchdog: motor has not reported for 150 ms\n");
	sim_cancel_all(sim);
}
/* [end] */

static void an_idle_watchdog_does_not_wake(void **state)
{
	struct sim *sim = *state;

	start(sim);
	const uint32_t polls = watchdog.task.polls;

	sim_run_for(sim, 3600000000);
	assert_int_equal(watchdog.task.polls, polls);
	sim_cancel_all(sim);
}

/* Sends one request after another, as a test tells it. */
struct asker {
	struct mn_task task;
	struct mn_connect connect;
	struct watchdog_client watchdog;
	struct mn_call call;
	struct watchdog_request request;
	struct watchdog_response response;
	mn_poll result;
};

static mn_poll asker_run(struct asker *self)
{
	MN_BEGIN(self);
	MN_TRY(self, watchdog_connect(&self->connect, &self->watchdog, NULL));
	MN_AWAIT(self,
		 watchdog_call(&self->call, &self->watchdog, &self->request, &self->response));
	self->result = MN_RESULT(self);
	MN_END(self);
}

MN_TASK(asker);

static mn_poll ask(struct sim *sim, struct asker *asker, struct watchdog_request request)
{
	asker->request = request;
	mn_spawn(&sim->kernel, &asker->task, &asker_task);
	sim_settle(sim);
	return asker->result;
}

static void who_leaves_is_forgotten(void **state)
{
	struct sim *sim = *state;
	struct asker asker = {0};

	start(sim);
	assert_int_equal(ask(sim, &asker, (struct watchdog_request){WATCHDOG_WATCH, 0, 10, "x"}),
			 MN_OK);
	const uint32_t ticket = asker.response.ticket;

	assert_int_equal(ask(sim, &asker, (struct watchdog_request){WATCHDOG_LEAVE, ticket, 0, ""}),
			 MN_OK);
	assert_int_equal(ask(sim, &asker, (struct watchdog_request){WATCHDOG_LEAVE, ticket, 0, ""}),
			 MN_ENOTFOUND);
	sim_run_for(sim, 1000);
	assert_string_equal(sim->log, "");
	sim_cancel_all(sim);
}

static void wrong_requests_are_errors(void **state)
{
	static const struct watchdog_request wrong[] = {
		{WATCHDOG_WATCH, 0, 0, "no period"},
		{WATCHDOG_WATCH, 0, 1000, NULL},
	};
	struct sim *sim = *state;
	struct asker asker = {0};

	start(sim);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(ask(sim, &asker, wrong[i]), MN_EINVAL);
	assert_int_equal(ask(sim, &asker, (struct watchdog_request){WATCHDOG_REPORT, 0, 0, NULL}),
			 MN_ENOTFOUND);
	for (int i = 0; i < WATCHDOG_MAX; i++)
		ask(sim, &asker, (struct watchdog_request){WATCHDOG_WATCH, 0, 1000, "many"});
	assert_int_equal(asker.result, MN_OK);
	assert_int_equal(
		ask(sim, &asker, (struct watchdog_request){WATCHDOG_WATCH, 0, 1000, "one"}),
		MN_EFULL);
	sim_cancel_all(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(who_stops_reporting_is_named),
		SIM_TEST(an_idle_watchdog_does_not_wake),
		SIM_TEST(who_leaves_is_forgotten),
		SIM_TEST(wrong_requests_are_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
