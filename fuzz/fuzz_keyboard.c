/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The input is what happens to a keyboard mux with three subscribers, a virtual port as a keyboard
 * and another that sends events of any kind. Each byte is a step: so many bytes from a terminal, as
 * they follow, or something else that happens.
 *
 * Whatever happens, a subscriber gets valid events only, and no release without a press; when all
 * keys are up, no key is down for it; and whatever a terminal has sent, after a pause the next key
 * is seen. In the end all tasks have ended and all memory is back.
 */
#include <stdbool.h>
#include <mnemos/bbq_irq.h>
#include <mnemos/services/keyboard_mux.h>
#include "fuzz_kernel.h"

#define SUBSCRIBERS 3
#define KEYS 8192 /* that may be down */

static struct mn_kernel kernel;
static struct mn_registry_slot registry[4];
static uint8_t heap[65536];

static struct mn_bbq_irq rx, tx;
static uint8_t rx_storage[1024], tx_storage[64];
static struct mn_serial_line line;
static struct mn_simple_serial serial;
static struct mn_serial_mux serial_mux;
static struct mn_keyboard_mux mux;
static struct mn_keyboard_mux_config mux_config;
static struct mn_keyboard_port port;

/* ---- Keys that are down ------------------------------------------------------------ */

struct down {
	uint32_t keys[KEYS];
	unsigned count;
};

static unsigned find(const struct down *down, uint32_t key)
{
	unsigned at = 0;

	while (at < down->count && down->keys[at] != key)
		at++;
	return at;
}

static void press(struct down *down, uint32_t key)
{
	const unsigned at = find(down, key);

	if (at < down->count)
		return;
	FUZZ_CHECK(down->count < KEYS);
	down->keys[down->count++] = key;
}

/* Returns whether it was down. */
static bool release(struct down *down, uint32_t key)
{
	const unsigned at = find(down, key);

	if (at == down->count)
		return false;
	down->keys[at] = down->keys[--down->count];
	return true;
}

static uint32_t key_of(const struct mn_key_event *event)
{
	return (uint32_t)event->code << 24 | event->value;
}

static bool is_valid(const struct mn_key_event *event)
{
	if (event->kind > MN_KEY_HELD)
		return false;
	switch (event->code) {
	case MN_KEY_F:
		return event->value >= 1 && event->value <= 24;
	case MN_KEY_CHAR:
		return event->value <= 0x10ffff && (event->value & ~0x7ffU) != 0xd800;
	case MN_KEY_MEDIA:
		return event->value <= MN_MEDIA_MUTE_VOLUME;
	default:
		return event->code < MN_KEY_MEDIA && event->value == 0;
	}
}

/* ---- Tasks ------------------------------------------------------------------------- */

struct subscriber {
	struct mn_task task;
	struct mn_keyboard keyboard;
	struct mn_key_event event;
	struct mn_sleep nap;
	uint32_t capacity;
	bool slow;
	struct down down;
	uint32_t last; /* key that was pressed */
};

static struct subscriber subscribers[SUBSCRIBERS];

static void see(struct subscriber *subscriber)
{
	const struct mn_key_event *event = &subscriber->event;

	FUZZ_CHECK(is_valid(event));
	FUZZ_CHECK(mn_key_text(event) >= -1 && mn_key_text(event) <= 0x10ffff);
	if (event->kind == MN_KEY_RELEASED) {
		FUZZ_CHECK(release(&subscriber->down, key_of(event)));
		return;
	}
	press(&subscriber->down, key_of(event));
	subscriber->last = key_of(event);
}

/* A slow one takes a millisecond for each event. */
static mn_poll subscriber_run(struct subscriber *self)
{
	MN_BEGIN(self);
	for (;;) {
		self->down.count = 0;
		MN_AWAIT(self, mn_keyboard_open(&self->keyboard, self->capacity));
		if (MN_RESULT(self) == MN_EGONE)
			continue;
		while (MN_RESULT(self) == MN_OK) {
			MN_AWAIT(self, mn_keyboard_next(&self->keyboard, &self->event));
			if (MN_RESULT(self) != MN_OK)
				break;
			see(self);
			if (self->slow)
				MN_AWAIT(self, mn_sleep(&self->nap, 1000));
		}
		mn_keyboard_close(&self->keyboard);
		if (MN_RESULT(self) != MN_ECLOSED)
			break;
	}
	MN_END(self);
}

