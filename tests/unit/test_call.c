/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Protects: the states of a call as drawn in call.h, and everything that ends one. */
#include <stdlib.h>
#include <string.h>
#include "sim.h"

struct number {
	uint32_t value;
};
MN_SERVICE(echo, struct number, struct number);
const struct mn_service echo_service =
	MN_SERVICE_INIT(echo, "1", MN_UUID(0xe6a9cf2c, 0x7aa5, 0x4ba8, 0xb0a2, 0x34ba1d7ea6a9));
MN_SERVICE(lend, struct number, struct number);
const struct mn_service lend_service = MN_SERVICE_INIT(
	lend, "1", MN_UUID(0x1a47ef52, 0x01f1, 0x4f4e, 0x9c77, 0x6a4a0d31c52f), .pinned = true);

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A server that takes `work_us` for each call and answers one more than it was asked. */
struct clerk {
	struct mn_task task;
	struct mn_server server;
	struct mn_serving serving;
	struct mn_sleep nap;
	const struct mn_service *service;
	uint64_t work_us;
	uint32_t taken, revoked; /* calls */
	mn_poll ended;           /* what the last mn_serve answered */
};

static mn_poll clerk_run(struct clerk *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_register(&self->server, self->service, NULL));
	for (;;) {
		MN_AWAIT(self, mn_serve(&self->serving, &self->server));
		self->ended = MN_RESULT(self);
		if (self->ended != MN_OK)
			MN_RETURN(self, self->ended);
		self->taken++;
		if (self->work_us)
			MN_AWAIT(self, mn_sleep(&self->nap, self->work_us));
		if (self->work_us && MN_RESULT(self) != MN_OK)
			MN_RETURN(self, MN_RESULT(self)); /* with the call in its slot */
		if (mn_serving_live(&self->serving)) {
			const struct number *request = mn_request(&self->serving);
			struct number *response = mn_response(&self->serving);

			response->value = request->value + 1;
		} else {
			self->revoked++;
		}
		mn_reply(&self->serving, MN_OK);
	}
	MN_END(self);
}

MN_TASK(clerk);

/* Calls once, with a limit of time if `limit_us` is not 0. */
struct customer {
	struct mn_task task;
	const struct mn_service *service;
	struct mn_connect connect;
	struct mn_client client;
	struct mn_call call;
	struct mn_timeout limit;
	struct mn_sleep nap;
	uint64_t limit_us;
	struct number request, response;
	uint32_t id, cause;
	mn_poll result, after; /* of the call, and of a wait after it */
	uint64_t ended_us;
};

static mn_poll customer_run(struct customer *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_connect(&self->connect, &self->client, self->service, NULL, NULL));
	if (self->limit_us)
		MN_AWAIT(self, mn_timeout(&self->limit,
					  mn_call(&self->call, &self->client, &self->request,
						  &self->response),
					  self->limit_us));
	else
		MN_AWAIT(self,
			 mn_call(&self->call, &self->client, &self->request, &self->response));
	self->result = MN_RESULT(self);
	self->ended_us = mn_now_us();
	self->id = self->call.id;
	self->cause = self->call.cause;
	MN_AWAIT(self, mn_sleep(&self->nap, 1));
	self->after = MN_RESULT(self);
	MN_END(self);
}

MN_TASK(customer);

static void start_clerk(struct sim *sim, struct clerk *clerk, const struct mn_service *service,
			uint64_t work_us)
{
	clerk->service = service;
	clerk->work_us = work_us;
	mn_spawn(&sim->kernel, &clerk->task, &clerk_task);
	sim_settle(sim);
}

static void start_customer(struct sim *sim, struct customer *customer,
			   const struct mn_service *service, uint32_t value)
{
	customer->service = service;
	customer->request.value = value;
	customer->result = MN_PENDING;
	mn_spawn(&sim->kernel, &customer->task, &customer_task);
	sim_settle(sim);
}

static enum mn_call_state state_of(const struct customer *customer)
{
	return (enum mn_call_state)customer->call.wait.kind;
}

static void reply_carries_what_the_server_wrote(void **state)
{
	struct sim *sim = *state;
	struct clerk clerk = {0};
	struct customer customer = {0};

	start_clerk(sim, &clerk, &echo_service, 0);
	start_customer(sim, &customer, &echo_service, 41);
	assert_int_equal(customer.result, MN_OK);
	assert_int_equal(customer.response.value, 42);
	assert_int_equal(state_of(&customer), MN_CALL_IDLE);
	sim_run_for(sim, 10);
	sim_cancel_all(sim);
}

static void call_to_a_busy_server_is_queued_then_served(void **state)
{
	struct sim *sim = *state;
	struct clerk clerk = {0};
	struct customer first = {0}, second = {0};

	start_clerk(sim, &clerk, &echo_service, 100);
	start_customer(sim, &first, &echo_service, 1);
	start_customer(sim, &second, &echo_service, 2);
	assert_int_equal(state_of(&first), MN_CALL_SERVING);
	assert_int_equal(state_of(&second), MN_CALL_QUEUED);
	sim_run_for(sim, 100);
	sim_settle(sim);
	assert_int_equal(first.result, MN_OK);
	assert_int_equal(state_of(&second), MN_CALL_SERVING);
	sim_run_for(sim, 101);
	assert_int_equal(second.response.value, 3);
	sim_cancel_all(sim);
}

