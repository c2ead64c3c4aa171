/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: a line has one owner at a time, who may be any task and loses it by saying so or by
 * ending; and a peer's bytes flow only once the owner has accepted that peer.
 */
#include "bytes.h"
#include "serial.h"
#include <mnemos/sync.h>

/* Does what it is told, step by step; each step is a request. */
struct client {
	struct mn_task task;
	const char *instance;
	struct mn_connect connect;
	struct mn_simple_serial_client serial;
	struct mn_call call;
	struct mn_simple_serial_request request;
	struct mn_simple_serial_response response;
	struct mn_event step;
	struct mn_waiter wait;
	mn_poll answer;
};

static mn_poll client_run(struct client *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_simple_serial_connect(&self->connect, &self->serial, self->instance));
	do {
		MN_TRY(self, mn_event_wait(&self->wait, &self->step));
		mn_event_clear(&self->step);
		MN_AWAIT(self, mn_simple_serial_call(&self->call, &self->serial, &self->request,
						     &self->response));
		self->answer = MN_RESULT(self);
	} while (self->answer != MN_ECANCELED);
	MN_END(self);
}

MN_TASK(client);

static void client_start(struct sim *sim, struct client *client, const char *instance)
{
	*client = (struct client){.instance = instance};
	mn_event_init(&client->step);
	mn_spawn(&sim->kernel, &client->task, &client_task);
	sim_settle(sim);
}

static mn_poll ask(struct sim *sim, struct client *client, enum mn_simple_serial_what what)
{
	client->request.what = what;
	client->answer = MN_PENDING;
	sim_enter(sim);
	mn_event_set(&client->step);
	sim_leave();
	sim_settle(sim);
	return client->answer;
}

static uint32_t accept(struct sim *sim, struct client *client)
{
	uint32_t peer;

	sim_enter(sim);
	peer = mn_serial_line_accept(client->response.line);
	sim_leave();
	return peer;
}

static void gives_the_line_to_one_and_takes_it_back(void **state)
{
	struct sim *sim = *state;
	struct serial *serial = serial_new(sim, 16, 16, NULL);
	struct client a, b;

	client_start(sim, &a, NULL);
	client_start(sim, &b, NULL);
	assert_int_equal(ask(sim, &a, MN_SIMPLE_SERIAL_GET_PORT), MN_OK);
	assert_ptr_equal(a.response.line, &serial->line);
	assert_int_equal(ask(sim, &b, MN_SIMPLE_SERIAL_GET_PORT), MN_EBUSY);
	assert_int_equal(ask(sim, &a, MN_SIMPLE_SERIAL_GET_PORT), MN_EBUSY);
	assert_int_equal(ask(sim, &b, MN_SIMPLE_SERIAL_RELEASE), MN_EREFUSED);
	assert_int_equal(ask(sim, &a, MN_SIMPLE_SERIAL_RELEASE), MN_OK);
	assert_int_equal(ask(sim, &a, MN_SIMPLE_SERIAL_RELEASE), MN_EREFUSED);
	assert_int_equal(ask(sim, &b, MN_SIMPLE_SERIAL_GET_PORT), MN_OK);
	assert_int_equal(ask(sim, &b, (enum mn_simple_serial_what)7), MN_EINVAL);
	sim_cancel_all(sim);
	serial_free(serial);
}

static void takes_it_back_when_the_owner_ends(void **state)
{
	struct sim *sim = *state;
	struct serial *serial = serial_new(sim, 16, 16, NULL);
	struct client a, b;

	client_start(sim, &b, NULL);
	for (int i = 0; i < 3; i++) {
		client_start(sim, &a, NULL);
		assert_int_equal(ask(sim, &a, MN_SIMPLE_SERIAL_GET_PORT), MN_OK);
		assert_int_equal(ask(sim, &b, MN_SIMPLE_SERIAL_GET_PORT), MN_EBUSY);
		sim_cancel(sim, &a.task);
		sim_settle(sim);
	}
	assert_int_equal(ask(sim, &b, MN_SIMPLE_SERIAL_GET_PORT), MN_OK);
	sim_cancel_all(sim);
	serial_free(serial);
}

/* Also while the server looks after the owner and serves at once. */
static void a_client_can_give_up_at_any_moment(void **state)
{
	struct sim *sim = *state;
	struct serial *serial = serial_new(sim, 16, 16, NULL);
	struct client a, b;

	client_start(sim, &a, NULL);
	assert_int_equal(ask(sim, &a, MN_SIMPLE_SERIAL_GET_PORT), MN_OK);
	for (uint32_t i = 0; i < 40; i++) {
		struct sim_canceller canceller;

		client_start(sim, &b, NULL);
		sim_cancel_later(sim, &canceller, &b.task, i / 4);
		ask(sim, &b, MN_SIMPLE_SERIAL_GET_PORT);
		assert_false(b.task.frame.flags & MN__TASK_ALIVE);
		assert_int_equal(ask(sim, &a, MN_SIMPLE_SERIAL_GET_PORT), MN_EBUSY);
	}
	sim_cancel_all(sim);
	serial_free(serial);
}