MN_TASK(subscriber);

/* Publishes one event; the next step waits for that. */
static struct keyboard {
	struct mn_task task;
	struct mn_keyboard_publish publish;
	struct mn_key_event event;
	struct down down;
	mn_poll result;
} keyboard;

static mn_poll keyboard_run(struct keyboard *self)
{
	MN_BEGIN(self);
	MN_AWAIT(self, mn_keyboard_publish(&self->publish, &self->event));
	self->result = MN_RESULT(self);
	MN_END(self);
}

MN_TASK(keyboard);

/* Cancels a subscriber some turns later. */
static struct killer {
	struct mn_task task;
	struct subscriber *victim;
	unsigned turns;
} killer;

static mn_poll killer_run(struct killer *self)
{
	MN_BEGIN(self);
	while (self->turns-- > 0)
		MN_YIELD(self);
	mn_cancel(&self->victim->task);
	MN_END(self);
}

MN_TASK(killer);

/* ---- The machine ------------------------------------------------------------------- */

static void settle(void)
{
	while (mn_kernel_run_once(&kernel) <= now_us || mn_kernel_interrupted(&kernel))
		;
}

static void pass(uint64_t us)
{
	const uint64_t end_us = now_us + us;
	uint64_t next_us;

	for (settle(); (next_us = mn_kernel_run_once(&kernel)) <= end_us; settle())
		now_us = next_us > now_us ? next_us : now_us;
	now_us = end_us;
}

static void feed(const uint8_t *data, size_t len)
{
	uint8_t wire[MN_SERMUX_BOUND(256)];
	const size_t n = mn_sermux_encode(wire, sizeof wire, MN_KEYBOARD_PORT, data, len);

	mn_bbq_irq_push(&rx, wire, n);
	settle();
}

static void cancel(struct mn_task *task)
{
	mn_running = &kernel;
	mn_cancel(task);
	mn_running = MN__NOWHERE;
	settle();
}

static void publish(const struct mn_key_event *event)
{
	keyboard.event = *event;
	mn_spawn(&kernel, &keyboard.task, &keyboard_task);
	settle();
	FUZZ_CHECK(!(keyboard.task.frame.flags & MN__TASK_ALIVE));
	FUZZ_CHECK(keyboard.result == (is_valid(event) ? MN_OK : MN_EINVAL));
	if (keyboard.result != MN_OK)
		return;
	if (event->kind == MN_KEY_RELEASED)
		release(&keyboard.down, key_of(event));
	else
		press(&keyboard.down, key_of(event));
}

static void restart_mux(void)
{
	cancel(&mux.task);
	mn_keyboard_mux_start(&mux, &kernel, &mux_config);
	settle();
}

static void restart_port(void)
{
	cancel(&port.task);
	mn_keyboard_port_start(&port, &kernel, MN_KEYBOARD_PORT);
	settle();
}

static void spawn_subscriber(unsigned which)
{
	mn_spawn(&kernel, &subscribers[which].task, &subscriber_task);
	settle();
}

/* It ends, comes again, and is killed while it subscribes or when it has. */
static void kill_subscriber(unsigned which, unsigned turns)
{
	struct subscriber *subscriber = &subscribers[which];

	cancel(&subscriber->task);
	killer.victim = subscriber;
	killer.turns = turns;
	mn_spawn(&kernel, &killer.task, &killer_task);
	spawn_subscriber(which);
	FUZZ_CHECK(!(subscriber->task.frame.flags & MN__TASK_ALIVE));
	spawn_subscriber(which);
}

