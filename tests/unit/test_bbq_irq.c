/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: what bbq_irq.h promises, with a handler that runs between turns. What handlers
 * do in the middle of everything is in test_threads.c and models/bbq.pml.
 */
#include <mnemos/bbq_irq.h>
#include "bytes.h"
#include "tasks_bbq.h"

static int kicks;

static void count_kick(struct mn_bbq_irq *q)
{
	(void)q;
	kicks++;
}

/* ---- Against a model ----------------------------------------------------------------- */

struct model {
	struct mn_bbq_irq q;
	struct mn_bbq_write tx;
	struct mn_bbq_read rx;
	uint8_t bytes[128], scratch[40];
	size_t capacity, used, lost;
	uint8_t next;
	uint64_t seed;
};

static void put(struct model *m, const uint8_t *bytes, size_t n)
{
	assert_true(m->used + n <= m->capacity);
	memcpy(m->bytes + m->used, bytes, n);
	m->used += n;
}

static void take(struct model *m, const uint8_t *bytes, size_t n)
{
	assert_true(n <= m->used);
	assert_memory_equal(bytes, m->bytes, n);
	m->used -= n;
	memmove(m->bytes, m->bytes + n, m->used);
}

static void handler_pushes(struct model *m)
{
	const size_t n = chance(&m->seed) % sizeof m->scratch, room = m->capacity - m->used;
	size_t taken;

	for (size_t i = 0; i < n; i++)
		m->scratch[i] = m->next++;
	taken = mn_bbq_irq_push(&m->q, m->scratch, n);
	assert_int_equal(taken, n < room ? n : room);
	put(m, m->scratch, taken);
	m->lost += n - taken;
	assert_int_equal(mn_bbq_irq_lost(&m->q), m->lost);
}

static void handler_fills(struct model *m)
{
	size_t room, n;
	uint8_t *free = mn_bbq_irq_grant(&m->q, &room);

	assert_int_equal(room > 0, m->used < m->capacity);
	n = chance(&m->seed) % (room + 1);
	for (size_t i = 0; i < n; i++)
		free[i] = m->next++;
	put(m, free, n);
	mn_bbq_irq_commit(&m->q, n);
}

static void task_reads(struct model *m)
{
	const mn_poll got = mn_bbq_try_read(&m->rx, &m->q.bbq);
	size_t n;

	assert_int_equal(got, m->used ? MN_OK : MN_EEMPTY);
	if (got != MN_OK)
		return;
	assert_true(m->rx.len >= 1);
	n = chance(&m->seed) % (m->rx.len + 1);
	take(m, m->rx.data, n);
	mn_bbq_release(&m->q.bbq, n);
}

static void task_writes(struct model *m)
{
	const size_t most = 1 + chance(&m->seed) % sizeof m->scratch;
	const mn_poll got = mn_bbq_try_write(&m->tx, &m->q.bbq, most);
	size_t n;

	assert_int_equal(got, m->used < m->capacity ? MN_OK : MN_EFULL);
	if (got != MN_OK)
		return;
	assert_in_range(m->tx.len, 1, most);
	n = chance(&m->seed) % (m->tx.len + 1);
	for (size_t i = 0; i < n; i++)
		m->tx.data[i] = m->next++;
	put(m, m->tx.data, n);
	mn_bbq_commit(&m->q.bbq, n);
}

static void handler_pulls(struct model *m)
{
	const size_t most = chance(&m->seed) % sizeof m->scratch;
	const size_t taken = mn_bbq_irq_pull(&m->q, m->scratch, most);

	assert_int_equal(taken, most < m->used ? most : m->used);
	take(m, m->scratch, taken);
}

static void handler_peeks(struct model *m)
{
	size_t ready, n;
	const uint8_t *bytes = mn_bbq_irq_peek(&m->q, &ready);

	assert_int_equal(ready > 0, m->used > 0);
	n = chance(&m->seed) % (ready + 1);
	take(m, bytes, n);
	mn_bbq_irq_release(&m->q, n);
}

static void behave_like_the_model(struct sim *sim, enum mn_bbq_irq_side side,
				  void (*const steps[4])(struct model *))
{
	for (size_t capacity = 1; capacity <= 128; capacity += capacity == 17 ? 111 : 1) {
		struct model m = {.capacity = capacity, .seed = capacity};
		uint8_t *storage = malloc(capacity);

		mn_bbq_irq_init(&m.q, &sim->kernel, storage, capacity, side, NULL);
		for (int step = 0; step < 20000; step++) {
			steps[chance(&m.seed) % 4](&m);
			assert_int_equal(mn_bbq_used(&m.q.bbq), m.used);
		}
		sim_settle(sim); /* empties the inbox, in which m.q may be */
		free(storage);
	}
}

static void a_handler_that_writes_behaves_like_the_model(void **state)
{
	static void (*const steps[4])(struct model *) = {handler_pushes, handler_fills, task_reads,
							 task_reads};

	behave_like_the_model(*state, MN_BBQ_IRQ_WRITES, steps);
}

