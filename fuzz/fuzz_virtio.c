/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The input is a program for a queue of eight buffers, three bytes a step: what the driver does or
 * the device, and with what. The device may write what it likes to where it may write, and where it
 * may not. Whatever comes back was out; each chain does so once; none is lost; and once the device
 * is broken it stays so.
 */
#include <stdbool.h>
#include <mnemos/drivers/virtio_mmio.h>
#include "fuzz_kernel.h"

#define BUFFERS 8

static _Alignas(16) volatile uint32_t registers[0x200 / 4];
static struct mn_kernel kernel;

/* What the driver has put, and may get back: its number, descriptors and room for writing. */
static struct chain {
	bool out;
	uint16_t count;
	uint32_t room;
} chains[BUFFERS];

/* ---- The driver ---------------------------------------------------------------------- */

static void put(struct mn_virtq *queue, unsigned count, unsigned in)
{
	static uint8_t byte;
	struct mn_virtio_buffer buffers[BUFFERS];
	struct chain *chain = chains;
	const bool fits = count <= queue->free_count, broken = queue->device->broken;
	mn_poll answer;

	while (chain->out && chain < chains + BUFFERS - 1)
		chain++;
	for (unsigned i = 0; i < count; i++)
		buffers[i] = (struct mn_virtio_buffer){&byte, 5};
	answer = mn_virtq_put(queue, buffers, count - in, in, chain);
	FUZZ_CHECK(answer == (broken ? MN_EIO : fits ? MN_OK : MN_EFULL));
	if (answer == MN_OK)
		*chain = (struct chain){true, (uint16_t)count, 5 * in};
}

static void take(struct mn_virtq *queue)
{
	struct mn_virtq_used used;
	struct chain *chain;

	while (mn_virtq_take(queue, &used) == MN_OK) {
		FUZZ_CHECK(!queue->device->broken);
		chain = used.token;
		FUZZ_CHECK(chain >= chains && chain < chains + BUFFERS && chain->out);
		FUZZ_CHECK(used.len <= chain->room);
		chain->out = false;
	}
}

static void check(const struct mn_virtq *queue)
{
	unsigned descriptors = queue->free_count, out = 0;

	for (int i = 0; i < BUFFERS; i++) {
		descriptors += chains[i].out ? chains[i].count : 0;
		out += chains[i].out;
	}
	FUZZ_CHECK(descriptors == BUFFERS);
	FUZZ_CHECK(mn_virtq_out(queue) == out);
}

/* ---- The device ---------------------------------------------------------------------- */

static void use(const struct mn_virtq *queue, uint8_t id, uint8_t len)
{
	const uint16_t index = queue->given_back->index;

	queue->given_back->ring[index % BUFFERS].id =
		id < 250 ? id % (BUFFERS + 1) : id * 0x1010101u;
	queue->given_back->ring[index % BUFFERS].len = len;
	queue->given_back->index = (uint16_t)(index + 1);
}

/* Writes anywhere into what it shares with the driver. */
static void scribble(const struct mn_virtq *queue, uint8_t at, uint8_t value)
{
	if (at < 128)
		((volatile uint8_t *)queue->descriptors)[at] = value;
	else if (at < 128 + 6 + 8 * BUFFERS)
		((volatile uint8_t *)queue->given_back)[at - 128] = value;
	else if (at < 128 + 6 + 8 * BUFFERS + 6 + 2 * BUFFERS)
		((volatile uint8_t *)queue->available)[at - 128 - 6 - 8 * BUFFERS] = value;
}

static void step(struct mn_virtq *queue, const uint8_t *bytes)
{
	const unsigned count = 1 + bytes[1] % BUFFERS;

	switch (bytes[0] % 8) {
	case 0:
	case 1:
		put(queue, count, bytes[2] % (count + 1));
		break;
	case 2:
	case 3:
	case 4:
		use(queue, bytes[1], bytes[2]);
		break;
	case 5:
		take(queue);
		break;
	case 6:
		scribble(queue, bytes[1], bytes[2]);
		break;
	case 7:
		registers[0x60 / 4] = bytes[1] & 3;
		registers[0x70 / 4] = bytes[2];
		mn_virtio_interrupt(queue->device);
	}
	check(queue);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct mn_virtio device;
	struct mn_virtq queue;
	void *memory = aligned_alloc(MN_VIRTQ_ALIGN, (MN_VIRTQ_SIZE(BUFFERS) + 15) / 16 * 16);

	memset(chains, 0, sizeof chains);
	mn_kernel_init(&kernel, &(struct mn_kernel_config){.name = "fuzz"});
	registers[0x00 / 4] = 0x74726976;
	registers[0x04 / 4] = 2;
	registers[0x08 / 4] = MN_VIRTIO_BLOCK;
	registers[0x10 / 4] = 1;
	registers[0x34 / 4] = BUFFERS;
	FUZZ_CHECK(mn_virtio_open(&device, &kernel, registers) == MN_OK);
	FUZZ_CHECK(mn_virtio_negotiate(&device, 0) == MN_OK);
	FUZZ_CHECK(mn_virtq_open(&queue, &device, 0, memory, BUFFERS) == MN_OK);
	for (; len >= 3; data += 3, len -= 3)
		step(&queue, data);
	free(memory);
	return 0;
}
