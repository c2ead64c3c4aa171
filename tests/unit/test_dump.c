/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Protects: "which task is stuck, and on whom?" as text, in a dump and in a panic. */
#include <stdio.h>
#include <string.h>
#include "sim.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct nothing {
	uint8_t unused;
};
MN_SERVICE(ping, struct nothing, struct nothing);
const struct mn_service ping_service =
	MN_SERVICE_INIT(ping, "1", MN_UUID(0x0a3d0d55, 0x3bd5, 0x4a5e, 0x8a44, 0x9a1a54a8c001));
MN_SERVICE(pong, struct nothing, struct nothing);
const struct mn_service pong_service =
	MN_SERVICE_INIT(pong, "1", MN_UUID(0x5b61f2cc, 0x5d4e, 0x4d6b, 0x9a0e, 0x13b3a1c0c002));

static char text[16384];

static void take(void *context, const char *piece, size_t len)
{
	(void)context;
	strncat(text, piece, len);
}

static const char *dump(const struct sim *sim)
{
	text[0] = '\0';
	mn_kernel_dump(&sim->kernel, take, NULL);
	return text;
}

/* What a dump should say: lines put together as printf does. */
static char wanted[16384];

static void want(const char *format, ...)
{
	const size_t used = strlen(wanted);
	va_list args;

	va_start(args, format);
	vsnprintf(wanted + used, sizeof wanted - used, format, args);
	va_end(args);
}

static void want_header(unsigned tasks)
{
	wanted[0] = '\0';
	want("sim: %u tasks\n", tasks);
}

/* ---- one task for each thing to wait for ---- */

struct napper {
	struct mn_task task;
	struct mn_sleep nap;
};

enum { NAPPER_LINE = __LINE__ + 5 };

static mn_poll napper_run(struct napper *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_sleep(&self->nap, 10000000));
	MN_END(self);
}

MN_TASK_AS(napper, struct napper, "a long nap");

struct joiner {
	struct mn_task task;
	struct mn_join join;
	struct mn_task *whom;
};

enum { JOINER_LINE = __LINE__ + 5 };

static mn_poll joiner_run(struct joiner *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_join(&self->join, self->whom));
	MN_END(self);
}

MN_TASK(joiner);

/* Offers one service, and calls another if it is to, without serving its own. */
struct peer {
	struct mn_task task;
	struct mn_server server;
	struct mn_serving serving;
	struct mn_connect connect;
	struct mn_client client;
	struct mn_call call;
	struct nothing request, response;
	const struct mn_service *offers, *wants;
	const char *instance;
	bool calls;
};

enum { PEER_SERVE_LINE = __LINE__ + 7, PEER_CONNECT_LINE, PEER_CALL_LINE };

static mn_poll peer_run(struct peer *self)
{
	MN_BEGIN(self);
	MN_TRY(self, self->offers ? mn_register(&self->server, self->offers, NULL) : MN_OK);
	if (!self->wants)
		MN_TRY(self, mn_serve(&self->serving, &self->server));
	MN_TRY(self, mn_connect(&self->connect, &self->client, self->wants, NULL, NULL));
	MN_TRY(self, mn_call(&self->call, &self->client, &self->request, &self->response));
	MN_END(self);
}

MN_TASK(peer);

/* A lock as every lock is: the task that holds it comes first. */
struct lock {
	struct mn_task *owner;
};

struct locker {
	struct mn_task task;
	struct mn_wait wait;
	struct lock *lock;
};

static mn_poll lock_wait(struct locker *self)
{
	if (mn_wait_canceled()) {
		mn_wait_end(&self->wait);
		return MN_ECANCELED;
	}
	if (!mn_wait_active(&self->wait))
		mn_wait_begin(&self->wait, MN_WAIT_MUTEX, self->lock);
	return mn_wait_park(&self->wait);
}

enum { LOCKER_LINE = __LINE__ + 5 };

static mn_poll locker_run(struct locker *self)
{
	MN_BEGIN(self);
	MN_TRY(self, lock_wait(self));
	MN_END(self);
}

MN_TASK(locker);

/* Waits for a lock, but not for ever. */
struct hasty {
	struct mn_task task;
	struct mn_timeout limit;
	struct locker inner; /* its wait and its lock */
};

