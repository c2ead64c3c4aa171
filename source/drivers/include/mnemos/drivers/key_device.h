/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Key device: from the numbered keys of a keyboard to events at the keyboard mux, for any driver.
 *
 *     static struct mn_key_device keys;
 *
 *     mn_key_device_start(&keys, &kernel, "virtio_keyboard");
 *     in the interrupt handler:   mn_key_device_put(&keys, code, MN_KEY_PRESSED);
 *
 * Keys have the numbers of Linux's input-event-codes.h, which are also those of virtio-input; there
 * is a table from the numbers of USB keyboards (mn_key_from_usb).
 *
 * The layout is US. The device keeps the modifiers, on both sides of the keyboard, and the locks.
 * A key is what it was when it went down, until it comes up, whatever modifiers do meanwhile. Tab
 * with Shift is BackTab. The key pad has digits with num lock and without Shift, else arrows and
 * the like. Modifier keys, caps lock, scroll lock and keys that have no event are left out.
 *
 * The ring holds MN_KEY_DEVICE_RING events; what does not fit is lost and counted, and then all
 * keys that are down are released, so that none seems to stay down. Of more than
 * MN_KEY_DEVICE_DOWN keys that are down at a time the last are left out. The device waits for the
 * mux, and again if that ends.
 *
 * The handler is one context, see bbq_irq.h; in another thread, wake the kernel after it.
 */
#ifndef MNEMOS_DRIVERS_KEY_DEVICE_H
#define MNEMOS_DRIVERS_KEY_DEVICE_H

#include <stdatomic.h>
#include <mnemos/irq.h>
#include <mnemos/services/keyboard.h>

#define MN_KEY_DEVICE_RING 64 /* a power of two */
#define MN_KEY_DEVICE_DOWN 32

/* Numbers below are keys; above there are buttons, which may be put, too, and are left out. */
#define MN_KEY_NUMBERS 256

/* A key that is down, and what it was when it went down. */
struct mn__key_down {
	uint16_t key;
	uint8_t code;
	uint32_t value;
};

/* A keyboard: one task. */
struct mn_key_device {
	struct mn_task task;
	const char *name;
	struct mn_irq irq;
	struct mn_irq_wait wait;
	_Atomic uint32_t put, taken; /* of the ring, so many in all; stored by handler and task */
	uint32_t ring[MN_KEY_DEVICE_RING];
	_Atomic uint32_t lost; /* events, modulo 2^32 */
	struct mn_keyboard_publish publish;
	struct mn_key_event event;
	uint8_t sides;      /* modifier keys that are down, a bit each: left and right */
	uint8_t locks;      /* MN_KEY_CAPS_LOCK, MN_KEY_NUM_LOCK */
	uint8_t locks_down; /* of them, those whose keys are down */
	uint8_t down_count;
	bool releasing;  /* all that are down */
	bool locks_told; /* their keys do not turn them over */
	struct mn__key_down down[MN_KEY_DEVICE_DOWN];
};

/*
 * Start-up: spawns it, zeroed before its first start. It ends when cancelled, and can be started
 * anew when nothing is put any more. `name` is for the log, and must stay.
 */
void mn_key_device_start(struct mn_key_device *device, struct mn_kernel *kernel, const char *name);

/*
 * Handler, or start-up: a key went down, up, or is held and repeats. Another press of a key that is
 * down is a repeat. The device makes no repeats of its own: a driver whose keyboard has none, as
 * those of USB, puts them when its timer says so.
 */
void mn_key_device_put(struct mn_key_device *device, uint16_t key, enum mn_key_kind kind);

/* Handler: the keyboard has gone, or its events were lost: all keys that are down are released. */
void mn_key_device_release_all(struct mn_key_device *device);

/*
 * Handler: how the locks stand, for a keyboard that knows, such as that of a window
 * (MN_KEY_CAPS_LOCK, MN_KEY_NUM_LOCK). Of one that never says so they are off at first, and each
 * press of a lock's key turns it over; of one that does, they are as it said last.
 */
void mn_key_device_set_locks(struct mn_key_device *device, uint8_t locks);

/* Any context: events that were lost, modulo 2^32. */
static inline uint32_t mn_key_device_lost(const struct mn_key_device *device)
{
	return atomic_load_explicit(&device->lost, memory_order_relaxed);
}

/* The number of a key from its usage in the USB tables' keyboard page (7), 0 if it has none. */
uint16_t mn_key_from_usb(uint16_t usage);

#endif
