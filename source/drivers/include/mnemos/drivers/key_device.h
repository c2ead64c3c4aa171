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
 * is a table from the numbers of USB keyboards (mn_key_from_usb). The layout is US. The device
 * keeps the modifiers, on both sides of the keyboard, and the locks; a modifier key alone is no
 * event. Keys that have no event are left out.
 *
 * The ring holds MN_KEY_DEVICE_RING events; what does not fit is lost and counted, and then all
 * keys that are down are released, so that none seems to stay down. It waits for the mux, and again
 * if that ends.
 */
#ifndef MNEMOS_DRIVERS_KEY_DEVICE_H
#define MNEMOS_DRIVERS_KEY_DEVICE_H

#include <mnemos/bbq_irq.h>
#include <mnemos/services/keyboard.h>

#define MN_KEY_DEVICE_RING 64

/* The numbers of the keys that are modifiers and locks, for drivers that must know them. */
enum { MN_KEY_NUMBERS = 256 };

struct mn_key_device {
	struct mn_task task;
	const char *name;
	struct mn_bbq_irq ring;
	uint8_t memory[MN_KEY_DEVICE_RING * 4];
	_Atomic uint32_t lost; /* events, modulo 2^32 */
	struct mn_connect connect;
	struct mn_keyboard_mux_client mux;
	struct mn_call call;
	struct mn_keyboard_mux_response response;
	struct mn_bbq_read rx;
	struct mn_key_event event;
	uint8_t down[MN_KEY_NUMBERS / 8]; /* keys that are down, a bit each */
	uint8_t locks;                    /* MN_KEY_CAPS_LOCK, MN_KEY_NUM_LOCK */
};

/* Start-up: spawns it, zeroed before. `name` must stay. */
void mn_key_device_start(struct mn_key_device *device, struct mn_kernel *kernel, const char *name);

/* Handler, or start-up: a key went down, up, or is held and repeats. */
void mn_key_device_put(struct mn_key_device *device, uint16_t key, enum mn_key_kind kind);

/* Handler: the keyboard has gone, or its events were lost: all keys that are down are released. */
void mn_key_device_release_all(struct mn_key_device *device);

/* The number of a key that has one in the USB keyboards' usage table, else 0. */
uint16_t mn_key_from_usb(uint16_t usage);

#endif
