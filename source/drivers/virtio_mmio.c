/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The device may write to the used ring at any time, and to anything else if it is malicious; so
 * what is decided on lies in memory that it has no business with (`chains`), and what it has
 * written is read once.
 */
#include <string.h>
#include <mnemos/drivers/virtio_mmio.h>
#include <mnemos/panic.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "fields are little-endian");
_Static_assert(sizeof(struct mn__virtq_descriptor) == 16 &&
		       sizeof(struct mn__virtq_used_element) == 8 &&
		       sizeof(struct mn__virtq_available) == 4 &&
		       sizeof(struct mn__virtq_used) == 4,
	       "as in section 2.7");

enum { /* registers, of 32 bits */
       MAGIC = 0x000,
       VERSION = 0x004,
       DEVICE_ID = 0x008,
       DEVICE_FEATURES = 0x010,
       DEVICE_FEATURES_SELECT = 0x014,
       DRIVER_FEATURES = 0x020,
       DRIVER_FEATURES_SELECT = 0x024,
       QUEUE_SELECT = 0x030,
       QUEUE_BUFFERS_MAX = 0x034,
       QUEUE_BUFFERS = 0x038,
       QUEUE_READY = 0x044,
       QUEUE_NOTIFY = 0x050,
       INTERRUPT_STATUS = 0x060,
       INTERRUPT_ACKNOWLEDGE = 0x064,
       STATUS = 0x070,
       QUEUE_DESCRIPTORS = 0x080, /* an address in two halves, as the next ones */
       QUEUE_AVAILABLE = 0x090,
       QUEUE_USED = 0x0a0,
       CONFIG_GENERATION = 0x0fc,
       CONFIG = 0x100
};

#define MAGIC_VALUE 0x74726976 /* "virt" */
#define VERSION_1 2

enum { /* STATUS */
       STATUS_ACKNOWLEDGE = 1,
       STATUS_DRIVER = 2,
       STATUS_DRIVER_OK = 4,
       STATUS_FEATURES_OK = 8,
       STATUS_NEEDS_RESET = 64
};

enum { /* INTERRUPT_STATUS */
       INTERRUPT_USED = 1,
       INTERRUPT_CONFIG = 2
};

enum { /* descriptor flags */
       HAS_NEXT = 1,
       DEVICE_WRITES = 2
};

enum { /* used flags */
       NO_NOTIFY = 1
};

#define FEATURE_VERSION_1 (UINT64_C(1) << 32)

/* For a reset a real device takes microseconds, an emulated one no time. */
#define LOOKS_MAX 1000000

/* Orders memory and registers: C's fence is about memory alone. */
#if defined __riscv
#define FENCE_IO() __asm__ volatile("fence iorw, iorw" ::: "memory")
#elif defined __arm__
#define FENCE_IO() __asm__ volatile("dsb" ::: "memory")
#else
#define FENCE_IO() atomic_thread_fence(memory_order_seq_cst)
#endif

static volatile uint32_t *at(const struct mn_virtio *device, size_t offset)
{
	return (volatile uint32_t *)(volatile void *)(device->base + offset);
}

/* ---- The device ---------------------------------------------------------------------- */

mn_poll mn_virtio_open(struct mn_virtio *device, struct mn_kernel *kernel, volatile void *base)
{
	*device = (struct mn_virtio){.base = base};
	mn_irq_init(&device->changed, kernel);
	if (*at(device, MAGIC) != MAGIC_VALUE)
		return MN_ENOTFOUND;
	device->id = *at(device, DEVICE_ID);
	if (device->id == 0)
		return MN_ENOTFOUND;
	return *at(device, VERSION) == VERSION_1 ? MN_OK : MN_ENOTSUP;
}

mn_poll mn_virtio_reset(struct mn_virtio *device)
{
	*at(device, STATUS) = 0;
	device->queues = NULL;
	for (int looks = 0; looks < LOOKS_MAX; looks++) {
		if (*at(device, STATUS) == 0)
			return MN_OK;
	}
	return MN_EIO;
}

