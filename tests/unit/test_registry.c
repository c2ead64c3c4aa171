/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Protects: finding services, their instances, and the handshake of a connection. */
#include <stdio.h>
#include <string.h>
#include "sim.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct nothing {
	uint8_t unused;
};
MN_SERVICE(plain, struct nothing, struct nothing);
const struct mn_service plain_service =
	MN_SERVICE_INIT(plain, "1", MN_UUID(0x6fcd9c2f, 0x4a3f, 0x4b11, 0x8a55, 0x21b1d1d4a001));

/* Another idea of the same service: the UUID is that of `plain`. */
MN_SERVICE(impostor, struct nothing, struct nothing);
const struct mn_service impostor_service =
	MN_SERVICE_INIT(impostor, "2", MN_UUID(0x6fcd9c2f, 0x4a3f, 0x4b11, 0x8a55, 0x21b1d1d4a001));

/* Says who it is before it may call. */
MN_SERVICE(polite, struct nothing, struct nothing);
const struct mn_service polite_service =
	MN_SERVICE_INIT(polite, "1", MN_UUID(0x0d2f8a11, 0x93c4, 0x4c1d, 0x9f30, 0x5ce4a7b0b002),
			.hello_size = sizeof(uint32_t));

/* Offers a service until it is cancelled; answers a hello with hello minus HELLO_BASE. */
#define HELLO_BASE 1000
struct keeper {
	struct mn_task task;
	struct mn_server server;
	struct mn_serving serving;
	struct mn_sleep nap;
	const struct mn_service *service;
	const char *instance;
	uint64_t work_us;
	uint32_t calls, hellos;
	mn_poll registered;
};

static mn_poll keeper_answer(struct keeper *self)
{
	if (!mn_serving_live(&self->serving))
		return MN_OK;
	if (!mn_serving_hello(&self->serving)) {
		self->calls++;
		return MN_OK;
	}
	self->hellos++;
	return (mn_poll)(*(const uint32_t *)mn_request(&self->serving) - HELLO_BASE);
}

static mn_poll keeper_run(struct keeper *self)
{
	MN_BEGIN(self);
	self->registered = mn_register(&self->server, self->service, self->instance);
	if (self->registered != MN_OK)
		MN_RETURN(self, self->registered);
	for (;;) {
		MN_TRY(self, mn_serve(&self->serving, &self->server));
		if (self->work_us)
			MN_TRY(self, mn_sleep(&self->nap, self->work_us));
		mn_reply(&self->serving, keeper_answer(self));
	}
	MN_END(self);
}

MN_TASK(keeper);

/* Connects, with or without waiting; then calls once. */
struct visitor {
	struct mn_task task;
	const struct mn_service *service;
	const char *instance;
	const void *hello;
	bool try, calls;
	struct mn_connect connect;
	struct mn_client client;
	struct mn_call call;
	struct nothing request, response;
	mn_poll connected, called;
	uint64_t connected_us;
};

static mn_poll visitor_connect(struct visitor *self)
{
	return (self->try ? mn_try_connect : mn_connect)(
		&self->connect, &self->client, self->service, self->instance, self->hello);
}

static mn_poll visitor_run(struct visitor *self)
{
	MN_BEGIN(self);
	self->connected = self->called = MN_PENDING;
	MN_AWAIT(self, visitor_connect(self));
	self->connected = MN_RESULT(self);
	self->connected_us = mn_now_us();
	if (!self->calls)
		MN_RETURN(self, MN_OK);
	MN_AWAIT(self, mn_call(&self->call, &self->client, &self->request, &self->response));
	self->called = MN_RESULT(self);
	MN_END(self);
}

MN_TASK(visitor);

static void start_keeper(struct sim *sim, struct keeper *keeper, const struct mn_service *service,
			 const char *instance)
{
	keeper->service = service;
	keeper->instance = instance;
	mn_spawn(&sim->kernel, &keeper->task, &keeper_task);
	sim_settle(sim);
}

