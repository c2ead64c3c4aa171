/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: what bbq.h promises. Grants are contiguous, order is kept, all of the capacity
 * can be used, an exact grant is always given in the end, writers take turns, and every
 * wait ends by bytes, room, a closed end or a cancellation, whatever happens at once.
 */
#include <string.h>
#include "bytes.h"
#include "sim.h"
#include "tasks_bbq.h"

static const size_t capacities[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 128};

/* ---- Against a model: a plain array of the bytes that are there ---------------------- */

struct model {
	struct mn_task task;
	struct mn_bbq q;
	struct mn_bbq_write tx;
	struct mn_bbq_read rx;
	uint8_t *storage;
	uint8_t bytes[128];
	size_t capacity, used;
	bool writing, reading, exact_too;
	mn_poll got;
	uint8_t next;
	uint64_t seed;
};

/*
 * An operation that may wait, made to try: a cancelled task's wait answers at once. So both
 * ways to a grant are compared with the model.
 */
#define at_once(operation, otherwise)                \
	(mn_cancel(mn_self()), m->got = (operation), \
	 mn_wait_canceled() || m->got != MN_ECANCELED ? m->got : (otherwise))

static mn_poll model_grant(struct model *m, bool exact, size_t n)
{
	const bool wait = chance(&m->seed) & 1;

	if (exact)
		return wait ? at_once(mn_bbq_write_exact(&m->tx, &m->q, n), MN_EFULL)
			    : mn_bbq_try_write_exact(&m->tx, &m->q, n);
	return wait ? at_once(mn_bbq_write(&m->tx, &m->q, n), MN_EFULL)
		    : mn_bbq_try_write(&m->tx, &m->q, n);
}

static void model_write(struct model *m)
{
	const size_t n = chance(&m->seed) % (m->capacity + 2);
	const bool exact = m->exact_too && (chance(&m->seed) & 1);
	const mn_poll got = model_grant(m, exact, n);

	if (n == 0) {
		assert_int_equal(got, MN_EINVAL);
	} else if (exact && n > m->capacity) {
		assert_int_equal(got, MN_ETOOBIG);
	} else if (m->writing) {
		assert_int_equal(got, MN_EFULL);
	} else {
		if (m->used == 0 || (!m->exact_too && m->used < m->capacity))
			assert_int_equal(got, MN_OK);
		if (exact && m->used + n > m->capacity)
			assert_int_equal(got, MN_EFULL);
		if (got != MN_OK) {
			assert_int_equal(got, MN_EFULL);
			return;
		}
		m->writing = true;
		assert_true(exact ? m->tx.len == n : m->tx.len >= 1 && m->tx.len <= n);
		assert_true(m->tx.len <= m->capacity - m->used);
		assert_true(m->tx.data >= m->storage);
		assert_true(m->tx.data + m->tx.len <= m->storage + m->capacity);
		memset(m->tx.data, 0xee, m->tx.len); /* all of it may be written to */
	}
}

static void model_commit(struct model *m)
{
	const size_t n = m->writing ? chance(&m->seed) % (m->tx.len + 1) : 0;

	if (!m->writing)
		return;
	for (size_t i = 0; i < n; i++)
		m->bytes[m->used++] = m->tx.data[i] = m->next++;
	mn_bbq_commit(&m->q, n);
	m->writing = false;
}

static void model_read(struct model *m)
{
	const mn_poll got = chance(&m->seed) & 1 ? at_once(mn_bbq_read(&m->rx, &m->q), MN_EEMPTY)
						 : mn_bbq_try_read(&m->rx, &m->q);

	assert_int_equal(got, m->used ? MN_OK : MN_EEMPTY);
	m->reading = got == MN_OK;
	if (!m->reading)
		return;
	assert_in_range(m->rx.len, 1, m->used);
	assert_memory_equal(m->rx.data, m->bytes, m->rx.len);
}

static void model_release(struct model *m)
{
	const size_t n = m->reading ? chance(&m->seed) % (m->rx.len + 1) : 0;

	if (!m->reading)
		return;
	assert_memory_equal(m->rx.data, m->bytes, m->rx.len); /* writers left it alone */
	m->used -= n;
	memmove(m->bytes, m->bytes + n, m->used);
	mn_bbq_release(&m->q, n);
	m->reading = false;
}

static mn_poll model_run(struct model *m)
{
	static void (*const steps[])(struct model *) = {model_write, model_commit, model_read,
							model_release};

	MN_BEGIN(m);
	for (int step = 0; step < 20000; step++) {
		steps[chance(&m->seed) % COUNT(steps)](m);
		assert_int_equal(mn_bbq_used(&m->q), m->used);
	}
	MN_END(m);
}

MN_TASK(model);