static void canceled_queued_call_leaves_the_queue(void **state)
{
	struct sim *sim = *state;
	struct clerk clerk = {0};
	struct customer customers[3] = {0};

	start_clerk(sim, &clerk, &echo_service, 100);
	for (uint32_t i = 0; i < COUNT(customers); i++)
		start_customer(sim, &customers[i], &echo_service, i);
	sim_cancel(sim, &customers[1].task);
	sim_settle(sim);
	assert_int_equal(customers[1].result, MN_ECANCELED);
	sim_run_for(sim, 1000);
	assert_int_equal(customers[1].response.value, 0);
	assert_int_equal(customers[2].response.value, 3);
	assert_int_equal(clerk.taken, 2);
	assert_int_equal(clerk.revoked, 0);
	sim_cancel_all(sim);
}

static void canceled_call_in_service_is_revoked_at_once(void **state)
{
	struct sim *sim = *state;
	struct clerk clerk = {0};
	struct customer customer = {0}, next = {0};

	start_clerk(sim, &clerk, &echo_service, 100);
	start_customer(sim, &customer, &echo_service, 1);
	sim_cancel(sim, &customer.task);
	sim_settle(sim);
	assert_int_equal(customer.result, MN_ECANCELED);
	assert_int_equal(state_of(&customer), MN_CALL_IDLE);
	sim_run_for(sim, 1000);
	assert_int_equal(clerk.revoked, 1);
	assert_int_equal(customer.response.value, 0);
	start_customer(sim, &next, &echo_service, 5); /* the slot is free again */
	sim_run_for(sim, 1000);
	assert_int_equal(next.response.value, 6);
	sim_cancel_all(sim);
}

/* A server that waits for nothing but the end of the call in its slot. */
struct watcher {
	struct mn_task task;
	struct mn_server server;
	struct mn_serving serving;
	struct mn_wait wait;
	const struct mn_service *service;
	bool heard;
};

static mn_poll until_revoked(struct watcher *self)
{
	if (mn_serving_live(&self->serving)) {
		if (!mn_wait_active(&self->wait))
			mn_wait_begin(&self->wait, MN_WAIT_OTHER, self);
		return mn_wait_park(&self->wait);
	}
	mn_wait_end(&self->wait);
	return MN_OK;
}

static mn_poll watcher_run(struct watcher *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_register(&self->server, self->service, NULL));
	MN_TRY(self, mn_serve(&self->serving, &self->server));
	MN_TRY(self, until_revoked(self));
	self->heard = true;
	mn_reply(&self->serving, MN_OK);
	MN_END(self);
}

MN_TASK(watcher);

static void revocation_wakes_the_server(void **state)
{
	struct sim *sim = *state;
	static const struct mn_service *const services[] = {&echo_service, &lend_service};

	for (size_t i = 0; i < COUNT(services); i++) {
		struct watcher watcher = {.service = services[i]};
		struct customer customer = {0};

		mn_spawn(&sim->kernel, &watcher.task, &watcher_task);
		start_customer(sim, &customer, services[i], 1);
		assert_false(watcher.heard);
		sim_cancel(sim, &customer.task);
		sim_settle(sim);
		assert_true(watcher.heard);
		assert_int_equal(customer.result, MN_ECANCELED);
		sim_run(sim);
	}
}

/* Calls, and is cancelled at its next poll, which comes before the server's. */
struct fickle {
	struct mn_task task;
	struct mn_connect connect;
	struct mn_client client;
	struct mn_call call;
	const struct mn_service *service;
	struct number request, response;
	int polls;
	mn_poll result;
};

static mn_poll call_and_regret(struct fickle *self)
{
	if (self->polls == 0)
		mn_wake(mn_self()); /* ahead of the server that the call wakes */
	if (self->polls == 1)
		mn_cancel(mn_self());
	self->polls++;
	return mn_call(&self->call, &self->client, &self->request, &self->response);
}

static mn_poll fickle_run(struct fickle *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_connect(&self->connect, &self->client, self->service, NULL, NULL));
	self->result = MN_PENDING;
	MN_AWAIT(self, call_and_regret(self));
	self->result = MN_RESULT(self);
	MN_END(self);
}

MN_TASK(fickle);

static void call_revoked_before_the_server_saw_it_is_not_served(void **state)
{
	struct sim *sim = *state;
	static const struct mn_service *const services[] = {&echo_service, &lend_service};

	sim_in_order(sim);
	for (size_t i = 0; i < COUNT(services); i++) {
		struct clerk clerk = {0};
		struct fickle fickle = {.service = services[i]};
		struct customer next = {0};

		start_clerk(sim, &clerk, services[i], 0);
		mn_spawn(&sim->kernel, &fickle.task, &fickle_task);
		sim_settle(sim);
		assert_int_equal(fickle.result, MN_ECANCELED);
		assert_int_equal(clerk.taken, 0);
		start_customer(sim, &next, services[i], 5);
		assert_int_equal(next.response.value, 6);
		sim_run_for(sim, 10);
		sim_cancel_all(sim);
	}
}

