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
 * A subscriber has a queue of the size that it asked for. One that does not read stops nobody: for
 * which there is no room is lost to this subscriber alone and counted (mn_keyboard_lost), except
 * that the release of a key whose press it got is kept for it, so that no key seems to stay down.
 * A subscription belongs to the task that opened it and goes with it.
 *
 * Text. mn_key_text is what a key writes: a character itself, LF of Enter, TAB of Tab, NUL of Null,
 * 0x7F of Backspace; nothing of any other key, of a release, or with Ctrl, Alt or Meta (but Ctrl
 * with a letter is the control character).
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

enum mn_keyboard_what { MN_KEYBOARD_SUBSCRIBE, MN_KEYBOARD_UNSUBSCRIBE };

/* Clients use the functions below instead. */
struct mn_keyboard_request {
	enum mn_keyboard_what what;
	uint32_t capacity; /* events */
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

/*
 * Subscribes, with room for `capacity` events that are not yet read (1 to 4096), and waits for a
 * keyboard service. Errors: MN_EFULL (max_keyboards subscribers), MN_ENOMEM, MN_EINVAL, MN_EGONE,
 * MN_ECANCELED.
 */
mn_poll mn_keyboard_open(struct mn_keyboard *keyboard, uint32_t capacity);

/* The next event. Errors: MN_ECLOSED (the service has ended), MN_ECANCELED. */
mn_poll mn_keyboard_next(struct mn_keyboard *keyboard, struct mn_key_event *event);

/* The next event that writes something, as its character. Others are left out. */
mn_poll mn_keyboard_next_text(struct mn_keyboard *keyboard, uint32_t *character);

/* Events that were lost because this subscriber's queue was full, modulo 2^32. */
uint32_t mn_keyboard_lost(const struct mn_keyboard *keyboard);

/* Ends a subscription, or does nothing if it is not open. Errors: MN_EGONE, MN_ECANCELED. */
mn_poll mn_keyboard_close(struct mn_keyboard *keyboard);

/* ---- The mux ------------------------------------------------------------------------- */

/* What a keyboard's driver sends: an event. There is nothing to answer. */
struct mn_keyboard_mux_response {
	uint8_t nothing;
};

/* UUID 70861d1c-9f01-4e9b-89e6-ede77d8f26d8. */
MN_SERVICE(mn_keyboard_mux, struct mn_key_event, struct mn_keyboard_mux_response);

#endif
