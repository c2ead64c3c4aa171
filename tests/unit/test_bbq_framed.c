/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Protects: frames arrive whole, in order, as their bytes on the wire of bbq_framed.h say. */
#include <mnemos/bbq_framed.h>
#include <mnemos/bbq_irq.h>
#include "bytes.h"
#include "tasks_bbq.h"

static void a_frame_begins_with_its_total_length(void **state)
{
	uint8_t storage[600];
	struct mn_bbq q;
	struct mn_bbq_write tx = {0};
	struct mn_bbq_read rx = {0};

	(void)state;
	mn_bbq_init(&q, storage, sizeof storage);
	assert_int_equal(mn_bbq_try_write_frame(&tx, &q, 10), MN_OK);
	assert_int_equal(tx.len, 10);
	memcpy(tx.data, "abc", 3);
	mn_bbq_commit_frame(&q, 3);
	assert_int_equal(mn_bbq_try_write_frame(&tx, &q, 300), MN_OK);
	mn_bbq_commit_frame(&q, 300);
	assert_int_equal(mn_bbq_used(&q), 5 + 302);
	assert_int_equal(mn_bbq_try_read(&rx, &q), MN_OK);
	assert_memory_equal(rx.data,
			    "\x05\x00"
			    "abc"
			    "\x2e\x01",
			    7);
}

static void frames_come_one_by_one_also_empty_ones(void **state)
{
	uint8_t storage[16];
	struct mn_bbq q;
	struct mn_bbq_write tx = {0};
	struct mn_bbq_read rx = {0};

	(void)state;
	mn_bbq_init(&q, storage, sizeof storage);
	assert_int_equal(mn_bbq_try_write_frame(&tx, &q, 0), MN_OK);
	mn_bbq_commit_frame(&q, 0);
	assert_int_equal(mn_bbq_try_write_frame(&tx, &q, 2), MN_OK);
	memcpy(tx.data, "hi", 2);
	mn_bbq_commit_frame(&q, 2);
	assert_int_equal(mn_bbq_try_write_frame(&tx, &q, 5), MN_OK);
	mn_bbq_commit(&q, 0); /* given up */
	assert_int_equal(mn_bbq_try_read_frame(&rx, &q), MN_OK);
	assert_int_equal(rx.len, 0);
	mn_bbq_release_frame(&q);
	assert_int_equal(mn_bbq_try_read_frame(&rx, &q), MN_OK);
	assert_bytes(rx.data, rx.len, "hi", 2);
	assert_int_equal(mn_bbq_try_read_frame(&rx, &q), MN_OK); /* not released: once more */
	assert_bytes(rx.data, rx.len, "hi", 2);
	mn_bbq_release_frame(&q);
	assert_int_equal(mn_bbq_try_read_frame(&rx, &q), MN_EEMPTY);
}

static void sizes_have_limits(void **state)
{
	static uint8_t storage[70000];
	struct mn_bbq q;
	struct mn_bbq_write tx = {0};

	(void)state;
	mn_bbq_init(&q, storage, 10);
	assert_int_equal(mn_bbq_try_write_frame(&tx, &q, 9), MN_ETOOBIG);
	assert_int_equal(mn_bbq_try_write_frame(&tx, &q, 8), MN_OK);
	assert_true(sim_panics(mn_bbq_commit_frame(&q, 9)));
	mn_bbq_commit_frame(&q, 8);
	assert_int_equal(mn_bbq_try_write_frame(&tx, &q, 0), MN_EFULL);
	mn_bbq_init(&q, storage, sizeof storage);
	assert_int_equal(mn_bbq_try_write_frame(&tx, &q, MN_BBQ_FRAME_MAX + 1), MN_ETOOBIG);
	assert_int_equal(mn_bbq_try_write_frame(&tx, &q, SIZE_MAX), MN_ETOOBIG);
	assert_int_equal(mn_bbq_try_write_frame(&tx, &q, MN_BBQ_FRAME_MAX), MN_OK);
	mn_bbq_commit_frame(&q, MN_BBQ_FRAME_MAX);
	assert_bytes(storage, 2, "\xff\xff", 2);
}