static void start_visitor(struct sim *sim, struct visitor *visitor,
			  const struct mn_service *service)
{
	visitor->service = service;
	mn_spawn(&sim->kernel, &visitor->task, &visitor_task);
	sim_settle(sim);
}

static void stop(struct sim *sim, struct mn_task *task)
{
	sim_cancel(sim, task);
	sim_settle(sim);
}

/* ---- registration ---- */

static void instance_is_registered_once(void **state)
{
	struct sim *sim = *state;
	struct keeper plain = {0}, again = {0}, first = {0}, second = {0}, twice = {0};
	char same_text[] = "second"; /* the text counts, not its address */

	start_keeper(sim, &plain, &plain_service, NULL);
	start_keeper(sim, &again, &plain_service, NULL);
	start_keeper(sim, &first, &plain_service, "first");
	start_keeper(sim, &second, &plain_service, "second");
	start_keeper(sim, &twice, &plain_service, same_text);
	assert_int_equal(plain.registered, MN_OK);
	assert_int_equal(again.registered, MN_EEXIST);
	assert_int_equal(first.registered, MN_OK);
	assert_int_equal(second.registered, MN_OK);
	assert_int_equal(twice.registered, MN_EEXIST);
	sim_cancel_all(sim);
}

static void uuid_belongs_to_one_descriptor(void **state)
{
	struct sim *sim = *state;
	struct keeper plain = {0}, impostor = {0};

	start_keeper(sim, &plain, &plain_service, NULL);
	start_keeper(sim, &impostor, &impostor_service, "other");
	assert_int_equal(impostor.registered, MN_EEXIST);
	stop(sim, &plain.task);
	start_keeper(sim, &impostor, &impostor_service, "other"); /* now it is free */
	assert_int_equal(impostor.registered, MN_OK);
	sim_cancel_all(sim);
}

static void full_registry_refuses_one_more_until_one_has_gone(void **state)
{
	struct sim *sim = *state;
	static struct keeper keepers[SIM_SERVICES + 1];
	static char names[SIM_SERVICES + 1][8];

	memset(keepers, 0, sizeof keepers);
	for (unsigned i = 0; i <= SIM_SERVICES; i++) {
		snprintf(names[i], sizeof names[i], "%u", i);
		start_keeper(sim, &keepers[i], &plain_service, names[i]);
		assert_int_equal(keepers[i].registered, i < SIM_SERVICES ? MN_OK : MN_EFULL);
	}
	stop(sim, &keepers[3].task);
	start_keeper(sim, &keepers[SIM_SERVICES], &plain_service, names[SIM_SERVICES]);
	assert_int_equal(keepers[SIM_SERVICES].registered, MN_OK);
	sim_cancel_all(sim);
}

static void kernel_without_a_registry_refuses_and_finds_nothing(void **state)
{
	struct sim *sim = *state;
	struct keeper keeper = {0};
	struct visitor visitor = {.try = true, .calls = true};

	mn_kernel_init(&sim->kernel, &(struct mn_kernel_config){.services = sim->services,
								.max_services = 0,
								.heap = sim->heap,
								.heap_size = sizeof sim->heap});
	memset(sim->services, 0, sizeof sim->services);
	start_keeper(sim, &keeper, &plain_service, NULL);
	assert_int_equal(keeper.registered, MN_EFULL);
	start_visitor(sim, &visitor, &plain_service);
	assert_int_equal(visitor.connected, MN_ENOTFOUND);
	assert_int_equal(visitor.called, MN_EGONE);
}

/* Services whose UUIDs all fall into one chain of the table, in a table that they fill. */
static struct mn_service colliding[SIM_SERVICES];

static void make_colliding(void)
{
	for (unsigned i = 0; i < COUNT(colliding); i++) {
		const uint32_t word =
			i * SIM_SERVICES * 3; /* all the same modulo the table's size */

		colliding[i] = (struct mn_service){.name = "colliding", .version = "1"};
		memcpy(colliding[i].uuid.bytes, &word, sizeof word);
		colliding[i].uuid.bytes[15] = (uint8_t)i;
	}
}

