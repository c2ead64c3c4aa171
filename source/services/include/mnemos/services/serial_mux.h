/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Serial mux: 65,536 virtual ports on one serial line, in the format of proto/sermux.h.
 *
 *     struct echo {
 *             struct mn_task task;
 *             struct mn_sermux_open open;
 *             struct mn_sermux_port port;
 *             struct mn_bbq_read rx;
 *             struct mn_sermux_write tx;
 *     };
 *
 *     MN_TRY(self, mn_sermux_open(&self->open, 7, 128, MN_SERMUX_WAIT, &self->port));
 *     MN_AWAIT(self, mn_bbq_read(&self->rx, self->port.rx));          // what has arrived
 *     MN_AWAIT(self, mn_sermux_write(&self->tx, &self->port, self->rx.data, self->rx.len));
 *     mn_bbq_release(self->port.rx, self->rx.len);
 *     ...
 *     mn_sermux_close(&self->port);                                   // on every way out
 *
 * A port is a byte stream in each direction; frame borders carry no meaning. Everything here
 * is for task context, in the kernel of the mux.
 *
 * When bytes come for a port whose ring is full, the port's own policy decides:
 *
 *     MN_SERMUX_WAIT  the line is not read until there is room, so nothing is lost and the
 *                     sender is slowed down. A payload larger than the ring comes in pieces.
 *                     But one reader must not stop all others: a payload that has held the
 *                     line for `max_hold_us` loses its rest, and the port drops from then on
 *                     what comes, until its reader has made room. (Time in which the port's
 *                     client itself waits to write does not count: then it is the peer that
 *                     does not read.)
 *     MN_SERMUX_DROP  a payload that does not fit as a whole is dropped as a whole.
 *
 * Either way what is dropped is counted.
 *
 * Nobody at the other end: what is written is discarded, as on a wire. Nothing waits for a
 * client to come, and none gets what was meant for an earlier one: when the peer of the line
 * changes (simple_serial.h), an unfinished frame is forgotten in both directions, and a write
 * of a port counts as an answer to the old peer, and is discarded, while the port's ring still
 * has bytes of that one, for max_hold_us at most.
 *
 * Memory: when the mux starts, one block of the kernel's heap for about one and a half frames
 * and a pointer per port that can be open; one block per port, for its ring and about 110
 * bytes, from open to close.
 */
#ifndef MNEMOS_SERVICES_SERIAL_MUX_H
#define MNEMOS_SERVICES_SERIAL_MUX_H

#include <mnemos/heap.h>
#include <mnemos/proto/sermux.h>
#include <mnemos/services/simple_serial.h>
#include <mnemos/sync.h>

/* ---- Ports ----------------------------------------------------------------------- */

/* What happens to bytes for which the ring has no room. */
enum mn_sermux_when_full { MN_SERMUX_WAIT, MN_SERMUX_DROP };

struct mn__sermux_slot;

/* A client's port, all zero while closed. */
struct mn_sermux_port {
	struct mn_bbq *rx;            /* read what has arrived; MN_ECLOSED: the mux has ended */
	struct mn__sermux_slot *slot; /* the mux's own */
};

/* What the mux has counted, modulo 2^32. Bytes are of payloads. */
struct mn_sermux_stats {
	uint32_t frames_in, bytes_in;   /* good frames, whatever became of them */
	uint32_t frames_out, bytes_out; /* sent */
	uint32_t bad_cobs;              /* not COBS: garbage, or plain text */
	uint32_t too_short;             /* COBS of fewer than three bytes: no payload */
	uint32_t overlong;              /* longer than max_frame: skipped to its end */
	uint32_t unknown_port;          /* good, but the port is not open */
	uint32_t holds;                 /* payloads that held the line */
	uint32_t holds_expired;         /* and lost their rest */
	uint32_t bytes_dropped;         /* for which a port had no room */
	uint32_t bytes_discarded;       /* written for nobody, or for an earlier peer */
	uint32_t peers;                 /* that were accepted */
};

