/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A terminal at the other end of the serial line as a keyboard. */
#include "keyboard_internal.h"

#define MN_LOG_TARGET "services::keyboard_port"

#define RING 64 /* bytes */
#define ESC_PAUSE_US 50000

/* An ESC may be a key or begin one: after a pause it was a key. */
static mn_poll read_on(struct mn_keyboard_port *self)
{
	if (!mn__key_bytes_open(&self->bytes))
		return mn_bbq_read(&self->rx, self->port.rx);
	return mn_timeout(&self->limit, mn_bbq_read(&self->rx, self->port.rx), ESC_PAUSE_US);
}

static mn_poll open_port(struct mn_keyboard_port *self)
{
	return mn_sermux_open(&self->open, self->number, RING, MN_SERMUX_WAIT, &self->port);
}

/* The next key of what was read, or of there being no more. */
static bool next_key(struct mn_keyboard_port *self)
{
	if (self->paused)
		return mn__key_bytes_open(&self->bytes) &&
		       mn__key_bytes_end(&self->bytes, &self->event);
	while (self->at < self->rx.len)
		if (mn__key_bytes_put(&self->bytes, self->rx.data[self->at++], &self->event))
			return true;
	return false;
}

/* Returns whether there is something to look at. */
static bool has_read(struct mn_keyboard_port *self, mn_poll read)
{
	self->paused = read == MN_ETIMEDOUT;
	self->at = 0;
	return read == MN_OK || self->paused;
}

static mn_poll send(struct mn_keyboard_port *self, enum mn_key_kind kind)
{
	self->event.kind = (uint8_t)kind;
	return mn_keyboard_publish(&self->publish, &self->event);
}

/* Of the key that is down, if the mux that knows of it is still there. */
static mn_poll release_at_last(struct mn_keyboard_port *self)
{
	return mn_keyboard_mux_call(&self->publish.call, &self->publish.mux, &self->event,
				    &self->publish.response);
}

static mn_poll mn_keyboard_port_run(struct mn_keyboard_port *self)
{
	MN_BEGIN(self);
	for (;;) {
		MN_AWAIT(self, open_port(self));
		if (MN_RESULT(self) == MN_EGONE)
			continue;
		if (MN_RESULT(self) != MN_OK)
			break;
		for (;;) {
			MN_AWAIT(self, read_on(self));
			if (!has_read(self, MN_RESULT(self)))
				break;
			while (next_key(self)) {
				MN_AWAIT(self, send(self, MN_KEY_PRESSED));
				if (MN_RESULT(self) == MN_ECANCELED)
					break;
				MN_AWAIT(self, send(self, MN_KEY_RELEASED));
				if (MN_RESULT(self) == MN_ECANCELED) {
					MN_AWAIT(self, release_at_last(self));
					self->task.frame.result = MN_ECANCELED;
					break;
				}
			}
			if (!self->paused)
				mn_bbq_release(self->port.rx, self->at);
			if (MN_RESULT(self) == MN_ECANCELED)
				break;
		}
		mn_sermux_close(&self->port);
		if (MN_RESULT(self) == MN_ECANCELED)
			break;
	}
	MN_RETURN(self, mn_log_end(MN_RESULT(self)));
	MN_END(self);
}

MN_TASK_AS(mn_keyboard_port, struct mn_keyboard_port, "keyboard_port");

void mn_keyboard_port_start(struct mn_keyboard_port *port, struct mn_kernel *kernel,
			    uint16_t number)
{
	port->number = number;
	mn_spawn(kernel, &port->task, &mn_keyboard_port_task);
}