static void colliding_uuids_are_told_apart(void **state)
{
	struct sim *sim = *state;
	static struct keeper keepers[SIM_SERVICES];

	make_colliding();
	memset(keepers, 0, sizeof keepers);
	for (unsigned i = 0; i < SIM_SERVICES; i++)
		start_keeper(sim, &keepers[i], &colliding[i], NULL);
	/* First, last and some in the middle go; each time all others are still found. */
	static const unsigned leave[] = {0, 15, 7, 8, 3, 14, 1};

	for (unsigned n = 0; n <= COUNT(leave); n++) {
		for (unsigned i = 0; i < SIM_SERVICES; i++) {
			struct visitor visitor = {.try = true, .calls = true};
			bool gone = false;

			for (unsigned k = 0; k < n; k++)
				gone |= leave[k] == i;
			keepers[i].calls = 0;
			start_visitor(sim, &visitor, &colliding[i]);
			assert_int_equal(visitor.connected, gone ? MN_ENOTFOUND : MN_OK);
			assert_int_equal(keepers[i].calls, !gone);
		}
		if (n < COUNT(leave))
			stop(sim, &keepers[leave[n]].task);
	}
	for (unsigned k = 0; k < COUNT(leave); k++) {
		start_keeper(sim, &keepers[leave[k]], &colliding[leave[k]], NULL);
		assert_int_equal(keepers[leave[k]].registered, MN_OK);
	}
	sim_cancel_all(sim);
}

static void service_id_is_new_at_each_registration(void **state)
{
	struct sim *sim = *state;
	uint32_t last = 0;

	for (int i = 0; i < 3; i++) {
		struct keeper keeper = {0};
		const struct mn_registry_slot *slot;

		start_keeper(sim, &keeper, &plain_service, NULL);
		slot = keeper.server.slot;
		assert_true(slot->id > last);
		last = slot->id;
		stop(sim, &keeper.task);
		assert_null(slot->server);
	}
}

static void generation_changes_at_each_end_and_is_never_zero(void **state)
{
	struct sim *sim = *state;
	static const uint32_t ends[] = {1, 2, UINT32_MAX - 1, UINT32_MAX};

	for (size_t i = 0; i < COUNT(ends); i++) {
		struct keeper keeper = {0};
		struct visitor visitor = {0};

		sim->services[0].generation = ends[i];
		start_keeper(sim, &keeper, &plain_service, NULL);
		start_visitor(sim, &visitor, &plain_service);
		assert_int_equal(visitor.client.generation, ends[i]);
		stop(sim, &keeper.task);
		assert_true(sim->services[0].generation != ends[i]);
		assert_true(sim->services[0].generation != 0);
	}
}

struct listing {
	char text[256];
};

static void list(void *context, const struct mn_registry_slot *slot)
{
	struct listing *listing = context;
	const size_t used = strlen(listing->text);

	snprintf(listing->text + used, sizeof listing->text - used, "%s/%s ", slot->service->name,
		 slot->instance ? slot->instance : "-");
}

static void each_lists_what_is_registered(void **state)
{
	struct sim *sim = *state;
	struct keeper a = {0}, b = {0}, c = {0};
	struct listing listing = {""};

	mn_registry_each(&sim->kernel, list, &listing);
	assert_string_equal(listing.text, "");
	start_keeper(sim, &a, &plain_service, "a");
	start_keeper(sim, &b, &polite_service, NULL);
	start_keeper(sim, &c, &plain_service, "c");
	mn_registry_each(&sim->kernel, list, &listing);
	assert_string_equal(listing.text, "plain/a polite/- plain/c ");
	stop(sim, &b.task);
	listing.text[0] = '\0';
	mn_registry_each(&sim->kernel, list, &listing);
	assert_string_equal(listing.text, "plain/a plain/c ");
	sim_cancel_all(sim);
}

/* ---- connecting ---- */