static void time_out_is_prompt_whatever_the_server_does(void **state)
{
	struct sim *sim = *state;
	struct clerk clerk = {0};
	struct customer serving = {.limit_us = 250}, queued = {.limit_us = 150};

	start_clerk(sim, &clerk, &echo_service, MN_NEVER);
	start_customer(sim, &serving, &echo_service, 1);
	start_customer(sim, &queued, &echo_service, 1);
	sim_run_for(sim, 1000);
	assert_int_equal(serving.result, MN_ETIMEDOUT);
	assert_int_equal(serving.ended_us, 250);
	assert_int_equal(queued.result, MN_ETIMEDOUT);
	assert_int_equal(queued.ended_us, 150);
	sim_cancel_all(sim);
}

static void answer_beats_a_cancellation_that_comes_later(void **state)
{
	struct sim *sim = *state;
	struct clerk clerk = {0};
	struct customer customer = {.service = &echo_service, .request.value = 7};

	start_clerk(sim, &clerk, &echo_service, 100);
	start_customer(sim, &customer, &echo_service, 7);
	sim_enter(sim); /* the server's answer, then a cancellation, then the caller's turn */
	((struct number *)mn_response(&clerk.serving))->value = 70;
	mn_reply(&clerk.serving, MN_EBUSY);
	mn_cancel(&customer.task);
	sim_leave();
	sim_settle(sim);
	assert_int_equal(customer.result, MN_EBUSY);
	assert_int_equal(customer.response.value, 70);
	assert_int_equal(customer.after, MN_ECANCELED);
	sim_broken(state); /* the server would reply again */
}

static void canceled_task_does_not_begin_a_call(void **state)
{
	struct sim *sim = *state;
	struct clerk clerk = {0};
	struct customer customer = {.service = &echo_service};

	start_clerk(sim, &clerk, &echo_service, 0);
	mn_spawn(&sim->kernel, &customer.task, &customer_task);
	sim_cancel(sim, &customer.task);
	sim_run_for(sim, 10);
	assert_int_equal(customer.result, MN_ECANCELED);
	assert_int_equal(customer.after, MN_OK); /* once */
	assert_int_equal(clerk.taken, 0);
	sim_cancel_all(sim);
}

static void pinned_call_stays_until_the_server_lets_go(void **state)
{
	struct sim *sim = *state;
	struct clerk clerk = {0};
	struct customer canceled = {0}, late = {.limit_us = 50};

	start_clerk(sim, &clerk, &lend_service, 100);
	start_customer(sim, &canceled, &lend_service, 1);
	sim_cancel(sim, &canceled.task);
	sim_run_for(sim, 99);
	sim_settle(sim);
	assert_int_equal(canceled.result, MN_PENDING);
	sim_run_for(sim, 1);
	sim_settle(sim);
	assert_int_equal(canceled.result, MN_ECANCELED);
	assert_int_equal(canceled.ended_us, 100);
	assert_int_equal(clerk.revoked, 1);
	sim_run_for(sim, 1);
	assert_int_equal(canceled.after, MN_OK);

	start_customer(sim, &late, &lend_service, 1);
	sim_run_for(sim, 1000);
	assert_int_equal(late.result, MN_ETIMEDOUT);
	assert_int_equal(late.ended_us, 201);
	sim_cancel_all(sim);
}

static void pinned_call_not_yet_in_service_is_canceled_at_once(void **state)
{
	struct sim *sim = *state;
	struct clerk clerk = {0};
	struct customer first = {0}, queued = {0};

	start_clerk(sim, &clerk, &lend_service, 100);
	start_customer(sim, &first, &lend_service, 1);
	start_customer(sim, &queued, &lend_service, 1);
	sim_cancel(sim, &queued.task);
	sim_settle(sim);
	assert_int_equal(queued.result, MN_ECANCELED);
	sim_run_for(sim, 1000);
	assert_int_equal(clerk.taken, 1);
	sim_cancel_all(sim);
}

static void unregistering_answers_every_call_with_gone(void **state)
{
	struct sim *sim = *state;
	struct clerk clerk = {0};
	struct customer customers[3] = {0};

	start_clerk(sim, &clerk, &echo_service, 100);
	for (uint32_t i = 0; i < COUNT(customers); i++)
		start_customer(sim, &customers[i], &echo_service, i);
	sim_enter(sim);
	mn_unregister(&clerk.server);
	mn_unregister(&clerk.server); /* nothing more to do */
	sim_leave();
	sim_run(sim); /* the server's late reply finds nothing to do */
	for (uint32_t i = 0; i < COUNT(customers); i++) {
		assert_int_equal(customers[i].result, MN_EGONE);
		assert_int_equal(customers[i].ended_us, 0);
	}
	assert_int_equal(clerk.revoked, 1);
	assert_int_equal(clerk.ended, MN_ECLOSED);
}

