/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The keyboard mux, the server of both services in keyboard.h; and a keyboard for it, that is a
 * virtual port of the serial line.
 *
 *     static struct mn_keyboard_mux mux;
 *     static struct mn_keyboard_port port;
 *
 *     static const struct mn_keyboard_mux_config config = MN_KEYBOARD_MUX_DEFAULTS;
 *
 *     mn_keyboard_mux_start(&mux, &kernel, &config);
 *     mn_keyboard_port_start(&port, &kernel, MN_KEYBOARD_PORT);
 *
 * They wait for one another and for the serial mux, so the order does not matter.
 */
#ifndef MNEMOS_SERVICES_KEYBOARD_MUX_H
#define MNEMOS_SERVICES_KEYBOARD_MUX_H

#include <mnemos/services/keyboard.h>
#include <mnemos/services/serial_mux.h>

/* ---- The mux ------------------------------------------------------------------------- */

struct mn_keyboard_mux_config {
	uint16_t max_keyboards;   /* subscribers at a time; from 1 */
	uint16_t buffer_capacity; /* events for one that does not say; 2 to 4096 */
};

/* The usual sizes, as an initializer. */
#define MN_KEYBOARD_MUX_DEFAULTS                                            \
	{                                                                   \
		.max_keyboards = 8, .buffer_capacity = MN_KEYBOARD_CAPACITY \
	}

/*
 * A mux: one task. It ends when cancelled, or if one of its services is registered already; then
 * its subscribers read what is left, and MN_ECLOSED. It is zeroed before its first start and stays
 * while the kernel lives; when it has ended it can be started anew. Besides, there is a task
 * `keyboard_queue` for each subscription.
 */
struct mn_keyboard_mux {
	struct mn_task task;
	struct mn_server server;   /* of the mux service: drivers */
	struct mn_server keyboard; /* of the keyboard service: subscribers */
	struct mn_serving event, subscription;
	struct mn_race race;
	struct mn_keyboard_mux_config config;
	struct mn_list queues; /* of subscribers */
	uint16_t queue_count;
};

/* Start-up: spawns the mux. */
void mn_keyboard_mux_start(struct mn_keyboard_mux *mux, struct mn_kernel *kernel,
			   const struct mn_keyboard_mux_config *config);

/* ---- The port ------------------------------------------------------------------------ */

#define MN_KEYBOARD_PORT 2 /* the usual one */

/*
 * Where in the bytes of a terminal it stands:
 *
 *     ground -- ESC --> escape -- [ --> sequence    until its last byte
 *       |                 |------ O --> function    the same
 *       |                 v a character
 *       +----------- text: a character of several bytes
 */
struct mn__key_bytes {
	uint8_t state;
	bool alt;        /* the character follows an ESC */
	bool after_cr;   /* an LF now belongs to it */
	bool begun, bad; /* of a sequence: has a byte; means nothing */
	uint8_t at;      /* which parameter this is */
	uint8_t missing; /* bytes of the character */
	uint16_t parameters[2];
	uint32_t character, least; /* so far; one below would have been shorter */
	uint32_t malformed;
};

/*
 * A keyboard at the other end of the serial line: what a terminal sends when its keys are pressed.
 *
 *     UTF-8                          Char
 *     CR, LF, CR LF                  Enter
 *     TAB, ESC [ Z                   Tab, BackTab
 *     0x08, 0x7F                     Backspace
 *     0x00                           Null
 *     0x01 to 0x1F, else             Char with Ctrl: the letter, or one of \ ] ^ _
 *     ESC, and nothing for 50 ms     Esc
 *     ESC and a character            the same key with Alt
 *     ESC [ ..., ESC O ...           arrows, Home, End, Insert, Delete, pages, F1 to F20, the key
 *                                    pad, with the modifiers of xterm
 *
 * A terminal does not say when a key goes up, so each key is pressed and released at once.
 * What is malformed or has no meaning is left out and counted; the next good key is seen.
 * The port waits for the serial mux and for the keyboard mux, and for each again if it ends. It
 * ends, with a line in the log at warn, if its port is taken or there is no memory for its ring.
 */
struct mn_keyboard_port {
	struct mn_task task;
	struct mn_sermux_open open;
	struct mn_sermux_port port;
	struct mn_bbq_read rx;
	struct mn_timeout limit;
	struct mn_keyboard_publish publish;
	struct mn__key_bytes bytes;
	struct mn_key_event event;
	size_t at;   /* bytes of rx.data that were seen to */
	bool paused; /* nothing was read: what was begun is all there is */
	uint16_t number;
};

/* Start-up: spawns it. It is zeroed before its first start, and can be started anew. */
void mn_keyboard_port_start(struct mn_keyboard_port *port, struct mn_kernel *kernel,
			    uint16_t number);

/* Sequences and bytes that meant nothing, modulo 2^32. */
static inline uint32_t mn_keyboard_port_malformed(const struct mn_keyboard_port *port)
{
	return port->bytes.malformed;
}

#endif
