/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From numbered keys to events.
 *
 * The handler puts, the task takes: `put` is stored by the one, `taken` by the other, after the
 * entry was written or read. The last free entry of the ring is kept for the word that events were
 * lost: so that word stands behind all that came before, and before all that comes after.
 */
#include <mnemos/drivers/key_device.h>
#include <mnemos/operation.h>
#include "key_map.h"

#define MN_LOG_TARGET "drivers::key_device"

_Static_assert((MN_KEY_DEVICE_RING & (MN_KEY_DEVICE_RING - 1)) == 0, "a power of two");

/* What an entry says besides an enum mn_key_kind. */
enum { RELEASE_ALL = MN_KEY_HELD + 1, SET_LOCKS };

#define ENTRY(kind, number) ((uint32_t)(kind) << 16 | (number))

/* ---- The handler ------------------------------------------------------------------- */

static uint32_t room(const struct mn_key_device *device)
{
	return MN_KEY_DEVICE_RING - (atomic_load_explicit(&device->put, memory_order_relaxed) -
				     atomic_load_explicit(&device->taken, memory_order_acquire));
}

static void push(struct mn_key_device *device, uint32_t entry)
{
	const uint32_t at = atomic_load_explicit(&device->put, memory_order_relaxed);

	device->ring[at % MN_KEY_DEVICE_RING] = entry;
	atomic_store_explicit(&device->put, at + 1, memory_order_release);
	mn_irq_raise(&device->irq);
}

static void count_lost(struct mn_key_device *device)
{
	const uint32_t lost = atomic_load_explicit(&device->lost, memory_order_relaxed);

	atomic_store_explicit(&device->lost, lost + 1, memory_order_relaxed);
}

/* If there is no room, the last entry says so already. */
void mn_key_device_release_all(struct mn_key_device *device)
{
	if (room(device) > 0)
		push(device, ENTRY(RELEASE_ALL, 0));
}

static void put(struct mn_key_device *device, uint32_t entry)
{
	if (room(device) > 1) {
		push(device, entry);
		return;
	}
	count_lost(device);
	mn_key_device_release_all(device);
}

void mn_key_device_put(struct mn_key_device *device, uint16_t key, enum mn_key_kind kind)
{
	put(device, ENTRY(kind, key));
}

void mn_key_device_set_locks(struct mn_key_device *device, uint8_t locks)
{
	put(device, ENTRY(SET_LOCKS, locks & (MN_KEY_CAPS_LOCK | MN_KEY_NUM_LOCK)));
}

/* ---- Modifiers and locks ----------------------------------------------------------- */

/* A modifier key's bit in `sides`: left ones in the low half, right ones above; 0: it is none. */
static uint8_t side_of(uint16_t key)
{
	switch (key) {
	case KEY_LEFT_SHIFT:
		return MN_KEY_SHIFT;
	case KEY_RIGHT_SHIFT:
		return MN_KEY_SHIFT << 4;
	case KEY_LEFT_CTRL:
		return MN_KEY_CTRL;
	case KEY_RIGHT_CTRL:
		return MN_KEY_CTRL << 4;
	case KEY_LEFT_ALT:
		return MN_KEY_ALT;
	case KEY_RIGHT_ALT:
		return MN_KEY_ALT << 4;
	case KEY_LEFT_META:
		return MN_KEY_META;
	case KEY_RIGHT_META:
		return MN_KEY_META << 4;
	default:
		return 0;
	}
}

static uint8_t modifiers(const struct mn_key_device *device)
{
	return (device->sides & 15) | device->sides >> 4 | device->locks;
}

static uint8_t lock_of(uint16_t key)
{
	if (key == KEY_CAPS_LOCK)
		return MN_KEY_CAPS_LOCK;
	return key == KEY_NUM_LOCK ? MN_KEY_NUM_LOCK : 0;
}

static uint8_t with_bit(uint8_t bits, uint8_t bit, enum mn_key_kind kind)
{
	return kind == MN_KEY_RELEASED ? bits & ~bit : bits | bit;
}

/* A press of a key that is down is a repeat. */
static void see_lock(struct mn_key_device *device, uint8_t lock, enum mn_key_kind kind)
{
	if (kind == MN_KEY_PRESSED && !device->locks_told)
		device->locks ^= lock & ~device->locks_down;
	device->locks_down = with_bit(device->locks_down, lock, kind);
}

/* ---- Keys -------------------------------------------------------------------------- */

static bool is_letter(uint8_t character)
{
	return character >= 'a' && character <= 'z';
}