static void end_of_the_server_task_answers_every_call_with_gone(void **state)
{
	struct sim *sim = *state;
	struct clerk clerk = {0};
	struct customer customers[3] = {0};

	start_clerk(sim, &clerk, &echo_service, 100);
	for (uint32_t i = 0; i < COUNT(customers); i++)
		start_customer(sim, &customers[i], &echo_service, i);
	sim_cancel(sim, &clerk.task);
	sim_settle(sim);
	memset(&clerk, 0xee, sizeof clerk); /* its memory is its owner's again */
	sim_run(sim);
	for (uint32_t i = 0; i < COUNT(customers); i++)
		assert_int_equal(customers[i].result, MN_EGONE);
}

static void parked_server_learns_that_it_is_unregistered(void **state)
{
	struct sim *sim = *state;
	struct clerk clerk = {0};

	start_clerk(sim, &clerk, &echo_service, 0);
	sim_enter(sim);
	mn_unregister(&clerk.server);
	sim_leave();
	sim_settle(sim);
	assert_int_equal(clerk.ended, MN_ECLOSED);
}

/* Registers, serves one call without an answer, unregisters; and all again. */
struct phoenix {
	struct mn_task task;
	struct mn_server server;
	struct mn_serving serving;
	struct mn_sleep nap;
	int lives;
};

static mn_poll phoenix_run(struct phoenix *self)
{
	MN_BEGIN(self);
	for (self->lives = 0; self->lives < 3; self->lives++) {
		MN_TRY(self, mn_register(&self->server, &echo_service, NULL));
		MN_TRY(self, mn_serve(&self->serving, &self->server));
		MN_TRY(self, mn_sleep(&self->nap, 100));
		mn_unregister(&self->server);
		mn_reply(&self->serving, MN_OK);
	}
	MN_END(self);
}

MN_TASK(phoenix);

static void slot_serves_again_after_its_server_was_registered_again(void **state)
{
	struct sim *sim = *state;
	struct phoenix phoenix = {0};

	mn_spawn(&sim->kernel, &phoenix.task, &phoenix_task);
	sim_settle(sim);
	for (int life = 0; life < 3; life++) {
		struct customer customer = {0};

		start_customer(sim, &customer, &echo_service, 1);
		sim_run_for(sim, 100);
		sim_settle(sim);
		assert_int_equal(customer.result, MN_EGONE);
		sim_run_for(sim, 10);
	}
}

/* Connects at once, calls when told to. */
struct patient {
	struct mn_task task;
	struct mn_connect connect;
	struct mn_client client;
	struct mn_call call;
	struct mn_sleep nap;
	struct number request, response;
	mn_poll result;
};

static mn_poll patient_run(struct patient *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_connect(&self->connect, &self->client, &echo_service, NULL, NULL));
	MN_TRY(self, mn_sleep(&self->nap, 1000));
	MN_AWAIT(self, mn_call(&self->call, &self->client, &self->request, &self->response));
	self->result = MN_RESULT(self);
	MN_END(self);
}

MN_TASK(patient);

static void stale_handle_never_reaches_the_next_service_in_its_slot(void **state)
{
	struct sim *sim = *state;
	static const struct mn_service *const next[] = {&lend_service, &echo_service};

	for (size_t i = 0; i < COUNT(next); i++) {
		struct clerk old = {0}, new = {0};
		struct patient patient = {0};

		start_clerk(sim, &old, &echo_service, 0);
		mn_spawn(&sim->kernel, &patient.task, &patient_task);
		sim_settle(sim);
		sim_cancel(sim, &old.task);
		sim_settle(sim);
		start_clerk(sim, &new, next[i], 0);
		assert_ptr_equal(mn__slot(&sim->kernel, &patient.client), new.server.slot);
		sim_run_for(sim, 2000);
		assert_int_equal(patient.result, MN_EGONE);
		assert_int_equal(new.taken, 0);
		sim_cancel_all(sim);
	}
}

struct stranger {
	struct mn_task task;
	struct mn_call call;
	struct mn_client client;
	struct number request, response;
};

static mn_poll stranger_run(struct stranger *self)
{
	MN_BEGIN(self);
	MN_AWAIT(self, mn_call(&self->call, &self->client, &self->request, &self->response));
	assert_int_equal(MN_RESULT(self), MN_EGONE);
	MN_END(self);
}

MN_TASK(stranger);

static void unregistering_takes_back_a_call_that_was_not_yet_seen(void **state)
{
	struct sim *sim = *state;
	struct clerk clerk = {0};
	struct patient patient = {0};

	start_clerk(sim, &clerk, &echo_service, 0);
	mn_spawn(&sim->kernel, &patient.task, &patient_task);
	sim_settle(sim);
	sim_enter(sim); /* the call comes, and before the server's turn it is unregistered */
	sim->kernel.current = &patient.task;
	assert_int_equal(
		mn_call(&patient.call, &patient.client, &patient.request, &patient.response),
		MN_PENDING);
	sim->kernel.current = NULL;
	mn_unregister(&clerk.server);
	sim_leave();
	sim_run(sim);
	assert_int_equal(clerk.taken, 0);
	assert_int_equal(clerk.ended, MN_ECLOSED);
	assert_int_equal(patient.result, MN_EGONE);
}