static void behaves_like_the_model(void **state)
{
	struct sim *sim = *state;

	for (size_t i = 0; i < 2 * COUNT(capacities); i++) {
		struct model m = {.capacity = capacities[i / 2], .seed = i, .exact_too = i & 1};

		m.storage = malloc(m.capacity); /* exactly: a sanitizer sees a byte too far */
		mn_bbq_init(&m.q, m.storage, m.capacity);
		assert_int_equal(mn_bbq_capacity(&m.q), m.capacity);
		mn_spawn(&sim->kernel, &m.task, &model_task);
		sim_run(sim);
		free(m.storage);
	}
}

static void takes_its_capacity_twice_in_a_row(void **state)
{
	uint8_t storage[128], bytes[128];
	struct mn_bbq q;
	struct mn_bbq_write tx = {0};
	struct mn_bbq_read rx = {0};

	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)i;
	mn_bbq_init(&q, storage, sizeof storage);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(mn_bbq_try_write_exact(&tx, &q, 128), MN_OK);
		memcpy(tx.data, bytes, 128);
		mn_bbq_commit(&q, 128);
		assert_int_equal(mn_bbq_try_write(&tx, &q, 1), MN_EFULL);
		assert_int_equal(mn_bbq_try_read(&rx, &q), MN_OK);
		assert_bytes(rx.data, rx.len, bytes, 128);
		mn_bbq_release(&q, 128);
	}
}

/* A reader that is half through the storage must not halve what can be written. */
static void exact_capacity_after_any_position(void **state)
{
	uint8_t storage[17];
	struct mn_bbq q;
	struct mn_bbq_write tx = {0};
	struct mn_bbq_read rx = {0};

	(void)state;
	mn_bbq_init(&q, storage, sizeof storage);
	for (size_t at = 1; at < 17; at++) {
		assert_int_equal(mn_bbq_try_write_exact(&tx, &q, at), MN_OK);
		mn_bbq_commit(&q, at);
		assert_int_equal(mn_bbq_try_read(&rx, &q), MN_OK);
		mn_bbq_release(&q, at);
		assert_int_equal(mn_bbq_try_write_exact(&tx, &q, 17), MN_OK);
		mn_bbq_commit(&q, 0);
	}
}

/* The reader empties the queue while a grant is out, which is then given back unused. */
static void starts_anew_after_an_unused_grant(void **state)
{
	uint8_t storage[8];
	struct mn_bbq q;
	struct mn_bbq_write tx = {0};
	struct mn_bbq_read rx = {0};

	(void)state;
	mn_bbq_init(&q, storage, sizeof storage);
	assert_int_equal(mn_bbq_try_write(&tx, &q, 5), MN_OK);
	mn_bbq_commit(&q, 5);
	assert_int_equal(mn_bbq_try_write(&tx, &q, 3), MN_OK);
	assert_int_equal(mn_bbq_try_read(&rx, &q), MN_OK);
	mn_bbq_release(&q, 5);
	mn_bbq_commit(&q, 0);
	assert_int_equal(mn_bbq_try_write_exact(&tx, &q, 8), MN_OK);
}

static void misuse_panics(void **state)
{
	uint8_t storage[8];
	struct mn_bbq q;
	struct mn_bbq_write tx = {0};
	struct mn_bbq_read rx = {0};

	(void)state;
	assert_true(sim_panics(mn_bbq_init(&q, storage, 0)));
	mn_bbq_init(&q, storage, sizeof storage);
	assert_true(sim_panics(mn_bbq_commit(&q, 0)));
	assert_int_equal(mn_bbq_try_write(&tx, &q, 5), MN_OK);
	assert_true(sim_panics(mn_bbq_commit(&q, 6)));
	mn_bbq_commit(&q, 5);
	assert_true(sim_panics(mn_bbq_release(&q, 1)));
	assert_int_equal(mn_bbq_try_read(&rx, &q), MN_OK);
	assert_true(sim_panics(mn_bbq_release(&q, 6)));
}

/* ---- Tasks: bytes in order through any queue ----------------------------------------- */

#define STREAM 3000

struct source {
	struct mn_task task;
	struct mn_bbq *q;
	struct mn_bbq_write tx;
	struct mn_bbq_send send;
	size_t sent, n;
	uint64_t seed;
	uint8_t bytes[200];
};

static size_t source_next(struct source *self)
{
	const size_t most = STREAM - self->sent < 150 ? STREAM - self->sent : 150;

	for (size_t i = 0; i < most; i++)
		self->bytes[i] = (uint8_t)((self->sent + i) * 7);
	return 1 + chance(&self->seed) % most;
}

