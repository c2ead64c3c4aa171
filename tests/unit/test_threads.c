/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protects: the places where another context meets the kernel, the inbox of interrupts, the
 * handler's end of a byte queue, the ring of the trace and that of a keyboard, with threads as
 * interrupts. Meant for
 * the thread sanitizer too. Every test ends when all that was sent has arrived; a lost wake hangs
 * it, and a byte that is lost, doubled or torn fails it.
 */
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <mnemos/bbq_irq.h>
#include <mnemos/drivers/key_device.h>
#include <mnemos/services/keyboard_mux.h>
#include <mnemos/trace_reader.h>
#include "bytes.h"
#include "tasks_bbq.h"

#define STREAM 30000
#define RAISES 2000
#define SOURCES 4

/*
 * Runs the kernel until all tasks have ended, asleep whenever there is nothing to do and
 * nobody interrupts: a wake that is lost is never made up for by chance.
 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t interrupt = PTHREAD_COND_INITIALIZER;

static void ring_bell(void)
{
	pthread_mutex_lock(&lock);
	pthread_cond_signal(&interrupt);
	pthread_mutex_unlock(&lock);
}

static void run_with_interrupts(struct sim *sim)
{
	while (mn_kernel_task_count(&sim->kernel)) {
		if (mn_kernel_run_once(&sim->kernel) != MN_NEVER)
			continue;
		pthread_mutex_lock(&lock);
		while (mn_kernel_task_count(&sim->kernel) && !mn_kernel_interrupted(&sim->kernel))
			pthread_cond_wait(&interrupt, &lock);
		pthread_mutex_unlock(&lock);
	}
}

/* ---- The inbox ----------------------------------------------------------------------- */

/*
 * A task per source, two threads raising each source: each counts in `asked`, raises, and
 * goes on when the task has seen that count. So each raise is waited for.
 */
struct watcher {
	struct mn_task task;
	struct mn_irq irq;
	struct mn_irq_wait wait;
	_Atomic uint32_t asked, seen;
};

static mn_poll watcher_run(struct watcher *self)
{
	MN_BEGIN(self);
	while (atomic_load(&self->seen) < 2 * RAISES) {
		MN_TRY(self, mn_irq_wait(&self->wait, &self->irq));
		atomic_store(&self->seen, atomic_load(&self->asked));
	}
	MN_END(self);
}

MN_TASK(watcher);

static void *raise_many(void *argument)
{
	struct watcher *watcher = argument;

	for (int i = 0; i < RAISES; i++) {
		const uint32_t mine =
			atomic_fetch_add_explicit(&watcher->asked, 1, memory_order_relaxed);

		mn_irq_raise(&watcher->irq);
		ring_bell();
		while (atomic_load_explicit(&watcher->seen, memory_order_relaxed) <= mine)
			sched_yield();
	}
	return NULL;
}

static void no_raise_is_lost(void **state)
{
	struct sim *sim = *state;
	static struct watcher watchers[SOURCES];
	pthread_t threads[SOURCES][2];

	for (int i = 0; i < SOURCES; i++) {
		mn_irq_init(&watchers[i].irq, &sim->kernel);
		mn_spawn(&sim->kernel, &watchers[i].task, &watcher_task);
	}
	for (int i = 0; i < SOURCES; i++)
		for (int k = 0; k < 2; k++)
			pthread_create(&threads[i][k], NULL, raise_many, &watchers[i]);
	run_with_interrupts(sim);
	for (int i = 0; i < SOURCES; i++)
		for (int k = 0; k < 2; k++)
			pthread_join(threads[i][k], NULL);
	for (int i = 0; i < SOURCES; i++)
		assert_int_equal(atomic_load(&watchers[i].seen), 2 * RAISES);
}

/* What was stored before a raise is seen by the woken task, without any atomics of its own. */
struct follower {
	struct mn_task task;
	struct mn_irq irq;
	struct mn_irq_wait wait;
	unsigned plain;
	atomic_uint answered;
};

static mn_poll follower_run(struct follower *self)
{
	MN_BEGIN(self);
	while (atomic_load_explicit(&self->answered, memory_order_relaxed) < RAISES) {
		MN_TRY(self, mn_irq_wait(&self->wait, &self->irq));
		atomic_store_explicit(&self->answered, self->plain, memory_order_release);
	}
	MN_END(self);
}