/* ---- The service ----------------------------------------------------------------- */

/* What a client may ask for. */
enum mn_serial_mux_what { MN_SERIAL_MUX_OPEN, MN_SERIAL_MUX_STATS };

/* Clients use the functions below instead. */
struct mn_serial_mux_request {
	enum mn_serial_mux_what what;
	uint16_t number;
	enum mn_sermux_when_full when_full;
	size_t capacity;
};

/* Where the answer goes: memory of the client. */
struct mn_serial_mux_response {
	struct mn_sermux_port port;    /* of OPEN */
	struct mn_sermux_stats *stats; /* of STATS: set by the client, filled by the mux */
};

/* UUID 54c983fa-736f-4223-b90d-c4360a308647. */
MN_SERVICE(mn_serial_mux, struct mn_serial_mux_request, struct mn_serial_mux_response);

/* An operation: a request to the mux. */
struct mn_sermux_open {
	struct mn_frame frame;
	struct mn_connect connect;
	struct mn_serial_mux_client mux;
	struct mn_call call;
	struct mn_serial_mux_request request;
	struct mn_serial_mux_response response;
};

/*
 * Opens port `number` with a ring of `capacity` bytes for what arrives; waits for the mux. The
 * port belongs to the running task, which must close it before it ends. Errors: MN_EEXIST (the
 * port is open), MN_EFULL (max_ports are), MN_ENOMEM, MN_EINVAL (capacity 0), MN_ETOOBIG
 * (above MN_BBQ_CAPACITY_MAX), MN_EGONE, MN_ECANCELED.
 */
mn_poll mn_sermux_open(struct mn_sermux_open *op, uint16_t number, size_t capacity,
		       enum mn_sermux_when_full when_full, struct mn_sermux_port *port);

/* Closes a port, or does nothing if it is closed. No read grant, read or write is under way. */
void mn_sermux_close(struct mn_sermux_port *port);

/* Copies the numbers of the mux. Errors: as mn_connect and mn_call. */
mn_poll mn_sermux_get_stats(struct mn_sermux_open *op, struct mn_sermux_stats *stats);

/* Bytes that were dropped because this port's ring was full, modulo 2^32. */
uint32_t mn_sermux_dropped(const struct mn_sermux_port *port);

/* The numbers of the mux, for who must not wait for it. Good as long as the port is open. */
const struct mn_sermux_stats *mn_sermux_port_stats(const struct mn_sermux_port *port);

/* ---- Peers, for those who say something different to each ------------------------------ */

/* Who is at the other end: another number for each peer; 0: nobody, or the mux has ended. */
uint32_t mn_sermux_peer(const struct mn_sermux_port *port);

/*
 * Waits until mn_sermux_peer is another than `peer`. That the mux has ended is told by the ring.
 * Errors: MN_ECANCELED.
 */
mn_poll mn_sermux_peer_change(struct mn_waiter *op, const struct mn_sermux_port *port,
			      uint32_t peer);

/* How many of the bytes in the port's ring, the first ones, are of an earlier peer. */
size_t mn_sermux_earlier(const struct mn_sermux_port *port);

/*
 * This port carries the trace: what carries the port, down to the line's interrupt, is no
 * longer traced (trace.h). To be said for each peer, since what carries it may be another.
 */
void mn_sermux_mute(const struct mn_sermux_port *port);

/* ---- Writing --------------------------------------------------------------------- */

/* A write under way. */
struct mn_sermux_write {
	struct mn_frame frame;
	struct mn_waiter turn;
	struct mn_race race;
	struct mn_bbq_write room;
	struct mn_waiter cut;
	struct mn_bbq *tx; /* the line's */
	struct mn__sermux_slot *slot;
	const uint8_t *data;
	size_t len;
	size_t sent;      /* bytes whose frames are on their way, also after an error */
	uint32_t session; /* the peer for whom */
};