static void connect_finds_the_named_instance_or_else_the_first(void **state)
{
	struct sim *sim = *state;
	struct keeper one = {0}, two = {0};
	struct visitor any = {0}, named = {.instance = "two"},
		       none = {.instance = "three", .try = true};

	start_keeper(sim, &one, &plain_service, "one");
	start_keeper(sim, &two, &plain_service, "two");
	start_visitor(sim, &any, &plain_service);
	start_visitor(sim, &named, &plain_service);
	start_visitor(sim, &none, &plain_service);
	assert_ptr_equal(mn__slot(&sim->kernel, &any.client), one.server.slot);
	assert_ptr_equal(mn__slot(&sim->kernel, &named.client), two.server.slot);
	assert_int_equal(none.connected, MN_ENOTFOUND);
	stop(sim, &one.task);
	start_keeper(sim, &one, &plain_service, "one"); /* is now the later one */
	start_visitor(sim, &any, &plain_service);
	assert_ptr_equal(mn__slot(&sim->kernel, &any.client), two.server.slot);
	sim_cancel_all(sim);
}

static void each_connection_is_another_client(void **state)
{
	struct sim *sim = *state;
	struct keeper keeper = {0};
	struct visitor a = {0}, b = {0};

	start_keeper(sim, &keeper, &plain_service, NULL);
	start_visitor(sim, &a, &plain_service);
	start_visitor(sim, &b, &plain_service);
	assert_true(a.client.id != 0 && b.client.id != 0 && a.client.id != b.client.id);
	sim_cancel_all(sim);
}

static void connect_waits_until_the_service_appears(void **state)
{
	struct sim *sim = *state;
	struct keeper other = {0}, keeper = {0};
	struct visitor any = {0}, named = {.instance = "x"};

	start_visitor(sim, &any, &plain_service);
	start_visitor(sim, &named, &plain_service);
	start_keeper(sim, &other, &polite_service, NULL);
	assert_int_equal(any.connected, MN_PENDING);
	assert_int_equal(any.task.polls, 1); /* the other service was none of its business */
	start_keeper(sim, &keeper, &plain_service, "x");
	assert_int_equal(any.connected, MN_OK);
	assert_int_equal(named.connected, MN_OK);
	sim_cancel_all(sim);
}

static void connect_goes_on_waiting_for_its_instance(void **state)
{
	struct sim *sim = *state;
	struct keeper one = {0}, two = {0};
	struct visitor named = {.instance = "two"};

	start_visitor(sim, &named, &plain_service);
	start_keeper(sim, &one, &plain_service, "one");
	assert_int_equal(named.connected, MN_PENDING);
	start_keeper(sim, &two, &plain_service, "two");
	assert_int_equal(named.connected, MN_OK);
	sim_cancel_all(sim);
}

static void try_connect_does_not_wait(void **state)
{
	struct sim *sim = *state;
	struct visitor visitor = {.try = true};

	start_visitor(sim, &visitor, &plain_service);
	assert_int_equal(visitor.connected, MN_ENOTFOUND);
	assert_int_equal(visitor.task.polls, 1);
}

static void other_descriptor_with_the_same_uuid_is_refused(void **state)
{
	struct sim *sim = *state;
	struct keeper keeper = {0};
	struct visitor waiting = {0}, later = {0}, trying = {.try = true};

	start_visitor(sim, &waiting, &impostor_service);
	start_keeper(sim, &keeper, &plain_service, NULL);
	start_visitor(sim, &later, &impostor_service);
	start_visitor(sim, &trying, &impostor_service);
	assert_int_equal(waiting.connected, MN_ETYPE);
	assert_int_equal(later.connected, MN_ETYPE);
	assert_int_equal(trying.connected, MN_ETYPE);
	sim_cancel_all(sim);
}

static void log_says_once_after_a_second_what_is_waited_for(void **state)
{
	struct sim *sim = *state;
	struct visitor visitor = {.instance = "lost"};

	start_visitor(sim, &visitor, &plain_service);
	sim_run_for(sim, 999999);
	sim_settle(sim);
	assert_string_equal(sim->log, "");
	sim_run_for(sim, 1);
	sim_settle(sim);
	assert_string_equal(sim->log, "INFO kernel::registry: task visitor #1 waits for service "
				      "plain/lost, which is not registered\n");
	sim_run_for(sim, 10000000);
	sim_enter(sim);
	mn_wake(&visitor.task); /* also for no reason */
	sim_leave();
	sim_settle(sim);
	assert_int_equal(sim->log_len, strlen(sim->log));
	assert_ptr_equal(strchr(sim->log, '\n'), sim->log + sim->log_len - 1);
	stop(sim, &visitor.task);
}

