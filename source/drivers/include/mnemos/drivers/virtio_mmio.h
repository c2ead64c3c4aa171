/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Virtio devices behind memory-mapped registers: the transport, and split virtqueues. A driver of
 * one kind of device (screen, keyboard, disk, network) is written on top of it.
 *
 * A device and its driver exchange buffers. The driver puts chains of them into a queue; the device
 * reads some, writes to others, and gives the chain back with the number of bytes that it wrote.
 * There is an interrupt when it has. A device that has a question and an answer:
 *
 *     struct dice {
 *             struct mn_task task;
 *             struct mn_virtio virtio;
 *             struct mn_virtq queue;
 *             _Alignas(MN_VIRTQ_ALIGN) uint8_t memory[MN_VIRTQ_SIZE(8)];
 *             struct mn_irq_wait wait;
 *             struct mn_virtq_used used;
 *             uint8_t question, answer;
 *     };
 *
 *     start-up, before its interrupt is connected to mn_virtio_interrupt(&dice->virtio):
 *     mn_virtio_open(&dice->virtio, kernel, base)          MN_OK, and dice->virtio.id is a dice's
 *     mn_virtio_negotiate(&dice->virtio, 0)                no features are wanted
 *     mn_virtq_open(&dice->queue, &dice->virtio, 0, dice->memory, 8)
 *     mn_virtio_run(&dice->virtio)
 *
 *     the task:
 *     mn_virtq_put(&self->queue, (struct mn_virtio_buffer[]){
 *             {&self->question, 1}, {&self->answer, 1}}, 1, 1, self);
 *     mn_virtq_notify(&self->queue);
 *     MN_TRY(self, mn_virtq_wait(&self->wait, &self->queue));
 *     if (mn_virtq_take(&self->queue, &self->used) == MN_OK)
 *             ...                                          used.token is self, used.len is 1
 *
 * Memory. Buffers are the device's from put to take, whatever becomes of the task meanwhile, so
 * they are part of what lives as long as the device; so do device and queues. Addresses that the
 * device gets are those of pointers: a machine without address translation, whose devices see what
 * the processor has written (coherent caches), is assumed, and one that is little-endian.
 *
 * A device that lies. Nothing that it writes makes the driver touch memory that is not the queue's
 * or a buffer's: what it says is looked at once and checked. If it is wrong, or if the device says
 * itself that it is broken, `broken` says why, all waits end and everything answers MN_EIO, until
 * the device is negotiated with anew. A device that never answers lets its driver wait.
 *
 * Context. Opening, negotiating and reading the configuration: start-up, or one task. A queue is
 * one task's, which waits for it; or the handler's if it has a `used` function, and then start-up
 * only fills it.
 *
 * Cost: a chain has a put, a take and an interrupt, each O(its buffers); nothing is copied.
 *
 * Registers, rings and the order of the steps are those of "Virtual I/O Device (VIRTIO) Version
 * 1.2", sections 2.7, 3.1 and 4.2.
 */
#ifndef MNEMOS_DRIVERS_VIRTIO_MMIO_H
#define MNEMOS_DRIVERS_VIRTIO_MMIO_H

#include <mnemos/irq.h>
#include <mnemos/kernel.h>

/* ---- Devices ----------------------------------------------------------------------- */

/* Kinds of devices (`id`), of section 5; 0 is a place without a device. */
enum { MN_VIRTIO_NETWORK = 1, MN_VIRTIO_BLOCK = 2, MN_VIRTIO_GPU = 16, MN_VIRTIO_INPUT = 18 };

struct mn_virtq;

/* A device. For readers: `id`, `features`, `broken` and `config_changes`. */
struct mn_virtio {
	volatile uint8_t *base; /* of its registers */
	uint32_t id;            /* what kind it is */
	uint64_t features;      /* that were negotiated */
	struct mn_irq changed;  /* raised when its configuration has changed, or it broke */
	_Atomic uint32_t config_changes; /* modulo 2^32 */
	const char *_Atomic broken;      /* why it is no longer used, for people; NULL: it works */
	struct mn_virtq *queues;         /* all that are open */
};

/*
 * Looks what is at an address. Errors: MN_ENOTFOUND (no virtio registers, or no device behind
 * them), MN_ENOTSUP (a legacy device, of before version 1.0; `id` is there). Changes nothing.
 */
mn_poll mn_virtio_open(struct mn_virtio *device, struct mn_kernel *kernel, volatile void *base);

/*
 * Resets the device, which forgets all queues, and agrees with it on those of the `wanted`
 * features (1 << their number) that it has. Version 1.0 is always wanted. Errors: MN_ENOTSUP (it
 * has not even that), MN_EREFUSED (it does not want to be used so), MN_EIO (it does not reset).
 */
mn_poll mn_virtio_negotiate(struct mn_virtio *device, uint64_t wanted);

