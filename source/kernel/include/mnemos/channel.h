/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Channels: messages of one fixed size from many tasks to one, copied.
 *
 * For one-way events; for request and reply use call.h, for bytes bbq.h. The order of
 * sends is the order of receives, also among senders that had to wait: a receive from a
 * full channel lets the first waiting message in at once, before anybody else can send.
 * A message that finds the consumer waiting is copied straight to where it is wanted.
 *
 *     static struct key_event keys[16];
 *     mn_channel_init(&channel, keys, sizeof *keys, 16);      // any capacity from 1
 *
 *     MN_TRY(self, mn_channel_send(&self->send, channel, &self->key));   // a producer
 *     MN_TRY(self, mn_channel_receive(channel, &self->key));            // the consumer
 *
 * Memory: the channel and its slots are the caller's, and must stay while anyone uses
 * them. The message of a send or receive is the caller's too; the kernel reads or writes it
 * until the operation has ended, so it lives in the task, not in a local.
 *
 * The end: mn_channel_close, from either side. Producers that count themselves in and out
 * (mn_channel_join, mn_channel_leave) close the channel when the last of them leaves.
 * Closing wakes everybody: a waiting send answers MN_ECLOSED and its message is not sent;
 * the consumer first receives what the slots hold, then MN_ECLOSED. To reopen,
 * initialise again, once nobody waits.
 *
 * A wait that was done and cancelled in the same moment is MN_OK: a cancelled send did not
 * send, a cancelled receive has taken nothing.
 *
 * Task context only, all tasks in one kernel. Cost: O(1), one copy for a message that
 * finds the consumer waiting, else two; some 50 instructions for the send and the receive
 * of a word, without the two polls.
 */
#ifndef MNEMOS_CHANNEL_H
#define MNEMOS_CHANNEL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <mnemos/operation.h>

/*
 * Of the receive, and of each send:
 *
 *     idle -1-> waiting -2-> done or closed -3-> idle
 *                  |                              ^
 *                  +-------- 3 cancelled ---------+
 *
 *     1 first poll   2 the other side   3 next poll
 */
enum mn_channel_state { MN_CHANNEL_IDLE, MN_CHANNEL_WAITING, MN_CHANNEL_DONE, MN_CHANNEL_CLOSED };

/* A send; zeroed at first. */
struct mn_send {
	struct mn_wait wait; /* wait.state is an enum mn_channel_state */
	struct mn_list link; /* waiting: in channel->senders */
	const void *message;
	uint32_t reader; /* waiting: id of the task that had received last; 0: none has waited */
};

/* For readers; the functions below write it. */
struct mn_channel {
	struct mn_wait wait;    /* the consumer's; wait.state is an enum mn_channel_state */
	void *message;          /* where a waiting consumer wants it */
	uint8_t *read, *write;  /* the oldest message; the slot for the next */
	uint8_t *slots, *end;   /* the ring */
	uint32_t size;          /* bytes of a message */
	uint32_t count;         /* messages in the ring; MN__CHANNEL_SHUT more once closed */
	uint32_t capacity;      /* slots */
	uint32_t producers;     /* that have joined and not left */
	struct mn_list senders; /* those that wait */
};

#define MN__CHANNEL_SHUT (UINT32_C(1) << 31)

/*
 * Makes a channel of `capacity` messages of `size` bytes over `slots`, which has
 * size * capacity bytes. Both must be from 1 to 2^31 - 1; panics if one is not.
 */
void mn_channel_init(struct mn_channel *channel, void *slots, size_t size, size_t capacity);

