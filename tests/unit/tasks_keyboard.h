/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* For tests of the keyboard: a mux, subscribers that collect what they get, and who types. */
#ifndef TESTS_TASKS_KEYBOARD_H
#define TESTS_TASKS_KEYBOARD_H

#include <string.h>
#include <mnemos/services/keyboard_mux.h>
#include <mnemos/sync.h>
#include "sim.h"

#define MOST 4096

static struct mn_queue pause;

/* Subscribes and collects, until something is wrong. */
struct reader {
	struct mn_task task;
	struct mn_keyboard keyboard;
	struct mn_key_event event;
	struct mn_waiter wait;
	bool paused; /* it does not read */
	uint32_t capacity;
	mn_poll opened, ended;
	unsigned count;
	struct mn_key_event got[MOST];
	bool leaves_open;
};

static inline mn_poll reader_run(struct reader *self)
{
	MN_BEGIN(self);
	self->opened = MN_PENDING;
	MN_AWAIT(self, mn_keyboard_open(&self->keyboard, self->capacity));
	self->opened = MN_RESULT(self);
	while (MN_RESULT(self) == MN_OK) {
		while (self->paused)
			MN_TRY(self, mn_queue_wait(&self->wait, &pause));
		MN_AWAIT(self, mn_keyboard_next(&self->keyboard, &self->event));
		if (MN_RESULT(self) == MN_OK && self->count < MOST)
			self->got[self->count++] = self->event;
	}
	self->ended = MN_RESULT(self);
	if (!self->leaves_open)
		mn_keyboard_close(&self->keyboard);
	MN_RETURN(self, self->ended);
	MN_END(self);
}

MN_TASK(reader);

/* Publishes what it is given. */
struct typist {
	struct mn_task task;
	struct mn_keyboard_publish publish;
	const struct mn_key_event *events;
	unsigned count, at;
	mn_poll result;
};

static inline mn_poll typist_run(struct typist *self)
{
	MN_BEGIN(self);
	for (self->at = 0; self->at < self->count; self->at++) {
		MN_AWAIT(self, mn_keyboard_publish(&self->publish, &self->events[self->at]));
		self->result = MN_RESULT(self);
		if (self->result != MN_OK)
			break;
	}
	MN_RETURN(self, self->result);
	MN_END(self);
}

MN_TASK(typist);

static struct mn_keyboard_mux mux;
static struct reader readers[9];
static struct typist typist;

static inline void start_mux(struct sim *sim, uint16_t max_keyboards)
{
	mn_keyboard_mux_start(&mux, &sim->kernel,
			      &(struct mn_keyboard_mux_config){.max_keyboards = max_keyboards,
							       .buffer_capacity = 4});
}

static inline int set_up(void **state)
{
	memset(&mux, 0, sizeof mux);
	memset(readers, 0, sizeof readers);
	memset(&typist, 0, sizeof typist);
	mn_queue_init(&pause);
	sim_setup(state);
	start_mux(*state, 8);
	return 0;
}

static inline int tear_down(void **state)
{
	if (*state)
		sim_cancel_all(*state);
	return sim_teardown(state);
}

#define KEYBOARD_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static inline struct reader *subscribe(struct sim *sim, unsigned which, uint32_t capacity)
{
	readers[which].capacity = capacity;
	mn_spawn(&sim->kernel, &readers[which].task, &reader_task);
	sim_settle(sim);
	return &readers[which];
}

static inline void stop_reading(struct sim *sim, struct reader *reader)
{
	reader->paused = true;
	sim_settle(sim);
}

static inline void go_on(struct sim *sim, struct reader *reader)
{
	reader->paused = false;
	sim_enter(sim);
	mn_queue_wake_all(&pause);
	sim_leave();
	sim_settle(sim);
}

/* Publishes events; the machine runs. */
static inline mn_poll publish(struct sim *sim, const struct mn_key_event *events, unsigned count)
{
	typist.events = events;
	typist.count = count;
	typist.result = MN_OK;
	mn_spawn(&sim->kernel, &typist.task, &typist_task);
	sim_settle(sim);
	assert_false(typist.task.frame.flags & MN__TASK_ALIVE);
	return typist.result;
}

static inline mn_poll type(struct sim *sim, enum mn_key_kind kind, uint8_t code, uint32_t value)
{
	const struct mn_key_event event = {.kind = (uint8_t)kind, .code = code, .value = value};

	return publish(sim, &event, 1);
}

static inline mn_poll type_char(struct sim *sim, enum mn_key_kind kind, char character)
{
	return type(sim, kind, MN_KEY_CHAR, (uint32_t)character);
}

/* What a reader got, as text: +a is a press, -a the release, *a a repeat. */
static inline const char *story(const struct reader *reader)
{
	static char text[2 * MOST + 1];
	char *end = text;

	for (unsigned i = 0; i < reader->count; i++) {
		*end++ = "+-*"[reader->got[i].kind];
		*end++ = (char)reader->got[i].value;
	}
	*end = '\0';
	return text;
}

#endif