enum { HASTY_LINE = __LINE__ + 5 };

static mn_poll hasty_run(struct hasty *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_timeout(&self->limit, lock_wait(&self->inner), 30000));
	MN_END(self);
}

MN_TASK(hasty);

static void start(struct sim *sim, struct mn_task *task, const struct mn_task_type *type)
{
	mn_spawn(&sim->kernel, task, type);
	sim_settle(sim);
}

static void each_wait_says_for_what_on_whom_and_how_long(void **state)
{
	struct sim *sim = *state;
	struct napper napper = {0};
	struct joiner joiner = {.whom = &napper.task};
	struct peer idle = {.offers = &ping_service}, lost = {.wants = &pong_service};
	struct peer caller = {.wants = &ping_service};
	struct lock lock = {.owner = &napper.task};
	struct locker locker = {.lock = &lock};

	start(sim, &napper.task, &napper_task);
	sim_run_for(sim, 512000);
	start(sim, &joiner.task, &joiner_task);
	start(sim, &idle.task, &peer_task);
	start(sim, &lost.task, &peer_task);
	start(sim, &locker.task, &locker_task);
	sim_run_for(sim, 256000);
	sim_settle(sim);

	want_header(5);
	want("  a long nap #1 at %s:%d: waits for time, for 768 ms\n", __FILE__, NAPPER_LINE);
	want("  joiner #2 at %s:%d: waits for the end of task a long nap #1, for 256 ms\n",
	     __FILE__, JOINER_LINE);
	want("  peer #3 at %s:%d: waits for a call to ping, for 256 ms\n", __FILE__,
	     PEER_SERVE_LINE);
	want("  peer #4 at %s:%d: waits for the service pong, for 256 ms\n", __FILE__,
	     PEER_CONNECT_LINE);
	want("  locker #5 at %s:%d: waits for mutex 0x%llx held by a long nap #1, for 256 ms\n",
	     __FILE__, LOCKER_LINE, (unsigned long long)(uintptr_t)&lock);
	assert_string_equal(dump(sim), wanted);

	mn_spawn(&sim->kernel, &caller.task, &peer_task);
	want_header(6);
	want("peer #6 at %s:0: ready\n", __FILE__);
	assert_non_null(strstr(dump(sim), strchr(wanted, '\n') + 1));
	sim_cancel_all(sim);
	sim_run(sim);
}

static void caller_waits_for_a_reply_from_a_service_of_a_task(void **state)
{
	struct sim *sim = *state;
	struct peer server = {.offers = &ping_service, .wants = &pong_service};
	struct peer caller = {.wants = &ping_service};

	start(sim, &server.task, &peer_task); /* it waits for something else */
	start(sim, &caller.task, &peer_task);
	want_header(2);
	want("  peer #1 at %s:%d: waits for the service pong, for 0 ms\n", __FILE__,
	     PEER_CONNECT_LINE);
	want("  peer #2 at %s:%d: waits for its turn at ping held by peer #1, for 0 ms\n", __FILE__,
	     PEER_CALL_LINE);
	assert_string_equal(dump(sim), wanted);
	sim_cancel_all(sim);
}

struct racer {
	struct mn_task task;
	struct mn_race race;
	struct mn_sleep nap;
	struct mn_join join;
	struct mn_task *whom;
};

enum { RACER_LINE = __LINE__ + 6 };

static mn_poll racer_run(struct racer *self)
{
	MN_BEGIN(self);
	/* clang-format off */
	MN_TRY(self, mn_race(&self->race, mn_sleep(&self->nap, 1000), mn_join(&self->join, self->whom)));
	/* clang-format on */
	MN_END(self);
}

MN_TASK(racer);

static void task_that_races_shows_both_waits(void **state)
{
	struct sim *sim = *state;
	struct napper napper = {0};
	struct racer racer = {.whom = &napper.task};

	start(sim, &napper.task, &napper_task);
	start(sim, &racer.task, &racer_task);
	want_header(2);
	want("  a long nap #1 at %s:%d: waits for time, for 0 ms\n", __FILE__, NAPPER_LINE);
	want("  racer #2 at %s:%d: waits for the end of task a long nap #1, for 0 ms or time, for "
	     "0 ms\n",
	     __FILE__, RACER_LINE);
	assert_string_equal(dump(sim), wanted);
	sim_cancel_all(sim);
}

