/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Channels.
 *
 * Invariant: the consumer waits only while the ring is empty, senders only while it is
 * full; so never both, and whoever finds the other side waiting is first in order. A
 * send is in channel->senders exactly while WAITING. What channel->wait says of kind and
 * object never changes, since only a wait that is parked is looked at.
 * A closed channel counts as more than full, so that one comparison finds it, and nobody
 * waits.
 *
 * The frequent paths are those that hand over, put into the ring, take from it and wait for
 * a message. They leave everything else to functions called last, so that no registers
 * are saved for it.
 */
#include <mnemos/channel.h>
#include <mnemos/operation.h>
#include "internal.h"

#define MN_LOG_TARGET "kernel::channel"

void mn_channel_init(struct mn_channel *channel, void *slots, size_t size, size_t capacity)
{
	MN_ASSERT(size >= 1 && size < MN__CHANNEL_SHUT);
	MN_ASSERT(capacity >= 1 && capacity < MN__CHANNEL_SHUT && capacity <= SIZE_MAX / size);
	*channel = (struct mn_channel){
		.wait = {.kind = MN_WAIT_RECEIVE, .on = channel},
		.read = slots,
		.write = slots,
		.slots = slots,
		.end = (uint8_t *)slots + size * capacity,
		.size = (uint32_t)size,
		.capacity = (uint32_t)capacity,
	};
	mn_list_init(&channel->senders);
}

static __attribute__((noinline)) mn_poll copied_long(void *to, const void *from, size_t size)
{
	memcpy(to, from, size);
	return MN_OK;
}

/* Copies a message, as the last thing that is done. */
static inline mn_poll copied(void *to, const void *from, size_t size)
{
	return mn__copy_short(to, from, size) ? MN_OK : copied_long(to, from, size);
}

/* The slot for the next message, which now counts as there. */
static inline void *push_slot(struct mn_channel *channel)
{
	uint8_t *slot = channel->write;
	uint8_t *next = slot + channel->size;

	channel->write = next == channel->end ? channel->slots : next;
	channel->count++;
	return slot;
}

/* The oldest message, which no longer counts as there. */
static inline void *pop_slot(struct mn_channel *channel)
{
	uint8_t *slot = channel->read;
	uint8_t *next = slot + channel->size;

	channel->read = next == channel->end ? channel->slots : next;
	channel->count--;
	return slot;
}

static bool is_closed(const struct mn_channel *channel)
{
	return channel->count & MN__CHANNEL_SHUT;
}

/* ---- Sending ---- */

/* A hand-over that is watched, or of a message that memcpy is to copy. */
static __attribute__((noinline)) mn_poll hand_over_long(struct mn_channel *channel,
							const void *message)
{
	channel->wait.state = MN_CHANNEL_DONE;
	memcpy(channel->message, message, channel->size);
	mn_wake(channel->wait.task);
	return MN_OK;
}

/* 2: the receive waiting -> done. */
static inline mn_poll hand_over(struct mn_channel *channel, const void *message)
{
	struct mn_kernel *kernel = mn_running;

	if (MN_UNLIKELY(kernel->watch & MN__WATCH_EVENTS) ||
	    !mn__copy_short(channel->message, message, channel->size))
		return hand_over_long(channel, message);
	channel->wait.state = MN_CHANNEL_DONE;
	mn__push(kernel, channel->wait.task);
	return MN_OK;
}

static MN__COLD mn_poll try_send_refused(const struct mn_channel *channel)
{
	return is_closed(channel) ? MN_ECLOSED : MN_EFULL;
}

mn_poll mn_channel_try_send(struct mn_channel *channel, const void *message)
{
	if (channel->wait.state == MN_CHANNEL_WAITING)
		return hand_over(channel, message);
	if (MN_UNLIKELY(channel->count >= channel->capacity))
		return try_send_refused(channel);
	return copied(push_slot(channel), message, channel->size);
}

/* 3: -> idle. */
static mn_poll send_leave(struct mn_send *send, mn_poll how)
{
	send->wait.state = MN_CHANNEL_IDLE;
	mn_wait_end(&send->wait);
	return how;
}

/* 1: idle -> waiting. */
static MN__COLD mn_poll send_begin(struct mn_send *send, struct mn_channel *channel,
				   const void *message)
{
	if (is_closed(channel))
		return MN_ECLOSED;
	if (mn_wait_canceled())
		return MN_ECANCELED;
	mn_wait_begin(&send->wait, MN_WAIT_SEND, channel);
	send->wait.state = MN_CHANNEL_WAITING;
	send->message = message;
	mn_list_push(&channel->senders, &send->link);
	return mn_wait_park(&send->wait);
}