static void canceled_connect_lets_go(void **state)
{
	struct sim *sim = *state;
	struct keeper keeper = {0};

	for (int late = 0; late < 2; late++) {
		struct visitor visitor = {0};

		start_visitor(sim, &visitor, &plain_service);
		sim_run_for(sim, late * 2000000);
		stop(sim, &visitor.task);
		assert_int_equal(visitor.connected, MN_ECANCELED);
		assert_int_equal(sim->kernel.wheel.count, 0);
		memset(&visitor, 0xee, sizeof visitor); /* its memory is its owner's again */
	}
	start_keeper(sim, &keeper, &plain_service, NULL);
	sim_cancel_all(sim);
}

static void connect_that_is_found_is_not_canceled(void **state)
{
	struct sim *sim = *state;
	struct keeper keeper = {0};
	struct visitor visitor = {.service = &plain_service};

	start_keeper(sim, &keeper, &plain_service, NULL);
	mn_spawn(&sim->kernel, &visitor.task, &visitor_task);
	sim_cancel(sim, &visitor.task);
	sim_settle(sim);
	assert_int_equal(visitor.connected, MN_OK);
	sim_cancel_all(sim);
}

/* ---- hello ---- */

static const uint32_t welcome = HELLO_BASE + MN_OK, unwanted = HELLO_BASE + MN_EREFUSED,
		      own_code = HELLO_BASE + MN_EBUSY;

static void hello_is_accepted_or_refused_by_the_server(void **state)
{
	struct sim *sim = *state;
	struct keeper keeper = {.work_us = 10};
	struct visitor in = {.hello = &welcome, .calls = true}, out = {.hello = &unwanted};
	struct visitor busy = {.hello = &own_code, .try = true}, silent = {0};

	start_keeper(sim, &keeper, &polite_service, NULL);
	start_visitor(sim, &in, &polite_service);
	start_visitor(sim, &out, &polite_service);
	start_visitor(sim, &busy, &polite_service);
	start_visitor(sim, &silent, &polite_service);
	assert_int_equal(silent.connected, MN_EINVAL);
	assert_int_equal(in.connected, MN_PENDING);
	sim_run_for(sim, 100);
	assert_int_equal(in.connected, MN_OK);
	assert_int_equal(in.called, MN_OK);
	assert_true(in.client.id != 0);
	assert_int_equal(out.connected, MN_EREFUSED);
	assert_int_equal(out.client.id, 0);
	assert_int_equal(busy.connected, MN_EBUSY);
	assert_int_equal(keeper.hellos, 3);
	assert_int_equal(keeper.calls, 1);
	sim_cancel_all(sim);
}

static void hello_is_said_when_the_awaited_service_appears(void **state)
{
	struct sim *sim = *state;
	struct keeper keeper = {0};
	struct visitor visitor = {.hello = &welcome};

	start_visitor(sim, &visitor, &polite_service);
	start_keeper(sim, &keeper, &polite_service, NULL);
	assert_int_equal(visitor.connected, MN_OK);
	assert_int_equal(keeper.hellos, 1);
	sim_cancel_all(sim);
}

static void refused_visitor_may_try_again(void **state)
{
	struct sim *sim = *state;
	struct keeper keeper = {0};
	struct visitor visitor = {.hello = &unwanted};

	start_keeper(sim, &keeper, &polite_service, NULL);
	start_visitor(sim, &visitor, &polite_service);
	assert_int_equal(visitor.connected, MN_EREFUSED);
	visitor.hello = &welcome; /* with the same operation */
	start_visitor(sim, &visitor, &polite_service);
	assert_int_equal(visitor.connected, MN_OK);
	sim_cancel_all(sim);
}

