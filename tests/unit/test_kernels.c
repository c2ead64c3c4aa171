/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: several kernels in one process do not know of each other, and what they do
 * together follows from one seed, to the byte.
 *
 * The system: machines on a bus of lines, each byte of which takes a random while. Each
 * machine offers `remote`, which doubles a number on another machine, and has tasks that
 * ask for it. All time is one time, that of the next thing that happens anywhere.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sim.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define MACHINES 4 /* at most */
#define ASKERS 3
#define QUESTIONS 20
#define SLOTS 4
#define MESSAGE 4     /* bytes: kind, slot, number (two) */
#define LATENCY_US 90 /* of a byte, at most */

/* ---- lines ---- */

/* Bytes on their way from one machine to another, in order. */
struct line {
	uint8_t bytes[4096];
	uint64_t arrive_us[4096];
	size_t sent, arrived, read;
};

struct world;

struct machine {
	struct sim *sim;
	struct world *world;
	unsigned index;
	struct mn_irq irq; /* a byte has arrived, on any line */
	struct line from[MACHINES];
	struct desk *desk;
	struct asker *askers;
};

struct world {
	unsigned count;
	struct machine machines[MACHINES];
	uint64_t random;
	uint64_t now_us;
	char trace[2000000];
	size_t trace_len;
};

static uint64_t chance(struct world *world)
{
	world->random = world->random * UINT64_C(6364136223846793005) + 1442695040888963407;
	return world->random >> 33;
}

static void send_message(struct machine *from, unsigned to, const uint8_t *message)
{
	struct line *line = &from->world->machines[to].from[from->index];

	for (int i = 0; i < MESSAGE; i++) {
		uint64_t at_us = from->world->now_us + 1 + chance(from->world) % LATENCY_US;

		assert_true(line->sent < COUNT(line->bytes));
		if (line->sent && line->arrive_us[line->sent - 1] > at_us)
			at_us = line->arrive_us[line->sent - 1];
		line->bytes[line->sent] = message[i];
		line->arrive_us[line->sent++] = at_us;
	}
}

/* Lets arrive what is due, with an interrupt; returns when the next byte is. */
static uint64_t carry(struct world *world)
{
	uint64_t next_us = MN_NEVER;

	for (unsigned to = 0; to < world->count; to++) {
		for (unsigned from = 0; from < world->count; from++) {
			struct line *line = &world->machines[to].from[from];

			for (; line->arrived < line->sent &&
			       line->arrive_us[line->arrived] <= world->now_us;
			     line->arrived++)
				mn_irq_raise(&world->machines[to].irq);
			if (line->arrived < line->sent && line->arrive_us[line->arrived] < next_us)
				next_us = line->arrive_us[line->arrived];
		}
	}
	return next_us;
}

/* ---- the service ---- */

struct number {
	uint32_t value;
};
MN_SERVICE(remote, struct number, struct number);
const struct mn_service remote_service =
	MN_SERVICE_INIT(remote, "1", MN_UUID(0x2c1f6f0e, 0x6c8d, 0x4a0b, 0x9b51, 0x0f7d9f1ab003));

/* Serves local callers by asking other machines, and other machines by itself. */
struct desk {
	struct mn_task task;
	struct machine *machine;
	struct mn_server server;
	struct mn_serving slots[SLOTS];
	bool busy[SLOTS];
	struct mn_irq_wait irq;
	struct mn_race race;
	int taking; /* the slot for the next call, or -1 if all are busy */
};

static void desk_send(struct desk *self, unsigned to, uint8_t kind, int slot, uint32_t number)
{
	const uint8_t message[MESSAGE] = {kind, (uint8_t)slot, (uint8_t)number,
					  (uint8_t)(number >> 8)};

	send_message(self->machine, to, message);
}

static void desk_take(struct desk *self)
{
	const struct number *request = mn_request(&self->slots[self->taking]);
	const unsigned count = self->machine->world->count;
	const unsigned step = 1 + request->value % (count - 1);

	self->busy[self->taking] = true;
	desk_send(self, (self->machine->index + step) % count, '?', self->taking, request->value);
}

static void desk_hear(struct desk *self, unsigned from, const uint8_t *message)
{
	const int slot = message[1];
	const uint32_t number = message[2] | (uint32_t)message[3] << 8;

	if (message[0] == '?') {
		desk_send(self, from, '!', slot, number * 2);
		return;
	}
	assert_int_equal(message[0], '!');
	assert_true(mn_serving_live(&self->slots[slot]));
	((struct number *)mn_response(&self->slots[slot]))->value = number;
	mn_reply(&self->slots[slot], MN_OK);
	self->busy[slot] = false;
}