/* Every poll but the first. */
static MN__COLD mn_poll send_again(struct mn_send *send, const struct mn_channel *channel)
{
	MN_ASSERT(send->wait.on == channel);
	if (send->wait.state == MN_CHANNEL_DONE)
		return send_leave(send, MN_OK);
	if (send->wait.state == MN_CHANNEL_CLOSED)
		return send_leave(send, MN_ECLOSED);
	if (!mn_wait_canceled())
		return mn_wait_park(&send->wait);
	mn_list_remove(&send->link);
	return send_leave(send, MN_ECANCELED);
}

mn_poll mn_channel_send(struct mn_send *send, struct mn_channel *channel, const void *message)
{
	if (MN_UNLIKELY(send->wait.state != MN_CHANNEL_IDLE))
		return send_again(send, channel);
	if (channel->wait.state == MN_CHANNEL_WAITING)
		return hand_over(channel, message);
	if (MN_UNLIKELY(channel->count >= channel->capacity))
		return send_begin(send, channel, message);
	return copied(push_slot(channel), message, channel->size);
}

/* ---- Receiving ---- */

/* 2: a sender waiting -> done or closed. */
static void send_answer(struct mn_send *send, enum mn_channel_state how)
{
	mn_list_remove(&send->link);
	send->wait.state = (uint8_t)how;
	mn_wake(send->wait.task);
}

static struct mn_send *first_sender(const struct mn_channel *channel)
{
	return mn_list_empty(&channel->senders)
		       ? NULL
		       : MN_CONTAINER(channel->senders.next, struct mn_send, link);
}

/* Takes the oldest message of a full or closed channel; a waiting one gets the slot. */
static __attribute__((noinline)) mn_poll take_full(struct mn_channel *channel, void *message)
{
	struct mn_send *send = first_sender(channel);

	if (channel->count == MN__CHANNEL_SHUT)
		return MN_ECLOSED;
	memcpy(message, pop_slot(channel), channel->size);
	if (send) {
		memcpy(push_slot(channel), send->message, channel->size);
		send_answer(send, MN_CHANNEL_DONE);
	}
	return MN_OK;
}

static inline mn_poll take(struct mn_channel *channel, void *message)
{
	if (MN_UNLIKELY(channel->count >= channel->capacity))
		return take_full(channel, message);
	return copied(message, pop_slot(channel), channel->size);
}

mn_poll mn_channel_try_receive(struct mn_channel *channel, void *message)
{
	return channel->count ? take(channel, message) : MN_EEMPTY;
}

static mn_poll receive_leave(struct mn_channel *channel, mn_poll how)
{
	channel->wait.state = MN_CHANNEL_IDLE;
	return how;
}

/* Closed or polled again while waiting, or not to wait because of a cancellation. */
static MN__COLD mn_poll receive_rarely(struct mn_channel *channel)
{
	MN_ASSERT(channel->wait.state == MN_CHANNEL_IDLE || channel->wait.task == mn_self());
	if (channel->wait.state == MN_CHANNEL_CLOSED)
		return receive_leave(channel, MN_ECLOSED);
	if (mn_wait_canceled())
		return receive_leave(channel, MN_ECANCELED);
	return mn_wait_park(&channel->wait);
}

mn_poll mn__channel_receive(struct mn_channel *channel, void *message)
{
	const struct mn_kernel *kernel = mn_running;
	struct mn_task *task = kernel->current;

	if (MN_UNLIKELY(channel->wait.state != MN_CHANNEL_IDLE))
		return receive_rarely(channel);
	if (channel->count)
		return take(channel, message);
	if (MN_UNLIKELY(task->frame.flags & MN__TASK_CANCEL))
		return receive_rarely(channel);
	channel->wait.state = MN_CHANNEL_WAITING; /* 1: idle -> waiting */
	channel->wait.task = task;
	channel->wait.since = kernel->now_ticks;
	channel->message = message;
	return mn_wait_park(&channel->wait);
}

/* ---- The end ---- */

void mn_channel_close(struct mn_channel *channel)
{
	struct mn_send *send;

	mn_trace("channel %p closed with %u messages to be received", (void *)channel,
		 (unsigned)(channel->count & ~MN__CHANNEL_SHUT));
	channel->count |= MN__CHANNEL_SHUT;
	while ((send = first_sender(channel)))
		send_answer(send, MN_CHANNEL_CLOSED);
	if (channel->wait.state != MN_CHANNEL_WAITING)
		return;
	channel->wait.state = MN_CHANNEL_CLOSED;
	mn_wake(channel->wait.task);
}

mn_poll mn_channel_join(struct mn_channel *channel)
{
	if (is_closed(channel))
		return MN_ECLOSED;
	channel->producers++;
	return MN_OK;
}

void mn_channel_leave(struct mn_channel *channel)
{
	MN_ASSERT(channel->producers > 0);
	if (--channel->producers == 0)
		mn_channel_close(channel);
}
