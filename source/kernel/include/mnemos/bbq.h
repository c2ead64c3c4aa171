/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Byte queues: bytes from tasks to a task, without a copy of their own.
 *
 * A writer is granted a contiguous piece of the queue's storage, fills it in place and
 * commits what it used; the reader is granted what is there, works on it in place and
 * releases what it is done with. Order is kept, nothing is lost.
 *
 *     static struct mn_bbq q;
 *     static uint8_t storage[256];
 *     mn_bbq_init(&q, storage, sizeof storage);
 *
 *     MN_TRY(self, mn_bbq_write(&self->tx, &q, 64));          // writer: 1 to 64 bytes
 *     size_t n = fill(self->tx.data, self->tx.len);
 *     mn_bbq_commit(&q, n);
 *
 *     MN_TRY(self, mn_bbq_read(&self->rx, &q));               // reader: at least 1
 *     use(self->rx.data, self->rx.len);
 *     mn_bbq_release(&q, self->rx.len);
 *
 * Who: any number of tasks write, and take turns, first come, first served: one has a
 * turn from its wait to its commit (mn_bbq_send: until all is sent), so pieces never mix.
 * One task reads. A queue that an interrupt handler or another thread writes or reads is
 * in bbq_irq.h; queues of frames are in bbq_framed.h. Here everything is for task context.
 *
 * Memory: the queue and its storage are the caller's, from mn_bbq_init until no task uses
 * either. Capacity: any, from 1 to 2^30 bytes, and all of it can be used.
 *
 * Grants: at most one write grant and one read grant at a time. A grant is the holder's
 * until its commit or release, which every grant must get, with 0 if nothing was used;
 * a smaller number than granted gives the rest back. Committing or releasing more than
 * was granted panics. Reading again before a release grants the same bytes again, and
 * what has come since. A release frees room at once, and an empty queue starts anew at the
 * start of its storage, so an exact grant up to the whole capacity is always granted once
 * the reader has kept up.
 *
 * Ends: closing the read end tells writers MN_ECLOSED at once. Closing the write end
 * tells the reader MN_ECLOSED when it has taken what is there. A grant that is out at
 * that moment stays good until its commit or release.
 *
 * Cost: a grant or its end takes some 20 instructions, and 20 more to wake the other side.
 * 72 bytes a queue on 64-bit machines, 52 on 32-bit. Grants, commits and waits are logged
 * as kernel::bbq at trace level; there a queue's name is its storage's address.
 */
#ifndef MNEMOS_BBQ_H
#define MNEMOS_BBQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <mnemos/list.h>
#include <mnemos/wait.h>

/* Bytes that a queue can have at most. */
#define MN_BBQ_CAPACITY_MAX (UINT32_C(1) << 30)

struct mn_bbq_write;

/*
 * A queue. The bytes are, in order:
 *     not wrapped:  [read, write)              and free are [write, capacity), [0, read)
 *     wrapped:      [read, last), [0, write)   and free are [write, read)
 */
struct mn_bbq {
	uint8_t *storage;
	uint32_t capacity;
	uint32_t flags; /* MN__BBQ_ below */
	uint32_t write;
	uint32_t read;
	uint32_t last;
	uint32_t granted;          /* bytes of the write grant */
	uint32_t lent;             /* bytes of the read grant */
	uint32_t last_reader;      /* id of the task that waited last for bytes; 0: none has */
	struct mn_task *reader;    /* to wake when bytes come; NULL when none waits */
	struct mn_bbq_write *turn; /* whose turn it is to wait for room; NULL when nobody's */
	struct mn_list queue;      /* writers that wait for their turn */
};

_Static_assert(sizeof(struct mn_bbq) <= (sizeof(void *) == 8 ? 72 : 52), "a byte queue grew");

/* In mn_bbq.flags; for the kernel only. 0: nobody is at the write end, nothing is special. */
enum {
	MN__BBQ_GRANTED = 1,       /* a write grant is out */
	MN__BBQ_TURN = 2,          /* `turn` is set */
	MN__BBQ_WAKE = 4,          /* its task has looked for room in vain, and is to be woken */
	MN__BBQ_QUEUED = 8,        /* `queue` is not empty */
	MN__BBQ_WRITE_CLOSED = 16, /* nothing more will come */
	MN__BBQ_READ_CLOSED = 32,  /* nobody will read; the first that a reader must look at */
	MN__BBQ_WRAPPED = 64,
	MN__BBQ_IRQ_WRITES = 128, /* the queue is part of a struct mn_bbq_irq; its write end */
	MN__BBQ_IRQ_READS = 256   /* or its read end is an interrupt handler's */
};

/* Makes an empty queue of `capacity` bytes at `storage`. */
void mn_bbq_init(struct mn_bbq *q, void *storage, size_t capacity);

/* ---- Writing --------------------------------------------------------------------- */

/* An operation that ends with a write grant: fill data[0..len), then mn_bbq_commit. */
struct mn_bbq_write {
	struct mn_wait wait;
	struct mn_list link; /* among those who wait for their turn */
	uint8_t *data;
	size_t len;
};