static uint64_t offered(const struct mn_virtio *device)
{
	uint64_t features;

	*at(device, DEVICE_FEATURES_SELECT) = 1;
	features = (uint64_t)*at(device, DEVICE_FEATURES) << 32;
	*at(device, DEVICE_FEATURES_SELECT) = 0;
	return features | *at(device, DEVICE_FEATURES);
}

static void accept(struct mn_virtio *device, uint64_t features)
{
	device->features = features;
	*at(device, DRIVER_FEATURES_SELECT) = 0;
	*at(device, DRIVER_FEATURES) = (uint32_t)features;
	*at(device, DRIVER_FEATURES_SELECT) = 1;
	*at(device, DRIVER_FEATURES) = (uint32_t)(features >> 32);
}

static void add_status(struct mn_virtio *device, uint32_t bit)
{
	*at(device, STATUS) = *at(device, STATUS) | bit;
}

mn_poll mn_virtio_negotiate(struct mn_virtio *device, uint64_t wanted)
{
	if (mn_virtio_reset(device) != MN_OK)
		return MN_EIO;
	atomic_store(&device->broken, NULL);
	add_status(device, STATUS_ACKNOWLEDGE);
	add_status(device, STATUS_DRIVER);
	accept(device, offered(device) & (wanted | FEATURE_VERSION_1));
	if (!(device->features & FEATURE_VERSION_1))
		return MN_ENOTSUP;
	add_status(device, STATUS_FEATURES_OK);
	return *at(device, STATUS) & STATUS_FEATURES_OK ? MN_OK : MN_EREFUSED;
}

void mn_virtio_run(struct mn_virtio *device)
{
	FENCE_IO();
	add_status(device, STATUS_DRIVER_OK);
}

/* The first reason is the one that is told. Whoever waits shall notice. */
static void declare_broken(struct mn_virtio *device, const char *why)
{
	const char *none = NULL;

	atomic_compare_exchange_strong(&device->broken, &none, why);
	for (struct mn_virtq *queue = device->queues; queue; queue = queue->next)
		mn_irq_raise(&queue->irq);
	mn_irq_raise(&device->changed);
}

static void tell_queues(struct mn_virtio *device)
{
	for (struct mn_virtq *queue = device->queues; queue; queue = queue->next) {
		if (queue->used)
			queue->used(queue);
		else
			mn_irq_raise(&queue->irq);
	}
}

/* Acknowledged before the rings are looked at: what comes later interrupts anew. */
void mn_virtio_interrupt(struct mn_virtio *device)
{
	const uint32_t why = *at(device, INTERRUPT_STATUS);

	*at(device, INTERRUPT_ACKNOWLEDGE) = why;
	FENCE_IO();
	if (why & INTERRUPT_USED)
		tell_queues(device);
	if (!(why & INTERRUPT_CONFIG))
		return;
	atomic_fetch_add_explicit(&device->config_changes, 1, memory_order_relaxed);
	if (*at(device, STATUS) & STATUS_NEEDS_RESET) {
		declare_broken(device, "asks to be reset");
		tell_queues(device);
	} else {
		mn_irq_raise(&device->changed);
	}
}

/* ---- Its configuration --------------------------------------------------------------- */

uint32_t mn_virtio_config_generation(const struct mn_virtio *device)
{
	return *at(device, CONFIG_GENERATION);
}

uint8_t mn_virtio_config_u8(const struct mn_virtio *device, size_t offset)
{
	return *(device->base + CONFIG + offset);
}

uint16_t mn_virtio_config_u16(const struct mn_virtio *device, size_t offset)
{
	return *(volatile uint16_t *)(volatile void *)(device->base + CONFIG + offset);
}

uint32_t mn_virtio_config_u32(const struct mn_virtio *device, size_t offset)
{
	return *at(device, CONFIG + offset);
}