static void start(uint8_t sizes)
{
	now_us = 0;
	memset(registry, 0, sizeof registry);
	memset(&serial, 0, sizeof serial);
	memset(&serial_mux, 0, sizeof serial_mux);
	memset(&mux, 0, sizeof mux);
	memset(&port, 0, sizeof port);
	memset(subscribers, 0, sizeof subscribers);
	memset(&keyboard, 0, sizeof keyboard);
	mn_kernel_init(&kernel, &(struct mn_kernel_config){.services = registry,
							   .max_services = 4,
							   .heap = heap,
							   .heap_size = sizeof heap});
	mn_bbq_irq_init(&rx, &kernel, rx_storage, sizeof rx_storage, MN_BBQ_IRQ_WRITES, NULL);
	mn_bbq_irq_init(&tx, &kernel, tx_storage, sizeof tx_storage, MN_BBQ_IRQ_READS, NULL);
	mn_serial_line_init(&line, &kernel, &rx.bbq, &tx.bbq, NULL);
	mn_simple_serial_start(&serial, &kernel, &line, NULL);
	mn_serial_mux_start(&serial_mux, &kernel,
			    &(struct mn_serial_mux_config){
				    .max_ports = 1, .max_frame = 512, .max_hold_us = 1000});
	mux_config = (struct mn_keyboard_mux_config){
		.max_keyboards = SUBSCRIBERS,
		.buffer_capacity = (uint16_t)(2 + sizes % 16),
	};
	mn_keyboard_mux_start(&mux, &kernel, &mux_config);
	mn_keyboard_port_start(&port, &kernel, MN_KEYBOARD_PORT);
	mn_serial_line_attach(&line);
	subscribers[0].capacity = 2;
	subscribers[2].capacity = 64;
	for (unsigned i = 0; i < SUBSCRIBERS; i++)
		spawn_subscriber(i);
}

static void finish(void)
{
	const uint32_t z = (uint32_t)MN_KEY_CHAR << 24 | 'z';
	struct mn_heap_stats stats;

	for (unsigned i = 0; i < SUBSCRIBERS; i++)
		subscribers[i].slow = false;
	pass(200000); /* slow ones have caught up */
	while (keyboard.down.count > 0)
		publish(&(struct mn_key_event){.kind = MN_KEY_RELEASED,
					       .code = (uint8_t)(keyboard.down.keys[0] >> 24),
					       .value = keyboard.down.keys[0] & 0xffffff});
	for (unsigned i = 0; i < SUBSCRIBERS; i++)
		FUZZ_CHECK(subscribers[i].down.count == 0);
	feed((const uint8_t *)"z", 1);
	for (unsigned i = 0; i < SUBSCRIBERS; i++)
		FUZZ_CHECK(subscribers[i].last == z && subscribers[i].down.count == 0);
	mn_running = &kernel;
	for (struct mn_list *node = kernel.tasks.next; node != &kernel.tasks; node = node->next)
		mn_cancel(MN_CONTAINER(node, struct mn_task, all));
	mn_running = MN__NOWHERE;
	settle();
	FUZZ_CHECK(mn_list_empty(&kernel.tasks));
	FUZZ_CHECK(kernel.wheel.count == 0);
	mn_heap_stats(kernel.heap, &stats);
	FUZZ_CHECK(stats.blocks == 0 && !mn_heap_check(kernel.heap));
}

/* Steps beyond feeding; the byte behind says more. */
static void happen(unsigned what, uint8_t more)
{
	struct subscriber *subscriber = &subscribers[more % SUBSCRIBERS];

	switch (what % 8) {
	case 0:
		pass(1000);
		break;
	case 1:
		pass(50000);
		break;
	case 2:
		subscriber->slow = !subscriber->slow;
		break;
	case 3:
		kill_subscriber(more % SUBSCRIBERS, more / SUBSCRIBERS % 16);
		break;
	case 4:
		restart_mux();
		break;
	case 5:
		restart_port();
		break;
	default: /* few keys, so that they meet themselves again; and some that there are not */
		publish(&(struct mn_key_event){.kind = more >> 6,
					       .code = (more & 7) == 7 ? more & 31 : MN_KEY_CHAR,
					       .value = (more & 7) == 7 ? more >> 3 & 3
									: 'a' + (more & 3U)});
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len < 1)
		return 0;
	start(data[0]);
	for (size_t at = 1; at < len;) {
		const uint8_t step = data[at++];
		const size_t n = step < len - at ? step : len - at;

		if (step >= 0xf0) {
			happen(step - 0xf0U, at < len ? data[at++] : 0);
		} else {
			feed(data + at, n);
			at += n;
		}
	}
	finish();
	return 0;
}