static mn_poll source_grant(struct source *self)
{
	const size_t capacity = mn_bbq_capacity(self->q);
	const size_t n = self->n < capacity ? self->n : capacity;

	return n & 1 ? mn_bbq_write_exact(&self->tx, self->q, n)
		     : mn_bbq_write(&self->tx, self->q, n);
}

static mn_poll source_run(struct source *self)
{
	MN_BEGIN(self);
	while (self->sent < STREAM) {
		self->n = source_next(self);
		if (self->n % 3 == 0) {
			MN_TRY(self, mn_bbq_send(&self->send, self->q, self->bytes, self->n));
			self->sent += self->send.sent;
		} else {
			MN_TRY(self, source_grant(self));
			memcpy(self->tx.data, self->bytes, self->tx.len);
			self->sent += self->tx.len;
			mn_bbq_commit(self->q, self->tx.len);
		}
	}
	mn_bbq_close_write(self->q);
	MN_END(self);
}

MN_TASK(source);

struct sink {
	struct mn_task task;
	struct mn_bbq *q;
	struct mn_bbq_read rx;
	size_t got;
	uint64_t seed;
	bool copy;
	uint8_t bytes[20];
};

static void sink_check(struct sink *self, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++, self->got++)
		assert_int_equal(bytes[i], (uint8_t)(self->got * 7));
}

static mn_poll sink_run(struct sink *self)
{
	MN_BEGIN(self);
	for (;;) {
		self->copy = chance(&self->seed) & 1;
		if (self->copy)
			MN_AWAIT(self, mn_bbq_receive(&self->rx, self->q, self->bytes, 20));
		else
			MN_AWAIT(self, mn_bbq_read(&self->rx, self->q));
		if (MN_RESULT(self) != MN_OK)
			MN_RETURN(self, MN_RESULT(self));
		if (self->copy) {
			sink_check(self, self->bytes, self->rx.len);
		} else {
			const size_t n = 1 + chance(&self->seed) % self->rx.len;

			sink_check(self, self->rx.data, n);
			mn_bbq_release(self->q, n);
		}
	}
	MN_END(self);
}

MN_TASK(sink);

static void a_stream_arrives_through_any_capacity(void **state)
{
	struct sim *sim = *state;

	for (size_t i = 0; i < COUNT(capacities) * 8; i++) {
		struct mn_bbq q;
		uint8_t *storage = malloc(capacities[i / 8]);
		struct source source = {.q = &q, .seed = i};
		struct sink sink = {.q = &q, .seed = ~(uint64_t)i};

		mn_kernel_shuffle(&sim->kernel, i & 1);
		mn_bbq_init(&q, storage, capacities[i / 8]);
		mn_spawn(&sim->kernel, &source.task, &source_task);
		mn_spawn(&sim->kernel, &sink.task, &sink_task);
		sim_run(sim);
		assert_int_equal(source.task.frame.result, MN_OK);
		assert_int_equal(sink.task.frame.result, MN_ECLOSED);
		assert_int_equal(sink.got, STREAM);
		free(storage);
	}
}

/* ---- Turns --------------------------------------------------------------------------- */

struct producer {
	struct mn_task task;
	struct mn_bbq *q;
	struct mn_bbq_send send;
	uint8_t bytes[40];
	int left;
};

static mn_poll producer_run(struct producer *self)
{
	MN_BEGIN(self);
	for (; self->left > 0; self->left--)
		MN_TRY(self, mn_bbq_send(&self->send, self->q, self->bytes, sizeof self->bytes));
	MN_END(self);
}

MN_TASK(producer);

/* Messages larger than the queue, from several producers: none is torn apart. */
static void sends_of_many_producers_do_not_mix(void **state)
{
	struct sim *sim = *state;
	uint8_t storage[16], message[40];
	struct mn_bbq q;
	struct producer producers[3];
	struct reader reader = {.q = &q, .want = 40, .buffer = message};

	sim_in_order(sim);
	mn_bbq_init(&q, storage, sizeof storage);
	memset(producers, 0, sizeof producers);
	for (int i = 0; i < 3; i++) {
		producers[i].q = &q;
		producers[i].left = 20;
		memset(producers[i].bytes, 'a' + i, 40);
		mn_spawn(&sim->kernel, &producers[i].task, &producer_task);
	}
	for (int i = 0; i < 60; i++) {
		reader.got = 0;
		mn_spawn(&sim->kernel, &reader.task, &reader_task);
		sim_run(sim);
		assert_int_equal(reader.got, 40);
		for (int k = 1; k < 40; k++)
			assert_int_equal(message[k], message[0]);
		assert_int_equal(message[0], 'a' + i % 3); /* in turn */
	}
}