/* A device that changes it for ever does not stop us for ever. */
uint64_t mn_virtio_config_u64(const struct mn_virtio *device, size_t offset)
{
	uint32_t generation;
	uint64_t value;
	int looks = 0;

	do {
		generation = mn_virtio_config_generation(device);
		value = mn_virtio_config_u32(device, offset) |
			(uint64_t)mn_virtio_config_u32(device, offset + 4) << 32;
	} while (generation != mn_virtio_config_generation(device) && ++looks < LOOKS_MAX);
	return value;
}

void mn_virtio_config_set_u8(struct mn_virtio *device, size_t offset, uint8_t value)
{
	*(device->base + CONFIG + offset) = value;
}

void mn_virtio_config_set_u32(struct mn_virtio *device, size_t offset, uint32_t value)
{
	*at(device, CONFIG + offset) = value;
}

/* ---- Queues ---------------------------------------------------------------------------- */

static void set_address(struct mn_virtio *device, size_t offset, volatile void *address)
{
	const uint64_t wide = (uintptr_t)address;

	*at(device, offset) = (uint32_t)wide;
	*at(device, offset + 4) = (uint32_t)(wide >> 32);
}

/* From the strictest alignment to the least. All descriptors are free, in order. */
static void lay_out(struct mn_virtq *queue, uint8_t *memory, uint16_t buffers)
{
	queue->descriptors = (void *)memory;
	memory += buffers * sizeof(struct mn__virtq_descriptor);
	queue->chains = (void *)memory;
	memory += buffers * sizeof(struct mn__virtq_chain);
	queue->given_back = (void *)memory;
	memory += 8 + buffers * sizeof(struct mn__virtq_used_element);
	queue->available = (void *)memory;
	for (uint16_t i = 0; i < buffers; i++)
		queue->chains[i].next = (uint16_t)(i + 1);
	queue->free_count = buffers;
}

static void hand_over(struct mn_virtq *queue)
{
	struct mn_virtio *device = queue->device;

	*at(device, QUEUE_BUFFERS) = queue->buffers;
	set_address(device, QUEUE_DESCRIPTORS, queue->descriptors);
	set_address(device, QUEUE_AVAILABLE, queue->available);
	set_address(device, QUEUE_USED, queue->given_back);
	FENCE_IO();
	*at(device, QUEUE_READY) = 1;
}

mn_poll mn_virtq_open(struct mn_virtq *queue, struct mn_virtio *device, uint16_t index,
		      void *memory, uint16_t buffers)
{
	MN_ASSERT(buffers >= 2 && (buffers & (buffers - 1)) == 0);
	MN_ASSERT((uintptr_t)memory % MN_VIRTQ_ALIGN == 0);
	*at(device, QUEUE_SELECT) = index;

	const uint32_t most = *at(device, QUEUE_BUFFERS_MAX);

	if (most == 0)
		return MN_ENOTFOUND;
	if (most < buffers)
		return MN_ETOOBIG;
	*queue = (struct mn_virtq){.device = device, .index = index, .buffers = buffers};
	mn_irq_init(&queue->irq, device->changed.kernel);
	memset(memory, 0, MN_VIRTQ_SIZE(buffers));
	lay_out(queue, memory, buffers);
	queue->next = device->queues;
	device->queues = queue;
	hand_over(queue);
	return MN_OK;
}

/* Writes a chain of free descriptors, from the first free one; returns the bytes for writing. */
static uint32_t describe(struct mn_virtq *queue, const struct mn_virtio_buffer *buffers,
			 unsigned out, unsigned count)
{
	uint32_t room = 0;
	uint16_t at = queue->free;

	for (unsigned i = 0; i < count; i++) {
		const uint16_t next = queue->chains[at].next;
		volatile struct mn__virtq_descriptor *descriptor = &queue->descriptors[at];

		descriptor->address = (uintptr_t)buffers[i].data;
		descriptor->len = buffers[i].len;
		descriptor->flags =
			(uint16_t)((i < out ? 0 : DEVICE_WRITES) | (i + 1 < count ? HAS_NEXT : 0));
		descriptor->next = next;
		room += i < out ? 0 : buffers[i].len;
		queue->free = at = next;
	}
	return room;
}