static void hello_in_service_ends_with_the_server(void **state)
{
	struct sim *sim = *state;
	struct keeper keeper = {.work_us = 10};
	struct visitor serving = {.hello = &welcome}, queued = {.hello = &welcome};

	start_keeper(sim, &keeper, &polite_service, NULL);
	start_visitor(sim, &serving, &polite_service);
	start_visitor(sim, &queued, &polite_service);
	stop(sim, &keeper.task);
	assert_int_equal(serving.connected, MN_EGONE);
	assert_int_equal(queued.connected, MN_EGONE);
}

static void hello_is_canceled_at_once(void **state)
{
	struct sim *sim = *state;
	struct keeper keeper = {.work_us = 10};
	struct visitor serving = {.hello = &welcome}, queued = {.hello = &welcome},
		       next = {.hello = &welcome};

	start_keeper(sim, &keeper, &polite_service, NULL);
	start_visitor(sim, &serving, &polite_service);
	start_visitor(sim, &queued, &polite_service);
	stop(sim, &serving.task);
	stop(sim, &queued.task);
	assert_int_equal(serving.connected, MN_ECANCELED);
	assert_int_equal(queued.connected, MN_ECANCELED);
	start_visitor(sim, &next, &polite_service);
	sim_run_for(sim, 100);
	assert_int_equal(next.connected, MN_OK);
	assert_int_equal(keeper.hellos, 1);
	sim_cancel_all(sim);
}

/*
 * Accepted, and before the visitor's turn comes the server is gone and its slot is
 * somebody else's: the handle must not be good for that one.
 */
static void accepted_hello_does_not_connect_to_the_next_in_the_slot(void **state)
{
	struct sim *sim = *state;
	struct keeper keeper = {.work_us = 10}, next = {0};
	struct visitor visitor = {.hello = &welcome, .calls = true};
	struct mn_task *current = &next.task;

	start_keeper(sim, &keeper, &polite_service, NULL);
	start_visitor(sim, &visitor, &polite_service);
	sim_enter(sim);
	mn_reply(&keeper.serving, MN_OK);
	mn_unregister(&keeper.server);
	sim->kernel.current = current; /* registers before it is spawned, to be first */
	next.service = &plain_service;
	assert_int_equal(mn_register(&next.server, &plain_service, NULL), MN_OK);
	sim->kernel.current = NULL;
	sim_leave();
	assert_ptr_equal(next.server.slot, &sim->services[0]);
	sim_settle(sim);
	assert_true(visitor.connected == MN_EGONE || visitor.called == MN_EGONE);
	sim_broken(state); /* a server without a task, a keeper without its call */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(instance_is_registered_once),
		SIM_TEST(uuid_belongs_to_one_descriptor),
		SIM_TEST(full_registry_refuses_one_more_until_one_has_gone),
		SIM_TEST(kernel_without_a_registry_refuses_and_finds_nothing),
		SIM_TEST(colliding_uuids_are_told_apart),
		SIM_TEST(service_id_is_new_at_each_registration),
		SIM_TEST(generation_changes_at_each_end_and_is_never_zero),
		SIM_TEST(each_lists_what_is_registered),
		SIM_TEST(connect_finds_the_named_instance_or_else_the_first),
		SIM_TEST(each_connection_is_another_client),
		SIM_TEST(connect_waits_until_the_service_appears),
		SIM_TEST(connect_goes_on_waiting_for_its_instance),
		SIM_TEST(try_connect_does_not_wait),
		SIM_TEST(other_descriptor_with_the_same_uuid_is_refused),
		SIM_TEST(log_says_once_after_a_second_what_is_waited_for),
		SIM_TEST(canceled_connect_lets_go),
		SIM_TEST(connect_that_is_found_is_not_canceled),
		SIM_TEST(hello_is_accepted_or_refused_by_the_server),
		SIM_TEST(hello_is_said_when_the_awaited_service_appears),
		SIM_TEST(refused_visitor_may_try_again),
		SIM_TEST(hello_in_service_ends_with_the_server),
		SIM_TEST(hello_is_canceled_at_once),
		SIM_TEST(accepted_hello_does_not_connect_to_the_next_in_the_slot),
	};

	return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
