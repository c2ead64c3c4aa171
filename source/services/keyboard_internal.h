/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the parts of the keyboard share: keyboard.c, _mux.c, _port.c and _bytes.c. */
#ifndef KEYBOARD_INTERNAL_H
#define KEYBOARD_INTERNAL_H

#include <mnemos/services/keyboard_mux.h>

/*
 * A subscription: a task of the heap, which waits for the end of the subscriber.
 *
 *     open -- 1 subscriber closes or ends --> closed, and freed
 *     open -- 2 mux ends --> left -- 1 --> closed, and freed
 *
 * `room` events and `down` keys are one more block. Of the room one event is kept free for each key
 * in `down`: its release. As each of them was pressed when two were free, there are fewer than
 * `capacity`.
 */
struct mn__keyboard_queue {
	struct mn_task task;
	struct mn_join end;
	struct mn_task *subscriber;  /* while it is known to live */
	uint32_t owner;              /* its id */
	struct mn_keyboard_mux *mux; /* NULL: has ended, or the subscription */
	struct mn_list link;         /* in mux->queues, while that is set */
	bool closed;                 /* by the subscriber */
	struct mn_channel channel;
	uint32_t lost;
	uint32_t down_count;
	uint32_t *down; /* keys that were pressed and not released: mn__key_name */
	void *memory;
};

/* A key's code and value in one number. */
static inline uint32_t mn__key_name(const struct mn_key_event *event)
{
	return (uint32_t)event->code << 24 | event->value;
}

/* Takes a subscription out of its mux, if it is in one. */
void mn__keyboard_queue_leave(struct mn__keyboard_queue *queue);

/* ---- The bytes of a terminal ----------------------------------------------------------- */

/* Takes a byte; true if a key is complete: then `event` is its press. */
bool mn__key_bytes_put(struct mn__key_bytes *bytes, uint8_t byte, struct mn_key_event *event);

/* Whether what has come may be all there is: then, after a while, mn__key_bytes_end. */
bool mn__key_bytes_open(const struct mn__key_bytes *bytes);

/* Nothing follows. As mn__key_bytes_put. */
bool mn__key_bytes_end(struct mn__key_bytes *bytes, struct mn_key_event *event);

#endif