MN_TASK(follower);

static void *publish(void *argument)
{
	struct follower *follower = argument;

	for (unsigned i = 1; i <= RAISES; i++) {
		follower->plain = i;
		mn_irq_raise(&follower->irq);
		ring_bell();
		while (atomic_load_explicit(&follower->answered, memory_order_acquire) < i)
			sched_yield();
	}
	return NULL;
}

static void a_raise_publishes_what_came_before(void **state)
{
	struct sim *sim = *state;
	static struct follower follower;
	pthread_t thread;

	mn_irq_init(&follower.irq, &sim->kernel);
	mn_spawn(&sim->kernel, &follower.task, &follower_task);
	pthread_create(&thread, NULL, publish, &follower);
	run_with_interrupts(sim);
	pthread_join(thread, NULL);
	assert_int_equal(atomic_load(&follower.answered), RAISES);
}

/* ---- Byte queues --------------------------------------------------------------------- */

/* The other end of a queue, in a thread: half its steps copy, half work in place. */
struct handler {
	struct mn_bbq_irq *q;
	size_t done;
	uint64_t seed;
};

static void *write_stream(void *argument)
{
	struct handler *handler = argument;

	while (handler->done < STREAM) {
		uint8_t bytes[32], *at = bytes;
		size_t n = 1 + chance(&handler->seed) % sizeof bytes, room = 0;
		const bool in_place = chance(&handler->seed) & 1;

		if (in_place)
			at = mn_bbq_irq_grant(handler->q, &room);
		if (in_place && n > room)
			n = room;
		if (n > STREAM - handler->done)
			n = STREAM - handler->done;
		for (size_t i = 0; i < n; i++)
			at[i] = (uint8_t)((handler->done + i) * 7);
		if (in_place)
			mn_bbq_irq_commit(handler->q, n);
		else
			n = mn_bbq_irq_push(handler->q, at, n);
		handler->done += n; /* what was lost is made again */
		ring_bell();
		if (n == 0)
			sched_yield();
	}
	mn_bbq_irq_close(handler->q);
	ring_bell();
	return NULL;
}

static void *read_stream(void *argument)
{
	struct handler *handler = argument;

	while (handler->done < STREAM) {
		uint8_t bytes[32];
		const uint8_t *at = bytes;
		const size_t most = 1 + chance(&handler->seed) % sizeof bytes;
		const bool in_place = chance(&handler->seed) & 1;
		size_t n = 0;

		if (in_place)
			at = mn_bbq_irq_peek(handler->q, &n);
		else
			n = mn_bbq_irq_pull(handler->q, bytes, most);
		for (size_t i = 0; i < n; i++)
			if (at[i] != (uint8_t)((handler->done + i) * 7))
				return handler; /* stops too early: the test hangs or fails */
		if (in_place)
			mn_bbq_irq_release(handler->q, n);
		handler->done += n;
		ring_bell();
		if (n == 0)
			sched_yield();
	}
	return NULL;
}

struct stream {
	struct mn_task task;
	struct mn_bbq *q;
	struct mn_bbq_read rx;
	struct mn_bbq_send send;
	size_t done, n;
	uint8_t bytes[100];
};

static mn_poll reading_run(struct stream *self)
{
	MN_BEGIN(self);
	for (;;) {
		MN_TRY(self, mn_bbq_read(&self->rx, self->q));
		for (size_t i = 0; i < self->rx.len; i++)
			assert_int_equal(self->rx.data[i], (uint8_t)((self->done + i) * 7));
		self->done += self->rx.len;
		mn_bbq_release(self->q, self->rx.len);
	}
	MN_END(self);
}

static mn_poll writing_run(struct stream *self)
{
	MN_BEGIN(self);
	while (self->done < STREAM) {
		self->n = 1 + self->done % 100;
		if (self->n > STREAM - self->done)
			self->n = STREAM - self->done;
		for (size_t i = 0; i < self->n; i++)
			self->bytes[i] = (uint8_t)((self->done + i) * 7);
		MN_TRY(self, mn_bbq_send(&self->send, self->q, self->bytes, self->n));
		self->done += self->n;
	}
	MN_END(self);
}

MN_TASK_AS(reading, struct stream, "reading");
MN_TASK_AS(writing, struct stream, "writing");