static void handle_that_was_never_connected_answers_gone(void **state)
{
	struct sim *sim = *state;
	struct stranger stranger = {0};

	mn_spawn(&sim->kernel, &stranger.task, &stranger_task);
	sim_settle(sim);
	assert_int_equal(stranger.task.polls, 1);
}

static void second_reply_panics(void **state)
{
	struct sim *sim = *state;
	static struct clerk clerk;
	static struct customer customer;

	start_clerk(sim, &clerk, &echo_service, 100);
	start_customer(sim, &customer, &echo_service, 1);
	sim_enter(sim);
	mn_reply(&clerk.serving, MN_OK);
	assert_true(sim_panics(mn_reply(&clerk.serving, MN_OK)));
	sim_broken(state);
}

static void reply_that_is_pending_panics(void **state)
{
	struct sim *sim = *state;
	static struct clerk clerk;
	static struct customer customer;

	start_clerk(sim, &clerk, &echo_service, 100);
	start_customer(sim, &customer, &echo_service, 1);
	sim_enter(sim);
	assert_true(sim_panics(mn_reply(&clerk.serving, MN_PENDING)));
	sim_broken(state);
}

static void serving_into_a_full_slot_panics(void **state)
{
	struct sim *sim = *state;
	static struct clerk clerk;
	static struct customer customer;

	start_clerk(sim, &clerk, &echo_service, 100);
	start_customer(sim, &customer, &echo_service, 1);
	sim_enter(sim);
	assert_true(sim_panics(mn_try_serve(&clerk.serving, &clerk.server)));
	sim_broken(state);
}

/* Two services with one slot between them. */
struct miser {
	struct mn_task task;
	struct mn_server echo, lend;
	struct mn_serving slot;
};

static mn_poll miser_run(struct miser *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_register(&self->echo, &echo_service, NULL));
	MN_TRY(self, mn_register(&self->lend, &lend_service, NULL));
	assert_int_equal(mn_try_serve(&self->slot, &self->echo), MN_EEMPTY);
	assert_int_equal(mn_try_serve(&self->slot, &self->lend), MN_EEMPTY);
	MN_END(self);
}

MN_TASK(miser);

static void slot_of_one_server_cannot_serve_another(void **state)
{
	struct sim *sim = *state;
	static struct miser miser;

	mn_spawn(&sim->kernel, &miser.task, &miser_task);
	assert_true(sim_panics(sim_settle(sim)));
	sim_broken(state);
}

/* A server with three slots that answers in the opposite order. */
struct juggler {
	struct mn_task task;
	struct mn_server server;
	struct mn_serving slots[3];
	int held;
	mn_poll empty;
};

static mn_poll juggler_run(struct juggler *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_register(&self->server, &echo_service, NULL));
	self->empty = mn_try_serve(&self->slots[0], &self->server);
	for (self->held = 0; self->held < 3; self->held++)
		MN_TRY(self, mn_serve(&self->slots[self->held], &self->server));
	while (self->held--) {
		((struct number *)mn_response(&self->slots[self->held]))->value =
			(uint32_t)self->held + 1;
		mn_reply(&self->slots[self->held], MN_OK);
	}
	MN_END(self);
}

MN_TASK(juggler);

static void server_with_several_slots_answers_in_any_order(void **state)
{
	struct sim *sim = *state;
	struct juggler juggler = {0};
	struct customer customers[3] = {0};

	mn_spawn(&sim->kernel, &juggler.task, &juggler_task);
	sim_settle(sim);
	assert_int_equal(juggler.empty, MN_EEMPTY);
	for (uint32_t i = 0; i < COUNT(customers); i++) {
		assert_int_equal(juggler.held, i);
		start_customer(sim, &customers[i], &echo_service, 0);
	}
	for (uint32_t i = 0; i < COUNT(customers); i++) {
		assert_int_equal(customers[i].result, MN_OK);
		assert_int_equal(customers[i].response.value, i + 1);
	}
	sim_run(sim);
}

static void calls_in_every_slot_end_with_the_server(void **state)
{
	struct sim *sim = *state;
	struct juggler juggler = {0};
	struct customer customers[2] = {0};

	mn_spawn(&sim->kernel, &juggler.task, &juggler_task);
	for (uint32_t i = 0; i < COUNT(customers); i++)
		start_customer(sim, &customers[i], &echo_service, 0);
	sim_cancel(sim, &juggler.task);
	sim_run(sim);
	for (uint32_t i = 0; i < COUNT(customers); i++)
		assert_int_equal(customers[i].result, MN_EGONE);
}

/* Serves or naps, whichever comes first. */
struct sleepy {
	struct mn_task task;
	struct mn_server server;
	struct mn_serving serving;
	struct mn_race race;
	struct mn_sleep nap;
	mn_poll serve;
	int winner;
};