/* Who waits first is first, also if a later one would fit. */
static void turns_are_first_come_first_served(void **state)
{
	struct sim *sim = *state;
	uint8_t storage[8];
	struct mn_bbq q;
	struct mn_bbq_write tx = {0};
	struct writer w[3] = {
		{.q = &q, .n = 8, .exact = true}, {.q = &q, .n = 1}, {.q = &q, .n = 1}};

	mn_bbq_init(&q, storage, sizeof storage);
	fill(&q, 4);
	for (int i = 0; i < 3; i++) {
		mn_spawn(&sim->kernel, &w[i].task, &writer_task);
		sim_settle(sim);
		assert_int_equal(w[i].result, MN_PENDING);
	}
	assert_int_equal(mn_bbq_try_write(&tx, &q, 1), MN_EFULL); /* behind the others */
	during(sim, drain(&q, 4));
	assert_int_equal(w[0].result, MN_OK);
	assert_int_equal(w[0].tx.len, 8);
	assert_int_equal(w[1].result, MN_PENDING);
	during(sim, mn_bbq_commit(&q, 1));
	assert_int_equal(w[1].result, MN_OK);
	assert_int_equal(w[2].result, MN_PENDING);
	during(sim, mn_bbq_commit(&q, 1));
	assert_int_equal(w[2].result, MN_OK);
	during(sim, mn_bbq_commit(&q, 0));
	assert_int_equal(mn_bbq_used(&q), 2);
}

/* Room comes for who waits; somebody new runs before it and finds the room. */
static void a_newcomer_does_not_take_the_turn(void **state)
{
	struct sim *sim = *state;
	uint8_t storage[4];
	struct mn_bbq q;
	struct writer first = {.q = &q, .n = 1}, newcomer = {.q = &q, .n = 1};

	sim_in_order(sim);
	mn_bbq_init(&q, storage, sizeof storage);
	fill(&q, 4);
	mn_spawn(&sim->kernel, &first.task, &writer_task);
	sim_settle(sim);
	during(sim, (mn_spawn(&sim->kernel, &newcomer.task, &writer_task), drain(&q, 4)));
	assert_int_equal(first.result, MN_OK);
	assert_int_equal(newcomer.result, MN_PENDING);
	during(sim, mn_bbq_commit(&q, 1));
	assert_int_equal(newcomer.result, MN_OK);
	during(sim, mn_bbq_commit(&q, 1));
	assert_int_equal(mn_bbq_used(&q), 2);
}

/* Each of three waiting writers is cancelled in turn; the others still get theirs. */
static void a_cancelled_writer_passes_its_turn(void **state)
{
	struct sim *sim = *state;

	for (int victim = 0; victim < 4; victim++) { /* 3: the one that holds a grant stays */
		uint8_t storage[8];
		struct mn_bbq q;
		struct writer w[3] = {
			{.q = &q, .n = 8, .exact = true}, {.q = &q, .n = 1}, {.q = &q, .n = 1}};

		mn_bbq_init(&q, storage, sizeof storage);
		fill(&q, 4);
		for (int i = 0; i < 3; i++) {
			mn_spawn(&sim->kernel, &w[i].task, &writer_task);
			sim_settle(sim);
		}
		if (victim < 3) {
			during(sim, mn_cancel(&w[victim].task));
			assert_int_equal(w[victim].result, MN_ECANCELED);
		}
		during(sim, drain(&q, 4));
		for (int i = 0; i < 3; i++) {
			if (i == victim)
				continue;
			assert_int_equal(w[i].result, MN_OK);
			during(sim, mn_bbq_commit(&q, 1));
			assert_int_equal(mn_bbq_used(&q), 1);
			during(sim, drain(&q, 1));
		}
		assert_int_equal(mn_bbq_used(&q), 0);
	}
}

/* While a grant is out: a newcomer, a cancelled newcomer, and the next one. */
static void turns_while_a_grant_is_out(void **state)
{
	struct sim *sim = *state;
	uint8_t storage[8];
	struct mn_bbq q;
	struct mn_bbq_write tx = {0};
	struct writer w[3] = {{.q = &q, .n = 1}, {.q = &q, .n = 1}, {.q = &q, .n = 1}};

	mn_bbq_init(&q, storage, sizeof storage);
	assert_int_equal(mn_bbq_try_write(&tx, &q, 2), MN_OK);
	for (int i = 0; i < 3; i++) {
		mn_spawn(&sim->kernel, &w[i].task, &writer_task);
		sim_settle(sim);
	}
	during(sim, mn_cancel(&w[0].task));
	assert_int_equal(w[0].result, MN_ECANCELED);
	assert_int_equal(w[1].result, MN_PENDING);
	during(sim, mn_bbq_commit(&q, 2));
	assert_int_equal(w[1].result, MN_OK);
	assert_int_equal(w[2].result, MN_PENDING);
	during(sim, mn_bbq_commit(&q, 0));
	assert_int_equal(w[2].result, MN_OK);
	during(sim, mn_bbq_commit(&q, 1));
	assert_int_equal(mn_bbq_used(&q), 3);
}