static void a_handler_that_reads_behaves_like_the_model(void **state)
{
	static void (*const steps[4])(struct model *) = {task_writes, task_writes, handler_pulls,
							 handler_peeks};

	behave_like_the_model(*state, MN_BBQ_IRQ_READS, steps);
}

/* ---- Waits --------------------------------------------------------------------------- */

static void a_push_wakes_the_reader(void **state)
{
	struct sim *sim = *state;
	uint8_t storage[4], got[3];
	struct mn_bbq_irq q;
	struct reader r = {.q = &q.bbq, .want = 3, .buffer = got};

	mn_bbq_irq_init(&q, &sim->kernel, storage, sizeof storage, MN_BBQ_IRQ_WRITES, NULL);
	mn_spawn(&sim->kernel, &r.task, &reader_task);
	sim_settle(sim);
	assert_int_equal(r.task.waits->kind, MN_WAIT_READ);
	assert_ptr_equal(r.task.waits->on, &q.bbq);
	assert_int_equal(mn_bbq_irq_push(&q, "a", 1), 1);
	assert_true(mn_kernel_interrupted(&sim->kernel));
	sim_settle(sim);
	assert_int_equal(r.got, 1);
	assert_int_equal(mn_bbq_irq_push(&q, "bc", 2), 2);
	sim_settle(sim);
	assert_int_equal(r.result, MN_OK);
	assert_memory_equal(got, "abc", 3);
}

static void a_pull_wakes_the_writers_in_turn(void **state)
{
	struct sim *sim = *state;
	uint8_t storage[2], byte;
	struct mn_bbq_irq q;
	struct writer w[3] = {{.q = &q.bbq, .n = 1}, {.q = &q.bbq, .n = 1}, {.q = &q.bbq, .n = 1}};

	kicks = 0;
	mn_bbq_irq_init(&q, &sim->kernel, storage, sizeof storage, MN_BBQ_IRQ_READS, count_kick);
	fill(&q.bbq, 2);
	assert_int_equal(kicks, 1);
	for (int i = 0; i < 3; i++) {
		mn_spawn(&sim->kernel, &w[i].task, &writer_task);
		sim_settle(sim);
		assert_int_equal(w[i].result, MN_PENDING);
	}
	during(sim, mn_cancel(&w[1].task));
	assert_int_equal(w[1].result, MN_ECANCELED);
	assert_int_equal(mn_bbq_irq_pull(&q, &byte, 1), 1);
	sim_settle(sim);
	assert_int_equal(w[0].result, MN_OK);
	assert_int_equal(w[2].result, MN_PENDING);
	during(sim, mn_bbq_commit(&q.bbq, 1)); /* full again: the next one waits for room */
	assert_int_equal(kicks, 2);
	assert_int_equal(w[2].result, MN_PENDING);
	assert_int_equal(mn_bbq_irq_pull(&q, &byte, 1), 1);
	sim_settle(sim);
	assert_int_equal(w[2].result, MN_OK);
	during(sim, mn_bbq_commit(&q.bbq, 0));
	assert_int_equal(kicks, 2); /* nothing new for the handler */
}

/* Between turns a raise is only in the inbox; the task it is for may be gone by then. */
static void a_late_wake_finds_nobody(void **state)
{
	struct sim *sim = *state;
	uint8_t storage[4];
	struct mn_bbq_irq q;
	struct reader r = {.q = &q.bbq, .want = 1};

	mn_bbq_irq_init(&q, &sim->kernel, storage, sizeof storage, MN_BBQ_IRQ_WRITES, NULL);
	mn_spawn(&sim->kernel, &r.task, &reader_task);
	sim_settle(sim);
	during(sim, mn_cancel(&r.task));
	assert_int_equal(r.result, MN_ECANCELED);
	memset(&r.task, 0xee, sizeof r.task);
	mn_bbq_irq_push(&q, "a", 1);
	sim_settle(sim);
	assert_int_equal(mn_bbq_used(&q.bbq), 1);

	r = (struct reader){.q = &q.bbq, .want = 1};
	mn_spawn(&sim->kernel, &r.task,
		 &reader_task); /* ends at once; the next byte is for nobody */
	sim_settle(sim);
	assert_int_equal(r.result, MN_OK);
	memset(&r.task, 0xee, sizeof r.task);
	mn_bbq_irq_push(&q, "b", 1);
	sim_settle(sim);
}

static void a_time_out_leaves_no_trace(void **state)
{
	struct sim *sim = *state;
	uint8_t storage[1], byte;
	struct mn_bbq_irq rx, tx;
	struct reader r = {.q = &rx.bbq, .want = 1, .limit_us = 100};
	struct writer w = {.q = &tx.bbq, .n = 1, .limit_us = 100};

	mn_bbq_irq_init(&rx, &sim->kernel, storage, 1, MN_BBQ_IRQ_WRITES, NULL);
	mn_bbq_irq_init(&tx, &sim->kernel, storage, 1, MN_BBQ_IRQ_READS, NULL);
	fill(&tx.bbq, 1);
	mn_spawn(&sim->kernel, &r.task, &reader_task);
	mn_spawn(&sim->kernel, &w.task, &writer_task);
	sim_run(sim);
	assert_int_equal(r.result, MN_ETIMEDOUT);
	assert_int_equal(w.result, MN_ETIMEDOUT);
	assert_null(rx.irq.task);
	assert_null(tx.irq.task);
	assert_int_equal(mn_bbq_irq_push(&rx, "a", 1), 1);
	assert_int_equal(mn_bbq_irq_pull(&tx, &byte, 1), 1);
	sim_settle(sim);
}