static void stream_through(struct sim *sim, size_t capacity, enum mn_bbq_irq_side side)
{
	const bool writes = side == MN_BBQ_IRQ_WRITES;
	uint8_t *storage = malloc(capacity);
	struct mn_bbq_irq q;
	struct handler handler = {.q = &q, .seed = capacity};
	struct stream stream = {.q = &q.bbq};
	pthread_t thread;
	void *wrong;

	mn_bbq_irq_init(&q, &sim->kernel, storage, capacity, side, NULL);
	mn_spawn(&sim->kernel, &stream.task, writes ? &reading_task : &writing_task);
	pthread_create(&thread, NULL, writes ? write_stream : read_stream, &handler);
	run_with_interrupts(sim);
	pthread_join(thread, &wrong);
	assert_null(wrong);
	assert_int_equal(handler.done, STREAM);
	assert_int_equal(stream.done, STREAM);
	assert_int_equal(stream.task.frame.result, writes ? MN_ECLOSED : MN_OK);
	sim_settle(sim); /* empties the inbox, in which q may be */
	free(storage);
}

static void a_stream_from_a_thread_arrives(void **state)
{
	stream_through(*state, 1, MN_BBQ_IRQ_WRITES);
	stream_through(*state, 7, MN_BBQ_IRQ_WRITES);
	stream_through(*state, 64, MN_BBQ_IRQ_WRITES);
}

static void a_stream_to_a_thread_arrives(void **state)
{
	stream_through(*state, 1, MN_BBQ_IRQ_READS);
	stream_through(*state, 7, MN_BBQ_IRQ_READS);
	stream_through(*state, 64, MN_BBQ_IRQ_READS);
}

/* ---- The ring of the trace ----------------------------------------------------------- */

#define WRITERS 3
#define EVENTS 20000

#define MN_LOG_TARGET "test::threads"

/* Takes records out until all events are there, or known to be lost. */
struct collector {
	struct mn_task task;
	struct mn_trace trace;
	struct mn_irq_wait wait;
	struct mn_record record;
	uint32_t next[WRITERS]; /* number that a writer's next event has at least */
	uint32_t taken, lost;
	uint64_t ring[MN_TRACE_RING_MIN / 8];
};

/* Nothing is torn: the second value and the text follow from the first. */
static void take(struct collector *self)
{
	const struct mn_trace_value *values = self->record.values;
	const uint32_t writer = (uint32_t)values[0].u64 >> 24, number = values[0].u64 & 0xffffff;

	assert_in_range(writer, 0, WRITERS - 1);
	assert_true(number >= self->next[writer]);
	assert_int_equal(values[1].u64, ~values[0].u64);
	if (self->record.value_count == 3) {
		assert_int_equal(values[2].text.len, number % 40);
		for (size_t i = 0; i < values[2].text.len; i++)
			assert_int_equal(values[2].text.data[i], 'a' + (int)writer);
	}
	self->next[writer] = number + 1;
	self->taken++;
}

static void count_lost(struct collector *self)
{
	struct mn_trace_lost lost;

	mn_trace_take_lost(&self->trace, &lost);
	self->lost += lost.events;
}

static mn_poll collector_run(struct collector *self)
{
	MN_BEGIN(self);
	while (self->taken + self->lost < WRITERS * EVENTS) {
		MN_TRY(self, mn_irq_wait(&self->wait, &self->trace.irq));
		while (mn_trace_next(&self->trace, &self->record))
			take(self);
		count_lost(self);
	}
	MN_END(self);
}

MN_TASK(collector);

struct source {
	struct mn_kernel *kernel;
	struct mn_irq *irq;
	uint32_t id;
};

static void *write_events(void *argument)
{
	const struct source *writer = argument;
	char letters[41];

	memset(letters, 'a' + (int)writer->id, sizeof letters - 1);
	letters[40] = '\0';
	for (uint32_t i = 0; i < EVENTS; i++) {
		const uint64_t value = (uint64_t)writer->id << 24 | i;

		if (i % 3)
			mn_event_in(writer->kernel, MN_LOG_INFO, "numbers", value, ~value);
		else
			mn_event_in(writer->kernel, MN_LOG_INFO, "text", value, ~value,
				    (const char *)letters + 40 - i % 40);
		if (i % 64 == 0)
			ring_bell();
	}
	mn_irq_raise(writer->irq); /* perhaps the last were lost */
	ring_bell();
	return NULL;
}