static void desk_listen(struct desk *self)
{
	for (unsigned from = 0; from < self->machine->world->count; from++) {
		struct line *line = &self->machine->from[from];

		for (; line->arrived - line->read >= MESSAGE; line->read += MESSAGE)
			desk_hear(self, from, &line->bytes[line->read]);
	}
}

static void desk_choose(struct desk *self)
{
	self->taking = -1;
	for (int i = SLOTS; i-- > 0;)
		if (!self->busy[i])
			self->taking = i;
}

static mn_poll desk_wait(struct desk *self)
{
	if (self->taking < 0)
		return mn_irq_wait(&self->irq, &self->machine->irq);
	return mn_race(&self->race, mn_irq_wait(&self->irq, &self->machine->irq),
		       mn_serve(&self->slots[self->taking], &self->server));
}

static mn_poll desk_run(struct desk *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_register(&self->server, &remote_service, NULL));
	for (;;) {
		desk_choose(self);
		MN_TRY(self, desk_wait(self));
		if (self->taking >= 0 && self->race.result[1] == MN_OK)
			desk_take(self);
		desk_listen(self);
	}
	MN_END(self);
}

MN_TASK(desk);

struct asker {
	struct mn_task task;
	struct mn_connect connect;
	struct remote_client remote;
	struct mn_call call;
	struct mn_sleep nap;
	struct number request, response;
	uint32_t first, asked;
	uint64_t sum;
};

static mn_poll asker_run(struct asker *self)
{
	MN_BEGIN(self);
	MN_TRY(self, remote_connect(&self->connect, &self->remote, NULL));
	for (self->asked = 0; self->asked < QUESTIONS; self->asked++) {
		self->request.value = self->first + self->asked;
		MN_TRY(self,
		       remote_call(&self->call, &self->remote, &self->request, &self->response));
		assert_int_equal(self->response.value, 2 * self->request.value);
		self->sum += self->response.value;
		MN_TRY(self, mn_sleep(&self->nap, mn_random(mn_running) % 300));
	}
	MN_END(self);
}

MN_TASK(asker);

/* ---- the world ---- */

/* One trace of all: time, machine, record. */
static void trace(void *context, const struct mn_log_site *site, va_list args)
{
	struct machine *machine = context;
	struct world *world = machine->world;
	char *end = world->trace + world->trace_len;
	const size_t room = sizeof world->trace - world->trace_len;
	int n = snprintf(end, room, "%llu %u %s: ", (unsigned long long)world->now_us,
			 machine->index, site->target);

	n += vsnprintf(end + n, room - (size_t)n, site->format, args);
	assert_true((size_t)n + 2 < room);
	memcpy(end + n, "\n", 2);
	world->trace_len += (size_t)n + 1;
}

static void machine_start(struct world *world, unsigned index, uint64_t seed)
{
	struct machine *machine = &world->machines[index];
	struct mn_log_filter filter;
	const char *where;

	machine->sim = sim_new(seed + index);
	machine->world = world;
	machine->index = index;
	machine->desk = calloc(1, sizeof *machine->desk);
	machine->askers = calloc(ASKERS, sizeof *machine->askers);
	assert_true(machine->desk && machine->askers);
	machine->sim->kernel.log = trace;
	machine->sim->kernel.log_context = machine;
	assert_true(mn_log_filter_parse(&filter, "trace", &where));
	mn_log_set_filter(&machine->sim->kernel, &filter);
	mn_irq_init(&machine->irq, &machine->sim->kernel);
	machine->desk->machine = machine;
	for (unsigned i = 0; i < ASKERS; i++) {
		machine->askers[i].first = 1000 * index + 100 * i;
		mn_spawn(&machine->sim->kernel, &machine->askers[i].task, &asker_task);
	}
	mn_spawn(&machine->sim->kernel, &machine->desk->task, &desk_task);
}

static struct world *world_new(unsigned count, uint64_t seed)
{
	struct world *world = calloc(1, sizeof *world);

	assert_non_null(world);
	world->count = count;
	world->random = seed;
	for (unsigned i = 0; i < count; i++)
		machine_start(world, i, seed * MACHINES);
	return world;
}