static void bytes_that_are_no_frame_are_refused(void **state)
{
	static const char *const bad[] = {"05", "00 00", "01 00", "05 00 61 62", "ff ff 00"};
	struct sim *sim = *state;

	for (size_t i = 0; i < COUNT(bad); i++) {
		uint8_t storage[8];
		struct mn_bbq q;
		struct mn_bbq_write tx = {0};
		struct mn_bbq_read rx = {0};

		mn_bbq_init(&q, storage, sizeof storage);
		assert_int_equal(mn_bbq_try_write(&tx, &q, 8), MN_OK);
		mn_bbq_commit(&q, bytes_of_hex(tx.data, 8, bad[i]));
		assert_int_equal(mn_bbq_try_read_frame(&rx, &q), MN_EBADMSG);
	}
	(void)sim;
}

static void an_interrupt_queue_carries_no_frames(void **state)
{
	struct sim *sim = *state;
	uint8_t storage[8];
	struct mn_bbq_irq q;
	struct mn_bbq_write tx = {0};
	struct mn_bbq_read rx = {0};

	mn_bbq_irq_init(&q, &sim->kernel, storage, 8, MN_BBQ_IRQ_READS, NULL);
	assert_int_equal(mn_bbq_try_write_frame(&tx, &q.bbq, 1), MN_ENOTSUP);
	mn_bbq_irq_init(&q, &sim->kernel, storage, 8, MN_BBQ_IRQ_WRITES, NULL);
	assert_int_equal(mn_bbq_try_read_frame(&rx, &q.bbq), MN_ENOTSUP);
}

/* ---- Tasks: frames of every size through a small queue ------------------------------- */

#define FRAMES 500

struct sender_of_frames {
	struct mn_task task;
	struct mn_bbq *q;
	struct mn_bbq_write tx;
	uint8_t payload[32];
	size_t i;
};

static mn_poll sender_of_frames_run(struct sender_of_frames *self)
{
	MN_BEGIN(self);
	for (self->i = 0; self->i < FRAMES; self->i++) {
		memset(self->payload, (int)self->i, sizeof self->payload);
		MN_TRY(self, mn_bbq_send_frame(&self->tx, self->q, self->payload, self->i % 16));
	}
	mn_bbq_close_write(self->q);
	MN_END(self);
}

MN_TASK(sender_of_frames);

struct reader_of_frames {
	struct mn_task task;
	struct mn_bbq *q;
	struct mn_bbq_read rx;
	size_t i;
};

static mn_poll reader_of_frames_run(struct reader_of_frames *self)
{
	MN_BEGIN(self);
	for (self->i = 0;; self->i++) {
		MN_TRY(self, mn_bbq_read_frame(&self->rx, self->q));
		assert_int_equal(self->rx.len, self->i % 16);
		for (size_t k = 0; k < self->rx.len; k++)
			assert_int_equal(self->rx.data[k], (uint8_t)self->i);
		mn_bbq_release_frame(self->q);
	}
	MN_END(self);
}

MN_TASK(reader_of_frames);

static void frames_of_every_size_arrive(void **state)
{
	struct sim *sim = *state;

	for (size_t capacity = 17; capacity < 60; capacity++) {
		uint8_t *storage = malloc(capacity);
		struct mn_bbq q;
		struct sender_of_frames tx = {.q = &q};
		struct reader_of_frames rx = {.q = &q};

		mn_bbq_init(&q, storage, capacity);
		mn_spawn(&sim->kernel, &tx.task, &sender_of_frames_task);
		mn_spawn(&sim->kernel, &rx.task, &reader_of_frames_task);
		sim_run(sim);
		assert_int_equal(tx.i, FRAMES);
		assert_int_equal(rx.i, FRAMES);
		assert_int_equal(rx.task.frame.result, MN_ECLOSED);
		free(storage);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(a_frame_begins_with_its_total_length),
		SIM_TEST(frames_come_one_by_one_also_empty_ones),
		SIM_TEST(sizes_have_limits),
		SIM_TEST(bytes_that_are_no_frame_are_refused),
		SIM_TEST(an_interrupt_queue_carries_no_frames),
		SIM_TEST(frames_of_every_size_arrive),
	};

	return cmocka_run_group_tests_name("bbq_framed", tests, NULL, NULL);
}