/*
 * Waits for the task's turn and for at least one free byte; grants up to `most`, fewer
 * if fewer are free in one piece. Errors: MN_ECLOSED, MN_ECANCELED, MN_EINVAL (0 bytes).
 */
static inline mn_poll mn_bbq_write(struct mn_bbq_write *op, struct mn_bbq *q, size_t most);

/*
 * The same for exactly `len` bytes in one piece. Errors: also MN_ETOOBIG, at once, for
 * more than the capacity; MN_ENOTSUP for a queue that an interrupt handler reads.
 */
static inline mn_poll mn_bbq_write_exact(struct mn_bbq_write *op, struct mn_bbq *q, size_t len);

/* Both without waiting: MN_EFULL if there is no room now, or others are at their turn. */
mn_poll mn_bbq_try_write(struct mn_bbq_write *op, struct mn_bbq *q, size_t most);
mn_poll mn_bbq_try_write_exact(struct mn_bbq_write *op, struct mn_bbq *q, size_t len);

/* Ends the write grant: its first `used` bytes go to the reader, and the turn is over. */
static inline void mn_bbq_commit(struct mn_bbq *q, size_t used);

/* A whole array, see mn_bbq_send. */
struct mn_bbq_send {
	struct mn_bbq_write write;
	size_t sent; /* bytes that have gone, also after an error */
};

/*
 * Copies `len` bytes into the queue, in one turn, in pieces as room comes. Nothing to
 * commit. Errors: MN_ECLOSED, MN_ECANCELED; then `sent` bytes have gone.
 */
mn_poll mn_bbq_send(struct mn_bbq_send *op, struct mn_bbq *q, const void *data, size_t len);

/* ---- Reading --------------------------------------------------------------------- */

/* An operation that ends with a read grant: use data[0..len), then mn_bbq_release. */
struct mn_bbq_read {
	struct mn_wait wait;
	const uint8_t *data;
	size_t len;
};

/*
 * Waits for bytes; grants all that are there in one piece. Errors: MN_ECLOSED when there
 * are none and will be none, MN_ECANCELED.
 */
static inline mn_poll mn_bbq_read(struct mn_bbq_read *op, struct mn_bbq *q);

/* The same without waiting: MN_EEMPTY if there are none now. */
mn_poll mn_bbq_try_read(struct mn_bbq_read *op, struct mn_bbq *q);

/* Ends the read grant: its first `used` bytes are gone, the others will be read again. */
static inline void mn_bbq_release(struct mn_bbq *q, size_t used);

/*
 * Waits for bytes and copies up to `most` of them to `buffer`; op->len says how many.
 * Nothing to release. Errors as mn_bbq_read, and MN_EINVAL for 0 bytes.
 */
mn_poll mn_bbq_receive(struct mn_bbq_read *op, struct mn_bbq *q, void *buffer, size_t most);

/* ---- Ends and numbers ------------------------------------------------------------ */

/* Closes the write end, for all writers: they get MN_ECLOSED, the reader after the rest. */
void mn_bbq_close_write(struct mn_bbq *q);

/* Closes the read end: reader and writers get MN_ECLOSED, what was not read is dropped. */
void mn_bbq_close_read(struct mn_bbq *q);

/* Bytes it can hold. */
static inline size_t mn_bbq_capacity(const struct mn_bbq *q)
{
	return q->capacity;
}

/* Bytes that were committed and not yet released. */
size_t mn_bbq_used(const struct mn_bbq *q);

/* It carries the trace away; if one end is an interrupt handler's, see mn_irq_mute. */
void mn_bbq_mute(struct mn_bbq *q);

/* ---- Two-way queues -------------------------------------------------------------- */

/* What one side of a two-way connection reads and writes. Copy it as you like. */
struct mn_bbq_side {
	struct mn_bbq *rx;
	struct mn_bbq *tx;
};

/* Two queues, and by that a connection with two sides, A and B. */
struct mn_bbq_bidi {
	struct mn_bbq a_to_b, b_to_a;
};

/* The sides of a pair whose two queues were initialised, each with its own capacity. */
static inline struct mn_bbq_side mn_bbq_side_a(struct mn_bbq_bidi *pair)
{
	return (struct mn_bbq_side){.rx = &pair->b_to_a, .tx = &pair->a_to_b};
}

/* Side B: what A writes, it reads. */
static inline struct mn_bbq_side mn_bbq_side_b(struct mn_bbq_bidi *pair)
{
	return (struct mn_bbq_side){.rx = &pair->a_to_b, .tx = &pair->b_to_a};
}

/* Ends one side: the other reads what is there, then has MN_ECLOSED, and cannot write. */
static inline void mn_bbq_side_close(const struct mn_bbq_side *side)
{
	mn_bbq_close_read(side->rx);
	mn_bbq_close_write(side->tx);
}

/* The inline parts of this header, behind what they need. */
#include <mnemos/bbq_fast.h>

#endif
