/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Protects: what can be said of a wait from outside: that its wake was lost, that its holder has
 * ended. */
#include <string.h>
#include <mnemos/bbq.h>
#include <mnemos/channel.h>
#include <mnemos/heap.h>
#include <mnemos/oneshot.h>
#include <mnemos/sync.h>
#include "sim.h"

/* Everything that can be waited for, and the operations. */
static struct world {
	struct mn_event event;
	struct mn_queue queue;
	struct mn_mutex mutex;
	struct mn_semaphore semaphore;
	struct mn_channel full, empty;
	struct mn_oneshot oneshot;
	struct mn_bbq full_q, empty_q;
	struct mn_irq irq;
	uint32_t slots[2], value;
	uint8_t storage[2][8];
	void *blocks;
} world;

struct waiting {
	struct mn_task task;
	mn_poll (*wait)(struct waiting *self);
	struct mn_waiter waiter;
	struct mn_send send;
	struct mn_bbq_write write;
	struct mn_bbq_read read;
	struct mn_alloc alloc;
	struct mn_irq_wait irq;
	struct mn_sleep sleep;
	uint32_t message;
};

static mn_poll waiting_run(struct waiting *self)
{
	MN_BEGIN(self);
	MN_AWAIT(self, self->wait(self));
	MN_END(self);
}

MN_TASK(waiting);

static mn_poll wait_event(struct waiting *self)
{
	return mn_event_wait(&self->waiter, &world.event);
}

static mn_poll wait_queue(struct waiting *self)
{
	return mn_queue_wait(&self->waiter, &world.queue);
}

static mn_poll wait_mutex(struct waiting *self)
{
	const mn_poll got = mn_mutex_lock(&self->waiter, &world.mutex);

	if (got == MN_OK)
		mn_mutex_unlock(&world.mutex);
	return got;
}

static mn_poll wait_semaphore(struct waiting *self)
{
	return mn_semaphore_take(&self->waiter, &world.semaphore);
}

static mn_poll wait_send(struct waiting *self)
{
	return mn_channel_send(&self->send, &world.full, &self->message);
}

static mn_poll wait_receive(struct waiting *self)
{
	return mn_channel_receive(&world.empty, &self->message);
}

static mn_poll wait_oneshot(struct waiting *self)
{
	(void)self;
	return mn_oneshot_receive(&world.oneshot);
}

static mn_poll wait_write(struct waiting *self)
{
	const mn_poll got = mn_bbq_write(&self->write, &world.full_q, 8);

	if (got == MN_OK)
		mn_bbq_commit(&world.full_q, 0);
	return got;
}

static mn_poll wait_read(struct waiting *self)
{
	return mn_bbq_read(&self->read, &world.empty_q);
}

static mn_poll wait_memory(struct waiting *self)
{
	const mn_poll got = mn_alloc(&self->alloc, SIM_HEAP / 2);

	if (got == MN_OK)
		mn_free(self->alloc.block);
	return got;
}

static mn_poll wait_irq(struct waiting *self)
{
	return mn_irq_wait(&self->irq, &world.irq);
}

static mn_poll wait_sleep(struct waiting *self)
{
	return mn_sleep(&self->sleep, 1000);
}

static void set_event(void)
{
	mn_event_set(&world.event);
}

static void wake_queue(void)
{
	mn_queue_wake_one(&world.queue);
}

static void close_queue(void)
{
	mn_queue_close(&world.queue);
}

static void unlock(void)
{
	mn_mutex_unlock(&world.mutex);
}

static void give(void)
{
	mn_semaphore_give(&world.semaphore);
}

static void receive(void)
{
	assert_int_equal(mn_channel_try_receive(&world.full, &world.value), MN_OK);
}

static void send(void)
{
	assert_int_equal(mn_channel_try_send(&world.empty, &world.value), MN_OK);
}

static void close_channel(void)
{
	mn_channel_close(&world.empty);
}

static void send_oneshot(void)
{
	assert_int_equal(mn_oneshot_send(&world.oneshot, &world.value), MN_OK);
}