static mn_poll sleepy_run(struct sleepy *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_register(&self->server, &echo_service, NULL));
	MN_AWAIT(self, mn_race(&self->race, mn_sleep(&self->nap, 100),
			       mn_serve(&self->serving, &self->server)));
	self->serve = self->race.result[1];
	self->winner = self->race.winner;
	if (self->serve == MN_OK)
		mn_reply(&self->serving, MN_EBUSY);
	MN_END(self);
}

MN_TASK(sleepy);

static void serve_that_loses_a_race_keeps_a_call_of_the_same_moment(void **state)
{
	struct sim *sim = *state;
	struct sleepy sleepy = {0};
	struct patient patient = {0};

	mn_spawn(&sim->kernel, &sleepy.task, &sleepy_task);
	mn_spawn(&sim->kernel, &patient.task, &patient_task);
	sim_settle(sim);
	sim->now_us = 100; /* the nap is over and, before anybody runs, a call comes */
	sim_enter(sim);
	sim->kernel.current = &patient.task;
	assert_int_equal(
		mn_call(&patient.call, &patient.client, &patient.request, &patient.response),
		MN_PENDING);
	sim->kernel.current = NULL;
	sim_leave();
	sim_run(sim);
	assert_int_equal(sleepy.winner, 0);
	assert_int_equal(sleepy.serve, MN_OK);
	assert_int_equal(patient.result, MN_EBUSY);
}

static void serve_that_loses_a_race_is_not_parked_any_more(void **state)
{
	struct sim *sim = *state;
	struct sleepy sleepy = {0};

	mn_spawn(&sim->kernel, &sleepy.task, &sleepy_task);
	sim_run(sim);
	assert_int_equal(sleepy.serve, MN_ECANCELED);
	assert_int_equal(sleepy.serving.wait.state, MN_SERVING_FREE);
}

/* Calls `rounds` times, as fast as it can. */
struct regular {
	struct mn_task task;
	struct mn_connect connect;
	struct mn_client client;
	struct mn_call call;
	struct number request, response;
	uint32_t *ids; /* where to note the request ids, in the order of all */
	uint32_t *id_count;
	int rounds, done;
};

static mn_poll regular_run(struct regular *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_connect(&self->connect, &self->client, &echo_service, NULL, NULL));
	for (self->done = 0; self->done < self->rounds; self->done++) {
		MN_TRY(self, mn_call(&self->call, &self->client, &self->request, &self->response));
		self->ids[(*self->id_count)++] = self->call.id;
	}
	MN_END(self);
}

MN_TASK(regular);

static int by_number(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void request_ids_are_odd_and_unique(void **state)
{
	struct sim *sim = *state;
	struct clerk clerk = {0};
	struct regular regulars[4] = {0};
	uint32_t ids[100], count = 0;

	start_clerk(sim, &clerk, &echo_service, 0);
	for (size_t i = 0; i < COUNT(regulars); i++) {
		regulars[i] = (struct regular){.rounds = 25, .ids = ids, .id_count = &count};
		mn_spawn(&sim->kernel, &regulars[i].task, &regular_task);
	}
	sim_settle(sim);
	assert_int_equal(count, COUNT(ids));
	qsort(ids, COUNT(ids), sizeof *ids, by_number);
	for (size_t i = 0; i < COUNT(ids); i++) {
		assert_int_equal(ids[i] & 1, 1);
		assert_true(ids[i] > 1); /* the response's is one less, and 0 is nobody's */
		assert_true(i == 0 || ids[i] != ids[i - 1]);
	}
	sim_cancel_all(sim);
}

static void calls_are_served_first_come_first_served(void **state)
{
	struct sim *sim = *state;
	struct clerk clerk = {0};
	struct customer customers[5] = {0};

	start_clerk(sim, &clerk, &echo_service, 100);
	for (uint32_t i = 0; i < COUNT(customers); i++)
		start_customer(sim, &customers[i], &echo_service, i);
	sim_run_for(sim, 1000);
	for (uint32_t i = 0; i < COUNT(customers); i++)
		assert_int_equal(customers[i].ended_us, 100 * (i + 1));
	sim_cancel_all(sim);
}

static void busy_callers_share_a_server_evenly(void **state)
{
	struct sim *sim = *state;
	struct clerk clerk = {0};
	struct regular regulars[4] = {0};
	uint32_t ids[4000], count = 0;

	sim_in_order(sim);
	start_clerk(sim, &clerk, &echo_service, 0);
	for (size_t i = 0; i < COUNT(regulars); i++) {
		regulars[i] = (struct regular){.rounds = 1000, .ids = ids, .id_count = &count};
		mn_spawn(&sim->kernel, &regulars[i].task, &regular_task);
	}
	while (count < 1000) {
		mn_kernel_run_once(&sim->kernel);
		for (size_t i = 1; i < COUNT(regulars); i++)
			assert_in_range(regulars[i].done + 1, regulars[0].done,
					regulars[0].done + 2);
	}
	sim_settle(sim);
	sim_cancel_all(sim);
}

/* A service that asks `echo` on behalf of who asks it, after a nap. */
MN_SERVICE(relay, struct number, struct number);
const struct mn_service relay_service =
	MN_SERVICE_INIT(relay, "1", MN_UUID(0x5c9c7f9d, 0x8f4e, 0x4a3f, 0x8d2b, 0x0c5cf0a4f0e1));

struct relay {
	struct mn_task task;
	struct mn_server server;
	struct mn_serving serving;
	struct mn_connect connect;
	struct mn_client echo;
	struct mn_call call;
	struct mn_sleep nap;
	uint32_t asked, causes[2];
};

static mn_poll relay_run(struct relay *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_register(&self->server, &relay_service, NULL));
	MN_TRY(self, mn_connect(&self->connect, &self->echo, &echo_service, NULL, NULL));
	MN_TRY(self, mn_serve(&self->serving, &self->server));
	self->asked = self->serving.call->id;
	MN_TRY(self, mn_call(&self->call, &self->echo, mn_request(&self->serving),
			     mn_response(&self->serving)));
	self->causes[0] = self->call.cause;
	MN_TRY(self, mn_sleep(&self->nap, 100));
	if (mn_serving_live(&self->serving))
		MN_TRY(self, mn_call(&self->call, &self->echo, mn_request(&self->serving),
				     mn_response(&self->serving)));
	self->causes[1] = self->call.cause;
	mn_reply(&self->serving, MN_OK);
	MN_END(self);
}