/* Everything that happens at one time; returns when something happens next. */
static uint64_t world_turn(struct world *world)
{
	uint64_t next_us = carry(world);

	for (unsigned i = 0; i < world->count; i++) {
		struct sim *sim = world->machines[i].sim;
		uint64_t until_us;

		sim->now_us = world->now_us;
		sim_settle(sim);
		until_us = mn_kernel_run_once(&sim->kernel);
		if (until_us < next_us)
			next_us = until_us;
	}
	return next_us;
}

static bool still_asking(const struct world *world)
{
	for (unsigned i = 0; i < world->count; i++)
		if (mn_kernel_task_count(&world->machines[i].sim->kernel) > 1)
			return true;
	return false;
}

static void world_run(struct world *world)
{
	do {
		const uint64_t next_us = world_turn(world);
		const uint64_t byte_us = carry(world);

		if (!still_asking(world))
			return;
		assert_true(next_us != MN_NEVER || byte_us != MN_NEVER); /* not stuck */
		world->now_us = next_us < byte_us ? next_us : byte_us;
	} while (world->now_us < 10000000);
	fail_msg("they are not done after ten seconds");
}

static uint64_t world_sum(const struct world *world)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < world->count; i++)
		for (unsigned k = 0; k < ASKERS; k++)
			sum += world->machines[i].askers[k].sum;
	return sum;
}

static void world_free(struct world *world)
{
	for (unsigned i = 0; i < world->count; i++) {
		struct machine *machine = &world->machines[i];

		sim_cancel_all(machine->sim);
		sim_free(machine->sim);
		free(machine->desk);
		free(machine->askers);
	}
	free(world);
}

static struct world *world_of(unsigned count, uint64_t seed)
{
	struct world *world = world_new(count, seed);

	world_run(world);
	return world;
}

static uint64_t right_sum(unsigned count)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < count; i++)
		for (unsigned k = 0; k < ASKERS; k++)
			for (unsigned n = 0; n < QUESTIONS; n++)
				sum += 2 * (1000 * i + 100 * k + n);
	return sum;
}

static void kernels_do_the_same_work_under_every_seed(void **state)
{
	(void)state;
	for (unsigned count = 2; count <= MACHINES; count++) {
		for (uint64_t seed = 1; seed <= 5; seed++) {
			struct world *world = world_of(count, seed);

			assert_int_equal(world_sum(world), right_sum(count));
			world_free(world);
		}
	}
}

static void same_seed_gives_the_same_trace_to_the_byte(void **state)
{
	(void)state;
	for (unsigned count = 2; count <= MACHINES; count++) {
		struct world *one = world_of(count, 7), *two = world_of(count, 7);

		assert_in_range(one->trace_len, 10000, sizeof one->trace - 1000);
		assert_int_equal(one->trace_len, two->trace_len);
		assert_memory_equal(one->trace, two->trace, one->trace_len);
		world_free(one);
		world_free(two);
	}
}

static void another_seed_gives_another_order(void **state)
{
	struct world *one = world_of(3, 7), *two = world_of(3, 8);

	(void)state;
	assert_string_not_equal(one->trace, two->trace);
	assert_int_equal(world_sum(one), world_sum(two));
	world_free(one);
	world_free(two);
}

/* Built and run side by side, or one after the other: a kernel cannot tell. */
static void worlds_side_by_side_do_not_touch(void **state)
{
	struct world *alone = world_of(2, 3);
	struct world *one = world_new(2, 3), *two = world_new(2, 4);
	bool more = true;

	(void)state;
	while (more) {
		struct world *const both[] = {one, two};

		more = false;
		for (size_t i = 0; i < COUNT(both); i++) {
			const uint64_t next_us = world_turn(both[i]), byte_us = carry(both[i]);

			if (!still_asking(both[i]))
				continue;
			both[i]->now_us = next_us < byte_us ? next_us : byte_us;
			more = true;
		}
	}
	assert_memory_equal(one->trace, alone->trace, alone->trace_len);
	world_free(alone);
	world_free(one);
	world_free(two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernels_do_the_same_work_under_every_seed),
		cmocka_unit_test(same_seed_gives_the_same_trace_to_the_byte),
		cmocka_unit_test(another_seed_gives_another_order),
		cmocka_unit_test(worlds_side_by_side_do_not_touch),
	};

	return cmocka_run_group_tests_name("kernels", tests, NULL, NULL);
}
