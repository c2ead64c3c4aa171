/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A oneshot: one value from one task to another, once; then it can be used again.
 *
 * It is the receiver's: the struct is also its wait, and the value arrives in memory that
 * the receiver gave at the start. The sender is whoever was handed the pointer.
 *
 *               1 arm              2 send                3 receive
 *     idle ------------> armed ------------> sent ----------------> idle
 *      ^                   |                  | 1 arm: the old value is discarded
 *      +---- 4 disarm -----+                  +--> armed
 *
 *     any --5 close--> closed; a value that was sent is still received first
 *
 *     mn_oneshot_init(&self->oneshot, &self->answer, sizeof self->answer);
 *     for (;;) {
 *             MN_TRY(self, mn_oneshot_arm(&self->oneshot));
 *             ask(somebody, &self->question, &self->oneshot);
 *             MN_TRY(self, mn_oneshot_receive(&self->oneshot));
 *             use(&self->answer);
 *     }
 *
 * A receive that is cancelled leaves the oneshot armed: the sender may still send, and
 * the receiver receive it later. Who no longer wants it disarms it; who no longer wants
 * any closes it. Each arming is for one sender: one from an earlier arming that
 * sends late is not told apart. Memory: must stay until the sender has let go of it.
 *
 * Task context only (mn_oneshot_init: any), both tasks in one kernel. O(1).
 */
#ifndef MNEMOS_ONESHOT_H
#define MNEMOS_ONESHOT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <mnemos/operation.h>

/* Those up to SENT can be armed. */
enum mn_oneshot_state {
	MN_ONESHOT_IDLE,
	MN_ONESHOT_SENT,
	MN_ONESHOT_ARMED,
	MN_ONESHOT_SENT_LAST, /* sent, then closed */
	MN_ONESHOT_CLOSED
};

/* The receiver's; handed to a sender as a pointer. */
struct mn_oneshot {
	struct mn_wait wait; /* the receiver's; wait.state is an enum mn_oneshot_state */
	void *value;
	size_t size;
};

/* Makes it idle. Values of `size` bytes will arrive in `value`. */
void mn_oneshot_init(struct mn_oneshot *oneshot, void *value, size_t size);

/*
 * Receiver: makes it ready for one send; a value not yet received is discarded. Errors:
 * MN_EBUSY if it is armed already, MN_ECLOSED.
 */
static inline mn_poll mn_oneshot_arm(struct mn_oneshot *oneshot);

/*
 * mn_poll mn_oneshot_send(struct mn_oneshot *, const VALUE *value)
 *
 * Sender: copies the value to the receiver and wakes it. Never waits. A value whose type
 * is of another size panics. Errors, with which nothing was copied: MN_EREFUSED if
 * nobody wants a value, MN_EFULL if there is one already, MN_ECLOSED.
 */
#define mn_oneshot_send(oneshot, value) mn__oneshot_send((oneshot), (value), sizeof *(value))

/*
 * Receiver: waits for the value; with MN_OK it is in place. Errors: MN_EEMPTY if it is
 * not armed or was disarmed: there will be none; MN_ECLOSED, MN_ECANCELED.
 */
static inline mn_poll mn_oneshot_receive(struct mn_oneshot *oneshot);

/*
 * Either: takes the arming back, because the sender will not send or the receiver does
 * not want it any more. A waiting receive answers MN_EEMPTY. Does nothing unless armed.
 */
void mn_oneshot_disarm(struct mn_oneshot *oneshot);

/* Either: ends it for good; wakes the receiver with MN_ECLOSED. */
void mn_oneshot_close(struct mn_oneshot *oneshot);

/* ---- Inline: the value comes when it is waited for -------------------------------- */

static inline mn_poll mn_oneshot_arm(struct mn_oneshot *oneshot)
{
	if (MN_UNLIKELY(oneshot->wait.state > MN_ONESHOT_SENT))
		return oneshot->wait.state == MN_ONESHOT_ARMED ? MN_EBUSY : MN_ECLOSED;
	oneshot->wait.state = MN_ONESHOT_ARMED;
	return MN_OK;
}

mn_poll mn__oneshot_send_slow(struct mn_oneshot *oneshot, const void *value, size_t size);
mn_poll mn__oneshot_receive_slow(struct mn_oneshot *oneshot);

static inline mn_poll mn__oneshot_send(struct mn_oneshot *oneshot, const void *value, size_t size)
{
	struct mn_kernel *const kernel = mn_running;

	if (MN_UNLIKELY(oneshot->wait.state != MN_ONESHOT_ARMED || size != oneshot->size ||
			!mn_wait_active(&oneshot->wait) || kernel->watch & MN__WATCH_EVENTS))
		return mn__oneshot_send_slow(oneshot, value, size);
	memcpy(oneshot->value, value, size);
	oneshot->wait.state = MN_ONESHOT_SENT;
	mn__push(kernel, oneshot->wait.task);
	return MN_OK;
}

static inline mn_poll mn_oneshot_receive(struct mn_oneshot *oneshot)
{
	if (oneshot->wait.state == MN_ONESHOT_SENT) {
		oneshot->wait.kind = MN_WAIT_NONE;
		oneshot->wait.state = MN_ONESHOT_IDLE;
		return MN_OK;
	}
	if (oneshot->wait.state != MN_ONESHOT_ARMED || mn_wait_active(&oneshot->wait) ||
	    MN_UNLIKELY(mn_self()->frame.flags & MN__TASK_CANCEL))
		return mn__oneshot_receive_slow(oneshot);
	mn_wait_begin(&oneshot->wait, MN_WAIT_ONESHOT, oneshot);
	return mn_wait_park(&oneshot->wait);
}

#endif