MN_TASK(relay);

/* The call to `relay` is queued if `echo`, which it connects to first, comes last. */
static void nested_calls_carry_their_cause(void **state)
{
	struct sim *sim = *state;

	for (int queued = 0; queued < 2; queued++) {
		struct clerk clerk = {0};
		struct relay relay = {0};
		struct customer customer = {0};

		if (!queued)
			start_clerk(sim, &clerk, &echo_service, 10);
		mn_spawn(&sim->kernel, &relay.task, &relay_task);
		start_customer(sim, &customer, &relay_service, 1);
		if (queued)
			start_clerk(sim, &clerk, &echo_service, 10);
		sim_run_for(sim, 1000);
		assert_int_equal(customer.result, MN_OK);
		assert_int_equal(customer.cause, 0);
		assert_int_equal(relay.asked, customer.id);
		assert_int_equal(relay.causes[0], customer.id);
		assert_int_equal(relay.causes[1], customer.id);
		sim_cancel_all(sim);
	}
}

/* Holds two calls, then asks `echo` on behalf of the first, then of nobody. */
struct double_relay {
	struct mn_task task;
	struct mn_server server;
	struct mn_serving slots[2];
	struct mn_connect connect;
	struct mn_client echo;
	struct mn_call call;
	struct mn_sleep nap;
	struct mn_race race;
	struct number request, response;
	uint32_t first, causes[2];
	int last; /* the slot to wait with in the end */
};

static mn_poll double_relay_run(struct double_relay *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_connect(&self->connect, &self->echo, &echo_service, NULL, NULL));
	MN_TRY(self, mn_register(&self->server, &relay_service, NULL));
	MN_TRY(self, mn_serve(&self->slots[0], &self->server));
	self->first = self->slots[0].call->id;
	MN_TRY(self, mn_serve(&self->slots[1], &self->server));
	if (mn_serving_live(&self->slots[0]))
		MN_TRY(self, mn_call(&self->call, &self->echo, &self->request, &self->response));
	self->causes[0] = self->call.cause;
	mn_reply(&self->slots[0], MN_OK);
	mn_reply(&self->slots[1], MN_OK);
	MN_TRY(self, mn_race(&self->race, mn_sleep(&self->nap, 100),
			     mn_serve(&self->slots[self->last], &self->server)));
	MN_TRY(self, mn_call(&self->call, &self->echo, &self->request, &self->response));
	self->causes[1] = self->call.cause;
	MN_END(self);
}

MN_TASK(double_relay);

static void server_of_several_calls_says_which_is_the_cause(void **state)
{
	struct sim *sim = *state;

	sim_in_order(sim);
	for (int variant = 0; variant < 4; variant++) {
		struct clerk clerk = {0};
		struct double_relay relay = {.last = variant & 1};
		struct customer customers[2] = {0};
		struct fickle fickle = {.service = &relay_service};

		start_clerk(sim, &clerk, &echo_service, 10);
		mn_spawn(&sim->kernel, &relay.task, &double_relay_task);
		start_customer(sim, &customers[0], &relay_service, 1);
		start_customer(sim, &customers[1], &relay_service, 1);
		sim_run_for(sim, 50);
		if (variant & 2) /* taken back before it is seen */
			mn_spawn(&sim->kernel, &fickle.task, &fickle_task);
		sim_run_for(sim, 1000);
		assert_int_equal(relay.causes[0], relay.first);
		assert_int_equal(relay.causes[1], 0);
		sim_cancel_all(sim);
	}
}