static void release(void)
{
	struct mn_bbq_read op = {0};

	assert_int_equal(mn_bbq_try_read(&op, &world.full_q), MN_OK);
	mn_bbq_release(&world.full_q, 3);
}

static void close_full_q(void)
{
	mn_bbq_close_read(&world.full_q);
}

static void commit(void)
{
	struct mn_bbq_write op = {0};

	assert_int_equal(mn_bbq_try_write(&op, &world.empty_q, 3), MN_OK);
	mn_bbq_commit(&world.empty_q, 3);
}

static void close_empty_q(void)
{
	mn_bbq_close_write(&world.empty_q);
}

static void free_memory(void)
{
	mn_heap_free(mn_running->heap, world.blocks);
	world.blocks = NULL;
}

static void take_irq(void)
{
	world.irq.pending = true;
}

static struct waiting *subject;

static void lose_timer(void)
{
	mn_timer_disarm(&subject->sleep.timer);
}

static void prepare(struct sim *sim)
{
	struct mn_bbq_write op = {0};

	memset(&world, 0, sizeof world);
	mn_event_init(&world.event);
	mn_queue_init(&world.queue);
	mn_mutex_init(&world.mutex);
	mn_semaphore_init(&world.semaphore, 0);
	mn_channel_init(&world.full, &world.slots[0], sizeof world.value, 1);
	mn_channel_init(&world.empty, &world.slots[1], sizeof world.value, 1);
	mn_oneshot_init(&world.oneshot, &world.value, sizeof world.value);
	mn_oneshot_arm(&world.oneshot);
	mn_bbq_init(&world.full_q, world.storage[0], sizeof world.storage[0]);
	mn_bbq_init(&world.empty_q, world.storage[1], sizeof world.storage[1]);
	mn_irq_init(&world.irq, &sim->kernel);
	assert_int_equal(mn_channel_try_send(&world.full, &world.value), MN_OK);
	assert_int_equal(mn_bbq_try_write(&op, &world.full_q, 8), MN_OK);
	mn_bbq_commit(&world.full_q, op.len);
	world.blocks = mn_heap_alloc(sim->kernel.heap, SIM_HEAP / 2, 0);
}

/* A task that is there only to own the mutex. */
static struct waiting owner;

static void own_mutex(struct sim *sim)
{
	struct mn_task *current = sim->kernel.current;

	sim->kernel.current = &owner.task;
	assert_int_equal(mn_mutex_try_lock(&world.mutex), MN_OK);
	sim->kernel.current = current;
}

/* What is made ready is taken out of the queue again, as if nobody had woken it. */
static void without_a_wake(struct sim *sim, void (*happens)(void))
{
	sim_enter(sim);
	sim->kernel.current = &owner.task;
	happens();
	sim->kernel.current = NULL;
	for (struct mn_task *task = sim->kernel.ready, *next; task != MN__QUEUE_END; task = next) {
		next = task->next;
		task->next = NULL;
	}
	sim->kernel.ready = MN__QUEUE_END;
	sim->kernel.ready_end = &sim->kernel.ready;
	sim_leave();
}