static void several_lines_differ_by_name(void **state)
{
	struct sim *sim = *state;
	struct serial *uart = serial_new(sim, 16, 16, "uart"),
		      *usb = serial_new(sim, 16, 16, "usb");
	struct client a, b;

	client_start(sim, &a, "usb");
	client_start(sim, &b, "uart");
	assert_int_equal(ask(sim, &a, MN_SIMPLE_SERIAL_GET_PORT), MN_OK);
	assert_int_equal(ask(sim, &b, MN_SIMPLE_SERIAL_GET_PORT), MN_OK);
	assert_ptr_equal(a.response.line, &usb->line);
	assert_ptr_equal(b.response.line, &uart->line);
	sim_cancel_all(sim);
	serial_free(uart);
	serial_free(usb);
}

static void nothing_flows_before_the_owner_accepts(void **state)
{
	struct sim *sim = *state;
	struct serial *serial = serial_new(sim, 16, 16, NULL);
	struct mn_serial_line *line = &serial->line;
	struct client a, b;

	mn_serial_line_attach(line);
	client_start(sim, &a, NULL);
	client_start(sim, &b, NULL);
	assert_int_equal(ask(sim, &a, MN_SIMPLE_SERIAL_GET_PORT), MN_OK);
	assert_false(mn_serial_line_flows(line));
	assert_int_equal(accept(sim, &a), 1);
	assert_true(mn_serial_line_flows(line));
	mn_bbq_irq_push(&serial->rx, "old", 3);
	mn_serial_line_attach(line); /* another peer */
	assert_false(mn_serial_line_flows(line));
	assert_int_equal(accept(sim, &a), 2);
	assert_int_equal(mn_bbq_used(line->rx), 0);
	mn_serial_line_detach(line);
	assert_false(mn_serial_line_flows(line));
	assert_true(mn_serial_line_has_changed(line));
	assert_int_equal(accept(sim, &a), 0);
	assert_false(mn_serial_line_flows(line));
	mn_serial_line_attach(line);
	assert_int_equal(accept(sim, &a), 3);
	assert_int_equal(ask(sim, &a, MN_SIMPLE_SERIAL_RELEASE), MN_OK);
	assert_false(mn_serial_line_flows(line)); /* the next owner has to accept it, too */
	assert_int_equal(ask(sim, &b, MN_SIMPLE_SERIAL_GET_PORT), MN_OK);
	assert_true(mn_serial_line_has_changed(line));
	sim_cancel_all(sim);
	serial_free(serial);
}

/* Counts the changes it is told of. */
struct watcher {
	struct mn_task task;
	struct mn_serial_line *line;
	struct mn_irq_wait change;
	unsigned changes;
};

static mn_poll watcher_run(struct watcher *self)
{
	MN_BEGIN(self);
	for (;;) {
		MN_TRY(self, mn_serial_line_change(&self->change, self->line));
		self->changes++;
		mn_serial_line_accept(self->line);
	}
	MN_END(self);
}

MN_TASK(watcher);

static void tells_each_change_once(void **state)
{
	struct sim *sim = *state;
	struct serial *serial = serial_new(sim, 16, 16, NULL);
	struct watcher watcher = {.line = &serial->line};

	mn_serial_line_attach(&serial->line); /* before anybody waits */
	mn_spawn(&sim->kernel, &watcher.task, &watcher_task);
	sim_settle(sim);
	assert_int_equal(watcher.changes, 1);
	serial_detach(serial);
	serial_attach(serial);
	assert_int_equal(watcher.changes, 3);
	mn_serial_line_detach(&serial->line); /* both before it runs: one change */
	mn_serial_line_attach(&serial->line);
	sim_settle(sim);
	assert_int_equal(watcher.changes, 4);
	sim_cancel_all(sim);
	serial_free(serial);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(gives_the_line_to_one_and_takes_it_back),
		SIM_TEST(takes_it_back_when_the_owner_ends),
		SIM_TEST(a_client_can_give_up_at_any_moment),
		SIM_TEST(several_lines_differ_by_name),
		SIM_TEST(nothing_flows_before_the_owner_accepts),
		SIM_TEST(tells_each_change_once),
	};

	return cmocka_run_group_tests_name("simple serial", tests, NULL, NULL);
}