/* ---- Waits and how they end ---------------------------------------------------------- */

static void waits_say_what_they_wait_for(void **state)
{
	struct sim *sim = *state;
	uint8_t storage[2];
	struct mn_bbq q;
	struct reader r = {.q = &q, .want = 1};
	struct writer w = {.q = &q, .n = 1};

	mn_bbq_init(&q, storage, sizeof storage);
	mn_spawn(&sim->kernel, &r.task, &reader_task);
	sim_settle(sim);
	assert_int_equal(r.task.waits->kind, MN_WAIT_READ);
	assert_ptr_equal(r.task.waits->on, &q);
	during(sim, mn_cancel(&r.task));
	fill(&q, 2);
	mn_spawn(&sim->kernel, &w.task, &writer_task);
	sim_settle(sim);
	assert_int_equal(w.task.waits->kind, MN_WAIT_WRITE);
	assert_ptr_equal(w.task.waits->on, &q);
	during(sim, mn_cancel(&w.task));
	assert_int_equal(w.result, MN_ECANCELED);
}

static void an_impossible_wait_is_refused_at_once(void **state)
{
	struct sim *sim = *state;
	uint8_t storage[4];
	struct mn_bbq q;
	struct writer big = {.q = &q, .n = 5, .exact = true};
	struct writer huge = {.q = &q, .n = SIZE_MAX, .exact = true};
	struct writer none = {.q = &q, .n = 0};

	mn_bbq_init(&q, storage, sizeof storage);
	fill(&q, 4);
	mn_spawn(&sim->kernel, &big.task, &writer_task);
	mn_spawn(&sim->kernel, &huge.task, &writer_task);
	mn_spawn(&sim->kernel, &none.task, &writer_task);
	sim_settle(sim);
	assert_int_equal(big.result, MN_ETOOBIG);
	assert_int_equal(huge.result, MN_ETOOBIG);
	assert_int_equal(none.result, MN_EINVAL);
}

/* Room at the start of the storage is as good as room at its end: nothing to wait for. */
static void a_write_goes_round_the_end_at_once(void **state)
{
	struct sim *sim = *state;

	for (int exact = 0; exact < 2; exact++) {
		uint8_t storage[8];
		struct mn_bbq q;
		struct writer w = {.q = &q, .n = 4, .exact = exact};

		mn_bbq_init(&q, storage, sizeof storage);
		fill(&q, exact ? 6 : 8);
		drain(&q, 4);
		mn_spawn(&sim->kernel, &w.task, &writer_task);
		sim_settle(sim);
		assert_int_equal(w.result, MN_OK);
		assert_ptr_equal(w.tx.data, storage);
		assert_int_equal(w.tx.len, 4);
	}
}

/* Room that does not suffice is no reason to run; nor is room while another has a grant. */
static void a_writer_is_woken_once(void **state)
{
	struct sim *sim = *state;

	for (unsigned behind = 0; behind < 2; behind++) {
		uint8_t storage[8];
		struct mn_bbq q;
		struct mn_bbq_write tx = {0};
		struct writer w = {.q = &q, .n = 8, .exact = true};

		mn_bbq_init(&q, storage, sizeof storage);
		fill(&q, 7);
		assert_int_equal(mn_bbq_try_write(&tx, &q, 1), MN_OK);
		if (!behind)
			mn_bbq_commit(&q, 1);
		mn_spawn(&sim->kernel, &w.task, &writer_task);
		sim_settle(sim);
		if (behind) {
			during(sim, drain(&q, 1));
			assert_int_equal(w.task.polls, 1);
			during(sim, mn_bbq_commit(&q, 1)); /* its turn, but no room */
		}
		for (unsigned i = behind; i < 8; i++) {
			assert_int_equal(w.result, MN_PENDING);
			during(sim, drain(&q, 1));
		}
		assert_int_equal(w.result, MN_OK);
		assert_int_equal(w.task.polls, 2 + behind);
	}
}

/* One byte of room in the middle of the storage is room. */
static void a_full_wrapped_queue_wakes_its_writer(void **state)
{
	struct sim *sim = *state;
	uint8_t storage[8];
	struct mn_bbq q;
	struct writer w = {.q = &q, .n = 1};

	mn_bbq_init(&q, storage, sizeof storage);
	fill(&q, 8);
	drain(&q, 4);
	fill(&q, 4);
	mn_spawn(&sim->kernel, &w.task, &writer_task);
	sim_settle(sim);
	assert_int_equal(w.result, MN_PENDING);
	during(sim, drain(&q, 1));
	assert_int_equal(w.result, MN_OK);
	assert_ptr_equal(w.tx.data, storage + 4);
}

