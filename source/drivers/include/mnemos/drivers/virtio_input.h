/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Virtio keyboard: a virtio input device that has keys, as a keyboard of the keyboard mux.
 *
 *     static struct mn_virtio_input keyboard;
 *
 *     mn_virtio_open(&keyboard.virtio, &kernel, base)     MN_OK, with .virtio.id MN_VIRTIO_INPUT
 *     mn_virtio_input_has_keys(&keyboard.virtio)
 *     mn_virtio_input_start(&keyboard, &kernel)
 *     connect mn_virtio_interrupt(&keyboard.virtio) to the device's interrupt
 *
 * Events go from the device to the key device (<mnemos/drivers/key_device.h>) in the interrupt
 * handler, so none waits for a task. What is not about keys is ignored. Buttons of mice and tablets
 * are not keys here. When the device has lost events, or has broken, all keys are released.
 *
 * Source: "Virtual I/O Device (VIRTIO) Version 1.2", section 5.8.
 */
#ifndef MNEMOS_DRIVERS_VIRTIO_INPUT_H
#define MNEMOS_DRIVERS_VIRTIO_INPUT_H

#include <mnemos/drivers/key_device.h>
#include <mnemos/drivers/virtio_mmio.h>

/* Events that the device can send before the handler runs. */
#define MN_VIRTIO_INPUT_EVENTS 64

struct mn__virtio_input_event {
	uint16_t type, code;
	uint32_t value;
};

/* A keyboard, zeroed before it is opened. For readers: the numbers, modulo 2^32. */
struct mn_virtio_input {
	struct mn_virtio virtio;
	struct mn_virtq events;
	struct mn_key_device keys;
	_Atomic uint32_t received; /* events about keys */
	_Atomic uint32_t ignored;  /* other ones */
	struct mn__virtio_input_event buffers[MN_VIRTIO_INPUT_EVENTS];
	_Alignas(MN_VIRTQ_ALIGN) uint8_t memory[MN_VIRTQ_SIZE(MN_VIRTIO_INPUT_EVENTS)];
};

/* Start-up: whether an open input device has keys. It is negotiated with, to be asked. */
bool mn_virtio_input_has_keys(struct mn_virtio *device);

/*
 * Start-up, once it is open: starts its key device. Errors, of a device that is not used then:
 * those of mn_virtio_negotiate and mn_virtq_open.
 */
mn_poll mn_virtio_input_start(struct mn_virtio_input *input, struct mn_kernel *kernel);

#endif
