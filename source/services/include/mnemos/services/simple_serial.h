/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Simple serial: one hardware byte stream, for one owner at a time.
 *
 * A driver has a `struct mn_serial_line`: two byte queues and the number of the peer, that is,
 * of whoever is at the other end. It starts the server of this file for it, which gives the
 * line to the first client that asks, and takes it back when that client releases it or its
 * task ends. Several lines are several instances by name ("uart0", "tcp").
 *
 * Peers. A UART has one peer for ever. A socket has one after the other, and nothing of one may
 * reach the next. So the owner accepts each peer before a byte flows:
 *
 *     nobody -- 1 attach --> waiting -- 2 accept --> flowing
 *        ^                      |                       |
 *        +----------------------+----- 3 detach --------+---> and accepted by the owner, too
 *
 *     1 the driver: mn_serial_line_attach. It does not yet read from the new peer.
 *     2 the owner: mn_serial_line_accept drops all bytes that are left in rx, which are an
 *       earlier peer's; then line->accepted_by_owner runs, in which the driver drops all that
 *       is left in tx, and begins to read and to send.
 *     3 the driver: mn_serial_line_detach, when the peer has gone.
 *
 * A driver in full (a socket; handler means interrupt context, or the same thread):
 *
 *     mn_bbq_irq_init(&rx, kernel, ..., MN_BBQ_IRQ_WRITES, resume_reading);
 *     mn_bbq_irq_init(&tx, kernel, ..., MN_BBQ_IRQ_READS, note_output);
 *     mn_serial_line_init(&line, kernel, &rx.bbq, &tx.bbq, go_on);
 *     mn_simple_serial_start(&server, kernel, &line, "tcp");
 *
 *     on a connection:        mn_serial_line_attach(&line);
 *     go_on (line):           if (!mn_serial_line_flows(&line)) return;   // peer 0: nobody
 *                             empty tx; start reading into rx; send what comes in tx
 *     on its end:             stop both; mn_serial_line_detach(&line);
 *
 * The `kick` of tx is called once a frame, many times in a turn of the kernel: it should only
 * note that there is output, which is then sent together when the kernel has nothing to do.
 *
 * Memory: line, server and queues are the driver's, for as long as the kernel lives.
 */
#ifndef MNEMOS_SERVICES_SIMPLE_SERIAL_H
#define MNEMOS_SERVICES_SIMPLE_SERIAL_H

#include <stdatomic.h>
#include <mnemos/bbq.h>
#include <mnemos/irq.h>
#include <mnemos/kernel.h>

/* ---- The line -------------------------------------------------------------------- */

struct mn_serial_line {
	struct mn_bbq *rx;         /* the owner reads */
	struct mn_bbq *tx;         /* the owner writes */
	_Atomic uint32_t peer;     /* who is there; 0: nobody. Stored by the driver */
	_Atomic uint32_t accepted; /* who was accepted last. Stored by the owner */
	uint32_t served;           /* the owners': the last peer that any of them accepted */
	bool resumed;              /* the owners': it had been accepted before, see below */
	struct mn_irq changed;     /* raised when `peer` changes */
	void (*accepted_by_owner)(struct mn_serial_line *line); /* task context; or NULL */
	uint32_t last_peer; /* the driver's: last number given */
};

/* Start-up: a line with nobody at the other end. `accepted_by_owner` may be NULL. */
void mn_serial_line_init(struct mn_serial_line *line, struct mn_kernel *kernel, struct mn_bbq *rx,
			 struct mn_bbq *tx, void (*accepted_by_owner)(struct mn_serial_line *line));

/* Owner: it carries the trace, so its server and its interrupts are not traced, see trace.h. */
void mn_serial_line_mute(struct mn_serial_line *line);

/* Driver, any one context: a new peer is there, also in place of an earlier one. */
void mn_serial_line_attach(struct mn_serial_line *line);

/* Driver, the same context: the peer has gone and nobody is there. */
void mn_serial_line_detach(struct mn_serial_line *line);

/* Any context: whether a peer is there that the owner has accepted: bytes may flow. */
static inline bool mn_serial_line_flows(const struct mn_serial_line *line)
{
	const uint32_t peer = atomic_load_explicit(&line->peer, memory_order_acquire);

	return peer && peer == atomic_load_explicit(&line->accepted, memory_order_acquire);
}

/* Owner: whether the peer is another than the one accepted last. */
static inline bool mn_serial_line_has_changed(const struct mn_serial_line *line)
{
	return atomic_load_explicit(&line->peer, memory_order_acquire) !=
	       atomic_load_explicit(&line->accepted, memory_order_relaxed);
}

/* Owner: waits until mn_serial_line_has_changed. Errors: MN_ECANCELED. */
mn_poll mn_serial_line_change(struct mn_irq_wait *op, struct mn_serial_line *line);

/*
 * Owner, with no grant of rx: drops what is left in rx, accepts the peer that is there now and
 * returns its number; 0 if it is nobody. Bytes that the owner wrote before are dropped. If an
 * earlier owner had accepted the same peer, line->resumed is true: the peer may have received
 * the half of something.
 */
uint32_t mn_serial_line_accept(struct mn_serial_line *line);

/* ---- The service ----------------------------------------------------------------- */

/* What a client may ask for. */
enum mn_simple_serial_what {
	MN_SIMPLE_SERIAL_GET_PORT, /* the line becomes the caller's task's; MN_EBUSY: it has an
				      owner */
	MN_SIMPLE_SERIAL_RELEASE   /* and no longer is; MN_EREFUSED: it is not the caller's */
};

/* All requests are the same, and none lends memory. */
struct mn_simple_serial_request {
	enum mn_simple_serial_what what;
};

/* The line stays where it is; GET_PORT says where. */
struct mn_simple_serial_response {
	struct mn_serial_line *line; /* of GET_PORT; accept its peer before using it */
};

/* UUID f06aac01-2773-4266-8681-583ffe756554. */
MN_SERVICE(mn_simple_serial, struct mn_simple_serial_request, struct mn_simple_serial_response);

/*
 * Its server, for any driver. It ends when cancelled; then rx and tx close, so that the owner,
 * if there is one, gets MN_ECLOSED, and no other can have the line again.
 */
struct mn_simple_serial {
	struct mn_task task;
	struct mn_server server;
	struct mn_serving serving;
	struct mn_race race;
	struct mn_join end; /* of the owner */
	struct mn_serial_line *line;
	const char *instance;
	struct mn_task *owner; /* NULL: the line is free */
};

/* Start-up: spawns the server, zeroed before. `instance` may be NULL and must stay. */
void mn_simple_serial_start(struct mn_simple_serial *server, struct mn_kernel *kernel,
			    struct mn_serial_line *line, const char *instance);

#endif