/* Returns MN_PENDING with nobody who could wake it: the bug that a dump should show. */
struct forgetful {
	struct mn_task task;
};

enum { FORGETFUL_LINE = __LINE__ + 5 };

static mn_poll forgetful_run(struct forgetful *self)
{
	MN_BEGIN(self);
	MN_TRY(self, MN_PENDING);
	MN_END(self);
}

MN_TASK(forgetful);

static void task_that_nobody_will_wake_is_seen(void **state)
{
	struct sim *sim = *state;
	static struct forgetful forgetful;

	start(sim, &forgetful.task, &forgetful_task);
	want_header(1);
	want("  forgetful #1 at %s:%d: waits for nothing known\n", __FILE__, FORGETFUL_LINE);
	assert_string_equal(dump(sim), wanted);
	sim_broken(state);
}

static void services_that_call_each_other_are_a_cycle(void **state)
{
	struct sim *sim = *state;
	struct peer ping = {.offers = &ping_service, .wants = &pong_service};
	struct peer pong = {.offers = &pong_service, .wants = &ping_service};
	struct peer outside = {.wants = &ping_service}; /* stuck behind it, but not part of it */

	start(sim, &ping.task, &peer_task);
	start(sim, &pong.task, &peer_task);
	start(sim, &outside.task, &peer_task);
	want_header(3);
	want("  peer #1 at %s:%d: waits for its turn at pong held by peer #2, for 0 ms\n", __FILE__,
	     PEER_CALL_LINE);
	want("  peer #2 at %s:%d: waits for its turn at ping held by peer #1, for 0 ms\n", __FILE__,
	     PEER_CALL_LINE);
	want("  peer #3 at %s:%d: waits for its turn at ping held by peer #1, for 0 ms\n", __FILE__,
	     PEER_CALL_LINE);
	want("  cycle: peer #1 -> peer #2 -> peer #1\n");
	assert_string_equal(dump(sim), wanted);
	sim_cancel_all(sim);
}

/* Locks held in a ring: each waits for what the next holds. */
static void ring(struct sim *sim, struct locker *lockers, struct lock *locks, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		lockers[i] = (struct locker){.lock = &locks[(i + 1) % count]};
		locks[i].owner = &lockers[i].task;
		start(sim, &lockers[i].task, &locker_task);
	}
}

static void every_cycle_of_locks_is_named_once(void **state)
{
	struct sim *sim = *state;
	struct locker a[3], b[1], c[2];
	struct lock a_locks[3], b_locks[1], c_locks[2];

	ring(sim, a, a_locks, COUNT(a));
	ring(sim, b, b_locks, COUNT(b));
	ring(sim, c, c_locks, COUNT(c));
	assert_string_equal(strstr(dump(sim), "  cycle"),
			    "  cycle: locker #1 -> locker #2 -> locker #3 -> locker #1\n"
			    "  cycle: locker #4 -> locker #4\n"
			    "  cycle: locker #5 -> locker #6 -> locker #5\n");
	sim_cancel_all(sim);
}

static void cycle_of_64_tasks_is_found(void **state)
{
	struct sim *sim = *state;
	static struct locker lockers[64];
	static struct lock locks[64];

	ring(sim, lockers, locks, COUNT(lockers));
	assert_non_null(strstr(dump(sim), "  cycle: locker #1 -> locker #2 ->"));
	assert_non_null(strstr(text, "-> locker #64 -> locker #1\n"));
	sim_cancel_all(sim);
}

/* Waiting for a lock or for a while is no deadlock, whoever holds the lock. */
struct patient {
	struct mn_task task;
	struct mn_race race;
	struct mn_sleep nap;
	struct locker inner; /* for its operation only */
};

static mn_poll patient_run(struct patient *self)
{
	MN_BEGIN(self);
	MN_AWAIT(self, mn_race(&self->race, lock_wait(&self->inner), mn_sleep(&self->nap, 1000)));
	MN_TRY(self, mn_race(&self->race, mn_sleep(&self->nap, 1000), lock_wait(&self->inner)));
	MN_END(self);
}