static void releasing_too_much_panics_also_while_a_writer_waits(void **state)
{
	struct sim *sim = *state;
	uint8_t storage[4];
	struct mn_bbq q;
	struct mn_bbq_read rx = {0};
	struct writer w = {.q = &q, .n = 1};

	mn_bbq_init(&q, storage, sizeof storage);
	fill(&q, 4);
	mn_spawn(&sim->kernel, &w.task, &writer_task);
	sim_settle(sim);
	assert_int_equal(mn_bbq_try_read(&rx, &q), MN_OK);
	sim_enter(sim);
	assert_true(sim_panics(mn_bbq_release(&q, 5)));
	during(sim, mn_cancel(&w.task));
}

static void a_time_out_leaves_no_trace(void **state)
{
	struct sim *sim = *state;
	uint8_t storage[4];
	struct mn_bbq q;
	struct reader r = {.q = &q, .want = 1, .limit_us = 100};
	struct writer w = {.q = &q, .n = 4, .exact = true, .limit_us = 100};

	mn_bbq_init(&q, storage, sizeof storage);
	mn_spawn(&sim->kernel, &r.task, &reader_task);
	sim_run(sim);
	assert_int_equal(r.result, MN_ETIMEDOUT);
	during(sim, fill(&q, 1)); /* wakes nobody */
	mn_spawn(&sim->kernel, &w.task, &writer_task);
	sim_run(sim);
	assert_int_equal(w.result, MN_ETIMEDOUT);
	during(sim, drain(&q, 1));
	fill(&q, 4);
	assert_int_equal(mn_bbq_used(&q), 4);
}

/* The bytes come in the same turn as the cancellation: they are not lost. */
static void bytes_come_before_a_cancellation(void **state)
{
	struct sim *sim = *state;
	uint8_t storage[4];
	struct mn_bbq q;
	struct reader r = {.q = &q, .want = 1};
	struct writer w = {.q = &q, .n = 4, .exact = true};

	mn_bbq_init(&q, storage, sizeof storage);
	mn_spawn(&sim->kernel, &r.task, &reader_task);
	sim_settle(sim);
	during(sim, (mn_cancel(&r.task), fill(&q, 1)));
	assert_int_equal(r.result, MN_OK);
	fill(&q, 2);
	mn_spawn(&sim->kernel, &w.task, &writer_task);
	sim_settle(sim);
	during(sim, (drain(&q, 2), mn_cancel(&w.task)));
	assert_int_equal(w.result, MN_OK);
	during(sim, mn_bbq_commit(&q, 4));
}

/* Bytes and a closed end at once, room and a closed end at once. */
static void two_wakes_at_once(void **state)
{
	struct sim *sim = *state;
	uint8_t storage[4];
	struct mn_bbq q;
	struct reader r = {.q = &q, .want = 1};
	struct writer w = {.q = &q, .n = 1};

	mn_bbq_init(&q, storage, sizeof storage);
	mn_spawn(&sim->kernel, &r.task, &reader_task);
	sim_settle(sim);
	during(sim, (fill(&q, 1), fill(&q, 1), mn_bbq_close_write(&q)));
	assert_int_equal(r.result, MN_OK); /* what is there comes first */
	assert_int_equal(r.got, 1);
	mn_bbq_init(&q, storage, sizeof storage);
	fill(&q, 4);
	mn_spawn(&sim->kernel, &w.task, &writer_task);
	sim_settle(sim);
	during(sim, (drain(&q, 2), mn_bbq_close_read(&q)));
	assert_int_equal(w.result, MN_ECLOSED); /* nobody would read it */
}

/* ---- Closing ------------------------------------------------------------------------- */

static void a_closed_write_end_lets_the_reader_drain(void **state)
{
	struct sim *sim = *state;
	uint8_t storage[4];
	struct mn_bbq q;
	struct mn_bbq_write tx = {0};
	struct mn_bbq_read rx = {0};
	struct reader r = {.q = &q, .want = 9};

	mn_bbq_init(&q, storage, sizeof storage);
	mn_spawn(&sim->kernel, &r.task, &reader_task);
	sim_settle(sim);
	during(sim, mn_bbq_close_write(&q));
	assert_int_equal(r.result, MN_ECLOSED); /* it was waiting */

	mn_bbq_init(&q, storage, sizeof storage);
	fill(&q, 3);
	mn_bbq_close_write(&q);
	mn_bbq_close_write(&q);
	assert_int_equal(mn_bbq_try_write(&tx, &q, 1), MN_ECLOSED);
	mn_spawn(&sim->kernel, &r.task, &reader_task);
	sim_settle(sim);
	assert_int_equal(r.got, 3);
	assert_int_equal(r.result, MN_ECLOSED);
	assert_int_equal(mn_bbq_try_read(&rx, &q), MN_ECLOSED);
}