/* ---- Ends ---------------------------------------------------------------------------- */

static void a_handler_closes(void **state)
{
	struct sim *sim = *state;
	uint8_t storage[2];
	struct mn_bbq_irq rx, tx;
	struct reader r = {.q = &rx.bbq, .want = 9};
	struct writer w[2] = {{.q = &tx.bbq, .n = 1}, {.q = &tx.bbq, .n = 1}};

	mn_bbq_irq_init(&rx, &sim->kernel, storage, 2, MN_BBQ_IRQ_WRITES, NULL);
	mn_spawn(&sim->kernel, &r.task, &reader_task);
	sim_settle(sim);
	mn_bbq_irq_push(&rx, "ab", 2);
	mn_bbq_irq_close(&rx);
	sim_settle(sim);
	assert_int_equal(r.got, 2);
	assert_int_equal(r.result, MN_ECLOSED);

	mn_bbq_irq_init(&tx, &sim->kernel, storage, 2, MN_BBQ_IRQ_READS, NULL);
	fill(&tx.bbq, 2);
	mn_spawn(&sim->kernel, &w[0].task, &writer_task);
	mn_spawn(&sim->kernel, &w[1].task, &writer_task);
	sim_settle(sim);
	mn_bbq_irq_close(&tx);
	sim_settle(sim);
	assert_int_equal(w[0].result, MN_ECLOSED);
	assert_int_equal(w[1].result, MN_ECLOSED);
}

static void tasks_close(void **state)
{
	struct sim *sim = *state;
	uint8_t storage[2], bytes[2];
	struct mn_bbq_irq rx, tx;
	struct writer w = {.q = &tx.bbq, .n = 1};

	kicks = 0;
	mn_bbq_irq_init(&rx, &sim->kernel, storage, 2, MN_BBQ_IRQ_WRITES, count_kick);
	assert_false(mn_bbq_irq_closed(&rx));
	mn_bbq_close_read(&rx.bbq);
	assert_true(mn_bbq_irq_closed(&rx));
	assert_int_equal(kicks, 1);
	assert_int_equal(mn_bbq_irq_push(&rx, "ab", 2), 0);
	assert_int_equal(mn_bbq_irq_lost(&rx), 2);

	mn_bbq_irq_init(&tx, &sim->kernel, storage, 2, MN_BBQ_IRQ_READS, NULL);
	fill(&tx.bbq, 2);
	mn_spawn(&sim->kernel, &w.task, &writer_task);
	sim_settle(sim);
	during(sim, mn_bbq_close_write(&tx.bbq));
	assert_int_equal(w.result, MN_ECLOSED);
	assert_int_equal(mn_bbq_irq_pull(&tx, bytes, 2), 2); /* what was written before */
	assert_true(mn_bbq_irq_closed(&tx));
	sim_settle(sim);
}

static void each_end_has_one_kind_of_user(void **state)
{
	struct sim *sim = *state;
	uint8_t storage[4];
	size_t len;
	struct mn_bbq_irq q;
	struct mn_bbq_write tx = {0};
	struct mn_bbq_read rx = {0};

	mn_bbq_irq_init(&q, &sim->kernel, storage, 4, MN_BBQ_IRQ_WRITES, NULL);
	assert_int_equal(mn_bbq_try_write(&tx, &q.bbq, 1), MN_ENOTSUP);
	mn_bbq_irq_grant(&q, &len);
	assert_int_equal(len, 4);
	assert_true(sim_panics(mn_bbq_irq_commit(&q, 5)));
	mn_bbq_irq_init(&q, &sim->kernel, storage, 4, MN_BBQ_IRQ_READS, NULL);
	assert_int_equal(mn_bbq_try_read(&rx, &q.bbq), MN_ENOTSUP);
	assert_int_equal(mn_bbq_try_write_exact(&tx, &q.bbq, 2), MN_ENOTSUP);
	assert_true(sim_panics(mn_bbq_irq_release(&q, 1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(a_handler_that_writes_behaves_like_the_model),
		SIM_TEST(a_handler_that_reads_behaves_like_the_model),
		SIM_TEST(a_push_wakes_the_reader),
		SIM_TEST(a_pull_wakes_the_writers_in_turn),
		SIM_TEST(a_late_wake_finds_nobody),
		SIM_TEST(a_time_out_leaves_no_trace),
		SIM_TEST(a_handler_closes),
		SIM_TEST(tasks_close),
		SIM_TEST(each_end_has_one_kind_of_user),
	};

	return cmocka_run_group_tests_name("bbq_irq", tests, NULL, NULL);
}