/*
 * Writes `len` bytes in pieces of at most half of max_frame, a frame each, and waits while the
 * line is full. Pieces of different ports take turns, first come, first served. MN_OK says that
 * all is in the line's queue, or was discarded. Errors: MN_EGONE (the mux has ended),
 * MN_ECANCELED; a frame that was begun by then is completed in front of the next one.
 * Cost: the bytes are encoded straight into the line's queue where it has room in one piece.
 */
mn_poll mn_sermux_write(struct mn_sermux_write *op, const struct mn_sermux_port *port,
			const void *data, size_t len);

/*
 * The same without waiting: all, or nothing and MN_EFULL. Errors: also MN_ETOOBIG for more than
 * the line's queue could ever take, MN_EGONE.
 */
mn_poll mn_sermux_try_write(const struct mn_sermux_port *port, const void *data, size_t len);

/* ---- The server ------------------------------------------------------------------ */

/* How large a mux is. */
struct mn_serial_mux_config {
	uint16_t max_ports;   /* that can be open at a time */
	uint16_t max_frame;   /* bytes of the longest frame taken, terminator included; from 16 */
	uint64_t max_hold_us; /* how long a payload may hold the line */
	const char *line;     /* instance of simple serial, or NULL for the first; must stay */
};

/* The usual sizes, as an initializer. */
#define MN_SERIAL_MUX_DEFAULTS                                                            \
	{                                                                                 \
		.max_ports = 16, .max_frame = MN_SERMUX_MAX_FRAME, .max_hold_us = 100000, \
	}

/* The task that reads the line and delivers. */
struct mn__sermux_pump {
	struct mn_task task;
	struct mn_connect connect;
	struct mn_simple_serial_client serial;
	struct mn_call call;
	struct mn_simple_serial_request request;
	struct mn_simple_serial_response response;
	struct mn_race race;
	struct mn_irq_wait change;
	struct mn_bbq_read rx;
	size_t at, end;               /* of rx.data: decoded so far; to be decoded in this turn */
	struct mn__sermux_slot *slot; /* whose payload is being delivered, or NULL */
	const uint8_t *data;          /* its rest */
	size_t left;
	uint64_t hold_until_us; /* 0: this payload has not held the line yet */
	struct mn_timeout limit;
	struct mn_bbq_write room;
};

/*
 * A mux. Its task serves the requests, and ends with an error if another client has the line,
 * or when cancelled; then all ports are closed from the mux's side. It is zeroed before its
 * first start and stays while the kernel lives; when it has ended it can be started anew. A line
 * that ends is waited for until it is registered again.
 */
struct mn_serial_mux {
	struct mn_task task;
	struct mn_server server;
	struct mn_serving serving;
	struct mn_race race;
	struct mn_join end; /* of the pump */
	struct mn_alloc memory;
	struct mn__sermux_pump pump;
	mn_poll why; /* it ends */
	struct mn_serial_mux_config config;

	struct mn__sermux_slot **slots; /* open ports by number */
	uint16_t slot_count;

	struct mn_serial_line *line; /* NULL: there is none */
	bool attached;               /* a peer is there and accepted */
	uint32_t session;            /* counts changes of the peer */
	uint64_t stale_until_us;     /* after that nothing counts as an earlier peer's */
	struct mn_sermux_receiver receiver;

	struct mn_semaphore tx_turn; /* one permit: to send the frame in tx_frame */
	struct mn_queue tx_cut;      /* woken when that frame has become pointless */
	uint8_t *tx_frame;      /* one frame, where the line's queue has no room in one piece */
	size_t tx_sent, tx_len; /* of it; equal when it has gone */

	struct mn_sermux_stats stats;
};

/* Start-up: spawns the mux. */
void mn_serial_mux_start(struct mn_serial_mux *mux, struct mn_kernel *kernel,
			 const struct mn_serial_mux_config *config);

#endif
