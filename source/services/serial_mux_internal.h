/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the parts of the serial mux share: serial_mux.c, _rx.c and _tx.c. */
#ifndef SERIAL_MUX_INTERNAL_H
#define SERIAL_MUX_INTERNAL_H

#include <mnemos/services/serial_mux.h>

/*
 * An open port, a block of the heap.
 *
 *     open -- 1 client closes --> freed
 *     open -- 1 while the pump delivers to it --> closed -- 2 the pump lets go --> freed
 *     open -- 3 mux ends --> gone -- 1 client closes --> freed
 */
struct mn__sermux_slot {
	struct mn_bbq ring; /* what has arrived */
	struct mn_serial_mux *mux;
	uint32_t owner;    /* id of the client's task */
	uint32_t received; /* bytes that were put into the ring */
	uint32_t mark;     /* of `received`, when the peer changed */
	uint32_t dropped;
	uint16_t number;
	uint16_t writes; /* of the client, that wait */
	bool drop;       /* its policy */
	bool stalled;    /* its policy is to wait, but its reader seems dead */
	bool stale;      /* the ring may hold bytes from before `mark` */
	bool closed;     /* the pump will free it */
	bool gone;       /* the mux has ended */
	uint8_t storage[];
};

/* Bytes that are free in a queue, perhaps in two pieces. */
static inline size_t mn__free_bytes(const struct mn_bbq *q)
{
	return mn_bbq_capacity(q) - mn_bbq_used(q);
}

/* Index of the first open port with this number or a higher one. */
uint16_t mn__sermux_place(const struct mn_serial_mux *mux, uint16_t number);

/* The open port with this number, or NULL. */
struct mn__sermux_slot *mn__sermux_find(const struct mn_serial_mux *mux, uint16_t number);

/* The peer has changed, or the line has gone: nothing of the old peer goes on. */
void mn__sermux_change_peer(struct mn_serial_mux *mux, bool attached);

/* Spawns the task that reads the line. */
void mn__sermux_pump_start(struct mn_serial_mux *mux);

#endif