MN_TASK(patient);

static void wait_with_a_way_out_is_no_cycle(void **state)
{
	struct sim *sim = *state;
	struct patient patient = {0};
	struct lock lock = {.owner = &patient.task};

	patient.inner.lock = &lock;
	start(sim, &patient.task, &patient_task);
	assert_null(strstr(dump(sim), "cycle"));
	sim_run_for(sim, 1000);
	sim_settle(sim);
	assert_null(strstr(dump(sim), "cycle")); /* nor the other way round */
	sim_run(sim);
}

/* ---- panics ---- */

struct victim {
	struct mn_task task;
};

enum { VICTIM_LINE = __LINE__ + 5 };

static mn_poll victim_run(struct victim *self)
{
	MN_BEGIN(self);
	MN_PANIC("the sky has fallen");
	MN_END(self);
}

MN_TASK(victim);

static void panic_tells_where_in_which_task_and_what_all_others_do(void **state)
{
	struct sim *sim = *state;
	static struct napper napper;
	static struct victim victim;

	start(sim, &napper.task, &napper_task);
	mn_spawn(&sim->kernel, &victim.task, &victim_task);
	assert_true(sim_panics(sim_settle(sim)));
	wanted[0] = '\0';
	want("panic at %s:%d: the sky has fallen\n", __FILE__, VICTIM_LINE);
	want("in task victim #2\n");
	want("sim: 2 tasks\n");
	want("  a long nap #1 at %s:%d: waits for time, for 0 ms\n", __FILE__, NAPPER_LINE);
	want("  victim #2 at %s:0: running\n", __FILE__);
	assert_string_equal(sim_panic_text, wanted);
	sim_broken(state);
}

enum { ASSERT_LINE = __LINE__ + 4 };

static void check(bool holds)
{
	MN_ASSERT(holds);
}

static void panic_outside_of_a_kernel_tells_where(void **state)
{
	(void)state;
	wanted[0] = '\0';
	want("panic at %s:%d: assertion failed\n", __FILE__, ASSERT_LINE);
	assert_true(sim_panics(check(false)));
	assert_string_equal(sim_panic_text, wanted);
}

static void assertion_that_holds_does_nothing(void **state)
{
	(void)state;
	assert_false(sim_panics(check(true)));
}

static void wait_that_a_time_out_will_end_says_when_and_is_no_cycle(void **state)
{
	struct sim *sim = *state;
	struct lock locks[2];
	struct hasty hasty = {.inner.lock = &locks[0]};
	struct locker locker = {.lock = &locks[1]};

	locks[0].owner = &locker.task;
	locks[1].owner = &hasty.task;
	start(sim, &hasty.task, &hasty_task);
	start(sim, &locker.task, &locker_task);
	want_header(2);
	want("  hasty #1 at %s:%d: waits for mutex %p held by locker #2, for 0 ms, "
	     "at most 30 ms longer\n",
	     __FILE__, HASTY_LINE, (void *)&locks[0]);
	want("  locker #2 at %s:%d: waits for mutex %p held by hasty #1, for 0 ms\n", __FILE__,
	     LOCKER_LINE, (void *)&locks[1]);
	assert_string_equal(dump(sim), wanted);
	sim_cancel_all(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(each_wait_says_for_what_on_whom_and_how_long),
		SIM_TEST(caller_waits_for_a_reply_from_a_service_of_a_task),
		SIM_TEST(task_that_races_shows_both_waits),
		SIM_TEST(task_that_nobody_will_wake_is_seen),
		SIM_TEST(services_that_call_each_other_are_a_cycle),
		SIM_TEST(every_cycle_of_locks_is_named_once),
		SIM_TEST(cycle_of_64_tasks_is_found),
		SIM_TEST(wait_with_a_way_out_is_no_cycle),
		SIM_TEST(wait_that_a_time_out_will_end_says_when_and_is_no_cycle),
		SIM_TEST(panic_tells_where_in_which_task_and_what_all_others_do),
		SIM_TEST(panic_outside_of_a_kernel_tells_where),
		SIM_TEST(assertion_that_holds_does_nothing),
	};

	return cmocka_run_group_tests_name("dump", tests, NULL, NULL);
}