static void records_of_threads_are_whole_or_counted(void **state)
{
	struct sim *sim = *state;
	static struct collector collector;
	struct source writers[WRITERS];
	pthread_t threads[WRITERS];

	mn_trace_start(&sim->kernel, &collector.trace, collector.ring, sizeof collector.ring);
	mn_spawn(&sim->kernel, &collector.task, &collector_task);
	mn_trace_mute(&collector.task);
	mn_trace_set_filter(&sim->kernel, &(struct mn_log_filter){.count = 0});
	for (uint32_t i = 0; i < WRITERS; i++) {
		writers[i] = (struct source){&sim->kernel, &collector.trace.irq, i};
		pthread_create(&threads[i], NULL, write_events, &writers[i]);
	}
	run_with_interrupts(sim);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(collector.taken + collector.lost, WRITERS * EVENTS);
	assert_true(collector.taken > 0);
}

/* ---- Keys ---------------------------------------------------------------------------- */

/*
 * A thread taps a key, in bursts that do not always fit, and at last Esc, until that was seen. What
 * is lost is made up for: the key goes down and up in turn.
 */
#define TAPS 20000
#define KEY_ESC 1
#define KEY_A 30

struct tapped {
	struct mn_task task;
	struct mn_keyboard keyboard;
	struct mn_key_event event;
	struct mn_keyboard_mux mux;
	struct mn_key_device device;
	unsigned presses;
	bool down;
	atomic_bool escaped;
};

static void see_key(struct tapped *self)
{
	if (self->event.code == MN_KEY_ESC) {
		atomic_store(&self->escaped, true);
		return;
	}
	assert_int_equal(self->event.value, 'a');
	assert_int_equal(self->event.kind, self->down ? MN_KEY_RELEASED : MN_KEY_PRESSED);
	self->down = !self->down;
	self->presses += self->down;
}

static mn_poll tapped_run(struct tapped *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_keyboard_open(&self->keyboard, 4096));
	while (!atomic_load(&self->escaped)) {
		MN_TRY(self, mn_keyboard_next(&self->keyboard, &self->event));
		see_key(self);
	}
	mn_keyboard_close(&self->keyboard);
	mn_cancel(&self->device.task);
	mn_cancel(&self->mux.task);
	MN_END(self);
}

MN_TASK(tapped);

static void *tap_keys(void *argument)
{
	struct tapped *tapped = argument;

	for (unsigned i = 0; i < TAPS; i++) {
		mn_key_device_put(&tapped->device, KEY_A, MN_KEY_PRESSED);
		mn_key_device_put(&tapped->device, KEY_A, MN_KEY_RELEASED);
		ring_bell();
		if (i % 64 == 0)
			sched_yield();
	}
	while (!atomic_load(&tapped->escaped)) {
		mn_key_device_put(&tapped->device, KEY_ESC, MN_KEY_PRESSED);
		ring_bell();
		sched_yield();
	}
	return NULL;
}

static void keys_of_a_thread_go_down_and_up(void **state)
{
	struct sim *sim = *state;
	static struct tapped tapped;
	pthread_t thread;

	mn_keyboard_mux_start(&tapped.mux, &sim->kernel,
			      &(struct mn_keyboard_mux_config)MN_KEYBOARD_MUX_DEFAULTS);
	mn_key_device_start(&tapped.device, &sim->kernel, "thread");
	mn_spawn(&sim->kernel, &tapped.task, &tapped_task);
	pthread_create(&thread, NULL, tap_keys, &tapped);
	run_with_interrupts(sim);
	pthread_join(thread, NULL);
	assert_true(tapped.presses > 0);
	assert_true(tapped.presses == TAPS || mn_key_device_lost(&tapped.device) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIM_TEST(no_raise_is_lost),
		SIM_TEST(a_raise_publishes_what_came_before),
		SIM_TEST(a_stream_from_a_thread_arrives),
		SIM_TEST(a_stream_to_a_thread_arrives),
		SIM_TEST(records_of_threads_are_whole_or_counted),
		SIM_TEST(keys_of_a_thread_go_down_and_up),
	};

	return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