static void lost_wake_is_recognised(void **state)
{
	static const struct {
		mn_poll (*wait)(struct waiting *self);
		void (*happens)(void);
		const char *text;
	} cases[] = {
		{wait_event, set_event, "event"},
		{wait_queue, wake_queue, "a wake from queue"},
		{wait_queue, close_queue, "a wake from queue"},
		{wait_mutex, unlock, "mutex"},
		{wait_semaphore, give, "semaphore"},
		{wait_send, receive, "room in channel"},
		{wait_receive, send, "a message in channel"},
		{wait_receive, close_channel, "a message in channel"},
		{wait_oneshot, send_oneshot, "the value of oneshot"},
		{wait_write, release, "room in bbq"},
		{wait_write, close_full_q, "room in bbq"},
		{wait_read, commit, "bytes in bbq"},
		{wait_read, close_empty_q, "bytes in bbq"},
		{wait_memory, free_memory, "memory of heap"},
		{wait_irq, take_irq, "interrupt"},
		{wait_sleep, lose_timer, "time"},
	};
	struct sim *sim = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct waiting waiting = {.wait = cases[i].wait};

		subject = &waiting;
		owner.wait = wait_sleep;
		mn_spawn(&sim->kernel, &owner.task, &waiting_task);
		sim_enter(sim);
		prepare(sim);
		own_mutex(sim);
		sim_leave();
		mn_spawn(&sim->kernel, &waiting.task, &waiting_task);
		sim_settle(sim);
		assert_string_equal(mn_wait_text(waiting.task.waits), cases[i].text);
		assert_false(mn_wait_over(&sim->kernel, waiting.task.waits));
		assert_false(mn_wait_holder_ended(&sim->kernel, waiting.task.waits));
		without_a_wake(sim, cases[i].happens);
		assert_true(mn_wait_over(&sim->kernel, waiting.task.waits));
		sim_enter(sim);
		mn_wake(&waiting.task);
		sim_leave();
		sim_settle(sim);
		assert_int_equal(waiting.task.frame.flags, 0); /* it has ended */
		if (world.blocks)
			mn_heap_free(sim->kernel.heap, world.blocks);
		sim_run(sim);
	}
}

/* ---- The other end of a queue ------------------------------------------------------------ */

static void append(void *context, const char *text, size_t len)
{
	strncat(context, text, len);
}

static void reader_of_a_full_queue_holds_it_until_it_ends(void **state)
{
	static mn_poll (*const reads[])(struct waiting *) = {wait_read, wait_receive};
	static mn_poll (*const writes[])(struct waiting *) = {wait_write, wait_send};
	struct sim *sim = *state;

	for (int i = 0; i < 2; i++) {
		struct waiting reader = {.wait = reads[i]}, writer = {.wait = writes[i]};
		char text[2000] = "";

		sim_enter(sim);
		prepare(sim);
		free_memory();
		sim_leave();
		mn_bbq_init(&world.empty_q, world.storage[1], 8);
		mn_spawn(&sim->kernel, &reader.task, &waiting_task);
		sim_settle(sim);
		world.full_q.last_reader = world.empty_q.last_reader; /* it is both one's reader */
		world.full.wait.task = world.empty.wait.task;
		mn_spawn(&sim->kernel, &writer.task, &waiting_task);
		sim_settle(sim);
		assert_ptr_equal(mn_wait_holder(&sim->kernel, writer.task.waits), &reader.task);
		assert_false(mn_wait_holder_ended(&sim->kernel, writer.task.waits));
		sim_cancel(sim, &reader.task);
		sim_settle(sim);
		assert_null(mn_wait_holder(&sim->kernel, writer.task.waits));
		assert_true(mn_wait_holder_ended(&sim->kernel, writer.task.waits));
		mn_kernel_dump(&sim->kernel, append, text);
		assert_non_null(strstr(text, " held by a task that has ended, for 0 ms\n"));
		sim_cancel_all(sim);
	}
}

static void queue_that_nobody_has_waited_for_has_no_holder(void **state)
{
	struct sim *sim = *state;
	struct waiting writer = {.wait = wait_write}, sender = {.wait = wait_send};

	sim_enter(sim);
	prepare(sim);
	free_memory();
	sim_leave();
	mn_spawn(&sim->kernel, &writer.task, &waiting_task);
	mn_spawn(&sim->kernel, &sender.task, &waiting_task);
	sim_settle(sim);
	assert_null(mn_wait_holder(&sim->kernel, writer.task.waits));
	assert_null(mn_wait_holder(&sim->kernel, sender.task.waits));
	assert_false(mn_wait_holder_ended(&sim->kernel, writer.task.waits));
	assert_false(mn_wait_holder_ended(&sim->kernel, sender.task.waits));
	sim_cancel_all(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(lost_wake_is_recognised),
		SIM_TEST(reader_of_a_full_queue_holds_it_until_it_ends),
		SIM_TEST(queue_that_nobody_has_waited_for_has_no_holder),
	};

	return cmocka_run_group_tests_name("wait", tests, NULL, NULL);
}
