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
 * The most frequent paths, a message handed over and a wait for one, are inline in the
 * header. Here, putting into the ring and taking from it come first, and leave everything
 * else to functions called last, so that no registers are saved for it.
 */
#include <mnemos/channel.h>
#include <mnemos/operation.h>
#include "internal.h"

#define MN_LOG_TARGET "kernel::channel"

/* What a channel is in the kernel's events. */
#define KIND "channel"

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

/* Copies a message, as the last thing that is done; a word or two without a call. */
static inline mn_poll copied(void *to, const void *from, size_t size)
{
	if (size == 8)
		memcpy(to, from, 8);
	else if (size == 4)
		memcpy(to, from, 4);
	else
		return copied_long(to, from, size);
	return MN_OK;
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

/* 2: the receive waiting -> done. */
mn_poll mn__channel_hand_over(struct mn_channel *channel, const void *message)
{
	channel->wait.state = MN_CHANNEL_DONE;
	memcpy(channel->message, message, channel->size);
	mn_wake(channel->wait.task);
	return MN_OK;
}

static MN__COLD mn_poll try_send_refused(const struct mn_channel *channel)
{
	return is_closed(channel) ? MN_ECLOSED : MN_EFULL;
}

mn_poll mn__channel_try_send(struct mn_channel *channel, const void *message, size_t size)
{
	MN_ASSERT(size == channel->size);
	if (channel->wait.state == MN_CHANNEL_WAITING)
		return mn__channel_hand_over(channel, message);
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
	send->reader = channel->wait.task ? mn__live_id(mn_running, channel->wait.task) : 0;
	mn_list_push(&channel->senders, &send->link);
	MN__EVENT(mn_running, queue, MN_TRACE_QUEUE_FULL, channel->slots, KIND);
	return mn_wait_park(&send->wait);
}

/* Every poll but the first; or a message of the wrong size. */
mn_poll mn__channel_send_again(struct mn_send *send, const struct mn_channel *channel, size_t size)
{
	MN_ASSERT(size == channel->size && send->wait.on == channel);
	if (send->wait.state == MN_CHANNEL_DONE)
		return send_leave(send, MN_OK);
	if (send->wait.state == MN_CHANNEL_CLOSED)
		return send_leave(send, MN_ECLOSED);
	if (!mn_wait_canceled())
		return mn_wait_park(&send->wait);
	mn_list_remove(&send->link);
	return send_leave(send, MN_ECANCELED);
}

/* The first poll of a send that does not find the consumer waiting. */
mn_poll mn__channel_put(struct mn_send *send, struct mn_channel *channel, const void *message)
{
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
		MN__EVENT(mn_running, queue, MN_TRACE_QUEUE_FREE, channel->slots, KIND);
		send_answer(send, MN_CHANNEL_DONE);
	}
	return MN_OK;
}

/* Takes the oldest message, of which there is at least one, unless closed. */
mn_poll mn__channel_take(struct mn_channel *channel, void *message)
{
	if (MN_UNLIKELY(channel->count >= channel->capacity))
		return take_full(channel, message);
	return copied(message, pop_slot(channel), channel->size);
}

mn_poll mn__channel_try_receive(struct mn_channel *channel, void *message, size_t size)
{
	MN_ASSERT(size == channel->size);
	return channel->count ? mn__channel_take(channel, message) : MN_EEMPTY;
}

static mn_poll receive_leave(struct mn_channel *channel, mn_poll how)
{
	channel->wait.state = MN_CHANNEL_IDLE;
	return how;
}

/* Closed, cancelled, polled again while waiting; or a message of the wrong size. */
mn_poll mn__channel_receive_again(struct mn_channel *channel, size_t size)
{
	MN_ASSERT(size == channel->size);
	MN_ASSERT(channel->wait.state == MN_CHANNEL_IDLE || channel->wait.task == mn_self());
	if (channel->wait.state == MN_CHANNEL_CLOSED)
		return receive_leave(channel, MN_ECLOSED);
	if (mn_wait_canceled())
		return receive_leave(channel, MN_ECANCELED);
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
