/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * For tests of virtio drivers: a device whose registers are memory, played by the test. What is
 * read there is what was last written there, by either side; so a status is always accepted. The
 * device's end of a queue follows descriptors as a device does.
 */
#ifndef TESTS_VIRTIO_H
#define TESTS_VIRTIO_H

#include <string.h>
#include <mnemos/drivers/virtio_mmio.h>
#include "sim.h"

enum { /* registers, as words */
       FAKE_MAGIC = 0x000 / 4,
       FAKE_VERSION = 0x004 / 4,
       FAKE_ID = 0x008 / 4,
       FAKE_DEVICE_FEATURES = 0x010 / 4,
       FAKE_DRIVER_FEATURES = 0x020 / 4,
       FAKE_QUEUE_BUFFERS_MAX = 0x034 / 4,
       FAKE_QUEUE_BUFFERS = 0x038 / 4,
       FAKE_QUEUE_READY = 0x044 / 4,
       FAKE_NOTIFY = 0x050 / 4,
       FAKE_INTERRUPT = 0x060 / 4,
       FAKE_ACKNOWLEDGE = 0x064 / 4,
       FAKE_STATUS = 0x070 / 4,
       FAKE_DESCRIPTORS = 0x080 / 4,
       FAKE_AVAILABLE = 0x090 / 4,
       FAKE_USED = 0x0a0 / 4,
       FAKE_GENERATION = 0x0fc / 4,
       FAKE_CONFIG = 0x100 / 4,
       FAKE_WORDS = 0x200 / 4
};

#define FAKE_RUNS 15 /* all steps to a working device, as its status has them */
#define FAKE_NEEDS_RESET 64
#define FAKE_NOTIFIED_NOTHING UINT32_MAX

struct fake {
	_Alignas(16) volatile uint32_t registers[FAKE_WORDS];
	uint16_t taken;                           /* of the available ring */
	struct mn__virtq_descriptor *descriptors; /* where its one queue is */
	struct mn__virtq_available *available;
	struct mn__virtq_used *used;
};

static inline void fake_init(struct fake *fake, uint32_t id)
{
	memset(fake, 0, sizeof *fake);
	fake->registers[FAKE_MAGIC] = 0x74726976;
	fake->registers[FAKE_VERSION] = 2;
	fake->registers[FAKE_ID] = id;
	fake->registers[FAKE_DEVICE_FEATURES] = 5; /* 0, 2, 32 (version 1.0) and 34 */
	fake->registers[FAKE_QUEUE_BUFFERS_MAX] = 256;
	fake->registers[FAKE_NOTIFY] = FAKE_NOTIFIED_NOTHING;
}

static inline void *fake_address(const struct fake *fake, int at)
{
	return (void *)(uintptr_t)(fake->registers[at] | (uint64_t)fake->registers[at + 1] << 32);
}

/* The driver has opened a queue: that one is it. */
static inline void fake_find_queue(struct fake *fake)
{
	fake->descriptors = fake_address(fake, FAKE_DESCRIPTORS);
	fake->available = fake_address(fake, FAKE_AVAILABLE);
	fake->used = fake_address(fake, FAKE_USED);
	fake->taken = 0;
}

/* Chains that the driver has put and the device has not taken. */
static inline uint16_t fake_waiting(const struct fake *fake)
{
	return (uint16_t)(atomic_load(&fake->available->index) - fake->taken);
}

/* Takes the next one: its first descriptor. */
static inline uint16_t fake_take(struct fake *fake)
{
	assert_true(fake_waiting(fake) > 0);
	return fake->available->ring[fake->taken++ % fake->registers[FAKE_QUEUE_BUFFERS]];
}

static inline void *fake_data(const struct fake *fake, uint16_t descriptor)
{
	return (void *)(uintptr_t)fake->descriptors[descriptor].address;
}

/* Says that it has used a chain, in truth or not. */
static inline void fake_use(struct fake *fake, uint32_t id, uint32_t len)
{
	const uint16_t index = atomic_load(&fake->used->index);

	fake->used->ring[index % fake->registers[FAKE_QUEUE_BUFFERS]] =
		(struct mn__virtq_used_element){id, len};
	atomic_store(&fake->used->index, (uint16_t)(index + 1));
}

/* Interrupts because something was used (1), or its configuration has changed (2). */
static inline void fake_interrupt(struct fake *fake, struct mn_virtio *device, uint32_t why)
{
	fake->registers[FAKE_INTERRUPT] = why;
	fake->registers[FAKE_ACKNOWLEDGE] = 0;
	mn_virtio_interrupt(device);
	assert_int_equal(fake->registers[FAKE_ACKNOWLEDGE], why);
}

#endif
