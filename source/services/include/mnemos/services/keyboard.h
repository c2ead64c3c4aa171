/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Keyboard: key events for everyone who wants them; and the mux, that collects them from all
 * keyboards.
 *
 *     struct shell { struct mn_task task; struct mn_keyboard keyboard; struct mn_key_event key; };
 *
 *     MN_TRY(self, mn_keyboard_open(&self->keyboard, 32));
 *     for (;;) {
 *             MN_TRY(self, mn_keyboard_next(&self->keyboard, &self->key));
 *             if (self->key.kind != MN_KEY_RELEASED && self->key.code == MN_KEY_LEFT)
 *                     ...
 *     }
 *
 * A subscriber has a queue of the size that it asked for. One that does not read stops nobody: a
 * press or a repeat for which there is no room is lost to this subscriber alone and counted
 * (mn_keyboard_lost). A press is taken only where its release has room as well, and a release comes
 * to those that got the press: so no key seems to stay down, and none comes up that was not down.
 * A subscription belongs to the task that opened it and goes with it.
 *
 * What an event says is in <mnemos/key.h>.
 *
 * Text. mn_key_text is what a key writes: a character itself, LF of Enter, TAB of Tab, NUL of Null,
 * 0x7F of Backspace; nothing of any other key, of a release, or with Ctrl, Alt or Meta. But Ctrl
 * with a letter, a space or one of @[\]^_ is the control character.
 *
 * The services' UUIDs are those of Keyboard and KeyboardMux. All is for task context, if it is not
 * said otherwise.
 */
#ifndef MNEMOS_SERVICES_KEYBOARD_H
#define MNEMOS_SERVICES_KEYBOARD_H

#include <mnemos/channel.h>
#include <mnemos/key.h>
#include <mnemos/kernel.h>
#include <mnemos/registry.h>

/* The character that an event writes, or -1: see above. */
int32_t mn_key_text(const struct mn_key_event *event);

/* ---- Subscribers --------------------------------------------------------------------- */

/* Clients use the functions below instead. */
struct mn_keyboard_request {
	uint32_t capacity; /* events; 0: as the mux is configured */
};

struct mn__keyboard_queue;

struct mn_keyboard_response {
	struct mn__keyboard_queue *queue;
};

/* UUID 524d77b1-499c-440b-bd62-e63c0918efb5. */
MN_SERVICE(mn_keyboard, struct mn_keyboard_request, struct mn_keyboard_response);

/* A subscription, zeroed before its first use; one operation at a time. */
struct mn_keyboard {
	struct mn_frame frame;
	struct mn_connect connect;
	struct mn_keyboard_client client;
	struct mn_call call;
	struct mn_keyboard_request request;
	struct mn_keyboard_response response;
	struct mn__keyboard_queue *queue; /* NULL: not open */
	struct mn_key_event event;        /* of mn_keyboard_next_text */
};

#define MN_KEYBOARD_CAPACITY 32 /* the usual one */
#define MN_KEYBOARD_CAPACITY_MAX 4096

/*
 * Subscribes, with room for `capacity` events that are not yet read (2 to 4096; 0: as many as the
 * mux is configured for), and waits for a keyboard service. Memory: some 200 bytes, and 12 an
 * event, of the heap. Errors: MN_EFULL (max_keyboards subscribers), MN_ENOMEM, MN_EINVAL (a
 * capacity that cannot be, or it is open already), MN_EGONE, MN_ECANCELED.
 */
mn_poll mn_keyboard_open(struct mn_keyboard *keyboard, uint32_t capacity);

/*
 * The next event. Errors: MN_ECLOSED (the service has ended, and what it left has been read; close
 * and open again to wait for it), MN_ECANCELED.
 */
mn_poll mn_keyboard_next(struct mn_keyboard *keyboard, struct mn_key_event *event);

/* The next event that writes something, as its character. Others are left out. */
mn_poll mn_keyboard_next_text(struct mn_keyboard *keyboard, uint32_t *character);

/* Presses and repeats that were lost because this subscriber's queue was full, modulo 2^32. */
uint32_t mn_keyboard_lost(const struct mn_keyboard *keyboard);

/* Ends a subscription, at once, or does nothing if it is not open. It can be opened again. */
void mn_keyboard_close(struct mn_keyboard *keyboard);

/* ---- Keyboards ----------------------------------------------------------------------- */

/* What the mux answers to an event: nothing. The server is in <mnemos/services/keyboard_mux.h>. */
struct mn_keyboard_mux_response {
	uint8_t nothing;
};

/* UUID 70861d1c-9f01-4e9b-89e6-ede77d8f26d8. */
MN_SERVICE(mn_keyboard_mux, struct mn_key_event, struct mn_keyboard_mux_response);

/* A driver's way to the mux, zeroed before its first use. */
struct mn_keyboard_publish {
	struct mn_frame frame;
	struct mn_connect connect;
	struct mn_keyboard_mux_client mux;
	struct mn_call call;
	const struct mn_key_event *event;
	struct mn_keyboard_mux_response response;
};

/*
 * Sends an event to the mux, and waits for one if there is none, or if it ends. When this has
 * ended all subscribers have got the event, or lost it. Errors: MN_EINVAL (no such key, or a value
 * that it cannot have), MN_ECANCELED.
 */
mn_poll mn_keyboard_publish(struct mn_keyboard_publish *op, const struct mn_key_event *event);

#endif
