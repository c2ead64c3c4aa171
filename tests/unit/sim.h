/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A machine for tests: one kernel on a virtual clock, deterministic from one seed.
 *
 *     static void does_something(void **state)
 *     {
 *             struct sim *sim = *state;
 *             ...
 *     }
 *
 *     const struct CMUnitTest tests[] = {SIM_TEST(does_something)};
 *
 * Several may live in one program; each has its own clock. Time stands still while tasks
 * run and jumps to the next deadline when none is ready.
 */
#ifndef TESTS_SIM_H
#define TESTS_SIM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <mnemos/heap.h>
#include <mnemos/operation.h>

#define SIM_SERVICES 16
#define SIM_HEAP (256 * 1024)

struct sim {
	struct mn_kernel kernel; /* first: the platform functions find the machine by it */
	struct mn_registry_slot services[SIM_SERVICES];
	uint64_t now_us;
	uint32_t turns;               /* of mn_kernel_run_once */
	_Atomic uint32_t trace_looks; /* at the clock of the trace */
	char log[4096];               /* what was logged: "LEVEL target: text\n" each */
	size_t log_len;
	_Alignas(16) uint8_t heap[SIM_HEAP];
};

/*
 * A machine. With MN_SHUFFLE=N in the environment it runs ready tasks in an order drawn
 * from its seed and N; a test of the order itself turns that off (sim_in_order).
 */
struct sim *sim_new(uint64_t seed);

/* Ends it; fails the test if tasks are alive, timers armed or memory allocated. */
void sim_free(struct sim *sim);

/* Ends it whatever its state: for tests of stuck systems. */
void sim_abandon(struct sim *sim);

/* A test with a machine as its state, ended by sim_free. */
#define SIM_TEST(test) cmocka_unit_test_setup_teardown(test, sim_setup, sim_teardown)
int sim_setup(void **state);
int sim_teardown(void **state);

/* For a test that leaves the machine broken, as after a panic: nothing is checked then. */
void sim_broken(void **state);

/* Ready tasks run first in, first out, whatever the environment says. */
static inline void sim_in_order(struct sim *sim)
{
	mn_kernel_shuffle(&sim->kernel, false);
}

/* What only tasks may do, done by the test: between these it stands inside the kernel. */
static inline void sim_enter(struct sim *sim)
{
	mn_running = &sim->kernel;
}

static inline void sim_leave(void)
{
	mn_running = MN__NOWHERE;
}

/* Cancels a task; it will notice when the machine runs. */
void sim_cancel(struct sim *sim, struct mn_task *task);

/* The same so many turns from now, by a task of its own, which must stay until it has ended. */
struct sim_canceller {
	struct mn_task task, *victim;
	uint32_t turns;
};

void sim_cancel_later(struct sim *sim, struct sim_canceller *canceller, struct mn_task *task,
		      uint32_t turns);

/* Cancels every task and runs until nothing is ready: how tests end their servers. */
void sim_cancel_all(struct sim *sim);

/* Runs until nothing is ready; time stands still. */
void sim_settle(struct sim *sim);

/* Runs until nothing is ready and no deadline is left; time jumps from one to the next. */
void sim_run(struct sim *sim);

/* Runs for a duration; afterwards that much time has passed. */
void sim_run_for(struct sim *sim, uint64_t us);

/* Expects the next panic: mn_platform_halt then jumps back. See sim_panics. */
extern jmp_buf sim_panic_jump;
extern bool sim_panic_expected;
extern char sim_panic_text[8192];

/* True if `statement` panics; the text is in sim_panic_text. The machine is broken then. */
#define sim_panics(statement)                                 \
	(sim_panic_expected = true, sim_panic_text[0] = '\0', \
	 setjmp(sim_panic_jump) ? true : ((void)(statement), sim_panic_expected = false, false))

#endif