static void cause_is_not_passed_to_tasks_that_run_next(void **state)
{
	struct sim *sim = *state;
	struct clerk slow = {0}, other = {0};
	struct customer customer = {0}, innocent = {0};

	start_clerk(sim, &slow, &echo_service, 100);
	start_clerk(sim, &other, &lend_service, 0);
	start_customer(sim, &customer, &echo_service, 1); /* in service, its server naps */
	start_customer(sim, &innocent, &lend_service, 1);
	assert_int_equal(innocent.result, MN_OK);
	assert_int_equal(innocent.cause, 0);
	sim_run_for(sim, 1000);
	sim_cancel_all(sim);
}

/* Calls with random limits of time, from a seed of its own. */
struct gambler {
	struct mn_task task;
	struct mn_connect connect;
	struct mn_client client;
	struct mn_call call;
	struct mn_timeout limit;
	struct number request, response;
	int left;
	uint64_t began_us, limit_us;
	uint32_t *outcomes; /* by result */
};

static mn_poll gambler_run(struct gambler *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_connect(&self->connect, &self->client, &echo_service, NULL, NULL));
	for (; self->left; self->left--) {
		self->began_us = mn_now_us();
		self->limit_us = mn_random(mn_running) % 500;
		self->request.value = (uint32_t)mn_random(mn_running);
		self->response.value = 0;
		MN_AWAIT(self, mn_timeout(&self->limit,
					  mn_call(&self->call, &self->client, &self->request,
						  &self->response),
					  self->limit_us));
		self->outcomes[MN_RESULT(self)]++;
		if (MN_RESULT(self) == MN_OK)
			assert_int_equal(self->response.value, self->request.value + 1);
		else
			assert_int_equal(self->response.value, 0);
		assert_true(mn_now_us() <= self->began_us + self->limit_us);
	}
	MN_END(self);
}

MN_TASK(gambler);

static void every_call_has_one_outcome_under_random_limits(void **state)
{
	struct sim *sim = *state;
	struct clerk clerk = {0};
	struct gambler gamblers[8] = {0};
	uint32_t outcomes[32] = {0};

	start_clerk(sim, &clerk, &echo_service, 50);
	for (size_t i = 0; i < COUNT(gamblers); i++) {
		gamblers[i].left = 500;
		gamblers[i].outcomes = outcomes;
		mn_spawn(&sim->kernel, &gamblers[i].task, &gambler_task);
	}
	while (mn_kernel_task_count(&sim->kernel) > 1)
		sim_run_for(sim, 1000);
	assert_int_equal(outcomes[MN_OK] + outcomes[MN_ETIMEDOUT], 500 * COUNT(gamblers));
	assert_int_equal(outcomes[MN_OK], clerk.taken - clerk.revoked);
	assert_true(outcomes[MN_OK] > 0 && outcomes[MN_ETIMEDOUT] > 0 && clerk.revoked > 0);
	sim_cancel_all(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(reply_carries_what_the_server_wrote),
		SIM_TEST(call_to_a_busy_server_is_queued_then_served),
		SIM_TEST(canceled_queued_call_leaves_the_queue),
		SIM_TEST(canceled_call_in_service_is_revoked_at_once),
		SIM_TEST(revocation_wakes_the_server),
		SIM_TEST(call_revoked_before_the_server_saw_it_is_not_served),
		SIM_TEST(time_out_is_prompt_whatever_the_server_does),
		SIM_TEST(answer_beats_a_cancellation_that_comes_later),
		SIM_TEST(canceled_task_does_not_begin_a_call),
		SIM_TEST(pinned_call_stays_until_the_server_lets_go),
		SIM_TEST(pinned_call_not_yet_in_service_is_canceled_at_once),
		SIM_TEST(unregistering_answers_every_call_with_gone),
		SIM_TEST(end_of_the_server_task_answers_every_call_with_gone),
		SIM_TEST(parked_server_learns_that_it_is_unregistered),
		SIM_TEST(slot_serves_again_after_its_server_was_registered_again),
		SIM_TEST(stale_handle_never_reaches_the_next_service_in_its_slot),
		SIM_TEST(unregistering_takes_back_a_call_that_was_not_yet_seen),
		SIM_TEST(handle_that_was_never_connected_answers_gone),
		SIM_TEST(second_reply_panics),
		SIM_TEST(reply_that_is_pending_panics),
		SIM_TEST(serving_into_a_full_slot_panics),
		SIM_TEST(slot_of_one_server_cannot_serve_another),
		SIM_TEST(server_with_several_slots_answers_in_any_order),
		SIM_TEST(calls_in_every_slot_end_with_the_server),
		SIM_TEST(serve_that_loses_a_race_keeps_a_call_of_the_same_moment),
		SIM_TEST(serve_that_loses_a_race_is_not_parked_any_more),
		SIM_TEST(request_ids_are_odd_and_unique),
		SIM_TEST(calls_are_served_first_come_first_served),
		SIM_TEST(busy_callers_share_a_server_evenly),
		SIM_TEST(nested_calls_carry_their_cause),
		SIM_TEST(server_of_several_calls_says_which_is_the_cause),
		SIM_TEST(cause_is_not_passed_to_tasks_that_run_next),
		SIM_TEST(every_call_has_one_outcome_under_random_limits),
	};

	return cmocka_run_group_tests_name("call", tests, NULL, NULL);
}
