/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The numbers of types and keys are those of Linux's input-event-codes.h. */
#include <mnemos/drivers/virtio_input.h>

enum { /* in its configuration */
       SELECT = 0,
       SUBSELECT = 1,
       SIZE = 2,
       BITMAP = 8
};

enum { /* SELECT: which codes there are of the type in SUBSELECT, a bit each */
       SELECT_EVENT_BITS = 0x11
};

enum { /* types */
       TYPE_SYNC = 0,
       TYPE_KEY = 1
};

enum { /* codes of TYPE_SYNC */
       SYNC_DROPPED = 3
};

enum { /* values of TYPE_KEY */
       VALUE_UP = 0,
       VALUE_DOWN = 1
};

/* Asking writes to the configuration. Key 0 is reserved, from MN_KEY_NUMBERS on they are buttons.
 */
bool mn_virtio_input_has_keys(struct mn_virtio *device)
{
	uint8_t size, keys;

	if (mn_virtio_negotiate(device, 0) != MN_OK)
		return false;
	mn_virtio_config_set_u8(device, SELECT, SELECT_EVENT_BITS);
	mn_virtio_config_set_u8(device, SUBSELECT, TYPE_KEY);
	size = mn_virtio_config_u8(device, SIZE);
	for (unsigned i = 0; i < size && i < MN_KEY_NUMBERS / 8; i++) {
		keys = mn_virtio_config_u8(device, BITMAP + i);
		if (i == 0 ? keys & ~1u : keys)
			return true;
	}
	return false;
}

/* ---- The handler --------------------------------------------------------------------- */

static void count(_Atomic uint32_t *number)
{
	atomic_fetch_add_explicit(number, 1, memory_order_relaxed);
}

static enum mn_key_kind kind_of(uint32_t value)
{
	return value == VALUE_UP     ? MN_KEY_RELEASED
	       : value == VALUE_DOWN ? MN_KEY_PRESSED
				     : MN_KEY_HELD;
}

static void pass_on(struct mn_virtio_input *input, const struct mn__virtio_input_event *event)
{
	if (event->type == TYPE_KEY && event->code < MN_KEY_NUMBERS) {
		count(&input->received);
		mn_key_device_put(&input->keys, event->code, kind_of(event->value));
		return;
	}
	count(&input->ignored);
	if (event->type == TYPE_SYNC && event->code == SYNC_DROPPED)
		mn_key_device_release_all(&input->keys);
}

static mn_poll lend(struct mn_virtio_input *input, struct mn__virtio_input_event *event)
{
	return mn_virtq_put(&input->events, &(struct mn_virtio_buffer){event, sizeof *event}, 0, 1,
			    event);
}

static void receive(struct mn_virtq *queue)
{
	struct mn_virtio_input *input = MN_CONTAINER(queue, struct mn_virtio_input, events);
	struct mn_virtq_used used;
	mn_poll taken;

	while ((taken = mn_virtq_take(queue, &used)) == MN_OK) {
		if (used.len == sizeof(struct mn__virtio_input_event))
			pass_on(input, used.token);
		lend(input, used.token);
	}
	if (taken == MN_EIO)
		mn_key_device_release_all(&input->keys);
	else
		mn_virtq_notify(queue);
}

/* ---- Start ----------------------------------------------------------------------------- */

/* As many as the device takes, if that is less than there are. */
static mn_poll open_queue(struct mn_virtio_input *input)
{
	mn_poll opened = MN_ETOOBIG;

	for (uint16_t size = MN_VIRTIO_INPUT_EVENTS; opened == MN_ETOOBIG && size >= 2; size /= 2)
		opened = mn_virtq_open(&input->events, &input->virtio, 0, input->memory, size);
	return opened;
}

mn_poll mn_virtio_input_start(struct mn_virtio_input *input, struct mn_kernel *kernel)
{
	mn_poll opened = mn_virtio_negotiate(&input->virtio, 0);

	if (opened == MN_OK)
		opened = open_queue(input);
	if (opened != MN_OK)
		return opened;
	input->events.used = receive;
	mn_key_device_start(&input->keys, kernel, "virtio_keyboard");
	for (uint16_t i = 0; i < input->events.buffers; i++)
		lend(input, &input->buffers[i]);
	mn_virtio_run(&input->virtio);
	mn_virtq_notify(&input->events);
	return MN_OK;
}
