/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a key writes, and the subscribers' side; the contract is in the header. */
#include <string.h>
#include "keyboard_internal.h"

const struct mn_service mn_keyboard_service = {
	.uuid = MN_UUID(0x524d77b1, 0x499c, 0x440b, 0xbd62, 0xe63c0918efb5),
	.name = "keyboard",
	.version = "1.0",
	.request_size = sizeof(struct mn_keyboard_request),
	.response_size = sizeof(struct mn_keyboard_response),
};

/* ---- Text -------------------------------------------------------------------------- */

/* The control character of a character, or -1. */
static int32_t control(uint32_t character)
{
	if (character == ' ')
		return 0;
	if (character >= 'a' && character <= 'z')
		return (int32_t)(character - 'a' + 1);
	return character >= '@' && character <= '_' ? (int32_t)(character - '@') : -1;
}

static int32_t text_of_key(const struct mn_key_event *event)
{
	switch (event->code) {
	case MN_KEY_CHAR:
		return (int32_t)event->value;
	case MN_KEY_ENTER:
		return '\n';
	case MN_KEY_TAB:
		return '\t';
	case MN_KEY_NULL:
		return '\0';
	case MN_KEY_BACKSPACE:
		return 0x7f;
	default:
		return -1;
	}
}

int32_t mn_key_text(const struct mn_key_event *event)
{
	if (event->kind == MN_KEY_RELEASED || event->modifiers & (MN_KEY_ALT | MN_KEY_META))
		return -1;
	if (event->modifiers & MN_KEY_CTRL)
		return event->code == MN_KEY_CHAR ? control(event->value) : -1;
	return text_of_key(event);
}

/* ---- Subscribers ------------------------------------------------------------------- */

static mn_poll mn_keyboard_open_run(struct mn_keyboard *self)
{
	MN_BEGIN(self);
	if (self->queue)
		MN_RETURN(self, MN_EINVAL);
	MN_TRY(self, mn_keyboard_connect(&self->connect, &self->client, NULL));
	MN_TRY(self, mn_keyboard_call(&self->call, &self->client, &self->request, &self->response));
	self->queue = self->response.queue;
	MN_END(self);
}

mn_poll mn_keyboard_open(struct mn_keyboard *keyboard, uint32_t capacity)
{
	keyboard->request.capacity = capacity;
	return mn_keyboard_open_run(keyboard);
}

mn_poll mn_keyboard_next(struct mn_keyboard *keyboard, struct mn_key_event *event)
{
	if (!keyboard->queue)
		return MN_ECLOSED;
	return mn_channel_receive(&keyboard->queue->channel, event);
}

mn_poll mn_keyboard_next_text(struct mn_keyboard *keyboard, uint32_t *character)
{
	for (;;) {
		const mn_poll got = mn_keyboard_next(keyboard, &keyboard->event);

		if (got != MN_OK)
			return got;
		if (mn_key_text(&keyboard->event) >= 0) {
			*character = (uint32_t)mn_key_text(&keyboard->event);
			return MN_OK;
		}
	}
}

uint32_t mn_keyboard_lost(const struct mn_keyboard *keyboard)
{
	return keyboard->queue ? keyboard->queue->lost : 0;
}

void mn_keyboard_close(struct mn_keyboard *keyboard)
{
	struct mn__keyboard_queue *queue = keyboard->queue;

	if (!queue)
		return;
	keyboard->queue = NULL;
	mn__keyboard_queue_leave(queue);
	queue->closed = true;
	mn_cancel(&queue->task);
}

/* ---- Keyboards --------------------------------------------------------------------- */

static mn_poll mn_keyboard_publish_run(struct mn_keyboard_publish *self)
{
	MN_BEGIN(self);
	for (;;) {
		while (self->mux.client.id == 0)
			MN_TRY(self, mn_keyboard_mux_connect(&self->connect, &self->mux, NULL));
		MN_AWAIT(self, mn_keyboard_mux_call(&self->call, &self->mux, self->event,
						    &self->response));
		if (MN_RESULT(self) != MN_EGONE)
			MN_RETURN(self, MN_RESULT(self));
		self->mux.client.id = 0;
	}
	MN_END(self);
}

mn_poll mn_keyboard_publish(struct mn_keyboard_publish *op, const struct mn_key_event *event)
{
	op->event = event;
	return mn_keyboard_publish_run(op);
}