static void a_closed_end_ends_every_writer(void **state)
{
	struct sim *sim = *state;

	for (int side = 0; side < 2; side++) {
		uint8_t storage[4], many[9] = {0};
		struct mn_bbq q;
		struct writer w[3] = {
			{.q = &q, .n = 4, .exact = true}, {.q = &q, .n = 1}, {.q = &q, .n = 1}};
		struct sender s = {.q = &q, .bytes = many, .len = 9};

		mn_bbq_init(&q, storage, sizeof storage);
		mn_spawn(&sim->kernel, &s.task, &sender_task);
		sim_settle(sim);
		for (int i = 0; i < 3; i++)
			mn_spawn(&sim->kernel, &w[i].task, &writer_task);
		sim_settle(sim);
		during(sim, side ? mn_bbq_close_read(&q) : mn_bbq_close_write(&q));
		for (int i = 0; i < 3; i++)
			assert_int_equal(w[i].result, MN_ECLOSED);
		assert_int_equal(s.result, MN_ECLOSED);
		assert_int_equal(s.send.sent, 4);
	}
}

static void grants_outlive_a_closed_end(void **state)
{
	uint8_t storage[4];
	struct mn_bbq q;
	struct mn_bbq_write tx = {0};
	struct mn_bbq_read rx = {0};

	(void)state;
	mn_bbq_init(&q, storage, sizeof storage);
	assert_int_equal(mn_bbq_try_write(&tx, &q, 4), MN_OK);
	mn_bbq_close_write(&q);
	mn_bbq_commit(&q, 4);
	assert_int_equal(mn_bbq_try_read(&rx, &q), MN_OK);
	assert_int_equal(rx.len, 4);
	mn_bbq_close_read(&q);
	mn_bbq_release(&q, 4);
	assert_int_equal(mn_bbq_try_read(&rx, &q), MN_ECLOSED);
}

static void a_reader_that_closed_reads_nothing(void **state)
{
	struct sim *sim = *state;
	uint8_t storage[4];
	struct mn_bbq q;
	struct reader r = {.q = &q, .want = 1};

	mn_bbq_init(&q, storage, sizeof storage);
	mn_spawn(&sim->kernel, &r.task, &reader_task);
	sim_settle(sim);
	during(sim, (mn_bbq_close_read(&q), fill_closed(&q)));
	assert_int_equal(r.result, MN_ECLOSED);
	mn_bbq_init(&q, storage, sizeof storage);
	fill(&q, 2);
	mn_bbq_close_read(&q);
	mn_spawn(&sim->kernel, &r.task, &reader_task);
	sim_settle(sim);
	assert_int_equal(r.result, MN_ECLOSED);
}

/* ---- Sending in pieces --------------------------------------------------------------- */

static void a_cancelled_send_says_how_much_went(void **state)
{
	struct sim *sim = *state;
	uint8_t storage[4], bytes[10] = "abcdefghi";
	struct mn_bbq q;
	struct sender s = {.q = &q, .bytes = bytes, .len = 10};
	struct writer next = {.q = &q, .n = 1};

	mn_bbq_init(&q, storage, sizeof storage);
	mn_spawn(&sim->kernel, &s.task, &sender_task);
	mn_spawn(&sim->kernel, &next.task, &writer_task);
	sim_settle(sim);
	during(sim, drain(&q, 3));
	assert_int_equal(s.send.sent, 7);
	assert_int_equal(next.result, MN_PENDING);
	during(sim, mn_cancel(&s.task));
	assert_int_equal(s.result, MN_ECANCELED);
	assert_int_equal(s.send.sent, 7);
	during(sim, drain(&q, 1));
	assert_int_equal(next.result, MN_OK);
	during(sim, mn_bbq_commit(&q, 0));
	s.len = 2; /* the operation can be used again */
	drain(&q, 3);
	mn_spawn(&sim->kernel, &s.task, &sender_task);
	sim_settle(sim);
	assert_int_equal(s.result, MN_OK);
	assert_int_equal(s.send.sent, 2);
	assert_int_equal(mn_bbq_used(&q), 2);
}

static void nothing_is_sent_at_once(void **state)
{
	struct sim *sim = *state;
	uint8_t storage[1];
	struct mn_bbq q;
	struct sender s = {.q = &q, .len = 0};

	mn_bbq_init(&q, storage, 1);
	fill(&q, 1);
	mn_spawn(&sim->kernel, &s.task, &sender_task);
	sim_settle(sim);
	assert_int_equal(s.result, MN_OK);
}

