/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Oneshots; the states are drawn in oneshot.h.
 *
 * Invariant: the wait is active only while armed, and from a transition out of it until
 * the receiver has looked. The state alone says what the receiver is answered.
 */
#include <mnemos/oneshot.h>
#include <mnemos/operation.h>
#include "internal.h"

void mn_oneshot_init(struct mn_oneshot *oneshot, void *value, size_t size)
{
	*oneshot = (struct mn_oneshot){.value = value, .size = size};
}

static void wake_receiver(const struct mn_oneshot *oneshot)
{
	if (mn_wait_active(&oneshot->wait))
		mn_wake(oneshot->wait.task);
}

/* 2, or refused. */
mn_poll mn__oneshot_send_slow(struct mn_oneshot *oneshot, const void *value, size_t size)
{
	MN_ASSERT(size == oneshot->size);
	switch (oneshot->wait.state) {
	case MN_ONESHOT_IDLE:
		return MN_EREFUSED;
	case MN_ONESHOT_SENT:
		return MN_EFULL;
	case MN_ONESHOT_ARMED:
		break;
	default:
		return MN_ECLOSED;
	}
	oneshot->wait.state = MN_ONESHOT_SENT;
	memcpy(oneshot->value, value, size);
	wake_receiver(oneshot);
	return MN_OK;
}

static mn_poll receive_leave(struct mn_oneshot *oneshot, enum mn_oneshot_state state, mn_poll how)
{
	oneshot->wait.state = (uint8_t)state;
	mn_wait_end(&oneshot->wait);
	return how;
}

/* All but 3 itself and the first poll of a wait, which are inline. */
mn_poll mn__oneshot_receive_slow(struct mn_oneshot *oneshot)
{
	switch (oneshot->wait.state) {
	case MN_ONESHOT_IDLE:
		return receive_leave(oneshot, MN_ONESHOT_IDLE, MN_EEMPTY);
	case MN_ONESHOT_ARMED:
		if (mn_wait_canceled())
			return receive_leave(oneshot, MN_ONESHOT_ARMED, MN_ECANCELED);
		return mn_wait_park(&oneshot->wait);
	case MN_ONESHOT_SENT_LAST:
		return receive_leave(oneshot, MN_ONESHOT_CLOSED, MN_OK);
	default:
		return receive_leave(oneshot, MN_ONESHOT_CLOSED, MN_ECLOSED);
	}
}

/* 4: armed -> idle. */
void mn_oneshot_disarm(struct mn_oneshot *oneshot)
{
	if (oneshot->wait.state != MN_ONESHOT_ARMED)
		return;
	oneshot->wait.state = MN_ONESHOT_IDLE;
	wake_receiver(oneshot);
}

/* 5: -> closed, or sent -> sent, then closed. */
void mn_oneshot_close(struct mn_oneshot *oneshot)
{
	if (oneshot->wait.state == MN_ONESHOT_SENT) {
		oneshot->wait.state = MN_ONESHOT_SENT_LAST; /* the receiver has been woken */
		return;
	}
	if (oneshot->wait.state == MN_ONESHOT_SENT_LAST)
		return;
	oneshot->wait.state = MN_ONESHOT_CLOSED;
	wake_receiver(oneshot);
}