/*
 * Sends and receives. `message` is a pointer to a message, and its type is of the
 * channel's size: another size panics before anything is copied, void * is refused by the
 * compiler. (A message that is an array goes as &array.)
 *
 * mn_poll mn_channel_send(struct mn_send *, struct mn_channel *, const MESSAGE *message)
 *     Sends a copy; waits while the channel is full. Errors: MN_ECLOSED, MN_ECANCELED;
 *     the message has not been sent then.
 *
 * mn_poll mn_channel_receive(struct mn_channel *, MESSAGE *message)
 *     Receives the oldest; waits while there is none. The wait is part of the channel: a
 *     second task that receives while one waits panics. Errors: MN_ECLOSED when closed
 *     and empty, MN_ECANCELED.
 *
 * mn_poll mn_channel_try_send(struct mn_channel *, const MESSAGE *message)
 * mn_poll mn_channel_try_receive(struct mn_channel *, MESSAGE *message)
 *     The same without waiting. Errors: MN_EFULL or MN_EEMPTY, MN_ECLOSED.
 */
#define mn_channel_send(send, channel, message) \
	mn__channel_send((send), (channel), (message), sizeof *(message))
#define mn_channel_receive(channel, message) \
	mn__channel_receive((channel), (message), sizeof *(message))
#define mn_channel_try_send(channel, message) \
	mn__channel_try_send((channel), (message), sizeof *(message))
#define mn_channel_try_receive(channel, message) \
	mn__channel_try_receive((channel), (message), sizeof *(message))

/* No more sends; see above. Closing twice does nothing. */
void mn_channel_close(struct mn_channel *channel);

/* Counts a producer in. Errors: MN_ECLOSED. */
mn_poll mn_channel_join(struct mn_channel *channel);

/* Counts it out; the last one closes the channel. */
void mn_channel_leave(struct mn_channel *channel);

/* ---- Inline: what passes by the ring ---------------------------------------------- */

mn_poll mn__channel_try_send(struct mn_channel *channel, const void *message, size_t size);
mn_poll mn__channel_try_receive(struct mn_channel *channel, void *message, size_t size);
mn_poll mn__channel_send_again(struct mn_send *send, const struct mn_channel *channel, size_t size);
mn_poll mn__channel_put(struct mn_send *send, struct mn_channel *channel, const void *message);
mn_poll mn__channel_hand_over(struct mn_channel *channel, const void *message);
mn_poll mn__channel_receive_again(struct mn_channel *channel, size_t size);
mn_poll mn__channel_take(struct mn_channel *channel, void *message);

static inline mn_poll mn__channel_send(struct mn_send *send, struct mn_channel *channel,
				       const void *message, size_t size)
{
	struct mn_kernel *const kernel = mn_running;

	if (MN_UNLIKELY(send->wait.state != MN_CHANNEL_IDLE || size != channel->size))
		return mn__channel_send_again(send, channel, size);
	if (channel->wait.state != MN_CHANNEL_WAITING)
		return mn__channel_put(send, channel, message);
	if (MN_UNLIKELY(kernel->watch & MN__WATCH_EVENTS))
		return mn__channel_hand_over(channel, message);
	memcpy(channel->message, message, size);
	channel->wait.state = MN_CHANNEL_DONE;
	mn__push(kernel, channel->wait.task);
	return MN_OK;
}

static inline mn_poll mn__channel_receive(struct mn_channel *channel, void *message, size_t size)
{
	struct mn_task *const task = mn_running->current;

	if (channel->wait.state == MN_CHANNEL_DONE) {
		channel->wait.state = MN_CHANNEL_IDLE;
		return MN_OK;
	}
	if (MN_UNLIKELY(channel->wait.state != MN_CHANNEL_IDLE || size != channel->size))
		return mn__channel_receive_again(channel, size);
	if (channel->count)
		return mn__channel_take(channel, message);
	if (MN_UNLIKELY(task->frame.flags & MN__TASK_CANCEL))
		return mn__channel_receive_again(channel, size);
	channel->wait.state = MN_CHANNEL_WAITING;
	channel->wait.task = task;
	channel->wait.since = mn_running->now_ticks;
	channel->message = message;
	return mn_wait_park(&channel->wait);
}

#endif
