/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: what book/testing.md says of several kernels in one program. Two machines and a
 * cable between them, which the test plays.
 */
#include "sim.h"

#include <mnemos/bbq_irq.h>

/* [machine] */
/* A machine whose only device is one end of a cable. */
struct machine {
	struct sim *sim;
	struct mn_bbq_irq rx, tx;
	uint8_t storage[2][16];
};

static void power_on(struct machine *machine)
{
	struct mn_kernel *kernel;

	machine->sim = sim_new(1);
	kernel = &machine->sim->kernel;
	mn_bbq_irq_init(&machine->rx, kernel, machine->storage[0], 16, MN_BBQ_IRQ_WRITES, NULL);
	mn_bbq_irq_init(&machine->tx, kernel, machine->storage[1], 16, MN_BBQ_IRQ_READS, NULL);
}

/* The cable, in one direction: what one has sent arrives at the other, with an interrupt. */
static void carry(struct machine *from, struct machine *to)
{
	uint8_t byte;

	while (mn_bbq_irq_pull(&from->tx, &byte, 1) > 0)
		mn_bbq_irq_push(&to->rx, &byte, 1);
	sim_settle(to->sim);
}
/* [end] */

/* Sends back each byte plus one. */
struct adder {
	struct mn_task task;
	struct mn_bbq_read rx;
	struct mn_bbq_write tx;
	struct machine *machine;
};

static mn_poll adder_run(struct adder *self)
{
	MN_BEGIN(self);
	for (;;) {
		MN_TRY(self, mn_bbq_read(&self->rx, &self->machine->rx.bbq));
		MN_TRY(self, mn_bbq_write(&self->tx, &self->machine->tx.bbq, 1));
		self->tx.data[0] = (uint8_t)(self->rx.data[0] + 1);
		mn_bbq_commit(&self->machine->tx.bbq, 1);
		mn_bbq_release(&self->machine->rx.bbq, 1);
	}
	MN_END(self);
}

MN_TASK(adder);

/* Sends a byte and takes one. */
struct asker {
	struct mn_task task;
	struct mn_bbq_read rx;
	struct mn_bbq_send tx;
	struct machine *machine;
	uint8_t question, answer;
};

static mn_poll asker_run(struct asker *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_bbq_send(&self->tx, &self->machine->tx.bbq, &self->question, 1));
	MN_TRY(self, mn_bbq_receive(&self->rx, &self->machine->rx.bbq, &self->answer, 1));
	MN_END(self);
}

MN_TASK(asker);

/* [test] */
static void one_machine_asks_another(void **state)
{
	struct machine a, b;
	struct asker asker = {.machine = &a, .question = 41};
	struct adder adder = {.machine = &b};

	(void)state;
	power_on(&a);
	power_on(&b);
	mn_spawn(&a.sim->kernel, &asker.task, &asker_task);
	mn_spawn(&b.sim->kernel, &adder.task, &adder_task);
	sim_settle(a.sim);
	carry(&a, &b);
	carry(&b, &a);
	assert_int_equal(asker.answer, 42);
	sim_free(a.sim);
	sim_cancel_all(b.sim);
	sim_free(b.sim);
}
/* [end] */

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(one_machine_asks_another)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