/* What a key is now. */
static struct mn__key_down meaning_now(const struct mn_key_device *device, uint16_t key)
{
	const struct mn__key_meaning *is = mn__key_meaning(key);
	const uint8_t with = modifiers(device);
	const bool shift = with & MN_KEY_SHIFT;
	const bool other = is_letter(is->value) && with & MN_KEY_CAPS_LOCK ? !shift : shift;

	if (is->kind == KEY_PAD && (shift || !(with & MN_KEY_NUM_LOCK)))
		return (struct mn__key_down){.key = key, .code = is->shifted};
	if (is->code == MN_KEY_TAB && shift)
		return (struct mn__key_down){.key = key, .code = MN_KEY_BACK_TAB};
	return (struct mn__key_down){
		.key = key,
		.code = is->code,
		.value = is->code == MN_KEY_CHAR && other ? is->shifted : is->value,
	};
}

static struct mn__key_down *find_down(struct mn_key_device *device, uint16_t key)
{
	for (unsigned i = 0; i < device->down_count; i++)
		if (device->down[i].key == key)
			return &device->down[i];
	return NULL;
}

static bool set_event(struct mn_key_device *device, enum mn_key_kind kind,
		      const struct mn__key_down *down)
{
	device->event = (struct mn_key_event){
		.kind = (uint8_t)kind,
		.modifiers = modifiers(device),
		.code = down->code,
		.value = down->value,
	};
	return true;
}

static bool release(struct mn_key_device *device, struct mn__key_down *down)
{
	const struct mn__key_down was = *down;

	*down = device->down[--device->down_count];
	return set_event(device, MN_KEY_RELEASED, &was);
}

/* A repeat of a key that is up is the press that was lost. */
static bool press(struct mn_key_device *device, uint16_t key, struct mn__key_down *down)
{
	if (down)
		return set_event(device, MN_KEY_HELD, down);
	if (mn__key_meaning(key)->kind == KEY_UNKNOWN || device->down_count == MN_KEY_DEVICE_DOWN)
		return false;
	down = &device->down[device->down_count++];
	*down = meaning_now(device, key);
	return set_event(device, MN_KEY_PRESSED, down);
}

static bool see_key(struct mn_key_device *device, uint16_t key, enum mn_key_kind kind)
{
	struct mn__key_down *down = find_down(device, key);
	const uint8_t side = side_of(key);

	if (side) {
		device->sides = with_bit(device->sides, side, kind);
		return false;
	}
	see_lock(device, lock_of(key), kind);
	if (kind != MN_KEY_RELEASED)
		return press(device, key, down);
	return down && release(device, down);
}

/* ---- The task ---------------------------------------------------------------------- */

/* Returns whether there is an event. */
static bool see_entry(struct mn_key_device *device, uint32_t entry)
{
	const uint16_t number = (uint16_t)entry;

	switch (entry >> 16) {
	case RELEASE_ALL:
		mn_debug("%s: all keys are released", device->name);
		device->sides = device->locks_down = 0;
		device->releasing = true;
		return false;
	case SET_LOCKS:
		device->locks = (uint8_t)number;
		device->locks_told = true;
		return false;
	default:
		return see_key(device, number, (enum mn_key_kind)(entry >> 16));
	}
}

/* The next event of what was put; false if that was all. */
static bool next_event(struct mn_key_device *device)
{
	uint32_t at = atomic_load_explicit(&device->taken, memory_order_relaxed);

	for (;;) {
		if (device->releasing && device->down_count > 0)
			return release(device, &device->down[0]);
		device->releasing = false;
		if (at == atomic_load_explicit(&device->put, memory_order_acquire))
			return false;
		const uint32_t entry = device->ring[at % MN_KEY_DEVICE_RING];

		atomic_store_explicit(&device->taken, ++at, memory_order_release);
		if (see_entry(device, entry))
			return true;
	}
}

static mn_poll mn_key_device_run(struct mn_key_device *self)
{
	MN_BEGIN(self);
	for (;;) {
		while (next_event(self))
			MN_TRY(self, mn_keyboard_publish(&self->publish, &self->event));
		MN_TRY(self, mn_irq_wait(&self->wait, &self->irq));
	}
	MN_END(self);
}

MN_TASK_AS(mn_key_device, struct mn_key_device, "key_device");

void mn_key_device_start(struct mn_key_device *device, struct mn_kernel *kernel, const char *name)
{
	device->name = name;
	mn_irq_init(&device->irq, kernel);
	mn_spawn(kernel, &device->task, &mn_key_device_task);
}