/* ---- Two-way queues, the log --------------------------------------------------------- */

static void the_sides_of_a_pair_are_crossed(void **state)
{
	uint8_t a[3], b[5];
	struct mn_bbq_bidi pair;
	struct mn_bbq_side side_a, side_b;
	struct mn_bbq_write tx = {0};
	struct mn_bbq_read rx = {0};

	(void)state;
	mn_bbq_init(&pair.a_to_b, a, sizeof a);
	mn_bbq_init(&pair.b_to_a, b, sizeof b);
	side_a = mn_bbq_side_a(&pair);
	side_b = mn_bbq_side_b(&pair);
	assert_int_equal(mn_bbq_capacity(side_a.tx), 3);
	fill(side_a.tx, 2);
	assert_int_equal(mn_bbq_try_read(&rx, side_b.rx), MN_OK);
	assert_int_equal(rx.len, 2);
	fill(side_b.tx, 5);
	assert_int_equal(mn_bbq_used(side_a.rx), 5);
	mn_bbq_side_close(&side_b);
	assert_int_equal(mn_bbq_try_write(&tx, side_a.tx, 1), MN_ECLOSED);
	assert_int_equal(mn_bbq_try_read(&rx, side_a.rx), MN_OK);
	mn_bbq_release(side_a.rx, 5);
	assert_int_equal(mn_bbq_try_read(&rx, side_a.rx), MN_ECLOSED);
}

static void the_log_names_a_queue_by_its_storage(void **state)
{
	struct sim *sim = *state;
	uint8_t storage[4];
	char line[100];
	struct mn_bbq q;
	struct reader r = {.q = &q, .want = 1};
	struct mn_log_filter filter;
	const char *where;

	assert_true(mn_log_filter_parse(&filter, "info,kernel::bbq=trace", &where));
	mn_log_set_filter(&sim->kernel, &filter);
	mn_bbq_init(&q, storage, sizeof storage);
	mn_spawn(&sim->kernel, &r.task, &reader_task);
	sim_settle(sim);
	during(sim, fill(&q, 2));
	snprintf(line, sizeof line, "TRACE kernel::bbq: %p waits", (void *)storage);
	assert_non_null(strstr(sim->log, line));
	snprintf(line, sizeof line, "%p grants 2, 0 of 4 used\n", (void *)storage);
	assert_non_null(strstr(sim->log, line));
	snprintf(line, sizeof line, "%p commits 2, ", (void *)storage);
	assert_non_null(strstr(sim->log, line));
	snprintf(line, sizeof line, "%p releases 1, ", (void *)storage);
	assert_non_null(strstr(sim->log, line));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(behaves_like_the_model),
		SIM_TEST(takes_its_capacity_twice_in_a_row),
		SIM_TEST(exact_capacity_after_any_position),
		SIM_TEST(starts_anew_after_an_unused_grant),
		SIM_TEST(misuse_panics),
		SIM_TEST(a_stream_arrives_through_any_capacity),
		SIM_TEST(sends_of_many_producers_do_not_mix),
		SIM_TEST(turns_are_first_come_first_served),
		SIM_TEST(a_newcomer_does_not_take_the_turn),
		SIM_TEST(a_cancelled_writer_passes_its_turn),
		SIM_TEST(turns_while_a_grant_is_out),
		SIM_TEST(waits_say_what_they_wait_for),
		SIM_TEST(an_impossible_wait_is_refused_at_once),
		SIM_TEST(a_write_goes_round_the_end_at_once),
		SIM_TEST(a_writer_is_woken_once),
		SIM_TEST(a_full_wrapped_queue_wakes_its_writer),
		SIM_TEST(releasing_too_much_panics_also_while_a_writer_waits),
		SIM_TEST(a_time_out_leaves_no_trace),
		SIM_TEST(bytes_come_before_a_cancellation),
		SIM_TEST(two_wakes_at_once),
		SIM_TEST(a_closed_write_end_lets_the_reader_drain),
		SIM_TEST(a_closed_end_ends_every_writer),
		SIM_TEST(grants_outlive_a_closed_end),
		SIM_TEST(a_reader_that_closed_reads_nothing),
		SIM_TEST(a_cancelled_send_says_how_much_went),
		SIM_TEST(nothing_is_sent_at_once),
		SIM_TEST(the_sides_of_a_pair_are_crossed),
		SIM_TEST(the_log_names_a_queue_by_its_storage),
	};

	return cmocka_run_group_tests_name("bbq", tests, NULL, NULL);
}