mn_poll mn_virtq_put(struct mn_virtq *queue, const struct mn_virtio_buffer *buffers, unsigned out,
		     unsigned in, void *token)
{
	const uint16_t head = queue->free;
	struct mn__virtq_chain *chain = &queue->chains[head];

	MN_ASSERT(out + in >= 1 && out + in <= queue->buffers);
	if (atomic_load_explicit(&queue->device->broken, memory_order_relaxed))
		return MN_EIO;
	if (out + in > queue->free_count)
		return MN_EFULL;
	chain->token = token;
	chain->room = describe(queue, buffers, out, out + in);
	chain->count = (uint16_t)(out + in);
	queue->free_count = (uint16_t)(queue->free_count - chain->count);
	queue->available->ring[queue->put % queue->buffers] = head;
	queue->put++;
	atomic_store_explicit(&queue->available->index, queue->put, memory_order_release);
	return MN_OK;
}

/* The fence: the device has said that it looks, or it sees what was put. */
void mn_virtq_notify(struct mn_virtq *queue)
{
	FENCE_IO();
	if (!(queue->given_back->flags & NO_NOTIFY))
		*at(queue->device, QUEUE_NOTIFY) = queue->index;
}

/* Chains that the device says it has used and that were not yet taken. */
static uint16_t used_count(const struct mn_virtq *queue)
{
	return (uint16_t)(atomic_load_explicit(&queue->given_back->index, memory_order_acquire) -
			  queue->taken);
}

/* What is wrong with what the device says it has used; NULL: nothing. */
static const char *lie_of(const struct mn_virtq *queue, uint16_t count,
			  const struct mn__virtq_used_element *element)
{
	if (count > mn_virtq_out(queue))
		return "has used more than there was";
	if (element->id >= queue->buffers || queue->chains[element->id].count == 0)
		return "has used what it did not have";
	if (element->len > queue->chains[element->id].room)
		return "has written more than there was room";
	return NULL;
}

/* The chain's descriptors become the first free ones. */
static void release(struct mn_virtq *queue, uint16_t head)
{
	uint16_t last = head;

	for (uint16_t i = 1; i < queue->chains[head].count; i++)
		last = queue->chains[last].next;
	queue->chains[last].next = queue->free;
	queue->free = head;
	queue->free_count = (uint16_t)(queue->free_count + queue->chains[head].count);
	queue->chains[head].count = 0;
	queue->taken++;
}

mn_poll mn_virtq_take(struct mn_virtq *queue, struct mn_virtq_used *used)
{
	const uint16_t count = used_count(queue);

	if (atomic_load_explicit(&queue->device->broken, memory_order_relaxed))
		return MN_EIO;
	if (count == 0)
		return MN_EEMPTY;

	const volatile struct mn__virtq_used_element *ring = queue->given_back->ring;
	const struct mn__virtq_used_element element = ring[queue->taken % queue->buffers];
	const char *lie = lie_of(queue, count, &element);

	if (lie) {
		declare_broken(queue->device, lie);
		return MN_EIO;
	}
	*used = (struct mn_virtq_used){queue->chains[element.id].token, element.len};
	release(queue, (uint16_t)element.id);
	return MN_OK;
}

static bool is_over(const struct mn_virtq *queue)
{
	return used_count(queue) > 0 ||
	       atomic_load_explicit(&queue->device->broken, memory_order_relaxed);
}

/* A raise that was seen to earlier is no news. */
mn_poll mn_virtq_wait(struct mn_irq_wait *op, struct mn_virtq *queue)
{
	mn_poll raised = MN_OK;

	while (raised == MN_OK && (op->wait.kind != MN_WAIT_NONE || !is_over(queue)))
		raised = mn_irq_wait(op, &queue->irq);
	if (raised == MN_OK && atomic_load_explicit(&queue->device->broken, memory_order_relaxed))
		return MN_EIO;
	return raised;
}