/* With all queues open: the device begins. Buffers may be put before, notified after. */
void mn_virtio_run(struct mn_virtio *device);

/* Ends all dealings: whatever was put is the driver's again, once this has answered MN_OK. */
mn_poll mn_virtio_reset(struct mn_virtio *device);

/* Handler: everything that the device asks for. */
void mn_virtio_interrupt(struct mn_virtio *device);

/*
 * The device's configuration, from negotiation on. A field is read in its own width, at its
 * offset, which is a multiple of that. What belongs together but is several fields is read until
 * the generation is the same before and after; mn_virtio_config_u64 does so itself.
 */
uint8_t mn_virtio_config_u8(const struct mn_virtio *device, size_t offset);
uint16_t mn_virtio_config_u16(const struct mn_virtio *device, size_t offset);
uint32_t mn_virtio_config_u32(const struct mn_virtio *device, size_t offset);
uint64_t mn_virtio_config_u64(const struct mn_virtio *device, size_t offset);
uint32_t mn_virtio_config_generation(const struct mn_virtio *device);
void mn_virtio_config_set_u8(struct mn_virtio *device, size_t offset, uint8_t value);
void mn_virtio_config_set_u32(struct mn_virtio *device, size_t offset, uint32_t value);

/* ---- Queues ------------------------------------------------------------------------ */

/* What a device reads or writes. */
struct mn_virtio_buffer {
	const void *data; /* not const where the device writes */
	uint32_t len;
};

/* What the driver knows of a chain and the device must not change; at its first descriptor. */
struct mn__virtq_chain {
	void *token;
	uint32_t room;  /* bytes that the device may write */
	uint16_t count; /* of descriptors; 0: no chain that is out begins here */
	uint16_t next;  /* of this descriptor, in its chain or among the free ones */
};

struct mn__virtq_descriptor {
	uint64_t address;
	uint32_t len;
	uint16_t flags, next;
};

struct mn__virtq_available {
	uint16_t flags;
	_Atomic uint16_t index;
	uint16_t ring[];
};

struct mn__virtq_used_element {
	uint32_t id, len;
};

struct mn__virtq_used {
	uint16_t flags;
	_Atomic uint16_t index;
	struct mn__virtq_used_element ring[];
};

/* Memory of a queue of so many buffers, a power of 2 from 2 to 32768. */
#define MN_VIRTQ_ALIGN 16
#define MN_VIRTQ_SIZE(buffers)                                                            \
	((size_t)(buffers) *                                                              \
		 (sizeof(struct mn__virtq_descriptor) + sizeof(struct mn__virtq_chain)) + \
	 (size_t)(buffers) * (2 + sizeof(struct mn__virtq_used_element)) + 16)

struct mn_virtq {
	struct mn_virtio *device;
	struct mn_virtq *next; /* of the same device */
	struct mn_irq irq;     /* raised when something was used */
	/* If it is not NULL, the handler calls it instead, and the queue is the handler's. */
	void (*used)(struct mn_virtq *queue);
	volatile struct mn__virtq_descriptor *descriptors;
	struct mn__virtq_chain *chains;
	volatile struct mn__virtq_available *available;
	volatile struct mn__virtq_used *given_back;
	uint16_t index, buffers;
	uint16_t free, free_count; /* descriptors */
	uint16_t put, taken;       /* chains, modulo 2^16 */
};

/*
 * Between negotiation and run: opens a device's queue, with memory of MN_VIRTQ_SIZE(buffers).
 * Errors: MN_ENOTFOUND (the device has no such queue); MN_ETOOBIG (not of that size).
 */
mn_poll mn_virtq_open(struct mn_virtq *queue, struct mn_virtio *device, uint16_t index,
		      void *memory, uint16_t buffers);

/*
 * Puts a chain: `out` buffers that the device reads, then `in` ones that it writes, one or more in
 * all. `token` comes back with it. The device need not look before it is notified. Errors: MN_EFULL
 * (mn_virtq_take first), MN_EIO.
 */
mn_poll mn_virtq_put(struct mn_virtq *queue, const struct mn_virtio_buffer *buffers, unsigned out,
		     unsigned in, void *token);

/* Tells the device that something was put. */
void mn_virtq_notify(struct mn_virtq *queue);

struct mn_virtq_used {
	void *token;
	uint32_t len; /* bytes that the device says it has written */
};

/* Takes a chain that the device has used. Errors: MN_EEMPTY (there is none), MN_EIO. */
mn_poll mn_virtq_take(struct mn_virtq *queue, struct mn_virtq_used *used);

/* Waits until there is something to take. Errors: MN_EIO, MN_ECANCELED. */
mn_poll mn_virtq_wait(struct mn_irq_wait *op, struct mn_virtq *queue);

/* Chains that are the device's now. */
static inline uint16_t mn_virtq_out(const struct mn_virtq *queue)
{
	return (uint16_t)(queue->put - queue->taken);
}

#endif
